"""Whether all of it works, for those who watch over the site: a line for each thing that does not.

``/healthz/`` says whether this process can answer, and is for proxies. This page is about the
whole: a proxy that went by it would shut a site down whose mail is late.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from registrations.models import Heartbeat, StoredMail
from registrations.queries import schema

WORKER_SEEN = timedelta(minutes=2)
# Mail to one person; a message to many may take its time.
MAIL_LATE = timedelta(minutes=15)
# Since a job of the worker last went well. Of some people wait for what comes of it, or a restore
# would miss it; these are done every minute or more often. Others have an hour between two times at
# most. Mail has its own line.
JOBS_LATE = dict.fromkeys(("journal", "draws", "holds", "waiting"), timedelta(minutes=15))
JOB_LATE = timedelta(hours=3)
LEAST_FREE = 200_000_000  # bytes

_last: dict[str, tuple[float, list[str]]] = {}


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 if everything works, else 503 with what does not. Looks once a second at most."""
    looked, wrong = _last.get("ready", (-1.0, []))
    if monotonic() - looked >= settings.PAGE_CACHE_SECONDS or looked < 0:
        wrong = list(troubles(timezone.now()))
        _last["ready"] = monotonic(), wrong
    text = "\n".join(wrong or ["ok"]) + "\n"
    answer = HttpResponse(text, "text/plain; charset=utf-8", status=503 if wrong else 200)
    # Django logs whatever is a 503, here every few seconds, to those who ask it for themselves.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def troubles(at: datetime) -> Iterator[str]:
    """What is wrong, in words that hold no name, address or secret."""
    try:
        if missing := schema.missing():
            yield f"tables: {len(missing)} migrations of this release are not done"
            return  # the rest would ask tables that are not there
        yield from _worker(at)
        yield from _jobs(at)
        yield from _mail(at)
    except DatabaseProblem:
        yield "database: it does not answer"
    yield from _disk()


def _worker(at: datetime) -> Iterator[str]:
    workers = Heartbeat.objects.of_workers().order_by("-at")
    last = workers.values_list("at", flat=True).first()
    if last is None:
        yield "worker: none was ever seen"
    elif at - last > WORKER_SEEN:
        yield f"worker: none was seen for {minutes(at - last)} minutes"


def _jobs(at: datetime) -> Iterator[str]:
    """The heartbeat has its own line, and so has mail: it waits for a server that is away."""
    for beat in Heartbeat.objects.of_jobs().order_by("name"):
        if beat.job not in ("heartbeat", "mail") and at - beat.at > JOBS_LATE.get(
            beat.job, JOB_LATE
        ):
            yield f"{beat.job}: did not go well for {minutes(at - beat.at)} minutes; see the log"


def _mail(at: datetime) -> Iterator[str]:
    oldest = oldest_mail(at)
    if oldest and at - oldest > MAIL_LATE:
        yield f"mail: some should have gone {minutes(at - oldest)} minutes ago"


def oldest_mail(at: datetime) -> datetime | None:
    """When the mail should have gone that has waited longest, of those to one person."""
    due = StoredMail.objects.waiting().filter(send_after__lte=at, mailing=None)
    oldest: datetime | None = due.aggregate(oldest=Min("send_after"))["oldest"]
    return oldest


def _disk() -> Iterator[str]:
    """Of the site, and of the journal, which is best on another one."""
    folders = {"the site writes": settings.VAR_DIR, "the journal is": settings.JOURNAL}
    seen: set[int] = set()
    for what, folder in folders.items():
        try:
            disk = Path(folder).stat().st_dev
            free = shutil.disk_usage(folder).free
        except FileNotFoundError:
            continue  # on another machine, or nothing has been written yet
        except OSError as error:
            yield f"disk: where {what} cannot be looked at ({error.strerror})"
            continue
        if free < LEAST_FREE and disk not in seen:
            yield f"disk: less than {LEAST_FREE // 1_000_000} MB is free where {what}"
        seen.add(disk)


def minutes(span: timedelta) -> int:
    return span // timedelta(minutes=1)
