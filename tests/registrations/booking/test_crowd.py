"""A crowd at once: many people, real processes, random actions, and then the same promises."""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, connections

from program.models import Event
from registrations.booking import changing, holds, signup
from registrations.errors import RegistrationError
from registrations.models import Registration
from tests.conftest import PATIENCE
from tests.factories import NOW, make_event, make_person, make_slot
from tests.registrations.booking.test_waiting_random import Seen

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
fork = multiprocessing.get_context("fork")
CODES = {1: ["", "1a", "2a", "3a", "6"], 2: ["", "1b", "2b", "6"]}


def live(event: Event, seed: int, people: int, steps: int, barrier, outcomes) -> None:
    """One process: some people sign up, and then do one thing after another."""
    chance = random.Random(seed)
    mine: list[Registration] = []
    done: Counter[str] = Counter()
    barrier.wait(PATIENCE)
    for step in range(steps):
        at = NOW + timedelta(seconds=step)
        try:
            act(chance, event, mine, people, at)
        except RegistrationError:
            done["refused"] += 1
        except Exception as error:
            done[type(error).__name__] += 1
    connections.close_all()
    outcomes.put(done)


def act(chance: random.Random, event: Event, mine: list[Registration], people: int, at) -> None:
    tables = {1: chance.choice(CODES[1]), 2: chance.choice(CODES[2][:-1])}
    entries = {1: [chance.choice(CODES[1][1:-1])], 2: [chance.choice(CODES[2][1:-1])]}
    if len(mine) < people:
        person = make_person(f"p{chance.getrandbits(64)}@example.org")
        newcomer = signup.sign_up(event, person, tables, entries, waiting_too=True, at=at)
        mine.append(newcomer)
        if chance.random() < 0.8:
            signup.confirm(newcomer, at=at)
        return
    one = chance.choice(mine)
    what = chance.choice(
        ["confirm", "change", "change", "entry", "entry", "entry", "cancel", "free"]
    )
    if what == "confirm":
        signup.confirm(one, at=at)
    elif what == "change":
        changing.change_tables(one, tables, entries, at=at)
    elif what == "entry":
        changing.change_tables(one, {}, entries, at=at)
    elif what == "cancel":
        mine.remove(one)
        changing.cancel(one, at=at)
    else:
        holds.free_expired(at)


def test_a_crowd_breaks_no_promise_and_loses_no_mail():
    """A hundred and twenty people on PostgreSQL; on SQLite, where all wait for one lock, fewer."""
    on_postgres = connection.vendor == "postgresql"
    processes, people, steps = (8, 15, 36) if on_postgres else (4, 8, 30)
    event = make_event(capacity=60)
    for number, codes in CODES.items():
        for code in codes[1:]:
            make_slot(event, code, number, seats=9)
    barrier, outcomes = fork.Barrier(processes), fork.Queue()
    connections.close_all()
    crowd = [
        fork.Process(target=live, args=(event, seed, people, steps, barrier, outcomes))
        for seed in range(processes)
    ]
    for process in crowd:
        process.start()
    done: Counter[str] = sum((outcomes.get(timeout=3 * PATIENCE) for _process in crowd), Counter())
    for process in crowd:
        process.join(PATIENCE)

    assert set(done) <= {"refused"}, "no deadlock, no crash"
    assert done["refused"] <= processes * (steps - 3), "and something was done"
    Seen.of(event).keep_the_promises()
    for registration in event.registrations.exclude(status__in=["pending", "expired"]):
        kinds = set(registration.mails.values_list("kind", flat=True))
        assert "confirm" in kinds
        if registration.status == "confirmed":
            assert kinds & {"registered", "promoted"}
        if registration.status == "waiting":
            assert "waiting" in kinds


def test_the_work_grows_with_the_chain_and_not_with_the_event(django_assert_max_num_queries):
    """One cancels, three move up one after the other: in a large event that takes as many queries
    as in a small one, and one more, where queues are long, to find that nobody waits in a cycle.
    """
    counts = [queries_of_a_chain(people, django_assert_max_num_queries) for people in (0, 20, 60)]

    assert counts[1] == counts[2] == counts[0] + 1


def queries_of_a_chain(people: int, at_most) -> int:
    event = make_event(capacity=people + 10)
    for code in ("1a", "2a", "3a", "4a"):
        make_slot(event, code, 1, seats=1)
    make_slot(event, "9", 1, seats=max(people, 1))
    make_slot(event, "8", 2, seats=0)
    chain = [confirmed(event, {1: code}) for code in ("1a", "2a", "3a", "4a")]
    for one, (stays, entry) in zip(
        chain[1:], [("2a", "1a"), ("3a", "2a"), ("4a", "3a")], strict=True
    ):
        changing.change_tables(one, {1: stays}, {1: [entry]}, at=NOW)
    for _person in range(people):
        one = confirmed(event, {1: "9"})
        changing.change_tables(one, {1: "9"}, {2: ["8"]}, at=NOW)
    with at_most(200) as queries:
        changing.cancel(chain[0], at=NOW)
    assert [one.table_seats.get().session.code for one in chain[1:]] == ["1a", "2a", "3a"]
    return len(queries)


def confirmed(event: Event, tables: dict[int, str]) -> Registration:
    return signup.confirm(signup.sign_up(event, make_person(), tables, at=NOW), at=NOW)
