"""Several people to one table: all of them or nobody, seen before it is done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from program.models import Event, Slot
from registrations.booking import changing, places
from registrations.errors import CalledOff, ManyNotMoved, MovedMeanwhile
from registrations.models import Change, Registration, StoredMail
from registrations.organising import calling_off, moving
from registrations.queries.tables import codes
from tests.factories import NOW, make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db
BY: dict[str, Any] = {"who": "organisator", "at": NOW}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    event = make_event()
    for code, seats in (("1a", 4), ("1b", 4), ("1c", 2)):
        make_slot(event, code, seats=seats)
    make_slot(event, "2a", 2)
    return event


def table(event: Event, code: str, number: int = 1) -> Slot:
    return event.slots.get(session__code=code, round__number=number)


def move(event: Event, *people: Registration, to: str, number: int = 1, **more: Any) -> int:
    chosen = Registration.objects.filter(pk__in=[one.pk for one in people])
    key = table(event, to, number).pk
    seen = more.pop("seen", None) or moving.plan(event, chosen, key).fingerprint
    return moving.move_many(event, chosen, key, seen=seen, **more, **BY)


def test_all_sit_at_the_table_and_leave_their_own(event):
    noor = make_registration(event, {1: "1a", 2: "2a"})
    jan = make_registration(event, {1: "1b"})
    els = make_registration(event)

    assert move(event, noor, jan, els, to="1a") == 2, "Noor sits there already"

    assert [codes(one) for one in (noor, jan, els)] == [
        {"1": "1a", "2": "2a"},
        {"1": "1a"},
        {"1": "1a"},
    ]
    assert places.differences() == []


def test_each_who_moves_gets_one_mail_and_one_line_of_history(event):
    noor, jan = (make_registration(event, {1: "1a"}) for _each in range(2))
    StoredMail.objects.all().delete()

    move(event, noor, jan, to="1b", why="Te klein.")

    assert sorted(StoredMail.objects.values_list("registration", "kind")) == [
        (noor.pk, "tables"),
        (jan.pk, "tables"),
    ]
    lines = Change.objects.filter(what="tables").values_list("registration", "old", "new", "why")
    assert list(lines) == [
        (noor.pk, {"1": "1a"}, {"1": "1b"}, "Te klein."),
        (jan.pk, {"1": "1a"}, {"1": "1b"}, "Te klein."),
    ]
    assert noor.version < Registration.objects.get(pk=noor.pk).version


def test_nobody_is_mailed_if_the_organiser_does_not_want_it(event):
    noor = make_registration(event, {1: "1a"})
    StoredMail.objects.all().delete()

    move(event, noor, to="1b", mail=False)

    assert not StoredMail.objects.exists()


def test_with_too_few_seats_nobody_moves_and_the_number_is_told(event):
    make_registration(event, {1: "1c"})
    people = [make_registration(event, {1: "1a"}) for _each in range(2)]

    with pytest.raises(ManyNotMoved) as refused:
        move(event, *people, to="1c")

    assert "Table 1c in round 1 has 1 free seat. You need 2." in str(refused.value)
    assert [codes(one) for one in people] == [{"1": "1a"}] * 2


def test_nobody_sits_at_one_session_twice(event):
    make_slot(event, "1a", 2)
    noor = make_registration(event, {2: "1a"}, first_name="Noor", last_name="Bos")

    with pytest.raises(ManyNotMoved, match="Noor Bos is at session 1a in another round already"):
        move(event, noor, to="1a")


def test_a_table_that_dropped_out_takes_nobody(event):
    noor = make_registration(event, {1: "1a"})
    event.slots.filter(pk=table(event, "1c").pk).update(dropped_at=NOW)

    with pytest.raises(ManyNotMoved, match="has dropped out"):
        move(event, noor, to="1c")


def test_those_without_a_place_stay_where_they_are(event):
    noor, left = make_registration(event, {1: "1a"}), make_registration(event, {1: "1a"})
    changing.cancel(left, at=NOW)
    chosen = event.registrations.all()

    planned = moving.plan(event, chosen, table(event, "1b").pk)

    assert ([one.person for one in planned.moves], planned.absent) == ([noor], [left])


def test_reserved_seats_are_not_given(event):
    event.slots.filter(pk=table(event, "1c").pk).update(reserved=2)
    noor = make_registration(event, {1: "1a"})

    with pytest.raises(ManyNotMoved, match="has 0 free seats"):
        move(event, noor, to="1c")


def test_those_who_wait_for_the_table_come_first(event):
    fill = [make_registration(event, {1: "1c"}) for _each in range(2)]
    waits = make_registration(event, {1: "1a"}, waitlists={1: ["1c"]})
    noor = make_registration(event, {1: "1b"})
    changing.cancel(fill[0], at=NOW)

    with pytest.raises(ManyNotMoved, match="has 0 free seats"):
        move(event, noor, to="1c")
    assert codes(waits) == {"1": "1c"}


def test_seats_that_come_free_go_to_those_who_wait(event):
    full = [make_registration(event, {1: "1c"}) for _each in range(2)]
    waits = make_registration(event, {1: "1a"}, waitlists={1: ["1c"]})

    move(event, full[0], to="1b")

    assert codes(waits) == {"1": "1c"}
    assert places.differences() == []


def test_what_one_waits_for_of_that_session_is_over(event):
    [make_registration(event, {1: "1c"}) for _each in range(2)]
    make_slot(event, "1c", 2)
    waits = make_registration(event, waitlists={1: ["1c"]})

    move(event, waits, to="1c", number=2)

    assert not waits.waitlist_entries.exists()


def test_what_was_seen_must_still_be_so(event):
    noor = make_registration(event, {1: "1a"})
    chosen = event.registrations.all()
    seen = moving.plan(event, chosen, table(event, "1c").pk).fingerprint
    changing.change_tables(noor, {1: "1b"}, at=NOW)

    with pytest.raises(MovedMeanwhile):
        move(event, noor, to="1c", seen=seen)


def test_nobody_moves_at_what_is_called_off(event):
    noor = make_registration(event, {1: "1a"})
    calling_off.call_off(event, why="Storm.", who="organisator", at=NOW)

    with pytest.raises(CalledOff):
        move(event, noor, to="1b")


def test_many_cost_as_much_as_one(event):
    event.slots.update(seats=50)

    def cost(people: int) -> int:
        chosen = [make_registration(event, {1: "1a"}) for _each in range(people)]
        with CaptureQueriesContext(connection) as queries:
            move(event, *chosen, to="1b")
        return len(queries)

    assert cost(1) == cost(9)


def test_a_seat_whose_hold_ran_out_is_free(event):
    make_registration(event, {1: "1c"}, confirmed=False)
    people = [make_registration(event, {1: "1a"}) for _each in range(2)]
    chosen = Registration.objects.filter(pk__in=[one.pk for one in people])
    key, later = table(event, "1c").pk, NOW + timedelta(hours=2)
    seen = moving.plan(event, chosen, key).fingerprint

    assert moving.move_many(event, chosen, key, seen=seen, who="organisator", at=later) == 2
