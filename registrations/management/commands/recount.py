"""Anybody with the code can check a draw: it needs the file, and neither database nor secret."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _

from registrations.drawing.recount import MOST_BYTES, UnreadableResult, load, recount

HOLDS, DOES_NOT, UNREADABLE = range(3)


class Command(BaseCommand):
    help = "Check the result of a draw (uitslag.json): whether it follows from seed and wishes."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the file, or - for what comes in")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ends with 0 if the result holds, 1 if it does not and 2 if the file cannot be read."""
        try:
            found = recount(load(_bytes(options["file"])))
        except (OSError, UnreadableResult) as error:
            self.stderr.write(_why(error))
            sys.exit(UNREADABLE)
        verdict = _("The result holds.") if found.holds else _("The result does not hold.")
        not_checked = _(
            "The title, the date and the names of the tables are not part of what was checked: "
            "compare them with the programme."
        )
        for line in (found.about, *found.lines, verdict, not_checked):
            self.stdout.write(line)
        if not found.holds:
            sys.exit(DOES_NOT)


def _bytes(file: str) -> bytes:
    """One more than may be, so that what is too long is seen."""
    if file == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    with Path(file).open("rb") as opened:
        return opened.read(MOST_BYTES + 1)


def _why(error: OSError | UnreadableResult) -> str:
    match error:
        case FileNotFoundError():
            return _("There is no such file.")
        case IsADirectoryError():
            return _("This is a folder, and no file.")
        case PermissionError():
            return _("You may not read this file.")
        case OSError():
            return _("The file can’t be read: %(why)s.") % {"why": error.strerror}
    return str(error)
