"""The mail server pipes into it what arrives at the site's sender address."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any, NoReturn

from django.core.management.base import BaseCommand
from django.utils import timezone

from registrations.booking.batches import places
from registrations.mail import bounces

logger = logging.getLogger(__name__)

# A report with our own mail in it is far smaller, and a made-up one of more would take minutes.
MOST_BYTES = 500_000


class Command(BaseCommand):
    help = "Note from a mail on standard input that one of ours came back (RFC 3464)."
    # Nothing but the database may keep a report from being noted.
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Ends with 0 whatever the mail is: told of an error, a server would send yet another mail.

        If it cannot be noted, as while the database is away, it ends with 75, and the mail server
        tries again later.
        """
        raw = sys.stdin.buffer.read(MOST_BYTES)
        while sys.stdin.buffer.read(MOST_BYTES):
            pass  # to the end, or the mail server finds a closed pipe
        bounce = bounces.read(raw)
        if bounce is None:
            logger.info("a mail came in that reports no failure; left alone")
            return
        try:
            mail = bounces.note(bounce, at=timezone.now())
        except Exception as error:
            _try_again(error)
        if mail is None:
            logger.warning("a mail came back that is none of ours: %s", bounce.status)
        else:
            logger.warning("mail %s (%s): came back %s", mail.pk, mail.kind, bounce.status)


def _try_again(error: Exception) -> NoReturn:
    logger.error("bounced: %s at %s", type(error).__name__, places(error))
    sys.exit(os.EX_TEMPFAIL)
