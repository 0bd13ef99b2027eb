"""Figures for Prometheus: right with several processes, and nobody's name in them."""

from __future__ import annotations

import re
import time
import urllib.request
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from urllib.error import HTTPError

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from eventsite import metrics
from program.database.outages import LockBusy
from program.database.patience import WAITS, in_line
from program.models import Event
from registrations.models import Heartbeat
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_registration, make_slot
from tests.processes import served

TOKEN = "a token for the tests only"
LINE = re.compile(r"^(\w+)(?:\{(.*)\})? ([\d.e+-]+)$", re.M)


@pytest.fixture
def asks(settings) -> Client:
    """A client whose requests are counted."""
    settings.METRICS_TOKEN = TOKEN
    return Client(raise_request_exception=False)


def figures(text: str) -> dict[str, float]:
    return {f"{name}{{{labels}}}": float(value) for name, labels, value in LINE.findall(text)}


def read(client: Client) -> dict[str, float]:
    answer = client.get("/metrics/", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return figures(answer.content.decode())


@pytest.mark.django_db
def test_without_the_token_there_is_no_such_page(asks, client, settings):
    assert asks.get("/metrics/").status_code == 404
    for wrong in ("Bearer ", "Bearer x", TOKEN, f"Basic {TOKEN}"):
        assert asks.get("/metrics/", headers={"Authorization": wrong}).status_code == 404
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics/", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.django_db
def test_figures_of_the_database_are_told(asks, django_assert_max_num_queries):
    at = timezone.now()
    Heartbeat.objects.create(name="machine 1", at=at - timedelta(seconds=30))
    for slug in ("avond", "middag"):
        event = make_event(slug=slug, capacity=2, starts_at=at + timedelta(days=14))
        make_slot(event, "1a", seats=1)
        make_registration(event, {1: "1a"}, at=at)
        make_registration(event, {}, waitlists={1: ["1a"]}, at=at)
        make_registration(event, waiting_too=True, at=at)
    make_registration(
        make_event(slug="oud", starts_at=at + timedelta(hours=1)), at=at, confirmed=False
    )
    Event.objects.filter(slug="oud").update(
        starts_at=at - timedelta(days=2), ends_at=at - timedelta(days=1)
    )

    with django_assert_max_num_queries(6):
        found = read(asks)

    assert found['tafelronde_registrations{event="avond",status="confirmed"}'] == 2
    assert found['tafelronde_registrations{event="avond",status="waiting"}'] == 1
    assert found['tafelronde_registrations{event="avond",status="pending"}'] == 0
    assert found['tafelronde_places{event="avond"}'] == 2
    assert found['tafelronde_places_taken{event="middag"}'] == 2
    assert found['tafelronde_table_waits{event="avond"}'] == 1
    assert found["tafelronde_mail_due{}"] >= 6
    assert 0 <= found["tafelronde_mail_oldest_seconds{}"] < 60
    assert 30 <= found["tafelronde_worker_seen_seconds{}"] < 90
    assert found["tafelronde_database_up{}"] == 1
    assert [name for name in found if "oud" in name] == []


@pytest.mark.django_db
def test_requests_are_counted_by_route_and_never_by_address(asks, settings):
    event = make_event(slug="avond", starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a")
    token = token_of(make_registration(event, email="noor@haarlem.example", at=timezone.now()))
    settings.PAGE_CACHE_SECONDS = 60
    before = Counter(read(asks))

    for _twice in range(2):  # the second is answered from memory
        asks.get("/avond/")
    asks.get(f"/aanmelding/{token}/")
    asks.get(f"/aanmelding/{token}/niets/")
    asks.get("/noor@haarlem.example/")
    asks.generic("NOORTJE", "/avond/")

    after = Counter(read(asks))
    count = after - before
    counted = {name: value for name, value in count.items() if "seconds_count" in name}
    page = 'tafelronde_request_seconds_count{method="GET",route="%s",status="%s"}'
    assert counted[page % ("program:event", "2xx")] == 2
    assert counted[page % ("registrations:mine", "2xx")] == 1
    assert counted[page % ("none", "4xx")] == 2
    assert any('method="other"' in name for name in counted)
    told = "\n".join(after)
    assert [word for word in (token, "noor", "NOORTJE", "haarlem") if word in told] == []


@pytest.mark.django_db(transaction=True)
def test_waits_for_a_lock_are_timed_with_the_line_before_it(asks, monkeypatch):
    event = make_event()
    monkeypatch.setattr(WAITS, "watchers", [])
    metrics.watch_locks()
    before = read(asks)
    with transaction.atomic():
        Event.objects.locked(event.pk)
        Event.objects.locked(event.pk)  # its own: nobody waits for that
    with suppress(LockBusy), in_line("event"):
        time.sleep(0.01)
        raise LockBusy
    after = read(asks)

    changed = {name: value - before[name] for name, value in after.items() if "lock_" in name}
    assert changed["tafelronde_lock_wait_seconds_count{}"] == 2
    assert changed["tafelronde_lock_wait_seconds_sum{}"] >= 0.01
    assert changed["tafelronde_lock_refused_total{}"] == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.processes
def test_two_processes_are_counted_as_one_site(process_env: dict[str, str]):
    make_event(slug="avond", starts_at=timezone.now() + timedelta(days=14))
    env = process_env | {"METRICS_TOKEN": TOKEN, "WEB_CONCURRENCY": "2", "WEB_THREADS": "2"}
    with served("eventsite.wsgi", env) as url:
        for number in range(40):
            with urllib.request.urlopen(f"{url}/avond/?n={number}"):
                pass
        request = urllib.request.Request(
            f"{url}/metrics/", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        seen = set()
        for _time in range(6):  # whichever answers
            with urllib.request.urlopen(request) as answer:
                found = figures(answer.read().decode())
            seen.add(
                found[
                    'tafelronde_request_seconds_count{method="GET",route="program:event",status="2xx"}'
                ]
            )
        with pytest.raises(HTTPError):
            urllib.request.urlopen(f"{url}/metrics/")

    assert seen == {40}
