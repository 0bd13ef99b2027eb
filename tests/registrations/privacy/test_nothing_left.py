"""Erasure proven: people through every feature, then the whole database, var/ and logs searched.

Whatever is of somebody holds MARK. Whoever adds a personal field to the register has to seed it
here, and every table of the database is searched, whichever it is.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as site_settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, models
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from eventsite.logs import CuttingFormatter
from program.models import Event
from registrations.booking import changing, signup
from registrations.booking.answers import Answers
from registrations.door import passes
from registrations.errors import WrongCode
from registrations.mail import bounces, outbox, strangers
from registrations.mailing import mailings
from registrations.mailing.audience import REGISTERED, Audience
from registrations.models import Change, DoorPass, Draw, Registration
from registrations.organising import (
    by_hand,
    colleagues,
    corrections,
    digests,
    dropping,
    guests,
    hosts,
    importing,
)
from registrations.privacy import erasure
from registrations.privacy.register import FIELDS
from registrations.queries.tokens import host_token_of, token_of
from tests.factories import (
    NOW,
    START,
    make_event,
    make_guest,
    make_organiser,
    make_person,
    make_question,
    make_registration,
    make_slot,
)
from tests.registrations.door.tapping import make_pass, on_device, send, sync, tap, walk_in

pytestmark = pytest.mark.django_db(transaction=True)

MARK = "zqxkwy"  # in everything of those who are to be forgotten
OTHER = "wvkqzy"  # in what is of others, or stays by the register
EVENING = START + timedelta(minutes=10)


@dataclass
class World:
    """``clock`` is what the site takes for now; ``secrets`` are keys and numbers of people."""

    event: Event
    organiser: User
    staff: Client
    clock: list[datetime]
    secrets: set[str] = field(default_factory=set)

    def person(self, name: str, *, mark: str = MARK, **more: Any) -> Registration:
        named = {
            "first_name": f"{mark}voor{name}".capitalize(),
            "last_name": f"{mark}achter{name}".capitalize(),
            "organisation": f"{mark}organisatie",
        }
        email = f"{mark}{name}@haarlem.example"
        return make_registration(self.event, email=email, **(named | more))

    @property
    def who(self) -> str:
        return self.organiser.username


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> World:
    settings.VAR_DIR = tmp_path
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    settings.EMAIL_BACKEND = "eventsite.mailbox.MailboxBackend"
    clock = [NOW]
    monkeypatch.setattr(timezone, "now", lambda: clock[0])
    event = make_event(
        slug="wijk", needs_question="Bijzonderheden?", extras_allowed=True, capacity=40
    )
    for code, number, seats in [("1a", 1, 5), ("1b", 1, 1), ("2a", 2, 5)]:
        make_slot(event, code, number, seats=seats)
    make_question(event, "Wijk?")
    organiser = make_organiser(event, email=f"{OTHER}organisator@gemeente.example")
    staff = Client()
    staff.force_login(organiser)
    return World(event, organiser, staff, clock)


# The features. Each leaves MARK behind wherever somebody's data goes.


def sign_up(world: World) -> None:
    typed = {
        "first_name": f"{MARK}pagina",
        "last_name": f"{MARK}formulier",
        "email": f"{MARK}formulier@haarlem.example",
        "organisation": f"{MARK}organisatie",
        "role": "inwoner",
        "round_1": "1a",
        "round_2": "",
        f"question_{world.event.signup_questions.get().pk}": f"{MARK}wijk",
        "needs": f"{MARK}dieet",
        "needs_agree": "on",
        "agree": "on",
        "listed": "on",
    }
    answer = Client().post("/wijk/aanmelden/", typed)
    assert answer.status_code == 303, answer.context["wrong"]
    one = world.event.registrations.get(email=typed["email"])
    Client().get(f"/aanmelding/{token_of(one)}/")
    with pytest.raises(WrongCode):
        signup.confirm_by_code(one, "000000", at=NOW)
    signup.confirm(one, at=NOW)


def redirect(world: World) -> None:
    """A mistyped address: on the page that waits, and by filling in the form again."""
    one = world.person("tikfout", confirmed=False)
    signup.mail_elsewhere(one, f"{MARK}goed@haarlem.example", at=NOW)
    two = world.person("nogmaals", confirmed=False)
    again = make_person(f"{MARK}opnieuw@haarlem.example", first_name=f"{MARK}opnieuw")
    signup.confirm(signup.sign_up(world.event, again, {}, replaces=two, at=NOW), at=NOW)
    strangers.ask_link(world.event, f"{MARK}link@haarlem.example", language="nl", at=NOW)
    strangers.ask_password(f"{MARK}wachtwoord@haarlem.example", language="nl", at=NOW)


def wait(world: World) -> None:
    world.person("zit", tables={1: "1b"})
    world.person("wacht", tables={}, waitlists={1: ["1b"]})


def special_needs_and_answers(world: World) -> None:
    question = world.event.signup_questions.get()
    told = {question.pk: f"{MARK}antwoord"}
    one = world.person("dieet", answers=told, needs=f"{MARK}notenallergie")
    changing.change_answers(one, Answers(told, f"{MARK}glutenvrij"), at=NOW)


def organisers_write(world: World) -> None:
    """Corrections, notes, phone numbers, reasons; people who phoned; a table that drops out."""
    one = world.person("notitie")
    details = corrections.PersonDetails(
        organisation=f"{MARK}bedrijf", phone=f"06-{MARK}", note=f"{MARK}belt nog"
    )
    corrections.change_details(one, details, who=world.who, why=f"{MARK}reden", at=NOW)
    corrections.correct_name(
        one, f"{MARK}vornotitie", one.last_name, who=world.who, why=f"{MARK}reden", at=NOW
    )
    one.refresh_from_db()
    corrections.set_order(one, f"{one.first_name}, {one.last_name}", who=world.who, at=NOW)
    person = make_person("", first_name=f"{MARK}belde", last_name=f"{MARK}telefoon")
    by_hand.add(world.event, person, {}, who=world.who, why=f"{MARK}belde", at=NOW)
    by_hand.cancel_many(
        world.event.registrations.filter(pk=world.person("weg").pk),
        who=world.who,
        why=f"{MARK}ziek",
        mail=True,
        at=NOW,
    )
    world.person("tafel", tables={2: "2a"})
    slots = [slot.pk for slot in world.event.slots.filter(session__code="2a")]
    dropping.drop(world.event, slots, who=world.who, why=f"{MARK} is ziek", at=NOW)


def guests_of_the_event(world: World) -> None:
    details = guests.Details(f"{MARK}gast", f"{MARK}gastnaam", f"{MARK}krant", kind="press")
    one = guests.add(world.event, details, who=world.who, at=NOW)
    guests.change(one, details, who=world.who, at=NOW)
    guests.remove(make_guest(world.event, f"{MARK}weg", f"{MARK}gast"), who=world.who, at=NOW)


def a_draw(world: World) -> None:
    """As after one: a number for somebody, and a file with all numbers."""
    one = world.person("loting")
    Registration.objects.filter(pk=one.pk).update(draw_number=48213, lot=1)
    Draw.objects.create(event=world.event, file={"title": f"{MARK} 48213"}, slots=[1, 2])
    world.secrets.add("48213")


def hosts_and_proposals(world: World) -> None:
    speaker = world.event.sessions.get(code="1a").hostings.get().speaker
    contact = {speaker.pk: hosts.Contact(f"{MARK}host@buurt.example")}
    (host,) = hosts.save_contacts(world.event, contact, who=world.who, at=NOW)
    hosts.mail_links(world.event, [host.pk], who=world.who, at=NOW)
    host.refresh_from_db()
    world.secrets.add(host.secret)
    page = f"/gastheer/{host_token_of(host)}/"
    assert Client().get(page).status_code == 200
    hosts.propose(host, world.event.sessions.get(code="1a"), {"text": f"{MARK} tekst"}, at=NOW)
    hosts.propose(host, None, {"function": f"{MARK}functie"}, at=NOW)
    # Named after somebody who is in no programme any more.
    world.event.hosts.filter(pk=host.pk).update(name=f"{MARK}gastheer")


def colleagues_and_digests(world: World) -> None:
    email = f"{MARK}collega@gemeente.example"
    colleagues.invite(world.event, email, "door", who=world.who, at=NOW)
    digests.choose(world.event, world.organiser, "daily", language="nl", at=NOW)
    digests.queue_due(NOW + timedelta(days=1))
    # Somebody who helped, and has no account any more.
    gone = User.objects.create_user(f"{MARK}hulp", is_staff=True)
    world.event.door_staff.add(gone)
    passes.for_user(world.event, gone, at=NOW)
    by_hand.resend(world.person("hulp"), who=gone.username, at=NOW)
    words = mailings.Words("Van een hulp", "Tekst")
    mailings.send(
        mailings.write(world.event, words, REGISTERED, who=gone.username, at=NOW),
        who=gone.username,
        at=NOW,
    )
    make_pass(world.event, "Achterdeur")
    DoorPass.objects.filter(label="Achterdeur").update(made_by=gone.username)
    gone.delete()


def import_of_a_list(world: World) -> None:
    headings = ["Voornaam", "Achternaam", "E-mail", "Organisatie"]
    row = [f"{MARK}lijst", f"{MARK}rij", f"{MARK}lijst@haarlem.example", f"{MARK}club"]

    def read() -> Any:
        columns = importing.guess(headings)
        return importing.read([headings, row], 0, columns, world.event, language="nl")

    seen = importing.look(world.event, read(), at=NOW).fingerprint
    importing.bring_in(world.event, read(), seen=seen, who=world.who, at=NOW)


def messages_to_many(world: World) -> None:
    words = mailings.Words(f"{MARK} onderwerp", f"{MARK} tekst", f"{MARK} subject", f"{MARK} text")
    people = tuple(world.event.registrations.values_list("pk", flat=True)[:2])
    chosen = Audience(people=people)
    sent = mailings.write(world.event, words, chosen, who=world.who, at=NOW)
    mailings.send(sent, who=world.who, at=NOW)
    mailings.write(world.event, words, chosen, who=world.who, at=NOW)
    mailings.send_proof(world.event, sent, None, world.organiser, at=NOW)


def mail_that_leaves_and_comes_back(world: World) -> None:
    strangers.answer(NOW)
    while outbox.send_due(world.clock[0] + timedelta(hours=1)).sent:
        pass
    mail = world.event.mails.exclude(registration=None).exclude(sent_at=None).first()
    assert mail
    assert bounces.note(bounces.Bounce([mail.message_id], "5.1.1"), at=NOW) is not None
    world.event.mails.filter(pk=mail.pk).update(error=f"550 {MARK}")


def the_door(world: World) -> None:
    world.clock[0] = EVENING
    door = make_pass(world.event, f"Telefoon van {MARK}vrijwilliger")
    world.secrets.add(door.secret)
    noor = world.event.registrations.confirmed().first()
    assert noor
    els = walk_in(f"{MARK}inloop", f"{MARK}deur", organisation=f"{MARK}club", seq=1)
    undo = tap("undo", els["id"], refs=[els["id"]], seq=2)
    answer = sync(on_device(door), world.event, tap("in", noor), els, undo)
    assert [one["outcome"] for one in answer.json()["results"]] == ["ok"] * 3
    assert on_device(door).get(f"/deur/wijk/?q={MARK}").status_code == 200
    assert on_device(door).get("/deur/wijk/afdrukken/").status_code == 200
    shut_out = make_pass(world.event, f"{MARK}zoek")
    passes.withdraw(shut_out, who=world.who, at=EVENING)
    before = (EVENING - timedelta(minutes=1)).isoformat()
    held = walk_in(f"{MARK}later", f"{MARK}wacht", organisation=f"{MARK}club", at=before)
    assert send(shut_out, held, at=EVENING) == ["held"]


def exports_and_sessions(world: World) -> None:
    """Lists with names, and what a page of the admin says once, which its session keeps."""
    world.staff.force_login(world.organiser)
    lists = reverse("admin:event-lists", args=[world.event.pk])
    for name in ("", "deelnemers/", "bijzonderheden.xlsx"):
        assert world.staff.get(lists + name).status_code == 200
    people = reverse("admin:registrations_registration_changelist")
    keys = list(world.event.registrations.confirmed().values_list("pk", flat=True))
    chosen = {"action": "export_selected", "_selected_action": keys}
    exported = world.staff.post(people, chosen)
    assert exported["Content-Disposition"].endswith('.xlsx"')
    exported.close()
    assert world.staff.get(people, {"q": f"{MARK}achter"}).status_code == 200
    session = world.staff.session
    session["typed"] = f"{MARK}getypt"
    session.save()


FEATURES: tuple[Callable[[World], None], ...] = (
    sign_up,
    redirect,
    wait,
    special_needs_and_answers,
    organisers_write,
    guests_of_the_event,
    a_draw,
    hosts_and_proposals,
    colleagues_and_digests,
    import_of_a_list,
    messages_to_many,
    mail_that_leaves_and_comes_back,
    the_door,
    exports_and_sessions,
)

# Columns of the register that hold text, and never anything of somebody's own: words from a list,
# and what the site makes by itself. Secrets are searched by their values.
NO_TEXT_OF_THEIRS = {
    *("registration.language", "registration.promise", "registration.secret"),
    *("storedmail.language", "storedmail.about", "storedmail.kind"),
    # Keyed hashes, for limits.
    *("storedmail.mailbox", "storedmail.domain"),
    *("host.language", "host.secret", "host.told", "digest.language", "digest.often"),
    *("invitation.secret", "invitation.role", "heldtap.person", "mailing.audience"),
    *("doorpass.secret", "doorpass.queued_on"),
    # An account's, and the key in a cookie; what a session holds is read below.
    *("invitation.invited_by", "session.session_key", "session.session_data"),
    # What happened, as numbers, codes and keys (registrations/models/history.py).
    *("change.old", "change.new"),
    "draw.slots",  # which tables its numbers stand for
}
# Of the programme, and of accounts: as long as those are there (the register says so).
STAYS = ("speaker.", "user.", "emailaddress.", "emailconfirmation.", "authenticator.")


def columns_of_text() -> set[str]:
    """'model.field' of all in the register that can hold what somebody typed."""
    text = (models.CharField, models.TextField, models.JSONField)
    registered = {name for kept in FIELDS for name in kept.fields}
    return {
        name
        for model in apps.get_models()
        for column in model._meta.concrete_fields
        if (name := f"{model._meta.model_name}.{column.name}") in registered
        and isinstance(column, text)
        and not column.choices
        and not name.startswith(STAYS)
    }


def dump() -> Iterator[tuple[str, str]]:
    """Every value of every table that there is, with the place where it stands."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    yield f"{table}.{name}", str(value)


def found(*texts: str) -> list[str]:
    """Where any of these stands; sessions are read as they are stored, and decoded."""
    wanted = [text.lower() for text in texts]
    places = [
        f"{place}: {value[:80]}"
        for place, value in dump()
        if any(text in value.lower() for text in wanted)
    ]
    places += [
        f"session: {one.get_decoded()}"
        for one in Session.objects.all()
        if any(text in str(one.get_decoded()).lower() for text in wanted)
    ]
    return places


def in_files(folder: Path, *texts: str) -> list[str]:
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file()
        and any(text.lower().encode() in path.read_bytes().lower() for text in texts)
    ]


def seed(world: World) -> set[str]:
    """Everything that can happen; the columns in which MARK stood at some moment."""
    models_by_table = {model._meta.db_table: model for model in apps.get_models()}
    seen: set[str] = set()
    for feature in FEATURES:
        feature(world)
        for place, value in dump():
            table, _dot, column = place.partition(".")
            if MARK in value.lower() and table in models_by_table:
                seen.add(f"{models_by_table[table]._meta.model_name}.{column}")
    for one in world.event.registrations.all():
        world.secrets |= {one.secret, one.uuid.hex, str(one.uuid)}
    world.secrets -= {""}
    return seen


def test_nobody_is_left_once_an_event_is_erased(world: World, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    seen = seed(world)
    assert columns_of_text() - NO_TEXT_OF_THEIRS - seen == set(), "seed these columns too"
    assert found(MARK)
    assert [place for place in found(MARK) if place.startswith("session: ")]
    assert in_files(_mailbox(), MARK)
    counts = {"people": world.event.registrations.count(), "taken": Event.objects.get().taken}

    world.clock[0] = Event.objects.get().kept_until + timedelta(days=31)
    _age_of_files(world.clock[0])
    call_command("work", once=True)

    assert found(MARK, *world.secrets) == []
    assert in_files(_mailbox().parent, MARK, *world.secrets) == []
    assert in_logs(caplog, MARK, *world.secrets) == []
    if connection.vendor == "sqlite":  # free pages and the log, too
        database = Path(str(connection.settings_dict["NAME"]))
        assert in_files(database.parent, MARK, *world.secrets) == []
    # The counts stay, and who works for the organisation.
    event = Event.objects.get()
    assert {"people": event.registrations.count(), "taken": event.taken} == counts
    assert found(OTHER)


def test_nobody_else_is_touched_when_one_person_erases_herself(
    world: World, caplog: pytest.LogCaptureFixture
):
    """Her sign-ups, mistyped addresses among them, go at once; those of others stay."""
    caplog.set_level(logging.INFO)
    told = {world.event.signup_questions.get().pk: f"{OTHER}antwoord"}
    needs = f"{OTHER}dieet"
    theirs = world.person("ander", mark=OTHER, tables={1: "1a"}, needs=needs, answers=told)
    for feature in (sign_up, redirect, wait, special_needs_and_answers, organisers_write):
        feature(world)
    her = world.event.registrations.confirmed().get(email=f"{MARK}dieet@haarlem.example")
    words = mailings.Words("Tot straks", "Hallo")
    mailings.send(
        mailings.write(world.event, words, REGISTERED, who=world.who, at=NOW), who=world.who, at=NOW
    )
    world.clock[0] = EVENING
    door = make_pass(world.event)
    send(door, tap("in", her), tap("in", theirs), at=EVENING)

    # The others one by one: what is left in the end is nobody's.
    again = world.event.registrations.confirmed().get(email=f"{MARK}opnieuw@haarlem.example")
    answer = Client().post(f"/aanmelding/{token_of(again)}/wissen/", {"sure": "on"})
    assert answer.status_code in (200, 303)
    again.refresh_from_db()
    assert again.erased_at
    assert found(f"{MARK}opnieuw", f"{MARK}nogmaals", f"{MARK}voornogmaals") == []
    assert found(f"{MARK}dieet")
    for one in world.event.registrations.filter(erased_at=None).exclude(pk=theirs.pk):
        world.secrets |= {one.secret, one.uuid.hex, str(one.uuid)} - {""}
        erasure.erase(one, at=EVENING)
    strangers.answer(EVENING)
    # What is about the event and not about one of them goes with the event.
    Change.objects.filter(registration=None).update(why="")

    assert found(MARK, *world.secrets) == []
    assert in_logs(caplog, MARK, *world.secrets) == []
    theirs.refresh_from_db()
    assert (theirs.erased_at, theirs.email) == (None, f"{OTHER}ander@haarlem.example")
    kept = {place.partition(":")[0] for place in found(OTHER)}
    assert {
        "registrations_registration.email",
        "registrations_registration.search_name",
        "registrations_specialneeds.text",
        "registrations_answer.value",
        "registrations_storedmail.to",
    } <= kept


def in_logs(caplog: pytest.LogCaptureFixture, *texts: str) -> list[str]:
    """Lines as the site writes them that hold any of these."""
    as_written = CuttingFormatter("%(name)s %(message)s")
    lines = [as_written.format(record) for record in caplog.records]
    return [line for line in lines if any(text.lower() in line.lower() for text in texts)]


def _mailbox() -> Path:
    return Path(site_settings.MAILBOX_DIR)


def _age_of_files(now: datetime) -> None:
    """The clock of the test is not that of the disk."""
    month = (now - timedelta(days=32)).timestamp()
    for path in _mailbox().glob("*"):
        os.utime(path, (month, month))
