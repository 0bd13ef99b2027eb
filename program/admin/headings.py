"""Django's pages of the admin in our own words: their titles, and all mistakes on top."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst

from program.admin.step_form import Wrong


class WordedAdmin(admin.ModelAdmin):
    """A list is named after what is in it, a page after its row."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        context |= {
            "title": str(row) if row else capfirst(context["title"]),
            "subtitle": None,
            # One button to save: the others lead nowhere that people want to be.
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        if context["errors"]:
            context["wrong"] = list(wrong(context["adminform"].form))
        return super().render_change_form(request, context, *args, **kwargs)


def wrong(form: forms.BaseForm) -> Iterator[Wrong]:
    """All that is wrong in a form of the admin, each with the field to mend."""
    for name, sentences in form.errors.items():
        field = form[name] if name in form.fields else form.visible_fields()[0]
        what = str(field.label) if name in form.fields else ""
        for sentence in sentences:
            yield Wrong(field.id_for_label, what, str(sentence))
