"""The choice of tables in a form: one to sit at in each round, and those to wait for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from program.models import Event, Round, Slot, Theme
from program.public.states import SignupState
from registrations.forms.plain import PlainForm
from registrations.names.person_names import norm
from registrations.queries.rankings import Ranked
from registrations.queries.waiting import Queues, Wait

MANY_TABLES = 20  # from here on they can be searched


@dataclass(frozen=True)
class Box:
    """The checkbox at a full table: wait for it."""

    name: str
    html_id: str
    ticked: bool


@dataclass(frozen=True)
class Select:
    """Where a table is ranked: with one of the numbers from 1 to ``most``, or with none."""

    name: str
    html_id: str
    number: str
    most: int

    @property
    def numbers(self) -> list[str]:
        return [str(number) for number in range(1, self.most + 1)]


@dataclass(frozen=True)
class TableOption:
    """One answer to 'which table in this round?'; without a slot it means no table.

    ``people`` wait for it; somebody who is among them has a ``place`` in that queue, from 1.
    ``also`` are the other rounds in which its session is held.
    """

    value: str
    html_id: str
    slot: Slot | None = None
    anchor: str = ""
    also: tuple[Round, ...] = ()
    chosen: bool = False
    choosable: bool = True
    mine: bool = False
    refused: bool = False
    people: int = 0
    place: int = 0
    box: Box | None = None
    select: Select | None = None

    @property
    def key(self) -> str:
        """All that its card depends on beside the programme and the event's queue."""
        counters = self.slot.numbers if self.slot else ()
        answer = (self.value, self.chosen, self.choosable, self.mine, self.refused)
        inputs = (self.box, self.select)
        return f"{self.html_id} {counters} {answer} {self.people} {self.place} {inputs}"

    def found_by(self, words: Sequence[str]) -> bool:
        """Whether somebody who looks for ``words`` is shown it; what they chose always is."""
        if not words or not self.slot or self.chosen or self.mine or (self.box and self.box.ticked):
            return True
        text = search_text(self.slot)
        return all(word in text for word in words)


@dataclass(frozen=True)
class TableGroup:
    """Tables of a round that stand together: those of a theme, if it has one."""

    html_id: str
    theme: Theme | None
    cards: list[TableOption]

    @property
    def key(self) -> str:
        return f"{self.html_id} {[card.key for card in self.cards]}"


def search_text(slot: Slot) -> str:
    """What a search looks through: code, title, theme and hosts of a table, in plain letters."""
    session = slot.session
    hosts = (f"{each.speaker.name} {each.speaker.organisation}" for each in session.hostings.all())
    titles = (session.title, session.title_en, session.theme.title, session.theme.title_en)
    return norm(" ".join((session.code, *titles, *hosts)))


class TableRadios(forms.RadioSelect):
    """Somebody who only waits for tables of a round has answered: no table until then."""

    takes_waiting = True

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        waits = self.takes_waiting and name.replace("round_", "wish_") in data
        return data.get(name, "" if waits else None)


class TableField(forms.Field):
    """The table in one round: a session's code, or '' for no table. No answer is an error.

    A full table has no radio button, but its code passes: it may have filled up while the form
    was open, and the action refuses it under the lock (rule 2 in docs/rules.md). On the waiting
    list it is a request (rule 8), shown as what it comes to: waiting for that table.
    """

    widget = TableRadios

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
                    "Session %(code)s is in round %(other)s. Choose another for round "
                    "%(number)s, or choose no table."
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
    def none(self) -> TableOption:
        """The answer: no table."""
        return self.cards[-1]

    @cached_property
    def groups(self) -> list[TableGroup]:
        """The tables to choose from: one's own, then theme by theme."""
        name = f"ronde-{self.field.round.number}"
        cards = [card for card in self.cards if card.slot and not self._apart(card)]
        mine = [card for card in cards if card.mine]
        others = [card for card in cards if not card.mine and card.found_by(self.form.words)]
        groups = [TableGroup(f"{name}-mijn", None, mine)] if mine else []
        for theme, group in groupby(others, lambda card: cast(Slot, card.slot).session.theme):
            groups.append(TableGroup(f"{name}-thema-{theme.number}", theme, list(group)))
        return groups

    @cached_property
    def full(self) -> TableGroup:
        """The tables without a seat, together: one waits for them, beside one's own table."""
        cards = [
            card
            for card in self.cards
            if self._apart(card) and not card.refused and card.found_by(self.form.words)
        ]
        return TableGroup(f"ronde-{self.field.round.number}-vol", None, cards)

    @property
    def refused(self) -> list[TableOption]:
        """The full table that was asked for: first of all, for one may wait for it."""
        return [card for card in self.cards if self._apart(card) and card.refused]

    @property
    def some_to_wait_for(self) -> bool:
        return any(card.box for card in self.full.cards)

    @property
    def tables(self) -> int:
        """How many there are; one that dropped out is shown and not counted."""
        return sum(not slot.dropped for slot in self.field.slots.values())

    @property
    def chosen(self) -> Slot | None:
        return self.field.slots.get(self.value() or "")

    @property
    def waits(self) -> list[Slot]:
        """The tables to wait for, in the order of the form; none once waiting has closed."""
        codes = (self.entry.value() or []) if self.form.queues.open else []
        return [slot for code, slot in self.field.slots.items() if code in codes]

    @property
    def stands(self) -> bool:
        """Whether it is answered, and nothing is wrong with the answer."""
        return self.value() is not None and not self.errors and not self.entry.errors

    @property
    def entry(self) -> BoundField:
        """The tables of this round to wait for."""
        return self.form[f"wish_{self.field.round.number}"]

    @property
    def target(self) -> str:
        """The first radio: where a link to an error of this field leads."""
        return next(card.html_id for card in self.cards if card.choosable)

    def _apart(self, card: TableOption) -> bool:
        """A full table, but in a list that is only read: there it stands with its theme."""
        gone = card.slot is not None and card.slot.dropped
        return not card.choosable and not gone and not self.form.reading

    def anchor(self, code: str) -> str:
        """Where a link to a table leads; to a session, the first of its tables."""
        first = self.field.round == self.form.held_in[code][0]
        return f"tafel-{code}" if first else f"tafel-{code}-{self.field.round.number}"

    def also(self, code: str) -> tuple[Round, ...]:
        """The other rounds in which a session is held."""
        return tuple(one for one in self.form.held_in[code] if one != self.field.round)

    def _card(self, index: int, slot: Slot, answer: Any, wrong: bool) -> TableOption:
        code = slot.session.code
        mine = code == self.field.mine
        full = slot.full and not mine
        asked = answer == code
        choosable = not slot.dropped and not full and not self.form.reading
        return TableOption(
            value=code,
            html_id=f"{self.auto_id}_{index}",
            slot=slot,
            anchor=self.anchor(code),
            also=self.also(code),
            chosen=asked and choosable,
            choosable=choosable,
            mine=mine,
            refused=asked and wrong,
            people=self.form.queues.tables.get(slot.pk, 0),
            place=self.field.place_at.get(slot.pk, 0),
            box=self._box(index, slot, asked) if full and not slot.dropped else None,
        )

    def _box(self, index: int, slot: Slot, asked: bool) -> Box | None:
        if self.form.reading or not self.form.queues.open:
            return None
        ticked = slot.session.code in (self.entry.value() or [])
        return Box(
            name=self.entry.html_name,
            html_id=f"{self.entry.auto_id}_{index}",
            ticked=ticked or (asked and self.form.for_the_list),
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
            _("For round %(number)s, choose the tables you want to wait for from the list."),
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
    state: SignupState = SignupState.OPEN
    # What somebody looks for among the tables, as typed.
    looked_for: str = ""
    # Whether the list is only read: nothing can be chosen now.
    reading: bool = False
    # Whether the tables of a round are put in order (rule 16).
    ranks: bool = False
    # Where it is sent; empty for the sign-up form of the event.
    sent_to: str = ""

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
        self.held_in: dict[str, list[Round]] = {}
        for slot in self.slots:
            self.held_in.setdefault(slot.session.code, []).append(slot.round)
        for held_in, group in groupby(self.slots, lambda slot: slot.round):
            name = f"round_{held_in.number}"
            self.add_round(
                TableField(held_in, group, elsewhere=where, mine=mine.get(name, ""), waits=waits)
            )
            waited = [wait.slot.session.code for wait in waits if wait.slot.round_id == held_in.pk]
            self.initial.setdefault(f"wish_{held_in.number}", waited)

    def add_round(self, tables: TableField) -> None:
        cast(TableRadios, tables.widget).takes_waiting = self.queues.open
        number = tables.round.number
        self.fields |= {f"round_{number}": tables, f"wish_{number}": WaitlistField(tables)}

    @property
    def for_the_list(self) -> bool:
        """Whether this is a sign-up for the event's waiting list (rule 8)."""
        return False

    @property
    def ranked(self) -> Ranked | None:
        """What was ranked, if tables are put in order here. Of the rounds that are valid."""
        return None

    @property
    def address(self) -> str:
        return self.sent_to or reverse("registrations:sign-up", args=[self.event.slug])

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

    @cached_property
    def look(self) -> str:
        """All that the drawing of any table depends on beside the table itself."""
        said = (self.state.shows_seats, self.queues.open, self.for_the_list)
        return f"{self.reading} {said} {self.event.draw_to_come}"

    @property
    def choice_stands(self) -> bool:
        """Whether the tables are chosen, so that they need not be shown all."""
        return all(bound.stands for bound in self.rounds)

    @property
    def choice_query(self) -> str:
        """The choice as an address holds it; the same names as those of the form's fields."""
        chosen = [(bound.name, bound.value()) for bound in self.rounds]
        waits = [
            (bound.entry.name, slot.session.code) for bound in self.rounds for slot in bound.waits
        ]
        return urlencode(chosen + waits)

    @property
    def repeated(self) -> bool:
        """Whether a session is held in more than one round."""
        return any(len(rounds) > 1 for rounds in self.held_in.values())

    @property
    def searchable(self) -> bool:
        return len(self.slots) >= MANY_TABLES

    @cached_property
    def words(self) -> list[str]:
        return norm(self.looked_for).split()

    @property
    def any_found(self) -> bool:
        return any(bound.groups or bound.full.cards for bound in self.rounds)


class ProgrammeForm(TableChoice):
    """The tables of an event to choose from, before anything is asked about the person.

    It is only read when nobody can sign up.
    """

    def __init__(
        self,
        event: Event,
        slots: Iterable[Slot],
        queues: Queues,
        data: Mapping[str, Any] | None = None,
        *,
        state: SignupState,
        initial: Mapping[str, Any] | None = None,
        looked_for: str = "",
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.event = event
        self.state = state
        self.looked_for = looked_for
        self.reading = not (
            state == SignupState.OPEN or (state == SignupState.FULL and queues.offered)
        )
        self.add_rounds(slots, queues)

    @property
    def for_the_list(self) -> bool:
        return self.queues.offered
