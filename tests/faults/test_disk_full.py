"""No room on the disk: for the database, for kept mail, for the log. Then there is room again."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from smtplib import SMTPSenderRefused

import psycopg
import pytest
from django.core.mail import EmailMessage
from django.db import connection
from pytest_django import Settings

from program.models import Event
from registrations.models import Registration
from tests.conftest import leave_out
from tests.factories import make_registration
from tests.faults.conftest import production
from tests.faults.visits import kept_fields, sign_up_form, sign_up_somehow, visit
from tests.processes import Postgres, running, served, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

ROOM = 96  # MB: an empty database takes some, and so does what it writes ahead
NO_ROOM = "De site kan nu niets opslaan."
BUSY = "bezig met iets dat langer duurt dan normaal"


class SmallDisk:
    """A disk of its own that a test can fill to the last byte."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        with suppress(OSError), (self.folder / "filler").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass

    def make_room(self) -> None:
        (self.folder / "filler").unlink()


@pytest.fixture
def disk(request: pytest.FixtureRequest) -> Iterator[SmallDisk]:
    # Not below pytest's own folder: PostgreSQL, which is never root, may not look in there.
    folder = Path(tempfile.mkdtemp(prefix="disk."))
    folder.chmod(0o755)
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}m,mode=777", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        leave_out(request, "A disk cannot be mounted; .ci/run does so as root.")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def refused_until_there_is_room(url: str, disk: SmallDisk) -> None:
    page = f"{url}/wijk/aanmelden/"
    assert visit(page).status == visit(f"{url}/wijk/").status == 200
    disk.fill()

    # What is there already may have some room left: until that is full too.
    emails = (f"n{number}@a.example" for number in range(500))
    # On a busy machine one of them may be told that the lock did not come in time.
    refused = next(
        answer
        for email in emails
        if (answer := visit(page, sign_up_form(email))).status != 303
        and (answer.status != 503 or BUSY not in answer.text)
    )
    assert refused.status == 503
    assert NO_ROOM in refused.text
    assert kept_fields(refused)["first_name"] == "Noor"
    assert int(refused.headers["Retry-After"]) > 0
    assert visit(f"{url}/wijk/").status == 200

    disk.make_room()
    sign_up_somehow(page)


def test_full_sqlite_refuses_in_words_and_goes_on(
    process_env: dict[str, str], event: Event, disk: SmallDisk, log: Path
):
    if connection.vendor != "sqlite":
        pytest.skip("only on SQLite")
    file = disk.folder / "db.sqlite3"
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as here:
        here.execute("VACUUM INTO ?", [str(file)])
    env = production(process_env) | {"DATABASE_URL": f"sqlite:///{file}"}
    with served("eventsite.wsgi", env, log) as url:
        refused_until_there_is_room(url, disk)
    with closing(sqlite3.connect(file)) as there:
        check_whole(*there.execute(WHOLE).fetchone())
        assert there.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert "Traceback" not in log.read_text()


@pytest.mark.postgres
def test_full_tablespace_refuses_in_words_and_goes_on(
    process_env: dict[str, str], event: Event, disk: SmallDisk, postgres: Postgres, log: Path
):
    place = disk.folder / "tables"
    place.mkdir()
    if postgres.as_owner:
        shutil.chown(place, "postgres")
    with postgres.connect("postgres") as server:
        server.execute("DROP TABLESPACE IF EXISTS small")
        server.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
    try:
        postgres.fill(connection.settings_dict, "TABLESPACE small")
        env = production(process_env) | {"DATABASE_URL": postgres.url}
        with served("eventsite.wsgi", env, log) as url:
            refused_until_there_is_room(url, disk)
        check_whole(*postgres.ask(WHOLE)[0])
    finally:
        with postgres.connect("postgres") as server:
            server.execute(f"DROP DATABASE IF EXISTS {postgres.database} WITH (FORCE)")
            server.execute("DROP TABLESPACE IF EXISTS small")
    assert "Traceback" not in log.read_text()


@pytest.mark.long
@pytest.mark.postgres
def test_log_of_the_database_on_a_full_disk_is_as_if_it_were_away(
    process_env: dict[str, str], event: Event, disk: SmallDisk, postgres: Postgres, log: Path
):
    """PostgreSQL stops itself rather than go on without its log; once there is room it starts."""
    postgres.fill(connection.settings_dict)
    env = production(process_env) | {"DATABASE_URL": postgres.url}
    page, ahead, before = "/wijk/aanmelden/", disk.folder / "wal", postgres.folder / "data/pg_wal"
    with moved(before, ahead, postgres), served("eventsite.wsgi", env, log) as url:
        sign_up_somehow(url + page)
        for _turn in range(20):  # each process has it then
            visit(f"{url}/wijk/")
        disk.fill()
        with pytest.raises(psycopg.OperationalError):
            write_ahead(postgres)

        refused = visit(url + page, sign_up_form("n1@a.example"))
        assert refused.status == 503
        assert kept_fields(refused)["first_name"] == "Noor"
        assert visit(f"{url}/wijk/").status == 200

        disk.make_room()
        postgres.control("start", check=False)  # unless it did so itself by now
        sign_up_somehow(url + page)
        check_whole(*postgres.ask(WHOLE)[0])
    assert "Traceback" not in log.read_text()


def write_ahead(postgres: Postgres) -> None:
    with postgres.connect() as writer:
        for _megabyte in range(ROOM):
            writer.execute("SELECT pg_logical_emit_message(true, '', repeat('x', 1000000))")


@contextmanager
def moved(folder: Path, place: Path, postgres: Postgres) -> Iterator[None]:
    """A folder of PostgreSQL's at another place meanwhile."""
    postgres.stop()
    shutil.copytree(folder, place)
    if postgres.as_owner:
        subprocess.run(["chown", "-R", "postgres", str(place)], check=True)
    folder.rename(folder.with_suffix(".away"))
    folder.symlink_to(place)
    postgres.start()
    try:
        yield
    finally:
        postgres.control("stop", "-m", "fast", check=False)
        folder.unlink()
        shutil.copytree(place, folder)
        shutil.rmtree(folder.with_suffix(".away"))
        if postgres.as_owner:
            subprocess.run(["chown", "-R", "postgres", str(folder)], check=True)
        postgres.start()


# Places counted, and each with its person, its seat, its mail and its line of history.
WHOLE = """
    SELECT
        (SELECT taken FROM program_event),
        (SELECT count(*) FROM registrations_registration),
        (SELECT count(*) FROM registrations_storedmail WHERE kind = 'confirm'),
        (SELECT count(*) FROM registrations_change WHERE what = 'signed_up')
"""


def check_whole(taken: int, people: int, mails: int, changes: int) -> None:
    assert people > 0
    assert taken == people == mails == changes


def test_full_mailbox_keeps_no_half_mail(disk: SmallDisk, settings: Settings):
    settings.EMAIL_BACKEND = "eventsite.mailbox.MailboxBackend"
    settings.MAILBOX_DIR = folder = disk.folder / "mailbox"
    folder.mkdir()
    disk.fill()
    mail = EmailMessage("Je bent erbij", "x" * 50_000, to=["noor@haarlem.example"])

    with pytest.raises(SMTPSenderRefused, match="no room"):
        mail.send()
    assert list(folder.iterdir()) == []

    disk.make_room()
    mail.send()
    assert [path.suffix for path in folder.iterdir()] == [".eml"]


@pytest.mark.long
def test_mail_waits_until_the_mailbox_has_room(
    process_env: dict[str, str], event: Event, disk: SmallDisk, tmp_path: Path
):
    noor = make_registration(event, confirmed=False)
    disk.fill()
    env = process_env | {"VAR_DIR": str(disk.folder)}
    with running(sys.executable, "manage.py", "work", env=env, log=tmp_path / "log") as worker:
        wait_for("a try", lambda: "server not reached" in worker.said())
        disk.make_room()
        wait_for("her mail", lambda: noor.mails.filter(sent_at__isnull=False).exists())
        assert worker.process.poll() is None
    assert len(list((disk.folder / "mailbox").glob("*.eml"))) == 1


@pytest.mark.long
def test_log_on_a_full_disk_stops_neither_site_nor_worker(
    process_env: dict[str, str], event: Event
):
    """/dev/full is a disk without room for a byte."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("only on Linux")
    env = production(process_env) | {"LOG_LEVEL": "DEBUG"}
    with (
        served("eventsite.wsgi", env, full) as url,
        running(sys.executable, "manage.py", "work", env=env, log=full) as worker,
    ):
        assert visit(f"{url}/wijk/bestaat-niet/").status == 404
        assert visit(f"{url}/wijk/aanmelden/", sign_up_form()).status == 303
        sent = Registration.objects.filter(mails__sent_at__isnull=False)
        wait_for("the mail", sent.exists)
        assert worker.process.poll() is None
