"""What happens to accounts stands in the log, by number, without a name or anything typed."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from registrations.models import ColleagueRole
from registrations.organising import colleagues
from registrations.organising.groups import ORGANISERS
from tests.eventsite.accounts import (
    ACCOUNT,
    LOGIN,
    PASSWORD,
    SHOW,
    code_at,
    give_app,
    give_password,
    make_account,
    recovery_codes,
)
from tests.eventsite.conftest import Clock
from tests.eventsite.test_staff_password import ask, choose, mailed_link
from tests.factories import make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_second_factor")]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level(logging.INFO, logger="security")
    return Lines(caplog)


class Lines:
    """Those of the log named ``security``, each once."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.caplog = caplog

    def new(self) -> list[str]:
        """Since the last time, with the mark of the network left out."""
        found = [one for one in self.caplog.records if one.name == "security"]
        self.caplog.clear()
        return [re.sub(r" network=[0-9a-f]{10}(?=\s|$)", "", one.getMessage()) for one in found]


def test_logging_in_and_out(client, lines, clock: Clock):
    user = make_account()
    secret = give_app(user)
    give_password(client, user)
    assert lines.new() == []
    client.post(SHOW, {"code": "000000"})
    assert lines.new() == [f"wrong second factor: account={user.pk} factor=totp"]
    client.post(SHOW, {"code": code_at(secret, clock())})
    assert lines.new() == [
        f"second factor shown: account={user.pk} factor=totp",
        f"logged in: account={user.pk} by=password+totp",
    ]
    client.post(f"{ACCOUNT}logout/")
    assert lines.new() == [f"logged out: account={user.pk}"]


def test_a_code_that_was_used_before_is_a_wrong_one(client, lines, clock: Clock):
    user = make_account()
    code = code_at(give_app(user), clock())
    for browser in (client, Client()):
        give_password(browser, user)
        browser.post(SHOW, {"code": code})

    assert lines.new()[-1] == f"wrong second factor: account={user.pk} factor=totp"


def test_a_recovery_code_is_named(client, lines, clock: Clock):
    user = make_account()
    give_app(user)
    give_password(client, user)
    client.post(SHOW, {"code": recovery_codes(user)[0]})

    assert lines.new() == [
        f"second factor shown: account={user.pk} factor=recovery_codes",
        f"logged in: account={user.pk} by=password+recovery_codes",
    ]


MADE_UP = [
    *("{}", "[]", "1", '"x"', '{"id": "x"}', '{"id": 1, "rawId": 2, "response": 3}'),
    '{"id": "eA", "rawId": "eA", "type": "public-key", "response": {}}',
    '{"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "eA",'
    ' "authenticatorData": "eA", "signature": "eA", "userHandle": "eA"}}',
    '{"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "e30",'
    ' "attestationObject": "oA"}}',
]


@pytest.mark.parametrize("credential", MADE_UP)
def test_a_passkey_that_was_made_up_is_refused(client, lines, clock: Clock, credential):
    """As is any other answer that no browser gives: not an error of the site."""
    address = f"{ACCOUNT}login/passkey/"
    client.get(address, headers={"x-requested-with": "XMLHttpRequest"})
    assert client.post(address, {"credential": credential})["Location"] == LOGIN
    nothing = credential in ("{}", "[]")  # as if the field were empty
    assert lines.new() == ([] if nothing else ["wrong passkey: account=unknown"])
    user = make_account()
    give_app(user)
    give_password(client, user)
    assert client.post(SHOW, {"credential": credential}).status_code == 200
    newcomer = Client()
    give_password(newcomer, make_account("nieuw"))
    typed = {"name": "x", "credential": credential}
    assert newcomer.post(f"{ACCOUNT}passkeys/add/", typed).status_code == 200


def test_wrong_passwords_and_names_are_there_without_what_was_typed(lines, caplog):
    user = make_account("noor")
    for name in ("NOOR", "mijn-wachtwoord-in-het-naamveld"):
        Client().post(LOGIN, {"login": name, "password": "geheim-getypt"})
    assert "naamveld" not in caplog.text
    assert "geheim" not in caplog.text
    assert "NOOR" not in caplog.text

    assert lines.new() == [
        f"wrong password: account={user.pk}",
        "wrong password: account=unknown",
    ]
    for _time in range(10):
        Client().post(LOGIN, {"login": "noor", "password": "fout"})
    assert lines.new()[-1] == f"too many wrong passwords: account={user.pk}"


def test_one_network_has_one_mark_a_day_that_gives_no_address_away(
    lines, caplog, settings, monkeypatch
):
    make_account("noor")

    def mark(address: str) -> str:
        Client().post(LOGIN, {"login": "noor", "password": "fout"}, REMOTE_ADDR=address)
        return str(re.findall(r"network=([0-9a-f]{10})", caplog.text)[-1])

    here, there = mark("10.1.2.3"), mark("10.1.2.4")
    assert here == mark("10.1.2.3") != there
    assert "10.1.2.3" not in caplog.text
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    assert mark("10.1.2.3") != here
    settings.SECRET_KEY = "another"
    assert mark("10.1.2.3") != here


def test_passwords_that_are_asked_chosen_and_changed(client, lines, clock: Clock):
    user = make_account()
    ask(user.email)
    assert lines.new() == ["link to a password asked: account=unknown"]
    choose(client, mailed_link())
    assert lines.new() == [f"password chosen by a mailed link: account={user.pk}"]


def test_factors_that_are_added_and_removed(
    client, lines, clock: Clock, django_capture_on_commit_callbacks
):
    user = make_account()
    give_password(client, user)
    lines.new()
    secret = client.get(f"{ACCOUNT}app/").context["secret"].replace(" ", "")
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{ACCOUNT}app/", {"code": code_at(secret, clock())})
    added = lines.new()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"{ACCOUNT}codes/new/")
    client.post(f"{ACCOUNT}app/remove/")
    removed = lines.new()

    assert f"second factor added: account={user.pk} factor=totp" in added
    assert f"new recovery codes: account={user.pk}" in removed
    assert f"second factor removed: account={user.pk} factor=totp" in removed


def test_a_factor_that_an_administrator_removed(lines):
    user = make_account()
    give_app(user)
    call_command("reset_second_factor", user.username)

    assert lines.new() == [f"second factor removed by an administrator: account={user.pk}"]


def test_accounts_that_are_made_changed_closed_and_deleted(client, lines, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    admin = make_account()
    client.force_login(admin)
    lines.new()
    page = "/admin/auth/user/"
    typed = {"username": "noor", "email": "noor@gemeente.example", "is_active": "on"}
    group = Group.objects.get(name=ORGANISERS).pk
    client.post(f"{page}add/", typed | {"is_staff": "on"})
    noor = User.objects.get(username="noor")
    change = f"{page}{noor.pk}/change/"
    client.post(change, typed | {"is_staff": "on", "groups": [group]})
    client.post(change, typed | {"is_staff": "on", "groups": [group], "first_name": "Noor"})
    client.post(change, typed | {"is_staff": "on", "groups": [group], "is_active": ""})
    client.post(f"{page}{noor.pk}/delete/", {"post": "yes"})

    who = f"account={noor.pk}"
    assert lines.new() == [
        f"account made: {who} rights=staff by={admin.pk}",
        f"rights changed: {who} rights=staff+{ORGANISERS} by={admin.pk}",
        f"rights changed: {who} rights=closed by={admin.pk}",
        f"account deleted: {who} by={admin.pk}",
    ]


def test_colleagues_of_an_event(lines):
    at = timezone.now()
    event = make_event(starts_at=at + timedelta(days=3))
    email = "nieuw@gemeente.example"
    invited = colleagues.invite(event, email, ColleagueRole.DOOR, who="x", at=at)
    account = colleagues.NewAccount("Noor", "Berg", PASSWORD)
    user = colleagues.accept_anew(invited, account, at=at)
    colleagues.take_off(event, user, ColleagueRole.DOOR, by=make_account(), at=at)

    whom = f"account={user.pk} event={event.pk}"
    assert lines.new() == [
        f"may be door: {whom}",
        f"account made: account={user.pk}",
        f"may no longer be door: {whom}",
    ]
