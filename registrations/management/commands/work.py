"""The worker: sends stored mail, frees expired holds, erases what is past its time."""

from __future__ import annotations

import logging
import math
import os
import select
import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections, connections
from django.utils import timezone

from registrations.booking import holds, waiting
from registrations.booking.batches import places
from registrations.mail import outbox, staff_mail, strangers
from registrations.mailing import mailings
from registrations.organising import digests
from registrations.privacy import erasure

logger = logging.getLogger(__name__)

# Seconds between two looks; mail waits twice as long each time the server gives trouble.
MAIL, MAIL_AT_MOST = 1, 300
# How long mail goes on before the other jobs have their turn: thousands may be waiting.
MAIL_TURN = 10
HOLDS = 10
CLOSING = 60
MAILINGS = 20
DIGESTS = 300
ERASURE = 600
KEPT_MAIL = 3_600
AFTER_AN_ERROR = 5


class Stop:
    """Becomes ready on SIGTERM or SIGINT.

    A pipe and not a threading.Event: a signal may interrupt the very code that holds the Event's
    lock, and its handler would then wait for itself.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: os.write(self._writer, b"."))

    def asked(self, seconds: float = 0) -> bool:
        """Whether to stop; waits at most ``seconds`` to be told."""
        ready, _writing, _failing = select.select([self._reader], [], [], max(seconds, 0))
        return bool(ready)


class Job:
    """Something to do time and again; ``work`` returns the seconds until the next time."""

    def __init__(self, name: str, work: Callable[[], float]) -> None:
        self.name = name
        self.work = work
        self.next = 0.0

    def run(self) -> bool:
        """Do it once; returns whether it went well. An error is logged and costs only this turn."""
        close_old_connections()
        try:
            pause = self.work()
        except Exception as error:
            logger.error("%s: %s at %s", self.name, type(error).__name__, places(error))
            connections.close_all()
            self.next = time.monotonic() + AFTER_AN_ERROR
            return False
        self.next = time.monotonic() + pause
        return True


def counted(name: str, work: Callable[[datetime], int], sentence: str, pause: float) -> Job:
    """A job that logs how many it did, if any."""

    def done() -> float:
        if count := work(timezone.now()):
            logger.info(sentence, count)
        return pause

    return Job(name, done)


class Command(BaseCommand):
    help = (
        "Sends mail, frees expired holds, closes waiting lists and erases old data, until stopped."
    )
    troubles = 0  # rounds in a row that the mail server gave trouble

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do what is due now, then stop.")

    def handle(self, **options: Any) -> None:
        if warning := outbox.warning():
            self._say(warning)
        if options["once"]:
            went_well = [job.run() for job in self._jobs(lambda: False)]
            if self.troubles or not all(went_well):
                raise CommandError("Not everything could be done; what is due stays due.")
            return
        stop = Stop()
        jobs = self._jobs(stop.asked, MAIL_TURN)
        self._say("The worker runs: mail, expired holds, erasure. Ctrl+C stops it.")
        while not stop.asked(min(job.next for job in jobs) - time.monotonic()):
            for job in jobs:
                if job.next <= time.monotonic() and not stop.asked():
                    job.run()
        self._say("The worker has stopped.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _jobs(self, stopped: Callable[[], bool], mail_turn: float = math.inf) -> list[Job]:
        def send() -> float:
            ends = time.monotonic() + mail_turn
            batch = outbox.send_due(
                timezone.now(), stopped=lambda: time.monotonic() >= ends or stopped()
            )
            self.troubles = min(self.troubles + 1, 10) if batch.trouble else 0
            if not batch.trouble and time.monotonic() >= ends:
                return 0
            return min(MAIL << self.troubles, MAIL_AT_MOST)

        def answer() -> float:
            ends = time.monotonic() + mail_turn
            strangers.answer(timezone.now(), stopped=lambda: time.monotonic() >= ends or stopped())
            return MAIL

        def forget(at: datetime) -> int:
            Session.objects.filter(expire_date__lt=at).delete()
            staff_mail.forget_old(at)
            return outbox.forget_old(at)

        told = "told %s people that waiting is over"
        needs = "erased the special needs of %s people"
        unanswered = "erased %s people who were brought in and never confirmed"
        return [
            Job("questions", answer),
            Job("mail", send),
            counted("holds", holds.free_expired, "freed %s expired holds", HOLDS),
            counted("waiting", waiting.tell_waiters, told, CLOSING),
            counted("mailings", mailings.queue_due, "stored %s mails to many", MAILINGS),
            counted("digests", digests.queue_due, "stored %s mails of what happened", DIGESTS),
            counted("erasure", erasure.erase_due, "erased %s people", ERASURE),
            counted("people on lists", erasure.erase_unanswered, unanswered, ERASURE),
            counted("special needs", erasure.erase_needs_due, needs, ERASURE),
            counted("kept mail", forget, "deleted %s kept mails", KEPT_MAIL),
        ]
