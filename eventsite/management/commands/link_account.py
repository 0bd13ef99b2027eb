"""Let an account of the site be opened by the account that its owner has at the organisation."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from eventsite import provided


class Command(BaseCommand):
    help = (
        "Links an account to the provider of OIDC_ISSUER. Its password and second factor go; its"
        " rights follow the groups at the provider from the next log-in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("subject", help="what the provider calls its owner: the claim sub")

    def handle(self, *args: Any, username: str, subject: str, **options: Any) -> None:
        if not settings.OIDC_ISSUER:
            raise CommandError("There is no provider: OIDC_ISSUER is not set.")
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account {username}.")
        if user.is_superuser:
            raise CommandError("An administrator keeps a way in of the site itself.")
        taken = Q(user=user) | Q(provider=settings.OIDC_ISSUER, uid=subject)
        if SocialAccount.objects.filter(taken).exists():
            raise CommandError("One of the two is linked already.")
        provided.link(user, subject)
        self.stdout.write(f"{username} logs in with the account of the organisation from now on.")
