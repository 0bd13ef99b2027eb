"""A column that both databases order alike."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class KeyField(models.CharField):
    """Text ordered by its bytes, as ``names.sort_key`` expects.

    SQLite does so by itself. PostgreSQL follows the language that its database was made
    in, and most of those overlook spaces: Berg-Smit would come behind Bergman.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        parameters: dict[str, Any] = dict(super().db_parameters(connection))
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters
