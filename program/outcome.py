"""What loading a programme did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Model
from django.utils.translation import gettext as _

from program.models import Event


@dataclass(frozen=True)
class Step:
    """One row of ``model`` that was added, changed (then ``fields`` says where) or removed."""

    did: str
    model: str
    name: str
    fields: Sequence[str] = ()

    @classmethod
    def about(cls, did: str, row: Model, fields: Sequence[str] = ()) -> Step:
        return cls(did, str(row._meta.model_name), str(row), fields)

    def __str__(self) -> str:
        sentence = {
            "added": _("Added: %(what)s ‘%(name)s’"),
            "changed": _("Changed: %(what)s ‘%(name)s’ (%(fields)s)"),
            "removed": _("Removed: %(what)s ‘%(name)s’"),
        }[self.did]
        meta = apps.get_model("program", self.model)._meta
        fields = ", ".join(str(meta.get_field(name).verbose_name) for name in self.fields)
        return sentence % {"what": meta.verbose_name, "name": self.name, "fields": fields}


@dataclass(frozen=True)
class Outcome:
    """The event, and every step taken; no steps if it was as the programme says already."""

    event: Event
    steps: Sequence[Step]

    @property
    def changed(self) -> bool:
        return bool(self.steps)

    @property
    def other_rows(self) -> bool:
        """Whether any row came or went, which a list of changed cells does not tell."""
        return any(step.did != "changed" for step in self.steps)

    def touched(self, model: type[Model]) -> bool:
        return any(step.model == model._meta.model_name for step in self.steps)
