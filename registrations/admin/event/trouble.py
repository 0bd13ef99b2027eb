"""When things go wrong: an event called off, a table that drops out, too many holds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from program.characters import clean_fields
from program.models import Event, Slot
from program.organisers import acts, render_page
from registrations.admin.event.dry_run_page import MOST_NAMES, ask, says
from registrations.admin.pages import by, must_change_people
from registrations.admin.people.many import tell_freed
from registrations.admin.people.person_forms import REASON_LENGTH
from registrations.booking import holds
from registrations.door.told import moment
from registrations.mail import bounces, notices
from registrations.models import RegistrationQuerySet, StoredMail
from registrations.models.registration import over_a_quarter
from registrations.names.person_names import best_line
from registrations.organising import calling_off, dropping, throwing_away
from registrations.queries import waves
from registrations.reports import draws


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

    def __init__(self, event: Event, data: QueryDict | None) -> None:
        super().__init__(data)
        clean_fields(self.fields)
        if not event.bilingual:
            del self.fields["why_en"]


@acts
def trouble(request: HttpRequest, event: Event) -> HttpResponse:
    """Everything that can be done when things go wrong, each on a page that asks first."""
    at = timezone.now()
    slots = event.slots.select_related("session__theme", "round").order_by(
        "round__number", "session__theme__number", "session__code"
    )
    held, ranked = holds.held(event), dropping.ranked_by(event)
    wave, part = _wave(event, held=held, at=at)
    return render_page(
        request,
        "admin/trouble.html",
        event,
        _("When things go wrong"),
        over=event.over(at),
        started=event.started(at),
        ranking_open=event.ranking_open(at),
        slots=[(slot, ranked[slot.pk]) for slot in slots],
        not_told=[] if event.over(at) else dropping.not_told([event]),
        holds=held,
        many=over_a_quarter(held, event.capacity),
        wave=wave,
        part=part,
        unreached=bounces.unreached(event).count(),
        may_go=not throwing_away.why_it_stays(event),
    )


@acts
def call_off(request: HttpRequest, event: Event) -> HttpResponse:
    form = WhyForm(event, request.POST if request.method == "POST" else None)
    confirmed = "_sure" in request.POST
    mistaken = confirmed and not form.is_valid()
    why, acting = form.cleaned_data if form.is_valid() else {}, by(request)
    return ask(
        request,
        "admin/call_off.html",
        event,
        _("Call it off"),
        lambda: calling_off.call_off(event, **why, **acting),
        says(request, _("The event is called off. Everybody gets a mail.")),
        pressed=confirmed and not mistaken,
        status=422 if mistaken else 200,
        form=form,
        guests=_guests(event),
        without_address=notices.without_address(event)[:MOST_NAMES],
    )


@acts
def go_on(request: HttpRequest, event: Event) -> HttpResponse:
    acting = by(request)
    return ask(
        request,
        "admin/go_on.html",
        event,
        _("It takes place after all"),
        lambda: calling_off.go_on(event, **acting),
        says(request, _("The event takes place after all.")),
        pressed=request.method == "POST",
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
    why, acting = best_line(request.POST.get("why", ""), REASON_LENGTH), by(request)
    ranked = dropping.ranked_by(event)
    others = event.slots.going_on().filter(session__in=[one.session_id for one in slots])
    return ask(
        request,
        "admin/drop.html",
        event,
        _("A table drops out"),
        lambda: dropping.drop(event, keys, why=why, **acting),
        says(request, _("The table has dropped out. Its people get a mail.")),
        pressed=request.method == "POST",
        why=why,
        slots=[(slot, ranked[slot.pk]) for slot in slots],
        others=list(others.exclude(pk__in=keys)),
        ranking_open=event.ranking_open(acting["at"]),
        too_few=_too_few(event, slots),
        guests=_guests(event),
    )


def _too_few(event: Event, slots: Collection[Slot]) -> list[str]:
    """Where a draw to come would have too few seats without these tables."""
    if not event.draw_to_come:
        return []
    found = draws.too_few_seats(event, without=[slot.pk for slot in slots])
    rounds = dict.fromkeys(slot.round_id for slot in slots)
    return [found[key] for key in rounds if key in found]


@acts
def take_place(request: HttpRequest, event: Event) -> HttpResponse:
    """Let tables that dropped out take place after all: ``?tafel=`` for each."""
    slots = [slot for slot in _chosen(request, event) if slot.dropped]
    keys, acting = [slot.pk for slot in slots], by(request)
    if not keys:
        return redirect("admin:event-trouble", event.pk)
    return ask(
        request,
        "admin/take_place.html",
        event,
        _("It takes place after all"),
        lambda: dropping.take_place_after_all(event, keys, **acting),
        says(request, _("The table goes ahead, and can be chosen again.")),
        pressed=request.method == "POST",
        slots=slots,
        guests=0,
    )


@acts
@require_POST
def told(request: HttpRequest, event: Event) -> HttpResponse:
    """An organiser phoned somebody whom no mail reached."""
    must_change_people(request)
    key = request.POST.get("person", "")
    known = {one.registration.pk: one.registration for one in dropping.not_told([event])}
    if key.isascii() and key.isdecimal() and len(key) < 16 and int(key) in known:
        dropping.say_told(known[int(key)], **by(request))
        messages.success(request, _("Noted: this person knows."))
    return redirect("admin:event-trouble", event.pk)


@acts
def free_holds(request: HttpRequest, event: Event) -> HttpResponse:
    """Rule 4: for an organiser who does not trust a flood of unconfirmed sign-ups.

    Whom organisers invited with a list keep their hold. With ``?sinds=`` only those go who signed
    up from that moment on.
    """
    must_change_people(request)
    acting = by(request)
    since, held = _since(request), holds.held(event)
    wave, part = _wave(event, held=held, at=acting["at"])
    return ask(
        request,
        "admin/free_holds.html",
        event,
        _("Free the places that were not confirmed"),
        lambda: holds.free(_held_since(event, since), **acting),
        lambda freed: tell_freed(request, freed),
        pressed=request.method == "POST",
        since=since,
        held=held,
        wave=wave,
        part=part,
    )


def _wave(event: Event, *, held: int, at: datetime) -> tuple[waves.Wave | None, bool]:
    """The wave of the event, and whether to free it leaves somebody of the ``held`` their place."""
    wave = waves.waves([event], at=at).get(event.pk)
    if not wave or not wave.held:
        return wave, False
    return wave, _held_since(event, wave.since).count() < held


def _held_since(event: Event, since: datetime | None) -> RegistrationQuerySet:
    """What visitors hold who signed up from then on, or all of it."""
    held = event.registrations.held_by_visitors()
    return held.filter(created_at__gte=since) if since else held


def _since(request: HttpRequest) -> datetime | None:
    """The moment in ``?sinds=``, such as 2026-12-07T14:00Z; None without that.

    Raises Http404 for one that is damaged: it must not mean all of them.
    """
    if "sinds" not in request.GET:
        return None
    since = moment(request.GET["sinds"])
    if since is None:
        raise Http404
    return since


def _chosen(request: HttpRequest, event: Event) -> QuerySet[Slot]:
    """The tables that the address or the form names. Raises Http404 for one of another event."""
    given = request.POST.getlist("tafel") or request.GET.getlist("tafel")
    keys = {int(key) for key in given if key.isascii() and key.isdecimal() and len(key) < 16}
    slots = event.slots.filter(pk__in=keys).select_related("session", "round")
    if len(slots) != len(set(given)):
        raise Http404
    return slots


def _guests(event: Event) -> int:
    return event.guests.filter(erased_at=None).count()


pages = [
    path("<int:pk>/misgaat/", trouble, name="event-trouble"),
    path("<int:pk>/misgaat/afgelasten/", call_off, name="event-call-off"),
    path("<int:pk>/misgaat/gaat-door/", go_on, name="event-go-on"),
    path("<int:pk>/misgaat/tafel-vervalt/", drop, name="event-drop"),
    path("<int:pk>/misgaat/tafel-toch/", take_place, name="event-take-place"),
    path("<int:pk>/misgaat/verteld/", told, name="event-told"),
    path("<int:pk>/misgaat/plekken-vrijgeven/", free_holds, name="event-free-holds"),
]
