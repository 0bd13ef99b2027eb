"""What Django asks before it makes tables (``migrate``), beside its own checks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.checks import Error, Tags, register
from django.db import Error as DatabaseProblem

from registrations.queries import schema


@register(Tags.database)
def every_name_fits(databases: Collection[str] | None = None, **kwargs: Any) -> list[Error]:
    """A database in another encoding than UTF-8 fails at the first name that does not fit.

    ``databases`` are those that may be asked: none before most commands, whose connections get
    their limits later (program/database/patience.py).
    """
    if not databases:
        return []
    try:
        said = schema.letters_refused()
    except DatabaseProblem:
        return []  # Django says what is wrong with it
    return [Error(said, id="eventsite.E001")] if said else []
