"""A mail server that is slow, down, refusing, cut off or badly set up: real ones, and real workers.

What takes minutes in real life takes seconds here: SMTP_PATIENCE is scaled down.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings as real
from django.utils import timezone

from program.models import Event
from registrations.mail import outbox
from registrations.mail.smtp import EmailBackend
from registrations.models import Registration, StoredMail
from tests.conftest import PATIENCE
from tests.factories import NOW, make_event, make_registration
from tests.processes import Program, free_port, running, wait_for

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
# Seconds. Django's own limit for every step would be the first of them.
REACH = 0.5
SHORT = dict.fromkeys(real.SMTP_PATIENCE, 10.0)


@dataclass
class Slow:
    """A mail server that takes ``wait`` seconds over a step, and answers as ``says`` tells it."""

    port: int = field(default_factory=free_port)
    wait: dict[str, float] = field(default_factory=dict)
    says: dict[str, list[str]] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    cut_off: int = 0  # so many times the connection goes once a mail is in
    busy: bool = False

    async def step(self, name: str) -> str:
        await asyncio.sleep(self.wait.get(name, 0))
        return self.says[name].pop(0) if self.says.get(name) else "250 OK"

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self.step("mail")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self.step("rcpt")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.busy = True
        if self.cut_off:
            self.cut_off -= 1
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            return "250 never heard"
        answer = await self.step("end")
        if answer.startswith("250"):
            self.taken.append(message["Message-ID"])
        return answer


@contextmanager
def serving(server: Slow, **options: Any) -> Iterator[Slow]:
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@pytest.fixture
def server(settings: Any) -> Iterator[Slow]:
    server = Slow()
    use(settings, server.port)
    with serving(server):
        yield server


def use(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND = f"{real.OWN_SMTP}.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = REACH
    settings.SMTP_PATIENCE = SHORT


@pytest.fixture
def mail() -> StoredMail:
    """The one mail that is due."""
    make_registration(make_event(), {}, email="noor@haarlem.example")
    StoredMail.objects.exclude(kind="registered").delete()
    return StoredMail.objects.get()


def sent(mail: StoredMail, at: datetime = NOW) -> outbox.Batch:
    batch = outbox.send_due(at)
    mail.refresh_from_db()
    return batch


def test_a_lease_is_longer_than_one_mail_can_take():
    patience = real.SMTP_PATIENCE
    one_mail = sum(patience[step] for step in ("mail", "rcpt", "data", "text", "end", "other"))
    # EHLO, STARTTLS, its handshake, EHLO again and three steps of logging in.
    reaching = real.EMAIL_TIMEOUT + patience["greeting"] + 7 * patience["other"]
    assert max(one_mail, reaching) < outbox.LEASE.total_seconds()
    standard = {"greeting": 5, "mail": 5, "rcpt": 5, "data": 2, "text": 3, "end": 10}
    assert {step: patience[step] / 60 for step in standard} == standard


def test_a_mail_server_by_address_is_talked_to_with_that_patience():
    command = "from django.conf import settings; print(settings.EMAIL_BACKEND)"
    env = {"DEBUG": "1", "EMAIL_URL": "smtp+tls://u:p@mail.example:587"}
    shell = [sys.executable, "-c", f"import django; django.setup(); {command}"]
    env |= {"DJANGO_SETTINGS_MODULE": "eventsite.settings", "PATH": ""}
    said = subprocess.run(shell, env=env, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "registrations.mail.smtp.EmailBackend"


@pytest.mark.parametrize("step", ["mail", "rcpt", "end"])
def test_a_slow_server_gets_each_mail_once(server: Slow, mail: StoredMail, step: str):
    server.wait = {step: 3 * REACH}
    assert sent(mail).sent == 1
    assert server.taken == [mail.message_id]


def test_while_one_worker_waits_no_other_takes_the_mail(server: Slow, mail: StoredMail):
    claimed = outbox.claim(NOW)
    assert claimed
    assert outbox.send_due(NOW + outbox.LEASE - MINUTE) == outbox.Batch()
    assert server.taken == []


def test_reaching_the_server_slowly_costs_nothing_of_the_lease(
    server: Slow, mail: StoredMail, monkeypatch: pytest.MonkeyPatch
):
    opens = EmailBackend.open
    until: list[datetime | None] = []

    def slowly(backend: EmailBackend) -> bool | None:
        time.sleep(REACH)
        return opens(backend)

    def look(backend: EmailBackend, messages: Any) -> int:
        until.append(StoredMail.objects.get().leased_until)
        return len(messages)

    monkeypatch.setattr(EmailBackend, "open", slowly)
    monkeypatch.setattr(EmailBackend, "send_messages", look)
    assert sent(mail).sent == 1
    assert until[0]
    assert until[0] >= NOW + outbox.LEASE + timedelta(seconds=REACH)


def test_no_answer_in_all_that_time_means_one_more_try_an_hour_later(
    server: Slow, mail: StoredMail, settings: Any
):
    settings.SMTP_PATIENCE = SHORT | {"end": REACH}
    server.wait = {"end": 3 * REACH}
    at, tries = NOW, 0
    while not (mail.sent_at or mail.failed_at):
        assert sent(mail, at).trouble
        tries += 1
        assert mail.failed_at or mail.send_after >= at + 60 * MINUTE
        at = mail.send_after
    time.sleep(3 * REACH)  # it takes them all the same

    assert tries == 2
    assert Counter(server.taken)[mail.message_id] <= 2
    assert mail.error == "no answer"
    assert StoredMail.objects.failed().get() == mail


def test_a_connection_that_goes_before_the_answer_is_tried_once_more(
    server: Slow, mail: StoredMail
):
    """Mostly the server has taken the mail, so ten tries would be ten mails."""
    server.cut_off = 1
    assert sent(mail).trouble
    assert (mail.sent_at, mail.failed_at, mail.attempts) == (None, None, 1)
    assert mail.send_after >= NOW + 60 * MINUTE

    assert sent(mail, NOW + 61 * MINUTE).sent == 1
    assert server.taken == [mail.message_id]


def test_a_server_that_always_goes_before_the_answer_gets_a_mail_twice(
    settings: Any, server: Slow, mail: StoredMail
):
    """Also if it could not be reached, or asked to come back, in between."""
    server.cut_off = 99
    assert sent(mail).trouble
    at = mail.send_after
    settings.EMAIL_PORT = free_port()
    assert sent(mail, at).trouble
    settings.EMAIL_PORT, server.says = server.port, {"rcpt": ["451 4.7.1 come back later"]}
    sent(mail, at)
    assert mail.failed_at is None

    assert sent(mail, max(at, mail.send_after)).trouble

    assert mail.failed_at
    assert server.cut_off == 97


@pytest.mark.parametrize("step", ["rcpt", "end"])
def test_greylisting_is_waited_for(server: Slow, mail: StoredMail, step: str):
    server.says = {step: ["451 4.7.1 come back later"] * 3}
    at = NOW
    while not mail.sent_at:
        batch = sent(mail, at)
        assert not batch.trouble  # the other mails go on
        assert Registration.objects.get().email_refused_at is None
        at = max(mail.send_after, at)
    assert server.taken == [mail.message_id]
    assert mail.attempts == 3


def test_a_server_that_is_too_busy_costs_no_mail(server: Slow, mail: StoredMail):
    server.says = {"mail": ["421 4.3.2 too busy"]}
    assert sent(mail).trouble
    assert mail.failed_at is None
    assert sent(mail, NOW + 2 * MINUTE).sent == 1


def test_a_server_that_is_not_there_costs_no_attempt(settings: Any, mail: StoredMail):
    use(settings, free_port())
    for day in range(5):
        assert sent(mail, NOW + timedelta(days=day)).trouble
    assert (mail.attempts, mail.failed_at, mail.lease) == (0, None, "")
    assert mail.error == "ConnectionRefusedError"


def test_a_server_that_never_greets_is_left_in_time(settings: Any, mail: StoredMail):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        use(settings, silent.getsockname()[1])
        settings.SMTP_PATIENCE = SHORT | {"greeting": REACH}
        assert sent(mail).trouble
    assert (mail.attempts, mail.failed_at) == (0, None)


def test_tls_that_fails_sends_nothing_in_the_clear(settings: Any, mail: StoredMail, tmp_path: Path):
    """A certificate that nobody signed, and a server without TLS: the mail waits."""
    settings.EMAIL_BACKEND = f"{real.OWN_SMTP}.EmailBackend"
    with serving(Slow(), tls_context=own_certificate(tmp_path)) as server:
        use(settings, server.port)
        settings.EMAIL_USE_TLS = True
        assert sent(mail).trouble
        assert mail.error == "SSLCertVerificationError"
    with serving(Slow()) as plain:
        settings.EMAIL_PORT = plain.port
        assert sent(mail).trouble
        assert mail.error == "SMTPNotSupportedError"
    assert (server.taken, plain.taken) == ([], [])
    assert (mail.attempts, mail.failed_at) == (0, None)

    settings.EMAIL_USE_TLS = False
    with serving(Slow(port=free_port())) as mended:
        settings.EMAIL_PORT = mended.port
        assert sent(mail).sent == 1


@pytest.mark.parametrize("at_once", [False, True])
def test_tls_with_a_good_certificate_works(
    settings: Any, mail: StoredMail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool
):
    context = own_certificate(tmp_path)
    options = {"ssl_context": context} if at_once else {"tls_context": context}
    trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    with serving(Slow(), **options) as server:
        use(settings, server.port)
        settings.EMAIL_HOST = "localhost"
        settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = not at_once, at_once
        monkeypatch.setattr(EmailBackend, "ssl_context", trusting)
        assert sent(mail).sent == 1
    assert server.taken == [mail.message_id]


def own_certificate(folder: Path) -> ssl.SSLContext:
    """A context for a server, with a certificate for localhost that nobody else signed."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    make += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*make, "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


# Workers as they run in real life.


@contextmanager
def worker(server: Slow, env: dict[str, str], log: Path) -> Iterator[Program]:
    mailed = env | {"EMAIL_URL": f"smtp://127.0.0.1:{server.port}"}
    with running(sys.executable, "manage.py", "work", env=mailed, log=log) as program:
        yield program


@pytest.fixture
def event(process_env: dict[str, str]) -> Event:
    # By the real clock, for that is the one that workers look at.
    return make_event(starts_at=timezone.now() + timedelta(days=14))


def in_flight(server: Slow) -> Callable[[], bool]:
    return lambda: server.busy


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_while_a_server_is_slow_the_worker_does_all_else(
    event: Event, process_env: dict[str, str], tmp_path: Path
):
    now = timezone.now()
    make_registration(event, {}, email="noor@haarlem.example", at=now)
    StoredMail.objects.exclude(kind="registered").delete()
    with (
        serving(Slow(wait={"end": PATIENCE})) as server,
        worker(server, process_env, tmp_path / "log") as program,
    ):
        wait_for("a mail in flight", in_flight(server))
        held = make_registration(
            event, {}, confirmed=False, email="olga@haarlem.example", at=now - 2 * 60 * MINUTE
        )
        expired = Registration.objects.filter(pk=held.pk, status="expired")
        wait_for("the end of a hold", expired.exists)
        assert StoredMail.objects.exclude(lease="").count() == 1

        # A stop waits a moment for the answer; then the mail goes once more, an hour later.
        started = time.monotonic()
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(PATIENCE) == 0
        assert time.monotonic() - started < 15
        assert "may come twice" in program.said()
    mail = StoredMail.objects.get(kind="registered")
    assert (mail.sent_at, mail.lease, mail.error) == (None, "", "no answer")
    assert mail.send_after > now + 50 * MINUTE


@pytest.mark.django_db(transaction=True)
def test_a_stop_hears_the_answer_that_comes_in_time(
    event: Event, process_env: dict[str, str], tmp_path: Path
):
    make_registration(event, {}, email="noor@haarlem.example", at=timezone.now())
    StoredMail.objects.exclude(kind="registered").delete()
    with serving(Slow(wait={"end": 3})) as server:
        with worker(server, process_env, tmp_path / "log") as program:
            wait_for("a mail in flight", in_flight(server))
            program.process.send_signal(signal.SIGTERM)
            assert program.process.wait(PATIENCE) == 0
        with worker(server, process_env, tmp_path / "log"):
            wait_for("all mail", lambda: not StoredMail.objects.waiting().exists())
    mail = StoredMail.objects.get(kind="registered")
    assert mail.sent_at
    assert server.taken == [mail.message_id]
