"""Checks a file of a draw (``report.as_file``): whether the result follows from seed and wishes."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registrations.drawing.checker import faults
from registrations.drawing.draw import LIMIT, Refused, draw
from registrations.drawing.lot import lots, numbered, seed_hash
from registrations.drawing.problem import (
    DrawTable,
    Outcome,
    Problem,
    Ranking,
    filled_lists,
    total_cost,
)
from registrations.drawing.report import FORMAT, VERSION, solver_version

# An event of 20,000 people and four rounds is half of this.
MOST_BYTES = 20_000_000
MOST_PEOPLE, MOST_TABLES, MOST_ROUNDS, MOST_WISHES = 20_000, 1_000, 100, 20
MOST_FAULTS = 20  # that are told one by one


class UnreadableResult(ValueError):
    """The file is no result of a draw; ``str()`` says what is wrong with it."""


@dataclass(frozen=True)
class Recount:
    """``about``: what the file says it is of. ``lines``: what was found, a sentence each.

    ``holds``: nothing of it speaks against the file.
    """

    about: str
    lines: tuple[str, ...]
    holds: bool


@dataclass(frozen=True)
class Published:
    """A file, read. ``cost`` and ``gap`` as it tells them."""

    title: str
    drawn_at: datetime
    problem: Problem
    outcome: Outcome
    seed: str
    seed_hash: str
    lots: dict[int, int]
    cost: int
    solver: str | None
    machine: str


def recount(data: object, *, limit: float = LIMIT) -> Recount:
    """Check what ``json.loads`` made of a file, and draw again. Raises UnreadableResult.

    ``limit``: seconds for the solver.
    """
    told = published(data)
    found = [*_follows(told)]
    # To draw again what breaks the rules would say nothing.
    if all(good for _line, good in found):
        found += _drawn_again(told, limit)
    return Recount(
        _visible(_about(told)),
        tuple(_visible(line) for line, _good in found),
        all(good for _line, good in found),
    )


def _about(told: Published) -> str:
    return _(
        "The result of ‘%(title)s’, drawn on %(moment)s. People: %(people)s. Tables: %(tables)s."
    ) % {
        "title": told.title,
        "moment": date_format(localtime(told.drawn_at), "SHORT_DATETIME_FORMAT"),
        "people": len(told.problem.rankings),
        "tables": len(told.problem.tables),
    }


def _visible(line: str) -> str:
    """Nothing that a file says moves the cursor, or begins a line of its own."""
    return "".join(one if one.isprintable() else "�" for one in line)


def load(raw: bytes) -> object:
    """The data of a file. Raises UnreadableResult."""
    if len(raw) > MOST_BYTES:
        raise UnreadableResult(_("The file is too large to be the result of a draw."))
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise UnreadableResult(_("This isn’t valid JSON.")) from None


def _follows(told: Published) -> Iterator[tuple[str, bool]]:
    """What can be said without drawing: a sentence, and whether it is as it should be."""
    if seed_hash(told.seed) == told.seed_hash:
        yield (
            _(
                "The seed belongs to this check number: %(hash)s. Compare it with the one in your "
                "e-mail."
            )
            % {"hash": told.seed_hash},
            True,
        )
    else:
        yield _("The seed doesn’t belong to the check number in the file."), False
    numbers = [ranking.number for ranking in told.problem.rankings]
    if lots(told.seed, numbers) == told.lots:
        yield _("Everybody’s lot follows from the seed and their number."), True
    else:
        yield _("The lots don’t follow from the seed."), False
    if numbered(told.problem, told.seed)[0] == told.problem:
        yield _("The tables are numbered as the lists name them, so nobody chose the order."), True
    else:
        yield _("The tables aren’t numbered as the lists name them."), False
    broken = faults(told.problem, told.seed, told.outcome)
    if not broken:
        yield _("The result keeps all the rules."), True
        costs = total_cost(filled_lists(told.problem, told.outcome.came), told.outcome.seats)
        words = {"cost": costs, "told": told.cost}
        if costs == told.cost:
            yield _("All wishes together cost %(cost)s, as the file says.") % words, True
        else:
            yield _("All wishes together cost %(cost)s; the file says %(told)s.") % words, False
    for fault in broken[:MOST_FAULTS]:
        yield _("Against the rules: %(fault)s") % {"fault": fault}, False
    if len(broken) > MOST_FAULTS:
        more = len(broken) - MOST_FAULTS
        yield ngettext("And %(count)s more.", "And %(count)s more.", more) % {"count": more}, False


def _drawn_again(told: Published, limit: float) -> Iterator[tuple[str, bool]]:
    method = told.outcome.method
    if method == "solver" and solver_version() is None:
        yield (
            _(
                "The draw can’t be repeated here, because the solver (%(solver)s) isn’t installed. "
                "So whether the result is the best one wasn’t checked."
            )
            % {"solver": told.solver},
            True,
        )
        return
    try:
        here = draw(told.problem, told.seed, limit=limit, solver=method == "solver")
    except Refused:
        yield _("Drawing again came to no result, so this couldn’t be checked."), True
        return
    if here.method != method:
        yield _("The solver failed here, so the draw couldn’t be repeated."), True
        return
    if here.seats == told.outcome.seats:
        yield _("Drawing again gives everybody the same."), True
        if method == "draft":
            yield _("It was drawn without the solver, so it may not be the best result."), True
        elif told.outcome.gap == here.gap == 0:
            yield _("No other result has a lower cost."), True
        else:
            yield _told_gap(told), True
        return
    if method == "draft":
        yield _("Drawing again gives another result."), False
        return
    yield from _compared(told, here)


def _compared(told: Published, here: Outcome) -> Iterator[tuple[str, bool]]:
    """Two results of the solver that are not the same."""
    lists = filled_lists(told.problem, told.outcome.came)
    costs = total_cost(lists, here.seats)
    words = {"cost": costs, "told": told.cost, "solver": told.solver, "here": solver_version()}
    gap = told.outcome.gap or 0.0
    if costs < math.floor(told.cost * (1 - gap) + 0.5):
        yield (
            _("Drawing again gives a lower cost, %(cost)s: the file promises too much.") % words,
            False,
        )
    elif gap or here.gap:
        yield (
            _(
                "Drawing again gives another result, at a cost of %(cost)s instead of %(told)s. "
                "The search was stopped before it was complete, and where it stands by then "
                "depends on the machine."
            )
            % words,
            True,
        )
        yield _told_gap(told), True
    elif costs != told.cost:
        yield (
            _(
                "Here the solver takes a cost of %(cost)s for the lowest, though the file has a "
                "lower one. So whether the result is the best one couldn’t be checked."
            )
            % words,
            True,
        )
    elif (told.solver, told.machine) == (solver_version(), platform.machine()):
        yield _("Drawing again gives another result, at the same cost."), False
    else:
        yield (
            _(
                "Drawing again gives another result that is exactly as good: at the same cost, "
                "another version (%(solver)s there, %(here)s here) or machine may choose otherwise."
            )
            % words,
            True,
        )


def _told_gap(told: Published) -> str:
    share = number_format(math.ceil((told.outcome.gap or 0) * 1000) / 10, 1)
    return _("The cost could be at most %(share)s %% lower, as the file says.") % {"share": share}


def published(data: object) -> Published:
    """Raises UnreadableResult."""
    if not isinstance(data, dict):
        raise UnreadableResult(_("This isn’t the result of a draw."))
    file: dict[str, object] = data
    about = _object(file.get("format"), "format")
    if about.get("name") != FORMAT:
        raise UnreadableResult(_("This isn’t the result of a draw."))
    if str(about.get("version")).partition(".")[0] != VERSION.partition(".")[0]:
        raise UnreadableResult(
            _("The file has a newer format. Use a newer version of this program.")
        )
    rounds = [_number(one, "rounds") for one in _list(file.get("rounds"), "rounds", MOST_ROUNDS)]
    tables = tuple(_table(one) for one in _list(file.get("tables"), "tables", MOST_TABLES))
    people = [
        _Person(_object(one, "people"), rounds)
        for one in _list(file.get("people"), "people", MOST_PEOPLE)
    ]
    a_round = _number(file.get("wishes_a_round"), "wishes_a_round", most=MOST_WISHES)
    if sorted(set(rounds)) != rounds or set(rounds) != {table.round for table in tables}:
        raise _bad("rounds")
    try:
        problem = Problem(
            places=_number(file.get("places"), "places"),
            a_round=a_round,
            tables=tables,
            rankings=tuple(Ranking(one.number, one.wishes) for one in people),
        )
    except ValueError as error:
        raise UnreadableResult(
            _("The wishes in the file can’t be: %(why)s.") % {"why": error}
        ) from None
    people.sort(key=lambda one: one.lot)
    gap = file.get("gap")
    if not (gap is None or (isinstance(gap, int | float) and 0 <= gap <= 1)):
        raise _bad("gap")
    return Published(
        title=_text(file.get("title"), "title"),
        drawn_at=_moment(file.get("drawn_at"), "drawn_at"),
        problem=problem,
        outcome=Outcome(
            came=tuple(one.number for one in people if one.place),
            waiting=tuple(one.number for one in people if not one.place),
            seats={one.number: one.got for one in people if one.place or one.got},
            method=_text(file.get("method"), "method"),
            gap=None if gap is None else float(gap),
        ),
        seed=_text(file.get("seed"), "seed"),
        seed_hash=_text(file.get("seed_hash"), "seed_hash"),
        lots={one.number: one.lot for one in people},
        cost=_number(file.get("cost"), "cost", most=10**12),
        solver=None if file.get("solver") is None else _text(file.get("solver"), "solver"),
        machine=_text(file.get("machine"), "machine"),
    )


class _Person:
    def __init__(self, one: dict[str, object], rounds: list[int]) -> None:
        self.number = _number(one.get("number"), "number")
        self.lot = _number(one.get("lot"), "lot")
        place = one.get("place")
        wishes = _list(one.get("wishes"), "wishes", len(rounds))
        got = _list(one.get("got"), "got", len(rounds))
        if len(wishes) != len(rounds) or len(got) != len(rounds) or not isinstance(place, bool):
            raise _bad("people")
        self.place = place
        self.wishes = {
            round_: tuple(
                None if key is None else _number(key, "wishes")
                for key in _list(listed, "wishes", MOST_WISHES)
            )
            for round_, listed in zip(rounds, wishes, strict=True)
        }
        self.got = {
            round_: _number(key, "got")
            for round_, key in zip(rounds, got, strict=True)
            if key is not None
        }


def _table(data: object) -> DrawTable:
    one = _object(data, "tables")
    return DrawTable(
        *(_number(one.get(name), name) for name in ("table", "round", "session", "seats"))
    )


def _object(data: object, name: str) -> dict[str, object]:
    if not isinstance(data, dict):
        raise _bad(name)
    return data


def _list(data: object, name: str, most: int) -> list[object]:
    if not isinstance(data, list) or len(data) > most:
        raise _bad(name)
    return data


def _text(data: object, name: str) -> str:
    if not isinstance(data, str) or len(data) > 200:
        raise _bad(name)
    return data


def _moment(data: object, name: str) -> datetime:
    try:
        return localtime(datetime.fromisoformat(_text(data, name)))
    except (ValueError, OverflowError):  # without a time zone too
        raise _bad(name) from None


def _number(data: object, name: str, *, most: int = 10**9) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or not 0 <= data <= most:
        raise _bad(name)
    return data


def _bad(name: str) -> UnreadableResult:
    return UnreadableResult(
        _("What the file says under ‘%(name)s’ can’t be read.") % {"name": name}
    )
