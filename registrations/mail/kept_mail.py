"""Mail of a site without a mail server: kept in files, and not for ever."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

KEPT = timedelta(days=30)


def warning() -> str:
    """What whoever starts a worker should know; empty where mail goes out or is shown."""
    if settings.LOCAL or not settings.EMAIL_BACKEND.startswith("eventsite.mailbox."):
        return ""
    return (
        "EMAIL_URL is not set: no mail goes out. "
        f"It is kept in {settings.MAILBOX_DIR}, for {KEPT.days} days."
    )


def forget_old(at: datetime) -> int:
    """Delete the files that have been kept for 30 days; returns how many.

    They hold names, addresses and links, so that this also happens where mail goes out by now.
    """
    deleted = 0
    for path in Path(settings.MAILBOX_DIR).glob("*"):
        with suppress(FileNotFoundError):  # another worker was quicker
            if path.stat().st_mtime <= (at - KEPT).timestamp():
                path.unlink()
                deleted += 1
    return deleted
