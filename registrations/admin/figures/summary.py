"""A page to keep of an event: all its numbers and no names, on paper or in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from program.models import Event
from program.organisers import event_page
from registrations.admin.figures import overview
from registrations.admin.figures.exporting import small_file
from registrations.admin.figures.overview import Plot
from registrations.door import presence, turnout
from registrations.reports import exports, figures
from registrations.reports.export_columns import Cell

Row = Sequence[str | int]


def totals(event: Event, people: figures.People) -> list[tuple[str, int]]:
    """The numbers of the event as a whole, leaving out zeros that go without saying."""
    came, expected = presence.count(event), turnout.expected(event)
    always = [
        (_("Places"), people.capacity),
        (_("Registered"), people.registered),
        (_("Expected, with guests and extra people"), expected),
        (_("Came in"), came),
    ]
    sometimes = [
        (_("Extra, on top of the places"), people.extra),
        (_("Guests"), people.guests),
        (_("Cancelled"), people.cancelled),
        (_("Still on the waiting list at the end"), people.waiting),
        (_("Without a table"), people.without_table),
        (_("Signed up by an organiser"), people.by_hand),
        (_("Came without a sign-up"), people.at_the_door),
        (_("Read English"), people.english),
        (_("Organisations"), figures.organisations_named(event)),
    ]
    return always + [(what, number) for what, number in sometimes if number]


def tables(event: Event, people: figures.People) -> list[Plot]:
    """What the overview counts, except the names of organisations."""
    found = [*overview.plots_of(event, people, timezone.now()), *overview.questions(event)]
    return [table for table in found if table.rows]


@require_safe
def summary(request: HttpRequest, event: Event) -> HttpResponse:
    people = figures.people(event)
    context = {
        "event": event,
        "title": _("%(event)s in numbers") % {"event": event},
        "at": timezone.now(),
        "totals": totals(event, people),
        "tables": tables(event, people),
    }
    return render(request, "admin/summary.html", context)


@require_safe
def file(request: HttpRequest, event: Event, *, kind: str) -> HttpResponse:
    """The same numbers for a spreadsheet program."""
    rows: list[list[Cell]] = [
        [cell if isinstance(cell, int) else str(cell) for cell in row] for row in _rows(event)
    ]
    if kind in exports.WORKBOOKS:
        width = max(map(len, rows))
        rows = [[*row, *[""] * (width - len(row))] for row in rows]
    return small_file(iter(rows), str(_("Summary")), f"{event.slug}-{event.day.isoformat()}.{kind}")


def _rows(event: Event) -> Iterator[Row]:
    """One table below another, each with its title."""
    people = figures.people(event)
    yield [str(event), date_format(event.day), str(event.venue)]
    yield from totals(event, people)
    for table in tables(event, people):
        yield []
        yield [table.title]
        yield table.headings
        yield from table.rows
        if table.note:
            yield [table.note]


pages: list[URLPattern] = [
    path("<int:pk>/samenvatting/", event_page(summary, readers=True), name="event-summary"),
    *(
        path(
            f"<int:pk>/samenvatting/{address}",
            event_page(partial(file, kind=kind), readers=True),
            name=f"event-summary-{kind}",
        )
        for kind, address in {
            "csv": "bestand/",
            "xlsx": "samenvatting.xlsx",
            "ods": "samenvatting.ods",
        }.items()
    ),
]
