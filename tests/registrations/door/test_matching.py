from __future__ import annotations

import pickle
import random
import unicodedata

import pytest

from registrations.door.matching import SHOWN, Hits, build, keys_matching, search
from registrations.names.person_names import PARTICLES
from tests.registrations.door import made_up
from tests.registrations.door.names import CASES, MEANT, NOT_MEANT, PEOPLE, Case


def test_search_finds_the_people_of_the_shared_list_and_nobody_else():
    index = build(PEOPLE)

    assert [Case(c.query, *search(index, c.query)[:2]) for c in CASES] == CASES


@pytest.mark.parametrize(("query", "name"), MEANT)
def test_search_finds_the_person_meant_and_nobody_else(query, name):
    assert keys_matching([(1, name, "")], query) == [1]


@pytest.mark.parametrize(("query", "name"), NOT_MEANT)
def test_search_does_not_find_people_who_are_not_meant(query, name):
    assert keys_matching([(1, name, "")], query) == []


def test_typing_a_name_never_loses_its_owner():
    """Letter by letter, from the second on, in both orders, with and without accents."""
    everybody = made_up.people(30, seed=11)
    index = build(everybody)
    lost = []
    for key, name, _organisation in everybody:
        words = name.split()
        for whole in (name, " ".join([*words[1:], words[0]])):
            plain = unicodedata.normalize("NFKD", whole).encode("ascii", "ignore").decode()
            for text in dict.fromkeys([whole, plain if whole.isascii() else whole.lower()]):
                typed = [text[:end] for end in range(1, len(text) + 1)]
                lost += [t for t in typed if _letters(t) > 1 and key not in _sure(index, t)]

    assert lost == []


def _letters(text: str) -> int:
    return sum(char.isalnum() for char in text)


def _sure(index, query):
    return search(index, query, limit=len(index.keys)).sure


def test_search_does_not_depend_on_the_order_of_people():
    everybody = made_up.people(80, seed=12)
    shuffled = random.Random(1).sample(everybody, len(everybody))
    queries = [made_up.query(random.Random(seed), everybody) for seed in range(100)]

    one, other = build(everybody), build(shuffled)

    assert [search(one, query) for query in queries] == [search(other, query) for query in queries]


def test_people_of_one_name_come_in_order_of_key():
    people = [(3, "Jan Bos", ""), (1, "Jan Bos", ""), (2, "Jan Bos", "")]

    assert search(build(people), "bos").sure == [1, 2, 3]


def test_search_shows_thirty_and_counts_all():
    found = search(build([(n, f"Jan Bos {n}", "") for n in range(45)]), "bos")

    assert found == Hits([*range(2), *range(10, 20), 2, *range(20, 30), 3, *range(30, 36)], [], 45)
    assert len(found.sure) == SHOWN


def test_keys_matching_has_no_limit():
    people = [(n, "Jan Bos", "") for n in range(45)]

    assert keys_matching(people, "bos") == [*range(45)]


def test_search_without_people_finds_nobody():
    assert search(build([]), "jan") == Hits([], [], 0)


def test_every_particle_may_be_typed_or_left_out():
    missed = [
        (particle, name, query)
        for particle in PARTICLES
        for name in ("Zoë Dijk", f"Zoë {particle} Dijk")
        for query in ("dijk", f"{particle} dijk", f"zoe {particle} dijk", f"dijk {particle}")
        if search(build([(1, name, "")]), query).sure != [1]
    ]

    assert missed == []


def test_each_word_needs_a_word_of_its_own():
    people = [(1, "Jan Bakker", ""), (2, "Jan Jansen", "")]

    assert search(build(people), "jan jan").sure == [2]


def test_initial_counts_only_beside_a_word_that_fits():
    people = [(1, "J. P. Smid", "")]

    assert [keys_matching(people, q) for q in ("johan", "johan pieter", "johan smit")] == [
        *([], [], [1]),
    ]


def test_organisation_comes_under_every_name_but_above_guesses():
    people = [
        *((1, "Ali Backers", "Parteon"), (2, "Jo Bakker", ""), (3, "Bo Vis", "Backer bv")),
        *((4, "Bo Bekker", ""), (5, "Cor Schoonbakker", ""), (6, "Al Backer", "")),
    ]

    assert search(build(people), "backer") == Hits([6, 1, 2, 5, 3], [4], 6)


def test_crafted_names_and_queries_cost_little():
    """Nobody can make the door wait by the name they sign up with."""
    index = build([(1, "ab " * 33, "ab " * 33), (2, "abcdefgh" * 12, ""), (3, "\ufdfa" * 100, "")])

    assert search(index, "ab " * 5_000).total == 1
    assert search(index, "a" * 100_000).total == 0
    assert search(index, "van " * 500).total == 0
    assert search(build([(1, "a b c d e f g h i", "")]), "a b c d e f g h zz").sure == [1]


def test_index_can_be_kept():
    index = build(PEOPLE)

    assert pickle.loads(pickle.dumps(index)) == index
