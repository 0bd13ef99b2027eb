"""People from a list: read leniently, seen before it is done, asked by mail to confirm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from program.file import files
from program.file.model import UnreadableFile
from program.models import Event
from registrations.booking import changing, holds, places, signup
from registrations.errors import EventStarted, ImportChanged, NotPublished
from registrations.mail import strangers
from registrations.models import Registration, StoredMail
from registrations.organising import importing
from registrations.organising.importing import Fate, ListRow
from registrations.privacy import erasure
from registrations.reports import figures
from tests.factories import NOW, make_event, make_registration, make_slot
from tests.mailed import words_of

pytestmark = pytest.mark.django_db
HEADINGS = ["Voornaam", "Achternaam", "E-mail", "Organisatie", "Rol"]
EVENTBRITE_EN = (
    "Order #,Order Date,First Name,Surname,Email,Quantity,Ticket Type,Attendee #,"
    "Attendee Status,Company,Cell Phone\n"
    "1234,2026-11-01,Aaltje,Kok,aaltje@haarlem.example,1,Gratis,1,Attending,Buurthuis,0612345678\n"
    "1235,2026-11-01,Bram,Bos,bram@haarlem.example,1,Gratis,2,Not Attending,,\n"
)
EVENTBRITE_NL = (
    "Bestelnr.;Voornaam;Achternaam;E-mailadres;Deelnemersstatus;Bedrijf;Mobiele telefoon\r\n"
    "1234;Aaltje;Kok;aaltje@haarlem.example;Aanwezig;Buurthuis;0612345678\r\n"
)


@pytest.fixture
def event() -> Event:
    event = make_event(capacity=4)
    make_slot(event, "1a")
    return event


def read(event: Event, *people: Sequence[object], headings: Any = HEADINGS) -> list[ListRow]:
    columns = importing.guess(headings)
    return importing.read([headings, *people], 0, columns, event, language="nl")


def of_file(event: Event, content: bytes) -> list[ListRow]:
    rows = files.list_in(content).rows
    top = importing.top_of(rows)
    return importing.read(rows, top, importing.guess(rows[top]), event, language="nl")


def person(number: int) -> list[object]:
    return [f"Aaltje{number}", "Kok", f"a{number}@haarlem.example", "", ""]


def bring_in(event: Event, *people: Sequence[object], at: Any = NOW) -> importing.ImportPlan:
    seen = importing.look(event, read(event, *people), at=at).fingerprint
    return importing.bring_in(event, read(event, *people), seen=seen, who="organisator", at=at)


def fates(event: Event, *people: Sequence[object], at: Any = NOW) -> list[Fate]:
    return [row.fate for row in importing.look(event, read(event, *people), at=at).rows]


# Reading


def test_a_row_says_who_somebody_is(event):
    [row] = read(event, ["Aaltje", "van der Kok", "aaltje@HAARLEM.example", "Buurthuis", "Inwoner"])

    assert (row.faults, row.line) == ([], 2)
    assert row.person == signup.Attendee(
        "Aaltje", "van der Kok", "aaltje@haarlem.example", "Buurthuis", "inwoner"
    )


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (EVENTBRITE_EN.encode(), [("Aaltje", "Kok", "Buurthuis", "0612345678")]),
        (EVENTBRITE_NL.encode("cp1252"), [("Aaltje", "Kok", "Buurthuis", "0612345678")]),
        (EVENTBRITE_NL.encode("utf-8-sig"), [("Aaltje", "Kok", "Buurthuis", "0612345678")]),
        (EVENTBRITE_NL.encode("utf-16"), [("Aaltje", "Kok", "Buurthuis", "0612345678")]),
        (b"sep=;\r\n" + EVENTBRITE_NL.encode(), [("Aaltje", "Kok", "Buurthuis", "0612345678")]),
    ],
)
def test_attendee_lists_of_eventbrite_are_understood(event, content, names):
    found = [row.person for row in of_file(event, content) if row.fate != Fate.NOT_COMING]

    assert [(one.first_name, one.last_name, one.organisation, one.phone) for one in found] == names


def test_who_is_not_attending_is_left_out(event):
    rows = of_file(event, EVENTBRITE_EN.encode())

    assert [row.fate for row in importing.look(event, rows, at=NOW).rows] == [
        Fate.PLACE,
        Fate.NOT_COMING,
    ]


@pytest.mark.parametrize(
    ("headings", "row", "name"),
    [
        (["Naam", "E-mail"], ["Jan van den Berg", "j@x.example"], ("Jan", "van den Berg")),
        (["Naam", "E-mail"], ["Berg, Jan van den", "j@x.example"], ("Jan", "van den Berg")),
        (["Voornaam", "Naam", "E-mail"], ["Jan", "de Wit", "j@x.example"], ("Jan", "de Wit")),
        (
            ["Voornaam", "Tussenvoegsel", "Achternaam", "Naam", "E-mail"],
            ["Jan", "de", "Wit", "Jan de Wit", "j@x.example"],
            ("Jan", "de Wit"),
        ),
    ],
)
def test_a_name_is_taken_from_what_there_is(event, headings, row, name):
    [found] = read(event, row, headings=headings)

    assert (found.person.first_name, found.person.last_name, found.faults) == (*name, [])


def test_what_is_wrong_with_a_row_is_told_by_its_line(event):
    rows = read(
        event,
        ["Aaltje", "Kok", "geen adres", "", ""],
        ["", "", "", "", ""],
        ["Bram", "", "bram@haarlem.example", "", ""],
    )

    assert [(row.line, row.fate, len(row.faults)) for row in rows] == [
        (2, Fate.FAULTY, 1),
        (4, Fate.FAULTY, 1),
    ]


def test_a_role_that_the_event_does_not_have_is_left_out_and_told(event):
    [row] = read(event, ["Aaltje", "Kok", "aaltje@haarlem.example", "", "Koning"])

    assert (row.person.role, row.role_unknown, row.faults) == ("", True, [])


def test_headings_may_stand_below_a_title(event):
    content = b"Deelnemers 2026;;\r\n;;\r\nVoornaam;Achternaam;E-mail\r\nAaltje;Kok;a@x.example\r\n"

    assert [(row.line, row.person.email) for row in of_file(event, content)] == [(4, "a@x.example")]


@pytest.mark.parametrize(
    "title",
    [
        b"Deelnemers 2026\r\n\r\n",
        b"Deelnemers, dinsdag 24 november, 19.30 uur, Haarlem\r\n\r\n",
    ],
)
@pytest.mark.parametrize("mark", [b";", b",", b"\t"])
def test_a_title_need_not_have_the_separator(event, title, mark):
    rows = [[b"Naam", b"E-mail"], [b'"Berg, Jan van den"', b"j@x.example"]]
    content = title + b"\r\n".join(mark.join(row) for row in rows)

    [row] = of_file(event, content)
    assert (row.line, row.person.email, row.faults) == (4, "j@x.example", [])
    assert row.name == "Jan van den Berg"


@pytest.mark.parametrize("content", [b"", b"   ", b"PK\x03\x04 nothing", b"\xff\xfe\x00"])
def test_what_is_no_list_is_refused(content):
    with pytest.raises(UnreadableFile):
        files.list_in(content)


# What happens to each of them


def test_each_is_told_apart(event):
    make_registration(event, email="komt@haarlem.example")
    make_registration(event, email="GEVRAAGD@haarlem.example", confirmed=False)
    left = make_registration(event, email="weg@haarlem.example")
    changing.cancel(left, at=NOW)

    assert fates(
        event,
        ["Aaltje", "Kok", "nieuw@haarlem.example"],
        ["Aaltje", "Kok", "NIEUW@haarlem.example"],
        ["Aaltje", "Kok", "Komt@haarlem.example"],
        ["Aaltje", "Kok", "gevraagd@haarlem.example"],
        ["Aaltje", "Kok", "weg@haarlem.example"],
        ["Aaltje", "Kok", "mis"],
    ) == [Fate.PLACE, Fate.DOUBLE, Fate.SIGNED_UP, Fate.ASKED, Fate.LEFT, Fate.FAULTY]


def test_nothing_is_told_of_other_events(event):
    make_registration(make_event(), email="a1@haarlem.example")

    assert fates(event, person(1)) == [Fate.PLACE]


def test_beyond_the_places_people_are_asked_for_the_waiting_list(event):
    assert fates(event, *map(person, range(6))) == [Fate.PLACE] * 4 + [Fate.LINE] * 2
    late = event.waiting_closes
    assert fates(event, *map(person, range(5)), at=late) == [Fate.PLACE] * 4 + [Fate.TOO_LATE]


def test_those_who_wait_already_come_first(event):
    for _each in range(4):
        make_registration(event)
    make_registration(event, waiting_too=True)
    Event.objects.filter(pk=event.pk).update(capacity=4)

    assert fates(event, person(1)) == [Fate.LINE]


# Bringing in


def test_each_holds_a_place_for_three_days_and_counts_for_nothing(event):
    bring_in(event, person(1), person(2))

    event.refresh_from_db()
    assert event.taken == 2
    found = event.registrations.values_list("status", "origin", "holds_place", "hold_expires_at")
    assert set(found) == {("pending", "file", True, NOW + timedelta(days=3))}
    assert figures.people(event).confirmed == 0
    assert places.differences() == []


def test_no_hold_outlives_the_start(event):
    bring_in(event, person(1), at=event.starts_at - timedelta(days=1))

    assert event.registrations.get().hold_expires_at == event.starts_at


def test_each_gets_one_mail_that_says_who_put_them_on_the_list(event):
    bring_in(event, person(1))
    strangers.answer(NOW)

    [mail] = StoredMail.objects.all()
    text = " ".join(words_of(mail).text.split())
    assert (mail.kind, mail.to) == ("confirm", "a1@haarlem.example")
    assert f"{event.organiser} heeft je op de lijst gezet" in text
    assert "Je hebt je aangemeld" not in text


def test_who_confirms_comes(event):
    bring_in(event, person(1))

    confirmed = signup.confirm(event.registrations.get(), at=NOW + timedelta(days=2))

    assert (confirmed.status, confirmed.holds_place) == ("confirmed", True)


def test_who_does_not_confirm_gives_the_place_back(event):
    bring_in(event, person(1))

    holds.free_expired(NOW + timedelta(days=3))

    event.refresh_from_db()
    assert (event.taken, event.registrations.get().status) == (0, "expired")
    assert fates(event, person(1), at=NOW + timedelta(days=3)) == [Fate.PLACE], "ask once more"


def test_those_for_the_waiting_list_join_it_once_they_confirm(event):
    bring_in(event, *map(person, range(5)))
    last = event.registrations.latest("pk")
    assert (last.status, last.holds_place) == ("pending", False)

    assert signup.confirm(last, at=NOW).is_waiting


def test_the_worker_asks_frees_and_erases_those_who_never_answer(event):
    """The jobs of the worker, one after the other, at the moments that count."""
    visitor = make_registration(event)
    bring_in(event, *map(person, range(4)))
    first, second, third, line = event.registrations.filter(origin="file").order_by("pk")
    strangers.answer(NOW)
    assert StoredMail.objects.filter(kind="confirm", asked=False).count() == 4
    signup.confirm(first, at=NOW)

    ran_out = NOW + importing.HOLD
    assert holds.free_expired(ran_out - timedelta(seconds=1)) == 0
    assert holds.free_expired(ran_out) == 3
    event.refresh_from_db()
    assert event.taken == 2
    signup.confirm(second, at=ran_out)

    week = ran_out + timedelta(days=7)
    assert erasure.erase_unanswered(week - timedelta(seconds=1)) == 0
    bring_in(event, person(2), at=week)
    assert erasure.erase_unanswered(week) == 1, "one of them was asked again"
    names = event.registrations.order_by("pk").values_list("pk", "first_name", "erased_at")
    assert [(key, bool(name), bool(erased)) for key, name, erased in names][:5] == [
        (visitor.pk, True, False),
        (first.pk, True, False),
        (second.pk, True, False),
        (third.pk, True, False),
        (line.pk, False, True),
    ]
    assert not StoredMail.objects.filter(registration=line).exists()
    assert event.changes.filter(what="erased").get().new == {"people": 1}
    assert erasure.erase_unanswered(week) == 0
    assert places.differences() == []


def test_nobody_else_is_erased_with_those_who_never_answer(event):
    """Not visitors whose hold ran out, and not those who said yes and then no."""
    visitor = make_registration(event, confirmed=False)
    bring_in(event, *map(person, range(2)))
    said_no, silent = event.registrations.filter(origin="file").order_by("pk")
    changing.cancel(signup.confirm(said_no, at=NOW), at=NOW)
    # That the silent one comes to another event is about that event.
    make_registration(make_event(), email=silent.email)
    holds.free_expired(NOW + importing.HOLD)

    assert erasure.erase_unanswered(NOW + importing.HOLD + timedelta(days=7)) == 1

    left = set(event.registrations.filter(erased_at=None))
    assert left == {visitor, said_no}


def test_those_who_never_answer_are_not_erased_within_a_week_of_a_slip(event):
    bring_in(event, person(1))
    ran_out = NOW + importing.HOLD
    holds.free_expired(ran_out)
    Event.objects.update(dates_changed_at=ran_out + timedelta(days=1))

    assert erasure.erase_unanswered(ran_out + timedelta(days=8) - timedelta(seconds=1)) == 0
    assert erasure.erase_unanswered(ran_out + timedelta(days=8)) == 1


def test_these_holds_leave_visitors_their_time(event):
    """The quarter of rule 4 is against a flood by strangers."""
    bring_in(event, person(1), person(2))

    visitor = make_registration(event, confirmed=False)

    assert visitor.hold_expires_at == NOW + timedelta(minutes=event.hold_minutes)
    assert holds.held(event) == 1
    assert not StoredMail.objects.filter(kind="holds").exists()


def test_history_counts_and_names_nobody(event):
    bring_in(event, *map(person, range(5)))

    line = event.changes.get(what="imported", registration=None)
    assert line.new == {"people": 5, "waiting": 1}
    assert event.changes.filter(what="imported").exclude(registration=None).count() == 5
    assert "haarlem" not in str(list(event.changes.values()))


def test_what_was_seen_must_still_be_so(event):
    seen = importing.look(event, read(event, person(1)), at=NOW).fingerprint
    make_registration(event, email="a1@haarlem.example")

    with pytest.raises(ImportChanged):
        importing.bring_in(event, read(event, person(1)), seen=seen, who="organisator", at=NOW)
    assert event.registrations.count() == 1


def test_pressing_the_button_twice_asks_once(event):
    rows = read(event, person(1))
    seen = importing.look(event, rows, at=NOW).fingerprint
    bring_in(event, person(1))

    with pytest.raises(ImportChanged):
        importing.bring_in(event, read(event, person(1)), seen=seen, who="organisator", at=NOW)
    assert event.registrations.count() == 1


def test_a_draft_and_what_has_started_bring_in_nobody(event):
    with pytest.raises(EventStarted):
        bring_in(event, person(1), at=event.starts_at)
    Event.objects.update(published=False)
    with pytest.raises(NotPublished):
        bring_in(event, person(1))


def test_many_cost_as_much_as_one(event):
    Event.objects.filter(pk=event.pk).update(capacity=100)

    def cost(numbers: range) -> int:
        with CaptureQueriesContext(connection) as queries:
            bring_in(event, *map(person, numbers))
        return len(queries)

    assert cost(range(1)) == cost(range(10, 30))
    assert Registration.objects.count() == 21


def test_a_list_of_two_thousand_rows_is_brought_in(event):
    Event.objects.filter(pk=event.pk).update(capacity=3_000)
    lines = "\r\n".join(f"Aaltje{n};Kok;a{n}@haarlem.example" for n in range(1_999))
    content = f"Voornaam;Achternaam;E-mail\r\n{lines}\r\n".encode()
    seen = importing.look(event, of_file(event, content), at=NOW).fingerprint

    importing.bring_in(event, of_file(event, content), seen=seen, who="organisator", at=NOW)

    event.refresh_from_db()
    assert event.taken == 1_999
    assert places.differences() == []
