"""What settling reads of an event: the front of each queue gives the moves of all of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Count
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from program.models import Event, Slot
from program.public.programme import slots_of
from registrations.booking import queues
from registrations.models import Registration, Seat, WaitlistEntry
from registrations.settling.settle import Lapsed, Move, Promoted, Served, Swapped
from tests.examples import examples
from tests.factories import NOW, make_event, make_slot
from tests.registrations.booking.test_waiting_random import Undo

pytestmark = pytest.mark.django_db

PEOPLE, ON_WAITLIST = 12, 3
# Two sessions run in both rounds.
TABLES = [("1a", 1), ("2a", 1), ("3a", 1), ("6", 1), ("1a", 2), ("2b", 2), ("6", 2)]
table = st.integers(0, len(TABLES) - 1)


@pytest.fixture
def event(db) -> Event:
    """People with a place, who sit nowhere yet, and others who wait for one."""
    event = make_event(capacity=PEOPLE + 2)
    for code, number in TABLES:
        make_slot(event, code, number, seats=PEOPLE)
    Registration.objects.bulk_create(
        Registration(
            event=event,
            status="confirmed" if number < PEOPLE else "waiting",
            holds_place=number < PEOPLE,
            first_name="Noor",
            last_name=f"van Dam {number}",
            email=f"p{number}@example.org",
            secret=f"{number}",
            created_at=NOW,
            confirmed_at=NOW + timedelta(seconds=number % 2),
        )
        for number in range(PEOPLE + ON_WAITLIST)
    )
    Event.objects.filter(pk=event.pk).update(taken=PEOPLE)
    event.refresh_from_db()
    return event


def fill(event: Event, sits: list[int], waits: list[tuple[int, int, int]], free: list[int]) -> None:
    """``sits``: a table of each round in turn for each person; ``free``: seats left by table."""
    slots, people = list(event.slots.order_by("pk")), list(event.registrations.order_by("pk"))
    seats: list[Seat] = []
    for number, choice in enumerate(sits):
        person, slot = people[number // 2], slots[(0, 4)[number % 2] + choice]
        if not any(
            one.registration == person and one.session_id == slot.session_id for one in seats
        ):
            seats.append(Seat.at(slot, person, how="chosen", got_at=NOW))
    Seat.objects.bulk_create(seats)
    WaitlistEntry.objects.bulk_create(
        (
            WaitlistEntry.at(
                slots[wanted],
                people[number].pk,
                since=NOW + timedelta(minutes=minute) if number < PEOPLE else None,
                position=number % 3,
            )
            for number, wanted, minute in waits
        ),
        ignore_conflicts=True,
    )
    counted = event.slots.annotate(sit=Count("table_seats")).order_by("pk")
    for slot, more in zip(counted, free, strict=True):
        Slot.objects.filter(pk=slot.pk).update(taken=slot.sit, seats=slot.sit + more)


def moves(event: Event, front: int) -> list[Move]:
    return queues.moves_of(event, slots_of(event), at=NOW + timedelta(minutes=4), front=front)


@settings(
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.integers(0, 2), max_size=2 * PEOPLE),
    st.lists(
        st.tuples(st.integers(0, PEOPLE + ON_WAITLIST - 1), table, st.integers(0, 4)),
        min_size=8,
        max_size=40,
    ),
    st.lists(st.integers(0, 1), min_size=len(TABLES), max_size=len(TABLES)),
)
def test_the_front_of_each_queue_gives_the_moves_of_the_whole_event(event, sits, waits, free):
    try:
        with transaction.atomic():
            fill(event, sits, waits, free)
            assert moves(event, 1) == moves(event, 2) == moves(event, 1_000)
            raise Undo
    except Undo:
        pass


FULL = [0] * len(TABLES)


def test_a_circle_behind_the_front_is_found(event: Event):
    """Three wait for table 1a without a seat; a fourth could swap with somebody who sits there."""
    fill(event, [1, 1, 0, 1], [(3, 0, 0), (4, 0, 0), (5, 0, 0), (0, 0, 4), (1, 1, 4)], FULL)

    found = moves(event, 1)

    assert isinstance(found[0], Swapped)
    assert found == moves(event, 1_000)


@pytest.mark.parametrize(
    ("sits", "wanted"),
    [
        pytest.param([1, 0], 0, id="1a in round 2, and at another table in round 1"),
        pytest.param([3], 6, id="6 in round 1 alone"),
    ],
)
def test_an_entry_that_asks_for_nothing_ends_behind_the_front_too(
    event: Event, sits: list[int], wanted: int
):
    """They sit at a session in one round and wait for it in the other."""
    fill(event, sits, [(3, wanted, 0), (4, wanted, 0), (5, wanted, 0), (0, wanted, 4)], FULL)

    found = moves(event, 1)

    assert isinstance(found[0], Lapsed)
    assert found == moves(event, 1_000)


def test_if_the_front_is_not_enough_all_is_read(event: Event):
    fill(event, [], [(number, 0, number) for number in range(5)], [4, *FULL[1:]])

    found = moves(event, 1)

    assert [type(move) for move in found] == [*[Served] * 4, *[Promoted] * 2]
    assert found == moves(event, 1_000)


@pytest.mark.parametrize(("minute", "positions"), [(4, [3, 4]), (3, [0, 1])])
def test_places_go_to_those_who_confirmed_first(event: Event, minute: int, positions: list[int]):
    """Of three, who confirmed in one second or the next; new entries stand behind all others, and
    are numbered on from those of the same moment."""
    waiters = list(event.registrations.waiting())
    waits = [(number, 0, minute) for number in range(PEOPLE)]
    fill(event, [], [*waits, *((PEOPLE + number, 0, 0) for number in range(ON_WAITLIST))], FULL)

    found = moves(event, 1)
    promoted = [move for move in found if isinstance(move, Promoted)]

    assert [move.person for move in promoted] == [one.pk for one in waiters[:2]]
    assert [entry.position for move in promoted for entry in move.entries] == positions
    assert found == moves(event, 1_000)


def test_of_long_queues_little_is_read(event: Event, django_assert_num_queries):
    """One query for the front, and one that finds no cycle."""
    fill(event, [], [(number, 0, 0) for number in range(1, PEOPLE)], [1, *FULL[1:]])
    slots, people = slots_of(event), list(event.registrations.order_by("pk"))

    with django_assert_num_queries(2):
        (move,) = queues.moves_of(event, slots, people_wait=False, at=NOW, front=1)

    assert isinstance(move, Served)
    assert move.entry.person == people[3].pk


def test_those_who_would_go_elsewhere_in_the_round_need_no_more_reading(
    event: Event, django_assert_num_queries
):
    """One behind the front sits at another table: no cycle, and nothing that ends for nothing."""
    fill(event, [1], [(number, 0, number % 5) for number in range(PEOPLE)], [1, *FULL[1:]])
    slots = slots_of(event)

    with django_assert_num_queries(2):
        (move,) = queues.moves_of(event, slots, people_wait=False, at=NOW, front=1)

    assert isinstance(move, Served)
