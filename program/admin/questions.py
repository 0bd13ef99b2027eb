"""Questions in the admin: those that visitors ask often, and those that they are asked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from program.admin.forms import InOrderForm
from program.admin.widgets import MARKDOWN
from program.file.refusals import answers_refused
from program.file.rules import options_refused
from program.models import Question, SignupQuestion
from program.models.questions import lines

SIGN_UP = gettext_lazy("Sign-up")


class SignupQuestionForm(InOrderForm):
    """A question with answers stays as it was asked: it can only be retired."""

    retired = forms.BooleanField(
        label=gettext_lazy("not asked any more"),
        required=False,
        help_text=gettext_lazy("The answers that were given stay."),
    )

    class Meta:
        model = SignupQuestion
        fields = ["position", "kind", "question", "question_en"]  # and what the admin adds

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["options"].widget.attrs["rows"] = 4
        self.initial["retired"] = self.instance.retired_at is not None

    @cached_property
    def changed_data(self) -> list[str]:
        changed: list[str] = super().changed_data
        return [*changed, *(["retired_at"] if "retired" in changed else [])]

    @property
    def answered(self) -> int:
        """How many people answered: whoever knows that adds it to the rows."""
        return getattr(self.instance, "answered", 0)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        options, options_en = (lines(values.get(name, "")) for name in ("options", "options_en"))
        for name, sentence in options_refused(values.get("kind", ""), options, options_en):
            self.add_error(name, sentence)
        if "retired" in self.changed_data:
            self.instance.retired_at = timezone.now() if values.get("retired") else None
        if self.answered and values.get("DELETE"):
            # What stays is not deleted: the admin would list every single answer.
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


class InOrder(admin.StackedInline):
    """Rows of an event that stand in an order of the organiser's own.

    ``after`` is the name of the group of fields that they follow on the page.
    """

    extra = 1
    form: Any = InOrderForm
    ordering = ["position", "id"]


class QuestionInline(InOrder):
    after = None
    model = Question
    verbose_name = gettext_lazy("question and answer")
    verbose_name_plural = gettext_lazy("questions and answers")
    formfield_overrides = MARKDOWN
    fieldsets = [
        (None, {"fields": [("position", "question"), "answer"]}),
        (
            gettext_lazy("English"),
            {"classes": ["collapse"], "fields": ["question_en", "answer_en"]},
        ),
    ]


class SignupQuestionInline(InOrder):
    after = SIGN_UP
    model = SignupQuestion
    form = SignupQuestionForm
    classes = ["collapse"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("position", "question"),
                    ("kind", "required"),
                    "options",
                    "retired",
                ]
            },
        ),
        (
            gettext_lazy("English"),
            {"classes": ["collapse"], "fields": ["question_en", "options_en"]},
        ),
    ]
