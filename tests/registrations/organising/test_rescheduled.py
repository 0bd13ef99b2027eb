"""Another time or place: who is told, what their calendars get, and what stays right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

import icalendar
import pytest
from django.db import transaction

from program.models import AgendaItem, Event, Slot, TableSession, Venue
from registrations.booking import changing, holds, waiting
from registrations.mail import outbox
from registrations.models import Change, Registration, StoredMail, WaitlistEntry
from registrations.models.mail import LEFT
from registrations.organising import calling_off
from registrations.organising.propagate import follow
from registrations.queries import calendars
from registrations.queries.snapshots import snapshot
from tests.factories import NOW, START, make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def event() -> Event:
    event = make_event(capacity=3)
    make_slot(event, "1a", location="Raadzaal")
    make_slot(event, "1b", location="Foyer")
    return event


def change(event: Event, write: Callable[[], object], *, at=NOW, tell=True) -> None:
    """As the admin and a loaded programme do it."""
    StoredMail.objects.all().delete()
    with transaction.atomic():
        locked = Event.objects.locked(event.pk)
        before = snapshot(event.pk)
        write()
        locked.bump()
        follow(locked, before, who="organiser", at=at, tell=tell)


def move(event: Event, by: timedelta = DAY, **options) -> None:
    times = {"starts_at": event.starts_at + by, "ends_at": event.ends_at + by}
    change(event, lambda: Event.objects.filter(pk=event.pk).update(**times), **options)


def told() -> dict[str, str]:
    return {mail.to: mail.kind for mail in StoredMail.objects.all()}


def message_to(mailoutbox: list, to: str):
    outbox.send_due(NOW)
    (message,) = (message for message in mailoutbox if message.to == [to])
    return message


def entry_of(message) -> icalendar.Event:
    (content,) = (text for name, text, _kind in message.attachments if name == "tafelronde.ics")
    (entry,) = icalendar.Calendar.from_ical(content).events
    return entry


def test_another_day_reaches_all_who_come_or_wait_with_old_and_new(event, mailoutbox):
    comes = make_registration(event, {1: "1a"}, email="comes@a.example")
    make_registration(event, email="pending@a.example", confirmed=False)
    changing.cancel(make_registration(event, email="left@a.example"), at=NOW)
    make_registration(event, email="other@a.example")
    make_registration(event, email="waits@a.example", waiting_too=True)
    move(event)

    assert told() == {
        "comes@a.example": "rescheduled",
        "other@a.example": "rescheduled",
        "waits@a.example": "rescheduled",
    }
    message = message_to(mailoutbox, "comes@a.example")
    assert message.subject == f"Andere tijd of plaats: {event.title}"
    assert (
        "Het evenement\n"
        "  Eerst: maandag 7 december 2026, 14.00–18.00 uur\n"
        "  Nu: dinsdag 8 december 2026, 14.00–18.00 uur\n"
    ) in message.body
    assert entry_of(message).start == START + DAY
    assert entry_of(message).sequence > calendars.PERSONAL + comes.version
    (waits,) = (message for message in mailoutbox if message.to == ["waits@a.example"])
    assert waits.attachments == []


def test_another_hour_of_a_round_reaches_everybody(event, mailoutbox):
    make_registration(event, email="comes@a.example")
    lines = AgendaItem.objects.filter(event=event, round__number=1)
    change(event, lambda: lines.update(starts=time(15, 15), ends=time(16)))

    body = message_to(mailoutbox, "comes@a.example").body
    assert "Ronde 1\n  Eerst: 15.00–15.45 uur\n  Nu: 15.15–16.00 uur\n" in body


def test_another_room_reaches_only_those_at_that_table(event, mailoutbox):
    make_registration(event, {1: "1a"}, email="there@a.example")
    make_registration(event, {1: "1b"}, email="elsewhere@a.example")
    table = Slot.objects.filter(session__code="1a")
    change(event, lambda: table.update(location="Burgerzaal"))

    assert told() == {"there@a.example": "rescheduled"}
    body = message_to(mailoutbox, "there@a.example").body
    assert "Sessie 1a in ronde 1, ‘Gesprek 1a’\n  Eerst: Raadzaal\n  Nu: Burgerzaal\n" in body


def test_tables_that_trade_codes_have_not_moved_and_one_that_did_goes_by_its_new_code(
    event, mailoutbox
):
    make_registration(event, {1: "1a"}, email="there@a.example")
    make_registration(event, {1: "1b"}, email="elsewhere@a.example")
    sessions = event.sessions.all()

    def recode(*pairs: tuple[str, str]) -> None:
        for old, new in pairs:
            sessions.filter(code=old).update(code=new)

    change(event, lambda: recode(("1a", "x"), ("1b", "1a"), ("x", "1b")))
    assert told() == {}

    def rename_and_move() -> None:
        recode(("1b", "7"))
        event.slots.filter(session__code="7").update(location="Burgerzaal")

    change(event, rename_and_move)
    assert told() == {"there@a.example": "rescheduled"}
    body = message_to(mailoutbox, "there@a.example").body
    assert "Sessie 7 in ronde 1, ‘Gesprek 1a’\n  Eerst: Raadzaal\n  Nu: Burgerzaal\n" in body


def test_another_venue_reaches_everybody(event, mailoutbox):
    make_registration(event, email="comes@a.example")
    venue = Venue.objects.create(name="Kerk", street="Dam 1", postcode="1506 AA", city="Zaandam")
    change(event, lambda: Event.objects.filter(pk=event.pk).update(venue=venue))

    message = message_to(mailoutbox, "comes@a.example")
    assert "Nu: Kerk, Dam 1, 1506 AA Zaandam" in message.body
    assert entry_of(message)["LOCATION"] == "Kerk, Dam 1, 1506 AA Zaandam"


def test_two_changes_at_once_are_one_mail(event):
    make_registration(event, {1: "1a"}, email="comes@a.example")

    def write() -> None:
        Event.objects.filter(pk=event.pk).update(starts_at=START + timedelta(minutes=15))
        Slot.objects.filter(event=event).update(location="Burgerzaal")

    change(event, write)
    assert StoredMail.objects.count() == 1


def test_mail_that_leaves_after_another_move_says_how_things_are_then(event, mailoutbox):
    make_registration(event, {1: "1a"}, email="comes@a.example")
    table = Slot.objects.filter(session__code="1a")
    change(event, lambda: table.update(location="Zaal 1"))
    first = StoredMail.objects.get()
    with transaction.atomic():
        before = snapshot(event.pk)
        table.update(location="Zaal 2")
        event.bump()
        follow(event, before, who="organiser", at=NOW + MINUTE)

    outbox.send_due(NOW)
    (message,) = (one for one in mailoutbox if one.extra_headers["Message-ID"] == first.message_id)
    assert "Eerst: Raadzaal\n  Nu: Zaal 2\n" in message.body


def test_other_words_mail_nobody_but_calendars_take_notice(event):
    noor = make_registration(event, {1: "1a"})
    before = noor.version
    change(event, lambda: Event.objects.filter(pk=event.pk).update(text="Nieuw"))
    noor.refresh_from_db()
    assert noor.version == before

    change(event, lambda: TableSession.objects.filter(code="1a").update(title="Anders"))
    noor.refresh_from_db()
    assert noor.version > before
    assert told() == {}


def test_history_has_old_and_new_once_and_a_line_for_each_person(event):
    noor = make_registration(event)
    move(event, timedelta(hours=1))

    whole, mine = event.changes.filter(what=Change.What.RESCHEDULED)
    assert whole.old == {
        "starts_at": "2026-12-07T13:00:00+00:00",
        "ends_at": "2026-12-07T17:00:00+00:00",
    }
    assert whole.new == {
        "starts_at": "2026-12-07T14:00:00+00:00",
        "ends_at": "2026-12-07T18:00:00+00:00",
        "told": True,
    }
    assert (mine.registration, mine.who, mine.old, mine.new) == (noor, "organiser", {}, {})


def test_an_organiser_may_tell_nobody(event):
    noor = make_registration(event)
    before = noor.version
    move(event, tell=False)
    noor.refresh_from_db()

    assert told() == {}
    assert noor.version > before
    assert event.changes.filter(registration=None).last().new["told"] is False


def test_nobody_is_told_of_an_event_that_is_over_or_called_off(event):
    make_registration(event)
    move(event, timedelta(minutes=5), at=START + DAY)
    assert told() == {}
    calling_off.call_off(event, who="o", at=NOW)
    move(event)
    assert told() == {}


def test_an_event_that_was_to_come_and_is_set_in_the_past_is_told(event):
    make_registration(event, email="comes@a.example")
    move(event, -21 * DAY)
    assert told() == {"comes@a.example": "rescheduled"}


def test_no_hold_outlives_an_earlier_start(event):
    pending = make_registration(event, {1: "1a"}, confirmed=False)
    soon = NOW + timedelta(minutes=10)
    times = {"starts_at": soon, "ends_at": soon + timedelta(hours=4)}
    change(event, lambda: Event.objects.filter(pk=event.pk).update(**times))

    pending.refresh_from_db()
    assert pending.hold_expires_at == soon
    assert holds.free_expired(soon) == 1


def test_deadlines_that_were_left_empty_move_along(event):
    move(event)
    event.refresh_from_db()
    assert (event.signup_closes, event.changes_close) == (START + DAY, START + DAY)
    assert event.waiting_closes == datetime(2026, 12, 7, 18, tzinfo=START.tzinfo)


def test_those_who_wait_for_a_removed_table_are_told(event):
    Slot.objects.filter(session__code="1b").update(seats=1)
    make_registration(event, {1: "1b"})
    waits = make_registration(event, waitlists={1: ["1b"]}, email="waits@a.example")
    Slot.objects.filter(session__code="1a").update(seats=0)
    also = make_registration(
        event, {1: "1b"}, waitlists={1: ["1a"]}, email="also@a.example", waiting_too=True
    )
    assert WaitlistEntry.objects.filter(registration__in=[waits, also]).count() >= 2

    change(event, lambda: Slot.objects.get(session__code="1a").delete())

    assert told() == {"also@a.example": "dropped"}
    assert set(WaitlistEntry.objects.values_list("slot__session__code", flat=True)) == {"1b"}


def test_those_who_wait_for_a_table_that_changes_rounds_are_told(event):
    Slot.objects.filter(session__code="1a").update(seats=0)
    make_registration(event, {1: "1b"}, waitlists={1: ["1a"]}, email="waits@a.example")
    second = event.rounds.get(number=2)
    change(event, lambda: Slot.objects.filter(session__code="1a").update(round=second))

    assert told() == {"waits@a.example": "dropped"}
    assert not WaitlistEntry.objects.exists()


def test_lists_that_close_a_second_time_are_told_of_a_second_time(event):
    Event.objects.update(capacity=1)
    make_registration(event)
    make_registration(event, waiting_too=True, email="waits@a.example")
    eve = START - timedelta(hours=20)
    assert waiting.tell_waiters(eve) == 1
    assert waiting.tell_waiters(eve) == 0
    later = START - timedelta(hours=2)
    change(event, lambda: Event.objects.update(waiting_closes_at=later), at=eve)
    assert waiting.tell_waiters(eve) == 0
    assert waiting.tell_waiters(later) == 1
    assert waiting.tell_waiters(later + timedelta(minutes=1)) == 0


def test_following_asks_as_many_questions_for_more_people(event, django_assert_max_num_queries):
    Event.objects.update(capacity=60)
    for _more in range(25):
        make_registration(event)
    with django_assert_max_num_queries(40):
        move(event)
    version = Event.objects.get(pk=event.pk).version
    assert Registration.objects.confirmed().filter(version=version).count() == 25


def test_those_who_cancel_before_the_news_leaves_do_not_get_it(event, mailoutbox):
    stays = make_registration(event, {1: "1a"}, email="stays@a.example")
    left = make_registration(event, {1: "1b"}, email="left@a.example")
    held = make_registration(event, email="held@a.example")
    move(event)
    (held_mail,) = held.mails.all()
    held.mails.update(lease="x", leased_until=NOW + timedelta(minutes=10))

    changing.cancel(left, at=NOW + MINUTE)
    changing.cancel(held, at=NOW + MINUTE)
    outbox.send_due(NOW + MINUTE)
    # Its worker died: the mail comes back when the lease is over.
    outbox.send_due(NOW + timedelta(minutes=11))

    got = [(message.to[0], message.subject.partition(":")[0]) for message in mailoutbox]
    assert sorted(got) == [
        ("held@a.example", "Je hebt je aanmelding geannuleerd"),
        ("left@a.example", "Je hebt je aanmelding geannuleerd"),
        ("stays@a.example", "Andere tijd of plaats"),
    ]
    for mail in (left.mails.get(kind="rescheduled"), StoredMail.objects.get(pk=held_mail.pk)):
        assert (mail.error, mail.sent_at) == (LEFT, None)
    assert stays.mails.get().sent_at


def test_whose_hold_runs_out_is_not_told_that_it_goes_on(event, mailoutbox):
    pending = make_registration(event, confirmed=False)
    StoredMail.objects.all().delete()
    calling_off.call_off(event, who="organisator", at=NOW)
    event.mails.update(sent_at=NOW)
    calling_off.go_on(event, who="organisator", at=NOW + MINUTE)
    assert pending.mails.waiting().get().kind == "rescheduled"

    holds.free_expired(NOW + DAY)
    outbox.send_due(NOW + DAY)

    assert pending.mails.get(kind="rescheduled").error == LEFT
    assert mailoutbox == []


def test_event_remembers_the_start_that_was_first_announced(event):
    for _time in range(2):
        move(event)
        event.refresh_from_db()
    assert (event.moved_from, event.starts_at) == (START, START + 2 * DAY)

    move(event, -2 * DAY)
    event.refresh_from_db()
    assert event.moved_from is None


def test_draft_may_move_as_it_likes(event):
    Event.objects.update(published=False)
    move(event)
    event.refresh_from_db()

    assert event.announced_start is None


def test_another_end_alone_is_no_other_day(event):
    change(event, lambda: Event.objects.update(ends_at=event.ends_at + timedelta(hours=1)))
    event.refresh_from_db()

    assert event.announced_start is None
