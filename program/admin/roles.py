"""The answers to ‘You are’: rows of the step about signing up."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from program.admin.step_form import Data, RowForm, Rows, rows_of
from program.file.rules import ROLE_ONCE
from program.models import Event, Role
from program.models.roles import OTHER, free_code, let_go_of_labels


class RoleForm(RowForm):
    """One role. One that people chose stays: others can only be kept from choosing it."""

    asked = forms.BooleanField(label=gettext_lazy("can be chosen"), required=False, initial=True)

    class Meta:
        model = Role
        fields = ["label", "label_en"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["asked"] = self.instance.retired_at is None

    @cached_property
    def changed_data(self) -> list[str]:
        changed: list[str] = super().changed_data
        return [*changed, *(["retired_at"] if "asked" in changed else [])]

    @property
    def chosen(self) -> int:
        """By how many people."""
        return getattr(self.instance, "chosen", 0)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "asked" in self.changed_data:
            self.instance.retired_at = None if values.get("asked") else timezone.now()
        if self.chosen and values.get("DELETE"):
            values["DELETE"] = False
            message = ngettext(
                "%(count)s person chose ‘%(role)s’, so it stays. Untick it, and nobody else can "
                "choose it.",
                "%(count)s people chose ‘%(role)s’, so it stays. Untick it, and nobody else can "
                "choose it.",
                self.chosen,
            )
            self.add_error(
                "label", message % {"count": self.chosen, "role": self.initial.get("label", "")}
            )
        return values


class RoleRows(Rows):
    title = gettext_lazy("Roles to choose from")
    about = gettext_lazy("The answers to the question about roles.")
    add = gettext_lazy("Another role")
    after = "role_question"
    in_lines = True

    @property
    def kept(self) -> list[Any]:
        """A new one comes last, but before ‘something else’."""
        rows = super().kept
        if len(rows) > 1 and rows[-1].instance.pk is None and rows[-2].instance.code == OTHER:
            rows[-2:] = reversed(rows[-2:])
        return rows

    def clean(self) -> None:
        super().clean()
        seen: set[str] = set()
        for form in self.kept:
            label = form.cleaned_data.get("label", "").lower()
            if label in seen:
                form.add_error("label", ROLE_ONCE.sentence(label))
            seen.add(label)

    @property
    def any_asked(self) -> bool:
        """Whether there is anything to choose. Needs rows without mistakes."""
        return any(form.cleaned_data.get("asked") for form in self.kept)

    def validate_unique(self) -> None:
        """``clean`` says so in our own words; two roles may trade theirs."""

    def store(self) -> None:
        renamed = [form.instance for form in self.kept if "label" in form.changed_data]
        let_go_of_labels(role for role in renamed if role.pk)
        codes = set(self.instance.roles.values_list("code", flat=True))
        for role in renamed:
            if role.pk is None:
                role.code = free_code(role.label, codes)
                codes.add(role.code)
        super().store()


def roles(event: Event, data: Data = None) -> Rows:
    stored = event.roles.annotate(chosen=Count("registrations")).order_by("position", "pk")
    return rows_of(event, data, stored, RoleForm, RoleRows)
