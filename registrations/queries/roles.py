"""What people can come as: the roles of an event, from memory like the rest of its programme."""

from __future__ import annotations

from django.utils.translation import gettext as _

from program.models import Event, Role
from program.public.programme import kept_programme


def asked(event: Event) -> list[Role]:
    """The answers on a form; none if the question is not asked."""
    return kept_programme(event).asked_roles


def called(event: Event, code: str) -> Role | None:
    """The role with this code, whether or not it can still be chosen."""
    if not code:
        return None
    return next((role for role in kept_programme(event).roles if role.code == code), None)


def labels(event: Event) -> dict[int | None, str]:
    """What each role is called, by its key; '' for none."""
    return {None: "", **{role.pk: role.local_label for role in kept_programme(event).roles}}


def heading(event: Event, *, of_many: bool = False) -> str:
    """What stands above roles in lists and figures: the question, if it is the event's own."""
    asked_at_first = Event._meta.get_field("role_question").default
    if event.role_question not in ("", asked_at_first):
        return event.local_role_question
    return _("Roles") if of_many else _("Role")


def used(event: Event) -> bool:
    """Whether there is anything to tell of roles. One query at most."""
    return bool(asked(event)) or event.registrations.exclude(role=None).exists()
