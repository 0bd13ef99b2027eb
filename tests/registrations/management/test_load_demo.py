from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.test import Client
from django.utils import translation

from program.models import Event, Slot
from registrations.management.commands.load_demo import Command, day_for
from tests.factories import AMSTERDAM, make_registration

pytestmark = pytest.mark.django_db

# A Monday, late in the evening: in UTC it is Monday as well, in summer it would not be.
MONDAY = datetime(2026, 11, 23, 23, 30, tzinfo=AMSTERDAM)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def load_demo(at: datetime = MONDAY, password: str = "") -> str:
    out = StringIO()
    Command(stdout=out, stderr=out).load(password, at=at)
    return out.getvalue()


@pytest.mark.parametrize(
    ("today", "day"),
    [
        (datetime(2026, 11, 23, 12, tzinfo=AMSTERDAM), date(2026, 12, 7)),
        (datetime(2026, 11, 24, 12, tzinfo=AMSTERDAM), date(2026, 12, 14)),
        (datetime(2026, 11, 29, 12, tzinfo=AMSTERDAM), date(2026, 12, 14)),
        # Half past midnight on a Tuesday, when it is Monday still in UTC.
        (datetime(2026, 7, 6, 22, 30, tzinfo=UTC), date(2026, 7, 27)),
    ],
)
def test_first_day_is_the_first_monday_at_least_fourteen_days_ahead(today: datetime, day: date):
    assert day_for(None, today) == day


def test_demo_has_the_event_open_for_sign_up():
    load_demo()
    event = Event.objects.published().get()
    assert event.starts_at == datetime(2026, 12, 7, 14, tzinfo=AMSTERDAM)
    assert event.signup_open(MONDAY)


def test_repeat_keeps_the_day_until_fewer_than_seven_days_remain():
    load_demo()
    seven_left = MONDAY + timedelta(days=7)
    load_demo(seven_left)
    assert Event.objects.get().day == date(2026, 12, 7)
    load_demo(seven_left + timedelta(days=1))
    assert Event.objects.get().day == date(2026, 12, 21)


def test_repeat_keeps_the_people():
    load_demo()
    noor = make_registration(Event.objects.get(), {1: "6"}, at=MONDAY)
    load_demo(MONDAY + timedelta(days=10))
    assert [seat.slot.session.code for seat in noor.table_seats.all()] == ["6"]
    assert Event.objects.get().taken == 1


def test_repeat_within_a_minute_changes_no_event():
    load_demo()
    before = Event.objects.values().get()
    load_demo()
    assert Event.objects.values().get() == before


def test_event_that_people_changed_stays_as_it_is():
    load_demo()
    event = Event.objects.get()
    Slot.objects.filter(session__code="4").update(seats=20)
    for _ in range(9):
        make_registration(event, {2: "4"}, at=MONDAY)
    printed = load_demo()
    assert "The demo event stays as it is:\n  8 seats are too few for table 4" in printed
    assert Slot.objects.get(session__code="4").seats == 20


def test_accounts_get_passwords_of_their_own_and_keep_them():
    printed = load_demo()
    words = printed.split()
    passwords = {name: words[words.index(f"{name},") + 2] for name in ("organisator", "deur")}
    assert len(set(passwords.values())) == 2
    assert min(map(len, passwords.values())) >= 12
    again = load_demo()
    assert "Account organisator, with the password it had." in again
    for name, password in passwords.items():
        assert password not in again
        assert authenticate(username=name, password=password)


def test_demo_password_is_set_also_on_a_repeat():
    load_demo()
    load_demo(password="tafel-voor-twee")
    stored = get_user_model().objects.get(username="deur").password
    assert authenticate(username="organisator", password="tafel-voor-twee")
    load_demo(password="tafel-voor-twee")
    # Not even stored anew: that would log everybody out.
    assert get_user_model().objects.get(username="deur").password == stored


def test_organiser_edits_the_programme_and_sees_registrations():
    load_demo(password="tafel-voor-twee")
    organiser = get_user_model().objects.get(username="organisator")
    assert organiser.is_staff
    assert not organiser.is_superuser
    assert organiser.has_perms(
        ["program.change_event", "program.add_slot", "registrations.view_registration"]
    )
    assert not organiser.has_perm("registrations.add_registration")
    assert not organiser.has_perm("registrations.delete_registration")
    assert not organiser.has_perm("auth.view_user")


def test_organiser_frees_unconfirmed_places_and_changes_nothing_else_by_hand(client: Client):
    load_demo(password="tafel-voor-twee")
    event = Event.objects.get()
    held = make_registration(event, {1: "6"}, confirmed=False, at=MONDAY)
    noor = make_registration(event, {1: "6"}, at=MONDAY)
    client.force_login(get_user_model().objects.get(username="organisator"))
    people = "/en/admin/registrations/registration/"
    chosen = {"action": "free_holds", "_selected_action": [held.pk, noor.pk]}

    said = client.post(people, chosen, follow=True).content.decode()

    assert "1 place is free again." in said
    held.refresh_from_db()
    noor.refresh_from_db()
    assert (held.is_expired, noor.is_confirmed) == (True, True)
    assert Event.objects.get().taken == 1
    page = f"{people}{noor.pk}/change/"
    assert 'name="_save"' not in client.get(page).content.decode()
    assert client.post(page, {"last_name": "Anders"}).status_code == 405


def test_door_account_has_no_rights_yet():
    load_demo(password="tafel-voor-twee")
    door = get_user_model().objects.get(username="deur")
    assert door.is_staff
    assert door.get_all_permissions() == set()


def test_command_reads_the_password_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DEMO_PASSWORD", "tafel-voor-twee")
    out = StringIO()
    Command(stdout=out).handle()
    assert "Account deur, password tafel-voor-twee" in out.getvalue()
