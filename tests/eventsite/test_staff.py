"""A password alone opens no page of staff; a second factor does, and each code once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from eventsite import account_urls
from eventsite.staff import is_staff_session, staff_required
from program.models import Event
from registrations.models import StoredMail
from tests.eventsite.accounts import (
    ACCOUNT,
    AGAIN,
    LOGIN,
    PASSWORD,
    PERIOD,
    SHOW,
    code_at,
    give_app,
    give_password,
    log_in,
    make_account,
    recovery_codes,
)
from tests.eventsite.conftest import Clock
from tests.factories import make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_second_factor")]

OPEN = {
    *("account_login", "mfa_login_webauthn", "mfa_authenticate", "account_logout"),
    *("account_inactive", "account_reset_password", "account_reset_password_done"),
    *("account_reset_password_from_key", "account_reset_password_from_key_done"),
    *("account_invitation", "account_organisation", "account_organisation_back"),
}
# Lead on at once: to a page that anybody may see, and to pages that ask again.
LEADS_ON = {"account_set_password", "mfa_list_webauthn"}
SETTING_UP = {
    *("mfa_index", "mfa_activate_totp", "account_qr", "mfa_add_webauthn"),
    "account_reauthenticate",
}


def addresses(patterns: Sequence[URLPattern | URLResolver], start: str, key: int) -> list[str]:
    """Every address below, with ``key`` where one is asked for."""
    found: list[str] = []
    for pattern in patterns:
        route = str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += addresses(pattern.url_patterns, start + filled(route, key), key)
        elif "(?P<" not in route:
            found.append(start + filled(route, key))
    return found


def filled(route: str, key: int) -> str:
    while "<" in route:
        before, _less, rest = route.partition("<")
        route = before + str(key) + rest.partition(">")[2]
    return route


def all_addresses() -> list[str]:
    """Of everything below /admin/, but for the open pages of an account."""
    admin = next(
        resolver
        for mounted in get_resolver().url_patterns
        if isinstance(mounted, URLResolver)
        for resolver in mounted.url_patterns
        if isinstance(resolver, URLResolver) and str(resolver.pattern) == "admin/"
    )
    closed = [
        pattern
        for pattern in account_urls.urlpatterns
        if isinstance(pattern, URLPattern) and pattern.name not in OPEN | LEADS_ON | SETTING_UP
    ]
    return addresses(admin.url_patterns, "/admin/", make_event().pk) + addresses(closed, ACCOUNT, 1)


def shows_nothing(response: HttpResponse) -> bool:
    return response.status_code == 302 and response["Location"].startswith("/admin/")


def test_password_alone_opens_no_page_of_staff(client):
    user = make_account()
    give_password(client, user)
    every = all_addresses()

    assert len(every) > 40
    assert {f"/admin/program/event/{Event.objects.get().pk}/dag/", "/admin/jsi18n/"} < set(every)
    assert [at for at in every if not shows_nothing(client.get(at))] == []
    assert [at for at in every if not shows_nothing(client.post(at, {"a": "b"}))] == []


def test_password_alone_does_not_open_the_page_to_set_up_a_factor_if_there_is_one(client):
    user = make_account()
    give_app(user)
    client.force_login(user)  # as a session from before the app was set up
    for name in SETTING_UP:
        response = client.get(reverse(name))
        assert response.url.startswith(AGAIN), name


@pytest.mark.parametrize("method", ["get", "post"])
def test_visitors_are_led_to_the_login(method):
    every = all_addresses() + [reverse(name) for name in SETTING_UP]
    for address in every:
        response = getattr(Client(), method)(address)
        assert response.status_code == 302, address
        assert response.url.startswith(("/admin/login/?next=", LOGIN, ACCOUNT)), address


def test_account_without_factor_is_led_to_set_one_up_and_then_in(
    client, clock: Clock, django_capture_on_commit_callbacks
):
    user = make_account()
    response = client.post(LOGIN, {"login": "beheer", "password": PASSWORD}, follow=True)
    assert response.request["PATH_INFO"] == ACCOUNT
    assert "Stel eerst een tweede factor in" in response.text

    page = client.get(f"{ACCOUNT}app/")
    secret = page.context["secret"].replace(" ", "")
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(f"{ACCOUNT}app/", {"code": code_at(secret, clock())})
    assert response.url == f"{ACCOUNT}codes/"
    codes = client.get(response.url)
    assert all(code in codes.text for code in recovery_codes(user))
    assert client.get("/admin/").status_code == 200
    assert [mail.to for mail in StoredMail.objects.all()] == [user.email]


def test_code_of_the_app_opens_the_site_and_only_once(client, clock: Clock):
    user = make_account()
    secret = give_app(user)
    assert give_password(client, user).url == SHOW
    assert client.get("/admin/").status_code == 302

    assert log_in(client, user, secret, clock()).url == "/admin/"
    assert client.get("/admin/").status_code == 200

    cache.clear()  # as another process, whose memory knows nothing of it
    other = Client()
    response = log_in(other, user, secret, clock())
    assert response.status_code == 200
    assert "Dit klopt niet, of is al gebruikt" in response.text
    assert other.get("/admin/").status_code == 302
    # Nor an earlier one that would still be in time.
    assert log_in(Client(), user, secret, clock() - PERIOD).status_code == 200

    clock.seconds += PERIOD
    assert log_in(Client(), user, secret, clock()).url == "/admin/"


def test_code_with_which_an_app_was_set_up_is_used_up(client, clock: Clock):
    user = make_account()
    give_password(client, user)
    secret = client.get(f"{ACCOUNT}app/").context["secret"].replace(" ", "")
    client.post(f"{ACCOUNT}app/", {"code": code_at(secret, clock())})
    cache.clear()

    assert log_in(Client(), user, secret, clock()).status_code == 200


def test_recovery_code_opens_the_site_once(client, clock: Clock):
    user = make_account()
    give_app(user)
    code = recovery_codes(user)[0]
    for number, status in enumerate((302, 200)):
        one = Client()
        give_password(one, user)
        assert one.post(SHOW, {"code": code}).status_code == status, number
    assert len(recovery_codes(user)) == 9


def test_removed_factor_opens_nothing_any_more(client, clock: Clock):
    user = make_account()
    secret = give_app(user)
    log_in(client, user, secret, clock())
    Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()

    assert client.get("/admin/", follow=True).request["PATH_INFO"] == ACCOUNT


def test_session_without_factor_cannot_remove_one_that_was_set_up_elsewhere(client, clock: Clock):
    user = make_account()
    give_password(client, user)
    give_app(user)

    assert client.post(f"{ACCOUNT}app/remove/").url.startswith(AGAIN)
    assert client.post(f"{ACCOUNT}codes/new/").url.startswith(AGAIN)
    password_again = client.post(f"{ACCOUNT}again/password/", {"password": PASSWORD})
    assert password_again.url.startswith(AGAIN)
    assert Authenticator.objects.filter(user=user).count() == 2


def test_session_may_show_the_factor_later(client, clock: Clock):
    user = make_account()
    secret = give_app(user)
    client.force_login(user)
    ask = client.get("/admin/program/event/nieuw/", follow=True)
    assert ask.request["PATH_INFO"] == AGAIN
    assert "again/password" not in ask.text

    response = client.post(
        f"{AGAIN}?next=/admin/program/event/nieuw/", {"code": code_at(secret, clock())}
    )
    assert response.url == "/admin/program/event/nieuw/"
    assert client.get("/admin/program/event/nieuw/").status_code == 200


def test_new_recovery_codes_keep_those_who_came_in_by_an_old_one_logged_in(client, clock: Clock):
    user = make_account()
    give_app(user)
    give_password(client, user)
    client.post(SHOW, {"code": recovery_codes(user)[0]})
    client.post(f"{ACCOUNT}codes/new/")

    page = client.get(f"{ACCOUNT}codes/")
    assert page.status_code == 200
    assert all(code in page.text for code in recovery_codes(user))
    assert len(recovery_codes(user)) == 10


def test_those_who_are_not_staff_are_told_so(client):
    give_password(client, make_account("bezoeker", is_staff=False, is_superuser=False))
    response = client.get("/admin/", follow=True)

    assert response.status_code == 403
    assert "bezoeker" in response.text
    assert client.get(ACCOUNT).status_code == 403


def test_closed_account_opens_nothing(client):
    response = give_password(client, make_account(is_active=False))

    assert response.url == f"{ACCOUNT}inactive/"
    assert client.get(response.url).status_code == 200
    assert client.get("/admin/").status_code == 302


def test_nobody_signs_up(client):
    user = make_account()
    secret = give_app(user)
    for path in ("signup/", "email/", "confirm-email/", "login/code/confirm/"):
        assert client.get(ACCOUNT + path).url.startswith("/admin/login/"), path
    # Logged in, they are just no pages.
    clock = 1_800_000_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.time", lambda: clock)
        log_in(client, user, secret, clock)
        assert client.get(f"{ACCOUNT}signup/").status_code == 404


def test_site_without_second_factor_asks_for_none_but_takes_one(client, settings, clock: Clock):
    settings.REQUIRE_SECOND_FACTOR = False
    user = make_account()
    give_password(client, user)
    assert client.get("/admin/").status_code == 200

    secret = client.get(f"{ACCOUNT}app/").context["secret"].replace(" ", "")
    client.post(f"{ACCOUNT}app/", {"code": code_at(secret, clock())})
    assert give_password(Client(), user).url == SHOW


def test_staff_page_outside_the_admin_asks_the_same(rf: RequestFactory, settings):
    page: Any = staff_required(lambda request: HttpResponse("for staff"))
    request = rf.get("/deur/wijk/")
    request.user = AnonymousUser()
    assert not is_staff_session(request)
    assert page(request)["Location"] == f"{LOGIN}?next=/deur/wijk/"

    request.user = User(is_staff=True)
    settings.REQUIRE_SECOND_FACTOR = False
    assert page(request).content == b"for staff"
    request.user = User(is_staff=True, is_active=False)
    assert not is_staff_session(request)


def test_addresses_are_kept_with_the_account_and_nowhere_else(client, clock: Clock):
    user = make_account()
    secret = give_app(user)
    log_in(client, user, secret, clock())
    new = "nog een lang woord"
    typed = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    client.post(f"{ACCOUNT}password/change/", typed)

    assert User.objects.get().check_password(new)
    assert client.get("/admin/").status_code == 200
    assert EmailAddress.objects.count() == 0
