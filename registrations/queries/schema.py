"""Which tables there are: those of this release, of another one, or none yet; and the encoding of
the database.
"""

from __future__ import annotations

import tomllib
from functools import cache

from django.conf import settings
from django.contrib.auth.models import User
from django.db import Error as DatabaseProblem
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from program.models import Event, Venue
from registrations.models import Registration

Names = set[tuple[str, str]]  # an app and a migration


@cache
def of_this_release() -> frozenset[tuple[str, str]]:
    """All migrations that the code has."""
    return frozenset(MigrationLoader(None).disk_migrations)


def applied() -> Names:
    """Those that the database has. One query or two."""
    return set(MigrationRecorder(connection).applied_migrations())


def missing() -> Names:
    """Those that the code counts on and the database has not."""
    return set(of_this_release()) - applied()


def refused() -> str:
    """Why this release cannot start, in one line; empty if it can.

    A database that does not answer is no reason: it may be back before anybody asks for a page.
    """
    try:
        if said := letters_refused():
            return said
        absent = missing()
    except DatabaseProblem:
        return ""
    if not absent:
        return ""
    app, name = max(absent)
    return (
        f"The tables are not those of this release: {len(absent)} migrations are missing, such "
        f"as {app}.{name}. Run manage.py migrate first."
    )


def letters_refused() -> str:
    """Why not every name fits in this database, in one line; empty if it does. One query."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        (encoding,) = cursor.fetchone()
    if encoding == "UTF8":
        return ""
    return (
        f"The database has the encoding {encoding}, in which not every name fits. Make one in UTF8 "
        "(createdb --encoding UTF8 --template template0 NAME) and put its name in DATABASE_URL."
    )


def in_use() -> bool:
    """Whether the database holds anything that somebody made."""
    there = set(connection.introspection.table_names())
    models = (User, Venue, Event, Registration)
    return any(
        model._meta.db_table in there and model._default_manager.exists() for model in models
    )


def release() -> str:
    """The version of the code, for people to read."""
    try:
        told = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    except OSError:
        return ""
    return str(told["project"]["version"])
