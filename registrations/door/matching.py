"""Who is meant by what was heard, read or half typed (docs/door.md, 'Finding a name').

Pure: no database, no clock. An ``Index`` may be kept for as long as the names stay as they
are: for one version of an event. ``static/js/door/matching.js`` is the same search for the
device; tests hold the two to the same people in the same order. Change both or neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from registrations.door.likeness import (
    FOLD_EQUAL,
    FOLD_PREFIX,
    INITIAL,
    LINKS,
    SURE,
    TITLES,
    Form,
    Word,
    as_organisation,
    fold,
    score,
    shortened,
    typed,
)
from registrations.names.person_names import PARTICLES, norm

Key = TypeVar("Key", int, str, UUID)

SHOWN = 30  # people; more than fit on a screen help nobody
PARTICLE = 3  # a particle or title that fits, or not, moves a person up or down by this
# Limits on what a crafted name or query may cost: the rest of either is ignored.
_QUERY_LENGTH, _QUERY_WORDS = 200, 8
_NAME_WORDS, _ORGANISATION_WORDS = 16, 8
_LONGEST_SPAN = 5  # words, such as 'Jan van in 't Veld'
# So far into the next word a query must go to have meant two words, if it does not say all of it.
_INTO_THE_NEXT = 3  # letters

_BEYOND_16_BITS = re.compile("[\U00010000-\U0010ffff]")


class Hits(NamedTuple, Generic[Key]):
    """Keys of people, best first: those who fit, and those whose name looks like it."""

    sure: list[Key]
    alike: list[Key]
    total: int  # with those who are not shown


class _Part(NamedTuple):
    """Where a form occurs: whose it is and, as bits, which of that person's words it covers."""

    position: int
    covers: int
    of_name: bool


_Fit = tuple[int, int]  # a score, and the words it is for, as bits


@dataclass(frozen=True, slots=True)
class Index(Generic[Key]):
    """People made ready to search: their keys in order of name, and all forms of all names."""

    keys: list[Key]
    forms: dict[Form, list[_Part]]


def build(people: Iterable[tuple[Key, str, str]]) -> Index[Key]:
    """An index of (key, name, organisation); a name is 'Zoë van Dijk'.

    Keys must differ. The order of ``people`` does not matter: equal fits come in order of name,
    then of key.
    """
    rows: list[tuple[list[str], Key, list[str]]] = sorted(
        (_words(who), key, _words(where)) for key, who, where in people
    )
    forms: dict[Form, list[_Part]] = {}
    for position, (name, _key, organisation) in enumerate(rows):
        for form, covers, of_name in _forms(name[:_NAME_WORDS], organisation[:_ORGANISATION_WORDS]):
            forms.setdefault(form, []).append(_Part(position, covers, of_name))
    return Index([key for _name, key, _organisation in rows], forms)


def search(index: Index[Key], query: str, limit: int = SHOWN) -> Hits[Key]:
    """Who is meant by ``query``, best first, at most ``limit`` people.

    Nobody for fewer than two letters: a list is not to be read over a shoulder.
    """
    ranked = _ranked(index, query)
    shown = ranked[:limit]
    sure = [index.keys[position] for lowest, _mean, position in shown if lowest >= SURE]
    alike = [index.keys[position] for lowest, _mean, position in shown if lowest < SURE]
    return Hits(sure, alike, len(ranked))


def keys_matching(people: Iterable[tuple[Key, str, str]], query: str) -> list[Key]:
    """Everybody whom ``search`` would find without its limit, best first; for lists and filters."""
    index = build(people)
    return [index.keys[position] for _lowest, _mean, position in _ranked(index, query)]


def _forms(name: list[str], organisation: list[str]) -> Iterator[tuple[Form, int, bool]]:
    """The forms that find a person: each word, and words of the name that people write as one."""
    for number, word in enumerate([*name, *organisation]):
        yield Form(word, fold(word), 0), 1 << number, number < len(name)
    for start, end in _spans(name):
        words, covers = name[start:end], (1 << end) - (1 << start)
        joined, short, first = "".join(words), shortened(words), len(words[0])
        least = 0 if words[0] in LINKS else first + _INTO_THE_NEXT
        yield Form(joined, fold(joined), first, least), covers, True
        if short and short != joined:
            yield Form(short, fold(short), 1), covers, True


def _words(text: str) -> list[str]:
    """The words of ``norm``, with letters counted as a browser counts them.

    There letters beyond 16 bits (rare Chinese, Adlam) are two, so here too: then lengths and order
    are the same.
    """
    return _BEYOND_16_BITS.sub(_as_pair, norm(text)).split()


def _as_pair(found: re.Match[str]) -> str:
    code = ord(found[0]) - 0x10000
    return chr(0xD800 + (code >> 10)) + chr(0xDC00 + (code & 0x3FF))


def _spans(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Neighbours that people write as one: pairs, and more with only particles between.

    'peterjan', 'vandenberg', 'abdelkader'.
    """
    for start in range(len(words)):
        for end in range(start + 2, min(start + _LONGEST_SPAN, len(words)) + 1):
            yield start, end
            if words[end - 1] not in LINKS:
                break


def _addressed(words: list[str]) -> tuple[list[str], list[str]]:
    """A query as the words of a name and the titles before it: 'de heer de Wit' is (de Wit, heer).

    Typed alone, a title means somebody who is called so.
    """
    leading = list(takewhile(lambda word: word in PARTICLES or word in TITLES, words))
    titles = [word for word in leading if word in TITLES]
    end = max((at + 1 for at, word in enumerate(leading) if word in TITLES), default=0)
    return (words[end:], titles) if words[end:] else (words, [])


def _readings(words: list[str]) -> Iterator[tuple[list[Word], list[str]]]:
    """The ways to read a query, each as words that must fit and particles that may.

    As it stands, with some neighbours as one, and wholly as one. The joined word comes first,
    for it fits the fewest.
    """
    only_particles = PARTICLES.issuperset(words)
    whole = (0, len(words))
    for start, end in dict.fromkeys([(0, 0), *_spans(words), *([whole] if words[1:] else [])]):
        others = words[:start] + words[end:]
        may = [] if only_particles else [word for word in others if word in PARTICLES]
        must = [typed(word) for word in others if word not in may]
        joined = [typed("".join(words[start:end]), joined=True)] if end else []
        yield joined + must, may


def _ranked(index: Index[Key], query: str) -> list[tuple[int, float, int]]:
    """(lowest score, mean score, position) of everybody found, in order.

    A person is as good as the word that fits worst. Each word takes words of the person that
    no other takes; which way of reading the query is best may differ between people.
    """
    words, titles = _addressed(_words(query[:_QUERY_LENGTH])[:_QUERY_WORDS])
    if sum(map(len, words)) < 2:
        return []
    known: dict[Word, dict[int, list[_Fit]]] = {}

    def fits(word: Word) -> dict[int, list[_Fit]]:
        if word not in known:
            known[word] = _fits(index, word)
        return known[word]

    best: dict[int, tuple[int, float]] = {}
    for must, may in _readings(words):
        wanted = [fits(word) for word in must]
        nearby = [fits(typed(text)) for text in may + titles]
        for position in set(wanted[0]).intersection(*wanted[1:]):
            placed = _placed([fitting[position] for fitting in wanted])
            if placed is None:
                continue
            lowest, total = placed
            mean = total / len(must)
            for optional in nearby:
                found = any(points >= FOLD_EQUAL for points, _covers in optional.get(position, ()))
                mean += PARTICLE if found else -PARTICLE
            best[position] = max(best.get(position, (0, 0.0)), (lowest, mean))
    found_people = [(lowest, mean, position) for position, (lowest, mean) in best.items()]
    return sorted(found_people, key=lambda found: (-found[0], -found[1], found[2]))


def _fits(index: Index[Key], word: Word) -> dict[int, list[_Fit]]:
    """Everybody with a part that fits ``word``, by position, with the scores, best first."""
    fits: dict[int, list[_Fit]] = {}
    for form, parts in index.forms.items():
        if found := score(word, form):
            for position, covers, of_name in parts:
                if own := found if of_name else as_organisation(word, found):
                    fits.setdefault(position, []).append((own, covers))
    for fitting in fits.values():
        fitting.sort(reverse=True)
    return fits


def _placed(fits: list[list[_Fit]]) -> tuple[int, int] | None:
    """The best (lowest, total) that these words reach together in one person, if any."""
    best = None
    highest = sum(fitting[0][0] for fitting in fits)
    for scores in _placings(fits, 0):
        # An initial says so little that another word has to bear it out.
        if INITIAL in scores and max(scores) < FOLD_PREFIX:
            continue
        placed = (min(scores), sum(scores))
        if best is None or placed > best:
            best = placed
        if placed[1] == highest:
            break
    return best


def _placings(fits: list[list[_Fit]], taken: int) -> Iterator[tuple[int, ...]]:
    """The scores of each way to give every word words of its own."""
    if not fits:
        yield ()
        return
    for points, covers in fits[0]:
        if not covers & taken:
            for others in _placings(fits[1:], taken | covers):
                yield (points, *others)
