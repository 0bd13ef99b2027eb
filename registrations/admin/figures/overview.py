"""The overview of one event: plots, with the numbers below each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from program.file.to_do import to_do
from program.models import Event, Slot
from program.organisers import event_page, reads_along, render_page
from registrations.admin.figures import attention
from registrations.booking import answers
from registrations.door import presence, turnout
from registrations.door.turnout import Turnout
from registrations.queries import roles
from registrations.reports import figures, plots
from registrations.reports.plots import Bars, Drawing, Series


@dataclass(frozen=True)
class Plot:
    """A drawing with its numbers; the first of each row says what the others count.

    Without a drawing there is only the table. ``bars`` are drawn once it is known which others
    share their scale.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str | int]]
    drawing: Drawing | None = None
    legend: Sequence[Series] = ()
    note: str = ""
    bars: Bars | None = None
    # Where the people whom the note counts are listed, and those of the last number of each row.
    listed: str = ""
    rows_listed: Sequence[str] = ()

    @property
    def linked_rows(self) -> list[tuple[Sequence[str | int], str]]:
        """Each row with the address of the people whom its last number counts, if any."""
        return list(zip_longest(self.rows, self.rows_listed, fillvalue=""))


def drawn_alike(undrawn: Sequence[Plot]) -> Iterator[Plot]:
    """Plots of the same thing, all at one scale, each with a legend."""
    alike = [plot.bars for plot in undrawn if plot.bars and plot.bars.labels]
    for plot in undrawn:
        if plot.bars in alike:
            drawing = plots.bars(plot.bars, alike=alike)
            yield replace(plot, drawing=drawing, legend=used(plot.bars.series))
        else:
            yield plot


def used(series: Sequence[Series]) -> list[Series]:
    """What a legend has to explain."""
    return [one for one in series if any(one.values)]


def arrivals(event: Event) -> Iterator[Plot]:
    """Of those who are in now; only once somebody is."""
    found = turnout.arrivals(event)
    if not found:
        return
    labels = [time_format(moment) for moment, _people in found]
    numbers = [people for _moment, people in found]
    came = Series(_("came in"), "taken", numbers)
    rows = [(label, people) for label, people in zip(labels, numbers, strict=True) if people]
    total = sum(numbers)
    inside = ngettext("%(count)s person is in.", "%(count)s people are in.", total)
    yield Plot(
        _("Arrivals per five minutes"),
        [_("From"), _("People")],
        rows,
        plots.columns(labels, came),
        note=" ".join([inside % {"count": total}, *_out_of_hours(event)]),
    )


def _out_of_hours(event: Event) -> Iterator[str]:
    """Those who stand in the plot at another time than their device reported."""
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
    called = [(name or _("no role"), found) for name, found in turnout.per_role(event)]
    if not called:
        return  # those who are in have cancelled since, and nobody else is expected
    missing = sum(found.missing for _name, found in called)
    expected = sum(found.expected for _name, found in called)
    note = ngettext(
        "%(missing)s of %(expected)s people is not in.",
        "%(missing)s of %(expected)s people are not in.",
        missing,
    )
    heading = roles.heading(event)
    title = _("%(question)s: who came") % {"question": roles.heading(event, of_many=True)}
    came = _came(title, heading, [(name, name, found) for name, found in called])
    said, absent = note % {"missing": missing, "expected": expected}, _absent(event)
    yield from drawn_alike([replace(came, note=said, listed=absent)])
    tables = turnout.per_table(event)
    yield from drawn_alike(
        [
            replace(
                _came(
                    _("%(round)s: who came") % {"round": round_},
                    _("Table"),
                    [
                        (slot.session.code, str(slot.session), found)
                        for slot, found in tables
                        if slot.round == round_
                    ],
                ),
                rows_listed=[
                    f"{absent}&table={slot.pk}" if found.missing else ""
                    for slot, found in tables
                    if slot.round == round_
                ],
            )
            for round_ in dict.fromkeys(slot.round for slot, _turnout in tables)
        ]
    )


def _absent(event: Event) -> str:
    """The list of those who are registered and did not come in."""
    people = reverse("admin:registrations_registration_changelist")
    return f"{people}?event__id__exact={event.pk}&special=no-show"


def _came(title: str, what: str, found: Sequence[tuple[str, str, Turnout]]) -> Plot:
    """``found`` has of each table or role its short name, its full name, and who came."""
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
    headings = [what, _("Expected"), _("In"), _("Not in")]
    return Plot(title, headings, rows, bars=Bars(labels, series))


@require_safe
def overview(request: HttpRequest, event: Event) -> HttpResponse:
    at, reads = timezone.now(), reads_along(request)
    people = figures.people(event)
    return render_page(
        request,
        "admin/overview.html",
        event,
        _("Overview"),
        people=people,
        present=presence.count(event),
        at=at,
        to_do=[] if reads or event.over(at) else to_do(event),
        worries=[] if reads else attention.notices([event], at)[event.pk],
        over=event.over(at),
        plots=[
            *(_without_lists(plot) if reads else plot for plot in plots_of(event, people, at)),
            # Of some organisations one person comes.
            *(() if reads else organisations(event)),
            *(plot for plot in questions(event) if plot.rows or not reads),
        ],
    )


def _without_lists(plot: Plot) -> Plot:
    """Those who read along cannot open the lists of the people who are counted."""
    return replace(plot, listed="", rows_listed=())


def plots_of(event: Event, people: figures.People, at: datetime) -> Iterator[Plot]:
    """What is counted of every event, and names nobody."""
    yield from arrivals(event)
    yield from no_shows(event)
    yield from drawn_alike([_seats(one) for one in figures.rounds(event)])
    yield places(people)
    yield from days(event, at)
    yield from per_role(event)


def places(people: figures.People) -> Plot:
    """How the places are taken and how many people wait for one, all at one scale."""
    rows = [
        (_("registered"), "taken", people.registered),
        (_("guests with a place"), "reserved", people.guests_with_place),
        (_("not confirmed yet"), "held", people.unconfirmed),
        (_("to draw") if people.draw_to_come else _("free"), "free", people.left),
        (
            _("take part in the draw") if people.draw_to_come else _("on the waiting list"),
            "waiting",
            people.waiting,
        ),
        (_("extra, besides the places"), "gone", people.extra),
    ]
    counted = [(name, number) for name, _look, number in rows if number]
    series = [
        Series(name, look, [number if name == other else 0 for other, _number in counted])
        for name, look, number in rows
    ]
    words = {"taken": people.taken, "capacity": people.capacity}
    title = _("%(taken)s of %(capacity)s places") % words
    bars = Bars([name for name, _number in counted], series)
    drawing = plots.bars(bars, numbers=True) if counted else None
    return Plot(title, [_("What"), _("People")], counted, drawing)


def _seats(one: figures.InRound) -> Plot:
    """The seats of each table in a round; ``seats_left`` is what sign-up can still give."""
    words = {"round": one.round, "taken": one.taken, "seats": one.seats}
    series = [
        Series(_("taken"), "taken", [table.slot.taken for table in one.tables]),
        Series(_("reserved"), "reserved", [table.reserved for table in one.tables]),
        Series(_("free"), "free", [table.slot.seats_left for table in one.tables]),
        Series(_("waiting"), "waiting", [table.waiting for table in one.tables]),
    ]
    rows = [
        (_or_dropped(table.slot, str(table.slot.session)), table.slot.seats, *numbers)
        for table, *numbers in zip(one.tables, *(each.values for each in series), strict=True)
    ]
    return Plot(
        _("%(round)s: %(taken)s of %(seats)s seats") % words,
        [_("Table"), _("Seats"), *(each.name.capitalize() for each in series)],
        rows,
        bars=Bars([_short(table.slot) for table in one.tables], series),
    )


def days(event: Event, at: datetime) -> Iterator[Plot]:
    """Sign-ups and cancellations, day by day."""
    found = figures.days(event, until=timezone.localdate(at))
    if not found:
        return
    title = _("Sign-ups and cancellations per day")
    came = Series(_("sign-ups"), "taken", [day.signed_up for day in found])
    left = Series(_("cancellations"), "gone", [day.cancelled for day in found])
    # Translators: the format of a day as short as can be, with its year and without.
    labels = [date_format(day.day, _("j M Y")) for day in found]
    short = [date_format(day.day, _("j M")) for day in found]
    if len(set(short)) == len(short):
        labels = short
    rows = [
        (date_format(day.day), day.signed_up, day.cancelled)
        for day in found
        if day.signed_up or day.cancelled
    ]
    drawing = plots.columns(labels, came, left)
    headings = [_("Day"), _("Sign-ups"), _("Cancellations")]
    note = _("A sign-up counts from the day on which it is confirmed.")
    yield Plot(title, headings, rows, drawing, used([came, left]), note)


def per_role(event: Event) -> Iterator[Plot]:
    """None where nobody was asked."""
    found = figures.roles(event)
    if any(name for name, _people in found) or roles.asked(event):
        rows = [(name or _("no role"), people) for name, people in found]
        title = roles.heading(event, of_many=True)
        yield from _counted(title, roles.heading(event), rows)


def organisations(event: Event) -> Iterator[Plot]:
    found = figures.organisations(event)
    rows = list(found.largest)
    if found.others:
        other = ngettext("%(count)s other", "%(count)s others", found.others)
        rows.append((other % {"count": found.others}, found.rest))
    if found.none and rows:
        rows.append((_("none named"), found.none))
    yield from _counted(_("Organisations"), _("Organisation"), rows)


def questions(event: Event) -> Iterator[Plot]:
    """The answers to the organiser's own questions, counted; texts are in the export."""
    for figure in answers.figures(event):
        title = figure.question.local_question
        if figure.counts:
            answered = ngettext("%(count)s answer", "%(count)s answers", figure.answered)
            note = answered % {"count": figure.answered}
            yield from _counted(title, _("Answer"), figure.counts, note)
        else:
            if event.kept_until <= timezone.now():
                continue  # erased: nobody can read them any more
            answered = ngettext(
                "%(count)s answer: you find it in the export.",
                "%(count)s answers: you find them in the export.",
                figure.answered,
            )
            yield Plot(title, [], [], note=answered % {"count": figure.answered})


def _counted(
    title: str, what: str, rows: Sequence[tuple[str, int]], note: str = ""
) -> Iterator[Plot]:
    """How many people there are of each kind."""
    if not rows:
        return
    series = Series(_("people"), "taken", [people for _name, people in rows])
    bars = Bars([name for name, _people in rows], [series])
    yield Plot(title, [what, _("People")], rows, plots.bars(bars, numbers=True), note=note)


def _or_dropped(slot: Slot, name: str) -> str:
    return _("%(table)s (dropped out)") % {"table": name} if slot.dropped else name


def _short(slot: Slot) -> str:
    code = slot.session.code
    words = {"table": code, "taken": slot.taken, "seats": slot.seats}
    taken = _("%(table)s · %(taken)s of %(seats)s") % words
    return _or_dropped(slot, code) if slot.dropped else taken


pages: list[URLPattern] = [
    path("<int:pk>/overzicht/", event_page(overview, readers=True), name="event-overview")
]
