"""Pieces of a form's layout, rendered by templates of our own crispy pack."""

from __future__ import annotations

from typing import Any

from crispy_forms.utils import render_field
from django.forms import BaseForm
from django.template import Context
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString


class FormPart:
    """A part of a form: its title in the rail, its fields beside it."""

    def __init__(self, title: str | Promise, *fields: object) -> None:
        self.title = title
        self.fields = fields

    def render(
        self, form: BaseForm, context: Context, template_pack: str, **kwargs: Any
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
        self, form: BaseForm, context: Context, template_pack: str, **kwargs: Any
    ) -> SafeString:
        return render_to_string(self.template, {"form": form})
