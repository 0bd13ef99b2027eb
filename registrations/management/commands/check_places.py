from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registrations.audit import differences


class Command(BaseCommand):
    help = "Compare the counters of places and seats with the rows they count."

    def handle(self, *args: Any, **options: Any) -> None:
        found = differences()
        if found:
            raise CommandError("\n".join(found))
        self.stdout.write("All counters are right.")
