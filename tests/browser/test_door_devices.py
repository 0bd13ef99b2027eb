"""A random evening against the server as it runs: several processes and threads of it, and each
phone in a thread of its own."""

from __future__ import annotations

import json
import random
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from django.utils import timezone

from registrations.door import passes
from registrations.models import DoorPass
from tests.browser.conftest import Server
from tests.conftest import PATIENCE
from tests.registrations.door.evening import Office, make_evening, settle, use
from tests.registrations.door.phone import Phone
from tests.registrations.door.test_evening import (
    each_tap_is_stored_with_its_moment,
    everybody_is_counted_once,
    history_explains_each_status,
    history_tells_each_tap,
    phones_agree_with_the_server,
)

PHONES, STEPS, ACTS = 5, 50, 30


class Whatever(urllib.request.HTTPErrorProcessor):
    """Takes 410 for an answer."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response


def phone_at(site: Server, door_pass: DoorPass, seed: int) -> Phone:
    address = f"{site.url}/deur/{door_pass.event.slug}/sync/"
    token = "x" * 32  # of any making, as long as cookie and header agree
    headers = {
        "Content-Type": "application/json",
        "Cookie": f"deur_nl={passes.device_token(door_pass)}; csrftoken={token}",
        "X-CSRFToken": token,
    }

    def post(body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(address, json.dumps(body).encode(), headers)
        with urllib.request.build_opener(Whatever).open(request, timeout=PATIENCE) as answer:
            assert answer.status in (200, 410)
            told: dict[str, Any] = json.load(answer)
        return told

    clock_error = timedelta(minutes=random.Random(seed).randint(-600, 600))
    return Phone(door_pass.label, post, random.Random(seed), clock_error)


def test_evening_at_a_real_server_ends_with_everybody_counted_once(site: Server):
    event = make_evening(timezone.now())
    phones = [
        phone_at(site, passes.make(event, f"Ingang {n}", who="o", at=timezone.now()), n)
        for n in range(PHONES + 1)
    ]
    *busy, new = phones
    office = Office(event, random.Random(PHONES))

    def work(phone: Phone) -> None:
        for _step in range(STEPS):
            use(phone, phone.chance, timezone.now())

    with ThreadPoolExecutor(PHONES) as threads:
        working = [threads.submit(work, phone) for phone in busy]
        for act in range(ACTS):
            if act == ACTS // 2:
                office.withdraw("Ingang 0", timezone.now())
            office.do_something(timezone.now())
    for one in working:
        one.result()

    settle(event, busy, timezone.now())
    new.sync(timezone.now())

    event.refresh_from_db()
    everybody_is_counted_once(event, busy)
    each_tap_is_stored_with_its_moment(event, busy, within=timedelta(minutes=1))
    history_tells_each_tap(event, busy)
    history_explains_each_status(event)
    phones_agree_with_the_server(event, busy, new)
