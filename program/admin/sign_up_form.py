"""The third step of an event: what people are asked and told when they sign up, and until when."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin.day_form import help_texts
from program.admin.step_form import Data, Group, ShownGroup, StepForm
from program.file.model import DEADLINES
from program.file.refusals import draw_fixed, draw_refused, lists_before_choices_close
from program.file.rules import deadlines_refused
from program.models import Event

FIRST, DRAW = "first", "draw"


class SignUpStepForm(StepForm):
    given_out = forms.ChoiceField(
        label=gettext_lazy("Places and tables go"),
        choices=[
            (FIRST, gettext_lazy("to whoever signs up first")),
            (DRAW, gettext_lazy("by a draw, at a moment that you choose")),
        ],
        widget=forms.RadioSelect,
        required=False,
    )

    groups = (
        Group(gettext_lazy("What people come as"), ["role_question"]),
        Group(gettext_lazy("What people read when they sign up"), ["notice"]),
        Group(gettext_lazy("Special needs"), ["needs_question"]),
        Group(
            gettext_lazy("How places and tables are given out"),
            ["given_out", "wishes_close_at", "wishes_a_round"],
            about=gettext_lazy(
                "First come, first served is quick: who signs up has a place at once. In a draw "
                "nobody is earlier than anybody else: people put the tables in order until a day "
                "that you choose, and then everybody gets a day at once. Choose before people sign "
                "up: after that the way, the day and the number of choices are fixed."
            ),
        ),
        Group(
            gettext_lazy("Until when"),
            [f"{name}_at" for name in DEADLINES if name != "wishes_close"],
            about=gettext_lazy("Leave a time empty, and it moves along with the day."),
        ),
        Group(
            gettext_lazy("Confirming by mail"),
            ["hold_minutes", "confirm_first"],
            about=gettext_lazy("Before a draw nothing is held: then this counts from the draw on."),
        ),
        Group(
            gettext_lazy("Erasing, extra people"),
            ["retention_days", "extras_allowed"],
            folded=True,
        ),
    )

    class Meta:
        model = Event
        fields = [
            *("role_question", "role_question_en", "notice", "notice_en"),
            *("needs_question", "needs_question_en"),
            *(f"{name}_at" for name in DEADLINES),
            *("wishes_a_round", "hold_minutes", "confirm_first"),
            *("retention_days", "extras_allowed"),
        ]
        widgets = {
            f"{name}_at": forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M")
            for name in DEADLINES
        }
        labels = {
            "wishes_close_at": gettext_lazy("In a draw: choices until"),
            "wishes_a_round": gettext_lazy("In a draw: choices in each round"),
        }
        help_texts = {
            **help_texts(),
            "wishes_close_at": gettext_lazy(
                "The draw follows within a few minutes. Choose a moment before the waiting lists "
                "close."
            ),
            "role_question": gettext_lazy("With the roles below to choose from. Empty: not asked."),
            "wishes_a_round": gettext_lazy(
                "How many tables people put in order in each round. Five is a good number."
            ),
            "hold_minutes": gettext_lazy(
                "How long a place is held for those who have not pressed the button in the mail."
            ),
            "confirm_first": gettext_lazy(
                "A sign-up holds nothing: those who confirm get a place and the tables that are "
                "free. Useful when made-up sign-ups keep taking the places."
            ),
            "retention_days": gettext_lazy(
                "How long after the event names and addresses are erased automatically."
            ),
        }

    def __init__(self, data: Data = None, *, event: Event) -> None:
        super().__init__(data, event=event)
        self.initial["given_out"] = DRAW if event.wishes_close_at else FIRST
        for name in ("given_out", "wishes_close_at", "wishes_a_round") if self.fixed else ():
            # A page from before it was fixed sends them, and is answered in a sentence.
            self.fields[name].disabled = data is None or name not in data
        # Nobody can sign up before an event is published anyway.
        for name in DEADLINES:
            self.fields[f"{name}_at"].required = False

    @cached_property
    def fixed(self) -> str:
        """Why the way of giving out places stays as it is; empty if it can be changed."""
        return draw_fixed(self.instance)

    @cached_property
    def changed_data(self) -> list[str]:
        """With the column that says which way it is."""
        changed: list[str] = super().changed_data
        way = ["wishes_close_at"] if "given_out" in changed else []
        return list(dict.fromkeys([*changed, *way]))

    @property
    def shown(self) -> list[ShownGroup]:
        """With the reason why places stay to be given out as they are, and what can be done."""
        fixed = self.fixed
        if fixed and self.instance.draw_to_come:
            fixed += " " + _(
                "You can still move the event to another day, if choices close before it. If "
                "anything else has to change, call this event off and make a copy of it."
            )
        return [
            group._replace(about=fixed) if fixed and group.name == "given_out" else group
            for group in super().shown
        ]

    def _clean_way(self, values: dict[str, Any]) -> None:
        """First come, first served needs no day; a draw needs one that is still to come."""
        name = "wishes_close_at"
        if values.get("given_out") == FIRST:
            values[name] = None
            self.errors.pop(name, None)
        elif values.get("given_out") == DRAW and not values.get(name) and name not in self.errors:
            self.add_error(name, _("Fill in until when people can make their choices."))
        closes, stored = values.get(name), self.initial.get(name)
        if closes and closes != stored and closes <= timezone.now():
            self.add_error(name, _("This moment is over: choose a later one."))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self._clean_way(values)
        given = {name: values.get(f"{name}_at") for name in DEADLINES}
        stored = Event.objects.get(pk=self.instance.pk)
        for name, message in deadlines_refused(self.instance.starts_at, given):
            fixed = name == "wishes_close" and lists_before_choices_close(stored)
            if fixed and given[name] == stored.wishes_close_at:
                # What can be mended is the other moment.
                last = "waiting_closes" if given["waiting_closes"] else "changes_close"
                self.add_error(f"{last}_at", fixed)
            else:
                self.add_error(f"{name}_at", message)
        wanted = given["wishes_close"], values.get("wishes_a_round", stored.wishes_a_round)
        if refused := draw_refused(stored, *wanted):
            self.add_error("wishes_close_at", refused)
        return values
