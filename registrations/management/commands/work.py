"""The worker: sends stored mail, frees expired holds, erases what is past its time."""

from __future__ import annotations

import logging
import os
import select
import signal
import time
import traceback
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections, connections
from django.utils import timezone

from registrations import erasure, holds, outbox

logger = logging.getLogger(__name__)

# Seconds between two looks; mail waits twice as long each time the server gives trouble.
MAIL, MAIL_AT_MOST = 1, 300
HOLDS = 10
ERASURE = 600
AFTER_AN_ERROR = 5


class Stop:
    """Becomes ready on SIGTERM or SIGINT.

    A pipe and not a threading.Event: a signal may come while the very code that it interrupts
    holds the Event's lock, and would then wait for itself.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()

    def listen(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: os.write(self._writer, b"."))

    def asked(self, seconds: float = 0) -> bool:
        """Whether to stop; waits at most ``seconds`` to hear so."""
        ready, _writing, _failing = select.select([self._reader], [], [], max(seconds, 0))
        return bool(ready)


class Job:
    """Something to do time and again; ``work`` returns the seconds until the next time."""

    def __init__(self, name: str, work: Callable[[], float]) -> None:
        self.name = name
        self.work = work
        self.next = 0.0

    def run(self) -> bool:
        """Do it once. An error is logged and costs only this turn; returns whether it went well.

        What an error says is left out of the log: it may hold an address.
        """
        close_old_connections()
        try:
            pause = self.work()
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            logger.error(
                "%s: %s in %s, line %s", self.name, type(error).__name__, place.name, place.lineno
            )
            connections.close_all()
            self.next = time.monotonic() + AFTER_AN_ERROR
            return False
        self.next = time.monotonic() + pause
        return True


class Command(BaseCommand):
    help = "Sends stored mail, frees expired holds and erases data past its time, until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do what is due now, then stop.")

    def handle(self, **options: Any) -> None:
        stop = Stop()
        if options["once"]:
            went_well = [job.run() for job in self._jobs(stop)]
            if self.trouble or not all(went_well):
                raise CommandError("Not everything could be done; what is due stays due.")
            return
        stop.listen()
        self.stdout.write("The worker runs: mail, expired holds, erasure. Ctrl+C stops it.")
        jobs = self._jobs(stop)
        while not stop.asked(min(job.next for job in jobs) - time.monotonic()):
            for job in jobs:
                if job.next <= time.monotonic() and not stop.asked():
                    job.run()
        self.stdout.write("The worker has stopped.")

    def _jobs(self, stop: Stop) -> list[Job]:
        self.trouble = 0

        def send() -> float:
            batch = outbox.send_due(timezone.now(), stopped=stop.asked)
            self.trouble = self.trouble + 1 if batch.trouble else 0
            return min(MAIL * 2**self.trouble, MAIL_AT_MOST)

        def free() -> float:
            freed = holds.free_expired(timezone.now())
            if freed:
                logger.info("freed %s expired holds", freed)
            return HOLDS

        def erase() -> float:
            erased = erasure.erase_due(timezone.now())
            if erased:
                logger.info("erased %s people", erased)
            return ERASURE

        return [Job("mail", send), Job("holds", free), Job("erasure", erase)]
