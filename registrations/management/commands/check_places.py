from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from program.models import Event
from registrations.booking.places import differences
from registrations.door import presence


class Command(BaseCommand):
    help = "Compare counters of places and seats, and who is in, with the rows that they count."

    def handle(self, *args: Any, **options: Any) -> None:
        found = differences()
        for event in Event.objects.exclude(door_ops=None).distinct():
            found += presence.differences(event)
        if found:
            raise CommandError("\n".join(found))
        self.stdout.write("All counters are right.")
