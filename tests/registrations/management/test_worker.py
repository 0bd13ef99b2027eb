"""Real workers, a real mail server, a real database: killed, doubled, cut off and stopped."""

from __future__ import annotations

import asyncio
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from program.models import Event
from registrations.models import Registration, StoredMail
from registrations.organising import importing
from registrations.privacy import erasure
from tests.conftest import PATIENCE
from tests.factories import make_event, make_person, make_registration

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

Process = subprocess.Popen[bytes]

ROOT = Path(__file__).resolve().parents[3]


def wait_until(ready: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} seconds"
        time.sleep(0.01)


@dataclass
class Server:
    """An SMTP server that keeps what it accepted: Message-ID, recipient and sender's port."""

    port: int
    accepted: list[tuple[str, str, int]] = field(default_factory=list)
    unknown: str = ""
    peers: set[int] = field(default_factory=set)
    peers_wanted: int = 1
    on_data: Callable[[], None] = lambda: None
    hold: bool = False
    holding: bool = False

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == self.unknown:
            return f"550 5.1.1 <{address}>: nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        assert session.peer
        message = message_from_bytes(envelope.content, policy=policy.default)
        peer = int(session.peer[1])
        self.peers.add(peer)
        while len(self.peers) < self.peers_wanted or self.hold:
            self.holding = True
            await asyncio.sleep(0.01)
        self.accepted.append((message["Message-ID"], envelope.rcpt_tos[0], peer))
        self.on_data()
        return "250 OK"

    @property
    def message_ids(self) -> list[str]:
        return [message_id for message_id, _to, _peer in self.accepted]


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    yield server
    controller.stop()


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Workers:
    """Starts workers; what they print is in ``output``."""

    env: dict[str, str]
    output: Path
    started: list[Process] = field(default_factory=list)

    def start(self, port: int, *options: str) -> Process:
        with self.output.open("ab") as output:
            worker = subprocess.Popen(
                [sys.executable, "manage.py", "work", *options],
                cwd=ROOT,
                env=self.env | {"EMAIL_URL": f"smtp://127.0.0.1:{port}"},
                stdout=output,
                stderr=output,
            )
        self.started.append(worker)
        return worker

    @property
    def said(self) -> str:
        return self.output.read_text()


@pytest.fixture
def workers(process_env: dict[str, str], tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(process_env, tmp_path / "workers.log")
    yield workers
    for worker in workers.started:
        if worker.poll() is None:
            worker.kill()
        worker.wait(PATIENCE)


@pytest.fixture
def event(process_env: dict[str, str]) -> Event:
    # By the real clock, for that is the one that workers look at.
    return make_event(starts_at=timezone.now() + timedelta(days=14))


def store_mails(event: Event, number: int) -> set[str]:
    """That many mails that are due, each to another person; returns their Message-IDs."""
    now = timezone.now()
    user = User.objects.create_user(f"olga{event.pk}")
    StoredMail.objects.bulk_create(
        StoredMail(
            event=event,
            kind=StoredMail.Kind.ACCOUNT,
            to=f"p{index}@haarlem.example",
            about={"user": user.pk, "what": "Je wachtwoord is gewijzigd."},
            message_id=f"<{event.pk}-{index}@testserver>",
            created_at=now,
            send_after=now,
        )
        for index in range(number)
    )
    return set(StoredMail.objects.values_list("message_id", flat=True))


def all_sent() -> bool:
    return not StoredMail.objects.waiting().exists()


def has_accepted(server: Server, number: int) -> bool:
    return len(server.accepted) >= number


def ten_minutes_pass() -> None:
    """The leases of workers that are no more run out."""
    StoredMail.objects.exclude(lease="").update(leased_until=timezone.now())


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_worker_loses_no_mail(event, server, workers, seed):
    moments = random.Random(seed)
    stored = store_mails(event, 60)
    kills = 0
    for at in sorted(moments.sample(range(1, 55), 4)):
        worker = workers.start(server.port)
        if kills % 2:
            # In the middle of a mail: it is accepted, but the worker never hears so.
            def kill_in_the_middle(at: int = at, worker: Process = worker) -> None:
                if has_accepted(server, at):
                    worker.kill()

            server.on_data = kill_in_the_middle
        wait_until(partial(has_accepted, server, at), "mail")
        worker.kill()
        worker.wait(PATIENCE)
        server.on_data = lambda: None
        kills += 1
        ten_minutes_pass()
    workers.start(server.port)
    wait_until(all_sent, "all mail")

    times = Counter(server.message_ids)
    assert set(times) == stored
    assert sum(times.values()) - len(times) <= kills
    assert len({(message_id, to) for message_id, to, _peer in server.accepted}) == len(stored)
    assert not StoredMail.objects.waiting().exists()


def test_two_workers_send_each_mail_once(event, server, workers):
    stored = store_mails(event, 80)
    server.peers_wanted = 2  # nothing is accepted before both are at it
    workers.start(server.port)
    workers.start(server.port)
    wait_until(all_sent, "all mail")

    assert Counter(server.message_ids) == dict.fromkeys(stored, 1)
    assert len({peer for _id, _to, peer in server.accepted}) >= 2


def test_two_workers_answer_each_sign_up_once(event, server, workers):
    event.capacity = 50
    event.save()
    people = [f"p{number}@haarlem.example" for number in range(30)]
    for address in people:
        make_registration(event, {}, email=address, confirmed=False, at=timezone.now())
    StoredMail.objects.filter(kind="holds").delete()
    server.peers_wanted = 2
    workers.start(server.port)
    workers.start(server.port)
    wait_until(all_sent, "all mail")

    assert Counter(to for _id, to, _peer in server.accepted) == dict.fromkeys(people, 1)


def test_people_from_a_list_are_asked_freed_and_erased(event, server, workers):
    event.capacity = 1
    event.save()
    event.refresh_from_db()
    rows = [importing.ListRow(number, make_person()) for number in range(2)]
    asked = timezone.now() - importing.HOLD - erasure.UNANSWERED_KEPT
    seen = importing.look(event, rows, at=asked).fingerprint
    importing.bring_in(event, rows, seen=seen, who="organisator", at=asked)
    place, line = event.registrations.order_by("pk")
    assert (place.holds_place, line.holds_place) == (True, False)
    Registration.objects.update(hold_expires_at=timezone.now() + timedelta(days=1))
    assert workers.start(server.port, "--once").wait(PATIENCE) == 0
    assert sorted(to for _id, to, _peer in server.accepted) == sorted([place.email, line.email])

    Registration.objects.update(hold_expires_at=timezone.now())
    assert workers.start(server.port, "--once").wait(PATIENCE) == 0
    event.refresh_from_db()
    assert event.taken == 0
    expired = event.registrations.filter(status="expired", holds_place=False)
    assert list(expired.exclude(email="").order_by("pk")) == [place, line]

    Registration.objects.update(ended_at=timezone.now() - erasure.UNANSWERED_KEPT)
    assert workers.start(server.port, "--once").wait(PATIENCE) == 0
    assert event.registrations.filter(email="", erased_at__isnull=False).count() == 2
    assert "erased 2 people who were brought in" in workers.said
    assert "haarlem" not in workers.said


def test_refused_recipient_is_marked_and_the_others_get_their_mail(event, server, workers):
    now = timezone.now()
    refused = make_registration(event, email="weg@haarlem.example", confirmed=False, at=now)
    make_registration(event, email="er@haarlem.example", confirmed=False, at=now)
    server.unknown = "weg@haarlem.example"
    workers.start(server.port)
    wait_until(all_sent, "all mail")

    assert [to for _id, to, _peer in server.accepted] == ["er@haarlem.example"]
    marked = Registration.objects.exclude(email_refused_at=None)
    assert list(marked) == [refused]
    assert "haarlem" not in workers.said
    assert "/aanmelding/" not in workers.said


def test_mail_waits_for_a_server_that_is_down(event, workers):
    stored = store_mails(event, 3)
    server = Server(free_port())
    workers.start(server.port)
    wait_until(lambda: StoredMail.objects.exclude(error=""), "a first try")
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        wait_until(all_sent, "all mail")
    finally:
        controller.stop()

    assert Counter(server.message_ids) == dict.fromkeys(stored, 1)
    assert set(StoredMail.objects.values_list("attempts", flat=True)) == {0}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_the_worker_after_the_mail_in_flight(event, server, workers, number):
    store_mails(event, 2)
    server.hold = True
    worker = workers.start(server.port)
    wait_until(lambda: server.holding, "a mail in flight")
    worker.send_signal(number)
    assert worker.poll() is None
    server.hold = False

    assert worker.wait(PATIENCE) == 0
    assert len(server.accepted) == 1
    assert StoredMail.objects.exclude(sent_at=None).count() == 1
    assert StoredMail.objects.waiting().get().lease == ""
    assert "The worker runs: mail, expired holds, draws, erasure." in workers.said


def test_idle_worker_stops_at_once(event, server, workers):
    worker = workers.start(server.port)
    wait_until(lambda: "The worker runs" in workers.said, "the first line")
    worker.terminate()

    assert worker.wait(PATIENCE) == 0


def test_once_does_all_that_is_due_and_ends(event, server, workers):
    long_ago = timezone.now() - timedelta(hours=2)
    held = make_registration(event, confirmed=False, at=long_ago)

    assert workers.start(server.port, "--once").wait(PATIENCE) == 0
    assert len(server.accepted) == 1
    held.refresh_from_db()
    assert held.is_expired


def test_once_says_so_when_the_server_is_down(event, workers):
    store_mails(event, 1)

    assert workers.start(free_port(), "--once").wait(PATIENCE) == 1
    assert "what is due stays due" in workers.said


def test_worker_survives_a_database_that_is_away_for_a_moment(event, server, workers):
    store_mails(event, 1)
    table = StoredMail._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")
    workers.start(server.port)
    try:
        wait_until(lambda: re.search("mail: (Operational|Programming)Error", workers.said), "log")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE away RENAME TO {table}")
    wait_until(all_sent, "all mail")

    assert len(server.accepted) == 1


@pytest.mark.postgres
def test_worker_survives_the_end_of_its_connection(event, server, workers):
    store_mails(event, 1)
    about = StoredMail.objects.get().about
    workers.start(server.port)
    wait_until(all_sent, "all mail")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    StoredMail.objects.update(sent_at=None, about=about)
    wait_until(all_sent, "all mail again")

    assert len(server.accepted) == 2
