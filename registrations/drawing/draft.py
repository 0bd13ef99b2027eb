"""The draw without a solver: whoever gave in most chooses next."""

from __future__ import annotations

from registrations.drawing.problem import Lists, Problem, cost_of


def draft(problem: Problem, lists: Lists) -> dict[int, dict[int, int]]:
    """Round by round everybody takes the first of their list that is left.

    In the first round in the order of ``lists``, which is that of the lot; later by what one gave
    in so far, the most first, then by lot. Nobody takes a session that they already have.
    """
    left = {table.key: table.seats for table in problem.tables}
    session = {table.key: table.session for table in problem.tables}
    seats: dict[int, dict[int, int]] = {number: {} for number in lists}
    gave_in = dict.fromkeys(lists, 0)
    for round_ in problem.rounds:
        # Sorting keeps the order of the lot among equals.
        for number in sorted(lists, key=lambda number: -gave_in[number]):
            wishes, mine = lists[number][round_], seats[number]
            attends = {session[table] for table in mine.values()}
            for table in wishes:
                if table is None:
                    break
                if left[table] > 0 and session[table] not in attends:
                    mine[round_] = table
                    left[table] -= 1
                    break
            gave_in[number] += cost_of(wishes, mine.get(round_))
    return seats
