"""Storing the rows of a programme, as little of them as differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from django.db.models import Model

from program.outcome import Step
from program.programme import Entry
from program.stored import newlines

K = TypeVar("K")
M = TypeVar("M", bound=Model)
Values = Mapping[str, object]


def same(entry: Entry, names: str) -> dict[str, object]:
    """The fields that the model calls what the file calls them."""
    return {name: getattr(entry, name) for name in names.split()}


def given(entry: Entry, names: str) -> dict[str, object]:
    """As ``same``, without those that are to stay as they are."""
    return {name: value for name, value in same(entry, names).items() if value is not None}


def fit(steps: list[Step], row: M, values: Values) -> M:
    """Store a new row, or of an old one the fields that differ; never its counters."""
    differing = [name for name, value in values.items() if _plain(getattr(row, name)) != value]
    for name in differing:
        setattr(row, name, values[name])
    if row.pk is None:
        row.save(force_insert=True)
        steps.append(Step.about("added", row))
    elif differing:
        row.save(update_fields=differing)
        steps.append(Step.about("changed", row, differing))
    return row


def _plain(value: object) -> object:
    # A text from a browser has other line ends than one from a file.
    return newlines(value) if isinstance(value, str) else value


def remove(steps: list[Step], rows: Mapping[K, Model], wanted: Mapping[K, object]) -> None:
    for key, row in rows.items():
        if key not in wanted:
            steps.append(Step.about("removed", row))
            row.delete()
