"""The demo in one go: database, the real event, site and worker, until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

START = 30  # seconds that the site may take before it answers
GLANCE = 0.2  # seconds between looks at whether all is well


class Command(BaseCommand):
    help = "Runs the demo on SITE_URL: the real event, its accounts, site and worker."

    def handle(self, *args: Any, **options: Any) -> None:
        address = urlsplit(settings.SITE_URL)
        host, port = address.hostname or "127.0.0.1", address.port or 80
        refuse_taken(host, port)
        os.environ.setdefault("DEMO_PASSWORD", demo_password(settings.VAR_DIR))
        call_command("migrate", verbosity=0)
        # The accounts are printed once, when the site is up, and in English like all else here.
        with translation.override("en"):
            call_command("load_demo", stdout=StringIO())
        # A flag and no exception: one raised inside a destructor would be lost.
        self.ended = False
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, self.end)
        running: dict[str, subprocess.Popen[bytes]] = {}
        try:
            running["site"] = start("-m", "gunicorn", "--bind", f"{host}:{port}", "eventsite.wsgi")
            running["worker"] = start("manage.py", "work")
            self.wait_until_up(running)
            if not self.ended:
                self.stdout.write(where_to_go())
                self.stdout.flush()  # it may be read through a pipe
            while not self.ended:
                refuse_stopped(running)
                time.sleep(GLANCE)
            self.stdout.write("\nThe demo has stopped.")
        finally:
            for process in running.values():
                process.terminate()
            for process in running.values():
                process.wait()

    def end(self, number: int, frame: FrameType | None) -> None:
        self.ended = True

    def wait_until_up(self, running: dict[str, subprocess.Popen[bytes]]) -> None:
        until = time.monotonic() + START
        while not self.ended and not answers():
            refuse_stopped(running)
            if time.monotonic() > until:
                raise CommandError(f"The site did not answer within {START} seconds.")
            time.sleep(GLANCE)


def answers() -> bool:
    try:
        with urllib.request.urlopen(f"{settings.SITE_URL}/healthz/", timeout=1):  # noqa: S310
            return True
    except OSError:
        return False


def refuse_taken(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is taken. Choose another: make demo PORT={port + 1}"
            ) from error


def demo_password(var: Path) -> str:
    """Made once and kept beside the demo's database, so that every start prints the same one."""
    kept = var / "demo-password"
    if not kept.exists():
        var.mkdir(exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(9))
    return kept.read_text()


def start(*command: str) -> subprocess.Popen[bytes]:
    """In a process group of its own: Ctrl-C reaches it once, from us, and not twice."""
    return subprocess.Popen(  # noqa: S603 - our own programs
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        # Also if this one was started with DEBUG: visitors' pages are what a demo shows.
        env=os.environ | {"DEMO": "1", "DEBUG": "0"},
        process_group=0,
    )


def refuse_stopped(running: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, process in running.items():
        if process.poll() is not None:
            raise CommandError(f"The {name} stopped by itself; its last lines are above.")


def where_to_go() -> str:
    return f"""
  The site     {settings.SITE_URL}/
  The mail     {settings.SITE_URL}/postvak/
  Organisers   {settings.SITE_URL}/admin/
               organisator or deur, password {os.environ["DEMO_PASSWORD"]}

Ctrl-C stops the site and its worker.
"""
