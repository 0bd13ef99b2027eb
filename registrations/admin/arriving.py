"""What the door counted, for the overview: who came when, and who did not come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils.formats import time_format
from django.utils.translation import gettext as _

from program.models import Event
from registrations.admin.plot import Plot, used
from registrations.door import turnout
from registrations.door.turnout import Turnout
from registrations.models import Registration
from registrations.reports import plots
from registrations.reports.plots import Series

# More times than this have no room for a name each below the plot.
TIMES_NAMED = 6


def arrivals(event: Event, at: datetime) -> Iterator[Plot]:
    """Of who is in now; only once somebody is."""
    found = turnout.arrivals(event)
    if not found:
        return
    title = _("Arrivals per five minutes")
    labels = [time_format(moment) for moment, _people in found]
    came = Series(_("came in"), "taken", [people for _moment, people in found])
    nobody = Series("", "gone", [0] * len(found))
    step = -(-len(labels) // TIMES_NAMED)
    drawing = plots.columns(title, labels, came, nobody, named=labels[::step])
    rows = [(label, people) for label, (_at, people) in zip(labels, found, strict=True) if people]
    total = sum(people for _moment, people in found)
    note = _("%(count)s people are in.") % {"count": total}
    yield Plot(title, [_("From"), _("People")], rows, drawing, note=note)


def no_shows(event: Event, at: datetime) -> Iterator[Plot]:
    """Per table, a plot a round, and per role; only once somebody is in."""
    if not event.presences.filter(present=True).exists():
        return
    tables = turnout.per_table(event)
    for round_ in dict.fromkeys(sitting.round for sitting, _turnout in tables):
        here = [
            (f"{sitting.session.code}", str(sitting.session), found)
            for sitting, found in tables
            if sitting.round == round_
        ]
        yield _came(_("%(round)s: who came") % {"round": round_}, _("Table"), here)
    names = {**dict(Registration.Role.choices), "": _("no role"), "guest": _("guests")}
    roles = [(str(names[role]), str(names[role]), found) for role, found in turnout.per_role(event)]
    yield _came(_("Roles: who came"), _("Role"), roles)


def _came(title: str, what: str, rows: Sequence[tuple[str, str, Turnout]]) -> Plot:
    series = [
        Series(_("came in"), "taken", [found.came for _short, _name, found in rows]),
        Series(_("not in"), "gone", [found.missing for _short, _name, found in rows]),
    ]
    words = _("%(name)s · %(came)s of %(expected)s")
    labels = [
        words % {"name": short, "came": found.came, "expected": found.expected}
        for short, _name, found in rows
    ]
    numbers = [(name, found.expected, found.came, found.missing) for _short, name, found in rows]
    headings = [what, _("Expected"), _("In"), _("Not in")]
    return Plot(title, headings, numbers, plots.bars(title, labels, series), used(series))
