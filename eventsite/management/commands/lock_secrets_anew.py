"""The last step of replacing SECRET_KEY: what is stored under the earlier one is stored anew."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from eventsite import boxes


class Command(BaseCommand):
    help = (
        "Encrypts the secrets of second factors with SECRET_KEY, so that no row needs the keys in"
        " SECRET_KEY_FALLBACKS any more. Safe to repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done, void = boxes.lock_anew()
        self.stdout.write(f"{done} secrets are encrypted with SECRET_KEY.")
        if void:
            self.stdout.write(f"{void} cannot be read with any key: their owners need another.")
        if settings.SECRET_KEY_FALLBACKS:
            self.stdout.write(
                "Links in mail that was sent before, and codes for the door, need the earlier key"
                " until their events are over. Take it out of SECRET_KEY_FALLBACKS then, or at"
                " once if it leaked: people then ask for a new link."
            )
