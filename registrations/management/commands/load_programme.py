from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from program.file import files
from program.file.model import BadProgramme, moved
from program.file.rules import far_away_refused
from program.models import Event
from registrations.models import StoredMail
from registrations.organising.programmes import load_programme, see_first


class Command(BaseCommand):
    help = "Load or update an event from a file. A file with mistakes changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--starts-on",
            type=day,
            metavar="DATE",
            help="move the event to this day, such as 2026-12-07",
        )
        parser.add_argument(
            "--no-mail", action="store_true", help="mail nobody about another time or place"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        at = timezone.now()
        try:
            programme = files.load_toml(file.read_bytes())
            if options["starts_on"]:
                programme = moved(programme, options["starts_on"])
            seen = see_first(programme, own=Event.objects.all(), who="load_programme", at=at)
            for note in seen.notes:
                self.stderr.write(note)
            outcome = load_programme(
                programme,
                who="load_programme",
                at=at,
                tell=not options["no_mail"],
            )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except BadProgramme as error:
            for mistake in error.mistakes:
                self.stderr.write(f"{file}: {mistake}")
            count = len(error.mistakes)
            message = ngettext(
                "%(count)s mistake: nothing was loaded.",
                "%(count)s mistakes: nothing was loaded.",
                count,
            )
            raise CommandError(message % {"count": count}) from error
        for step in outcome.steps:
            self.stdout.write(str(step))
        self.stdout.write(
            _("‘%(event)s’ is loaded.") % {"event": outcome.event}
            if outcome.changed
            else _("Nothing has changed.")
        )
        mails = outcome.event.mails.filter(kind=StoredMail.Kind.RESCHEDULED, created_at=at)
        if told := mails.count():
            message = ngettext(
                "%(count)s person gets a mail about the new time or place.",
                "%(count)s people get a mail about the new time or place.",
                told,
            )
            self.stdout.write(message % {"count": told})


def day(text: str) -> date:
    try:
        value = date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(_("write the day as 2026-12-07")) from error
    if refused := far_away_refused(value):
        raise ArgumentTypeError(refused)
    return value
