from __future__ import annotations

from collections import Counter
from hashlib import sha256

from registrations.drawing.lot import blind, by_lot, lots, new_seed, seed_hash
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


def test_another_secret_gives_tables_other_numbers():
    tables = tuple(DrawTable(key, 1, key, 1) for key in range(20))
    problem = Problem(1, 1, tables, (Ranking(1, {1: (7,)}),))

    one, other = blind(problem, "one"), blind(problem, "other")

    assert one == blind(problem, "one")
    assert one[1] != other[1]
    assert one[0].rankings == (Ranking(1, {1: (one[1][7],)}),)
    # Tables and sessions alike: the same table has another number, and another session.
    sessions = [
        {back: table.session for table in found.tables for back in [new[table.key]]}
        for found, new in ((one[0], flip(one[1])), (other[0], flip(other[1])))
    ]
    assert sessions[0] != sessions[1]
    assert [sorted(found.values()) for found in sessions] == [list(range(1, 21))] * 2


def flip(new: dict[int, int]) -> dict[int, int]:
    return {number: key for key, number in new.items()}
