"""Tables put in order, round by round, for a draw or while waiting after it (rule 16)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from program.models import Slot
from registrations.forms.tables import (
    Select,
    TableBoundField,
    TableChoice,
    TableField,
    TableOption,
)
from registrations.queries.rankings import NO_TABLE, Ranked

NUMBER = re.compile(r"[0-9]{1,3}")


class Numbers(forms.Widget):
    """What was typed at each table, by its code: '1', '2' …, and at '' for no table.

    A program may name a table in ``round_1`` instead: that is a short list.
    """

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> dict[str, str]:
        start = name.replace("round_", "rank_")
        sent = {key: key.removeprefix(f"{start}_") for key in data if key.startswith(f"{start}_")}
        if start in data:
            sent[start] = NO_TABLE
        if sent:
            return {code: str(data[key]).strip() for key, code in sent.items() if data[key]}
        return {str(data[name]): "1"} if name in data else {}


class RankedField(TableField):
    """The tables of a round in somebody's own order. None at all: wherever there is room."""

    widget = Numbers  # type: ignore[assignment]

    def clean(self, value: Mapping[str, str]) -> list[str]:  # type: ignore[override]
        typed = {code: number for code, number in value.items() if number}
        wrong = [code for code in typed if code and code not in self.slots]
        if wrong and wrong[0] in self.elsewhere:
            raise self._error(
                _("Session %(code)s is in round %(other)s. Choose another for round %(round)s."),
                code=wrong[0],
                other=self.elsewhere[wrong[0]],
            )
        if wrong:
            raise self._error(_("Choose tables from the list for round %(round)s."))
        if not all(NUMBER.fullmatch(number) and int(number) for number in typed.values()):
            raise self._error(_("Number the tables you’d like in round %(round)s: 1, 2 and so on."))
        codes = sorted(typed, key=lambda code: int(typed[code]))
        twice = [
            self._error(
                _(
                    "In round %(round)s, ‘%(first)s’ and ‘%(second)s’ both have number %(number)s. "
                    "Give one of them another number."
                ),
                first=self._title(first),
                second=self._title(second),
                number=int(typed[first]),
            )
            for first, second in pairwise(codes)
            if int(typed[first]) == int(typed[second])
        ]
        if twice:
            raise ValidationError(twice)
        if NO_TABLE in codes[:-1]:
            raise self._error(
                _(
                    "In round %(round)s, ‘%(title)s’ comes after ‘rather no table’, so you’d never "
                    "get it. Make ‘rather no table’ your last choice."
                ),
                title=self._title(codes[codes.index(NO_TABLE) + 1]),
            )
        return codes

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> RankedBoundField:
        return RankedBoundField(form, self, field_name)

    def prepare_value(self, value: Any) -> dict[str, str]:
        """What a form begins with is a list of codes, or one code; what was sent has numbers."""
        if isinstance(value, dict):
            return value
        codes = [value] if isinstance(value, str) else value or ()
        return {code: str(number) for number, code in enumerate(codes, 1)}

    def _title(self, code: str) -> str:
        return self.slots[code].session.local_title if code else _("rather no table")

    def _error(self, sentence: str, **words: object) -> ValidationError:
        return ValidationError(sentence, params={"round": self.round.number} | words)


class RankedBoundField(TableBoundField):
    """Lays out the tables as cards, each with its number."""

    form: RankingChoice

    @cached_property
    def cards(self) -> list[TableOption]:
        numbers = self.value()
        cards = [
            self._ranked(index, slot, numbers)
            for index, slot in enumerate(self.field.slots.values())
        ]
        none = TableOption("", self._id(len(cards)), select=self._select("", len(cards), numbers))
        return [*cards, none]

    @property
    def chosen(self) -> Slot | None:
        return None

    @property
    def target(self) -> str:
        """The first table with a number, or else the first of all."""
        selects = [card.select for card in self.cards if card.select]
        return next((one for one in selects if one.number), selects[0]).html_id

    def _ranked(self, index: int, slot: Slot, numbers: Mapping[str, str]) -> TableOption:
        code = slot.session.code
        select = None if slot.dropped else self._select(code, index, numbers)
        return TableOption(
            value=code,
            html_id=self._id(index),
            slot=slot,
            anchor=self.anchor(code),
            also=self.also(code),
            chosen=bool(select and select.number),
            people=self.form.queues.tables.get(slot.pk, 0),
            select=select,
        )

    def _select(self, code: str, index: int, numbers: Mapping[str, str]) -> Select:
        start = self.html_name.replace("round_", "rank_")
        return Select(
            name=f"{start}_{code}" if code else start,
            html_id=self._id(index),
            number=numbers.get(code, ""),
            most=min(self.form.event.wishes_a_round, self.tables + self.form.before_draw),
        )

    def _id(self, index: int) -> str:
        return f"{self.auto_id}_{index}"


class RankingChoice(TableChoice):
    """A form in which the tables of each round are put in order.

    In ``rank_1_5a``, … the number of a table in its round, in ``rank_1``, … that of no table: the
    order of the numbers counts, whatever they are.
    """

    ranks = True

    def add_round(self, tables: TableField) -> None:
        slots = tables.slots.values()
        ranked = RankedField(tables.round, slots, elsewhere=tables.elsewhere, required=False)
        self.fields[f"round_{tables.round.number}"] = ranked

    @property
    def ranked(self) -> Ranked:
        return {
            bound.field.round.number: self.cleaned_data[bound.name]
            for bound in self.rounds
            if bound.name in self.cleaned_data
        }

    @property
    def tables(self) -> dict[int, str]:
        """None is chosen: all are ranked."""
        return {}

    @property
    def waitlists(self) -> dict[int, list[str]]:
        return {}

    @property
    def before_draw(self) -> bool:
        """Whether a draw is to come. After it there is nothing that no table could be better than:
        whoever waits gets a table that they ranked, or none.
        """
        return self.event.draw_to_come

    @property
    def choice_stands(self) -> bool:
        return False
