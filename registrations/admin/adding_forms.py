"""What an organiser types of somebody who is not on the list yet."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from program.models import Event
from registrations.admin.person_forms import (
    Data,
    StaffForm,
    address_field,
    name_field,
    reason_field,
)
from registrations.admin.seat_forms import Seats, sittings_of
from registrations.fields import LineField
from registrations.models import Guest, Registration
from registrations.names import clean_line
from registrations.organising.guests import Details
from registrations.signup import Person
from registrations.standing import Queues


def organisation_field() -> LineField:
    return LineField(clean_line, label=_("Organisation"), sentences={})


class AddForm(Seats, StaffForm):
    """Somebody who phoned. Of a full event the tables are requests (rule 8)."""

    first_name = name_field(_("First name"), _("Fill in the first name."))
    last_name = name_field(_("Last name"), _("Fill in the last name."))
    namesake = forms.BooleanField(label=_("Somebody else of the same name"), required=False)
    email = address_field(
        required=False,
        help_text=_("Gets a mail with the link and the calendar. Without it there is no mail."),
    )
    organisation = organisation_field()
    role = forms.ChoiceField(
        label=_("Comes as"),
        choices=[("", _("not told")), *Registration.Role.choices],
        required=False,
    )
    language = forms.ChoiceField(label=_("Language of the mail"), choices=settings.LANGUAGES)
    why = reason_field(required=True)
    # Sent by a page that has announced the waiting list.
    waiting = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, event: Event, queues: Queues, data: Data = None) -> None:
        super().__init__(data, initial={"language": settings.LANGUAGE_CODE})
        self.for_the_list = queues.offered
        sittings = sittings_of(event)
        self.add_rounds(sittings, full_too=queues.offered)
        if not queues.offered:
            self.add_wishes(sittings, queues)
        about_tables = [name for name in self.fields if name.startswith(("round_", "wish_"))]
        self.order_fields([*self._you, *sorted(about_tables, key=_by_round)])

    _you = ("first_name", "last_name", "namesake", "email", "organisation", "role", "language")

    @property
    def shown(self) -> list[forms.BoundField]:
        """The question about a namesake only once there is one."""
        asked = self["namesake"].errors or self["namesake"].value()
        return [field for field in self.visible_fields() if field.name != "namesake" or asked]

    @property
    def person(self) -> Person:
        told = ("first_name", "last_name", "email", "organisation", "role", "language")
        return Person(**{name: self.cleaned_data[name] for name in told})


class GuestForm(StaffForm):
    """Somebody on the attendee list without a sign-up."""

    first_name = LineField(clean_line, label=_("First name"), sentences={})
    last_name = name_field(_("Last name"), _("Fill in the last name."))
    organisation = organisation_field()
    kind = forms.ChoiceField(
        label=_("Comes as"), choices=Guest.Kind.choices, initial=Guest.Kind.OTHER
    )
    holds_place = forms.BooleanField(
        label=_("Takes a place"),
        help_text=_("Counts among the places of the event. Without it this guest comes on top."),
        required=False,
    )

    def __init__(self, data: Data = None, *, guest: Guest | None = None) -> None:
        told = ("first_name", "last_name", "organisation", "kind", "holds_place")
        super().__init__(
            data, initial={name: getattr(guest, name) for name in told} if guest else {}
        )

    @property
    def details(self) -> Details:
        return Details(**self.cleaned_data)


def _by_round(name: str) -> tuple[int, str]:
    """The tables of a round and then those to wait for in it."""
    kind, _underscore, number = name.partition("_")
    return int(number), kind
