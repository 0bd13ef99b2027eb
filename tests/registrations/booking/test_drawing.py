"""The draw of an event: who takes part, what they get, and that nothing comes between (rule 16)."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from program.models import Event, Slot
from registrations.booking import changing, drawing, holds, places, promises, signup
from registrations.booking import waiting as waiting_actions
from registrations.drawing import draw as draw_module
from registrations.drawing.lot import lots
from registrations.drawing.recount import recount
from registrations.errors import (
    CalledOff,
    DrawToCome,
    DrawUnderWay,
    EventFull,
    NotRegistered,
    RankingClosed,
    RequestsClosed,
    TablesDrawnFirst,
    TablesRefused,
)
from registrations.models import Change, Draw, Registration, StoredMail
from registrations.organising import by_hand, calling_off, guests
from registrations.queries import rankings, tables, waiting
from tests.factories import NOW, make_event, make_person, make_registration
from tests.mailed import words_of
from tests.registrations.drawn import AFTER, CLOSES, SEED, ahead, draw_event, rank

Kind = StoredMail.Kind
MINUTE = timedelta(minutes=1)


def got(event: Event) -> dict[int | None, dict[str, str]]:
    """By number in the draw the tables by round."""
    return {
        one.draw_number: tables.codes(one)
        for one in event.registrations.confirmed()
        if one.draw_number
    }


def mails(event: Event, kind: str) -> int:
    return event.mails.filter(kind=kind).count()


# Before the draw


@pytest.mark.django_db
def test_nobody_has_a_place_before_the_draw():
    event = draw_event()

    somebody = rank(event, {1: ["a", "b"], 2: ["d", ""]})

    event.refresh_from_db()
    assert somebody.status == Registration.Status.WAITING
    assert event.taken == 0
    assert set(event.slots.values_list("taken", flat=True)) == {0}
    assert somebody.draw_number in range(10_000, 100_000)
    assert rankings.of_person(somebody).codes == {"1": ["a", "b"], "2": ["d", ""]}
    assert mails(event, Kind.RANKED) == 1
    assert mails(event, Kind.WAITING) == 0


@pytest.mark.django_db
def test_a_full_table_can_be_ranked_by_more_people_than_it_seats():
    event = draw_event(capacity=2)

    for _each in range(4):
        rank(event, {1: ["a"]})

    assert event.registrations.waiting().count() == 4


@pytest.mark.django_db
def test_a_table_a_round_is_a_ranking_too():
    event = draw_event()

    somebody = signup.confirm(signup.sign_up(event, make_person(), {1: "b", 2: ""}, at=NOW), at=NOW)

    assert rankings.of_person(somebody).codes == {"1": ["b"]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ranked", "round_"),
    [
        ({1: ["a", "b", "c", ""]}, 1),
        ({1: ["d"]}, 1),
        ({2: ["e", "zz"]}, 2),
    ],
    ids=["more choices than allowed", "of the other round", "not there"],
)
def test_what_cannot_be_ranked_is_refused_with_its_round(ranked, round_):
    event = draw_event()

    with pytest.raises(TablesRefused) as refused:
        signup.sign_up(event, make_person(), {}, ranked=ranked, at=NOW)

    assert [field for field, _sentence in refused.value.problems] == [f"round_{round_}"]
    assert not event.registrations.exists()


@pytest.mark.django_db
def test_choices_can_be_changed_until_they_close():
    event = draw_event()
    somebody = rank(event, {1: ["a"], 2: ["d", ""]})

    changing.rank(somebody, {1: ["b", "a"], 2: ["e"]}, at=CLOSES - timedelta(seconds=1))

    assert rankings.of_person(somebody).codes == {"1": ["b", "a"], "2": ["e"]}
    last = somebody.changes.last()
    assert last is not None
    assert last.what == Change.What.RANKED
    assert last.old == {"1": ["a"], "2": ["d", ""]}
    assert mails(event, Kind.RANKED) == 2
    with pytest.raises(DrawUnderWay):
        changing.rank(somebody, {1: ["a"]}, at=CLOSES)


@pytest.mark.django_db
def test_the_same_choices_change_nothing():
    event = draw_event()
    somebody = rank(event, {1: ["a", ""]})
    event.refresh_from_db()
    version = event.version

    changing.rank(somebody, {1: ["a", ""]}, at=NOW)

    event.refresh_from_db()
    assert event.version == version
    assert mails(event, Kind.RANKED) == 1


@pytest.mark.django_db
def test_nobody_ranks_without_a_turn_in_the_draw():
    event = draw_event()
    gone = changing.cancel(rank(event, {1: ["a"]}), at=NOW)
    unconfirmed = rank(event, {1: ["a"]}, confirmed=False)
    waits = rank(event, {1: ["a"]})

    for one in (gone, unconfirmed):
        with pytest.raises(NotRegistered):
            changing.rank(one, {1: ["b"]}, at=NOW)
    calling_off.call_off(event, who="o", at=NOW)
    with pytest.raises(CalledOff):
        changing.rank(waits, {1: ["b"]}, at=NOW)


@pytest.mark.django_db
def test_nobody_moves_up_before_the_draw_however_much_is_free():
    event = draw_event()
    waiting_one = rank(event, {1: ["a"]})

    changing.cancel(rank(event, {1: ["a"]}), at=NOW)
    holds.free_expired(NOW)

    waiting_one.refresh_from_db()
    assert waiting_one.is_waiting
    with pytest.raises(EventFull):
        signup.take_free_place(waiting_one, at=event.waiting_closes)
    with pytest.raises(DrawToCome):
        signup.give_extra(waiting_one, who="o", why="", at=NOW)
    with pytest.raises(DrawToCome):
        by_hand.confirm(waiting_one, who="o", why="", at=NOW)


@pytest.mark.django_db
def test_between_the_last_choice_and_the_draw_nobody_signs_up_but_may_confirm():
    event = draw_event()
    late = rank(event, {1: ["b", "a"]}, confirmed=False)

    with pytest.raises(DrawUnderWay):
        signup.sign_up(event, make_person(), {}, ranked={1: ["a"]}, at=CLOSES)
    late = signup.confirm(late, at=CLOSES)

    assert late.is_waiting
    assert late.draw_number is None
    assert mails(event, Kind.WAITING) == 1
    drawing.draw_due(AFTER)
    late.refresh_from_db()
    assert late.is_confirmed, "a place was left"
    assert late.lot is None
    assert tables.codes(late) == {"1": "b"}


@pytest.mark.django_db
def test_a_form_from_before_the_draw_is_answered_in_words():
    event = draw_event()
    drawing.draw_due(AFTER)

    with pytest.raises(RankingClosed):
        signup.sign_up(event, make_person(), {}, ranked={1: ["a"]}, at=AFTER)
    somebody = signup.confirm(signup.sign_up(event, make_person(), {1: "a"}, at=AFTER), at=AFTER)
    assert tables.codes(somebody) == {"1": "a"}


@pytest.mark.django_db
def test_another_address_for_the_mail_keeps_the_choices():
    event = draw_event()
    first = rank(event, {1: ["b", "a", ""], 2: ["e"]}, confirmed=False)
    signup.confirm(first, at=NOW)

    again = signup.mail_elsewhere(first, "ander@haarlem.example", at=NOW)

    assert again.pk != first.pk
    assert rankings.of_person(again).codes == {"1": ["b", "a", ""], "2": ["e"]}


@pytest.mark.django_db
def test_who_was_added_before_a_draw_was_chosen_takes_no_table_ahead_of_it():
    event = draw_event()
    hand = ahead(event, {1: "b"})
    rank(event, {1: ["a"]})

    with pytest.raises(TablesDrawnFirst):
        changing.change_tables(hand, {1: "a"}, {2: ["d"]}, at=NOW)

    assert tables.codes(hand) == {"1": "b"}
    assert not hand.waitlist_entries.exists()
    drawing.draw_due(AFTER)
    changing.change_tables(hand, {1: "c"}, at=AFTER)
    assert tables.codes(hand) == {"1": "c"}


# The draw


@pytest.mark.django_db
def test_everybody_gets_a_day():
    event = draw_event()
    rank(event, {1: ["a", "b"], 2: ["d"]}, number=11111)
    rank(event, {1: ["a"], 2: ["c"]}, number=22222)
    rank(event, {1: ["c", "a"], 2: ["c", ""]}, number=33333)
    rank(event, {}, number=44444)
    gone = rank(event, {1: ["a"]}, number=55555)
    changing.cancel(gone, at=NOW)

    drawn = drawing.draw_due(AFTER)

    event.refresh_from_db()
    assert drawn == 4
    assert event.drawn_at == AFTER
    versions = event.registrations.confirmed().values_list("version", flat=True)
    assert set(versions) == {event.version}, "the door hears of all of them"
    assert event.taken == 4
    assert got(event)[11111] == {"1": "a", "2": "d"}
    assert got(event)[22222] == {"1": "a", "2": "c"}
    assert got(event)[33333] == {"1": "c"}, "nobody sits at a session twice"
    assert got(event)[44444].keys() == {"1", "2"}
    assert places.differences() == []
    assert mails(event, Kind.DRAWN) == 4
    whole = event.changes.get(what=Change.What.DRAWN, registration=None)
    assert not gone.changes.filter(what=Change.What.DRAWN).exists()
    for one in event.registrations.confirmed():
        line = one.changes.get(what=Change.What.DRAWN)
        assert line.new == {"place": True, **tables.codes(one)}
    assert whole.new == {"people": 4, "places": 4, "method": "solver"}
    assert drawing.draw_due(AFTER) == 0, "it is drawn once"
    assert recount(event.draw.file).holds


@pytest.mark.django_db
def test_it_is_not_drawn_before_its_time_nor_without_reason():
    early, off, begun = (draw_event() for _each in range(3))
    for event in (early, off, begun):
        rank(event, {1: ["a"]})
    calling_off.call_off(off, who="o", at=NOW)
    Event.objects.filter(pk=early.pk).update(wishes_close_at=AFTER + timedelta(seconds=1))
    Event.objects.filter(pk=begun.pk).update(starts_at=AFTER, waiting_closes_at=None)

    assert drawing.draw_due(AFTER) == 0
    assert not Draw.objects.exists()


@pytest.mark.django_db
def test_too_few_places_go_by_lot_and_the_others_wait_in_its_order():
    event = draw_event(capacity=2)
    numbers = [11111, 22222, 33333, 44444]
    people = {
        number: rank(event, {1: ["b", "a"], 2: ["e", "d"]}, number=number) for number in numbers
    }
    first, second, third, fourth = lots(SEED, numbers)

    drawing.draw_due(AFTER)

    event.refresh_from_db()
    for one in people.values():
        one.refresh_from_db()
    assert [people[number].lot for number in (first, second, third, fourth)] == [1, 2, 3, 4]
    assert event.taken == 2
    assert {number for number, one in people.items() if one.is_confirmed} == {first, second}
    assert list(event.registrations.waiting()) == [people[third], people[fourth]]
    assert waiting.place_of(people[fourth]) == (2, 2)
    changing.cancel(people[first], at=AFTER)
    people[third].refresh_from_db()
    assert people[third].is_confirmed
    assert tables.codes(people[third]) == {"1": "b", "2": "e"}


@pytest.mark.django_db
def test_who_came_late_stands_behind_the_draw():
    event = draw_event(capacity=1)
    rank(event, {1: ["a"]}, number=11111)
    drawn = rank(event, {1: ["a"]}, number=22222)
    drawing.draw_due(AFTER)
    late = signup.sign_up(event, make_person(), {1: "a"}, waiting_too=True, at=AFTER)

    late = signup.confirm(late, at=AFTER)

    first = event.registrations.waiting().first()
    assert first is not None
    assert first.draw_number in (11111, 22222)
    assert waiting.place_of(late) == (2, 2)
    assert drawn.event_id == late.event_id


@pytest.mark.django_db
def test_people_wait_for_what_they_ranked_above_what_they_got():
    event = draw_event()
    numbers = [11111, 22222, 33333, 44444]
    people = {number: rank(event, {1: ["a", "b", "c"]}, number=number) for number in numbers}

    drawing.draw_due(AFTER)

    in_a = [number for number in numbers if got(event)[number]["1"] == "a"]
    behind = [number for number in lots(SEED, numbers) if number not in in_a]
    entries = event.waitlist_entries.counting().filter(round__number=1)
    assert [one.registration.draw_number for one in entries] == behind
    assert {one.session.code for one in entries} == {"a"}
    assert not event.waitlist_entries.filter(since=None).exists()
    changing.cancel(people[in_a[0]], at=AFTER)
    assert tables.codes(people[behind[0]])["1"] == "a"


@pytest.mark.django_db
def test_who_has_no_place_keeps_nobody_else_from_waiting_for_a_better_table():
    """Their choices stand among those of the others, in the order in which people signed up."""
    event = draw_event(capacity=4)
    numbers = [11111, 22222, 33333, 44444, 55555]
    last = list(lots(SEED, numbers))[-1]
    for number in [last, *(other for other in numbers if other != last)]:
        rank(event, {1: ["a", "b", "c"]}, number=number)

    drawing.draw_due(AFTER)

    in_a = [number for number, codes in got(event).items() if codes.get("1") == "a"]
    wait = event.waitlist_entries.counting().filter(round__number=1, session__code="a")
    assert len(in_a) == 2
    assert wait.filter(registration__status="confirmed").count() == 2


@pytest.mark.django_db
def test_nobody_waits_for_a_session_that_they_got_in_another_round():
    event = draw_event()
    event.slots.filter(session__code="c", round__number=1).update(reserved=2)
    somebody = rank(event, {1: ["c", "a"], 2: ["c"]})

    drawing.draw_due(AFTER)

    assert tables.codes(somebody) == {"1": "a", "2": "c"}
    assert not event.waitlist_entries.exists()


@pytest.mark.django_db
def test_a_hold_that_ran_out_by_then_takes_no_place_from_the_draw():
    """Of a phone sign-up, from before the draw was chosen."""
    event = draw_event(capacity=1)
    ahead(event, confirmed=False)
    somebody = rank(event, {1: ["a"]}, number=11111)
    event.refresh_from_db()
    assert event.taken == 1

    drawing.draw_due(AFTER)

    somebody.refresh_from_db()
    assert (somebody.lot, somebody.is_confirmed) == (1, True)
    assert event.draw.file["places"] == 1


@pytest.mark.django_db
def test_waiting_people_of_a_draw_keep_a_ranking_and_can_change_it():
    event = draw_event(capacity=1)
    one, other = (rank(event, {1: ["a"]}, number=number) for number in (11111, 22222))
    drawing.draw_due(AFTER)
    one.refresh_from_db()
    waits, comes = (one, other) if one.is_waiting else (other, one)

    changing.rank(waits, {1: ["b", "c"], 2: ["d", ""]}, at=AFTER)
    changing.cancel(comes, at=AFTER)

    assert tables.codes(waits) == {"1": "b", "2": "d"}
    assert not event.waitlist_entries.counting().exists(), "they got their first choices"
    with pytest.raises(NotRegistered):
        changing.rank(waits, {1: ["a"]}, at=AFTER)


@pytest.mark.django_db
def test_a_ranking_closes_with_the_waiting_lists():
    event = draw_event(capacity=1)
    for number in (11111, 22222):
        rank(event, {1: ["a"]}, number=number)
    drawing.draw_due(AFTER)
    waits = event.registrations.waiting().get()

    with pytest.raises(RequestsClosed):
        changing.rank(waits, {1: ["b"]}, at=event.waiting_closes)


@pytest.mark.django_db
def test_what_is_given_or_reserved_already_is_not_drawn():
    event = draw_event(capacity=3)
    Slot.objects.filter(event=event, session__code="a").update(reserved=1)
    jan = guests.Details("Jan", "de Vries", holds_place=True)
    guests.add(event, jan, who="o", at=NOW)
    event.refresh_from_db()

    problem = drawing.snapshot(event).problem

    assert problem.places == 2
    assert sorted(table.seats for table in problem.tables) == [1, 2, 2, 2, 2, 2]


@pytest.mark.django_db
def test_a_table_that_dropped_out_is_no_part_of_the_draw():
    event = draw_event()
    rank(event, {1: ["a", "b"]})
    event.slots.filter(session__code="a").update(dropped_at=NOW)

    seen = drawing.snapshot(event)

    assert sorted((slot.round.number, slot.session.code) for slot in seen.slots) == [
        *[(1, "b"), (1, "c")],
        *[(2, "c"), (2, "d"), (2, "e")],
    ]
    (ranking,) = seen.problem.rankings
    assert [seen.slots[key - 1].session.code for key in ranking.wishes[1] if key] == ["b"]


@pytest.mark.django_db
def test_another_key_of_the_site_draws_the_same(settings):
    """As after a restore; and nobody can try keys until one suits somebody."""
    event = draw_event()
    for number, wishes in WISHES.items():
        rank(event, wishes, number=number)
    before = drawing.snapshot(event)

    settings.SECRET_KEY = "another key of another site"

    assert drawing.snapshot(event) == before
    assert drawing.snapshot(event).slots == before.slots


@pytest.mark.django_db
def test_other_seats_can_be_tried_without_storing_them():
    event = draw_event()
    a = event.slots.get(session__code="a")
    Slot.objects.filter(pk=a.pk).update(reserved=1)

    problem = drawing.snapshot(event, seats={a.pk: 12}).problem

    assert sorted(table.seats for table in problem.tables) == [2, 2, 2, 2, 2, 11]


@pytest.mark.django_db
def test_somebody_added_by_hand_takes_part():
    event = draw_event()

    added = by_hand.add(event, make_person(), {1: "b"}, waiting_too=True, who="o", why="", at=NOW)

    assert added.draw_number
    Registration.objects.update(draw_number=None)  # as after a restored backup
    drawing.draw_due(AFTER)
    added.refresh_from_db()
    assert added.is_confirmed
    assert added.lot == 1
    assert tables.codes(added)["1"] == "b"


# Fair, whoever was first


WISHES: dict[int, dict[int, list[str]]] = {
    11111: {1: ["a", "b"], 2: ["c", "d"]},
    22222: {1: ["a", "c"], 2: ["c", ""]},
    33333: {1: ["a"], 2: ["c", "d", "e"]},
    44444: {1: ["b", "a"]},
    55555: {2: ["d"]},
}
# Reckoned once; on both databases and on every machine it has to be the same.
RESULT = {
    11111: {"1": "a", "2": "c"},
    22222: {"1": "c"},
    33333: {"1": "a", "2": "c"},
    44444: {"1": "b", "2": "d"},
}


@pytest.mark.django_db
@pytest.mark.parametrize("order", [sorted(WISHES), sorted(WISHES, reverse=True)])
def test_when_somebody_ranks_makes_no_difference(order):
    event = draw_event(capacity=4)
    for minutes, number in enumerate(order):
        rank(event, WISHES[number], number=number, at=NOW + timedelta(minutes=minutes))

    drawing.draw_due(AFTER)

    assert got(event) == RESULT


# Broken off, and changed meanwhile


@pytest.mark.django_db
def test_broken_off_at_any_query_nothing_is_stored_and_it_comes_out_the_same():
    event = draw_event(capacity=4)
    for number, wishes in WISHES.items():
        rank(event, wishes, number=number)
    broken = 0
    for at_query in range(1, 500):
        with transaction.atomic():
            try:
                with breaking(at_query):
                    drawing.draw_event(event.pk, at=AFTER)
            except Killed:
                broken += 1
                event.refresh_from_db()
                assert event.drawn_at is None
                assert event.taken == 0
                assert not Draw.objects.exists()
                assert mails(event, Kind.DRAWN) == 0
                continue
        break

    assert broken > 20
    assert got(event) == RESULT


class Killed(Exception):
    pass


def breaking(at_query: int) -> ExitStack:
    """Something breaks when so many queries have been made."""
    left = iter(range(at_query))

    def count(execute, sql, params, many, context):
        if "SAVEPOINT" not in sql and next(left, None) is None:
            raise Killed
        return execute(sql, params, many, context)

    stack = ExitStack()
    stack.enter_context(connection.execute_wrapper(count))
    return stack


@pytest.mark.django_db
def test_what_changes_while_it_is_drawn_is_drawn_again(monkeypatch: pytest.MonkeyPatch):
    event = draw_event()
    somebody = rank(event, {1: ["a"]}, number=11111)
    really, seen, limits, seeds = draw_module.draw, [], [], []

    def drawn(problem, seed, **more):
        seen.append(problem)
        seeds.append(seed)
        limits.append(more["limit"])
        if len(seen) < 3:
            Slot.objects.filter(event=event, session__code="b").update(seats=2 + len(seen))
        return really(problem, seed, **more)

    monkeypatch.setattr(draw_module, "draw", drawn)

    assert drawing.draw_due(AFTER) == 1

    assert len(seen) == 3
    sizes = [sorted(table.seats for table in problem.tables)[-1] for problem in seen]
    assert sizes == [2, 3, 4], "the last one under the lock, as it was by then"
    assert limits == [60, 60, 10], "others wait for the last one"
    assert tables.codes(somebody) == {"1": "a", "2": got(event)[11111]["2"]}
    assert seeds == [SEED] * 3


@pytest.mark.django_db
def test_somebody_who_cancels_while_it_is_drawn_is_not_drawn(monkeypatch: pytest.MonkeyPatch):
    event = draw_event()
    stays, goes = (rank(event, {1: ["a"]}, number=number) for number in (11111, 22222))
    really, seen = draw_module.draw, []

    def drawn(problem, seed, **more):
        seen.append(problem)
        if len(seen) == 1:
            changing.cancel(goes, at=AFTER)
        return really(problem, seed, **more)

    monkeypatch.setattr(draw_module, "draw", drawn)

    assert drawing.draw_due(AFTER) == 1
    goes.refresh_from_db()
    stays.refresh_from_db()
    assert (goes.lot, goes.status) == (None, "cancelled")
    assert stays.is_confirmed


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"called_off_at": AFTER},
        {"published": False},
        {"wishes_close_at": AFTER + MINUTE},
        {"starts_at": AFTER, "waiting_closes_at": None, "wishes_close_at": AFTER - MINUTE},
    ],
    ids=["called off", "a draft again", "choices are open again", "it has begun"],
)
def test_what_no_longer_has_to_be_drawn_is_not_written(monkeypatch: pytest.MonkeyPatch, fields):
    event = draw_event()
    rank(event, {1: ["a"]})
    really = draw_module.draw

    def drawn(problem, seed, **more):
        Event.objects.filter(pk=event.pk).update(**fields)
        return really(problem, seed, **more)

    monkeypatch.setattr(draw_module, "draw", drawn)

    assert drawing.draw_due(AFTER) == 0
    assert not Draw.objects.exists()
    assert mails(event, Kind.DRAWN) == 0


@pytest.mark.django_db
def test_a_result_that_breaks_a_rule_is_not_written(monkeypatch: pytest.MonkeyPatch):
    event = draw_event()
    rank(event, {1: ["a"]})
    monkeypatch.setattr(draw_module, "faults", lambda *_all: ["everybody sits at one table"])

    with pytest.raises(draw_module.Refused):
        drawing.draw_due(AFTER)

    event.refresh_from_db()
    assert event.drawn_at is None
    assert not event.registrations.confirmed().exists()


# What the database holds


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"wishes_close_at": NOW + timedelta(days=14)},
        {"waiting_closes_at": CLOSES},
        {"draw_seed": ""},
        {"wishes_a_round": 0},
        {"drawn_at": CLOSES - timedelta(seconds=1)},
        {"wishes_close_at": None, "drawn_at": AFTER},
    ],
    ids=str,
)
def test_the_database_refuses_a_draw_that_cannot_be(fields):
    event = draw_event()

    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(**fields)


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{"draw_number": 11111}, {"lot": 1}], ids=str)
def test_the_database_holds_one_of_each_number_and_lot(fields):
    event = draw_event()
    one, other = rank(event, {}, number=11111), rank(event, {}, number=22222)
    Registration.objects.filter(pk=one.pk).update(lot=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        Registration.objects.filter(pk=other.pk).update(**fields)


# After it


@pytest.mark.django_db
def test_whoever_moves_up_goes_on_waiting_for_what_they_ranked_higher():
    event = draw_event()
    numbers = [11111, 22222, 33333, 44444, 55555]
    people = {number: rank(event, {1: ["a", "b", "c"]}, number=number) for number in numbers}
    drawing.draw_due(AFTER)
    at = {number: got(event)[number]["1"] for number in numbers}
    (last,) = (number for number, code in at.items() if code == "c")
    in_a, in_b = ([n for n, code in at.items() if code == table] for table in "ab")

    # Those of b stay there: they stand before the last one for a.
    changing.change_tables(people[in_b[0]], {1: "", 2: ""}, at=AFTER)
    assert tables.codes(people[last])["1"] == "b"
    wanted = event.waitlist_entries.counting().filter(registration=people[last])
    assert [entry.session.code for entry in wanted] == ["a"]
    changing.cancel(people[in_b[1]], at=AFTER)
    changing.cancel(people[in_a[0]], at=AFTER)

    assert tables.codes(people[last])["1"] == "a"


@pytest.mark.django_db
def test_somebody_who_was_drawn_a_place_and_cancels_takes_the_day_out_of_their_calendar():
    event = draw_event(capacity=1)
    one, other = (rank(event, {1: ["a"]}, number=number) for number in (11111, 22222))
    drawing.draw_due(AFTER)
    one.refresh_from_db()
    comes, waits = (one, other) if one.is_confirmed else (other, one)

    assert waiting.had_place(comes)
    assert not waiting.had_place(waits)
    changing.cancel(comes, at=AFTER)
    mail = comes.mails.get(kind=Kind.CANCELLED)
    assert words_of(mail).calendar_method == "CANCEL"


@pytest.mark.django_db
def test_nobody_reads_that_they_waited_longer_than_since_the_draw():
    event = draw_event(capacity=1)
    people = [rank(event, {1: ["a", ""]}, number=number) for number in (11111, 22222)]
    drawing.draw_due(AFTER)
    comes = event.registrations.confirmed().get()

    changing.cancel(comes, at=AFTER)

    (promoted,) = (one for one in people if one.pk != comes.pk)
    seat = promoted.table_seats.get()
    assert seat.waited_since == AFTER
    assert not event.abstentions.exists(), "it has done its work"


@pytest.mark.django_db
def test_whoever_confirmed_too_late_is_mailed_what_became_of_it():
    event = draw_event(capacity=1)
    late = rank(event, {1: ["b", "a"]}, confirmed=False)
    rank(event, {1: ["a"]})
    signup.confirm(late, at=CLOSES)

    drawing.draw_due(AFTER)

    late.refresh_from_db()
    assert late.is_waiting
    assert late.mails.filter(kind=Kind.WAITING).count() == 2, "before the draw and after it"
    assert rankings.ranks(late)


@pytest.mark.django_db
def test_a_list_that_is_too_long_by_now_stops_no_draw():
    """Somebody added by hand ranked three tables, and then the organiser asked for two."""
    event = draw_event()
    added = by_hand.add(event, make_person(), {}, waiting_too=True, who="o", why="", at=NOW)
    changing.rank(added, {1: ["a", "b", "c"], 2: ["d", "e", ""]}, at=NOW)
    Event.objects.filter(pk=event.pk).update(wishes_a_round=2)

    assert drawing.draw_due(AFTER) == 1
    assert tables.codes(added) == {"1": "a", "2": "d"}


@pytest.mark.django_db
def test_a_draft_is_not_drawn():
    event = draw_event(published=False)

    assert drawing.draw_due(AFTER) == 0

    event.refresh_from_db()
    assert event.draw_to_come


@pytest.mark.django_db
def test_nobody_is_told_that_waiting_is_over_before_a_draw_that_is_late():
    event = draw_event()
    rank(event, {1: ["a"]})

    assert waiting_actions.tell_waiters(event.waiting_closes) == 0


@pytest.mark.django_db
def test_another_address_reads_the_same_whether_or_not_the_first_confirmed():
    """Rule 5: the new row has what its browser was told, however late."""
    event = draw_event()
    wishes = {1: ["b", "a"]}
    people = [rank(event, wishes, confirmed=yes, at=CLOSES - MINUTE) for yes in (True, False)]
    drawing.draw_due(AFTER)

    again = [
        signup.mail_elsewhere(one, f"ander{one.pk}@haarlem.example", at=AFTER) for one in people
    ]

    assert [rankings.ranks(one) for one in again] == [True, True]
    assert {str(rankings.of_person(one).codes) for one in again} == {"{'1': ['b', 'a']}"}


@pytest.mark.django_db
def test_a_promise_of_the_release_before_can_be_read():
    event = make_event()
    one = make_registration(event, {}, confirmed=False)
    assert one.promise
    kept = {key: value for key, value in one.promise.items() if key not in ("no_table", "ranked")}
    Registration.objects.filter(pk=one.pk).update(promise=kept)
    one.refresh_from_db()

    found = promises.of(one, at=NOW)

    assert found is not None
    assert (found.ranked, list(found.no_table)) == (False, [])


@pytest.mark.django_db
def test_the_database_takes_no_ranked_entry_that_does_not_count():
    event = draw_event()
    somebody = rank(event, {1: ["a"]})

    with pytest.raises(IntegrityError), transaction.atomic():
        somebody.waitlist_entries.update(ranked=True)
