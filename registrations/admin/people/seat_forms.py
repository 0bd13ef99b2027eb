"""The choices of tables that an organiser has when seating somebody."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from program.models import Event, Slot
from program.public.programme import slots_of
from program.templatetags.program_tags import room_at
from registrations.admin.people.person_forms import (
    Data,
    PersonForm,
    SeenField,
    StaffForm,
    mail_field,
    reason_field,
)
from registrations.models import Registration
from registrations.queries.tables import codes
from registrations.queries.waiting import Queues

# Behind a session's code: a reserved seat there, not a free one. No code itself has it.
RESERVED = "+"


class SeatField(forms.ChoiceField):
    """A table in one round, grouped by theme; '' is no table."""


class Seats:
    """The fields of a form that are about tables: ``round_1`` … and ``wish_1`` …"""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]

    def add_rounds(
        self,
        slots: Iterable[Slot],
        *,
        mine: Collection[int] = (),
        full_too: bool = False,
        any_room: bool = True,
    ) -> None:
        """``slots`` come in order of round, with session, theme and round fetched.

        Not ``any_room``: before a draw a table is a first choice, and no seat is free or taken.
        """
        for round_, group in groupby(slots, lambda slot: slot.round):
            offered = [one for one in group if not one.dropped]
            options = [
                (
                    str(theme),
                    list(_options(of_theme, mine, full_too=full_too))
                    if any_room
                    else [(one.session.code, str(one.session)) for one in of_theme],
                )
                for theme, of_theme in groupby(offered, lambda one: one.session.theme)
            ]
            self.fields[f"round_{round_.number}"] = SeatField(
                label=str(round_) if any_room else _("%(round)s: first choice") % {"round": round_},
                required=False,
                choices=[
                    ("", _("no table") if any_room else _("wherever there is room")),
                    *((theme, found) for theme, found in options if found),
                ],
                error_messages={
                    "invalid_choice": _("This table filled up just now. Choose another one.")
                },
            )

    def add_entries(self, slots: Iterable[Slot], queues: Queues) -> None:
        """Full tables to wait for beside the one taken, as long as anybody is moved."""
        for round_, group in groupby(slots, lambda slot: slot.round):
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
    def waitlists(self) -> dict[int, list[str]]:
        return dict(self._numbered("wish_"))

    def _numbered(self, prefix: str) -> list[tuple[int, Any]]:
        return [
            (int(name.removeprefix(prefix)), value)
            for name, value in self.cleaned_data.items()
            if name.startswith(prefix)
        ]


class SeatsForm(Seats, PersonForm):
    """Other tables for somebody who is registered."""

    seen = SeenField(required=False)
    why = reason_field(required=False)
    mail = mail_field(gettext_lazy("Mail this person the new tables"))

    def __init__(self, registration: Registration, data: Data = None) -> None:
        super().__init__(registration, data)
        mine = set(registration.table_seats.values_list("slot_id", flat=True))
        self.add_rounds(slots_of(registration.event), mine=mine)
        self.initial["seen"] = codes(registration)
        for number, code in self.initial["seen"].items():
            self.initial[f"round_{number}"] = code
        self.order_fields([name for name in self.fields if name.startswith("round_")])


class ManyMoveForm(StaffForm):
    """One table in one round, for several people; tables without a free seat are not offered."""

    why = reason_field(required=False)
    mail = mail_field(gettext_lazy("Mail them about their new tables"))

    def __init__(self, event: Event, data: Data = None) -> None:
        super().__init__(data)
        groups = []
        for round_, slots in groupby(slots_of(event), lambda slot: slot.round):
            free = [one for one in slots if not one.dropped and not one.full]
            groups.append(
                (str(round_), [(one.pk, f"{one.session} ({room_at(one)})") for one in free])
            )
        self.fields["table"] = forms.TypedChoiceField(
            label=_("Table"),
            choices=[("", _("choose from the list")), *(each for each in groups if each[1])],
            coerce=int,
            error_messages={
                "required": _("Choose a table."),
                "invalid_choice": _("This table filled up just now. Choose another one."),
            },
        )
        self.order_fields(["table"])


def _options(
    slots: Iterable[Slot], mine: Collection[int], *, full_too: bool
) -> Iterable[tuple[str, str]]:
    for slot in slots:
        code, name = slot.session.code, str(slot.session)
        if slot.pk in mine:
            yield code, _("%(table)s (the table now)") % {"table": name}
            continue
        if not slot.full or full_too:
            yield code, f"{name} ({room_at(slot)})"
        if slot.reserved and not full_too:
            said = ngettext(
                "%(table)s (%(count)s reserved seat: give this one)",
                "%(table)s (%(count)s reserved seats: give one of these)",
                slot.reserved,
            )
            yield f"{code}{RESERVED}", said % {"table": name, "count": slot.reserved}
