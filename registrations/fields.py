"""Form fields that say in a sentence of their own what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from program.models import Round, Sitting

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
class Card:
    """One answer to 'which table in this round?'; without a sitting it means no table."""

    value: str
    html_id: str
    sitting: Sitting | None = None
    chosen: bool = False
    choosable: bool = True
    mine: bool = False
    starred: bool = False
    refused: bool = False


class TableField(forms.Field):
    """The table in one round: a session's code, or '' for no table. No answer is an error.

    A full table is shown without a radio, but its code passes: the action refuses it under
    the lock, for it may have filled up while the form was open (rule 2 in docs/rules.md).
    """

    widget = forms.RadioSelect

    def __init__(
        self,
        round: Round,  # noqa: A002 - the word of the models
        sittings: Iterable[Sitting],
        *,
        elsewhere: dict[str, int] | None = None,
        mine: str = "",
        starred: Iterable[str] = (),
        **kwargs: Any,
    ) -> None:
        """``elsewhere`` says of codes that do not run in this round where they do."""
        self.round = round
        self.sittings = {sitting.session.code: sitting for sitting in sittings}
        self.elsewhere = elsewhere or {}
        self.mine = mine
        self.starred = frozenset(starred)
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
        if not code or code in self.sittings:
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
    def cards(self) -> list[Card]:
        answer = self.value()
        wrong = bool(self.errors)
        cards = [
            self._card(index, sitting, answer, wrong)
            for index, sitting in enumerate(self.field.sittings.values())
        ]
        none = Card("", f"{self.auto_id}_{len(cards)}", chosen=answer == "")
        return [*cards, none]

    @property
    def target(self) -> str:
        """The first radio: where a link to an error of this field leads."""
        return next(card.html_id for card in self.cards if card.choosable)

    def _card(self, index: int, sitting: Sitting, answer: Any, wrong: bool) -> Card:
        code = sitting.session.code
        mine = code == self.field.mine
        choosable = mine or not sitting.full
        asked = answer == code
        return Card(
            value=code,
            html_id=f"{self.auto_id}_{index}",
            sitting=sitting,
            chosen=asked and choosable,
            choosable=choosable,
            mine=mine,
            starred=code in self.field.starred,
            refused=asked and wrong,
        )
