"""Put a backup back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.utils import timezone

from eventsite.backup import copies, replay, sealed
from eventsite.backup.replay import Miscounted
from eventsite.backup.sealed import BadBackup
from registrations.models import Heartbeat
from registrations.privacy import journal
from registrations.privacy.journal import Facts, Journal
from registrations.queries import schema

# A worker shows every half minute that it is at work.
STOPPED = timedelta(seconds=90)
# The journal says every hour that it is complete.
COMPLETE = 2 * journal.MARK_EVERY


class Command(BaseCommand):
    help = (
        "Puts a backup back, with everything that must stay gone: people who were erased or who "
        "cancelled since, their links, withdrawn passes, closed accounts; mail that went is not "
        "sent again. All or nothing. Stop the site and the workers first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="throw away what the database holds now"
        )
        parser.add_argument(
            "--without-journal",
            action="store_true",
            help="even if nothing tells what was erased since: people may come back",
        )
        parser.add_argument(
            "--old-journal",
            action="store_true",
            help="the site stopped when its journal did, so nothing happened after that",
        )
        parser.add_argument(
            "--unencrypted",
            action="store_true",
            help="trust a file that is not encrypted, though BACKUP_KEY is set",
        )
        parser.add_argument(
            "--recount",
            action="store_true",
            help="put wrong counters of places and seats right, and go on",
        )
        parser.add_argument(
            "--force", action="store_true", help="even if the site or a worker seems to run"
        )

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        at = timezone.now()
        self.options = options
        self.so_far = "Nothing has changed."
        try:
            made_at = self._look(file)
            if not options["force"]:
                self._stopped(at)
            with suppress(OSError):
                copies.clear()
            facts = self._facts(made_at, at)
            self._put_back(file, facts, made_at, at)
        except copies.Unsure as error:
            raise CommandError(str(error)) from error
        except Miscounted as error:
            raise CommandError(
                f"{error}\nPlaces and people of this backup do not agree. {self.so_far} "
                "With --recount the counters are put right on the way."
            ) from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}. {self.so_far}") from error
        except BadBackup as error:
            raise CommandError(f"{error} {self.so_far}") from error
        except DatabaseError as error:
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            raise CommandError(f"The database refused: {reason}. {self.so_far}") from error
        with suppress(OSError, DatabaseError):
            Journal().note(timezone.now(), everything=True)
        self.stdout.write("The backup is back. Start the site and the workers again.")

    def _stopped(self, at: datetime) -> None:
        """Raises BadBackup if somebody seems to work in the database that goes."""
        try:
            seen = Heartbeat.objects.order_by("-at").values_list("at", flat=True).first()
        except DatabaseError:
            connection.close()
            seen = None
        if seen and at - seen < STOPPED:
            raise BadBackup(
                f"A worker was at work {(at - seen).seconds} seconds ago: whatever the site does "
                "now would be lost. Stop the site and the workers and try again after a minute "
                "and a half, or say --force."
            )
        if others := copies.others():
            raise BadBackup(
                f"{others} other connections use this database: whatever they do now would be "
                "lost. Stop the site and the workers, or say --force."
            )

    def _look(self, file: Path) -> datetime:
        """Read all of it before anything is touched; when it was made. Raises BadBackup."""
        with file.open("rb") as backup:
            header = sealed.read_header(backup)
            try:
                made_at = datetime.fromisoformat(header["made_at"])
                vendor, migrations = str(header["database"]), set(header["migrations"])
            except (KeyError, TypeError, ValueError):
                raise BadBackup(sealed.DAMAGED) from None
            if vendor != copies.vendor():
                raise BadBackup(
                    f"This backup was made of {vendor}, and this site uses {copies.vendor()}."
                )
            known = {f"{app}.{name}" for app, name in schema.of_this_release()}
            if newer := sorted(migrations - known):
                raise BadBackup(
                    f"This backup was made by a newer release, with {newer[-1]}: install that one "
                    "first."
                )
            backup.seek(0)
            for _chunk in self._contents(backup):
                pass
        self.stdout.write(
            f"A backup of {_moment(made_at)}, "
            f"release {header.get('release') or 'unknown'}, and whole."
        )
        if not self.options["replace"] and schema.in_use():
            raise BadBackup(
                "The database holds people or events: --replace throws them away for the backup."
            )
        return made_at

    def _contents(self, backup: BinaryIO) -> Iterator[bytes]:
        key, trusted = settings.BACKUP_KEY, self.options["unencrypted"]
        return sealed.read(backup, key=key, unencrypted=trusted)

    def _facts(self, made_at: datetime, at: datetime) -> Facts:
        """What the journal tells, after one more look at the database that goes. Raises
        BadBackup.
        """
        folder, looked = Path(settings.JOURNAL), False
        try:
            if schema.in_use():
                Journal().note(at, everything=True)
                looked = True
        except DatabaseError as error:
            connection.close()
            self.stderr.write(
                f"The database as it is now cannot be read ({type(error).__name__}): only the "
                "journal tells what happened since."
            )
        facts = journal.read(folder)
        if facts.begins is None:
            told = f"There is no journal in {folder}"
        elif facts.begins > made_at:
            told = f"The journal in {folder} begins after this backup was made"
        elif facts.last and at - facts.last > COMPLETE and not looked:
            if not self.options["old_journal"]:
                raise BadBackup(
                    f"The journal in {folder} stops at {_moment(facts.last)}, and the database "
                    "cannot tell what happened after that. Put the newest journal of the workers "
                    "there; or say --old-journal, if the site stopped then too."
                )
            return facts
        else:
            self.stdout.write(f"The journal goes on until {_moment(facts.last or at)}.")
            return facts
        if not self.options["without_journal"]:
            raise BadBackup(
                f"{told}: nobody knows who was erased since. Put the worker's journal there, or "
                "say --without-journal."
            )
        self.stderr.write(f"{told}: people who were erased or cancelled since may be back.")
        return facts

    def _put_back(self, file: Path, facts: Facts, made_at: datetime, at: datetime) -> None:
        with file.open("rb") as backup, copies.beside(self._contents(backup)):
            if old := schema.missing():
                self.stdout.write(f"It is brought up to date: {len(old)} migrations.")
            call_command("migrate", interactive=False, verbosity=0)
            recount = self.options["recount"]
            for wrong in replay.begin(made_at=made_at, at=at, recount=recount):
                self.stdout.write(f"Put right: {wrong}")
            done = replay.again(facts, made_at=made_at, at=at)
            # A worker that was still at work may have written more in the meantime.
            now = journal.read(Path(settings.JOURNAL))
            done += replay.again(now.newer_than(facts), made_at=made_at, at=at)
            for what, count in sorted(done.items()):
                self.stdout.write(f"{count} {what}")
        self.so_far = "The backup is back all the same."
        self.stdout.write("Everybody who works here has been logged out.")


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
