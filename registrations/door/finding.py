"""Search on the server: for a door without scripts, by the same matching as on a device."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import get_language

from program.models import Event
from registrations.door import rows, words
from registrations.door.matching import Index, build, search
from registrations.door.rows import Row


@dataclass(frozen=True)
class Found:
    """Rows, best first; ``alike`` are those whose name only looks like what was typed."""

    sure: Sequence[Row]
    alike: Sequence[Row]
    total: int


def find(event: Event, query: str) -> Found:
    """Who may be meant. The list is read once for each version of the event, and language."""
    index, by_key = index_of(event.pk, event.version, get_language())
    hits = search(index, query)
    return Found(
        [by_key[key] for key in hits.sure], [by_key[key] for key in hits.alike], hits.total
    )


@lru_cache(maxsize=4)
def index_of(pk: int, _version: int, _language: str | None) -> tuple[Index[str], dict[str, Row]]:
    by_key = {row["id"]: row for row in one_each(rows.rows(Event.objects.get(pk=pk)))}
    names = [(row["id"], row["n"], row.get("o", "")) for row in by_key.values()]
    return build(names), by_key


def one_each(rows: Iterable[Row]) -> list[Row]:
    """One row a person: who came in before who did not, then by status, then the newest."""
    best: dict[str, Row] = {}
    for row in rows:
        key = str(row.get("same", row["id"]))
        if key not in best or _rank(row) <= _rank(best[key]):
            best[key] = row
    return list(best.values())


def _rank(row: Row) -> tuple[bool, int]:
    return not row.get("live"), words.ORDER.index(row.get("s", ""))
