"""Pages of the admin in words of ours: what they are called, and all that is wrong on top."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst


class WordedAdmin(admin.ModelAdmin):
    """A list is called after what is in it, a page after its row."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        context |= {"title": str(row) if row else capfirst(context["title"]), "subtitle": None}
        if context["errors"]:
            rows = context["inline_admin_formsets"]
            context["wrong"] = list(wrong(context["adminform"].form, rows))
        return super().render_change_form(request, context, *args, **kwargs)


class Wrong(NamedTuple):
    """``field`` is the id of what to mend, ``what`` what that is called."""

    field: str
    what: str
    sentence: str


def wrong(form: forms.BaseForm, formsets: Iterable[Any]) -> Iterator[Wrong]:
    """Of a form of the admin and the rows below it, in the order in which they are stored."""
    yield from _of(form, "")
    for inline in formsets:
        rows, opts = inline.formset, inline.opts
        for sentence in rows.non_form_errors():
            yield Wrong(f"{rows.prefix}-heading", capfirst(opts.verbose_name_plural), sentence)
        for number, row in enumerate(rows.forms, start=1):
            yield from _of(row, f"{capfirst(opts.verbose_name)} {number}")


def _of(form: forms.BaseForm, row: str) -> Iterator[Wrong]:
    for name, sentences in form.errors.items():
        field = form[name] if name in form.fields else form.visible_fields()[0]
        label = str(field.label) if name in form.fields else ""
        what = ", ".join(filter(None, (row, label)))
        for sentence in sentences:
            yield Wrong(field.id_for_label, what, str(sentence))
