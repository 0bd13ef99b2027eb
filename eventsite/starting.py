"""What gunicorn looks at before it starts, so that the site never runs on the wrong tables."""

from __future__ import annotations

from django.db import connections

from registrations.queries import schema


def refused() -> str:
    """Why this release cannot start, in one line; empty if it can."""
    try:
        return schema.refused()
    finally:
        # Processes that are forked from here must not share a connection.
        connections.close_all()
