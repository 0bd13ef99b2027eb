"""What a backup holds: one moment of the whole database, taken while the site goes on.

Of SQLite that is its file, copied by SQLite itself; of PostgreSQL a dump in the custom format of
``pg_dump``, which is checked and read by ``pg_restore``. A restore first makes the database anew
beside the one in use, where it can be brought up to date; then the two change places at once.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from django.db import DatabaseError, Error, connection

from eventsite.backup.sealed import CHUNK, BadBackup

BESIDE = "tafelronde_restoring"  # the schema in which PostgreSQL makes it anew
BEFORE = "tafelronde_before"
WAIT = 60  # seconds, for those who write to the SQLite file
GOING = 5  # seconds
COPY = ".backup-"  # folders of plain copies, beside the SQLite file
RESTORING = 7_232_015  # the number of the lock that one restore has
# Without these it is not the database of this site that was copied.
NEEDED = {"django_migrations", "program_event", "registrations_registration"}


class Unsure(Exception):
    """It went wrong once the two databases were changing places, or after that."""


def vendor() -> str:
    return connection.vendor


def dump() -> Iterator[bytes]:
    """The contents for a backup. Raises BadBackup, OSError."""
    return _dump_sqlite() if vendor() == "sqlite" else _dump_postgres()


def check(read: Callable[[], Iterable[bytes]]) -> None:
    """Whether the database could read all of this, and it is of this site. Raises BadBackup.

    ``read`` gives the contents from the beginning, each time.
    """
    if vendor() == "sqlite":
        with _sqlite_file(read()) as path, closing(sqlite3.connect(path)) as database:
            found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            _all_there({name for (name,) in found})
        return
    _run_through(read(), "pg_restore", "-f", os.devnull)
    listed = _run_through(read(), "pg_restore", "--list")
    # 215; 1259 16385 TABLE public django_migrations owner
    lines = [line.split() for line in listed.splitlines() if " TABLE DATA " in line]
    _all_there({line[6] for line in lines if len(line) > 6})


def _all_there(tables: set[str]) -> None:
    if absent := sorted(NEEDED - tables):
        raise BadBackup(f"What was written has no table {absent[0]}.")


def clear() -> None:
    """Remove what a command left that was killed: plain copies with names in them.

    Not those of a command that is at work. Raises OSError, DatabaseError.
    """
    if vendor() == "sqlite":
        for folder in _folder().glob(f"{COPY}*"):
            handle = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            except BlockingIOError:
                pass
            finally:
                os.close(handle)
        return
    with suppress(BadBackup), _only_restore():
        _forget_beside()


def others() -> int:
    """How many other connections this account has to the database; of SQLite nobody knows.

    Those of programs that have just stopped get some seconds to go.
    """
    if vendor() == "sqlite":
        return 0
    until = monotonic() + GOING
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND usename = current_user AND pid <> pg_backend_pid()"
            )
            found = int(cursor.fetchone()[0])
        if not found or monotonic() > until:
            return found
        sleep(0.2)


@contextmanager
def beside(contents: Iterable[bytes]) -> Iterator[None]:
    """The backup beside the database in use, and inside the block this process works in that one.

    If the block ends well it takes the place of the database in use, at one stroke; if not, that
    one stays as it was. Raises BadBackup, OSError; Unsure if it was too late for that.
    """
    if vendor() == "sqlite":
        with _beside_sqlite(contents):
            yield
    else:
        with _beside_postgres(contents):
            yield


# SQLite


def _folder() -> Path:
    """Beside the database: nowhere else are names to be found unencrypted."""
    return Path(connection.settings_dict["NAME"]).parent


@contextmanager
def _copy() -> Iterator[Path]:
    """Where a copy may be made; the lock says that a command is at work with it."""
    with tempfile.TemporaryDirectory(dir=_folder(), prefix=COPY) as folder:
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield Path(folder) / "copy.sqlite3"
        finally:
            os.close(handle)


def _dump_sqlite() -> Iterator[bytes]:
    with _copy() as path:
        try:
            with (
                closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=WAIT)) as source,
                closing(sqlite3.connect(path)) as target,
            ):
                source.backup(target)  # at once: nobody writes in between
        except sqlite3.Error as error:
            raise BadBackup(f"SQLite cannot copy the database: {error}.") from error
        _sound(path)
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def _sound(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as database:
            found = database.execute("PRAGMA integrity_check").fetchone()[0]
            broken = database.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise BadBackup(f"SQLite cannot read it: {error}") from None
    if found != "ok" or broken:
        raise BadBackup(f"SQLite finds it damaged: {found if found != 'ok' else broken[0]}")


@contextmanager
def _sqlite_file(contents: Iterable[bytes]) -> Iterator[Path]:
    with _copy() as path:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            for chunk in contents:
                file.write(chunk)
        _sound(path)
        yield path


@contextmanager
def _beside_sqlite(contents: Iterable[bytes]) -> Iterator[None]:
    with _sqlite_file(contents) as path:
        in_use = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = str(path)
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = in_use
        # Written into the file in use, in one transaction: to put another file in its place would
        # leave the journal of the old one beside it.
        try:
            with (
                closing(sqlite3.connect(path)) as source,
                closing(sqlite3.connect(in_use, timeout=WAIT)) as target,
            ):
                source.backup(target)
        except sqlite3.Error as error:
            raise BadBackup(f"SQLite cannot put it in place: {error}.") from error
        try:
            _sound(Path(in_use))
        except BadBackup as error:
            raise Unsure(f"The backup was put in its place, but {error}") from error


# PostgreSQL


def _dump_postgres() -> Iterator[bytes]:
    _in_public()
    options = ["--format=custom", "--no-owner", "--no-privileges", "--schema=public"]
    with _program("pg_dump", *options, stdout=subprocess.PIPE) as (process, said):
        output = _pipe(process.stdout)
        while chunk := output.read(CHUNK):
            yield chunk
        if process.wait():
            raise BadBackup(f"pg_dump failed: {_line(said)}")


def _in_public() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        schema = cursor.fetchone()[0]
    if schema != "public":
        raise BadBackup(
            f"The tables are in the schema {schema}. Backups are of the schema public only: use "
            "pg_dump, or move the tables there."
        )


@contextmanager
def _beside_postgres(contents: Iterable[bytes]) -> Iterator[None]:
    _in_public()
    with _only_restore():
        _forget_beside()
        try:
            _load_beside(contents)
            with _search_path(BESIDE):
                yield
            _change_places()
        finally:
            # What is left after a fault, the next command clears.
            with suppress(DatabaseError):
                _forget_beside()
            connection.close()


def _change_places() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # a connection that cannot be made has changed nothing
        try:
            # One statement string is one transaction.
            cursor.execute(
                f"ALTER SCHEMA public RENAME TO {BEFORE};"
                f"ALTER SCHEMA {BESIDE} RENAME TO public;"
                f"DROP SCHEMA {BEFORE} CASCADE;"
            )
        except DatabaseError as error:
            if connection.is_usable():
                raise  # refused, and all is as it was
            raise Unsure(
                "The connection broke while the backup was put in its place: it may be there or "
                "not. Look before you try again."
            ) from error


@contextmanager
def _only_restore() -> Iterator[None]:
    """One at a time, and ``backup`` does not clear away what it is at. Raises BadBackup.

    A connection of its own has the lock, for the other one is closed time and again.
    """
    holder = connection.copy()
    try:
        with holder.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [RESTORING])
            if not cursor.fetchone()[0]:
                raise BadBackup("Another restore is under way.")
        try:
            yield
        finally:
            # A server lets go of a lock only some time after its connection was closed. If it is
            # broken, so is the lock.
            with suppress(Error), holder.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [RESTORING])
    finally:
        holder.close()


def _load_beside(contents: Iterable[bytes]) -> None:
    """A dump names the schema of each table, so it is loaded as that one, in one transaction that
    nobody else sees anything of.
    """
    with tempfile.TemporaryFile() as said:
        reader = subprocess.Popen(  # noqa: S603 - our own command
            [_find("pg_restore"), "--no-owner", "--no-privileges", "--schema=public", "-f", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
        )
        options = ["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--single-transaction"]
        before = f"ALTER SCHEMA public RENAME TO {BEFORE}; CREATE SCHEMA public;"
        after = f"ALTER SCHEMA public RENAME TO {BESIDE}; ALTER SCHEMA {BEFORE} RENAME TO public;"
        command = [_find("psql"), *options, "-c", before, "-f", "-", "-c", after]
        loader = subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdin=reader.stdout,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=_environment(),
        )
        _pipe(reader.stdout).close()
        try:
            _feed(reader, contents)
            failed = [reader.wait(), loader.wait()]
        finally:
            for process in (reader, loader):
                process.kill()
                process.wait()
        if any(failed):
            raise BadBackup(f"PostgreSQL refused the backup: {_line(said)}")


def _forget_beside() -> None:
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {BESIDE} CASCADE")


@contextmanager
def _search_path(schema: str) -> Iterator[None]:
    options = connection.settings_dict["OPTIONS"]
    before = options.get("options", "")
    connection.close()
    options["options"] = f"{before} -c search_path={schema}".strip()
    try:
        yield
    finally:
        connection.close()
        options["options"] = before
        if not before:
            del options["options"]


@contextmanager
def _program(
    name: str,
    *options: str,
    stdin: int | None = None,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """A program of PostgreSQL, and the file with what it complains of. Raises BadBackup."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [_find(name), *options],
            stdin=stdin,
            stdout=stdout,
            stderr=said,
            env=_environment(),
        )
        try:
            yield process, said
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    with suppress(OSError):
                        pipe.close()


def _run_through(contents: Iterable[bytes], name: str, *options: str) -> str:
    """What a program says of all the contents. Raises BadBackup."""
    with (
        tempfile.TemporaryFile() as told,
        _program(name, *options, stdin=subprocess.PIPE, stdout=told) as (process, said),
    ):
        _feed(process, contents)
        if process.wait():
            raise BadBackup(f"{name} cannot read what was written: {_line(said)}")
        told.seek(0)
        return told.read().decode(errors="replace")


def _feed(process: subprocess.Popen[bytes], contents: Iterable[bytes]) -> None:
    """All of them are read, for only at their end it is known that none was damaged."""
    pipe = _pipe(process.stdin)
    reads = True
    for chunk in contents:
        if reads:
            try:
                pipe.write(chunk)
            except BrokenPipeError:
                # It has seen enough, or it fails: its exit code tells which.
                reads = False
    with suppress(BrokenPipeError):
        pipe.close()


def _pipe(found: IO[bytes] | None) -> IO[bytes]:
    if found is None:
        raise TypeError("the program was started without this pipe")
    return found


def _find(name: str) -> str:
    if path := shutil.which(name):
        return path
    raise BadBackup(
        f"{name} was not found. Install the client programs of PostgreSQL, at least as new as the "
        "server (Debian: postgresql-client)."
    )


def _environment() -> dict[str, str]:
    """How to reach the database: not on the command line, where others could read a password."""
    database = connection.settings_dict
    options = database.get("OPTIONS", {})
    names = {
        "PGHOST": database["HOST"],
        "PGPORT": str(database["PORT"] or ""),
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],
        "PGDATABASE": database["NAME"],
        "PGSSLMODE": options.get("sslmode", ""),
        "PGSSLROOTCERT": options.get("sslrootcert", ""),
        "PGCONNECT_TIMEOUT": "10",
    }
    given = {name: value for name, value in names.items() if value}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return kept | given


def _line(said: IO[bytes]) -> str:
    """The last line of what a program complained of: it says what it is about."""
    said.seek(0)
    lines = [line for line in said.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it says nothing."
