"""Pages of an event for people who do not sign up themselves: those who phone, and guests."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from program.models import Event
from program.organisers import event_page, render_page
from program.public.programme import slots_of
from registrations.admin.pages import by, must_change_people, see_other
from registrations.admin.people.person_forms import (
    Data,
    NamedForm,
    address_field,
    organisation_field,
    phone_field,
    reason_field,
    role_field,
)
from registrations.admin.people.seat_forms import Seats
from registrations.booking import answers
from registrations.booking.signup import Attendee
from registrations.forms.plain import LineField
from registrations.models import Guest, Registration
from registrations.names.person_names import clean_line
from registrations.organising import by_hand, guests
from registrations.organising.guests import Details
from registrations.queries import waiting
from registrations.queries.waiting import Queues


class AnnouncedField(forms.BooleanField):
    """Sent by a page that has announced the waiting list; shown again, it is up to date."""

    widget = forms.HiddenInput

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial


class AddForm(Seats, NamedForm):
    """Somebody who phoned.

    Of a full event the tables are requests (rule 8), and before a draw first choices (rule 16).
    """

    namesake = forms.BooleanField(
        label=gettext_lazy("Somebody else of the same name"), required=False
    )
    email = address_field(
        required=False,
        help_text=gettext_lazy(
            "Gets a mail with the link and the calendar. Without it there is no mail."
        ),
    )
    phone = phone_field()
    organisation = organisation_field()
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the mail"), choices=settings.LANGUAGES
    )
    why = reason_field(required=True)
    extra = forms.BooleanField(
        label=gettext_lazy("Give an extra place"),
        help_text=gettext_lazy(
            "One place on top of those of the event: counted separately, with tables only where "
            "a seat is free. Nobody on the waiting list loses their turn."
        ),
        required=False,
    )
    # Sent by a page that has announced the waiting list.
    waiting = AnnouncedField(required=False)

    def __init__(self, event: Event, queues: Queues, data: Data = None) -> None:
        self.for_the_draw = event.draw_to_come
        self.being_drawn = event.draw_to_come and not event.ranking_open(timezone.now())
        listed = queues.offered or self.for_the_draw
        initial = {"language": settings.LANGUAGE_CODE, "waiting": listed}
        super().__init__(data, initial=initial)
        self.for_the_list = listed and not self.for_the_draw
        if role := role_field(event):
            self.fields["role"] = role
        if self.for_the_draw or (not listed and event.places_left > 0):
            del self.fields["extra"]
        slots = slots_of(event)
        self.add_rounds(slots, full_too=listed, any_room=not self.for_the_draw)
        if not listed:
            self.add_entries(slots, queues)
        about_tables = [name for name in self.fields if name.startswith(("round_", "wish_"))]
        in_order = sorted(about_tables, key=_by_round)
        self.order_fields([*self._you, *in_order, "extra", "why"])

    _you = (
        *("first_name", "last_name", "namesake", "email", "phone", "organisation", "role"),
        "language",
    )

    @property
    def shown(self) -> list[forms.BoundField]:
        """The fields of the page; the question about a namesake only once there is one."""
        asked = self["namesake"].errors or self["namesake"].value()
        return [field for field in self.visible_fields() if field.name != "namesake" or asked]

    @property
    def person(self) -> Attendee:
        told = ("first_name", "last_name", "email", "phone", "organisation", "role", "language")
        return Attendee(**{name: self.cleaned_data.get(name, "") for name in told})


class GuestForm(NamedForm):
    """Somebody on the attendee list without a sign-up."""

    first_name = LineField(clean_line, label=gettext_lazy("First name"), sentences={})
    organisation = organisation_field()
    kind = forms.ChoiceField(
        label=gettext_lazy("Comes as"), choices=Guest.Kind.choices, initial=Guest.Kind.OTHER
    )
    holds_place = forms.BooleanField(
        label=gettext_lazy("Takes a place"),
        help_text=gettext_lazy(
            "Counts among the places of the event. Without it this guest comes on top."
        ),
        required=False,
    )

    def __init__(self, data: Data = None, *, guest: Guest | None = None) -> None:
        super().__init__(data, initial=model_to_dict(guest, self.base_fields) if guest else {})

    @property
    def details(self) -> Details:
        return Details(**self.cleaned_data)


def _by_round(name: str) -> tuple[int, str]:
    """The tables of a round and then those to wait for in it."""
    kind, _underscore, number = name.partition("_")
    return int(number), kind


@event_page
@require_http_methods(["GET", "HEAD", "POST"])
def add_person(request: HttpRequest, event: Event) -> HttpResponse:
    must_change_people(request)
    acting = by(request)
    data = request.POST if request.method == "POST" else None
    form = AddForm(event, waiting.Queues(event, at=acting["at"]), data)

    def add() -> Registration:
        return by_hand.add(
            event,
            form.person,
            form.tables,
            form.waitlists,
            on_reserved=form.on_reserved,
            waiting_too=form.cleaned_data["waiting"],
            namesake=form.cleaned_data["namesake"],
            extra=form.cleaned_data.get("extra", False),
            why=form.cleaned_data["why"],
            **acting,
        )

    if form.carries_out(add):
        registration = form.outcome
        if registration.in_draw:
            messages.success(request, _("Added: this person takes part in the draw."))
        elif registration.is_waiting:
            messages.success(request, _("Added to the waiting list."))
        else:
            sentence = _("Added: the place is certain.")
            messages.success(
                request, _("Added, with an extra place.") if registration.extra else sentence
            )
        asks = answers.any_asked(event) and acting["at"] < event.changes_close
        page = "registration-answers" if asks else "registrations_registration_change"
        return see_other(page, registration.pk)
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
        must_change_people(request)
    if form.carries_out(lambda: guests.add(event, form.details, **by(request))):
        messages.success(request, _("The guest is on the list."))
        return see_other("event-guests", event.pk)
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
        hosts=guests.hosts_missing(event),
    )


@event_page
@require_http_methods(["GET", "HEAD", "POST"])
def change_guest(request: HttpRequest, event: Event, guest: int) -> HttpResponse:
    found = get_object_or_404(event.guests.filter(erased_at=None), pk=guest)
    must_change_people(request)
    form = GuestForm(request.POST if request.method == "POST" else None, guest=found)
    if form.carries_out(lambda: guests.change(found, form.details, **by(request))):
        messages.success(request, _("The guest is changed."))
        return see_other("event-guests", event.pk)
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
    must_change_people(request)
    found: Guest = get_object_or_404(event.guests, pk=guest)
    guests.remove(found, **by(request))
    messages.success(request, _("The guest is off the list."))
    return see_other("event-guests", event.pk)


@event_page
@require_POST
def add_hosts(request: HttpRequest, event: Event) -> HttpResponse:
    must_change_people(request)
    count = guests.add_hosts(event, **by(request))
    sentence = ngettext(
        "%(count)s host is added to the guests.", "%(count)s hosts are added to the guests.", count
    )
    messages.success(request, sentence % {"count": count})
    return see_other("event-guests", event.pk)


pages = [
    path("<int:pk>/mensen/toevoegen/", add_person, name="event-person-add"),
    path("<int:pk>/gasten/", guest_list, name="event-guests"),
    path("<int:pk>/gasten/gastheren/", add_hosts, name="event-guest-hosts"),
    path("<int:pk>/gasten/<int:guest>/", change_guest, name="event-guest"),
    path("<int:pk>/gasten/<int:guest>/weg/", remove_guest, name="event-guest-remove"),
]
