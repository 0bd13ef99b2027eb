"""When things go wrong: an event called off, a table that drops out, too many holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.models import Event, Slot
from program.organisers import acts, render_page
from registrations.admin.event.preview import MOST_NAMES, page
from registrations.admin.pages import by, must_change_people
from registrations.admin.people.many import tell_freed
from registrations.admin.people.person_forms import REASON_LENGTH
from registrations.booking import holds
from registrations.errors import RegistrationError
from registrations.mail import bounces, notices
from registrations.models import Registration, StoredMail
from registrations.organising import calling_off, dropping
from registrations.organising.dry_run import DryRun, dry_run


def _why_field(label: Any, help_text: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(
        label=label, help_text=help_text, max_length=400, required=False, widget=widget
    )


class WhyForm(forms.Form):
    """Why an event is called off, as people read it."""

    why = _why_field(
        gettext_lazy("Why, in Dutch"),
        gettext_lazy("People read this in the mail and on the page. Name nobody. May stay empty."),
    )
    why_en = _why_field(
        gettext_lazy("Why, in English"), gettext_lazy("Empty: English pages show the Dutch.")
    )


@acts
def trouble(request: HttpRequest, event: Event) -> HttpResponse:
    """Everything that can be done when things go wrong, each on a page that asks first."""
    at = timezone.now()
    slots = event.slots.select_related("session__theme", "round").order_by(
        "session__theme__number", "session__code", "round__number"
    )
    return render_page(
        request,
        "admin/trouble.html",
        event,
        _("When things go wrong"),
        over=event.over(at),
        started=event.started(at),
        slots=list(slots),
        holds=_holding(event).count(),
        many=holds.too_many(holds.held(event), event.capacity),
        unreached=bounces.unreached(event).count(),
    )


@acts
def call_off(request: HttpRequest, event: Event) -> HttpResponse:
    form = WhyForm(request.POST if request.method == "POST" else None)
    confirmed = "_sure" in request.POST
    why = form.cleaned_data if form.is_valid() else {}

    def act() -> object:
        return calling_off.call_off(event, **why, **by(request))

    if form.is_valid() and confirmed:
        return _done(request, event, act, _("The event is called off. Everybody gets a mail."))
    return _ask(
        request,
        "admin/call_off.html",
        event,
        _("Call it off"),
        act,
        status=422 if confirmed else 200,
        form=form,
        guests=_guests(event),
        without_address=notices.without_address(event)[:MOST_NAMES],
    )


@acts
def go_on(request: HttpRequest, event: Event) -> HttpResponse:
    def act() -> object:
        return calling_off.go_on(event, **by(request))

    if request.method == "POST":
        return _done(request, event, act, _("The event takes place after all."))
    return _ask(
        request,
        "admin/go_on.html",
        event,
        _("It takes place after all"),
        act,
        unsent=event.mails.waiting().filter(kind=StoredMail.Kind.CALLED_OFF).count(),
        guests=_guests(event),
        without_address=notices.without_address(event)[:MOST_NAMES],
    )


@acts
def drop(request: HttpRequest, event: Event) -> HttpResponse:
    """One table in one round, or a session in all its rounds: ``?tafel=`` for each."""
    slots = [slot for slot in _chosen(request, event) if not slot.dropped]
    keys = [slot.pk for slot in slots]
    if not keys:
        return redirect("admin:event-trouble", event.pk)

    def act() -> object:
        return dropping.drop(event, keys, why=_line(request.POST.get("why", "")), **by(request))

    if request.method == "POST":
        done = _("The table has dropped out. Its people get a mail.")
        return _done(request, event, act, done)
    others = event.slots.going_on().filter(session__in=[one.session_id for one in slots])
    return _ask(
        request,
        "admin/drop.html",
        event,
        _("A table drops out"),
        act,
        slots=slots,
        others=list(others.exclude(pk__in=keys)),
        guests=_guests(event),
    )


@acts
def take_place(request: HttpRequest, event: Event) -> HttpResponse:
    """Let tables that dropped out take place after all. Just a button."""
    keys = [slot.pk for slot in _chosen(request, event)]
    if request.method != "POST" or not keys:
        return redirect("admin:event-trouble", event.pk)
    return _done(
        request,
        event,
        lambda: dropping.take_place_after_all(event, keys, **by(request)),
        _("The table can be chosen again. Nobody was moved to it."),
    )


@acts
def free_holds(request: HttpRequest, event: Event) -> HttpResponse:
    """Rule 4: for an organiser who does not trust a flood of unconfirmed sign-ups."""
    must_change_people(request)

    def act() -> int:
        return holds.free(_holding(event), **by(request))

    if request.method != "POST":
        title, held = _("Free the places that were not confirmed"), _holding(event).count()
        return _ask(request, "admin/free_holds.html", event, title, act, holds=held)
    tell_freed(request, act())
    return redirect("admin:event-trouble", event.pk)


def _holding(event: Event) -> QuerySet[Registration]:
    """Sign-ups that hold a place and are not confirmed yet."""
    return event.registrations.pending().holding()


def _chosen(request: HttpRequest, event: Event) -> QuerySet[Slot]:
    """The tables that the address or the form names. Raises Http404 for one of another event."""
    given = request.POST.getlist("tafel") or request.GET.getlist("tafel")
    keys = {int(key) for key in given if key.isascii() and key.isdecimal() and len(key) < 16}
    slots = event.slots.filter(pk__in=keys).select_related("session", "round")
    if len(slots) != len(set(given)):
        raise Http404
    return slots


def _line(text: str) -> str:
    """A reason as history keeps it: one line, without what no database takes."""
    return " ".join(text.replace("\0", "").split())[:REASON_LENGTH]


def _guests(event: Event) -> int:
    return event.guests.filter(erased_at=None).count()


def _ask(
    request: HttpRequest,
    template: str,
    event: Event,
    title: str,
    act: Callable[[], object],
    **more: Any,
) -> HttpResponse:
    """Show what ``act`` would do, or why a rule says no."""
    try:
        seen = dry_run(Event.objects.filter(pk=event.pk), act)
    except RegistrationError as error:
        seen = DryRun[object](None)
        more["refused"] = _refusal(error)
    return page(request, template, event, title, seen, **more)


def _done(
    request: HttpRequest, event: Event, act: Callable[[], object], sentence: str
) -> HttpResponse:
    try:
        act()
    except RegistrationError as error:
        messages.error(request, _refusal(error))
    else:
        messages.success(request, sentence)
    return redirect("admin:event-trouble", event.pk)


def _refusal(error: RegistrationError) -> str:
    return " ".join(sentence for _field, sentence in error.for_organisers)


pages = [
    path("<int:pk>/misgaat/", trouble, name="event-trouble"),
    path("<int:pk>/misgaat/afgelasten/", call_off, name="event-call-off"),
    path("<int:pk>/misgaat/gaat-door/", go_on, name="event-go-on"),
    path("<int:pk>/misgaat/tafel-vervalt/", drop, name="event-drop"),
    path("<int:pk>/misgaat/tafel-toch/", take_place, name="event-take-place"),
    path("<int:pk>/misgaat/plekken-vrijgeven/", free_holds, name="event-free-holds"),
]
