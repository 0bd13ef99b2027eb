"""Two nodes and two workers behind nginx (docs/deploy.md): no node has a state of its own.

One database, one Redis. Whatever people do, each request may come to either node.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.utils import timezone

from program.models import Event
from registrations.booking.places import differences
from registrations.door import devices, passes, presence
from registrations.models import DoorPass, Registration, StoredMail
from registrations.queries.tokens import token_of
from tests.benchmarks.bench_rush import FULL, check, make_place
from tests.benchmarks.rush import rush
from tests.factories import make_event, make_registration, make_slot
from tests.faults.proxies import nginx_conf
from tests.processes import Inbox, found, free_port, healthy, served, stop, wait_for
from tests.registrations.door.tapping import make_pass, tap, walk_in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.processes,
]

ROOT = Path(__file__).resolve().parents[2]
NODES = 2
TOKEN = "t" * 32  # the same in the cookie and in the header, as a device has it


@dataclass
class Site:
    url: str
    nodes: list[str]
    inbox: Inbox

    def post(self, path: str, **typed: str) -> int:
        """Send a form as a browser does, and go where the answer leads."""
        body = urllib.parse.urlencode(typed).encode()
        with urllib.request.urlopen(f"{self.url}{path}", body) as answer:
            return int(answer.status)

    def sync(self, door_pass: DoorPass, *taps: dict[str, Any], since: int = 0) -> dict[str, Any]:
        slug = door_pass.event.slug
        cookies = [f"{name}={passes.device_token(door_pass)}" for name in devices.COOKIES.values()]
        cookies.append(f"csrftoken={TOKEN}")
        request = urllib.request.Request(
            f"{self.url}/deur/{slug}/sync/",
            json.dumps({"v": 1, "since": since, "queued": 0, "ops": taps}).encode(),
            {
                "Content-Type": "application/json",
                "Cookie": "; ".join(cookies),
                "X-CSRFToken": TOKEN,
            },
        )
        with urllib.request.urlopen(request) as answer:
            changed: dict[str, Any] = json.load(answer)
            return changed


def runs(stack: ExitStack, *command: str, env: Mapping[str, str] | None = None) -> None:
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL)
    stack.callback(stop, process)


@pytest.fixture
def site(
    process_env: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Site]:
    nginx, redis_server = found(request, "nginx"), found(request, "redis-server")
    inbox, port, redis = Inbox(port=free_port()), free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    controller = Controller(inbox, hostname="127.0.0.1", port=inbox.port)
    controller.start()
    with ExitStack() as stack:
        stack.callback(controller.stop)
        runs(stack, redis_server, "--port", str(redis), "--save", "", "--dir", str(tmp_path))
        env = process_env | {
            "SITE_URL": url,
            "PROXIES": "1",
            "CACHE_URL": f"redis://127.0.0.1:{redis}/0",
            "EMAIL_URL": f"smtp://127.0.0.1:{inbox.port}",
            "PAGE_CACHE_SECONDS": "1",
            "WEB_CONCURRENCY": "1",
            "LOG_LEVEL": "ERROR",
        }
        nodes = [stack.enter_context(served("eventsite.wsgi", env)) for _node in range(NODES)]
        for _worker in range(2):
            runs(stack, sys.executable, "manage.py", "work", env=env)
        names = [node.removeprefix("http://") for node in nodes]
        conf = nginx_conf(tmp_path, port, names, tls=False)  # the file of deploy/
        runs(stack, nginx, "-p", str(tmp_path), "-c", str(conf))
        wait_for("nginx", lambda: healthy(url))
        yield Site(url, nodes, inbox)
    assert differences() == []


def test_a_rush_on_two_nodes_gives_each_place_once(site: Site):
    event, tables = make_place(30)
    come = rush([site.url], event.slug, tables, people=120, seconds=4, full=FULL)
    came = asyncio.run(come)

    check(event, came, 30)


def test_who_waits_moves_up_whichever_node_it_was(site: Site):
    starts_at = timezone.now() + timedelta(days=14)
    event = make_event(slug="vol", capacity=1, starts_at=starts_at)
    make_slot(event, "1a", 1)
    holder = make_registration(event, {1: "1a"}, at=timezone.now())
    typed = {"first_name": "Noor", "role": "inwoner", "agree": "on", "waiting": "on"}
    addresses = [f"wacht{number}@haarlem.example" for number in range(4)]
    for number, email in enumerate(addresses):
        named = typed | {"last_name": f"Bos {number}", "email": email, "round_1": "1a"}
        assert site.post("/vol/aanmelden/", **named) == 200
        body = site.inbox.wait(email).get_body(("plain",))
        assert body
        link = re.search(r"/aanmelding/[^/\s]+/", body.get_content())
        assert link
        assert site.post(f"{link[0]}bevestigen/") == 200
    queue = [Registration.objects.get(email=email) for email in addresses]
    assert {one.status for one in queue} == {"waiting"}

    assert site.post(f"/aanmelding/{token_of(holder)}/annuleren/") == 200
    site.inbox.wait(addresses[0], "Je hebt een plek")

    statuses = [Registration.objects.get(pk=one.pk).status for one in queue]
    assert statuses == ["confirmed", *["waiting"] * 3]
    wait_for("all mail", lambda: not StoredMail.objects.waiting().exists())
    sent = [(message["To"], message["Subject"]) for message in site.inbox.messages]
    assert len(sent) == len(set(sent))  # two workers, and each mail once


def test_devices_at_the_door_meet_on_either_node(site: Site):
    event = make_event(slug="avond", starts_at=timezone.now() + timedelta(minutes=10))
    people = [make_registration(event, at=timezone.now()) for _person in range(6)]
    doors = [make_pass(event, f"Ingang {number}") for number in (1, 2)]
    for number, person in enumerate(people):
        site.sync(doors[number % 2], tap("in", person, at=timezone.now().isoformat()))
    site.sync(doors[0], walk_in(at=timezone.now().isoformat()))

    for door in doors * 2:  # each of them asks each node
        answer = site.sync(door)
        assert (answer["present"], len(answer["rows"])) == (7, 7)
    event = Event.objects.get(pk=event.pk)
    assert presence.differences(event) == []
