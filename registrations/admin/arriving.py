"""What the door counted, for the overview: who came when, and who did not come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from program.models import Event
from registrations.admin.plot import Plot, used
from registrations.door import turnout
from registrations.door.turnout import Turnout
from registrations.models import Registration
from registrations.reports import plots
from registrations.reports.plots import Bars, Series

# More times than this have no room for a name each below the plot.
TIMES_NAMED = 6


def arrivals(event: Event) -> Iterator[Plot]:
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
    inside = ngettext("%(count)s person is in.", "%(count)s people are in.", total)
    said = [inside % {"count": total}, *_out_of_hours(event)]
    yield Plot(title, [_("From"), _("People")], rows, drawing, note=" ".join(said))


def _out_of_hours(event: Event) -> Iterator[str]:
    """Who stands in the plot at another time than the device told."""
    early, late = turnout.out_of_hours(event)
    if early:
        sentence = ngettext(
            "%(count)s person came in before %(time)s and is counted at that time.",
            "%(count)s people came in before %(time)s and are counted at that time.",
            early,
        )
        first = time_format(timezone.localtime(turnout.first_step(event)))
        yield sentence % {"count": early, "time": first}
    if late:
        sentence = ngettext(
            "%(count)s person came in after the end and is counted at the end.",
            "%(count)s people came in after the end and are counted at the end.",
            late,
        )
        yield sentence % {"count": late}


def no_shows(event: Event) -> Iterator[Plot]:
    """Per role, and per table with a plot a round; only once somebody is in."""
    if not event.presences.filter(present=True).exists():
        return
    names = {**dict(Registration.Role.choices), "": _("no role"), "guest": _("guests")}
    roles = [(str(names[role]), str(names[role]), found) for role, found in turnout.per_role(event)]
    if not roles:
        return  # the one who is in has cancelled since, and nobody else is expected
    missing = sum(found.missing for _short, _name, found in roles)
    expected = sum(found.expected for _short, _name, found in roles)
    note = ngettext(
        "%(missing)s of %(expected)s people is not in.",
        "%(missing)s of %(expected)s people are not in.",
        missing,
    )
    yield _came(_("Roles: who came"), roles).plot(
        _("Role"), note=note % {"missing": missing, "expected": expected}
    )
    tables = turnout.per_table(event)
    alike = [
        _came(
            _("%(round)s: who came") % {"round": round_},
            [
                (sitting.session.code, str(sitting.session), found)
                for sitting, found in tables
                if sitting.round == round_
            ],
        )
        for round_ in dict.fromkeys(sitting.round for sitting, _turnout in tables)
    ]
    for came in alike:
        yield came.plot(_("Table"), [one.bars for one in alike])


@dataclass(frozen=True)
class _Came:
    """Bars of who came and who did not, and the same as rows of numbers."""

    bars: Bars
    rows: Sequence[tuple[str, int, int, int]]

    def plot(self, what: str, alike: Sequence[Bars] = (), note: str = "") -> Plot:
        headings = [what, _("Expected"), _("In"), _("Not in")]
        drawing = plots.bars(self.bars, alike=alike)
        return Plot(self.bars.title, headings, self.rows, drawing, used(self.bars.series), note)


def _came(title: str, found: Sequence[tuple[str, str, Turnout]]) -> _Came:
    """Of each table or role: its short name, its whole name, and who of it came."""
    series = [
        Series(_("came in"), "taken", [one.came for _short, _name, one in found]),
        Series(_("not in"), "gone", [one.missing for _short, _name, one in found]),
    ]
    words = _("%(name)s · %(came)s of %(expected)s")
    labels = [
        words % {"name": short, "came": one.came, "expected": one.expected}
        for short, _name, one in found
    ]
    rows = [(name, one.expected, one.came, one.missing) for _short, name, one in found]
    return _Came(Bars(title, labels, series), rows)
