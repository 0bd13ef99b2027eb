"""The ready-made groups of staff, and what each may do in the admin.

Which events somebody organises, works the door of, or reads along with, is chosen on the event's
pages. The groups are made after each ``migrate``, so that they know of models that are new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from django.contrib.auth.models import Group, Permission

ORGANISERS, DOOR_STAFF, READERS = "Organisatoren", "Deur", "Lezers"
READ = "read_event"  # numbers and needs of an event, on the pages that say so


def organisers_may(permissions: QuerySet[Permission]) -> QuerySet[Permission]:
    """Edit programmes, see who comes, and change that through the actions."""
    programme = Q(content_type__app_label="program")
    people = Q(content_type__app_label="registrations")
    seeing = people & Q(codename__startswith="view_")
    changing = people & Q(codename="change_registration")
    return permissions.filter(programme | seeing | changing).exclude(codename=READ)


def make_groups(groups: QuerySet[Group], permissions: QuerySet[Permission]) -> None:
    """The groups as they should be. The door needs no permission: it is not in the admin."""
    organisers, _made = groups.get_or_create(name=ORGANISERS)
    organisers.permissions.set(organisers_may(permissions))
    groups.get_or_create(name=DOOR_STAFF)
    readers, _made = groups.get_or_create(name=READERS)
    readers.permissions.set(permissions.filter(content_type__app_label="program", codename=READ))
