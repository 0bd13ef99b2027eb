"""Makes a result better for somebody at nobody's cost, until that can be done no more."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping

from registrations.drawing.problem import Lists, Problem, Seats, cost_of


def improve(problem: Problem, lists: Lists, seats: Seats) -> dict[int, dict[int, int]]:
    """The result with every such move made: first free seats, then cycles within a round.

    Always in the same order, that of the lot, and never to a session that one already attends. It
    ends, since each move brings everybody in it to an earlier wish. At last those with the same
    lists exchange whole days, so that of these the earlier lot has the better one; what others
    have, and what could be better, stays as it is.
    """
    seated = _Seated(problem, lists, seats)
    while any(seated.take_free_seats(round_) or seated.swap(round_) for round_ in problem.rounds):
        pass
    seated.order_by_lot()
    return seated.seats


class _Seated:
    def __init__(self, problem: Problem, lists: Lists, seats: Seats) -> None:
        self.lists = lists
        self.seats = {number: dict(seats.get(number, {})) for number in lists}
        self.session = {table.key: table.session for table in problem.tables}
        self.free = {table.key: table.seats for table in problem.tables}
        for mine in self.seats.values():
            for table in mine.values():
                self.free[table] -= 1

    def take_free_seats(self, round_: int) -> bool:
        """Whether anybody took one that they prefer to what they had."""
        moved = False
        for number in self.lists:
            for table in self._preferred(number, round_):
                if self.free[table] > 0:
                    self._move(number, round_, table)
                    moved = True
                    break
        return moved

    def swap(self, round_: int) -> bool:
        """Whether there was a cycle: somebody at each table prefers the next one."""
        # Table -> table -> the first by lot who would go.
        ways: dict[int, dict[int, int]] = {}
        for number in self.lists:
            here = self.seats[number].get(round_)
            if here is not None:
                for table in self._preferred(number, round_):
                    ways.setdefault(here, {}).setdefault(table, number)
        for start in sorted(ways):
            if cycle := _way_back(ways, start):
                for here, there in cycle:
                    self._move(ways[here][there], round_, there)
                return True
        return False

    def order_by_lot(self) -> None:
        alike: dict[object, list[int]] = {}
        for number, by_round in self.lists.items():
            alike.setdefault(tuple(sorted(by_round.items())), []).append(number)
        for numbers in alike.values():
            days = sorted((self.seats[number] for number in numbers), key=self._worth(numbers[0]))
            self.seats.update(zip(numbers, days, strict=True))

    def _worth(self, number: int) -> Callable[[Mapping[int, int]], tuple[int, list[int]]]:
        """What a day costs somebody with the lists of that person; of equals, round by round."""

        def worth(day: Mapping[int, int]) -> tuple[int, list[int]]:
            by_round = self.lists[number]
            costs = [cost_of(by_round[round_], day.get(round_)) for round_ in sorted(by_round)]
            return sum(costs), costs

        return worth

    def _preferred(self, number: int, round_: int) -> Iterator[int]:
        """What this person would rather have in the round and may have, best first."""
        wishes, mine = self.lists[number][round_], self.seats[number]
        attends = {self.session[table] for table in mine.values()}
        now = cost_of(wishes, mine.get(round_))
        for table in wishes:
            if table is None or cost_of(wishes, table) >= now:
                return
            if self.session[table] not in attends:
                yield table

    def _move(self, number: int, round_: int, table: int) -> None:
        left = self.seats[number].get(round_)
        if left is not None:
            self.free[left] += 1
        self.seats[number][round_] = table
        self.free[table] -= 1


def _way_back(ways: Mapping[int, Mapping[int, int]], start: int) -> list[tuple[int, int]]:
    """The steps of a shortest cycle through that table; none if there is none."""
    came_from: dict[int, int] = {}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for there in ways.get(here, {}):
            if there not in came_from:
                came_from[there] = here
                queue.append(there)
        if start in came_from:
            steps = [(came_from[start], start)]
            while steps[-1][0] != start:
                steps.append((came_from[steps[-1][0]], steps[-1][0]))
            return steps
    return []
