from __future__ import annotations

from collections import Counter
from hashlib import sha256

from registrations.drawing.lot import by_lot, lots, new_seed, numbered, seed_hash
from registrations.drawing.problem import DrawTable, Problem, Ranking


def test_seeds_are_long_and_never_the_same():
    seeds = {new_seed() for _ in range(20)}

    assert len(seeds) == 20
    assert {len(bytes.fromhex(seed)) for seed in seeds} == {32}


def test_hash_of_a_seed_can_be_found_with_any_tool():
    """`printf %s 5eed | sha256sum`"""
    assert seed_hash("5eed") == sha256(b"5eed").hexdigest()
    assert seed_hash("5eed").startswith("253e2c69")


def test_lots_are_the_order_of_the_hashes():
    by_hand = {n: sha256(f"5eed:{n}".encode()).hexdigest() for n in (30000, 10000, 20000)}

    drawn = lots("5eed", [30000, 10000, 20000])

    assert drawn == {n: lot for lot, n in enumerate(sorted(by_hand, key=by_hand.__getitem__), 1)}
    assert drawn == lots("5eed", [10000, 20000, 30000])
    assert list(drawn.values()) == [1, 2, 3]


def test_everybody_is_as_often_first():
    first = Counter(next(iter(lots(str(seed), [1, 2, 3, 4]))) for seed in range(4000))

    assert all(900 < times < 1100 for times in first.values())
    assert len(first) == 4


def test_places_go_to_the_first_lots_and_the_others_wait_in_their_order():
    rankings = tuple(Ranking(number, {}) for number in range(5))
    drawn = tuple(lots("5eed", range(5)))

    assert by_lot(Problem(3, 1, (), rankings), "5eed") == (drawn[:3], drawn[3:])
    assert by_lot(Problem(9, 1, (), rankings), "5eed") == (drawn, ())
    assert by_lot(Problem(0, 1, (), rankings), "5eed") == ((), drawn)
    assert by_lot(Problem(-1, 1, (), rankings), "5eed") == ((), drawn)


def test_tables_are_numbered_as_the_lists_name_them():
    first, second = lots("5eed", [10000, 20000])  # 10000 has the second lot
    assert (first, second) == (20000, 10000)
    tables = (
        DrawTable(1, 1, 1, 8),
        DrawTable(2, 1, 2, 8),
        DrawTable(3, 1, 3, 9),
        DrawTable(4, 1, 4, 7),
        DrawTable(5, 2, 1, 8),
        DrawTable(6, 2, 4, 7),
    )
    rankings = (Ranking(first, {1: (3,), 2: (5, None)}), Ranking(second, {1: (1, 2)}))

    found, new = numbered(Problem(2, 2, tables, rankings), "5eed")

    # Sessions 3, 1, 2 are named in this order; then the one that nobody names. By round, so.
    assert new == {3: 1, 1: 2, 2: 3, 4: 4, 5: 5, 6: 6}
    assert [table.session for table in found.tables] == [1, 2, 3, 4, 2, 4]
    assert found.rankings == (
        Ranking(second, {1: (2, 3)}),
        Ranking(first, {1: (1,), 2: (5, None)}),
    )


def test_tables_that_nobody_names_go_by_rounds_and_seats():
    tables = (DrawTable(1, 1, 1, 8), DrawTable(2, 1, 2, 6), DrawTable(3, 2, 2, 9))

    _found, new = numbered(Problem(1, 1, tables, (Ranking(1, {}),)), "5eed")

    assert new == {2: 1, 1: 2, 3: 3}
