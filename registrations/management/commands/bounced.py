"""The mail server pipes into it what arrives at the site's sender address."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from registrations.mail import bounces

logger = logging.getLogger(__name__)

MOST_BYTES = 2_000_000  # a report with our own mail in it is far smaller


class Command(BaseCommand):
    help = "Note from a mail on standard input that one of ours came back (RFC 3464)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Always succeeds: told of an error, a mail server would send yet another mail."""
        bounce = bounces.read(sys.stdin.buffer.read(MOST_BYTES))
        if bounce is None:
            logger.info("a mail came in that reports no failure; left alone")
            return
        mail = bounces.note(bounce, at=timezone.now())
        if mail is None:
            logger.warning("a mail came back that is none of ours: %s", bounce.status)
        else:
            logger.warning("mail %s (%s): came back %s", mail.pk, mail.kind, bounce.status)
