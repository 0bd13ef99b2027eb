"""What an organiser types who acts for somebody; the rules are judged by the actions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from program.models import Event, Sitting
from program.templatetags.program_tags import seats_left
from registrations import spelling
from registrations.addresses import SENTENCES, clean_email
from registrations.choices import PlainForm
from registrations.errors import RegistrationError
from registrations.fields import LineField
from registrations.models import Registration
from registrations.names import SORT_LENGTH, clean_line, clean_name
from registrations.standing import Queues
from registrations.tables import codes

Data = Mapping[str, Any] | None
REASON_LENGTH = 300
# Behind a session's code: not a free seat there but a reserved one. In no code itself.
RESERVED = "+"


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
        help_text=gettext_lazy("Stays in the history. Leave out names and addresses."),
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


class StaffForm(PlainForm):
    """A form of the admin. Fields that need no answer say so."""

    def __init__(self, data: Data = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for field in self.fields.values():
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

    def refuse(self, error: RegistrationError) -> None:
        """Show in the form why a rule said no."""
        for name, sentence in error.for_organisers:
            self.add_error(name if name in self.fields else None, sentence)


class PersonForm(StaffForm):
    """A form about one person."""

    def __init__(self, registration: Registration, data: Data = None, **kwargs: Any) -> None:
        self.registration = registration
        super().__init__(data, **kwargs)
        if not registration.email:
            self.fields.pop("mail", None)

    @property
    def mails(self) -> bool:
        return bool(self.cleaned_data.get("mail"))


class LinkForm(PersonForm):
    pass


class ConfirmForm(PersonForm):
    why = reason_field(required=True)


class CancelForm(PersonForm):
    why = reason_field(required=False)
    mail = forms.BooleanField(
        label=gettext_lazy("Mail this person that the sign-up is cancelled"),
        required=False,
        initial=True,
    )

    def __init__(self, registration: Registration, data: Data = None) -> None:
        super().__init__(registration, data)
        if registration.is_pending:
            # Nobody has proven that address: it gets no word of a sign-up that ends.
            self.fields.pop("mail", None)


class NameForm(PersonForm):
    first_name = name_field(gettext_lazy("First name"), gettext_lazy("Fill in the first name."))
    last_name = name_field(gettext_lazy("Last name"), gettext_lazy("Fill in the last name."))
    why = reason_field(required=True)

    def __init__(self, registration: Registration, data: Data = None) -> None:
        initial = {"first_name": registration.first_name, "last_name": registration.last_name}
        super().__init__(registration, data, initial=initial)
        confirmed = registration.name_confirmed or registration.name
        # Django shows the help of a field as it is: the name must be made harmless here.
        self.fields["last_name"].help_text = format_html(
            _("At most {most} letters may differ from '{name}'. Accents and capitals are free."),
            most=spelling.MOST,
            name=confirmed,
        )


class OrderForm(PersonForm):
    sort_name = LineField(
        partial(clean_line, limit=SORT_LENGTH),
        label=gettext_lazy("Sorted as"),
        help_text=gettext_lazy(
            "The word to sort by comes first: 'Berg, Jan van den', and for a Belgian name "
            "'Van den Berg, Jan'."
        ),
        sentences={"required": gettext_lazy("Fill in how this name is sorted.")},
    )

    def __init__(self, registration: Registration, data: Data = None) -> None:
        super().__init__(registration, data, initial={"sort_name": registration.sort_name})


class AddressForm(PersonForm):
    email = address_field(required=True)
    why = reason_field(required=False)

    def __init__(self, registration: Registration, data: Data = None) -> None:
        super().__init__(registration, data, initial={"email": registration.email})


class SeatField(forms.ChoiceField):
    """A table in one round, grouped by theme; '' is no table."""


class Seats:
    """What of a form's answers is about tables: ``round_1`` … and ``wish_1`` …"""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def add_rounds(
        self, sittings: Iterable[Sitting], *, mine: Collection[int] = (), full_too: bool = False
    ) -> None:
        """``sittings`` come in order of round, with session, theme and round fetched."""
        for round_, group in groupby(sittings, lambda sitting: sitting.round):
            offered = [one for one in group if not one.dropped]
            options = [
                (str(theme), list(_options(of_theme, mine, full_too=full_too)))
                for theme, of_theme in groupby(offered, lambda one: one.session.theme)
            ]
            self.fields[f"round_{round_.number}"] = SeatField(
                label=str(round_),
                required=False,
                choices=[
                    ("", _("no table")),
                    *((theme, found) for theme, found in options if found),
                ],
                error_messages={
                    "invalid_choice": _("This table filled up just now. Choose another one.")
                },
            )

    def add_wishes(self, sittings: Iterable[Sitting], queues: Queues) -> None:
        """Full tables to wait for beside the one taken, as long as anybody is moved."""
        for round_, group in groupby(sittings, lambda sitting: sitting.round):
            full = [one for one in group if one.full and not one.dropped]
            if full and queues.open:
                self.fields[f"wish_{round_.number}"] = forms.MultipleChoiceField(
                    label=_("%(round)s: wait for a full table") % {"round": round_},
                    required=False,
                    choices=[(one.session.code, str(one.session)) for one in full],
                    widget=forms.CheckboxSelectMultiple,
                )

    @property
    def tables(self) -> dict[int, str]:
        return {
            number: str(value).removesuffix(RESERVED) for number, value in self._numbered("round_")
        }

    @property
    def on_reserved(self) -> list[int]:
        return [n for n, value in self._numbered("round_") if str(value).endswith(RESERVED)]

    @property
    def wishes(self) -> dict[int, list[str]]:
        return dict(self._numbered("wish_"))

    def _numbered(self, prefix: str) -> list[tuple[int, Any]]:
        return [
            (int(name.removeprefix(prefix)), value)
            for name, value in self.cleaned_data.items()
            if name.startswith(prefix)
        ]


class SeatsForm(Seats, PersonForm):
    """Other tables for somebody who is registered."""

    why = reason_field(required=False)
    mail = forms.BooleanField(
        label=gettext_lazy("Mail this person the new tables"), required=False, initial=True
    )

    def __init__(self, registration: Registration, data: Data = None) -> None:
        super().__init__(registration, data)
        mine = set(registration.table_seats.values_list("sitting_id", flat=True))
        self.add_rounds(sittings_of(registration.event), mine=mine)
        for number, code in codes(registration).items():
            self.initial[f"round_{number}"] = code
        self.order_fields([name for name in self.fields if name.startswith("round_")])


class ManyCancelForm(StaffForm):
    """The number of people is asked back: what was shown must be what is done."""

    why = reason_field(required=False)
    mail = forms.BooleanField(
        label=gettext_lazy("Mail them that their sign-up is cancelled"),
        required=False,
        initial=True,
    )
    people = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, count: int, data: Data = None) -> None:
        super().__init__(data, initial={"people": count})
        self.count = count

    def clean_people(self) -> None:
        if self.cleaned_data["people"] != self.count:
            raise ValidationError(_("Meanwhile it is another number of people. Look again."))


def sittings_of(event: Event) -> list[Sitting]:
    order = ("round__number", "session__theme__number", "session__code")
    return list(event.sittings.select_related("session__theme", "round").order_by(*order))


def _options(
    sittings: Iterable[Sitting], mine: Collection[int], *, full_too: bool
) -> Iterable[tuple[str, str]]:
    for sitting in sittings:
        code, name = sitting.session.code, str(sitting.session)
        if sitting.pk in mine:
            yield code, _("%(table)s (the table now)") % {"table": name}
            continue
        if not sitting.full or full_too:
            yield code, f"{name} ({seats_left(sitting.seats_left)})"
        if sitting.reserved and not full_too:
            said = ngettext(
                "%(table)s (%(count)s reserved seat: give this one)",
                "%(table)s (%(count)s reserved seats: give one of these)",
                sitting.reserved,
            )
            yield f"{code}{RESERVED}", said % {"table": name, "count": sitting.reserved}
