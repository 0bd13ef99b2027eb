"""Pages of the admin in our own words: their titles, their English, and all mistakes on top."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _


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
        context |= {"title": str(row) if row else capfirst(context["title"]), "subtitle": None}
        if context["errors"]:
            rows = context["inline_admin_formsets"]
            context["wrong"] = list(wrong(context["adminform"].form, rows))
        return super().render_change_form(request, context, *args, **kwargs)


def with_english(model: type[Model], *groups: Any) -> Any:
    """The groups of fields of a page, and one with the English of all that are in them."""
    columns = {field.name for field in model._meta.concrete_fields}
    english = [f"{name}_en" for name in flatten_fieldsets(groups)]
    options = {
        "classes": ["collapse"],
        "fields": [name for name in english if name in columns],
        "description": _("What is empty is shown in Dutch."),
    }
    return [*groups, (_("English"), options)]


class Wrong(NamedTuple):
    """``field`` is the id of what to mend, ``what`` its name on the page."""

    field: str
    what: str
    sentence: str


def wrong(form: forms.BaseForm, formsets: Iterable[Any]) -> Iterator[Wrong]:
    """All mistakes of an admin form and of the rows below it, in the order of saving."""
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
