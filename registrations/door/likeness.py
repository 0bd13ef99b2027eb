"""How well a word that somebody typed fits a word of a name (docs/door.md, 'Finding a name').

Pure text. ``static/js/door/matching.js`` has the same rules; tests hold the two together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from registrations.names.person_names import PARTICLES

# Every possible score is one of these, one of JOINED, or a guess.
EQUAL, PREFIX, FOLD_EQUAL, FOLD_PREFIX, INSIDE, FOLD_INSIDE = 100, 85, 80, 70, 55, 45
# For words of the query written as one: a little less than the words themselves.
JOINED = {EQUAL: 95, PREFIX: 80, FOLD_EQUAL: 75, FOLD_PREFIX: 65}
SURE = 41  # anything lower is a guess, and shown as such
RUN_ON = 38  # 'peters' for Peter Smit: a guess, unless the query goes further
INITIAL = 35  # 'Johan' for 'J.'; one typing error makes 30, two make 20
TOO_MANY = 3  # typing errors

# How people are addressed: before a name in a query these may fit, but need not.
TITLES = frozenset(
    [
        *("dhr", "heer", "meneer", "mijnheer", "mw", "mevr", "mevrouw", "mej", "juffrouw"),
        *("fam", "familie", "dr", "drs", "ir", "ing", "mr", "prof", "professor", "ds", "dominee"),
        *("wethouder", "burgemeester", "raadslid", "mrs", "ms", "miss"),
    ]
)
# 'vdmeulen' is van der Meulen: how people shorten what stands before a surname.
_SHORT = {"van": "v", "de": "d", "den": "d", "der": "d", "het": "h", "t": "t", "v": "v", "d": "d"}
_SHORT |= {"vd": "vd", "vdr": "vd", "vanden": "vd", "vander": "vd", "vh": "vh"}
LINKS = PARTICLES | {"v", "d"}

# Spellings that sound alike, each replaced by one, in this order.
FOLDS = [
    *(("dj", "j"), ("x", "ks"), ("q", "k"), ("ph", "f"), ("sch", "s"), ("chr", "kr")),
    *(("chl", "kl"), ("ch", "g"), ("kh", "g"), ("gh", "g"), ("sh", "s"), ("ck", "k"), ("c", "k")),
    *(("bh", "b"), ("dh", "d"), ("jh", "j"), ("rh", "r"), ("th", "t"), ("z", "s"), ("v", "f")),
    *(("eij", "i"), ("ij", "i"), ("ei", "i"), ("ey", "i"), ("y", "i"), ("j", "i")),
    *(("ae", "a"), ("ou", "u"), ("oe", "u"), ("ue", "u")),
]
_DOUBLE = re.compile(r"(.)\1+")


class Form(NamedTuple):
    """One or more words of a person as one word, in the two ways that are compared."""

    norm: str
    fold: str
    first: int  # letters of its first word, if it joins several; else 0
    least: int = 0  # with fewer letters than this, it is hardly what was meant


class Word(NamedTuple):
    """A word of the query. Letters still to come may change how it sounds at the end."""

    norm: str
    fold: str
    unfinished: str
    joined: bool  # made of several, so that only a strong likeness counts


def typed(word: str, *, joined: bool = False) -> Word:
    return Word(word, fold(word), _fold_unfinished(word), joined)


def shortened(words: Sequence[str]) -> str:
    """'vdberg' for van den Berg and v.d. Berg; empty for a name that nobody shortens so."""
    *before, last = words
    letters = "".join(_SHORT.get(word, " ") for word in before)
    fit = len(letters) > 1 and letters[0] == "v" and " " not in letters
    return letters + last if fit and last not in LINKS else ""


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """A word of ``norm`` as it sounds: 'janssen' is 'iansen', 'smidt' is 'smit'."""
    word = _fold_unfinished(word)
    if word.endswith("dt"):
        return word[:-2] + "t"
    return word[:-1] + "t" if word.endswith("d") else word


def _fold_unfinished(word: str) -> str:
    """As ``fold``, of a word that goes on: the d of 'meid…' is no t."""
    for spelling, sound in FOLDS:
        word = word.replace(spelling, sound)
    return _DOUBLE.sub(r"\1", word)


def score(word: Word, form: Form) -> int:
    """How well a word of the query fits a form, 0 for not at all."""
    letters = len(word.norm)
    if letters <= form.first:
        return 0  # anything that fits, fits the first of the joined words by itself
    likeness = _likeness(word, form)
    if word.joined or likeness:
        return JOINED.get(likeness, 0) if word.joined else likeness
    if not form.first and letters >= 3:
        if word.norm in form.norm:
            return INSIDE
        if min(letters, len(word.fold)) >= 4 and (
            word.unfinished in form.fold or word.fold in form.fold
        ):
            return FOLD_INSIDE
    if letters >= 2 and form.norm == word.norm[0]:
        return INITIAL
    return _guess(word, form)


def as_organisation(word: Word, points: int) -> int:
    """41 to 44: sure, but below everybody whose name fits. Guesses and fragments do not count."""
    return 40 + points // 25 if len(word.norm) >= 3 and points > INSIDE else 0


def _likeness(word: Word, form: Form) -> int:
    found = _beginning(word, form)
    return RUN_ON if found in (PREFIX, FOLD_PREFIX) and len(word.norm) < form.least else found


def _beginning(word: Word, form: Form) -> int:
    if form.norm.startswith(word.norm):
        return EQUAL if len(form.norm) == len(word.norm) else PREFIX
    # Short folds say little: 'jij' is 'i', and 'su', from 'zoe', begins Schulte and Sudermar.
    sounds = len(word.fold)
    if sounds >= 2 and form.fold == word.fold:
        return FOLD_EQUAL
    if sounds >= 3 and form.fold.startswith((word.unfinished, word.fold)):
        return FOLD_PREFIX
    return 0


def _guess(word: Word, form: Form) -> int:
    """For a typing error, in what sounds alike or else in what was typed."""
    errors = _errors(word.fold, form.fold)
    if errors > 1:
        errors = min(errors, _errors(word.norm, form.norm))
    return 40 - 10 * errors if errors < TOO_MANY else 0


def _errors(typed: str, name: str) -> int:
    """Letters to change, add, leave out or swap with their neighbour until ``name`` begins so.

    One is allowed from four letters on, two from seven on, none in the first letter; beyond
    that TOO_MANY.
    """
    allowed = 0 if len(typed) < 4 else 1 if len(typed) < 7 else 2
    if not allowed or typed[0] != name[0] or len(name) < len(typed) - allowed:
        return TOO_MANY
    before: list[int] = []
    row = list(range(min(len(name), len(typed) + allowed) + 1))
    for i, letter in enumerate(typed, 1):
        earlier, before, row = before, row, [i]
        for j in range(1, len(before)):
            step = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != name[j - 1]))
            if i > 1 and j > 1 and letter == name[j - 2] and typed[i - 2] == name[j - 1]:
                step = min(step, earlier[j - 2] + 1)
            row.append(step)
        if min(row) > allowed:
            return TOO_MANY
    return min(row)
