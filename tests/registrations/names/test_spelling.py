"""Rule 3: how far a corrected name is from the one that was confirmed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from registrations.names.spelling import distance, folded
from tests.examples import examples

SHORT = st.text("abc", max_size=4)
NAMES = st.text(max_size=12)


@pytest.mark.parametrize(
    ("one", "other", "letters"),
    [
        ("Jan Jansen", "Jan Jansen", 0),
        ("Jan Jansen", "Jan Janssen", 1),
        ("Jan Jansen", "Jna Jansen", 1),
        ("Jan Jansen", "Jan Jasnen", 1),
        ("Jan Jansen", "Jan Hansem", 2),
        ("Jan Jansen", "Jan Pietersen", 6),
        ("ca", "abc", 2),  # a pair exchanged, with a letter put in between
        ("Jan", "", 3),
        ("Gülşen Çelik", "GULSEN CELIK", 0),
        ("Søren Łuczak", "soren luczak", 0),
        ("Weiß", "WEISS", 0),
        ("Anne-Marie", "Anne Marie", 1),
        ("D\u2019Angelo", "D'Angelo", 0),
        ("van den  Berg", "van den Berg", 0),
        ("Nguyễn", "Nguyen", 0),
        ("Γιάννης", "ΓΙΑΝΝΗΣ", 0),
        ("㍱", "hpa", 0),
    ],
)
def test_distance_counts_letters_and_neither_case_nor_accents(one, other, letters):
    assert distance(one, other) == distance(other, one) == letters


@pytest.mark.parametrize(("one", "other"), [("नीना", "नाना"), ("がく", "かく"), ("김", "긴")])
def test_distance_counts_marks_where_they_are_sounds(one, other):
    assert distance(one, other) == 1


@given(SHORT, SHORT)
@settings(max_examples=examples(300))
def test_distance_is_the_least_number_of_corrections(one, other):
    assert distance(one, other) == least(one, other)


@given(NAMES, NAMES)
def test_distance_is_the_same_both_ways_and_none_only_to_itself(one, other):
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (folded(one) == folded(other))
    assert distance(one, other) <= max(len(folded(one)), len(folded(other)))


@given(NAMES)
@example("㍱")  # one character that is 'hPa' once taken apart
@example("\u037a")
@example("\u1ffd")
def test_folding_twice_changes_nothing_more(name):
    assert folded(folded(name)) == folded(name)


def least(one: str, other: str) -> int:
    """By trying: corrections of one letter or a pair, shortest way first.

    A pair that was exchanged may have letters put in or left out between it, which single
    steps reach as well: put in or leave out first, or exchange first.
    """
    if one == other:
        return 0
    seen, edge, steps = {one}, {one}, 0
    while other not in seen:
        edge = {text for start in edge for text in steps_from(start)} - seen
        seen |= edge
        steps += 1
    return steps


def steps_from(text: str) -> Iterator[str]:
    for index in range(len(text) + 1):
        head, tail = text[:index], text[index:]
        if len(text) < 6:
            yield from (head + char + tail for char in "abc")
        if tail:
            yield head + tail[1:]
            yield from (head + char + tail[1:] for char in "abc")
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
