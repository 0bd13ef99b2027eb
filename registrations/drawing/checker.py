"""Whether a result keeps the rules, judged from the rules alone.

Written apart from what makes results: it shares the data classes and the cost of a wish with them,
and nothing else, and goes the plain way wherever that is the slow one. What it says is translated,
for ``recount`` shows it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256

from django.utils.translation import gettext as _

from registrations.drawing.problem import MISSED, DrawTable, Outcome, Problem, cost

Filled = dict[tuple[int, int], list[int | None]]  # by number and round


def faults(problem: Problem, seed: str, outcome: Outcome) -> list[str]:
    """What is wrong with the result, a sentence each; none if it keeps every rule."""
    found = _faults_of_places(problem, seed, outcome)
    if found:
        return found  # without knowing who came, nothing else can be judged
    lists = _lists(problem, outcome)
    return _faults_of_seats(problem, outcome, lists) or [
        *_faults_of_wishes(problem, outcome, lists),
        *_faults_of_lots(problem, outcome, lists),
    ]


def _faults_of_places(problem: Problem, seed: str, outcome: Outcome) -> list[str]:
    """As many places as there are, to whom the lot gave them."""
    numbers = [ranking.number for ranking in problem.rankings]
    drawn = sorted(numbers, key=lambda number: sha256(f"{seed}:{number}".encode()).hexdigest())
    places = max(problem.places, 0)
    found = []
    if list(outcome.came) != drawn[:places]:
        found.append(_("The places did not go to those whom the lot gave them, in its order."))
    if list(outcome.waiting) != drawn[places:]:
        found.append(_("The others do not wait in the order of the lot."))
    if outcome.method not in ("solver", "draft"):
        found.append(_("There is no method ‘%(method)s’.") % {"method": outcome.method})
    return found


def _lists(problem: Problem, outcome: Outcome) -> Filled:
    """Everybody's wishes; short lists filled with the tables that have most seats a wish."""
    wishes = {ranking.number: ranking.wishes for ranking in problem.rankings}
    lists: Filled = {}
    for round_ in {table.round for table in problem.tables}:
        here = [table for table in problem.tables if table.round == round_ and table.seats > 0]
        asked: Counter[int | None] = Counter()
        for number in outcome.came:
            lists[number, round_] = list(wishes[number].get(round_, ()))
            for key in lists[number, round_]:
                asked[key] += 1
        for number in outcome.came:
            mine = lists[number, round_]
            while len(mine) < problem.a_round and None not in mine:
                others = [table for table in here if table.key not in mine]
                if not others:
                    break
                roomy = max(
                    others,
                    key=lambda table: (
                        Fraction(table.seats, asked[table.key] + 1),
                        table.seats,
                        -table.key,
                    ),
                )
                mine.append(roomy.key)
                asked[roomy.key] += 1
    return lists


def _faults_of_seats(problem: Problem, outcome: Outcome, lists: Filled) -> list[str]:
    """Tables of one's list only, no more people than seats, no session twice."""
    tables = {table.key: table for table in problem.tables}
    found = [
        _("%(number)s has a table without a place.") % {"number": number}
        for number in sorted(outcome.seats.keys() - set(outcome.came))
        if outcome.seats[number]
    ]
    taken: Counter[int] = Counter()
    for number in outcome.came:
        sessions: set[int] = set()
        for round_, key in outcome.seats.get(number, {}).items():
            table = tables.get(key)
            taken[key] += 1
            words = {"number": number, "round": round_}
            if table is None or table.round != round_:
                found.append(
                    _("%(number)s has a table in round %(round)s that is not held there.") % words
                )
            elif key not in lists[number, round_]:
                found.append(
                    _("%(number)s has a table in round %(round)s that is not on their list.")
                    % words
                )
            elif table.session in sessions:
                found.append(_("%(number)s has the same session twice.") % words)
            else:
                sessions.add(table.session)
    for key, people in sorted(taken.items()):
        if key in tables and people > tables[key].seats:
            found.append(
                _("More people sit at table %(table)s (%(people)s) than it has seats (%(seats)s).")
                % {"table": key, "people": people, "seats": tables[key].seats}
            )
    return found


def _faults_of_wishes(problem: Problem, outcome: Outcome, lists: Filled) -> list[str]:
    """Nobody could be better off by a free seat, or together with others by a cycle."""
    tables = {table.key: table for table in problem.tables}
    taken = Counter(key for mine in outcome.seats.values() for key in mine.values())
    free = {key: table.seats - taken[key] for key, table in tables.items()}
    found = []
    for round_ in sorted({table.round for table in problem.tables}):
        ways: defaultdict[int, set[int]] = defaultdict(set)
        for number in outcome.came:
            has = outcome.seats.get(number, {}).get(round_)
            for key in _would_rather(outcome, number, round_, lists[number, round_], tables):
                words = {"number": number, "round": round_, "table": key}
                if key is None:
                    found.append(
                        _("%(number)s has a table in round %(round)s and would rather have none.")
                        % words
                    )
                elif free[key] > 0 and has is None:
                    found.append(
                        _(
                            "%(number)s has nothing in round %(round)s, and there is a free seat "
                            "at table %(table)s."
                        )
                        % words
                    )
                elif free[key] > 0:
                    found.append(
                        _(
                            "%(number)s would rather have table %(table)s in round %(round)s, "
                            "where a seat is free."
                        )
                        % words
                    )
                elif has is not None:
                    ways[has].add(key)
        try:
            TopologicalSorter(ways).prepare()
        except CycleError as error:
            cycle = ", ".join(str(key) for key in sorted(set(error.args[1])))
            found.append(
                _(
                    "In round %(round)s people at the tables %(tables)s could exchange seats and "
                    "all be better off."
                )
                % {"round": round_, "tables": cycle}
            )
    return found


def _faults_of_lots(problem: Problem, outcome: Outcome, lists: Filled) -> list[str]:
    """Of those with the same lists nobody has a better day than somebody with an earlier lot."""
    rounds = sorted({table.round for table in problem.tables})
    found = []
    latest: dict[object, tuple[int, int]] = {}
    for number in outcome.came:
        mine = [lists[number, round_] for round_ in rounds]
        total = 0
        for round_, wishes in zip(rounds, mine, strict=True):
            key = outcome.seats.get(number, {}).get(round_)
            total += cost(wishes.index(key)) if key in wishes else MISSED
        alike = repr(mine)
        if alike in latest and total < latest[alike][0]:
            found.append(
                _(
                    "%(number)s has a better day than %(other)s, who has the same lists and an "
                    "earlier lot."
                )
                % {"number": number, "other": latest[alike][1]}
            )
        latest[alike] = total, number
    return found


def _would_rather(
    outcome: Outcome,
    number: int,
    round_: int,
    wishes: list[int | None],
    tables: dict[int, DrawTable],
) -> list[int]:
    """What stands before what they have, without sessions that they attend."""
    seats = outcome.seats.get(number, {})
    attends = [tables[key].session for key in seats.values()]
    has = seats.get(round_)
    before = wishes[: wishes.index(has)] if has in wishes else wishes
    return [key for key in before if key is not None and tables[key].session not in attends]
