"""The choice of tables in a form: one to sit at in each round, and those to wait for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any, cast

from crispy_forms.layout import Field
from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from program.models import Event, Round, Slot
from program.public.programme import fetch_hosts
from registrations.forms.plain import PlainForm
from registrations.queries.waiting import Queues, Wait


@dataclass(frozen=True)
class Box:
    """The checkbox at a full table: wait for it too. ``people`` wait there already.

    Somebody who is among them has a ``place`` in that queue, from 1.
    """

    name: str
    html_id: str
    ticked: bool
    people: int
    place: int = 0


@dataclass(frozen=True)
class TableOption:
    """One answer to 'which table in this round?'; without a slot it means no table."""

    value: str
    html_id: str
    slot: Slot | None = None
    chosen: bool = False
    choosable: bool = True
    mine: bool = False
    refused: bool = False
    box: Box | None = None

    @property
    def key(self) -> str:
        """All that its card depends on beside the programme."""
        counters = self.slot.numbers if self.slot else ()
        shown = (self.value, self.chosen, self.choosable, self.mine, self.refused, self.box)
        return f"{self.html_id} {counters} {shown}"


class TableField(forms.Field):
    """The table in one round: a session's code, or '' for no table. No answer is an error.

    A full table has no radio button, but its code passes: it may have filled up while the form
    was open, and the action refuses it under the lock (rule 2 in docs/rules.md). On the waiting
    list it has one: there a table is a request (rule 8).
    """

    widget = forms.RadioSelect

    def __init__(
        self,
        round: Round,  # noqa: A002 - the word of the models
        slots: Iterable[Slot],
        *,
        elsewhere: dict[str, int] | None = None,
        mine: str = "",
        waits: Iterable[Wait] = (),
        **kwargs: Any,
    ) -> None:
        """``elsewhere`` gives, for codes that do not run in this round, the round where they do."""
        self.round = round
        self.slots = {slot.session.code: slot for slot in slots}
        self.elsewhere = elsewhere or {}
        self.mine = mine
        self.place_at = {wait.slot.pk: wait.place for wait in waits}
        super().__init__(label=str(round), **kwargs)

    def clean(self, value: Any) -> str:
        number = {"number": self.round.number}
        if value is None:
            raise ValidationError(
                _("Choose a table for round %(number)s, or choose no table."),
                code="required",
                params=number,
            )
        code = str(value)
        if not code or code in self.slots:
            return code
        if code in self.elsewhere:
            raise ValidationError(
                _(
                    "Table %(code)s is in round %(other)s. "
                    "Choose another table for round %(number)s, or choose no table."
                ),
                code="other_round",
                params=number | {"code": code, "other": self.elsewhere[code]},
            )
        raise ValidationError(
            _("Choose a table from the list for round %(number)s, or choose no table."),
            code="unknown",
            params=number,
        )

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> TableBoundField:
        return TableBoundField(form, self, field_name)


class TableBoundField(BoundField):
    """Lays out the answers as cards."""

    field: TableField
    form: TableChoice

    @cached_property
    def cards(self) -> list[TableOption]:
        answer = self.value()
        wrong = bool(self.errors)
        cards = [
            self._card(index, slot, answer, wrong)
            for index, slot in enumerate(self.field.slots.values())
        ]
        none = TableOption("", f"{self.auto_id}_{len(cards)}", chosen=answer == "")
        return [*cards, none]

    @property
    def some_full(self) -> bool:
        """Whether there is a table to wait for."""
        return any(card.box for card in self.cards)

    @property
    def entry(self) -> BoundField:
        """The tables of this round to wait for."""
        return self.form[f"wish_{self.field.round.number}"]

    @property
    def target(self) -> str:
        """The first radio: where a link to an error of this field leads."""
        return next(card.html_id for card in self.cards if card.choosable)

    def _card(self, index: int, slot: Slot, answer: Any, wrong: bool) -> TableOption:
        code = slot.session.code
        mine = code == self.field.mine
        full = slot.full and not mine
        asked = answer == code
        choosable = not slot.dropped and (self.form.for_the_list or not full)
        return TableOption(
            value=code,
            html_id=f"{self.auto_id}_{index}",
            slot=slot,
            chosen=asked and choosable,
            choosable=choosable,
            mine=mine,
            refused=asked and wrong,
            box=self._box(index, slot) if full and not slot.dropped else None,
        )

    def _box(self, index: int, slot: Slot) -> Box | None:
        if not self.form.queues.open:
            return None
        return Box(
            name=self.entry.html_name,
            html_id=f"{self.entry.auto_id}_{index}",
            ticked=slot.session.code in (self.entry.value() or []),
            people=self.form.queues.tables.get(slot.pk, 0),
            place=self.field.place_at.get(slot.pk, 0),
        )


class WaitlistField(forms.Field):
    """The tables of one round to wait for: codes of sessions, in the order of the form."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, tables: TableField) -> None:
        self.tables = tables
        super().__init__(label=tables.label, required=False)

    def clean(self, value: Any) -> list[str]:
        codes = list(dict.fromkeys(str(code) for code in value or []))
        if all(code in self.tables.slots for code in codes):
            return codes
        raise ValidationError(
            _("Choose tables to wait for from the list of round %(number)s."),
            code="unknown",
            params={"number": self.tables.round.number},
        )

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> WaitlistBoundField:
        return WaitlistBoundField(form, self, field_name)


class WaitlistBoundField(BoundField):
    """Its checkboxes are on the cards of the round."""

    field: WaitlistField

    @property
    def target(self) -> str:
        """The first checkbox of the round, or else where the round begins."""
        tables = cast(TableBoundField, self.form[f"round_{self.field.tables.round.number}"])
        boxes = [card.box.html_id for card in tables.cards if card.box]
        return boxes[0] if boxes else tables.target


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
        waits: Sequence[Wait] = (),
    ) -> None:
        """``slots`` come in order of round, with session, theme and round fetched."""
        self.queues = queues
        self.slots = sorted(slots, key=lambda slot: slot.round.number)
        where = {slot.session.code: slot.round.number for slot in self.slots}
        for held_in, group in groupby(self.slots, lambda slot: slot.round):
            name, entry = f"round_{held_in.number}", f"wish_{held_in.number}"
            tables = TableField(
                held_in, group, elsewhere=where, mine=mine.get(name, ""), waits=waits
            )
            self.fields |= {name: tables, entry: WaitlistField(tables)}
            self.initial[entry] = [
                wait.slot.session.code for wait in waits if wait.slot.round_id == held_in.pk
            ]

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
        """Count again: what was refused must show as full."""
        self.event.refresh_from_db(fields=["taken", "capacity"])
        now = self.event.slots.in_bulk()
        for slot in self.slots:
            fresh = now.get(slot.pk)
            slot.taken = fresh.taken if fresh else slot.seats
            slot.reserved = fresh.reserved if fresh else 0
            slot.dropped_at = fresh.dropped_at if fresh else None
        self.queues = Queues(self.event, at=self.queues.at)

    def table_fields(self) -> list[Field]:
        fetch_hosts(self.slots)
        return [Field(bound.name, template="tafelronde/tables.html") for bound in self.rounds]
