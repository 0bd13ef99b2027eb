"""Staff log in with their organisation's own account, at a provider in a process of its own."""

from __future__ import annotations

import json
import logging
import pickle
import re
import socket
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import unescape
from typing import Any

import jwt
import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from eventsite import oidc, provided
from eventsite.oidc_settings import RIGHTS
from registrations.mail import staff_mail
from registrations.models import StoredMail
from registrations.organising.groups import DOOR_STAFF, ORGANISERS, READERS
from tests.eventsite.accounts import (
    ACCOUNT,
    LOGIN,
    PASSWORD,
    give_app,
    give_password,
    log_in,
    make_account,
)
from tests.eventsite.conftest import Clock
from tests.eventsite.test_staff_password import choose, link_in
from tests.factories import make_event
from tests.mailed import words_of
from tests.organisation import OwnProvider, Visitor, provider_running, query_of
from tests.processes import free_port
from tests.provider import CLIENT_ID, CLIENT_SECRET

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.processes,
    pytest.mark.usefixtures("_second_factor"),
]

GO, BACK = f"{ACCOUNT}organisatie/", f"{ACCOUNT}organisatie/terug/"
GROUPS = [
    ("raadhuis-organisatoren", ORGANISERS),
    ("balie", DOOR_STAFF),
    ("beheer", "administrator"),
]


@pytest.fixture(scope="session")
def provider_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnProvider]:
    with provider_running(tmp_path_factory.mktemp("provider")) as provider:
        provider.send_back_to(f"http://testserver{BACK}")
        yield provider


@pytest.fixture
def provider(
    provider_process: OwnProvider, settings, monkeypatch: pytest.MonkeyPatch
) -> OwnProvider:
    """The site knows it, and Noor may organise."""
    monkeypatch.setattr(oidc, "_configs", {})
    settings.OIDC_ISSUER = provider_process.url
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    settings.OIDC_NAME = "Gemeente Voorbeeld"
    settings.OIDC_GROUPS = GROUPS
    noor(provider_process)
    return provider_process


def noor(provider: OwnProvider, *groups: str, **claims: Any) -> None:
    usual: dict[str, Any] = {
        "given_name": "Noor",
        "family_name": "van den Berg",
        "email": "noor@gemeente.example",
        "groups": list(groups or ["raadhuis-organisatoren", "alle-medewerkers"]),
    }
    provider.person("noor", **(usual | claims))


def begun(client: Client, prefix: str = "", **typed: str) -> str:
    """The address that the browser is sent to."""
    page = client.post(prefix + GO, typed)
    assert page.status_code == 200, page.text
    refreshed = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    linked = re.findall(r'<a class="button default" href="([^"]+)"', page.text)
    assert refreshed == linked
    return unescape(refreshed[0])


def came_back(client: Client, name: str = "noor", **how: str) -> Any:
    """The answer to the browser that comes back, logged in at the provider."""
    return client.get(Visitor().log_in(begun(client), name, **how))


def rights(user: User) -> set[str]:
    may = {"staff"} if user.is_staff else set()
    may |= {"administrator"} if user.is_superuser else set()
    return may | set(user.groups.values_list("name", flat=True))


# Off until it is configured


def test_without_a_provider_there_is_no_button_and_no_page(client):
    assert "organisatie" not in client.get(LOGIN).text
    assert client.post(GO).status_code == 404
    assert client.get(BACK).status_code == 404


def test_no_other_page_of_allauth_is_there(client, provider):
    """Behind the log-in of the admin, as whatever else is not."""
    came_back(client)
    for path in ("social/", "3rdparty/", "oidc/organisation/login/", "social/signup/"):
        assert client.get(f"{ACCOUNT}{path}").status_code == 404


def test_rights_are_called_as_the_groups_are():
    """The settings cannot import what they name."""
    assert set(RIGHTS) == {provided.ADMINISTRATOR, ORGANISERS, DOOR_STAFF, READERS}


# There and back


def test_the_log_in_page_has_the_button_above_the_form(client, provider):
    page = client.get(LOGIN, {"next": "/admin/program/event/"}).text

    assert "Inloggen met je account van Gemeente Voorbeeld" in page
    assert page.index(f'action="{GO}"') < page.index(f'action="{LOGIN}"')
    assert page.count('name="next" value="/admin/program/event/"') == 3  # a passkey has it too


def test_somebody_new_comes_in_with_the_rights_of_their_groups(client, provider):
    answer = came_back(client)
    assert (answer.status_code, answer.url) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200

    user = User.objects.get()
    assert (user.username, user.email) == ("noor", "noor@gemeente.example")
    assert user.get_full_name() == "Noor van den Berg"
    assert rights(user) == {"staff", ORGANISERS}
    assert not user.has_usable_password()


def test_a_browser_goes_on_to_the_page_that_was_wanted_in_its_language(client, provider):
    wanted = "/en/admin/program/event/"
    back = Visitor().log_in(begun(client, "/en", next=wanted), "noor")
    assert back.startswith(f"http://testserver{BACK}")  # the one that the provider knows

    assert client.get(back)["Location"] == wanted
    elsewhere = Client()
    back = Visitor().log_in(begun(elsewhere, next="https://example.org/"), "noor")
    assert elsewhere.get(back)["Location"] == "/admin/"


def test_what_is_asked_has_a_state_a_nonce_and_a_proof_key(client, provider):
    asked, again = (query_of(begun(client)) for _time in range(2))

    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == f"http://testserver{BACK}"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["code_challenge_method"] == "S256"
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) >= 32  # of 64 letters and digits
        assert asked[name] != again[name]


def test_coming_again_is_the_same_account(provider):
    for _time in range(2):
        came_back(Client())

    assert User.objects.count() == 1
    assert SocialAccount.objects.count() == 1


def test_nothing_of_the_provider_is_kept_but_who_it_is(client, provider):
    came_back(client)

    link = SocialAccount.objects.get()
    assert (link.provider, link.extra_data) == (provider.url, {})
    assert SocialToken.objects.count() == 0
    assert EmailAddress.objects.count() == 0
    session = Session.objects.get().get_decoded()
    assert "token" not in json.dumps(session).replace("csrftoken", "")
    assert "raadhuis" not in json.dumps(session)


def test_claims_may_stand_on_the_page_about_somebody(client, provider, settings):
    """Keycloak tells there what its token leaves out, perhaps further down."""
    settings.OIDC_GROUPS_CLAIM = "realm_access.roles"
    noor(provider, realm_access={"roles": ["beheer"]}, **{"in": "userinfo"})

    assert came_back(client).status_code == 302
    assert User.objects.get().is_superuser


def test_one_who_was_logged_in_as_somebody_else_is_so_no_more(client, provider, clock: Clock):
    beheer = make_account()
    log_in(client, beheer, give_app(beheer), clock())
    came_back(client)

    assert client.get("/admin/").wsgi_request.user.username == "noor"


def test_logging_out_ends_it(client, provider):
    came_back(client)
    client.post(f"{ACCOUNT}logout/")

    assert client.get("/admin/").status_code == 302
    assert Session.objects.filter(session_data__contains="auth").count() == 0


def test_a_session_lasts_no_longer_than_others(client, provider, settings, clock: Clock):
    came_back(client)
    assert client.get("/admin/").status_code == 200
    clock.seconds += settings.SESSION_MOST_MINUTES * 60 + 1

    assert client.get("/admin/").status_code == 302


# Rights


def test_nobody_without_a_group_gets_in_or_leaves_an_account_behind(client, provider):
    noor(provider, "alle-medewerkers")
    answer = came_back(client)

    assert answer.status_code == 403
    assert "Je account van Gemeente Voorbeeld geeft geen toegang tot deze site" in answer.text
    assert client.get("/admin/").status_code == 302
    assert User.objects.count() == 0


@pytest.mark.parametrize(
    ("groups", "may"),
    [
        (["balie"], {"staff", DOOR_STAFF}),
        (["beheer"], {"staff", "administrator"}),
        (["balie", "raadhuis-organisatoren"], {"staff", DOOR_STAFF, ORGANISERS}),
    ],
)
def test_rights_are_those_of_today(client, provider, groups, may):
    came_back(client)
    noor(provider, *groups)
    came_back(Client())

    assert rights(User.objects.get()) == may


def test_what_is_gone_at_the_provider_is_gone_here_at_once(client, provider):
    noor(provider, "beheer")
    came_back(client)
    assert client.get("/admin/auth/user/").status_code == 200
    noor(provider, "alle-medewerkers")
    assert came_back(Client()).status_code == 403

    assert rights(User.objects.get()) == set()
    assert client.get("/admin/").status_code == 302  # logged out in the other browser too


def test_groups_that_the_provider_does_not_give_are_left_to_the_site(client, provider, settings):
    settings.OIDC_GROUPS = [("balie", DOOR_STAFF)]
    noor(provider, "balie")
    came_back(client)
    user = User.objects.get()
    user.groups.add(Group.objects.get(name=ORGANISERS))  # as an invitation to an event does
    came_back(Client())

    assert rights(user) == {"staff", ORGANISERS, DOOR_STAFF}


def test_an_event_of_somebody_without_the_group_is_theirs_no_more(client, provider):
    came_back(client)
    event = make_event()
    event.organisers.add(User.objects.get())
    page = reverse("admin:event-overview", args=[event.pk])
    assert client.get(page).status_code == 200
    noor(provider, "balie")
    came_back(client)

    assert client.get(page).status_code in (403, 404)
    assert client.get("/admin/")["Location"] == "/deur/"


def test_accounts_of_the_site_keep_what_an_administrator_gave_them(provider):
    bram = make_account("bram", is_superuser=False)
    bram.groups.add(Group.objects.get(name=ORGANISERS))
    came_back(Client())

    assert rights(bram) == {"staff", ORGANISERS}


def test_a_name_or_address_that_changed_at_the_provider_follows(client, provider):
    came_back(client)
    make_account("bram", email="bram@gemeente.example")
    noor(provider, family_name="Smit", email="n.smit@gemeente.example")
    came_back(client)
    user = User.objects.get(username="noor")
    assert (user.last_name, user.email) == ("Smit", "n.smit@gemeente.example")
    noor(provider, email="BRAM@gemeente.example")  # of somebody else here
    came_back(client)

    user.refresh_from_db()
    assert user.email == "n.smit@gemeente.example"


def test_an_address_that_changes_at_the_provider_is_told_to_the_old_one(client, provider, caplog):
    caplog.set_level(logging.INFO)
    came_back(client)
    noor(provider, email="Noor@gemeente.example")  # the same one
    came_back(client)
    assert not StoredMail.objects.exists()
    noor(provider, email="n.smit@gemeente.example")
    came_back(client)

    mail = StoredMail.objects.get()
    assert mail.to.lower() == "noor@gemeente.example"
    words = words_of(mail).text
    assert "heeft nu een ander e-mailadres" in words
    assert "n.smit" not in words
    user = User.objects.get()
    lines = [one.getMessage() for one in caplog.records if one.name == "security"]
    assert f"address changed: account={user.pk} by=provider" in lines


def test_a_closed_account_stays_closed(client, provider):
    came_back(client)
    User.objects.update(is_active=False)

    assert came_back(Client()).url == f"{ACCOUNT}inactive/"


# The second factor is the provider's


def test_no_second_factor_of_ours_is_asked(client, provider):
    came_back(client)
    page = client.get(ACCOUNT)

    assert page.status_code == 200
    assert "Je logt in met je account van Gemeente Voorbeeld" in page.text
    for path in ("app/", "passkeys/add/", "password/change/", "codes/"):
        assert client.get(ACCOUNT + path).url == ACCOUNT, path


def test_the_provider_may_be_asked_for_a_second_factor(client, provider, settings):
    settings.OIDC_SECOND_FACTOR = "amr:mfa"
    noor(provider, amr=["pwd"])
    answer = came_back(client)
    assert answer.status_code == 403
    assert "met alleen een wachtwoord" in answer.text
    noor(provider)  # or says nothing of it
    assert came_back(client).status_code == 403
    noor(provider, amr=["pwd", "mfa"])

    assert came_back(client).status_code == 302


def test_a_provider_that_always_asks_for_a_second_factor_need_not_say_so(
    client, provider, settings
):
    settings.OIDC_SECOND_FACTOR = "provider"

    assert "acr_values" not in query_of(begun(client))
    assert came_back(client).status_code == 302


def test_a_level_of_trust_is_asked_for_by_its_name(client, provider, settings):
    settings.OIDC_SECOND_FACTOR = "acr:hoog"
    assert query_of(begun(client))["acr_values"] == "hoog"
    noor(provider, acr="laag")
    assert came_back(client).status_code == 403
    noor(provider, acr="hoog")

    assert came_back(client).status_code == 302


def test_once_the_provider_is_turned_off_its_sessions_open_nothing(client, provider, settings):
    came_back(client)
    settings.OIDC_ISSUER = ""

    assert client.get("/admin/").status_code == 302


# No other way in for those who belong to the provider


def test_no_password_opens_an_account_of_the_provider(client, provider):
    came_back(client)
    user = User.objects.get()
    mail = staff_mail.password_link(user, at=user.date_joined)
    mail.save()
    choose(Client(), link_in(words_of(mail).text), PASSWORD)
    assert User.objects.get().check_password(PASSWORD)
    other = Client()
    answer = give_password(other, user)

    assert answer.status_code == 403
    assert "Je logt in met je account van Gemeente Voorbeeld" in answer.text
    assert other.get("/admin/").status_code == 302
    assert other.get(f"{ACCOUNT}login/code/").status_code == 302


# Accounts that were there before


def test_an_address_of_another_account_opens_nothing(client, provider):
    bram = make_account("bram", email="NOOR@gemeente.example", is_superuser=False)
    answer = came_back(client)

    assert answer.status_code == 403
    assert "al een account met jouw e-mailadres" in answer.text
    assert SocialAccount.objects.count() == 0
    assert give_password(Client(), bram).status_code == 302
    assert User.objects.count() == 1


@pytest.mark.parametrize("proven", [True, False])
def test_a_proven_address_may_take_an_account_over_if_the_site_trusts_it(
    client, provider, settings, proven, clock: Clock
):
    settings.OIDC_LINK_BY_EMAIL = True
    noor(provider, email_verified=proven)
    before = make_account("n.berg", email="noor@gemeente.example", is_superuser=False)
    session, secret = Client(), give_app(before)
    log_in(session, before, secret, clock())
    answer = came_back(client)

    if not proven:
        # Without an address that counts they are somebody new.
        assert User.objects.get(username="noor").email == ""
        assert SocialAccount.objects.get().user != before
        return
    assert answer.status_code == 302
    assert SocialAccount.objects.get().user == before
    before.refresh_from_db()
    assert not before.has_usable_password()
    assert Authenticator.objects.filter(user=before).count() == 0
    assert session.get("/admin/").status_code == 302
    assert "niet met een wachtwoord" in words_of(StoredMail.objects.get()).text


def test_an_administrator_is_never_taken_over(client, provider, settings):
    """There has to be a way in when the provider is away, or somebody else's."""
    settings.OIDC_LINK_BY_EMAIL = True
    make_account("beheer", email="noor@gemeente.example")

    assert came_back(client).status_code == 403
    with pytest.raises(CommandError):
        call_command("link_account", "beheer", "1")


def test_an_administrator_may_link_an_account_by_hand(client, provider, capsys):
    came_back(client)
    link = SocialAccount.objects.get()
    subject = link.uid
    User.objects.all().delete()
    bram = make_account("bram", email="anders@gemeente.example", is_superuser=False)
    call_command("link_account", "bram", subject)
    assert "bram" in capsys.readouterr().out
    came_back(client)

    assert client.get("/admin/").wsgi_request.user == bram
    for name, sub in (("niemand", "x"), ("bram", "y")):  # gone, or linked already
        with pytest.raises(CommandError):
            call_command("link_account", name, sub)


# What goes wrong


def test_stopping_at_the_provider_is_said_in_words(client, provider):
    answer = came_back(client, consent="cancel")

    assert answer.status_code == 400
    assert "Je bent gestopt met inloggen" in answer.text
    assert f'href="{LOGIN}"' in answer.text
    assert User.objects.count() == 0


def test_a_state_of_another_browser_opens_nothing(client, provider):
    """An attacker who lets somebody else follow the address that they came back to."""
    back = Visitor().log_in(begun(Client()), "noor")
    begun(client)
    answer = client.get(back)

    assert answer.status_code == 400
    assert "Begin opnieuw" in answer.text
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("state", ["", "made-up", "\0", "é" * 500])
def test_a_state_that_was_made_up_opens_nothing(client, provider, state):
    begun(client)

    assert client.get(BACK, {"state": state, "code": "x"}).status_code == 400


def test_coming_back_works_once(client, provider):
    back = Visitor().log_in(begun(client), "noor")
    assert client.head(back).status_code == 405  # as a scanner may
    assert client.get(back).status_code == 302
    client.post(f"{ACCOUNT}logout/")

    assert client.get(back).status_code == 400
    assert client.get("/admin/").status_code == 302


def test_a_code_works_once_also_with_another_state(client, provider):
    back = Visitor().log_in(begun(client), "noor")
    assert client.get(back).status_code == 302
    other = Client()
    state = query_of(begun(other))["state"]
    answer = other.get(BACK, {"state": state, "code": query_of(back)["code"]})

    assert answer.status_code == 400
    assert "is niet gelukt" in answer.text


def test_a_code_of_another_browser_does_not_fit_its_proof_key(client, provider):
    stolen = query_of(Visitor().log_in(begun(Client()), "noor"))["code"]
    answer = client.get(BACK, {"state": query_of(begun(client))["state"], "code": stolen})

    assert answer.status_code == 400
    assert User.objects.count() == 0


def test_a_state_is_forgotten_after_ten_minutes(client, provider, clock: Clock):
    back = Visitor().log_in(begun(client), "noor")
    clock.seconds += 601

    assert client.get(back).status_code == 400


def test_a_provider_that_is_away_is_said_in_words_and_passwords_still_work(
    client, provider, settings
):
    settings.OIDC_ISSUER = f"http://127.0.0.1:{free_port()}"
    answer = client.post(GO)
    assert answer.status_code == 503
    assert "Gemeente Voorbeeld geeft geen antwoord" in answer.text
    beheer = make_account()

    assert give_password(client, beheer).status_code == 302


def test_a_provider_that_goes_away_in_between_is_said_in_words(client, provider, monkeypatch):
    back = Visitor().log_in(begun(client), "noor")
    tokens_from(provider, f"http://127.0.0.1:{free_port()}/", monkeypatch)

    assert client.get(back).status_code == 503
    assert User.objects.count() == 0


def tokens_from(provider: OwnProvider, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the provider says that it has its tokens here."""
    until, config = oidc._configs[provider.url]
    monkeypatch.setitem(oidc._configs, provider.url, (until, config | {"token_endpoint": address}))


@contextmanager
def slow_server(*, drips: bool) -> Iterator[str]:
    """A provider that takes what is asked and says nothing, or a byte now and then."""
    ended = threading.Event()

    def serve(visitor: socket.socket) -> None:
        with visitor, suppress(OSError):
            visitor.recv(10_000)
            visitor.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: " if drips else b"")
            while not ended.wait(0.1):
                visitor.sendall(b"x" if drips else b"")

    def take_in() -> None:
        with suppress(OSError):
            while True:
                visitor, _address = listener.accept()
                threading.Thread(target=serve, args=[visitor], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=take_in, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        ended.set()


@pytest.mark.parametrize("drips", [False, True], ids=["silent", "dripping"])
def test_nobody_waits_longer_than_once_for_a_provider_that_is_slow(
    client, provider, settings, monkeypatch, drips
):
    """Neither on the way there nor on the way back, also where each read takes a moment."""
    monkeypatch.setattr(oidc, "PATIENCE", 1)
    back = Visitor().log_in(begun(client), "noor")
    with slow_server(drips=drips) as slow:
        tokens_from(provider, f"{slow}/", monkeypatch)
        for ask in (lambda: client.get(back), lambda: client.post(GO)):
            began = time.monotonic()
            answer = ask()
            assert answer.status_code == 503
            assert "geeft geen antwoord" in answer.text
            assert 0.9 < time.monotonic() - began < 3
            settings.OIDC_ISSUER = slow
    assert User.objects.count() == 0


def test_a_slow_provider_keeps_only_a_few_threads_waiting(client, provider, monkeypatch):
    monkeypatch.setattr(oidc, "_waiting", threading.BoundedSemaphore(1))
    back = Visitor().log_in(begun(client), "noor")
    assert client.get(back).status_code == 302  # it gives back what it took
    back = Visitor().log_in(begun(client), "noor")
    oidc._waiting.acquire()

    assert client.get(back).status_code == 503


def test_whoever_writes_in_the_shared_cache_does_not_choose_whose_keys_count(client, provider):
    """Redis is shared by all machines: what is in it is believed by none."""
    begun(client)
    began = list(oidc._configs)
    assert provider.url in began
    assert provider.url.encode() not in pickle.dumps(getattr(cache, "_cache", {}))
    lie = {"issuer": provider.url, "authorization_endpoint": "https://example.org/"}
    cache.set(f"oidc:{provider.url}", lie)

    assert begun(client).startswith(provider.url)


def test_a_provider_that_is_away_is_not_asked_for_each_visitor(client, provider, settings):
    settings.OIDC_ISSUER = f"http://127.0.0.1:{free_port()}"
    client.post(GO)
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "request", lambda *args, **kwargs: asked.append("asked"))
        assert client.post(GO).status_code == 503

    assert asked == []


def test_a_provider_that_calls_itself_something_else_is_not_used(client, provider, monkeypatch):
    another = {"issuer": "https://example.org", "authorization_endpoint": "https://example.org/"}
    monkeypatch.setattr(OpenIDConnectOAuth2Adapter, "openid_config", property(lambda self: another))
    answer = client.post(GO)

    assert answer.status_code == 400
    assert "example.org" not in answer.text


def test_a_wrong_secret_of_ours_is_said_in_words(client, provider, settings):
    back = Visitor().log_in(begun(client), "noor")
    settings.OIDC_CLIENT_SECRET = "not what the provider knows"
    answer = client.get(back)

    assert answer.status_code == 400
    assert "beheerder van de site" in answer.text


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def b64(part: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


FORGED = {
    "no signature": lambda claims: f"{b64({'alg': 'none', 'kid': 'x'})}.{b64(claims)}.",
    "signed with the secret": lambda claims: jwt.encode(claims, CLIENT_SECRET, "HS256"),
    "for another site": lambda claims: claims | {"aud": "another"},
    "by another issuer": lambda claims: claims | {"iss": "https://example.org"},
    "too old": lambda claims: claims | {"exp": int(time.time()) - 600},
    "another nonce": lambda claims: claims | {"nonce": "another"},
    "no nonce": lambda claims: {name: one for name, one in claims.items() if name != "nonce"},
    "nobody": lambda claims: claims | {"sub": ""},
    "nobody that fits": lambda claims: claims | {"sub": "x" * 192},
}


@pytest.mark.parametrize("how", [*FORGED, "as it came"])
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_tokens_that_are_not_for_us_open_nothing(client, provider, monkeypatch, how):
    """Between us and the provider somebody puts another token."""
    back = Visitor().log_in(begun(client), "noor")
    check = jwtkit.verify_and_decode

    def tampered(self: Any, *args: Any, **kwargs: Any) -> Any:
        tokens = fetch(self, *args, **kwargs)
        if how != "as it came":
            claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
            forged = FORGED[how](claims)
            tokens["id_token"] = forged if isinstance(forged, str) else f"forged.{b64(forged)}"
        return tokens

    def unsigned(*, credential: str, **kwargs: Any) -> Any:
        """As if the provider itself had signed it: the other checks have to see it."""
        if how == "as it came":
            return check(credential=credential, **kwargs)
        if not credential.startswith("forged."):  # as if it took whatever a token says of itself
            return jwt.decode(credential, options={"verify_signature": False})
        claims = json.loads(decoded(credential.removeprefix("forged.")))
        signed = jwt.encode(claims, "k" * 32, "HS256")
        checks = {name: kwargs[name] for name in ("issuer", "audience")}
        return jwt.decode(signed, "k" * 32, ["HS256"], **checks)

    fetch = oidc.Adapter.get_access_token_data
    monkeypatch.setattr(oidc.Adapter, "get_access_token_data", tampered)
    monkeypatch.setattr(jwtkit, "verify_and_decode", unsigned)
    header = jwt.get_unverified_header
    monkeypatch.setattr(
        jwt,
        "get_unverified_header",
        lambda token: {"alg": "RS256"} if token.startswith("forged.") else header(token),
    )
    answer = client.get(back)

    assert answer.status_code == (302 if how == "as it came" else 400)
    assert User.objects.count() == (1 if how == "as it came" else 0)


def test_a_signature_of_another_key_is_refused(client, provider, monkeypatch):
    back = Visitor().log_in(begun(client), "noor")
    fetch = oidc.Adapter.get_access_token_data

    def tampered(self: Any, *args: Any, **kwargs: Any) -> Any:
        tokens = fetch(self, *args, **kwargs)
        head, body, signature = tokens["id_token"].split(".")
        claims = json.loads(decoded(body)) | {"groups": ["beheer"]}
        return tokens | {"id_token": f"{head}.{b64(claims)}.{signature}"}

    monkeypatch.setattr(oidc.Adapter, "get_access_token_data", tampered)

    assert client.get(back).status_code == 400
    assert User.objects.count() == 0


def test_the_page_about_somebody_has_to_be_about_them(client, provider, monkeypatch):
    noor(provider, **{"in": "userinfo"})  # the groups are there alone
    monkeypatch.setattr(
        oidc.Adapter, "_fetch_user_info", lambda self, token: {"sub": "9", "groups": ["beheer"]}
    )

    assert came_back(client).status_code == 400


def test_a_form_of_another_site_begins_nothing(provider):
    strict = Client(enforce_csrf_checks=True)
    strict.get(LOGIN)

    assert strict.post(GO).status_code == 403
    assert strict.get(GO).status_code == 405


def test_the_log_says_what_happened_and_holds_no_name_or_token(client, provider, caplog):
    caplog.set_level(logging.INFO)
    came_back(client)
    noor(provider, "alle-medewerkers")
    came_back(Client())
    user = User.objects.get()
    lines = [one.getMessage() for one in caplog.records if one.name == "security"]
    lines = [re.sub(r" network=[0-9a-f]{10}", "", line) for line in lines]

    assert lines == [
        f"account made: account={user.pk} by=provider",
        f"rights changed: account={user.pk} rights=staff+{ORGANISERS} by=provider",
        f"logged in: account={user.pk} by=socialaccount",
        f"rights changed: account={user.pk} rights=none by=provider",
        "not logged in at the provider: account=unknown why=no group",
    ]
    for secret in ("noor", "Berg", "ey", "code="):
        assert secret not in "\n".join(lines)
