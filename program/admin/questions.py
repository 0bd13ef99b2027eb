"""Questions on the step ‘Sign-up’: those that people are asked, and those that they often ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from program.admin.step_form import Data, RowForm, Rows, rows_of
from program.admin.widgets import LAYOUT_HELP
from program.file.refusals import answers_refused
from program.file.rules import options_refused
from program.models import Event, Question, SignupQuestion
from program.models.questions import lines


class SignupQuestionForm(RowForm):
    """A question with answers stays as it was asked: it can only be retired."""

    retired = forms.BooleanField(
        label=gettext_lazy("not asked any more"),
        required=False,
        help_text=gettext_lazy("The answers that were given stay."),
    )

    class Meta:
        model = SignupQuestion
        fields = [
            *("question", "question_en", "kind", "options", "options_en"),
            *("required", "retired"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("options", "options_en"):
            if name in self.fields:
                self.fields[name].widget.attrs["rows"] = 4
        self.initial["retired"] = self.instance.retired_at is not None
        if self.instance.pk is None:
            del self.fields["retired"]

    @cached_property
    def changed_data(self) -> list[str]:
        changed: list[str] = super().changed_data
        return [*changed, *(["retired_at"] if "retired" in changed else [])]

    @property
    def answered(self) -> int:
        """How many people answered; the app that knows adds the number to the rows."""
        return getattr(self.instance, "answered", 0)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        options, options_en = (lines(values.get(name, "")) for name in ("options", "options_en"))
        for name, sentence in options_refused(values.get("kind", ""), options, options_en):
            self.add_error(name, sentence)
        if "retired" in self.changed_data:
            self.instance.retired_at = timezone.now() if values.get("retired") else None
        if self.answered and values.get("DELETE"):
            # What stays is not deleted: its answers would go with it.
            values["DELETE"] = False
            raise ValidationError(self.refusal(_("it cannot be deleted")))
        if self.answered and "kind" in self.changed_data:
            self.add_error("kind", self.refusal(_("its kind stays as it is")))
        elif not self.errors:
            refused = answers_refused(self.instance, kind=values["kind"], options=values["options"])
            for name, sentence in refused.items():
                self.add_error(name, sentence)
        return values

    def refusal(self, so: str) -> str:
        message = ngettext(
            "%(count)s person answered this question, so %(so)s. "
            "Tick ‘not asked any more’ instead, and add another question if you need one.",
            "%(count)s people answered this question, so %(so)s. "
            "Tick ‘not asked any more’ instead, and add another question if you need one.",
            self.answered,
        )
        return message % {"count": self.answered, "so": so}


class SignupQuestionRows(Rows):
    title = gettext_lazy("Questions of your own")
    about = gettext_lazy("People answer these when they sign up. You see the answers as numbers.")
    add = gettext_lazy("Another question")


class QuestionForm(RowForm):
    class Meta:
        model = Question
        fields = ["question", "question_en", "answer", "answer_en"]
        help_texts = dict.fromkeys(["answer", "answer_en"], LAYOUT_HELP)


class QuestionRows(Rows):
    title = gettext_lazy("Questions that people often ask")
    about = gettext_lazy("These appear on the event page, with your answers.")
    add = gettext_lazy("Another question")


def signup_questions(event: Event, data: Data = None) -> Rows:
    return rows_of(
        event, data, counted(event.signup_questions.all()), SignupQuestionForm, SignupQuestionRows
    )


def questions(event: Event, data: Data = None) -> Rows:
    return rows_of(event, data, event.questions.all(), QuestionForm, QuestionRows)


def counted(rows: QuerySet[SignupQuestion]) -> QuerySet[SignupQuestion]:
    """With the number of people who answered each."""
    return rows.annotate(answered=Count("answers"))
