"""Figures for Prometheus at ``/metrics/``, for whoever sends METRICS_TOKEN along.

What one process counts (requests, waits for a lock) it writes to a file that all processes of this
machine share, so that it makes no difference which of them is asked. What the database knows is
asked of the database. Labels are names of routes and of events: nobody's name, address or link.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter as Counts
from collections.abc import Callable, Iterator
from time import perf_counter

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import Error as DatabaseProblem
from django.db import connection
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from eventsite import health
from program.database.patience import WAITS
from program.models import Event
from registrations.models import Heartbeat, Registration, StoredMail

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # the folder of those files; gunicorn.conf.py makes it
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
OWN = CollectorRegistry()
REQUESTS = Histogram(
    "tafelronde_request_seconds",
    "Requests, and how long they took.",
    ["route", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=OWN,
)
LOCKS = Histogram(
    "tafelronde_lock_wait_seconds",
    "How long a writer waited for its turn: for an event, or on SQLite for the database.",
    buckets=(0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
    registry=OWN,
)

REFUSED = Counter(
    "tafelronde_lock_refused",
    "Writers who did not get their turn: too late, or turned away since others wait already.",
    registry=OWN,
)

GetResponse = Callable[[HttpRequest], HttpResponse]


def count_requests(get_response: GetResponse) -> GetResponse:
    """Middleware; none where nobody can ask for the figures."""
    if not settings.METRICS_TOKEN:
        raise MiddlewareNotUsed

    def middleware(request: HttpRequest) -> HttpResponse:
        began = perf_counter()
        response = get_response(request)
        method = request.method if request.method in METHODS else "other"
        status = f"{response.status_code // 100}xx"
        REQUESTS.labels(route_of(request), method, status).observe(perf_counter() - began)
        return response

    return middleware


def route_of(request: HttpRequest) -> str:
    """The name of an address, never the address: that may be somebody's link."""
    match = request.resolver_match
    if match is None:  # answered before it was looked up: a page that is kept, or a file
        if request.path_info.startswith(settings.STATIC_URL):
            return "static"
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return "none"
    return match.view_name or "none"


def watch_locks() -> None:
    """Once a process: whoever changes an event waits in line for its lock, and then for the lock
    itself; SQLite has one lock, taken at the beginning.
    """
    if _count_wait not in WAITS.watchers:
        WAITS.watchers.append(_count_wait)


def _count_wait(seconds: float, got: bool) -> None:
    LOCKS.observe(seconds)
    if not got:
        REFUSED.inc()


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Without the token there is no such page."""
    given = request.headers.get("Authorization", "").encode()
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    if not settings.METRICS_TOKEN or not secrets.compare_digest(given, wanted):
        raise Http404
    registry = CollectorRegistry() if SHARED in os.environ else OWN
    if registry is not OWN:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    asked = CollectorRegistry()
    asked.register(FromDatabase())
    return HttpResponse(generate_latest(registry) + generate_latest(asked), CONTENT_TYPE)


class FromDatabase(Collector):
    """The same on every machine: five queries, whatever is going on."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("tafelronde_database_up", "Whether the database answers.")
        try:
            found = list(self._figures())
        except DatabaseProblem:
            connection.close()
            found = []
        up.add_metric([], float(bool(found)))
        yield up
        yield from found

    def _figures(self) -> Iterator[GaugeMetricFamily]:
        at = timezone.now()
        people = GaugeMetricFamily(
            "tafelronde_registrations",
            "Sign-ups of events that are not over, by status; pending ones are holds.",
            labels=["event", "status"],
        )
        places = GaugeMetricFamily(
            "tafelronde_places", "Places of events that are not over.", labels=["event"]
        )
        taken = GaugeMetricFamily(
            "tafelronde_places_taken", "Those of them held or confirmed.", labels=["event"]
        )
        waits = GaugeMetricFamily(
            "tafelronde_table_waits", "Who wait for a table, each time.", labels=["event"]
        )
        coming = Event.objects.coming(at)
        counted = Registration.objects.filter(event__in=coming.order_by()).order_by()
        statuses: Counts[tuple[int, str]] = Counts()
        for event, status, count in counted.values_list("event", "status").annotate(Count("pk")):
            statuses[event, status] = count
        for event in coming.annotate(waits=Count("waitlist_entries")):
            places.add_metric([event.slug], event.capacity)
            taken.add_metric([event.slug], event.taken)
            waits.add_metric([event.slug], event.waits)
            for status in Registration.Status:
                people.add_metric([event.slug, status], statuses[event.pk, status])
        yield from (people, places, taken, waits)
        queue = StoredMail.objects.waiting().filter(send_after__lte=at).count()
        yield _one("tafelronde_mail_due", "Mails that should go now.", queue)
        oldest = health.oldest_mail(at)
        age = (at - oldest).total_seconds() if oldest else 0
        yield _one("tafelronde_mail_oldest_seconds", "How long the oldest of them waits.", age)
        ages = {beat: (at - beat.at).total_seconds() for beat in Heartbeat.objects.all()}
        if seen := [age for beat, age in ages.items() if not beat.job]:
            yield _one("tafelronde_worker_seen_seconds", "Since a worker was at work.", min(seen))
        jobs = GaugeMetricFamily(
            "tafelronde_job_done_seconds", "Since a job last went well.", labels=["job"]
        )
        for beat, age in ages.items():
            if beat.job:
                jobs.add_metric([beat.job], age)
        yield jobs


def _one(name: str, what: str, value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what)
    family.add_metric([], value)
    return family
