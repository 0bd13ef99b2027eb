"""A drawing of the overview with the numbers that it is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from registrations.reports.plots import Series


@dataclass(frozen=True)
class Plot:
    """A drawing with its numbers; the first of each row says what the others count.

    Without a drawing the table is all there is.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str | int]]
    drawing: SafeString | None = None
    legend: Sequence[Series] = ()
    note: str = ""


def used(series: Sequence[Series]) -> list[Series]:
    """What a legend has to explain."""
    return [one for one in series if any(one.values)]
