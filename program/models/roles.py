"""What people say that they are: a question of the event's own, and the answers to choose from."""

from __future__ import annotations

from collections.abc import Container, Iterable

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from program.models.bilingual import Local
from program.models.constraints import SMALL
from program.models.event import Event, event_key

# Code, Dutch and English. Programs send these codes: they stay, whatever an organiser calls them.
DEFAULTS = (
    ("bestuurder", "bestuurder", "executive"),
    ("raadslid", "raadslid", "council member"),
    ("wethouder", "wethouder", "alderman"),
    ("ambtenaar", "ambtenaar", "civil servant"),
    ("student", "student", "student"),
    ("initiatiefnemer", "initiatiefnemer", "initiator"),
    ("inwoner", "inwoner", "resident"),
    ("anders", "anders", "something else"),
)
# These say nothing about anybody: not shown beside a name, and last in the list.
OTHER = "anders"


class Role(models.Model):
    """One of the answers to ‘You are’; ``code`` is what forms send, and never changes."""

    event = event_key("roles")
    code = models.SlugField(_("code"), max_length=20, blank=True)  # never empty once stored
    label = models.CharField(_("role"), max_length=60)
    label_en = models.CharField(_("role (English)"), max_length=60, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0, validators=SMALL)
    retired_at = models.DateTimeField(_("not asked any more since"), null=True, blank=True)

    local_label = Local("label")

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "code"], name="role_code_once"),
            models.UniqueConstraint(fields=["event", "label"], name="role_label_once"),
            models.UniqueConstraint(fields=["event", "id"], name="role_of_event"),
            models.CheckConstraint(condition=~Q(code="") & ~Q(label=""), name="role_is_called"),
        ]

    def __str__(self) -> str:
        return self.local_label

    @property
    def tells(self) -> bool:
        """Whether it says something about somebody."""
        return self.code != OTHER


def make_default_roles(event: Event) -> None:
    """What a new event asks, until its organisers want something else."""
    Role.objects.bulk_create(
        Role(event=event, code=code, label=label, label_en=label_en, position=position)
        for position, (code, label, label_en) in enumerate(DEFAULTS, start=1)
    )


def let_go_of_labels(roles: Iterable[Role]) -> None:
    """Two roles may trade names: both let go before either is stored."""
    keys = [role.pk for role in roles]
    if keys:
        Role.objects.filter(pk__in=keys).update(label=Concat(Value("… "), F("code")))


def free_code(label: str, taken: Container[str]) -> str:
    """A code made from what a role is called that no other role of the event has."""
    code = first = slugify(label)[:16].strip("-") or "rol"
    number = 1
    while code in taken:
        number += 1
        code = f"{first}-{number}"
    return code
