"""The steps in which an event is set up, with its page beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin.day_form import ContactForm, DayForm
from program.admin.questions import questions, signup_questions
from program.admin.roles import RoleRows, roles
from program.admin.sign_up_form import SignUpStepForm
from program.admin.step_form import Data, Rows, StepForm, Text, Wrong
from program.file.venues import events_at
from program.models import Event
from program.organisers import acts, events_of, render_page
from program.public import preview
from program.public.calendars import moment
from registrations.admin.event import edit_history
from registrations.admin.event.dry_run_page import EDIT, see_first
from registrations.admin.event.refusals import full
from registrations.admin.pages import by
from registrations.door import passes
from registrations.models import Change, history
from registrations.organising.dry_run import trying
from registrations.public import try_out

# Sent by the script that shows the page beside the form; and by the button that goes on.
PREVIEW, GO_ON = "_preview", "_next"


class DayWithDoorForm(DayForm):
    def clean_slug(self) -> str:
        """A phone at the door keeps its log-in and what it still has to send under this address."""
        slug = super().clean_slug()
        event = self.instance
        if event.pk and slug != event.slug and passes.in_use(event, at=timezone.now()):
            until = moment(passes.takes_taps_until(event))
            raise ValidationError(
                _(
                    "Phones at the door know the event by this address: under another one they "
                    "no longer work. First withdraw their passes, or wait until %(until)s."
                ),
                code="door_in_use",
                params={"until": until},
            )
        return slug


@dataclass(frozen=True)
class Step:
    """A page with one form about the event, rows below it, and what people will see of both."""

    page: str  # the name of its address
    title: Text
    form: type[StepForm]
    rows: Sequence[Callable[[Event, Data], Rows]]
    following: str  # the page that comes next
    go_on: Text  # how to say so; empty: saving alone leads there
    preview: Callable[[HttpRequest, Event], str]
    opens: Callable[[Event], str]  # where that page is


class FilledStep:
    """What one step shows or was sent. With ``data`` it needs the lock to be stored."""

    def __init__(self, step: Step, event: Event, data: Data = None) -> None:
        self.event = event
        self.form = step.form(data, event=event)
        self.rows = [rows(event, data) for rows in step.rows]

    @property
    def parts(self) -> list[StepForm | Rows]:
        return [self.form, *self.rows]

    @property
    def is_valid(self) -> bool:
        # Each says what is wrong with it, not only the first.
        wrong = [part for part in self.parts if not part.is_valid()]
        return not wrong and self._roles_to_choose

    @property
    def _roles_to_choose(self) -> bool:
        """Nobody is asked for a role when there is none. Needs parts without mistakes."""
        asked = self.form.cleaned_data.get("role_question")
        for rows in self.rows:
            if isinstance(rows, RoleRows) and asked and not rows.any_asked:
                sentence = _("There is no role to choose. Empty this question, or tick a role.")
                self.form.add_error("role_question", sentence)
        return self.form.is_valid()

    @property
    def has_changed(self) -> bool:
        return any(part.has_changed() for part in self.parts)

    @property
    def wrong(self) -> Iterator[Wrong]:
        return chain.from_iterable(part.wrong() for part in self.parts)

    @property
    def replaced(self) -> list[str]:
        """What to say of what somebody else has changed or removed since this page was shown."""
        rows: Iterable[Any] = chain.from_iterable(part.initial_forms for part in self.rows)
        names = [name for form in (self.form, *rows) for name in form.replaced]
        message = _("Somebody changed ‘%(name)s’ after you opened this page. Yours replaces it.")
        return [message % {"name": name} for name in dict.fromkeys(names)] + self.removed

    @property
    def removed(self) -> list[str]:
        message = _(
            "Somebody removed ‘%(name)s’ after you opened this page. What you typed there is not "
            "kept."
        )
        return [message % {"name": name} for rows in self.rows for name in rows.removed]

    @property
    def concerned(self) -> QuerySet[Event]:
        """The event, and those whose venue may have other details afterwards."""
        own = Event.objects.filter(pk=self.event.pk)
        if isinstance(self.form, DayForm) and self.form.is_valid():
            return own | events_at(self.form.wanted_venue)
        return own

    def store(self, *, own: QuerySet[Event]) -> list[edit_history.HistoryStep]:
        """Returns what was done, for the history. ``own`` are the events one may change."""
        self.form.store(own=own)
        for rows in self.rows:
            rows.store()
        self.event.bump_programme()
        return edit_history.steps(self.form, self.rows)


def step_page(request: HttpRequest, event: Event, *, step: Step) -> HttpResponse:
    if request.method != "POST":
        return _page(request, step, FilledStep(step, event))
    if EDIT in request.POST:
        return _page(request, step, FilledStep(step, event, request.POST))
    if PREVIEW in request.POST:
        return _previewed(request, event, step)
    # Another object: the page that asks first shows the event as it is stored.
    filled = FilledStep(step, copy(event), request.POST)
    save = partial(_save, request, event, step)
    return see_first(
        request,
        filled.concerned,
        save,
        event=event,
        notes=filled.replaced,
        editable=True,
    )


@transaction.atomic
def _save(request: HttpRequest, event: Event, step: Step) -> HttpResponse:
    """Store everything that was changed or, with any mistake, nothing."""
    filled = FilledStep(step, Event.objects.locked(event.pk), request.POST)
    if not filled.is_valid:
        return _page(request, step, filled, status=422)
    if filled.has_changed:
        steps = {"steps": filled.store(own=events_of(request.user))}
        history.record(filled.event, None, Change.What.EDITED, new=steps, **by(request))
    if not trying():
        messages.success(request, _("Saved."))
    page = step.following if GO_ON in request.POST or not step.go_on else step.page
    return HttpResponseRedirect(reverse(f"admin:{page}", args=[event.pk]), status=303)


@transaction.atomic
def _previewed(request: HttpRequest, event: Event, step: Step) -> HttpResponse:
    """The page as it would be with what is typed, which is not kept; without mistakes only."""
    concerned = FilledStep(step, event, request.POST).concerned
    # Writing at a venue concerns the other events there: locked in the same order as to save.
    list(concerned.select_for_update(of=("self",)).order_by("pk"))
    filled = FilledStep(step, Event.objects.locked(event.pk), request.POST)
    if not filled.is_valid:
        return HttpResponse(status=422)
    filled.store(own=events_of(request.user))
    shown = step.preview(request, Event.objects.select_related("venue").get(pk=event.pk))
    transaction.set_rollback(True)
    return HttpResponse(shown)


def _page(request: HttpRequest, step: Step, filled: FilledStep, status: int = 200) -> HttpResponse:
    """``filled``, below the event as it is stored: what is refused was not saved."""
    event = Event.objects.select_related("venue").get(pk=filled.event.pk)
    if "capacity" in filled.form.errors:
        messages.warning(request, full(event))
    for sentence in filled.removed if status != 200 else []:
        messages.warning(request, sentence)  # the page does not show that row any more
    return render_page(
        request,
        "admin/program/event/step.html",
        event,
        str(step.title),
        status=status,
        form=filled.form,
        rows=filled.rows,
        wrong=list(filled.wrong) if status != 200 else [],
        shown=step.preview(request, event),
        opens=step.opens(event),
        go_on=step.go_on,
    )


def page_address(event: Event) -> str:
    return event.get_absolute_url() if event.published else preview.preview_url(event)


DAY = Step(
    "event-day",
    gettext_lazy("Day and place"),
    DayWithDoorForm,
    [],
    "event-tables",
    gettext_lazy("Save and continue"),
    preview.page_of,
    page_address,
)
SIGN_UP = Step(
    "event-sign-up",
    gettext_lazy("Sign up"),
    SignUpStepForm,
    [roles, signup_questions, questions],
    "event-team",
    gettext_lazy("Save and continue"),
    try_out.page_of,
    try_out.address,
)

CONTACT = Step(
    "event-team-contact",
    gettext_lazy("The organisation"),
    ContactForm,
    [],
    "event-team",
    "",
    preview.page_of,
    page_address,
)

pages: list[URLPattern] = [
    path(
        "<int:pk>/team/organisatie/",
        acts(partial(step_page, step=CONTACT)),
        name="event-team-contact",
    ),
    path("<int:pk>/dag/", acts(partial(step_page, step=DAY)), name="event-day"),
    path("<int:pk>/aanmelden/", acts(partial(step_page, step=SIGN_UP)), name="event-sign-up"),
]
