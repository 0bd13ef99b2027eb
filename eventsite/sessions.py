"""Sessions that end: after a while without a page, and always some hours after logging in.

A session that has ended gives no contents, whoever asks. Only staff have sessions, and pages that
do not need one leave it alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.utils import timezone

from eventsite.browsers import in_words

# Sessions are marked as used no more often than this, so that most pages only read.
SEEN_EVERY = timedelta(minutes=1)


class SessionStore(db.SessionStore):
    """Django's store in the database, whose rows already expire when nothing is saved."""

    def load(self) -> dict[str, Any]:
        now = timezone.now()
        row = Session.objects.filter(pk=self.session_key, expire_date__gt=now).first()
        data: dict[str, Any] = self.decode(row.session_data) if row else {}
        if row is None or _lasted_its_most(data):
            self._session_key = None
            return {}
        # One column of one row: it overwrites nothing that another page of this session stores.
        ends = now + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        if row.expire_date < ends - SEEN_EVERY:
            Session.objects.filter(pk=row.pk).update(expire_date=ends)
        return data


@dataclass(frozen=True)
class OpenSession:
    """Where somebody is logged in, with what (browsers.in_words), since when, and when it was last
    used, to the minute.
    """

    key: str
    browser: str
    since: datetime | None
    seen: datetime


def open_sessions(user_pk: int) -> list[OpenSession]:
    """The sessions of somebody, the one that was used last first."""
    return sorted(_sessions_of(user_pk), key=lambda session: session.seen, reverse=True)


def end_sessions(user_pk: int, *, but: str | None = None) -> int:
    """Log somebody out everywhere, or everywhere ``but`` there; returns how many sessions ended."""
    keys = [session.key for session in _sessions_of(user_pk) if session.key != but]
    ended, _rows = Session.objects.filter(pk__in=keys).delete()
    return ended


def _sessions_of(user_pk: int) -> Iterator[OpenSession]:
    idle = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    for row in Session.objects.filter(expire_date__gt=timezone.now()):
        data = row.get_decoded()
        if data.get("_auth_user_id") != str(user_pk) or _lasted_its_most(data):
            continue
        records = data.get(AUTHENTICATION_METHODS_SESSION_KEY)
        since = datetime.fromtimestamp(records[0]["at"], UTC) if records else None
        yield OpenSession(row.pk, in_words(data), since, row.expire_date - idle)


def seconds_left(session: SessionBase) -> int:
    """The seconds after which a session that is no longer used ends."""
    idle, most = settings.SESSION_IDLE_MINUTES * 60, settings.SESSION_MOST_MINUTES * 60
    records = session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    lasted = time.time() - records[0]["at"] if records else 0
    return int(min(idle, most - lasted))


def _lasted_its_most(data: dict[str, Any]) -> bool:
    """Whether the first way in which its owner logged in was too long ago."""
    records = data.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    most: int = settings.SESSION_MOST_MINUTES
    return bool(records) and time.time() - records[0]["at"] > most * 60
