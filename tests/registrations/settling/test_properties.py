"""Random events and random sequences of events, against the rules (waiting_event.py)."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from registrations.settling.cycles import QueueEntry
from registrations.settling.settle import SlotState, Snapshot, Waiting, settle
from tests.examples import examples
from tests.registrations.settling.waiting_event import START, TinyEvent, most_moves, settle_front
from tests.registrations.settling.waiting_model import Model

# Round 1 has sessions 1 to 4, round 2 has 1, 2 and 5: two sessions run in both.
PLACES = [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (2, 5)]
PEOPLE = 8
FAST = settings(suppress_health_check=list(HealthCheck))


def tables(free: list[int]) -> list[SlotState]:
    return [SlotState(key, *place, free[key]) for key, place in enumerate(PLACES)]


table = st.integers(0, len(PLACES) - 1)
person = st.integers(0, PEOPLE - 1)
chosen = st.lists(table, max_size=4)
free = st.lists(st.integers(-1, 2), min_size=len(PLACES), max_size=len(PLACES))


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    """Events that nobody has settled yet, with entries that ask for nothing any more among them."""
    here = tables(draw(free))
    seats: dict[int, set[int]] = {}
    for owner, keys in enumerate(draw(st.lists(chosen, max_size=PEOPLE))):
        event = TinyEvent(here, people=0, capacity=0)
        seats[owner] = set(event.one_a_round(keys))
    entries = [
        QueueEntry(key, owner, wanted, START + timedelta(minutes=minute), position, ranked)
        for key, (owner, wanted, minute, position, ranked) in enumerate(
            draw(
                st.lists(
                    st.tuples(
                        *(person, table, st.integers(0, 6), st.integers(0, 2), st.booleans())
                    ),
                    max_size=12,
                )
            )
        )
    ]
    waiting = [
        Waiting(
            *(PEOPLE + number, START + timedelta(minutes=minute), tuple(asked), tuple(wanted)),
            lot=9 - number if drawn else None,
        )
        for number, (minute, asked, wanted, drawn) in enumerate(
            draw(st.lists(st.tuples(st.integers(0, 3), chosen, chosen, st.booleans()), max_size=4))
        )
    ]
    at = START + timedelta(minutes=6)
    return Snapshot(at, here, seats, entries, draw(st.integers(-1, 4)), waiting)


@settings(FAST, max_examples=examples(600))
@given(snapshots())
def test_settling_any_event_gives_the_moves_of_the_model_and_ends(snapshot):
    model = Model(snapshot)

    moves = settle(snapshot)

    assert moves == model.settle()
    assert len(moves) <= most_moves(snapshot)
    assert settle(model.snapshot()) == []


@settings(FAST, max_examples=examples(600))
@given(snapshots(), st.integers(1, 3))
def test_the_front_of_the_queues_gives_the_moves_of_the_whole_event(snapshot, front):
    assert settle_front(snapshot, front) == settle(snapshot)


@st.composite
def long_queues(draw: st.DrawFn) -> Snapshot:
    """Nobody waits in a cycle: those with seats want tables of a lower number than their own."""
    here = [SlotState(key, 1 + key // 5, key, draw(st.integers(-1, 1))) for key in range(10)]
    seats = {owner: {owner % 5, 5 + owner % 3} for owner in range(20) if owner % 7}
    wanted = draw(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 9)), min_size=20))
    entries = [
        QueueEntry(key, owner, to, START + timedelta(minutes=key % 7), key % 3, key % 4 > 0)
        for key, (owner, to) in enumerate(dict.fromkeys(wanted))
        if all(to < seat for seat in seats.get(owner, ()) if seat // 5 == to // 5)
    ]
    waiting = [
        Waiting(20 + number, START, (number,), (number + 4, number + 5))
        for number in range(draw(st.integers(0, 3)))
    ]
    at = START + timedelta(minutes=6)
    return Snapshot(at, here, seats, entries, draw(st.integers(0, 2)), waiting)


@settings(FAST, max_examples=examples(600))
@given(long_queues(), st.integers(1, 3))
def test_the_front_of_long_queues_gives_the_same_moves(snapshot, front):
    assert not any(Model(snapshot).cycles())
    assert settle_front(snapshot, front) == settle(snapshot)


@settings(FAST, max_examples=examples(500))
@given(
    st.permutations(range(PEOPLE)),
    st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, 4)), max_size=16),
)
def test_cycles_are_those_of_the_model(order, wanted):
    """One round of five full tables, where most entries lie on some cycle."""
    snapshot = Snapshot(
        at=START,
        tables=[SlotState(key, 1, key, 0) for key in range(5)],
        seats={owner: {owner % 5} for owner in range(PEOPLE)},
        entries=[
            QueueEntry(key, order[owner], to, START, key) for key, (owner, to) in enumerate(wanted)
        ],
        places_free=0,
        waiting=(),
    )

    assert settle(snapshot) == Model(snapshot).settle()


def play(script: bytes) -> None:
    """Read four bytes a step: what happens, to whom, and twice which table.

    Most things that happen make the house fuller and the queues longer: cycles need both.
    """
    sizes, steps = script[: len(PLACES) + 1], script[len(PLACES) + 1 :]
    capacity, *seats = [max(1, byte % 4 - 1) for byte in sizes]
    event = TinyEvent(tables(seats), people=PEOPLE, capacity=capacity + 5)
    for step in range(0, len(steps) - 3, 4):
        what, who, first, second = steps[step : step + 4]
        one, pair = who % PEOPLE, (first % len(PLACES), second % len(PLACES))
        match what % 24:
            case 0 | 1:
                event.sign_up(one, pair, [(pair[1] + 2) % len(PLACES)])
            case 2 | 3 | 4 | 5 | 6 | 7:
                event.sign_up(one, pair, pair[: first // 100])
                event.confirm(one)
            case 8:
                event.confirm(one)
            case 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16:
                event.entry(one, pair[0])
            case 17:
                event.change(one, pair)
            case 18:
                event.cancel(one)
            case 19:
                event.expire(one) or event.unwish(one, first)
            case 20:
                event.set_capacity(first % PEOPLE)
            case 21:
                event.set_seats(pair[0], second % 4)
            case _:
                event.later()


@settings(FAST, max_examples=examples(2000))
@given(st.binary(min_size=80, max_size=320))
def test_random_sequences_keep_every_promise(script):
    play(script)


class WaitingMachine(RuleBasedStateMachine):
    """The same, step by step, so that a failure reads as a story."""

    @initialize(
        seats=st.lists(st.integers(0, 2), min_size=len(PLACES), max_size=len(PLACES)),
        capacity=st.integers(0, PEOPLE),
    )
    def open(self, seats: list[int], capacity: int) -> None:
        self.event = TinyEvent(tables(seats), people=PEOPLE, capacity=capacity)

    @rule(who=person, asked=chosen, entries=chosen)
    def sign_up(self, who: int, asked: list[int], entries: list[int]) -> None:
        self.event.sign_up(who, asked, entries)

    @rule(who=person, asked=chosen, entries=chosen)
    def sign_up_and_confirm(self, who: int, asked: list[int], entries: list[int]) -> None:
        self.event.sign_up(who, asked, entries)
        self.event.confirm(who)

    @rule(who=person)
    def confirm(self, who: int) -> None:
        self.event.confirm(who)

    @rule(who=person)
    def expire(self, who: int) -> None:
        self.event.expire(who)

    @rule(who=person)
    def cancel(self, who: int) -> None:
        self.event.cancel(who)

    @rule(who=person, wanted=table)
    def entry(self, who: int, wanted: int) -> None:
        self.event.entry(who, wanted)

    @rule(who=person, number=st.integers(0, 9))
    def unwish(self, who: int, number: int) -> None:
        self.event.unwish(who, number)

    @rule(who=person, seats=chosen)
    def change(self, who: int, seats: list[int]) -> None:
        self.event.change(who, seats)

    @rule(capacity=st.integers(0, PEOPLE))
    def set_capacity(self, capacity: int) -> None:
        self.event.set_capacity(capacity)

    @rule(where=table, seats=st.integers(0, 3))
    def set_seats(self, where: int, seats: int) -> None:
        self.event.set_seats(where, seats)

    @rule()
    def later(self) -> None:
        self.event.later()


TestWaitingMachine = WaitingMachine.TestCase
TestWaitingMachine.settings = settings(FAST, max_examples=examples(100), stateful_step_count=30)
