"""The organiser's own questions in a form, and the one about special needs (rule 12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from crispy_forms.layout import Field
from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from program.models import Event, SignupQuestion
from program.models.questions import lines
from program.public.programme import kept_programme
from registrations.booking.answers import LINE_LENGTH, NOTHING, TEXT_LENGTH, Answers, Value
from registrations.forms.plain import FormPart, LineField, PlainForm, Text
from registrations.names.person_names import clean_line
from registrations.names.texts import clean_text

Kind = SignupQuestion.Kind
NEEDS, AGREE = "special_needs", "special_needs_agree"
YES, NO = "ja", "nee"
DAYS_AT_MOST = 7  # that special needs are kept after the event, as the form says


class AnswerField(LineField):
    """A line or a longer text, as wide as the form."""

    wide = True

    def __init__(self, question: str, *, long: bool, required: bool, **kwargs: Any) -> None:
        name = {"question": question}
        limit = TEXT_LENGTH if long else LINE_LENGTH
        sentences: dict[str, Text] = {
            "too_long": _(
                "Make your answer to ‘%(question)s’ shorter: %(limit)d characters at most."
            )
            % (name | {"limit": limit})
        }
        if required:
            sentences["required"] = _("Answer the question ‘%(question)s’.") % name
        widget = forms.Textarea(attrs={"rows": 4}) if long else forms.TextInput()
        if required:
            widget.attrs["aria-required"] = "true"
        super().__init__(
            partial(clean_text if long else clean_line, limit=limit),
            sentences=sentences,
            label=question,
            widget=widget,
            **kwargs,
        )


@dataclass(frozen=True)
class Option:
    """One answer to choose; an empty value means none at all."""

    value: str
    label: Text
    html_id: str
    chosen: bool


class ChoiceField(forms.Field):
    """One answer out of several, some of them, or yes or no.

    An answer is known by its Dutch text; another program may send the English one.
    """

    def __init__(self, question: SignupQuestion) -> None:
        self.kind = question.kind
        self.several = question.kind == Kind.SEVERAL
        self.choices: list[tuple[str, Text]] = [*question.choices]
        english = lines(question.options_en)
        if question.kind == Kind.YES_NO:
            self.choices = [(YES, _("Yes")), (NO, _("No"))]
            english = ["yes", "no"]
        stored = [text for text, _shown in self.choices]
        also = zip(english, stored, strict=True) if len(english) == len(stored) else ()
        self.meant = {**dict(also), **dict(zip(stored, stored, strict=True))}
        self.name = {"question": question.local_question}
        super().__init__(
            label=question.local_question,
            required=question.required,
            widget=forms.CheckboxSelectMultiple if self.several else forms.RadioSelect,
        )

    def clean(self, value: Any) -> Value | None:
        """None for no answer."""
        sent = value if isinstance(value, list) else [value]
        words = [word for word in (" ".join(str(one or "").split()) for one in sent) if word]
        known = self.known(words)
        if not self.meant.keys() >= set(words):
            raise ValidationError(
                _("Choose an answer to ‘%(question)s’ from the list."), "unknown", self.name
            )
        if not known and self.required:
            raise ValidationError(
                _("Choose an answer to ‘%(question)s’."), code="required", params=self.name
            )
        if self.several:
            return known or None
        if self.kind == Kind.YES_NO:
            return known[0] == YES if known else None
        return known[0] if known else None

    def known(self, words: Iterable[str]) -> list[str]:
        """The answers that these words stand for, in the order of the question."""
        meant = {self.meant.get(word) for word in words}
        return [stored for stored, _shown in self.choices if stored in meant]

    def prepare_value(self, value: Value | None) -> list[str]:
        """What is ticked: from what was sent, or from an answer that is stored."""
        if isinstance(value, bool):
            return [YES if value else NO]
        words = [value] if isinstance(value, str) else value or []
        return self.known(words)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> ChoiceBoundField:
        return ChoiceBoundField(form, self, field_name)


class ChoiceBoundField(BoundField):
    """Its answers, each with an input of its own."""

    field: ChoiceField

    @property
    def options(self) -> list[Option]:
        ticked = self.value()
        choices = list(self.field.choices)
        if not self.field.required and not self.field.several:
            # There is no other way to undo the choice of a radio button.
            choices.append(("", _("No answer")))
        return [
            Option(
                value,
                label,
                f"{self.auto_id}_{index}",
                value in ticked if value else not ticked,
            )
            for index, (value, label) in enumerate(choices)
        ]

    @property
    def target(self) -> str:
        """The first input: where a link to an error of this field leads."""
        return f"{self.auto_id}_0"


class ConsentField(forms.BooleanField):
    """Required only if there is something to agree to, so it is not labelled optional."""

    goes_with = NEEDS


class OwnQuestions(PlainForm):
    """A form with the questions of an event: ``question_<key>``, and special needs."""

    consent = _("I agree that the organisers may read this and take it into account.")
    consent_missing = _(
        "Tick the box to let the organisers read your special needs, or leave them out."
    )

    def add_questions(self, event: Event, told: Answers = NOTHING) -> list[str]:
        """``told`` are the present answers. Returns the names of the fields, in order."""
        self.questions = {
            f"question_{own.pk}": own for own in kept_programme(event).signup_questions
        }
        for name, own in self.questions.items():
            self.fields[name] = _field(own)
            self.initial[name] = told.answers.get(own.pk)
        if event.needs_question:
            self.fields |= _needs(event, self.consent)
            self.initial.update({NEEDS: told.needs, AGREE: bool(told.needs)})
        return [*self.questions, *(name for name in (NEEDS, AGREE) if name in self.fields)]

    def question_part(self, names: list[str], *more: object) -> list[FormPart]:
        """The part of the form with these fields; none without any."""
        if not names:
            return []
        number = len([name for name in names if name != AGREE])
        title = ngettext("Question from the organisers", "Questions from the organisers", number)
        return [FormPart(title, *self._laid_out(names), *more)]

    def _laid_out(self, names: list[str]) -> Iterator[str | Field]:
        for name in names:
            if isinstance(self.fields[name], ChoiceField):
                yield Field(name, template="tafelronde/choices.html")
            else:
                yield name

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if typed.get(NEEDS) and not typed.get(AGREE):
            self.add_error(AGREE, ValidationError(self.consent_missing, code="required"))
        return typed

    @property
    def told(self) -> Answers:
        """Needs a valid form."""
        answers = {own.pk: self.cleaned_data[name] for name, own in self.questions.items()}
        given = {pk: value for pk, value in answers.items() if value not in (None, "")}
        return Answers(given, self.cleaned_data.get(NEEDS, ""))


def _field(question: SignupQuestion) -> forms.Field:
    if question.kind in (Kind.TEXT, Kind.LONG_TEXT):
        return AnswerField(
            question.local_question,
            long=question.kind == Kind.LONG_TEXT,
            required=question.required,
        )
    return ChoiceField(question)


def _needs(event: Event, consent: Any) -> dict[str, forms.Field]:
    days = min(DAYS_AT_MOST, event.retention_days)
    erased_on = timezone.localdate(event.kept_for(timedelta(days=days)))
    note = _(
        "The organisers see this. Those who cook or arrange the rooms may see it too, but "
        "without your name. We delete it by %(day)s."
    )
    return {
        NEEDS: AnswerField(
            event.local_needs_question,
            long=True,
            required=False,
            help_text=note % {"day": date_format(erased_on)},
        ),
        AGREE: ConsentField(label=consent, required=False),
    }
