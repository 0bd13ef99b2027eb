"""The shape of what visitors type; the rules are judged by the actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout, Submit
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from program.models import Event, Sitting
from registrations.addresses import SENTENCES, clean_email
from registrations.errors import RegistrationError
from registrations.fields import LineField, TableBoundField, TableField, Text
from registrations.layouts import Part, Piece
from registrations.models import Registration
from registrations.names import clean_line, clean_name

Data = Mapping[str, Any] | None


def email_field(help_text: Text) -> LineField:
    return LineField(
        clean_email,
        label=_("E-mail address"),
        help_text=help_text,
        sentences=SENTENCES
        | {"required": _("Enter your e-mail address, such as name@municipality.nl.")},
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "maxlength": "254", "spellcheck": "false"}
        ),
    )


class Problem(NamedTuple):
    """An error of a form: the id of the input that it is about, if any, and a sentence."""

    target: str
    sentence: str


class PlainForm(forms.Form):
    """A form without the browser's own checks: every error is a sentence of ours."""

    use_required_attribute = False
    helper: FormHelper

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if field.required and not isinstance(field, TableField):
                field.widget.attrs["aria-required"] = "true"

    @property
    def problems(self) -> list[Problem]:
        """All errors, in the order of the page, for the summary above the form."""
        found = [Problem("", str(sentence)) for sentence in self.non_field_errors()]
        for bound in self:
            target = bound.target if isinstance(bound, TableBoundField) else bound.id_for_label
            found += [Problem(target, str(sentence)) for sentence in bound.errors]
        return found


class TableChoice(PlainForm):
    """A form with one choice of a table for each round, in the fields ``round_1``, …"""

    event: Event

    def add_rounds(
        self,
        sittings: Iterable[Sitting],
        *,
        mine: Mapping[str, str],
        starred: Iterable[str],
    ) -> None:
        """``sittings`` come in order of round, with session, theme, round and hosts fetched."""
        self.sittings = sorted(sittings, key=lambda sitting: sitting.round.number)
        where = {sitting.session.code: sitting.round.number for sitting in self.sittings}
        for held_in, group in groupby(self.sittings, lambda sitting: sitting.round):
            if item := getattr(held_in, "agenda_item", None):
                item.event = self.event  # else its times would ask the database for it
            name = f"round_{held_in.number}"
            self.fields[name] = TableField(
                held_in, group, elsewhere=where, mine=mine.get(name, ""), starred=starred
            )

    @property
    def rounds(self) -> list[TableBoundField]:
        return [bound for bound in self if isinstance(bound, TableBoundField)]

    @property
    def tables(self) -> dict[int, str]:
        """The chosen session codes by round number; '' for no table. Needs a valid form."""
        return {
            bound.field.round.number: self.cleaned_data[bound.name]
            for bound in self.rounds
            if bound.name in self.cleaned_data
        }

    def look_again(self) -> None:
        """Count the seats anew: what was refused must show as full, not as it was before."""
        taken = dict(self.event.sittings.values_list("pk", "taken"))
        for sitting in self.sittings:
            sitting.taken = taken.get(sitting.pk, sitting.seats)

    def table_fields(self) -> list[Field]:
        return [Field(bound.name, template="tafelronde/tables.html") for bound in self.rounds]


class SignUpForm(TableChoice):
    """A personal sign-up (rule 3 in docs/rules.md). ``initial`` may hold starred sessions."""

    first_name = LineField(
        clean_name,
        label=_("First name"),
        sentences={
            "required": _("Fill in your first name."),
            "name_empty": _("Fill in your first name."),
            "too_long": _("Make your first name shorter: at most 100 characters."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "given-name", "spellcheck": "false"}),
    )
    last_name = LineField(
        clean_name,
        label=_("Last name"),
        sentences={
            "required": _("Fill in your last name."),
            "name_empty": _("Fill in your last name."),
            "too_long": _("Make your last name shorter: at most 100 characters."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "family-name", "spellcheck": "false"}),
    )
    email = email_field(_("We send you a link there to confirm."))
    organisation = LineField(
        clean_line,
        label=_("Organisation"),
        sentences={
            "too_long": _("Make the name of your organisation shorter: at most 100 characters."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    role = forms.ChoiceField(
        label=_("You come as"),
        choices=[("", _("choose your role")), *Registration.Role.choices],
        error_messages={
            "required": _("Choose your role."),
            "invalid_choice": _("Choose your role from the list."),
        },
        widget=forms.Select(attrs={"autocomplete": "organization-title"}),
    )
    agree = forms.BooleanField(
        label=_("My place is mine alone. If I cannot come, I cancel it myself."),
        error_messages={"required": _("Tick the agreement: your place is personal.")},
    )
    listed = forms.BooleanField(
        label=_("My name may be on 'Who is coming?'"),
        help_text=_("With your role and organisation. You can switch it off later."),
        required=False,
    )

    def __init__(
        self,
        event: Event,
        sittings: Iterable[Sitting],
        data: Data = None,
        *,
        initial: Mapping[str, Any] | None = None,
        starred: Iterable[str] = (),
    ) -> None:
        """``starred`` holds session codes; by default those that ``initial`` chooses."""
        super().__init__(data, initial=initial)
        self.event = event
        codes = [str(value) for name, value in self.initial.items() if name.startswith("round_")]
        self.add_rounds(sittings, mine={}, starred=[*starred, *codes])
        self.order_fields([*self._you, *(bound.name for bound in self.rounds)])
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True}
        self.helper.layout = Layout(
            Part(_("You"), *self._you),
            *self.table_fields(),
            Part(
                _("Agreements"),
                "agree",
                "listed",
                Piece("registrations/_privacy_note.html"),
                Submit("", _("Send sign-up")),
                Piece("registrations/_what_next.html"),
            ),
        )

    _you = ("first_name", "last_name", "email", "organisation", "role")

    @property
    def erased_on(self) -> date:
        """The day on which names and addresses are removed (rule 12)."""
        last_day = timezone.localdate(self.event.ends_at)
        return last_day + timedelta(days=self.event.retention_days)


class TablesForm(TableChoice):
    """Other tables for somebody who is registered; ``current`` is round number -> code."""

    def __init__(
        self,
        event: Event,
        sittings: Iterable[Sitting],
        current: Mapping[int, str],
        data: Data = None,
    ) -> None:
        mine = {f"round_{number}": code for number, code in current.items()}
        super().__init__(data)
        self.event = event
        self.add_rounds(sittings, mine=mine, starred=())
        for name in self.fields:
            self.initial[name] = mine.get(name, "")
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True}
        self.helper.layout = Layout(
            *self.table_fields(),
            Part(
                _("Done?"),
                Submit("", _("Save my tables")),
                Piece("registrations/_tables_next.html"),
            ),
        )


class MyLinkForm(PlainForm):
    """An address to mail a personal link to."""

    email = email_field(_("The address with which you signed up."))

    def __init__(self, data: Data = None) -> None:
        super().__init__(data)
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True}
        self.helper.layout = Layout(Part("", "email", Submit("", _("Mail me my link"))))


def add_problems(form: PlainForm, error: RegistrationError) -> None:
    """Show in the form why a rule said no."""
    if isinstance(form, TableChoice):
        form.look_again()
    for name, sentence in error.problems:
        form.add_error(name if name in form.fields else None, sentence)
