"""The third step of an event: what people are asked and told when they sign up, and until when."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from program.admin.day_form import help_texts
from program.admin.step_form import Data, Group, StepForm
from program.file.model import DEADLINES
from program.file.refusals import draw_refused
from program.file.rules import deadlines_refused
from program.models import Event


class SignUpStepForm(StepForm):
    groups = (
        Group(gettext_lazy("What people come as"), ["role_question"]),
        Group(gettext_lazy("What people read when they sign up"), ["notice"]),
        Group(gettext_lazy("Special needs"), ["needs_question"]),
        Group(
            gettext_lazy("How places and tables are given out"),
            ["wishes_close_at", "wishes_a_round"],
            about=gettext_lazy(
                "Leave it empty, and whoever signs up first has the first choice. With a day and "
                "a time, people rank tables until then and nobody is earlier than anybody else: "
                "a draw then gives everyone a day. This stays as it is once somebody has signed up."
            ),
        ),
        Group(
            gettext_lazy("Until when"),
            [f"{name}_at" for name in DEADLINES if name != "wishes_close"],
            about=gettext_lazy("Leave a time empty, and it moves along with the day."),
        ),
        Group(gettext_lazy("Confirming by mail"), ["hold_minutes", "confirm_first"]),
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
        help_texts = {
            **help_texts(),
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
        # Nobody can sign up before an event is published anyway.
        for name in DEADLINES:
            self.fields[f"{name}_at"].required = False

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        given = {name: values.get(f"{name}_at") for name in DEADLINES}
        for name, message in deadlines_refused(self.instance.starts_at, given):
            self.add_error(f"{name}_at", message)
        stored = Event.objects.get(pk=self.instance.pk)
        wanted = given["wishes_close"], values.get("wishes_a_round", stored.wishes_a_round)
        if refused := draw_refused(stored, *wanted):
            self.add_error("wishes_close_at", refused)
        return values
