"""What all our forms share: plain errors, one line of text, and how they are laid out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from crispy_forms.utils import render_field
from django import forms
from django.core.exceptions import ValidationError
from django.template import Context
from django.template.loader import render_to_string
from django.utils.functional import Promise, cached_property
from django.utils.safestring import SafeString

Text = str | Promise


class FormProblem(NamedTuple):
    """An error of a form: the id of the input that it is about, if any, and a sentence."""

    target: str
    sentence: str


class PlainForm(forms.Form):
    """A form without the browser's own checks: every error is a sentence of ours."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if field.required:
                field.widget.attrs["aria-required"] = "true"

    @property
    def problems(self) -> list[FormProblem]:
        """All errors, in the order of the page, for the summary above the form."""
        found = [FormProblem("", str(sentence)) for sentence in self.non_field_errors()]
        for bound in self:
            # A field with several inputs says which one is first.
            target = getattr(bound, "target", "") or bound.id_for_label
            found += [FormProblem(target, str(sentence)) for sentence in bound.errors]
        return found

    def parts(self) -> Iterable[object]:
        """What the form shows, from top to bottom; called only when it is drawn."""
        return ()

    @cached_property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.attrs = {"novalidate": True}
        helper.layout = Layout(*self.parts())
        return helper


class LineField(forms.CharField):
    """One line of text, cleaned by a function that raises a finished sentence.

    ``sentences`` gives this field's own for a cleaner's error code, or for 'required'.
    Django's own checks are skipped: the cleaner makes them all, NUL characters included.
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


class FormPart:
    """A part of a form: its title in the rail, its fields beside it."""

    def __init__(self, title: Text, *fields: object) -> None:
        self.title = title
        self.fields = fields

    def render(
        self, form: forms.BaseForm, context: Context, template_pack: str, **kwargs: Any
    ) -> SafeString:
        fields = [
            render_field(field, form, context, template_pack=template_pack) for field in self.fields
        ]
        return render_to_string(
            f"{template_pack}/part.html", {"title": self.title, "fields": fields}
        )


class Piece:
    """A template of ours among the fields; it gets the form."""

    def __init__(self, template: str) -> None:
        self.template = template

    def render(
        self, form: forms.BaseForm, context: Context, template_pack: str, **kwargs: Any
    ) -> SafeString:
        return render_to_string(self.template, {"form": form})
