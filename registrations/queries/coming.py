"""Who comes to an event, as far as they chose to be seen (rule 12)."""

from __future__ import annotations

from typing import Any

from program.models import Event
from program.public.programme import kept_programme
from registrations.models import Registration

# As ``listed`` and ``confirmed`` of Registration say. By hand, for every page of an event asks:
# Django would put together two queries anew each time.
LISTED = """
    SELECT id, first_name, last_name, organisation, role_id, (
        SELECT COUNT(*) FROM registrations_registration
        WHERE event_id = %(event)s AND status = 'confirmed'
    ) AS confirmed
    FROM registrations_registration
    WHERE event_id = %(event)s AND status = 'confirmed' AND listed
    ORDER BY sort_key, id
    LIMIT %(most)s
"""


def first_listed(event: Event, most: int) -> tuple[list[Registration], int]:
    """The first so many of those who are listed, and how many people come in all; one query.

    Nobody and 0 if nobody is listed.
    """
    asked = {"event": event.pk, "most": most}
    people: list[Any] = list(Registration.objects.raw(LISTED, asked))
    if people:
        roles = {role.pk: role for role in kept_programme(event).roles}
        for person in people:
            person.role = roles.get(person.role_id)
    return people, people[0].confirmed if people else 0
