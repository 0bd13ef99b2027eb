"""What an organiser types when acting for somebody; the actions judge the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import model_to_dict
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.models import Event, Role
from registrations.booking import answers
from registrations.errors import RegistrationError
from registrations.forms.own_questions import OwnQuestions
from registrations.forms.plain import LineField, PlainForm
from registrations.models import Registration
from registrations.models.registration import PHONE_LENGTH
from registrations.names import spelling
from registrations.names.addresses import SENTENCES, clean_email
from registrations.names.person_names import SORT_LENGTH, clean_line, clean_name
from registrations.names.texts import clean_text
from registrations.organising.corrections import PersonDetails
from registrations.queries import roles

Data = Mapping[str, Any] | None
REASON_LENGTH = 300


def name_field(label: Any, required: Any) -> LineField:
    return LineField(
        clean_name,
        label=label,
        sentences={"required": required, "name_empty": required},
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )


def reason_field(*, required: bool) -> LineField:
    sentences = {"required": gettext_lazy("Say why, in a few words.")} if required else {}
    return LineField(
        partial(clean_line, limit=REASON_LENGTH),
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy(
            "Stays in the history, and in what this person can download. "
            "Leave out names and addresses."
        ),
        sentences=sentences,
    )


def address_field(*, required: bool, help_text: Any = "") -> LineField:
    needed = {"required": gettext_lazy("Fill in the e-mail address, such as name@municipality.nl.")}
    return LineField(
        clean_email,
        label=gettext_lazy("E-mail address"),
        help_text=help_text,
        sentences=SENTENCES | (needed if required else {}),
        widget=forms.EmailInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )


def mail_field(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, initial=True)


class SeenField(forms.JSONField):
    """The state of things when the form was made; shown again, it holds the state by now."""

    widget = forms.HiddenInput

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial


class StaffForm(PlainForm):
    """A form of the admin. Fields that need no answer say so."""

    outcome: Any = None  # of the action that the form carried out

    def __init__(self, data: Data = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.say_optional(self.fields)

    def say_optional(self, names: Iterable[str]) -> None:
        for field in (self.fields[name] for name in names):
            if not field.required and isinstance(field, LineField):
                words = gettext_lazy("(not required)")
                field.label = format_lazy("{} {}", field.label or "", words)

    @property
    def shown(self) -> list[forms.BoundField]:
        """The fields of the page, in order."""
        return self.visible_fields()

    @property
    def shown_errors(self) -> list[forms.BoundField]:
        return [field for field in self.shown if field.errors]

    def carries_out(self, act: Callable[[], object]) -> bool:
        """Do ``act`` if the form is right; the form shows why a rule said no."""
        if not self.is_valid():
            return False
        try:
            self.outcome = act()
        except RegistrationError as error:
            for name, sentence in error.for_organisers:
                self.add_error(name if name in self.fields else None, sentence)
            return False
        return True


class NamedForm(StaffForm):
    first_name = name_field(gettext_lazy("First name"), gettext_lazy("Fill in the first name."))
    last_name = name_field(gettext_lazy("Last name"), gettext_lazy("Fill in the last name."))


class PersonForm(StaffForm):
    """A form about one person, with what is known of them filled in."""

    def __init__(self, registration: Registration, data: Data = None) -> None:
        self.registration = registration
        super().__init__(data, initial=model_to_dict(registration, fields=self.base_fields))
        if not registration.email:
            self.fields.pop("mail", None)

    @property
    def mails(self) -> bool:
        return bool(self.cleaned_data.get("mail"))

    @property
    def reason(self) -> dict[str, str]:
        return {"why": self.cleaned_data["why"]} if "why" in self.fields else {}


class ConfirmForm(PersonForm):
    why = reason_field(required=True)


class CancelForm(PersonForm):
    why = reason_field(required=False)
    mail = mail_field(gettext_lazy("Mail this person that the sign-up is cancelled"))

    def __init__(self, registration: Registration, data: Data = None) -> None:
        super().__init__(registration, data)
        if registration.is_pending:
            # Nobody has proven that address: it is not told that a sign-up ends.
            self.fields.pop("mail", None)


class NameForm(PersonForm, NamedForm):
    why = reason_field(required=True)

    def __init__(self, registration: Registration, data: Data = None) -> None:
        super().__init__(registration, data)
        confirmed = registration.name_confirmed or registration.name
        # Django does not escape the help of a field: the name must be made harmless here.
        self.fields["last_name"].help_text = format_html(
            _("At most {most} letters may differ from ‘{name}’. Accents and capitals are free."),
            most=spelling.MOST,
            name=confirmed,
        )


NOTE_LENGTH = 1_000


def organisation_field() -> LineField:
    return LineField(clean_line, label=gettext_lazy("Organisation"), sentences={})


def phone_field() -> LineField:
    return LineField(
        partial(clean_line, limit=PHONE_LENGTH),
        label=gettext_lazy("Phone number"),
        help_text=gettext_lazy("Only organisers see it, and this person."),
        sentences={},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )


def role_field(event: Event, now: Role | None = None) -> forms.ChoiceField | None:
    """What somebody comes as, including what they come as ``now``. None if there is no choice."""
    offered = roles.asked(event)
    if now and now not in offered:
        offered = [*offered, now]
    if not offered:
        return None
    choices = [(role.code, role.local_label) for role in offered]
    return forms.ChoiceField(
        label=roles.heading(event) if event.role_question else gettext_lazy("Role"),
        choices=[("", gettext_lazy("not told")), *choices],
        required=False,
    )


class DetailsForm(PersonForm):
    organisation = organisation_field()
    phone = phone_field()
    note = LineField(
        partial(clean_text, limit=NOTE_LENGTH),
        label=gettext_lazy("Note"),
        help_text=gettext_lazy(
            "Only organisers see it, but this person can read it too, under ‘What we keep about "
            "you’."
        ),
        sentences={},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    seen = SeenField(required=False)
    why = reason_field(required=False)

    def __init__(self, registration: Registration, data: Data = None) -> None:
        super().__init__(registration, data)
        now = PersonDetails.of(registration)
        self.initial["seen"] = asdict(now)
        if field := role_field(registration.event, registration.role):
            self.fields["role"] = field
            self.initial["role"] = now.role
        self.order_fields(["organisation", "role", "phone", "note"])

    @property
    def details(self) -> PersonDetails:
        told = {name: self.cleaned_data.get(name, "") for name in asdict(PersonDetails())}
        return PersonDetails(**told)


class OrderForm(PersonForm):
    sort_name = LineField(
        partial(clean_line, limit=SORT_LENGTH),
        label=gettext_lazy("Sorted as"),
        help_text=gettext_lazy(
            "The word to sort by comes first: ‘Berg, Jan van den’, and for a Belgian name "
            "‘Van den Berg, Jan’."
        ),
        sentences={"required": gettext_lazy("Fill in how this name is sorted.")},
    )


class AddressForm(PersonForm):
    email = address_field(required=True)
    why = reason_field(required=False)


class TheirAnswersForm(OwnQuestions, PersonForm):
    """What somebody answers by phone to the event's questions, asked as in the sign-up form."""

    consent = gettext_lazy("This person agrees that the organisers read this.")
    consent_missing = gettext_lazy(
        "Ask whether organisers may read this and tick it, or leave it out."
    )
    seen = SeenField(required=False)
    why = reason_field(required=False)

    def __init__(self, registration: Registration, data: Data = None) -> None:
        super().__init__(registration, data)
        told = answers.of_person(registration).told
        self.initial["seen"] = told.as_json
        asked = self.add_questions(registration.event, told)
        self.say_optional(asked)
        self.order_fields(asked)


class ManyCancelForm(StaffForm):
    """Comes back with the number of people that it showed: they must still be as many."""

    why = reason_field(required=False)
    mail = mail_field(gettext_lazy("Mail them that their sign-up is cancelled"))
    people = SeenField(required=False)

    def __init__(self, count: int, data: Data = None) -> None:
        super().__init__(data, initial={"people": count})
        self.count = count

    def clean_people(self) -> None:
        if self.cleaned_data["people"] != self.count:
            raise ValidationError(_("Meanwhile it is another number of people. Look again."))
