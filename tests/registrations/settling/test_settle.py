"""Rules 7 and 8, sentence by sentence, on small events that fit in the head."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from registrations.settling.cycles import QueueEntry, age
from registrations.settling.settle import (
    CutShort,
    Lapsed,
    Promoted,
    Served,
    SlotState,
    Snapshot,
    Swapped,
    Waiting,
    settle,
)

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
NOW = NOON + timedelta(hours=1)

# Round 1 has tables A to D, round 2 has A again, E and F.
A, B, C, D, A2, E, F = range(1, 8)
ANN, BOB, CAS, DEE, EVA = range(11, 16)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def entry(
    key: int, person: int, table: int, minute: int | None = None, position: int = 0
) -> QueueEntry:
    """An entry made at that minute; by default the key is the minute."""
    return QueueEntry(key, person, table, at(key if minute is None else minute), position)


def hall(
    *entries: QueueEntry,
    seats: Mapping[int, Iterable[int]] | None = None,
    free: Mapping[int, int] | None = None,
    places_free: int = 0,
    waiting: Iterable[Waiting] = (),
) -> Snapshot:
    """Every table is full unless ``free`` says otherwise."""
    rounds_and_sessions = {A: (1, 1), B: (1, 2), C: (1, 3), D: (1, 4)}
    rounds_and_sessions |= {A2: (2, 1), E: (2, 5), F: (2, 6)}
    return Snapshot(
        at=NOW,
        tables=[
            SlotState(key, round_, session, (free or {}).get(key, 0))
            for key, (round_, session) in rounds_and_sessions.items()
        ],
        seats={person: set(tables) for person, tables in (seats or {}).items()},
        entries=entries,
        places_free=places_free,
        waiting=waiting,
    )


# A free seat (rule 7a).


def test_nothing_to_do_gives_no_moves():
    assert settle(hall(free={A: 3}, places_free=3)) == []
    assert settle(hall(entry(1, ANN, A), entry(2, BOB, B), seats={ANN: {B}})) == []


def test_free_seat_goes_to_the_oldest_entry_for_it():
    older, younger = entry(1, BOB, A), entry(2, ANN, A)

    assert settle(hall(younger, older, free={A: 1})) == [Served(older, None, ())]


def test_free_seats_go_to_as_many_as_fit():
    first, second, third = entry(1, ANN, A), entry(2, BOB, A), entry(3, CAS, A)

    moves = settle(hall(third, second, first, free={A: 2}))

    assert moves == [Served(first, None, ()), Served(second, None, ())]


def test_oldest_entry_anywhere_goes_first():
    younger, older = entry(2, ANN, A), entry(1, BOB, E)

    moves = settle(hall(younger, older, free={A: 1, E: 1}))

    assert moves == [Served(older, None, ()), Served(younger, None, ())]


def test_entries_of_one_moment_go_by_the_order_in_the_form_then_by_key():
    third = entry(1, ANN, A, minute=5, position=1)
    second = entry(3, BOB, A, minute=5, position=0)
    first = entry(2, CAS, A, minute=5, position=0)

    moves = settle(hall(third, second, first, free={A: 2}))

    assert moves == [Served(first, None, ()), Served(second, None, ())]


def test_seat_left_behind_serves_the_next_in_a_chain():
    to_b, to_c, to_d = entry(1, ANN, B), entry(2, BOB, C), entry(3, CAS, D)

    moves = settle(
        hall(to_b, to_c, to_d, seats={ANN: {A}, BOB: {B}, CAS: {C}}, free={D: 1}),
    )

    assert moves == [Served(to_d, C, ()), Served(to_c, B, ()), Served(to_b, A, ())]


def test_seat_left_behind_is_one_seat():
    moving, first, second = entry(1, ANN, B), entry(2, BOB, A), entry(3, CAS, A)

    moves = settle(hall(moving, first, second, seats={ANN: {A}}, free={B: 1}))

    assert moves == [Served(moving, A, ()), Served(first, None, ())]


def test_somebody_without_a_seat_in_the_round_leaves_none():
    first, second = entry(1, ANN, A), entry(2, BOB, E)

    moves = settle(hall(first, second, seats={ANN: {E}}, free={A: 1}))

    assert moves == [Served(first, None, ())]


def test_seat_by_a_entry_ends_the_other_entries_in_that_round_only():
    got, same_round, other_round = entry(1, ANN, A), entry(2, ANN, B), entry(3, ANN, E)

    moves = settle(hall(got, same_round, other_round, free={A: 1}))
    later = settle(hall(other_round, seats={ANN: {A}}, free={E: 1}))

    assert moves == [Served(got, None, (same_round.key,))]
    assert later == [Served(other_round, None, ())]


def test_younger_entry_that_can_be_served_ends_an_older_one_that_cannot():
    older, younger = entry(1, ANN, A), entry(2, ANN, B)

    moves = settle(hall(older, younger, free={B: 1}))

    assert moves == [Served(younger, None, (older.key,))]


def test_entries_that_ended_get_nothing_later():
    """Ann's entry for B ends as she gets A, so the seat that comes free at B is Cas's."""
    got, ended = entry(1, ANN, A), entry(2, ANN, B)
    away, of_cas = entry(3, BOB, C), entry(4, CAS, B)

    moves = settle(hall(got, ended, away, of_cas, seats={BOB: {B}}, free={A: 1, C: 1}))

    assert moves == [
        Served(got, None, (ended.key,)),
        Served(away, B, ()),
        Served(of_cas, None, ()),
    ]


def test_seat_by_a_entry_ends_the_entries_for_that_session_in_other_rounds():
    got, same_session, other = entry(1, ANN, A), entry(2, ANN, A2), entry(3, ANN, E)

    moves = settle(hall(got, same_session, other, free={A: 1, A2: 1}))

    assert moves == [Served(got, None, (same_session.key,))]


def test_entries_in_two_rounds_are_served_both():
    first, second = entry(1, ANN, B), entry(2, ANN, E)

    moves = settle(hall(first, second, seats={ANN: {A, F}}, free={B: 1, E: 1}))

    assert moves == [Served(first, A, ()), Served(second, F, ())]


def test_entry_twice_for_one_table_takes_one_seat():
    first, again = entry(1, ANN, A), entry(2, ANN, A)

    assert settle(hall(first, again, free={A: 2})) == [Served(first, None, (again.key,))]


def test_table_with_fewer_than_no_seats_free_serves_nobody():
    leaving, waiting = entry(1, ANN, B), entry(2, BOB, A)

    moves = settle(hall(leaving, waiting, seats={ANN: {A}}, free={A: -1, B: 1}))

    assert moves == [Served(leaving, A, ())]


def test_free_seat_goes_before_a_cycle():
    """Ann and Bob could swap by older entries than Cas's, who wants the seat that is free."""
    to_b, to_a, of_cas = entry(1, ANN, B), entry(2, BOB, A), entry(3, CAS, C)
    in_cycle = hall(to_b, to_a, of_cas, seats={ANN: {A}, BOB: {B}}, free={C: 1})

    assert settle(in_cycle) == [Served(of_cas, None, ()), Swapped((to_b, to_a), ())]


def test_free_seat_takes_the_oldest_entry_out_of_its_cycle():
    to_b, to_a = entry(1, ANN, B), entry(2, BOB, A)

    moves = settle(hall(to_b, to_a, seats={ANN: {A}, BOB: {B}}, free={B: 1}))

    assert moves == [Served(to_b, A, ()), Served(to_a, B, ())]


# Entries that ask for nothing any more.


def test_entry_for_the_session_of_another_round_lapses():
    lapsed = entry(1, ANN, A2)

    assert settle(hall(lapsed, seats={ANN: {A}}, free={A2: 1})) == [Lapsed((lapsed.key,))]


def test_entry_for_the_own_table_lapses():
    lapsed = entry(1, ANN, A)

    assert settle(hall(lapsed, seats={ANN: {A}})) == [Lapsed((lapsed.key,))]


def test_lapsed_entries_come_first_and_oldest_first():
    young, old, standing = entry(3, ANN, A), entry(2, BOB, A2), entry(1, CAS, E)

    moves = settle(hall(young, old, standing, seats={ANN: {A2}, BOB: {A}}, free={E: 1}))

    assert moves == [Lapsed((old.key, young.key)), Served(standing, None, ())]


def test_lapsed_entry_does_not_come_back_when_its_owner_leaves_that_session():
    lapsed, leaving = entry(1, ANN, A2), entry(2, ANN, B)

    moves = settle(hall(lapsed, leaving, seats={ANN: {A}}, free={B: 1, A2: 1}))

    assert moves == [Lapsed((lapsed.key,)), Served(leaving, A, ())]


# Cycles (rule 7b).


def test_two_people_swap_the_older_entry_first():
    to_b, to_a = entry(2, ANN, B), entry(1, BOB, A)

    moves = settle(hall(to_b, to_a, seats={ANN: {A}, BOB: {B}}))

    assert moves == [Swapped((to_a, to_b), ())]


def test_cycle_of_three_goes_from_each_to_the_next():
    to_c, to_a, to_b = entry(1, BOB, C), entry(2, CAS, A), entry(3, ANN, B)

    moves = settle(hall(to_b, to_c, to_a, seats={ANN: {A}, BOB: {B}, CAS: {C}}))

    assert moves == [Swapped((to_c, to_a, to_b), ())]


def test_cycle_is_swapped_by_the_oldest_entry_of_each_table():
    older, younger, to_a = entry(1, ANN, B), entry(2, CAS, B), entry(3, BOB, A)

    moves = settle(hall(younger, older, to_a, seats={ANN: {A}, CAS: {A}, BOB: {B}}))

    assert moves == [Swapped((older, to_a), ())]


def test_cycle_stays_within_one_round():
    """Ann has a seat in round 2 and wants Bob's in round 1; he wants hers. Neither gives one."""
    of_ann, of_bob = entry(1, ANN, A), entry(2, BOB, F)

    assert settle(hall(of_ann, of_bob, seats={ANN: {F}, BOB: {A}})) == []


def test_cycle_ends_other_entries_in_the_round_and_for_the_session():
    to_a, to_b = entry(1, BOB, A), entry(2, ANN, B)
    again, session = entry(3, BOB, D), entry(4, BOB, A2)
    other_round = entry(5, ANN, A2)

    moves = settle(
        hall(to_a, to_b, again, session, other_round, seats={ANN: {A, E}, BOB: {B, E}}),
    )

    assert moves == [
        Lapsed((other_round.key,)),
        Swapped((to_a, to_b), (again.key, session.key)),
    ]


def test_cycle_of_the_oldest_entry_goes_before_an_older_pair():
    """Bob and Cas could swap by entries 2 and 8, but only the long way round serves entry 1."""
    to_b, to_c, to_a = entry(1, ANN, B), entry(8, BOB, C), entry(9, CAS, A)
    also_a = entry(2, CAS, B)
    seats = {ANN: {A}, BOB: {B}, CAS: {C}}

    moves = settle(hall(to_b, to_c, to_a, also_a, seats=seats))

    assert moves == [Swapped((to_b, to_c, to_a), (also_a.key,))]


def test_oldest_entry_that_lies_on_no_cycle_does_not_count():
    no_cycle, to_b, to_a = entry(1, ANN, D), entry(2, ANN, B), entry(3, BOB, A)

    moves = settle(hall(no_cycle, to_b, to_a, seats={ANN: {A}, BOB: {B}}))

    assert moves == [Swapped((to_b, to_a), (no_cycle.key,))]


def test_shortest_cycle_through_the_oldest_entry_is_swapped():
    to_b = entry(1, ANN, B)
    to_c, c_to_a = entry(2, BOB, C), entry(3, CAS, A)
    short = entry(9, DEE, A)

    moves = settle(
        hall(to_b, to_c, c_to_a, short, seats={ANN: {A}, BOB: {B}, CAS: {C}, DEE: {B}}),
    )

    assert moves == [Swapped((to_b, short), ())]


def test_of_two_shortest_cycles_the_one_with_the_older_entries_is_swapped():
    """By way of C the entries are of minutes 3 and 8, by way of D of 4 and 5."""
    to_b = entry(1, ANN, B)
    to_c, c_to_a = entry(8, BOB, C), entry(3, CAS, A)
    to_d, d_to_a = entry(4, DEE, D), entry(5, EVA, A)
    seats = {ANN: {A}, BOB: {B}, DEE: {B}, CAS: {C}, EVA: {D}}

    moves = settle(hall(to_b, to_c, c_to_a, to_d, d_to_a, seats=seats))

    assert moves == [Swapped((to_b, to_c, c_to_a), ())]


def test_of_two_shortest_cycles_with_one_oldest_entry_the_next_oldest_decides():
    """Both cycles end with minute 2; before it come 6 and 5."""
    to_b, last = entry(1, ANN, B), entry(2, EVA, A)
    to_c, c_to_d = entry(6, BOB, C), entry(9, CAS, D)
    seats = {ANN: {A}, BOB: {B}, CAS: {C}, DEE: {B}, EVA: {D}}
    to_f, f_to_d = entry(5, DEE, 8), entry(10, 16, D)
    snapshot = hall(to_b, last, to_c, c_to_d, to_f, f_to_d, seats=seats | {16: {8}})
    snapshot = Snapshot(
        at=snapshot.at,
        tables=[*snapshot.tables, SlotState(8, round=1, session=8, free=0)],
        seats=snapshot.seats,
        entries=snapshot.entries,
        places_free=0,
        waiting=(),
    )

    assert settle(snapshot) == [Swapped((to_b, to_f, f_to_d, last), ())]


def test_cycles_are_swapped_until_none_is_left():
    first = entry(1, ANN, B), entry(2, BOB, A)
    second = entry(3, CAS, B), entry(4, DEE, A)

    moves = settle(
        hall(*second, *first, seats={ANN: {A}, CAS: {A}, BOB: {B}, DEE: {B}}),
    )

    assert moves == [Swapped(first, ()), Swapped(second, ())]


def test_cycle_in_a_table_that_has_too_few_seats_harms_nobody():
    to_b, to_a = entry(1, ANN, B), entry(2, BOB, A)

    moves = settle(hall(to_b, to_a, seats={ANN: {A}, BOB: {B}}, free={A: -1}))

    assert moves == [Swapped((to_b, to_a), ())]


def test_long_cycle_is_found_and_long_chain_is_followed():
    """Three hundred people in a row, each of whom wants the next one's table."""
    count = 300
    tables = [SlotState(key, round=1, session=key, free=0) for key in range(count)]
    seats = {person: {person} for person in range(count)}
    entries = [entry(key, key, (key + 1) % count) for key in range(count)]
    cycle = Snapshot(NOW, tables, seats, entries, 0, ())
    tables_with_room = [SlotState(0, round=1, session=0, free=1), *tables[1:]]
    chain = Snapshot(NOW, tables_with_room, seats, entries, 0, ())

    assert settle(cycle) == [Swapped(tuple(entries), ())]
    assert settle(chain) == [Served(one, one.key, ()) for one in reversed(entries)]


# The event's waiting list (rule 8).


def test_free_place_goes_to_the_first_who_confirmed():
    younger, older = Waiting(ANN, at(2)), Waiting(BOB, at(1))

    moves = settle(hall(places_free=1, waiting=[younger, older]))

    assert moves == [Promoted(BOB, (), ())]


def test_as_many_are_promoted_as_there_are_places_in_order():
    queue = [Waiting(person, at(minute)) for person, minute in ((CAS, 3), (ANN, 1), (BOB, 2))]

    assert settle(hall(places_free=2, waiting=queue)) == [
        Promoted(ANN, (), ()),
        Promoted(BOB, (), ()),
    ]
    assert settle(hall(places_free=9, waiting=queue))[2:] == [Promoted(CAS, (), ())]


def test_two_who_confirmed_at_one_moment_go_by_key():
    queue = [Waiting(BOB, at(1)), Waiting(ANN, at(1))]

    assert settle(hall(places_free=1, waiting=queue)) == [Promoted(ANN, (), ())]


def test_nobody_is_promoted_without_a_place():
    queue = [Waiting(ANN, at(1), asked=(A,))]

    assert settle(hall(places_free=0, waiting=queue, free={A: 1})) == []
    assert settle(hall(places_free=-1, waiting=queue, free={A: 1})) == []


def test_promoted_get_the_tables_asked_for_as_far_as_free_and_entries_for_the_rest():
    queue = [Waiting(ANN, at(1), asked=(A, E), entries=(B, F))]

    moves = settle(hall(places_free=1, waiting=queue, free={A: 1}))

    assert moves == [
        Promoted(
            ANN,
            (A,),
            (
                QueueEntry(-1, ANN, E, NOW, 0),
                QueueEntry(-2, ANN, B, NOW, 1),
                QueueEntry(-3, ANN, F, NOW, 2),
            ),
        )
    ]


def test_promoted_take_seats_after_those_who_wait_for_them():
    of_bob = entry(1, BOB, A)
    queue = [Waiting(ANN, at(0), asked=(A,))]

    moves = settle(hall(of_bob, places_free=1, waiting=queue, free={A: 1}))

    assert moves == [Served(of_bob, None, ()), Promoted(ANN, (), (QueueEntry(-1, ANN, A, NOW, 0),))]


def test_promoted_take_one_seat_each():
    queue = [Waiting(ANN, at(1), asked=(A,)), Waiting(BOB, at(2), asked=(A,))]

    moves = settle(hall(places_free=2, waiting=queue, free={A: 1}))

    assert moves == [
        Promoted(ANN, (A,), ()),
        Promoted(BOB, (), (QueueEntry(-1, BOB, A, NOW, 0),)),
    ]


def test_entries_of_the_promoted_count_from_the_promotion():
    """Ann waited for the event before Bob did for the table, but he comes first there."""
    of_bob = entry(5, BOB, B)
    queue = [Waiting(ANN, at(1), asked=(B,))]
    of_ann = QueueEntry(-1, ANN, B, NOW, 0)

    assert settle(hall(of_bob, places_free=1, waiting=queue)) == [Promoted(ANN, (), (of_ann,))]
    assert sorted([of_ann, of_bob], key=age) == [of_bob, of_ann]


def test_entries_of_those_promoted_together_go_by_the_order_of_promotion():
    """B is second in Ann's form and first in Bob's; yet Ann, promoted first, stands before him."""
    queue = [Waiting(ANN, at(1), asked=(E, B)), Waiting(BOB, at(2), asked=(B,))]

    moves = settle(hall(places_free=2, waiting=queue))

    promoted = [entry for move in moves if isinstance(move, Promoted) for entry in move.entries]
    assert promoted == [
        QueueEntry(-1, ANN, E, NOW, 0),
        QueueEntry(-2, ANN, B, NOW, 1),
        QueueEntry(-3, BOB, B, NOW, 2),
    ]


def test_entries_of_the_promoted_stand_behind_those_of_the_same_moment():
    made_now = [
        QueueEntry(1, BOB, B, NOW, 3),
        QueueEntry(2, BOB, C, NOW, 4),
        entry(3, CAS, B, position=9),
    ]
    queue = [Waiting(ANN, at(1), asked=(B,))]

    moves = settle(hall(*made_now, places_free=1, waiting=queue))

    assert moves == [Promoted(ANN, (), (QueueEntry(-1, ANN, B, NOW, 5),))]


def test_promoted_are_served_at_once_where_they_would_rather_sit():
    """An entry for a table with room is served at once, and the seat left goes to the next."""
    queue = [Waiting(ANN, at(1), asked=(A,), entries=(B,)), Waiting(BOB, at(2), asked=(A,))]

    moves = settle(hall(places_free=2, waiting=queue, free={A: 1, B: 1}))

    assert moves == [
        Promoted(ANN, (A,), (QueueEntry(-1, ANN, B, NOW, 0),)),
        Served(QueueEntry(-1, ANN, B, NOW, 0), A, ()),
        Promoted(BOB, (A,), ()),
    ]


def test_promoted_wait_for_no_session_that_they_sit_at():
    queue = [Waiting(ANN, at(1), asked=(A,), entries=(A2, A, E))]

    moves = settle(hall(places_free=1, waiting=queue, free={A: 1, A2: 1}))

    assert moves == [Promoted(ANN, (A,), (QueueEntry(-1, ANN, E, NOW, 0),))]


def test_promoted_wait_once_for_each_table():
    queue = [Waiting(ANN, at(1), asked=(A,), entries=(B, A, B))]

    moves = settle(hall(places_free=1, waiting=queue))

    assert moves == [
        Promoted(ANN, (), (QueueEntry(-1, ANN, A, NOW, 0), QueueEntry(-2, ANN, B, NOW, 1)))
    ]


def test_asking_for_a_session_twice_gives_one_seat():
    """No form allows this; should it happen, nobody sits at one session twice."""
    queue = [Waiting(ANN, at(1), asked=(A, A2))]

    both_free = settle(hall(places_free=1, waiting=queue, free={A: 1, A2: 1}))
    second_free = settle(hall(places_free=1, waiting=queue, free={A2: 1}))

    assert both_free == [Promoted(ANN, (A,), ())]
    assert second_free == [Promoted(ANN, (A2,), ())]


def test_of_several_tables_in_a_round_the_first_that_is_free_is_theirs():
    """They are in somebody's own order (rule 16): those before it are waited for, no others."""
    queue = [Waiting(ANN, at(1), asked=(A, B, C))]

    moves = settle(hall(places_free=1, waiting=queue, free={B: 1, C: 1}))

    assert moves == [Promoted(ANN, (B,), (QueueEntry(-1, ANN, A, NOW, 0, ranked=True),))]


def ranked(key: int, person: int, table: int) -> QueueEntry:
    """One of those of a draw: all of a person have one moment and one position."""
    return QueueEntry(key, person, table, at(0), position=0, ranked=True)


def test_a_ranked_table_that_comes_ends_those_below_it_and_not_those_above():
    """Rule 16: somebody at C prefers A to B, and B comes free first."""
    first, second = ranked(1, ANN, A), ranked(2, ANN, B)

    served = settle(hall(first, second, seats={ANN: {C}}, free={B: 1}))

    assert served == [Served(second, C, ())]
    assert settle(hall(first, seats={ANN: {B}}, free={A: 1})) == [Served(first, B, ())]
    both = settle(hall(first, second, seats={ANN: {C}}, free={A: 1, B: 1}))
    assert both == [Served(first, C, (2,))]


def test_whoever_moved_up_may_close_a_cycle_with_what_they_ranked_higher():
    """Ann comes to B, which Bob at A wants; she still wants A."""
    higher, lower = ranked(1, ANN, A), ranked(2, ANN, B)
    of_bob = entry(9, BOB, B)

    moves = settle(hall(higher, lower, of_bob, seats={ANN: {C}, BOB: {A}}, free={B: 1}))

    assert moves == [Served(lower, C, ()), Swapped((higher, of_bob), ())]


def test_those_of_a_draw_stand_in_front_in_the_order_of_their_lots():
    queue = [Waiting(ANN, at(1)), Waiting(BOB, at(2), lot=9), Waiting(CAS, at(3), lot=4)]

    moves = settle(hall(places_free=3, waiting=queue))

    assert [move.person for move in moves if isinstance(move, Promoted)] == [CAS, BOB, ANN]


# Of a large event only the front of each queue is read.


def test_of_a_queue_that_was_cut_the_front_is_served():
    event = hall(entry(1, ANN, A), entry(2, BOB, A), free={A: 1})

    assert settle(replace(event, cut={2})) == settle(event)


def test_a_queue_that_was_cut_is_not_served_to_its_end():
    event = hall(entry(1, ANN, A), entry(2, BOB, A), free={A: 2})

    with pytest.raises(CutShort):
        settle(replace(event, cut={2}))


def test_the_end_of_what_was_read_counts_even_if_that_entry_has_ended():
    """Bob got his other table; who stands behind him at the one that Cas leaves is not known."""
    event = hall(
        entry(1, BOB, B),
        entry(2, BOB, A),
        entry(3, CAS, D),
        seats={BOB: [D], CAS: [A]},
        free={B: 1},
    )

    assert len(settle(event)) == 2
    with pytest.raises(CutShort):
        settle(replace(event, cut={2}))


def test_entries_that_were_not_read_keep_new_ones_behind_them():
    event = hall(places_free=1, waiting=[Waiting(ANN, at(1), (A,))])
    (promoted,) = settle(replace(event, cut={9}, last_position=4))

    assert isinstance(promoted, Promoted)
    assert [one.position for one in promoted.entries] == [5]
