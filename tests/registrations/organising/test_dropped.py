"""A table that drops out: its people keep their place, are told once, and choose again."""

from __future__ import annotations

from datetime import timedelta

import icalendar
import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from program.models import Event, Slot
from registrations.booking import changing, places, signup, waiting
from registrations.errors import CalledOff, EventOver, TablesRefused, WaitingOffered
from registrations.models import Change, Registration, Seat, StoredMail, WaitlistEntry
from registrations.organising import calling_off, dropping
from registrations.privacy import erasure
from registrations.queries import calendars
from registrations.queries import waiting as waiting_queries
from registrations.queries.tables import codes
from registrations.queries.tokens import token_of
from tests.factories import NOW, START, make_event, make_person, make_registration, make_slot
from tests.mailed import DONE, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    """Round 1: 1a, 1b (one seat), 1c; round 2: 1a again, and 2a."""
    event = make_event(capacity=5)
    for code, number, seats in [
        ("1a", 1, 2),
        ("1b", 1, 1),
        ("1c", 1, 5),
        ("1a", 2, 2),
        ("2a", 2, 5),
    ]:
        make_slot(event, code, number, seats=seats)
    return event


def slot(event: Event, code: str, number: int = 1) -> Slot:
    found: Slot = event.slots.get(session__code=code, round__number=number)
    return found


def drop(event: Event, *tables: Slot, at=NOW) -> None:
    StoredMail.objects.all().delete()
    keys = [table.pk for table in tables]
    dropping.drop(event, keys, who="organiser", why="ziek", at=at)


def told() -> list[tuple[str, Registration | None]]:
    return [(mail.kind, mail.registration) for mail in StoredMail.objects.order_by("pk")]


def test_its_people_keep_their_place_and_get_one_mail_with_what_is_free(event):
    noor = make_registration(event, {1: "1a", 2: "2a"})
    make_registration(event, {1: "1b"})
    table = slot(event, "1a")
    drop(event, table)

    noor.refresh_from_db()
    table.refresh_from_db()
    assert (noor.is_confirmed, codes(noor)) == (True, {"2": "2a"})
    assert noor.version == Event.objects.get(pk=event.pk).version
    assert (table.taken, table.dropped_at) == (0, NOW)
    assert places.differences() == []
    (mail,) = StoredMail.objects.all()
    assert (mail.kind, mail.registration) == ("dropped", noor)
    free = words_of(mail).text.split("Hier is nog plek\n")[1].split("\n\n")[0].splitlines()
    assert free[:2] == ["- Ronde 1: sessie 1c, ‘Gesprek 1c’", "  Raadzaal"]
    assert f"/aanmelding/{token_of(noor)}/tafels/" in words_of(mail).text
    (entry,) = icalendar.Calendar.from_ical(words_of(mail).calendar).events
    assert entry["STATUS"] == "CONFIRMED"
    assert entry.sequence == calendars.PERSONAL + noor.version
    assert "Gesprek 1a" not in str(entry["DESCRIPTION"])


def test_history_says_who_dropped_it_and_names_nobody(event):
    noor = make_registration(event, {1: "1a"})
    drop(event, slot(event, "1a"))

    whole, mine = event.changes.filter(what=Change.What.DROPPED)
    assert (whole.registration, whole.who, whole.why) == (None, "organiser", "ziek")
    assert whole.new == {
        "tables": [{"code": "1a", "round": 1}],
        "people": 1,
        "slots": [slot(event, "1a").pk],
        "seats": [[slot(event, "1a").pk, noor.pk]],
    }
    assert (mine.registration, mine.old, mine.new, mine.why) == (noor, {"1": "1a"}, {}, "")


def test_entries_for_it_end_and_those_who_waited_are_told(event):
    make_registration(event, {1: "1b"})
    waits = make_registration(event, {1: "1c"}, waitlists={1: ["1b"]})
    drop(event, slot(event, "1b"))

    assert not WaitlistEntry.objects.exists()
    assert codes(waits) == {"1": "1c"}
    mail = StoredMail.objects.get(registration=waits)
    assert "Je wachtte daarop in ronde 1." in words_of(mail).text
    assert words_of(mail).calendar == ""


def test_those_who_wait_for_a_place_no_longer_ask_for_it(event):
    Event.objects.update(capacity=1)
    make_registration(event)
    waits = make_registration(event, {1: "1a"}, waitlists={1: ["1b"], 2: ["2a"]}, waiting_too=True)
    drop(event, slot(event, "1a"))

    waits.refresh_from_db()
    requests = waits.waitlist_entries.requests()
    assert list(requests.values_list("asked", "slot")) == [
        (False, slot(event, "1b").pk),
        (False, slot(event, "2a", 2).pk),
    ]
    assert told() == [("dropped", waits)]


def test_a_sign_up_still_to_confirm_loses_the_seat_and_hears_so(event):
    pending = make_registration(event, {1: "1a"}, confirmed=False)
    drop(event, slot(event, "1a"))

    assert told() == [("dropped", pending)]
    confirmed = signup.confirm(pending, at=NOW)
    assert (confirmed.is_confirmed, codes(confirmed), WaitlistEntry.objects.count()) == (
        True,
        {},
        0,
    )


def test_a_strangers_sign_up_with_a_known_address_is_told_nothing(event):
    make_registration(event, email="noor@a.example")
    make_registration(event, {1: "1a"}, email="noor@a.example", confirmed=False)
    drop(event, slot(event, "1a"))

    assert told() == []


def test_a_session_drops_out_of_all_its_rounds_with_one_mail_each(event):
    first = make_registration(event, {1: "1a"})
    second = make_registration(event, {2: "1a"})
    drop(event, slot(event, "1a"), slot(event, "1a", 2))

    assert told() == [("dropped", first), ("dropped", second)]
    assert not Seat.objects.exists()


def test_it_can_be_neither_chosen_nor_waited_for_nor_settled_into(event):
    noor = make_registration(event, {1: "1c"})
    old = make_registration(event)
    drop(event, slot(event, "1b"))
    gone = "Sessie 1b, ‘Gesprek 1b’, gaat toch niet door. Kies een andere voor ronde 1."

    for refused in (
        lambda: changing.change_tables(noor, {1: "1b"}, at=NOW),
        lambda: changing.change_tables(noor, {1: "1c"}, {1: ["1b"]}, at=NOW),
        lambda: signup.sign_up(event, make_person(), {1: "1b"}, at=NOW),
        lambda: signup.sign_up(event, make_person(), {1: "1b"}, waiting_too=True, at=NOW),
    ):
        with pytest.raises(TablesRefused) as caught:
            refused()
        assert str(caught.value) == gone
    # An entry that would be there all the same leads nowhere.
    table = slot(event, "1b")
    waiting.join_waitlists(old, [table], at=NOW)
    waiting.settle_event(Event.objects.get(), at=NOW)
    assert codes(old) == {}


def test_the_database_refuses_somebody_at_a_table_that_dropped_out(event):
    drop(event, slot(event, "1a"))
    with pytest.raises(IntegrityError, match="slot_dropped_is_empty"), transaction.atomic():
        Slot.objects.filter(pk=slot(event, "1a").pk).update(taken=1)


def test_those_who_lost_a_seat_get_the_table_they_wait_for_once_it_is_free(event):
    sits = make_registration(event, {1: "1b"})
    noor = make_registration(event, {1: "1a"}, waitlists={1: ["1b"]})
    drop(event, slot(event, "1a"))
    changing.cancel(sits, at=NOW)

    assert codes(noor) == {"1": "1b"}


def test_pages_and_feeds_say_that_it_does_not_take_place(event):
    noor = make_registration(event, {1: "1c"})
    drop(event, slot(event, "1a"), slot(event, "1a", 2))
    path = event.get_absolute_url()
    pages = {
        name: Client().get(where).content.decode()
        for name, where in {
            "event": path,
            "session": f"{path}tafelsessie/1a/",
            "form": f"{path}aanmelden/",
            "tables": f"/aanmelding/{token_of(noor)}/tafels/",
        }.items()
    }

    assert [name for name, page in pages.items() if "gaat niet door" not in page] == []
    assert "Deze sessie gaat toch niet door" in pages["session"]
    assert 'value="1a"' not in pages["form"] + pages["tables"]
    rows = Client().get(f"{path}programma.json").json()["sittings"]
    assert [
        (row["code"], row["seats_left"], row["dropped"]) for row in rows if row["code"] == "1a"
    ] == [("1a", 0, True)] * 2
    assert pages["event"].count("EventCancelled") == 2
    assert "2 tafels" in pages["event"]  # of three


def test_a_stale_form_is_refused_with_what_was_typed_still_there(event):
    drop(event, slot(event, "1a"))
    person = {"first_name": "Noor", "last_name": "Berg", "email": "n@a.example"}
    answer = Client().post(
        f"{event.get_absolute_url()}aanmelden/",
        person | {"role": "inwoner", "round_1": "1a", "round_2": "", "agree": "on"},
    )

    assert answer.status_code == 422
    assert "Sessie 1a, ‘Gesprek 1a’, gaat toch niet door" in answer.content.decode()
    assert 'value="n@a.example"' in answer.content.decode()


def test_after_changes_close_the_mail_sends_nobody_to_a_closed_page(event):
    noor = make_registration(event, {1: "1a"})
    drop(event, slot(event, "1a"), at=START)

    mail = StoredMail.objects.get(registration=noor)
    assert "Bij de deur hoor je waar nog plek is" in words_of(mail).text
    assert "/tafels/" not in words_of(mail).text


def take_place(event: Event, *tables: Slot, at=NOW) -> dropping.Returned:
    StoredMail.objects.all().delete()
    keys = [table.pk for table in tables]
    return dropping.take_place_after_all(event, keys, who="organiser", at=at)


def test_it_takes_place_after_all_and_its_people_have_their_seats_back(event):
    noor = make_registration(event, {1: "1a", 2: "2a"})
    pending = make_registration(event, {1: "1a"}, confirmed=False)
    table = slot(event, "1a")
    drop(event, table)
    back = take_place(event, table)

    noor.refresh_from_db()
    assert (codes(noor), codes(pending)) == ({"1": "1a", "2": "2a"}, {"1": "1a"})
    assert not slot(event, "1a").dropped
    assert slot(event, "1a").taken == len(back.seats) == 2
    assert noor.version == Event.objects.get().version
    assert places.differences() == []
    assert told() == [("tables", noor)]
    whole, mine = event.changes.filter(new__has_key="back"), noor.changes.latest("pk")
    assert whole.get().new == {"tables": [{"code": "1a", "round": 1}], "back": True, "people": 2}
    assert (mine.what, mine.old, mine.new) == ("tables", {"2": "2a"}, {"1": "1a", "2": "2a"})
    assert waiting_queries.dropped(noor) == {}


def test_those_who_sit_elsewhere_left_or_find_no_seat_do_not_come_back(event):
    table = slot(event, "1b")
    Slot.objects.filter(pk=table.pk).update(seats=4)
    first, chose, left, last = [make_registration(event, {1: "1b"}) for _number in range(4)]
    drop(event, table)
    changing.change_tables(chose, {1: "1c"}, at=NOW)
    changing.cancel(left, at=NOW)
    Slot.objects.filter(pk=table.pk).update(seats=1)

    back = take_place(event, table)

    assert (back.sit_elsewhere, back.gone, back.no_seat) == (1, 1, 1)
    assert [codes(one) for one in (first, chose, left, last)] == [{"1": "1b"}, {"1": "1c"}, {}, {}]
    assert told() == [("tables", first)]
    assert places.differences() == []


def test_a_session_that_somebody_sits_at_in_another_round_does_not_come_back(event):
    noor = make_registration(event, {1: "1a"})
    drop(event, slot(event, "1a"))
    changing.change_tables(noor, {2: "1a"}, at=NOW)

    assert take_place(event, slot(event, "1a")).sit_elsewhere == 1
    assert codes(noor) == {"2": "1a"}


def test_a_seat_that_comes_back_ends_what_they_wait_for_at_that_session(event):
    make_registration(event, {2: "1a"})
    make_registration(event, {2: "1a"})
    noor = make_registration(event, {1: "1a"})
    drop(event, slot(event, "1a"))
    changing.change_tables(noor, {}, {2: ["1a"]}, at=NOW)
    take_place(event, slot(event, "1a"))

    assert codes(noor) == {"1": "1a"}
    assert not WaitlistEntry.objects.exists()


def test_a_table_that_drops_out_twice_gives_back_the_last_seats(event):
    first = make_registration(event, {1: "1a"})
    table = slot(event, "1a")
    drop(event, table)
    changing.change_tables(first, {1: "1c"}, at=NOW)
    take_place(event, table)
    second = make_registration(event, {1: "1a"})
    later = NOW + timedelta(hours=1)
    drop(event, table, at=later)
    changing.change_tables(first, {}, at=later)
    take_place(event, table, at=later)

    assert (codes(first), codes(second)) == ({}, {"1": "1a"})


def test_who_gave_up_the_seat_does_not_get_it_back_from_an_empty_table(event):
    noor = make_registration(event, {1: "1a", 2: "2a"})
    table = slot(event, "1a")
    drop(event, table)
    take_place(event, table)
    changing.change_tables(noor, {2: "2a"}, at=NOW)
    drop(event, table, at=NOW + timedelta(hours=1))

    assert unaware(event) == []
    assert take_place(event, table).seats == []
    assert codes(noor) == {"2": "2a"}


def test_an_event_that_is_called_off_or_over_gets_no_table_back(event):
    table = slot(event, "1a")
    drop(event, table)
    with pytest.raises(EventOver):
        take_place(event, table, at=START + timedelta(hours=4))
    calling_off.call_off(event, who="o", at=NOW)
    with pytest.raises(CalledOff):
        take_place(event, table)


def unaware(event: Event) -> list[Registration]:
    return [one.registration for one in dropping.not_told([event])]


def test_those_who_lost_a_seat_are_named_until_they_are_told_or_sit_elsewhere(event):
    mailed = make_registration(event, {1: "1a"})
    phoned = make_registration(event, {1: "1a"}, confirmed=False)
    Registration.objects.filter(pk=phoned.pk).update(email="")
    table = slot(event, "1a")
    assert unaware(event) == []

    drop(event, table)
    assert unaware(event) == [mailed, phoned]

    StoredMail.objects.filter(registration=mailed).update(sent_at=NOW, **DONE)
    assert unaware(event) == [phoned]
    Registration.objects.filter(pk=mailed.pk).update(email_refused_at=NOW)
    assert unaware(event) == [mailed, phoned]

    dropping.say_told(phoned, who="organiser", at=NOW)
    assert unaware(event) == [mailed]
    changing.change_tables(mailed, {1: "1c"}, at=NOW)
    assert unaware(event) == []


def test_somebody_told_of_an_earlier_time_has_to_be_told_again(event):
    noor = make_registration(event, {1: "1a"})
    table = slot(event, "1a")
    drop(event, table)
    dropping.say_told(noor, who="organiser", at=NOW)
    take_place(event, table)
    drop(event, table, at=NOW + timedelta(hours=1))

    assert unaware(event) == [noor]


def test_nobody_is_named_of_whom_names_are_erased_or_who_left(event):
    erased, left = [make_registration(event, {1: "1a"}) for _number in range(2)]
    drop(event, slot(event, "1a"))
    erasure.erase(erased, at=NOW)
    changing.cancel(left, at=NOW)

    assert unaware(event) == []


def test_dropping_it_twice_changes_nothing(event):
    make_registration(event, {1: "1a"})
    drop(event, slot(event, "1a"))
    version = Event.objects.get().version
    dropping.drop(event, [slot(event, "1a").pk], who="other", at=NOW)

    assert (Event.objects.get().version, len(told())) == (version, 1)


def test_table_of_an_event_that_is_over_or_called_off_does_not_drop_out(event):
    table = slot(event, "1a")
    with pytest.raises(EventOver):
        dropping.drop(event, [table.pk], who="o", at=START + timedelta(hours=4))
    calling_off.call_off(event, who="o", at=NOW)
    with pytest.raises(CalledOff):
        dropping.drop(event, [table.pk], who="o", at=NOW)


def test_table_of_another_event_stays(event):
    other = make_event()
    table = make_slot(other, "1a")
    dropping.drop(event, [table.pk], who="o", at=NOW)

    table.refresh_from_db()
    assert not table.dropped


def test_full_event_still_offers_the_waiting_list_with_a_dropped_table(event):
    Event.objects.update(capacity=1)
    make_registration(event)
    drop(event, slot(event, "1a"))
    with pytest.raises(WaitingOffered):
        signup.sign_up(event, make_person(), {}, at=NOW)
