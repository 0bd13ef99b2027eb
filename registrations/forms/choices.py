"""The forms' common ground: plain errors, and the tables to sit at and to wait for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field
from django import forms

from program.models import Event, Slot
from registrations.forms.fields import TableBoundField, TableField, WaitlistField
from registrations.queries.waiting import Queues, Wait


class FormProblem(NamedTuple):
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
    def problems(self) -> list[FormProblem]:
        """All errors, in the order of the page, for the summary above the form."""
        found = [FormProblem("", str(sentence)) for sentence in self.non_field_errors()]
        for bound in self:
            # A field of several inputs says which of them is its first.
            target = getattr(bound, "target", "") or bound.id_for_label
            found += [FormProblem(target, str(sentence)) for sentence in bound.errors]
        return found


class TableChoice(PlainForm):
    """A form with a choice of tables for each round.

    In ``round_1``, … the one to sit at, in ``wish_1``, … those to wait for beside it (rule 7).
    """

    event: Event
    queues: Queues

    def add_rounds(
        self,
        slots: Iterable[Slot],
        queues: Queues,
        *,
        mine: Mapping[str, str] = MappingProxyType({}),
        starred: Iterable[str] = (),
        waits: Sequence[Wait] = (),
    ) -> None:
        """``slots`` come in order of round, with session, theme, round and hosts fetched."""
        self.slots = sorted(slots, key=lambda slot: slot.round.number)
        where = {slot.session.code: slot.round.number for slot in self.slots}
        for held_in, group in groupby(self.slots, lambda slot: slot.round):
            if item := getattr(held_in, "agenda_item", None):
                item.event = self.event  # else its times would ask the database for it
            name, entry = f"round_{held_in.number}", f"wish_{held_in.number}"
            tables = TableField(
                held_in,
                group,
                elsewhere=where,
                mine=mine.get(name, ""),
                starred=starred,
                waits=waits,
            )
            self.fields |= {name: tables, entry: WaitlistField(tables)}
            self.initial[entry] = [
                wait.slot.session.code for wait in waits if wait.slot.round_id == held_in.pk
            ]
        self.show(queues)

    def show(self, queues: Queues) -> None:
        """How many wait stands at each table."""
        self.queues = queues
        for bound in self.rounds:
            bound.field.queues = queues
            bound.field.full_too = self.for_the_list

    @property
    def for_the_list(self) -> bool:
        """Whether this is a sign-up for the event's waiting list (rule 8)."""
        return False

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

    @property
    def waitlists(self) -> dict[int, list[str]]:
        """The session codes to wait for by round number, of the rounds that are valid.

        Once waiting has closed the page shows no checkboxes: entries stay as they were.
        """
        if self.queues.open:
            return {
                field.tables.round.number: self.cleaned_data[name]
                for name, field in self.fields.items()
                if isinstance(field, WaitlistField) and name in self.cleaned_data
            }
        chosen = set(self.tables.values())
        return {
            number: [code for code in self.initial[f"wish_{number}"] if code not in chosen]
            for number in self.tables
        }

    def look_again(self) -> None:
        """Count anew: what was refused must show as full, not as it was before."""
        self.event.refresh_from_db(fields=["taken", "capacity"])
        now = self.event.slots.in_bulk()
        for slot in self.slots:
            fresh = now.get(slot.pk)
            slot.taken = fresh.taken if fresh else slot.seats
            slot.reserved = fresh.reserved if fresh else 0
            slot.dropped_at = fresh.dropped_at if fresh else None
        self.show(Queues(self.event, at=self.queues.at))

    def table_fields(self) -> list[Field]:
        return [Field(bound.name, template="tafelronde/tables.html") for bound in self.rounds]
