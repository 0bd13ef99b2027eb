"""Accounts in the admin: superusers only, no password in sight, and a lost factor can go."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from registrations.models import StoredMail, history
from tests.eventsite.accounts import ACCOUNT, code_at, give_app, give_password, log_in, make_account
from tests.eventsite.conftest import Clock
from tests.factories import make_organiser
from tests.mailed import words_of

pytestmark = pytest.mark.django_db

USERS = "/admin/auth/user/"


@pytest.fixture
def beheer(client) -> User:
    user = make_account()
    client.force_login(user)
    return user


def act(client: Client, action: str, *users: User) -> Any:
    chosen = {"action": action, "_selected_action": [user.pk for user in users]}
    return client.post(USERS, chosen, follow=True)


@pytest.mark.parametrize("path", ["", "add/", "{pk}/change/", "{pk}/delete/", "{pk}/history/"])
def test_only_superusers_see_accounts(client, path):
    organiser = make_organiser()
    client.force_login(organiser)

    assert client.get(USERS + path.format(pk=organiser.pk)).status_code == 403


def test_secrets_and_ready_made_groups_have_no_page(client, beheer):
    give_app(beheer)
    for path in ("mfa/authenticator/", "account/emailaddress/", "auth/group/"):
        assert client.get(f"/admin/{path}").status_code == 404, path


def test_password_is_never_shown(client, beheer):
    page = client.get(f"{USERS}{beheer.pk}/change/").text
    with pytest.raises(NoReverseMatch):
        reverse("admin:auth_user_password_change", args=[beheer.pk])

    assert "md5$" not in page
    assert 'name="password"' not in page


def test_list_tells_who_has_a_second_factor(client, beheer):
    give_app(make_account("noor"))
    rows = client.get(USERS).context["cl"].result_list
    shown = {user.username: user.has_factor for user in rows}

    assert shown == {"beheer": False, "noor": True}


def test_list_takes_the_same_queries_for_one_and_for_many(client, beheer):
    counts = []
    for names in ([], ["a", "b", "c"]):
        for name in names:
            give_app(make_account(name))
        with CaptureQueriesContext(connection) as queries:
            client.get(USERS)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_new_account_gets_a_link_to_choose_a_password(client, beheer):
    typed = {"username": "noor", "email": "noor@gemeente.example", "is_active": "on"}
    client.post(f"{USERS}add/", typed | {"is_staff": "on", "mail_link": "on"})
    noor = User.objects.get(username="noor")
    stored = StoredMail.objects.get()

    assert (noor.is_staff, noor.is_superuser, noor.has_usable_password()) == (True, False, False)
    assert stored.to == "noor@gemeente.example"
    assert "Je hebt nu een account bij" in words_of(stored).text
    assert "/password/reset/key/" in words_of(stored).text


def test_names_differ_in_more_than_case(client, beheer):
    page = client.post(f"{USERS}add/", {"username": "Beheer", "email": "b@gemeente.example"})

    assert "Iemand anders heeft deze gebruikersnaam al" in page.text
    assert User.objects.count() == 1


@pytest.mark.parametrize("name", [history.ATTENDEE, history.WORKER.title()])
def test_no_account_has_a_name_that_history_uses_for_others(client, beheer, name: str):
    typed = {"username": name, "email": "b@gemeente.example"}
    added = client.post(f"{USERS}add/", typed)
    renamed = client.post(f"{USERS}{beheer.pk}/change/", typed)

    for page in (added, renamed):
        assert "Kies een andere naam" in page.text
    assert User.objects.get().username == beheer.username


def test_action_mails_a_link_where_there_is_an_address(client, beheer):
    noor = make_account("noor")
    without = make_account("zonder", email="")
    page = act(client, "mail_password_link", noor, without)

    assert "Er is 1 link gemaild" in page.text
    assert "1 account heeft geen adres" in page.text
    assert [mail.to for mail in StoredMail.objects.all()] == [noor.email]


def test_lost_factor_can_be_removed_and_its_owner_is_out_and_told(client, beheer, clock: Clock):
    noor = make_account("noor")
    phone = Client()
    log_in(phone, noor, give_app(noor), clock())
    act(client, "remove_second_factor", noor, beheer)

    assert Authenticator.objects.count() == 0
    assert phone.get("/admin/").status_code == 302
    assert [mail.to for mail in StoredMail.objects.all()] == [noor.email]
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (beheer, str(noor.pk))
    assert entry.get_change_message() == "De tweede factor is verwijderd."


def test_nobody_takes_their_own_rights_away(client, beheer):
    client.post(f"{USERS}{beheer.pk}/change/", {"username": "beheer", "email": beheer.email})
    beheer.refresh_from_db()

    assert (beheer.is_active, beheer.is_staff, beheer.is_superuser) == (True, True, True)
    assert client.get(f"{USERS}{beheer.pk}/delete/").status_code == 403


def test_command_removes_a_lost_factor():
    user = make_account()
    give_app(user)
    said = StringIO()
    call_command("reset_second_factor", "beheer", stdout=said)

    assert "beheer logs in with the password" in said.getvalue()
    assert Authenticator.objects.count() == 0
    for name in ("beheer", "niemand"):
        with pytest.raises(CommandError):
            call_command("reset_second_factor", name)


# Secrets and pictures


def test_secrets_are_encrypted_and_void_with_another_key(client, settings, clock: Clock):
    user = make_account()
    page = Client()
    give_password(page, user)
    secret = page.get(f"{ACCOUNT}app/").context["secret"].replace(" ", "")
    page.post(f"{ACCOUNT}app/", {"code": code_at(secret, clock())})
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored

    clock.seconds += 60
    settings.SECRET_KEY = "another key, as after a restore without the old one"
    assert log_in(client, user, secret, clock()).status_code == 200


def test_qr_is_a_picture_of_our_own(client, beheer):
    assert client.get(f"{ACCOUNT}app/qr.svg").status_code == 404
    client.logout()
    give_password(client, beheer)
    page = client.get(f"{ACCOUNT}app/")
    picture = client.get(f"{ACCOUNT}app/qr.svg")

    assert f'src="{ACCOUNT}app/qr.svg"' in page.text
    assert "data:image" not in page.text
    assert picture["Content-Type"] == "image/svg+xml"
    assert "no-store" in picture["Cache-Control"]
    assert b"style=" not in picture.content
    assert "otpauth://totp/beheer?" in page.context["totp_url"]
