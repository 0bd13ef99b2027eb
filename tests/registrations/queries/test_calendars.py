"""One person's calendar file, read back the way a calendar program does."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.utils import translation

from program.models import Event
from program.public.calendars import event_calendar
from registrations.booking import changing
from registrations.models import Registration, StoredMail
from registrations.queries import calendars
from registrations.queries.calendars import seats_of
from registrations.queries.tokens import token_of
from tests.factories import NOW, make_event, make_registration, make_slot
from tests.mailed import Letterbox, words_of

pytestmark = pytest.mark.django_db

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def parse(text: str) -> tuple[Any, Any]:
    """The calendar and its one appointment; icalendar types each value as any of thirty."""
    calendar = icalendar.Calendar.from_ical(text)
    (appointment,) = calendar.walk("VEVENT")
    return calendar, appointment


@pytest.fixture
def registration():
    event = make_event(title="Werken in de wijk")
    make_slot(event, "1a", location="Raadzaal, tafel 7")
    make_slot(event, "2b", 2)
    return make_registration(
        event, {1: "1a"}, first_name="Jan; Piet", last_name='"van, den" Bèrg', language="en"
    )


def last_calendar() -> tuple[Any, Any]:
    return parse(words_of(StoredMail.objects.latest("pk")).calendar)


def test_invitation_says_what_when_where_and_who(registration):
    calendar, appointment = last_calendar()

    assert calendar["METHOD"] == "REQUEST"
    assert appointment["UID"] == f"event-{registration.event_id}@testserver"
    assert appointment["SEQUENCE"] == 1_000_000_000 + registration.version
    assert appointment["STATUS"] == "CONFIRMED"
    assert appointment["SUMMARY"] == "Werken in de wijk"
    assert appointment["LOCATION"] == "Gemeentehuis, Stadhuisplein 100, 1506 MZ Zaandam"
    assert appointment["DTSTART"].dt == registration.event.starts_at
    assert appointment["DTEND"].dt == registration.event.ends_at
    assert appointment["DTSTART"].params["TZID"] == "Europe/Amsterdam"
    assert appointment["DTSTAMP"].to_ical() == b"20261123T130000Z"
    assert appointment["ORGANIZER"] == "mailto:info@gemeente.example"


def test_invitation_names_this_attendee_only(registration):
    make_registration(registration.event, {})
    _calendar, appointment = parse(
        calendars.for_mail(registration, seats_of(registration), "REQUEST", NOW)
    )

    attendee = appointment["ATTENDEE"]
    assert not isinstance(attendee, list)
    assert attendee == f"mailto:{registration.email}"
    assert attendee.params["PARTSTAT"] == "ACCEPTED"
    assert "Bèrg" in attendee.params["CN"]


def test_description_lists_every_round_of_ones_own(registration):
    with translation.override("en"):
        _calendar, appointment = parse(
            calendars.for_mail(registration, seats_of(registration), "REQUEST", NOW)
        )

    assert str(appointment["DESCRIPTION"]).splitlines() == [
        "Round 1, 15:00–15:45: session 1a, ‘Gesprek 1a’ (Raadzaal, tafel 7)",
        "Round 2, 16:00–16:45: no table",
        "",
        f"About this event: http://testserver/en/{registration.event.slug}/",
    ]


def test_no_calendar_holds_the_personal_link(registration):
    box = Letterbox()
    box.look()
    changing.change_tables(registration, {1: "", 2: "2b"}, at=NOW)
    box.look()
    changing.cancel(registration, at=NOW)
    box.look()
    files = [said.calendar for said in box.mails.values() if said.calendar]
    files.append(calendars.for_download(registration, at=NOW))

    assert len(files) == 4
    for text in files:
        unfolded = text.replace("\r\n ", "")
        assert token_of(registration) not in unfolded
        assert registration.secret not in unfolded
        assert "/aanmelding/" not in unfolded


def test_sequence_rises_with_each_change_and_the_uid_stays(registration):
    _calendar, first = last_calendar()
    changing.change_tables(registration, {1: "", 2: "2b"}, at=NOW)
    _calendar, changed = last_calendar()
    changing.cancel(registration, at=NOW)
    calendar, cancelled = last_calendar()

    uid = f"event-{registration.event_id}@testserver"
    assert (first["UID"], changed["UID"], cancelled["UID"]) == (uid, uid, uid)
    assert first["SEQUENCE"] < changed["SEQUENCE"] < cancelled["SEQUENCE"]
    assert (changed["STATUS"], cancelled["STATUS"]) == ("CONFIRMED", "CANCELLED")
    assert calendar["METHOD"] == "CANCEL"
    assert cancelled["ATTENDEE"] == f"mailto:{registration.email}"


def test_download_is_published_and_names_nobody(registration):
    calendar, appointment = parse(calendars.for_download(registration, at=NOW))

    assert calendar["METHOD"] == "PUBLISH"
    assert "ATTENDEE" not in appointment
    assert appointment["UID"] == f"event-{registration.event_id}@testserver"


def test_lines_are_at_most_75_octets(registration):
    registration.event.title = "Ĳ" * 200
    text = calendars.for_mail(registration, seats_of(registration), "REQUEST", NOW)

    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert parse(text)[1]["SUMMARY"] == "Ĳ" * 200


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        (date(2026, 10, 24), 12),
        (date(2026, 10, 26), 13),
        (date(2027, 3, 27), 13),
        (date(2027, 3, 29), 12),
    ],
)
def test_two_o_clock_is_right_on_either_side_of_a_clock_change(day, utc_hour):
    event = make_event(starts_at=datetime.combine(day, time(14), AMSTERDAM))
    registration = make_registration(event, {}, at=event.starts_at.replace(hour=9))
    calendar, appointment = parse(calendars.for_mail(registration, [], "REQUEST", NOW))

    assert appointment["DTSTART"].to_ical() == f"{event.day:%Y%m%d}T140000".encode()
    assert appointment["DTSTART"].dt.astimezone(UTC).hour == utc_hour
    # What the file itself says, for programs that don't know the zone by name.
    (zone,) = calendar.walk("VTIMEZONE")
    wall_clock = datetime.combine(day, time(14))
    assert zone.to_tz(lookup_tzid=False).utcoffset(wall_clock).seconds // 3600 == 14 - utc_hour


def test_round_without_a_time_in_the_timetable_still_has_its_table(registration):
    registration.event.agenda.update(round=None)
    event = Event.objects.get()
    lines = calendars.my_rounds(event, seats_of(registration))

    assert [(line.number, line.hours, line.code) for line in lines] == [(1, "", "1a"), (2, "", "")]


class Diary:
    """A calendar that follows RFC 5546: one entry a name, and the highest number wins."""

    def __init__(self) -> None:
        self.entries: dict[str, Any] = {}

    def take(self, text: str) -> None:
        calendar, appointment = parse(text)
        known = self.entries.get(appointment["UID"])
        if known is None or known["SEQUENCE"] <= appointment["SEQUENCE"]:
            self.entries[appointment["UID"]] = appointment
            assert (calendar["METHOD"] == "CANCEL") <= (appointment["STATUS"] == "CANCELLED")

    @property
    def day(self) -> list[str]:
        """What stands in it: the status, and the first line of the description."""
        return [
            f"{one['STATUS']}: {str(one['DESCRIPTION']).splitlines()[0]}"
            for one in self.entries.values()
        ]


MINE = "CONFIRMED: Round 1, 15:00–15:45: session 1a, ‘Gesprek 1a’ (Raadzaal, tafel 7)"


def public(registration: Registration) -> str:
    """What everybody may download from the event's page at this moment."""
    return event_calendar(Event.objects.get(pk=registration.event_id), NOW)


def mailed(registration: Registration) -> str:
    return words_of(StoredMail.objects.filter(registration=registration).latest("pk")).calendar


def test_personal_entry_takes_the_place_of_the_public_one_whichever_came_first(registration):
    with translation.override("en"):
        downloaded = calendars.for_download(registration, at=NOW)
    for order in permutations([public(registration), mailed(registration), downloaded]):
        diary = Diary()
        for text in order:
            diary.take(text)

        assert diary.day == [MINE]


def test_public_entry_never_wins_however_much_happens_to_the_event(registration):
    diary = Diary()
    diary.take(mailed(registration))
    for number in range(5):
        make_registration(registration.event, {}, first_name=f"Noor {number}")
    Event.objects.filter(pk=registration.event_id).update(version=999_999_999)

    diary.take(public(registration))

    assert diary.day == [MINE]


def test_entry_that_was_public_moves_and_goes_with_the_mails(registration):
    """The double that one would forget: at the old time, or of an event one does not go to."""
    diary = Diary()
    diary.take(public(registration))
    diary.take(mailed(registration))
    changing.change_tables(registration, {1: "", 2: "2b"}, at=NOW)
    diary.take(mailed(registration))
    assert diary.day == ["CONFIRMED: Round 1, 15:00–15:45: no table"]

    changing.cancel(registration, at=NOW)
    diary.take(mailed(registration))

    assert [one.partition(":")[0] for one in diary.day] == ["CANCELLED"]


def test_those_who_sign_up_again_after_cancelling_have_it_in_their_calendar_again(registration):
    diary = Diary()
    diary.take(mailed(registration))
    for _more in range(3):
        changing.change_tables(registration, {1: "", 2: "2b"}, at=NOW)
        changing.change_tables(registration, {1: "1a", 2: ""}, at=NOW)
    changing.cancel(registration, at=NOW)
    gone = mailed(registration)

    again = make_registration(
        registration.event, {1: "1a"}, email=registration.email, language="en"
    )
    # Also if the first of these mails comes last.
    for order in ([gone, mailed(again)], [mailed(again), gone]):
        for text in order:
            diary.take(text)
        assert diary.day == [MINE]


def test_number_is_one_that_calendars_can_hold(registration):
    Registration.objects.update(version=999_999_999)
    _calendar, appointment = parse(
        calendars.for_download(Registration.objects.get(pk=registration.pk), at=NOW)
    )

    assert appointment["SEQUENCE"] < 2**31
