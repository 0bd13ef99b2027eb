"""Which event an address is about, for pages that say what is wrong with it."""

from __future__ import annotations

import re

from django.db import Error as DatabaseProblem
from django.http import Http404

from program.models import Event
from program.models.slugs import RESERVED_SLUGS
from program.public.programme import published_event, published_lately

DOOR = "deur"
ABOUT = re.compile(rf"^/(?:en/)?(?:{DOOR}/)?(?P<slug>[-\w]{{1,50}})/", re.ASCII)


def event_at(path: str) -> Event | None:
    """The published event below whose address this one lies, with its venue.

    None for a draft as for what does not exist: the two look the same. Robots and floods of forms
    get such pages too, so the database is asked only about what is not in memory.
    """
    found = ABOUT.match(path)
    if not found or found["slug"] in RESERVED_SLUGS:
        return None
    try:
        return published_lately(found["slug"]) or published_event(found["slug"])
    except (Http404, DatabaseProblem):
        return None
