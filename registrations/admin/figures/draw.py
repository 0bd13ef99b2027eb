"""The page about the draw of an event: what people ask for, a draw on trial, and what came out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from math import ceil
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from program.models import Event
from program.models.constraints import LARGE, SMALL
from program.organisers import event_page, must_change, reads_along, render_page
from registrations.admin.figures.overview import Plot, used
from registrations.booking import drawing
from registrations.booking.drawing import DrawSnapshot
from registrations.drawing.draw import Refused
from registrations.drawing.problem import cost
from registrations.drawing.report import gap_to_tell
from registrations.forms.plain import PlainForm
from registrations.reports import draws, plots
from registrations.reports.draws import AskedRound, AskedTable, Fairness, Trial
from registrations.reports.plots import Bars, Series

NAMED = 3  # choices with a colour of their own; further ones share the last
FORM = "try-form"  # the id of the form, which fields all over the page belong to
OTHERS = "seats_"  # and the key of a slot
MOST_FIGURES = 500  # letters of the figures of a trial


class TrialForm(PlainForm):
    """Other seats and places to draw with, as if."""

    places = forms.IntegerField(
        label=gettext_lazy("Places of the event"),
        min_value=0,
        max_value=LARGE[0].limit_value,
        required=False,
    )

    def __init__(self, event: Event, seen: DrawSnapshot, data: Any = None) -> None:
        super().__init__(data, initial={"places": event.capacity})
        self.seats_now = {slot.pk: slot.seats for slot in seen.slots}
        self.capacity = event.capacity
        wrong = _("Give a whole number, 0 or more.")
        self.fields["places"].error_messages |= dict.fromkeys(
            ("invalid", "min_value", "max_value"), wrong
        )
        for slot in seen.slots:
            name = _("Table %(code)s in round %(round)s")
            words = {"code": slot.session.code, "round": slot.round.number}
            message = _("Table %(code)s in round %(round)s: give a whole number of seats.") % words
            self.fields[f"{OTHERS}{slot.pk}"] = forms.IntegerField(
                label=name % words,
                min_value=0,
                max_value=SMALL[0].limit_value,
                required=False,
                initial=slot.seats,
                error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), message),
            )

        for field in self.fields.values():
            field.widget.attrs["form"] = FORM

    @property
    def seats(self) -> dict[int, int]:
        """The other seats by the key of a slot, of those that would have more or fewer."""
        given = ((pk, self.cleaned_data.get(f"{OTHERS}{pk}")) for pk in self.seats_now)
        return {pk: seats for pk, seats in given if seats not in (None, self.seats_now[pk])}

    @property
    def other_places(self) -> int | None:
        given: int | None = self.cleaned_data.get("places")
        return None if given == self.capacity else given


@dataclass(frozen=True)
class Figures:
    """A draw in a few numbers, to lay beside another one. ``turns``: people times rounds."""

    turns: int
    first: int
    second: int
    nothing: int
    middle: int
    most: int
    waiting: int

    @classmethod
    def of(cls, fairness: Fairness) -> Figures:
        together = fairness.together
        wishes = (*together.wishes, 0, 0)
        return cls(
            together.people,
            *(wishes[0], wishes[1], together.nothing),
            *(fairness.middle, fairness.most, fairness.waiting),
        )

    @classmethod
    def read(cls, text: str) -> Figures | None:
        """As the page handed it out; None for anything else."""
        try:
            found = json.loads(text)
            numbers = [found[field.name] for field in fields(cls)]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        fine = all(type(one) is int and 0 <= one < 10**9 for one in numbers)
        return cls(*numbers) if fine else None

    @property
    def text(self) -> str:
        return json.dumps(asdict(self))

    def beside(self, last: Figures | None) -> list[tuple[str, str, str]]:
        """What each is called, of this one and of the last."""
        told = [dict(self._told()), dict(last._told()) if last else {}]
        return [(what, said, told[1].get(what, "")) for what, said in told[0].items()]

    def _told(self) -> Iterator[tuple[str, str]]:
        yield _("First choice"), _share(self.first, self.turns)
        yield _("First or second choice"), _share(self.first + self.second, self.turns)
        yield _("Nothing of their list"), _share(self.nothing, self.turns)
        yield _("Points per person: half of them at most"), str(self.middle)
        yield _("Points per person: anyone at most"), str(self.most)
        yield _("Wait for a place"), str(self.waiting)


def _share(part: int, whole: int) -> str:
    """'71 % (213 of 300 times)': somebody counts once in each round."""
    words = {"percent": _percent(part, whole), "count": part, "times": whole}
    return _("%(percent)s %% (%(count)s of %(times)s times)") % words


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


@require_http_methods(["GET", "HEAD", "POST"])
def draw(request: HttpRequest, event: Event) -> HttpResponse:
    posted = request.method == "POST"
    if posted:
        must_change(request)
    if not event.draw_to_come:
        return _after(request, event)
    at = timezone.now()
    seen = drawing.snapshot(event)
    may_try = request.user.has_perm("program.change_event") and not reads_along(request)
    form = TrialForm(event, seen, request.POST if posted else None) if may_try else None
    given = draws.seed_of_a_trial(event, request.POST.get("seed", ""))
    context: dict[str, Any] = {
        "handed_out": request.POST.get("last", "")[:MOST_FIGURES],
        "seed": given,
    }
    busy = failed = False
    too_few = draws.too_few_seats(event)
    if form and form.is_bound and form.is_valid():
        try:
            tried = draws.trial(event, seats=form.seats, capacity=form.other_places, seed=given)
        except draws.AnotherTrial:
            busy = True
        except Refused:
            failed = True
        else:
            context = _tried(form, tried, Figures.read(context["handed_out"]))
            context["same_lots"] = tried.seed == given
    return render_page(
        request,
        "admin/draw_to_come.html",
        event,
        _("Draw"),
        status=_status(form, busy=busy),
        at=at,
        late=draws.is_late(event, at),
        under_way=not event.ranking_open(at) and not event.called_off,
        people=len(seen.people),
        rounds=[
            {
                "asked": one,
                "plot": _demand(one),
                "rows": _rows(one, form),
                "too_few": too_few.get(one.round.pk, ""),
            }
            for one in draws.asked(seen)
        ],
        form=form,
        busy=busy,
        failed=failed,
        **context,
    )


def _status(form: TrialForm | None, *, busy: bool) -> int:
    if busy:
        return 429
    return 422 if form and form.errors else 200


def _tried(form: TrialForm, tried: Trial, last: Figures | None) -> dict[str, Any]:
    """What the page shows of a trial; its figures go along with the next one, and its seed if that
    is to have the same lots.
    """
    fairness = tried.fairness
    figures = Figures.of(fairness)
    return {
        "handed_out": figures.text,
        "seed": tried.seed,
        "short": draws.short_of_seats(tried.seen),
        "fairness": fairness,
        "how": how(fairness),
        "plots": list(plots_of(fairness)),
        "beside": figures.beside(last),
        "last": last,
        "others": len(form.seats) + (form.other_places is not None),
    }


def _after(request: HttpRequest, event: Event) -> HttpResponse:
    """Once it is drawn, or if there is nothing to draw."""
    found = draws.drawn(event)
    fairness = found.fairness if found else None
    return render_page(
        request,
        "admin/drawn.html",
        event,
        _("Draw"),
        drawn=found and found.told,
        fairness=fairness,
        how=how(fairness) if fairness else [],
        plots=list(plots_of(fairness)) if fairness else [],
        figures=Figures.of(fairness).beside(None) if fairness else [],
        too_late=draws.too_late(event) if event.drawn_at else 0,
    )


def _demand(one: AskedRound) -> Plot:
    """First choices against the seats there are, the most pressed first."""
    tables = one.tables
    series = [
        Series(_("first choices, with a seat"), "taken", [min(t.first, t.seats) for t in tables]),
        Series(
            _("first choices, too many"), "waiting", [max(t.first - t.seats, 0) for t in tables]
        ),
        Series(_("seats beyond those"), "free", [max(t.seats - t.first, 0) for t in tables]),
    ]
    words = _("%(table)s · %(first)s for %(seats)s")
    labels = [
        words % {"table": t.slot.session.code, "first": t.first, "seats": t.seats} for t in tables
    ]
    bars = Bars(labels, series)
    return Plot(str(one.round), [], [], plots.bars(bars) if tables else None, used(series))


def _rows(one: AskedRound, form: TrialForm | None) -> list[tuple[AskedTable, str, Any]]:
    """Each table, how many times over in words, and its field."""
    return [
        (table, times_over(table), form[f"{OTHERS}{table.slot.pk}"] if form else None)
        for table in one.tables
    ]


def times_over(table: AskedTable) -> str:
    if not table.seats:
        return _("no seats")
    return _("%(times)s×") % {"times": number_format(round(table.times_over, 1), 1)}


def how(fairness: Fairness) -> list[str]:
    """By what it was drawn, and how good that is, in sentences."""
    said = []
    if not fairness.people and fairness.seconds is not None:
        return [_("Nobody takes part yet, so there is nothing to draw.")]
    if fairness.seconds is not None:
        seconds = number_format(round(max(fairness.seconds, 0.1), 1), 1)
        said.append(_("Drawn in %(seconds)s seconds.") % {"seconds": seconds})
    if fairness.method != "solver":
        said.append(
            _(
                "The tables were given out in turns: whoever had conceded most chose next. The "
                "program that finds the best result could not be used, so there may be a better "
                "one."
            )
        )
    elif fairness.gap == 0:
        said.append(_("No better result for everybody together is possible: that is proven."))
    else:
        said.append(_not_proven(fairness.gap))
        if fairness.seconds is not None:
            said.append(_("The real draw has up to a minute, a trial ten seconds."))
    return said


def _not_proven(gap: float | None) -> str:
    """By how much it could be better, if that says anything."""
    told = gap_to_tell(gap)
    if told is None:
        return _("The search was stopped once its time was up, so there may be a better result.")
    share = number_format(ceil(told * 1000) / 10, 1)
    return _(
        "The search was stopped once its time was up. A better result may exist: at most "
        "%(share)s %% better."
    ) % {"share": share}


def plots_of(fairness: Fairness) -> Iterator[Plot]:
    yield _who_got_what(fairness)
    if fairness.gave_in:
        yield _gave_in(fairness)


def _who_got_what(fairness: Fairness) -> Plot:
    rounds = fairness.shares
    series = [
        Series(name, look, [count(shares) for shares in rounds.values()])
        for name, look, count in _kinds(fairness)
    ]
    labels = [_("Round %(number)s") % {"number": number} for number in rounds]
    rows = [
        (label, *(_of(one.values[place], shares.people) for one in used(series)))
        for place, (label, shares) in enumerate(zip(labels, rounds.values(), strict=True))
    ]
    together, title = fairness.together, _("Who got which choice")
    return Plot(
        title,
        [_("Round"), *(one.name.capitalize() for one in used(series))],
        rows,
        plots.bars(Bars(labels, series)) if rounds else None,
        used(series),
        _("First choice: %(first)s. Nothing of their list: %(nothing)s.")
        % {
            "first": _share(together.wishes[0] if together.wishes else 0, together.people),
            "nothing": _share(together.nothing, together.people),
        },
    )


def _of(count: int, people: int) -> str:
    """'71 % (213)', of the people in one round."""
    words = {"percent": _percent(count, people), "count": count}
    return _("%(percent)s %% (%(count)s)") % words if count else "0"


def _kinds(fairness: Fairness) -> Iterator[tuple[str, str, Any]]:
    names = [_("first choice"), _("second choice"), _("third choice")]
    most = max((len(one.wishes) for one in fairness.shares.values()), default=0)
    for nth, name in enumerate(names[:most]):
        yield name, f"choice-{nth + 1}", lambda one, nth=nth: one.wishes[nth]
    if most > NAMED:
        yield _("fourth choice or further"), "choice-4", lambda one: sum(one.wishes[NAMED:])
    yield _("where there was room"), "held", lambda one: one.filled
    yield _("no table, as they asked"), "free", lambda one: one.by_wish
    yield _("nothing of their list"), "waiting", lambda one: one.nothing


def _gave_in(fairness: Fairness) -> Plot:
    note = _(
        "From the first on, a choice costs %(costs)s points; those of all rounds are added up. "
        "The day of half of the people cost %(middle)s or less, and nobody’s more than %(most)s."
    )
    costs = ", ".join(str(cost(position)) for position in range(len(fairness.together.wishes)))
    least, most = _("fewest points"), _("most points")
    return Plot(
        _("How many points each person’s day cost"),
        [_("Points"), _("People")],
        fairness.by_amount,
        plots.in_order(fairness.gave_in, "taken", least, most),
        note=note % {"costs": costs, "middle": fairness.middle, "most": fairness.most},
    )


pages: list[URLPattern] = [
    path("<int:pk>/loting/", event_page(draw, readers=True), name="event-draw")
]
