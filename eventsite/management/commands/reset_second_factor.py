"""Take away the lost second factor of somebody who cannot log in any more."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from eventsite import second_factor


class Command(BaseCommand):
    help = "Removes the second factor of an account; its owner sets up another at the next log-in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account {username}.")
        if not second_factor.remove(user, at=timezone.now()):
            raise CommandError(f"{username} has no second factor.")
        self.stdout.write(f"{username} logs in with the password and sets up another factor then.")
