"""Typing errors after the @: 'Did you mean gmail.com?' Only ever a question; nothing is changed.

The libraries for this were looked at and left: docs/decisions.md says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from registrations.names.spelling import distance

# Who has so many mailboxes that one event may write to hundreds of them.
PROVIDERS = frozenset(
    [
        *("gmail.com", "hotmail.com", "hotmail.nl", "outlook.com", "live.nl", "live.com"),
        *("msn.com", "icloud.com", "yahoo.com", "yahoo.nl", "proton.me", "ziggo.nl"),
        *("kpnmail.nl", "planet.nl", "hetnet.nl", "home.nl", "xs4all.nl", "upcmail.nl"),
        *("casema.nl", "quicknet.nl", "chello.nl", "online.nl", "tele2.nl", "telfort.nl"),
        *("zeelandnet.nl", "caiway.nl", "gmx.net", "gmx.com", "t-online.de", "web.de"),
    ]
)
LIST = Path(__file__).with_name("mail_domains.txt")
# One letter more or less makes another word of a shorter name: 'ede', 'oss', 'live'.
SHORTEST = 5

# Endings that do not exist, and what was meant.
WRONG_ENDINGS = {
    wrong: ending
    for ending, all_wrong in {
        "nl": ["n", "bl", "ln", "nj", "nk", "bnl", "mnl", "nlk", "nll", "nlm", "nnl", "nlnl"],
        "com": ["c", "cim", "ckm", "cmo", "cok", "con", "cpm", "ocm", "vom", "xom", "comm", "coom"],
        "net": ["ent", "ner", "nte", "nett"],
        "org": ["ogr", "prg", "orgg"],
    }.items()
    for wrong in all_wrong
}
# Those of other countries, though as likely a letter left out: only for a domain that is known.
DOUBTFUL_ENDINGS = {"co": "com", "cm": "com", "om": "com", "ml": "nl", "ne": "net"}
# What has one ending all over the world.
ONE_ENDING = {"gmail": "gmail.com", "googlemail": "googlemail.com", "icloud": "icloud.com"}


def better(email: str, *, also: Iterable[str] = ()) -> str:
    """The address that was probably meant instead of ``email``; "" if it looks right.

    ``also`` are addresses whose domains are right too, such as the organiser's.
    """
    local, _at, domain = email.rpartition("@")
    others = (other.rpartition("@")[2].lower() for other in also)
    known = list(dict.fromkeys([*others, *_common()]))
    meant = _meant(domain.lower(), known)
    return f"{local}@{meant}" if meant else ""


def _meant(domain: str, known: list[str]) -> str:
    if domain in known:
        return ""
    name, _dot, ending = domain.rpartition(".")
    if name in ONE_ENDING:
        return ONE_ENDING[name]
    mended = f"{name}.{WRONG_ENDINGS[ending]}" if ending in WRONG_ENDINGS else ""
    tries = [mended or domain]
    if ending in DOUBTFUL_ENDINGS:
        tries.append(f"{name}.{DOUBTFUL_ENDINGS[ending]}")
    for tried in tries:
        if tried in known:
            return tried
        if near := next((other for other in known if _near(tried, other)), ""):
            return near
    return mended


def _near(typed: str, other: str) -> bool:
    """One letter apart. Hardly anybody mistypes the first one, and ymail.com is not gmail.com."""
    if typed[0] != other[0] or abs(len(typed) - len(other)) > 1:
        return False
    return len(other.rpartition(".")[0]) >= SHORTEST and distance(typed, other) == 1


@cache
def _common() -> list[str]:
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]
