"""Pages of an event for people who do not sign up themselves: by phone, and guests."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from program.models import Event
from program.organisers import event_page, render_page
from registrations import answers, standing
from registrations.admin.adding_forms import AddForm, GuestForm
from registrations.admin.person import MAY_CHANGE
from registrations.errors import RegistrationError
from registrations.models import Guest
from registrations.organising import by_hand, guests


@event_page
@require_http_methods(["GET", "HEAD", "POST"])
def add_person(request: HttpRequest, event: Event) -> HttpResponse:
    _must_change(request)
    at = timezone.now()
    data = request.POST if request.method == "POST" else None
    form = AddForm(event, standing.queues(event, at=at), data)
    if form.is_valid():
        try:
            registration = by_hand.add(
                event,
                form.person,
                form.tables,
                form.wishes,
                on_reserved=form.on_reserved,
                waiting_too=form.cleaned_data["waiting"],
                namesake=form.cleaned_data["namesake"],
                who=request.user.get_username(),
                why=form.cleaned_data["why"],
                at=at,
            )
        except RegistrationError as error:
            form.refuse(error)
        else:
            if registration.is_waiting:
                messages.success(request, _("Added to the waiting list."))
            else:
                messages.success(request, _("Added: the place is certain."))
            asks = answers.any_asked(event) and timezone.now() < event.changes_close
            page = "registration-answers" if asks else "registrations_registration_change"
            return _see_other(page, registration.pk)
    return render_page(
        request,
        "admin/people/add.html",
        event,
        _("Add somebody"),
        status=422 if form.errors else 200,
        form=form,
    )


@event_page
@require_http_methods(["GET", "HEAD", "POST"])
def guest_list(request: HttpRequest, event: Event) -> HttpResponse:
    """All guests, and a form to add one."""
    form = GuestForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        _must_change(request)
    if form.is_valid():
        try:
            guests.add(event, form.details, who=request.user.get_username(), at=timezone.now())
        except RegistrationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The guest is on the list."))
            return _see_other("event-guests", event.pk)
    people = list(event.guests.filter(erased_at=None))
    return render_page(
        request,
        "admin/people/guests.html",
        event,
        _("Guests"),
        status=422 if form.errors else 200,
        form=form,
        guests=people,
        with_place=sum(guest.holds_place for guest in people),
        hosts=event.speakers.exclude(hostings=None).filter(guests=None).distinct().count(),
    )


@event_page
@require_http_methods(["GET", "HEAD", "POST"])
def change_guest(request: HttpRequest, event: Event, guest: int) -> HttpResponse:
    found = get_object_or_404(event.guests.filter(erased_at=None), pk=guest)
    _must_change(request)
    form = GuestForm(request.POST if request.method == "POST" else None, guest=found)
    if form.is_valid():
        try:
            who = request.user.get_username()
            guests.change(found, form.details, who=who, at=timezone.now())
        except RegistrationError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The guest is changed."))
            return _see_other("event-guests", event.pk)
    return render_page(
        request,
        "admin/people/guest.html",
        event,
        _("Guest"),
        status=422 if form.errors else 200,
        form=form,
        guest=found,
    )


@event_page
@require_POST
def remove_guest(request: HttpRequest, event: Event, guest: int) -> HttpResponse:
    _must_change(request)
    found: Guest = get_object_or_404(event.guests, pk=guest)
    guests.remove(found, who=request.user.get_username(), at=timezone.now())
    messages.success(request, _("The guest is off the list."))
    return _see_other("event-guests", event.pk)


@event_page
@require_POST
def add_hosts(request: HttpRequest, event: Event) -> HttpResponse:
    _must_change(request)
    count = guests.add_hosts(event, who=request.user.get_username(), at=timezone.now())
    sentence = ngettext(
        "%(count)s host is added to the guests.", "%(count)s hosts are added to the guests.", count
    )
    messages.success(request, sentence % {"count": count})
    return _see_other("event-guests", event.pk)


def _must_change(request: HttpRequest) -> None:
    if not request.user.has_perm(MAY_CHANGE):
        raise PermissionDenied


def _see_other(name: str, pk: int) -> HttpResponse:
    return HttpResponseRedirect(reverse(f"admin:{name}", args=[pk]), status=303)


pages = [
    path("<int:pk>/mensen/toevoegen/", add_person, name="event-person-add"),
    path("<int:pk>/gasten/", guest_list, name="event-guests"),
    path("<int:pk>/gasten/gastheren/", add_hosts, name="event-guest-hosts"),
    path("<int:pk>/gasten/<int:guest>/", change_guest, name="event-guest"),
    path("<int:pk>/gasten/<int:guest>/weg/", remove_guest, name="event-guest-remove"),
]
