"""Form fields that say in a sentence of their own what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from program.models import Round, Slot
from registrations.queries.waiting import Queues, Wait

Text = str | Promise


class LineField(forms.CharField):
    """One line of text, cleaned by a function that raises a finished sentence.

    ``sentences`` gives this field's own for a cleaner's error code, or for 'required'.
    None of Django's checks is made: the cleaner makes them all, NUL characters included.
    """

    def __init__(
        self,
        cleaner: Callable[[str], str],
        *,
        sentences: Mapping[str, Text],
        **kwargs: Any,
    ) -> None:
        super().__init__(required="required" in sentences, **kwargs)
        self.cleaner = cleaner
        self.sentences = sentences

    def clean(self, value: Any) -> str:
        text = str(value or "").strip()
        if text:
            try:
                text = self.cleaner(text)
            except ValidationError as error:
                raise ValidationError(self._sentence(error), code=error.code) from error
        if not text and self.required:
            raise ValidationError(str(self.sentences["required"]), code="required")
        return text

    def _sentence(self, error: ValidationError) -> str:
        """A sentence that says which field it is about."""
        own = self.sentences.get(error.code or "")
        return str(own) if own else f"{self.label}: {' '.join(error.messages)}"


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


class TableField(forms.Field):
    """The table in one round: a session's code, or '' for no table. No answer is an error.

    A full table is shown without a radio, but its code passes: the action refuses it under
    the lock, for it may have filled up while the form was open (rule 2 in docs/rules.md).
    With ``full_too`` it has one: on the waiting list a table is a request (rule 8).
    """

    widget = forms.RadioSelect
    queues: Queues | None = None
    full_too = False

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
        """``elsewhere`` says of codes that do not run in this round where they do."""
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
        choosable = not slot.dropped and (self.field.full_too or not full)
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
        queues = self.field.queues
        if queues is None or not queues.open:
            return None
        return Box(
            name=self.entry.html_name,
            html_id=f"{self.entry.auto_id}_{index}",
            ticked=slot.session.code in (self.entry.value() or []),
            people=queues.tables.get(slot.pk, 0),
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
    """Its checkboxes stand on the cards of the round."""

    field: WaitlistField

    @property
    def target(self) -> str:
        """The first checkbox of the round; without any, where the round begins."""
        tables = cast(TableBoundField, self.form[f"round_{self.field.tables.round.number}"])
        boxes = [card.box.html_id for card in tables.cards if card.box]
        return boxes[0] if boxes else tables.target
