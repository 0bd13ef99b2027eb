"""Made-up people, and what might be typed to find them; the same for the same seed."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path

_PARTS: dict[str, list[str]] = json.loads(
    Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
)

Person = tuple[str, str, str]  # key, name, organisation


def people(count: int, seed: int = 1) -> list[Person]:
    """So many people, about as various as those of a Dutch town."""
    chance = random.Random(seed)
    return [(f"p{number:05}", name(chance), organisation(chance)) for number in range(count)]


def organisation(chance: random.Random) -> str:
    return chance.choice(_PARTS["organisations"])


def name(chance: random.Random) -> str:
    parts = [chance.choice(_PARTS["first"])]
    if chance.random() < 0.1:
        parts.append(chance.choice(_PARTS["first"]))
    surname = _surname(chance)
    if chance.random() < 0.1:
        surname += chance.choice("- ") + _surname(chance)
    return " ".join([*parts, surname])


def _surname(chance: random.Random) -> str:
    built = (chance.choice(_PARTS["stems"]) + chance.choice(_PARTS["ends"])).title()
    main = chance.choice(_PARTS["main"]) if chance.random() < 0.5 else built
    return f"{chance.choice(_PARTS['particles'])} {main}" if chance.random() < 0.35 else main


def query(chance: random.Random, everybody: list[Person]) -> str:
    """What somebody may type to find one of these: all or part of a name, well or badly."""
    _key, who, where = chance.choice(everybody)
    words = who.split()
    if chance.random() < 0.15:
        words += where.split()
    if chance.random() < 0.4:
        chance.shuffle(words)
    if chance.random() < 0.5:
        words = words[: chance.randint(1, len(words))]
    typed = chance.choice([" ", " ", " ", " ", "", "-", "'"]).join(words)
    if chance.random() < 0.5:
        typed = "".join(c for c in unicodedata.normalize("NFKD", typed.lower()) if c.isascii())
    if chance.random() < 0.3:
        typed = typed[: chance.randint(1, len(typed) or 1)]
    if chance.random() < 0.15:
        before = chance.choice(
            ["dhr. ", "mevrouw ", "de heer ", "prof. dr. ", "vd", "v.d. ", "Heer "]
        )
        typed = before + typed
    for _ in range(chance.choice([0, 0, 0, 1, 1, 2])):
        typed = mistyped(chance, typed)
    return typed


def mistyped(chance: random.Random, text: str) -> str:
    """With one letter left out, added, changed or swapped with the next."""
    if len(text) < 2:
        return text
    at = chance.randrange(len(text) - 1)
    letter = chance.choice("aeiouyjhcktdszvfgpn")
    return chance.choice(
        [
            text[:at] + text[at + 1 :],
            text[:at] + letter + text[at:],
            text[:at] + letter + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        ]
    )
