"""The worker: sends stored mail, frees expired holds, erases what is past its time."""

from __future__ import annotations

import logging
import math
import os
import select
import signal
import socket
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections, connections
from django.utils import timezone

from program.database import patience
from program.database.outages import Outage, outage_of
from registrations.booking import drawing, holds, waiting
from registrations.booking.batches import places
from registrations.mail import outbox, staff_mail, strangers
from registrations.mailing import mailings
from registrations.models import Heartbeat
from registrations.models.running import OF_A_JOB
from registrations.organising import digests, house_style
from registrations.privacy import erasure
from registrations.privacy.journal import Journal
from registrations.queries import schema

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
JOURNAL = 5
HEARTBEAT = 30
# Of a job that is done time and again it is noted no more often that it went well.
NOTED = 60
KEPT_MAIL = 3_600
AFTER_AN_ERROR = 5
# How long a stop waits for the answer of a mail server; a container is killed after ten seconds.
STOP_WITHIN = 8


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

    away = False  # the database, as far as the job before knows: said once

    def __init__(self, name: str, work: Callable[[], float]) -> None:
        self.name = name
        self.work = work
        self.next = 0.0
        self.noted = -math.inf

    def run(self) -> bool:
        """Do it once; returns whether it went well. An error is logged and costs only this turn."""
        close_old_connections()
        try:
            pause = self.work()
            self._note()
        except Exception as error:
            if outage_of(error) is not Outage.AWAY:
                logger.error("%s: %s at %s", self.name, type(error).__name__, places(error))
            elif not Job.away:
                logger.error("%s: the database is away: %s", self.name, type(error).__name__)
                Job.away = True
            connections.close_all()
            self.next = time.monotonic() + AFTER_AN_ERROR
            return False
        if Job.away:
            logger.warning("the database is back")
            Job.away = False
        self.next = time.monotonic() + pause
        return True

    def _note(self) -> None:
        """For those who watch: a job that fails is in the log only, where nobody may look."""
        if time.monotonic() - self.noted >= NOTED:
            at = {"at": timezone.now()}
            Heartbeat.objects.update_or_create(name=OF_A_JOB + self.name, defaults=at)
            self.noted = time.monotonic()


def counted(name: str, work: Callable[[datetime], int], sentence: str, pause: float) -> Job:
    """A job that logs how many it did, if any."""

    def done() -> float:
        if count := work(timezone.now()):
            logger.info(sentence, count)
        return pause

    return Job(name, done)


def beat(at: datetime, jobs: Iterable[str]) -> float:
    """Show that this worker is at work, and forget those that were not for a day.

    Jobs that never went well count from the first beat on.
    """
    name = f"{socket.gethostname()[:80]} {os.getpid()}"
    Heartbeat.objects.update_or_create(name=name, defaults={"at": at})
    names = [OF_A_JOB + job for job in jobs]
    # A job that fails for days stays; one that a release no longer has goes.
    Heartbeat.objects.filter(at__lt=at - timedelta(days=1)).exclude(name__in=names).delete()
    new = [Heartbeat(name=job, at=at) for job in names]
    Heartbeat.objects.bulk_create(new, ignore_conflicts=True)
    return HEARTBEAT


class Command(BaseCommand):
    help = (
        "Sends mail, frees expired holds, closes waiting lists and erases old data, until stopped."
    )
    troubles = 0  # rounds in a row that the mail server gave trouble
    journal: Journal | None = None

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do what is due now, then stop.")

    def handle(self, **options: Any) -> None:
        # Before anything is asked: a connection keeps the limits that it was opened with.
        with patience.waiting_at_most(patience.WORKER):
            if reason := schema.refused():
                raise CommandError(reason)
            if warning := outbox.warning():
                self._say(warning)
            if options["once"]:
                self._once()
            else:
                self._run()

    def _once(self) -> None:
        went_well = [job.run() for job in self._jobs(lambda: False)]
        if self.troubles or not all(went_well):
            raise CommandError("Not everything could be done; what is due stays due.")

    def _run(self) -> None:
        stop = Stop()
        jobs = self._jobs(stop.asked, MAIL_TURN)
        self._say("The worker runs: mail, expired holds, draws, erasure. Ctrl+C stops it.")
        # A mail server may take ten minutes to answer, a draw two, and nothing else waits for that.
        # A worker that erases thousands of people for minutes still shows that it is there.
        beside = {job.name: job for job in jobs if job.name in ("mail", "draws", "heartbeat")}
        threads = {
            name: threading.Thread(target=self._work, args=([job], stop), daemon=True)
            for name, job in beside.items()
        }
        for thread in threads.values():
            thread.start()
        self._work([job for job in jobs if job.name not in beside], stop)
        ends = time.monotonic() + STOP_WITHIN
        for name in ("draws", "mail"):
            threads[name].join(max(0.0, ends - time.monotonic()))
        if threads["draws"].is_alive():
            self._say("A draw was broken off: it is made again, with the same result.")
        if threads["mail"].is_alive():
            outbox.stop_waiting(timezone.now())
            self._say("A mail server has not answered: the last mail may come twice.")
        self._say("The worker has stopped.")

    def _work(self, jobs: list[Job], stop: Stop) -> None:
        while not stop.asked(min(job.next for job in jobs) - time.monotonic()):
            for job in jobs:
                if job.next <= time.monotonic() and not stop.asked():
                    job.run()
        connections.close_all()  # of this thread

    def _say(self, line: str) -> None:
        with suppress(OSError):  # the disk that it goes to is full: no reason to stop
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

        def note() -> float:
            self.journal = self.journal or Journal()
            self.journal.note(timezone.now())
            return JOURNAL

        def draw(at: datetime) -> int:
            return drawing.draw_due(at, apart=True)

        def erase(at: datetime) -> int:
            erased = erasure.erase_due(at)
            erasure.overwrite()  # what people erased themselves too
            return erased

        def forget(at: datetime) -> int:
            Session.objects.filter(expire_date__lt=at).delete()
            staff_mail.forget_old(at)
            house_style.throw_away_images()
            return outbox.forget_old(at)

        told = "told %s people that waiting is over"
        needs = "erased the special needs of %s people"
        unanswered = "erased %s people who were brought in and never confirmed"
        jobs = [
            Job("questions", answer),
            Job("mail", send),
            Job("journal", note),
            counted("holds", holds.free_expired, "freed %s expired holds", HOLDS),
            counted("draws", draw, "drew tables for %s people", CLOSING),
            counted("waiting", waiting.tell_waiters, told, CLOSING),
            counted("mailings", mailings.queue_due, "stored %s mails to many", MAILINGS),
            counted("digests", digests.queue_due, "stored %s mails of what happened", DIGESTS),
            counted("erasure", erase, "erased %s people", ERASURE),
            counted("people on lists", erasure.erase_unanswered, unanswered, ERASURE),
            counted("special needs", erasure.erase_needs_due, needs, ERASURE),
            counted("kept mail", forget, "deleted %s kept mails", KEPT_MAIL),
        ]
        names = [job.name for job in jobs]
        return [Job("heartbeat", lambda: beat(timezone.now(), names)), *jobs]
