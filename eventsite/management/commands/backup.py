"""Make a backup of a site that goes on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.utils import timezone

from eventsite.backup import copies, sealed
from eventsite.backup.sealed import BadBackup
from registrations.privacy.journal import Journal
from registrations.queries import schema


class Command(BaseCommand):
    help = (
        "Writes the whole database to FILE, as it is at one moment, and reads it back to check it. "
        "Encrypted if BACKUP_KEY is set. The site goes on meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        at = timezone.now()
        earlier = self._earlier(file)
        with suppress(OSError, DatabaseError):
            copies.clear()
        try:
            # What is in the backup is then known to the journal, which can tell when it goes.
            Journal().note(at, everything=True)
        except OSError as error:
            self.stderr.write(f"The journal cannot be written ({error.strerror}).")
        except DatabaseError:
            # Tables of the release before: this is the backup that one makes before migrating.
            connection.close()
            self.stderr.write("The journal was left as it is, for the tables are older than this.")
        try:
            with sealed.written_whole(file) as output:
                sealed.write(output, header(at), copies.dump(), key=settings.BACKUP_KEY)
                output.flush()
                check(output)
                size = output.tell()
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}. No backup was made.") from error
        except (BadBackup, DatabaseError) as error:
            raise CommandError(f"{error} No backup was made.") from error
        kind = "encrypted" if settings.BACKUP_KEY else "NOT encrypted: BACKUP_KEY is not set"
        self.stdout.write(f"{file}: {size:,} bytes, {kind}. Read back and checked.")
        if earlier:
            self.stdout.write(f"It has taken the place of the one of {earlier}.")

    def _earlier(self, file: Path) -> str:
        """Of when the backup is that has this name now, if there is one; it goes once the new one
        is checked. Any other file stays: the name may be a slip. Raises CommandError.
        """
        try:
            with file.open("rb") as found:
                made_at = datetime.fromisoformat(sealed.read_header(found)["made_at"])
            return f"{timezone.localtime(made_at):%Y-%m-%d %H:%M}"
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}. No backup was made.") from error
        except (BadBackup, KeyError, TypeError, ValueError) as error:
            raise CommandError(
                f"{file} is there already and is no backup that can be read, so it stays. Give "
                "another name: no backup was made."
            ) from error


def header(at: datetime) -> dict[str, Any]:
    return {
        "made_at": at.isoformat(),
        "database": copies.vendor(),
        "release": schema.release(),
        "migrations": sorted(f"{app}.{name}" for app, name in schema.applied()),
        "python": sys.version.split()[0],
    }


def check(file: BinaryIO) -> None:
    """Read it back as a restore would. Raises BadBackup, OSError."""

    def read() -> Iterator[bytes]:
        file.seek(0)
        return sealed.read(file, key=settings.BACKUP_KEY)

    for _chunk in read():
        pass  # first all of it: a program of PostgreSQL may stop half-way
    copies.check(read)
