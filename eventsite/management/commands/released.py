"""Tell where the tables of this release end, for the tests of the next one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db.migrations.loader import MigrationLoader

OWN = ("program", "registrations")


class Command(BaseCommand):
    help = "Prints the last migration of each app. A release writes that to docs/released.txt."

    def handle(self, *args: Any, **options: Any) -> None:
        for app, name in MigrationLoader(None).graph.leaf_nodes():
            if app in OWN:
                self.stdout.write(f"{app} {name}")
