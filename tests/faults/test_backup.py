"""A backup is put back: what was taken back since stays so, and nothing is half.

Run on the database of the test itself, with the programs that make and read its dumps.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from eventsite.backup import copies, replay, sealed
from eventsite.backup.sealed import BadBackup
from eventsite.management.commands import backup
from eventsite.management.commands import restore as restoring
from program.models import Event
from registrations.booking import changing
from registrations.door import passes
from registrations.models import Guest, Heartbeat, Host, Registration, SpecialNeeds, StoredMail
from registrations.organising import guests, hosts
from registrations.organising.groups import ORGANISERS
from registrations.privacy import erasure
from registrations.queries import schema, tables
from registrations.queries.tokens import host_token_of, token_of
from tests.factories import make_event, make_guest, make_host, make_registration, make_slot
from tests.processes import ROOT
from tests.registrations.drawn import draw_event, rank

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

# The migration before the first that the code of backups counts on.
BEFORE = "0012_words"
CONFIRMED = Registration.Status.CONFIRMED
KEY = "a key for the tests only, that nobody guesses"


@pytest.fixture(autouse=True)
def _migrations(settings) -> Iterator[None]:
    """Also with ``--no-migrations``."""
    settings.MIGRATION_MODULES = {}
    schema.of_this_release.cache_clear()
    yield
    schema.of_this_release.cache_clear()


@pytest.fixture(autouse=True)
def _sends(settings, tmp_path: Path) -> None:
    settings.JOURNAL = tmp_path / "journal"
    settings.BACKUP_KEY = KEY
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def restore(file: str, *options: str) -> None:
    """Some minutes after the worker was stopped."""
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=3))
    call_command("restore", file, *options)


def later() -> datetime:
    """Mail strangers ask for is looked up by the worker, so that moments come one after another."""
    return timezone.now()


def work() -> None:
    call_command("work", once=True)


def sent() -> Counter[tuple[str, str]]:
    return Counter((message.to[0], str(message.subject)) for message in mail.outbox)


def evening() -> Event:
    event = make_event(
        slug="avond",
        capacity=4,
        starts_at=timezone.now() + timedelta(days=14),
        needs_question="Dieet?",
    )
    make_slot(event, "1a", 1, seats=4)
    return event


def person(event: Event, name: str, **more: Any) -> Registration:
    return make_registration(
        event, {1: "1a"}, email=f"{name}@haarlem.example", at=later(), first_name=name, **more
    )


@pytest.mark.parametrize("database", ["still there", "lost"])
def test_an_old_backup_put_back_brings_nobody_back(file: Path, database: str):
    event = evening()
    anna, bert, carla = (person(event, name) for name in ("anna", "bert", "carla"))
    dora = person(event, "dora", needs="Geen noten", waiting_too=True)
    emma = make_registration(event, {}, email="emma@haarlem.example", waiting_too=True, at=later())
    changing.set_listed(carla, True, at=later())
    host = make_host(event, "1a", at=later())
    guest = make_guest(event, "Gerrit", "Gast", at=later())
    door_pass = passes.make(event, "Ingang", who="o", at=later())
    colleague = User.objects.create_user("collega", password="oud wachtwoord", is_staff=True)
    colleague.groups.add(Group.objects.get(name=ORGANISERS))
    event.organisers.add(colleague)
    gone = User.objects.create_user("weg", password="oud wachtwoord", is_staff=True)
    factor = Authenticator.objects.create(user=colleague, type="totp", data={"secret": "x"})
    codes = Authenticator.objects.create(
        user=colleague, type="recovery_codes", data={"seed": "x", "used_mask": 1}
    )
    links = {who.email: f"/aanmelding/{token_of(who)}/" for who in (anna, bert, carla)}
    links["host"] = f"/gastheer/{host_token_of(host)}/"
    links["pass"] = f"/deur/pas/{passes.link_token(door_pass)}/"
    assert StoredMail.objects.waiting().count() >= 5
    call_command("backup", str(file))

    # The mails that the backup holds unsent go, and others after them.
    work()
    changing.cancel(anna, at=later())  # emma gets the place
    erasure.erase(bert, at=later())
    changing.set_listed(carla, False, at=later())
    changing.erase_needs(dora, at=later())
    hosts.erase(host, at=later())
    guests.remove(guest, who="o", at=later())
    passes.withdraw(door_pass, who="o", at=later())
    colleague.set_password("nieuw wachtwoord")
    colleague.save()
    factor.delete()
    codes.data["used_mask"] = 3
    codes.save()
    event.organisers.remove(colleague)
    gone.is_active = False
    gone.save()
    work()
    before = sent()
    assert any(to == "emma@haarlem.example" and "plek" in subject for to, subject in before)
    if database == "lost":
        call_command("flush", interactive=False, verbosity=0)
        restore(str(file))
    else:
        restore(str(file), "--replace")
    work()
    work()

    assert sent() == before  # no mail twice, and none that is new
    status = dict(Registration.objects.order_by("pk").values_list("pk", "status"))
    assert [status[who.pk] for who in (anna, bert, carla, dora, emma)] == [
        "cancelled",
        "cancelled",
        "confirmed",
        "confirmed",
        "confirmed",
    ]
    erased = Registration.objects.get(pk=bert.pk)
    assert (erased.email, erased.name, erased.secret) == ("", "", "")
    assert not Registration.objects.filter(listed=True).exists()
    assert not SpecialNeeds.objects.exists()
    assert not Host.objects.exists()
    assert Guest.objects.get().name == ""
    pages = {name: Client().get(link).status_code for name, link in links.items()}
    assert pages == {
        "anna@haarlem.example": 200,  # which says that she has cancelled
        "bert@haarlem.example": 404,
        "carla@haarlem.example": 200,
        "host": 404,
        "pass": 404,
    }
    staff = User.objects.get(username="collega")
    assert not staff.check_password("oud wachtwoord")
    assert not staff.organised_events.exists()
    assert not User.objects.get(username="weg").is_active
    assert [one.data["used_mask"] for one in Authenticator.objects.all()] == [3]
    assert Event.objects.get().version > 1_000_000
    call_command("check_places")


def test_who_signed_up_before_the_backup_is_there_and_all_mail_that_had_not_gone_goes(file: Path):
    event = evening()
    noor = person(event, "noor")
    call_command("backup", str(file))
    person(event, "later")

    restore(str(file), "--replace")
    work()

    assert [one.email for one in Registration.objects.all()] == ["noor@haarlem.example"]
    assert [to for to, _subject in sent()] == ["noor@haarlem.example"]
    assert Client().get(f"/aanmelding/{token_of(noor)}/").status_code == 200


def drawn_for(event: Event) -> dict[int, tuple[str, dict[str, str]]]:
    """By number in the draw the status and the tables."""
    people = event.registrations.order_by("pk")
    return {one.draw_number or 0: (one.status, tables.codes(one)) for one in people}


@pytest.mark.parametrize("meanwhile", ["nothing", "one cancelled in time", "some chose otherwise"])
def test_what_was_drawn_after_the_backup_is_drawn_again_and_told_once(file: Path, meanwhile: str):
    """Whoever gets the same from it gets no second mail; whoever gets something else does."""
    now = timezone.now()
    event = draw_event(capacity=3, starts_at=now + timedelta(days=14))
    Event.objects.filter(pk=event.pk).update(wishes_close_at=now)
    event.refresh_from_db()
    wishes = {11111: ["a"], 22222: ["a", "b"], 33333: ["a", "c"], 44444: ["b"], 55555: ["c"]}
    people = {
        number: rank(
            event,
            {1: codes, 2: ["e"]},
            number=number,
            email=f"{number}@haarlem.example",
            at=now - timedelta(hours=1),
        )
        for number, codes in wishes.items()
    }
    StoredMail.objects.all().delete()
    call_command("backup", str(file))

    in_time = now - timedelta(minutes=5)
    if meanwhile == "one cancelled in time":
        changing.cancel(people[55555], at=in_time)
    if meanwhile == "some chose otherwise":
        for number in (11111, 22222, 33333):
            changing.rank(people[number], {1: ["c"], 2: ["d"]}, at=in_time)
    work()
    placed = [number for number, (status, _sits) in drawn_for(event).items() if status == CONFIRMED]
    assert len(placed) == 3
    if meanwhile != "some chose otherwise":
        changing.cancel(people[placed[0]], at=later())
    work()
    before, result = sent(), drawn_for(event)

    restore(str(file), "--replace")
    work()
    work()

    twice = {to for (to, _subject), count in sent().items() if count > before[to, _subject]}
    if meanwhile == "some chose otherwise":
        assert drawn_for(event) != result
        moved = {number for number, got in drawn_for(event).items() if got != result[number]}
        assert twice == {people[number].email for number in moved}
    else:
        assert drawn_for(event) == result
        assert not twice
    call_command("check_places")


def test_without_a_journal_nothing_is_put_back_unless_told_so(file: Path, settings, tmp_path):
    evening()
    call_command("backup", str(file))
    call_command("flush", interactive=False, verbosity=0)
    settings.JOURNAL = tmp_path / "another"

    with pytest.raises(CommandError, match="There is no journal"):
        restore(str(file))
    assert not Event.objects.exists()

    restore(str(file), "--without-journal")
    assert Event.objects.exists()


def test_a_journal_that_begins_too_late_is_no_journal(file: Path, settings, tmp_path: Path):
    evening()
    call_command("backup", str(file))
    settings.JOURNAL = tmp_path / "another"
    work()

    with pytest.raises(CommandError, match="begins after this backup"):
        restore(str(file), "--replace")


def test_a_restore_by_mistake_does_not_take_away_what_a_later_backup_has(file: Path, tmp_path):
    """What is lost with a restore was not withdrawn by anybody."""
    event = evening()
    call_command("backup", str(file))
    passes.make(event, "Ingang", who="o", at=later())
    make_host(event, "1a", at=later())
    newer = tmp_path / "newer"
    call_command("backup", str(newer))

    restore(str(file), "--replace")
    work()
    assert not Host.objects.exists()
    restore(str(newer), "--replace")

    assert Event.objects.get().door_passes.working().count() == 1
    assert Host.objects.exclude(secret="").count() == 1


def test_a_backup_of_a_busy_site_is_of_one_moment(file: Path):
    event = evening()
    Event.objects.filter(pk=event.pk).update(capacity=1_000)
    signed_up, enough = [], threading.Event()

    def crowd() -> None:
        try:
            while not enough.is_set():
                signed_up.append(make_registration(event, at=later(), confirmed=False))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        rush = pool.submit(crowd)
        while len(signed_up) < 3:
            assert not rush.done(), rush.result()
        call_command("backup", str(file))
        during = len(signed_up)
        enough.set()
        rush.result()

    restore(str(file), "--replace")  # which compares places with people
    assert 3 <= Registration.objects.count() <= during + 1


def test_a_backup_of_the_release_before_is_brought_up_to_date(file: Path, capsys):
    """Made by the new code on the tables of before, as one does when a release is put in."""
    event = evening()
    noor = person(event, "noor")
    work()
    try:
        call_command("migrate", "registrations", BEFORE, interactive=False, verbosity=0)
        call_command("backup", str(file))
    finally:
        call_command("migrate", interactive=False, verbosity=0)
    erasure.erase(noor, at=later())

    restore(str(file), "--replace")

    assert "It is brought up to date: " in capsys.readouterr().out
    assert schema.missing() == set()
    assert Registration.objects.get().email == ""


def test_refused_backups_change_nothing(file: Path, settings, tmp_path: Path):
    event = evening()
    call_command("backup", str(file))
    Event.objects.update(title="Nu")
    good = file.read_bytes()

    def refused(content: bytes, why: str, *options: str) -> None:
        bad = tmp_path / "bad"
        bad.write_bytes(content)
        with pytest.raises(CommandError, match=why) as raised:
            restore(str(bad), *options)
        assert "Nothing has changed" in str(raised.value)
        event.refresh_from_db()
        assert event.title == "Nu"

    refused(good, "--replace throws them away")
    refused(good[:-1], "damaged", "--replace")
    middle = len(good) // 2
    changed = good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]
    refused(changed, "damaged", "--replace")
    refused(b"PGDMP", "no backup of this site", "--replace")
    refused(good.replace(b"backup 1", b"backup 9", 1), "newer release", "--replace")
    other = {"postgresql": b"sqlite", "sqlite": b"oracle"}[connection.vendor]
    refused(good.replace(connection.vendor.encode(), other, 1), "This backup was made of|damaged")
    settings.BACKUP_KEY = KEY + "!"
    refused(good, "not the key", "--replace")
    settings.BACKUP_KEY = ""
    refused(good, "is encrypted", "--replace")


def test_a_restore_that_breaks_off_changes_nothing(file: Path, monkeypatch: pytest.MonkeyPatch):
    event = evening()
    noor = person(event, "noor")
    call_command("backup", str(file))
    changing.cancel(noor, at=later())

    def wrong() -> list[str]:
        return ["noor has no place"]

    with monkeypatch.context() as patch:
        patch.setattr(replay, "differences", wrong)
        with pytest.raises(CommandError, match="noor has no place"):
            restore(str(file), "--replace")

    noor.refresh_from_db()
    assert noor.status == "cancelled"
    restore(str(file), "--replace")  # and nothing of it is in the way
    assert Registration.objects.get().status == "cancelled"


def test_damage_at_the_end_of_a_long_backup_is_found(file: Path, monkeypatch, settings):
    """Between writing and checking: a disk that forgets, of what no program has to read."""
    event = evening()
    text = secrets.token_hex(3_000_000)
    mailings = event.mailings.model
    mailings.objects.create(event=event, text=text, who="o", created_at=timezone.now())
    checked = backup.check

    def damaged(output: BinaryIO) -> None:
        output.seek(-1_000, 2)
        output.write(b"damaged")
        checked(output)

    for key in (KEY, ""):
        with monkeypatch.context() as patch:
            patch.setattr(backup, "check", damaged)
            settings.BACKUP_KEY = key
            with pytest.raises(CommandError, match="No backup was made"):
                call_command("backup", str(file))
    assert not file.exists()


def test_a_backup_without_the_tables_of_this_site_is_none(file: Path, monkeypatch):
    monkeypatch.setattr(copies, "NEEDED", {"program_event", "program_nothing"})

    with pytest.raises(CommandError, match="no table program_nothing"):
        call_command("backup", str(file))
    assert not file.exists()


@pytest.mark.postgres
def test_tables_in_another_schema_are_not_passed_over(file: Path):
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA elsewhere")
    try:
        with copies._search_path("elsewhere"), pytest.raises(BadBackup, match="schema elsewhere"):
            list(copies.dump())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA elsewhere")


def test_a_file_that_anybody_could_have_made_is_not_put_back(file: Path, settings):
    event = evening()
    settings.BACKUP_KEY = ""
    call_command("backup", str(file))
    settings.BACKUP_KEY = KEY
    Event.objects.update(title="Nu")

    with pytest.raises(CommandError, match="not encrypted"):
        restore(str(file), "--replace")
    assert Event.objects.get().title == "Nu"

    restore(str(file), "--replace", "--unencrypted")
    assert Event.objects.get().title == event.title


def test_nothing_is_put_back_beside_a_site_that_runs(file: Path):
    evening()
    call_command("backup", str(file))
    call_command("work", once=True)

    with pytest.raises(CommandError, match="A worker was at work") as raised:
        call_command("restore", str(file), "--replace")
    assert "Nothing has changed" in str(raised.value)

    call_command("restore", str(file), "--replace", "--force")


@pytest.mark.postgres
def test_nothing_is_put_back_while_others_are_connected(file: Path):
    evening()
    call_command("backup", str(file))
    other = connection.copy()
    other.connect()
    try:
        with pytest.raises(CommandError, match="1 other connections"):
            restore(str(file), "--replace")
    finally:
        other.close()


def test_a_journal_that_stopped_long_ago_is_not_taken_for_complete(file: Path, monkeypatch):
    evening()
    call_command("backup", str(file))
    call_command("flush", interactive=False, verbosity=0)
    monkeypatch.setattr(restoring, "COMPLETE", timedelta(0))

    with pytest.raises(CommandError, match="stops at"):
        restore(str(file))
    assert not Event.objects.exists()

    restore(str(file), "--old-journal")
    assert Event.objects.exists()


def test_a_miscounted_place_does_not_make_a_backup_worthless(file: Path):
    noor = person(evening(), "noor")
    Event.objects.update(taken=3)
    call_command("backup", str(file))
    Event.objects.update(taken=1)
    changing.cancel(noor, at=later())

    with pytest.raises(CommandError, match="--recount") as raised:
        restore(str(file), "--replace")
    assert "Nothing has changed" in str(raised.value)

    restore(str(file), "--replace", "--recount")
    assert (Event.objects.get().taken, Registration.objects.get().status) == (0, "cancelled")
    call_command("check_places")


def test_what_a_killed_command_left_is_cleared(file: Path):
    evening()
    if connection.vendor == "sqlite":
        left = copies._folder() / f"{copies.COPY}left"
        left.mkdir()
        (left / "copy.sqlite3").write_text("names")
        with copies._copy() as busy:
            call_command("backup", str(file))
            assert busy.parent.exists()  # another command is at work there
        assert not left.exists()
        return
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {copies.BESIDE}")
    with copies._only_restore():
        call_command("backup", str(file))
    assert _beside()  # a restore is at work there
    call_command("backup", str(file))
    assert not _beside()


def _beside() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [copies.BESIDE])
        return cursor.fetchone() is not None


def test_after_the_swap_nobody_is_told_that_nothing_has_changed(file: Path, monkeypatch):
    event = evening()
    call_command("backup", str(file))
    Event.objects.update(title="Nu")

    def broken(*_args: object) -> None:
        raise BadBackup("damaged") if connection.vendor == "sqlite" else OperationalError("away")

    if connection.vendor == "sqlite":
        sound = copies._sound
        in_use = str(connection.settings_dict["NAME"])
        monkeypatch.setattr(
            copies, "_sound", lambda path: broken() if str(path) == in_use else sound(path)
        )
        with pytest.raises(CommandError) as raised:
            restore(str(file), "--replace")
        assert "Nothing has changed" not in str(raised.value)
    else:
        forget, calls = copies._forget_beside, []

        def once_more() -> None:
            forget()
            calls.append(1)
            if len(calls) == 3:  # at the start of both, and after the swap
                broken()

        monkeypatch.setattr(copies, "_forget_beside", once_more)
        restore(str(file), "--replace")
    assert Event.objects.get().title == event.title


def test_a_file_that_cannot_be_written_whole_is_not_there(file: Path, process_env: dict[str, str]):
    """The disk is full after some blocks: here because files may not get longer."""
    evening()
    command = f"ulimit -f 64; exec {sys.executable} manage.py backup {file}"
    env = process_env | {"BACKUP_KEY": KEY, "JOURNAL": str(file.parent / "journal")}
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=env, capture_output=True)

    assert done.returncode == 1
    assert b"No backup was made" in done.stderr
    assert b"Traceback" not in done.stderr
    assert [one.name for one in file.parent.iterdir() if "backup" in one.name] == []


def test_a_backup_takes_the_place_of_an_earlier_one_and_of_no_other_file(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Until it is checked, the earlier one stays."""
    event = evening()
    call_command("backup", str(file))
    assert "place of" not in capsys.readouterr().out
    before = file.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(backup, "check", broken)
        with pytest.raises(CommandError, match="No backup was made"):
            call_command("backup", str(file))
    assert file.read_bytes() == before

    event.title = "Later"
    event.save(update_fields=["title"])
    call_command("backup", str(file))
    today = f"{timezone.localtime():%Y-%m-%d}"
    assert f"It has taken the place of the one of {today}" in capsys.readouterr().out
    assert file.read_bytes() != before

    photo = file.with_name("foto.jpg")
    photo.write_bytes(b"JFIF")
    with pytest.raises(CommandError, match="is there already and is no backup"):
        call_command("backup", str(photo))
    assert photo.read_bytes() == b"JFIF"
    with pytest.raises(CommandError, match="Is a directory"):
        call_command("backup", str(file.parent))
    assert [one.name for one in file.parent.iterdir() if one.suffix == ".tmp"] == []


def broken(_file: object) -> None:
    raise BadBackup("This backup is damaged.")


def test_backup_is_for_its_owner_and_tells_nobody_what_it_holds(file: Path):
    person(evening(), "noor")
    call_command("backup", str(file))

    assert file.stat().st_mode & 0o777 == 0o600
    content = file.read_bytes()
    assert b"noor@haarlem.example" not in content
    assert b"Dieet" not in content
    with file.open("rb") as backup:
        header = sealed.read_header(backup)
    assert sorted(header) == ["database", "made_at", "migrations", "python", "release", "sealed"]


def test_journal_names_nobody(settings, file: Path):
    event = evening()
    noor = person(event, "noor", organisation="Buurtkiep")
    work()
    changing.cancel(noor, at=later())
    make_host(event, "1a", at=later())
    User.objects.create_user("jansen", "jansen@gemeente.example", "een wachtwoord")
    work()

    (journal,) = settings.JOURNAL.iterdir()
    assert journal.stat().st_mode & 0o777 == 0o600
    written = journal.read_text()
    assert '"cancelled"' in written
    assert '"sent"' in written
    personal = ("noor", "haarlem", "Buurtkiep", "jansen", "gastheer", "buurt.example")
    assert [word for word in personal if word.lower() in written.lower()] == []
    assert noor.secret not in written
