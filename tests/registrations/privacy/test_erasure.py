"""Names and addresses go: when asked, and by themselves after the event (rule 12)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from program.models import Event
from program.models.event import EventQuerySet
from registrations.booking import drawing, holds, signup
from registrations.booking.places import differences
from registrations.door import passes
from registrations.mail import strangers
from registrations.mailing import mailings
from registrations.mailing.audience import REGISTERED
from registrations.models import (
    Abstention,
    Answer,
    Change,
    Registration,
    StoredMail,
    WaitlistEntry,
    history,
)
from registrations.privacy import erasure
from tests.factories import (
    NOW,
    START,
    make_event,
    make_organiser,
    make_person,
    make_question,
    make_registration,
    make_slot,
)
from tests.registrations.door.tapping import make_pass, send, tap
from tests.registrations.drawn import AFTER, draw_event, rank

pytestmark = pytest.mark.django_db

LONG_AFTER = START + timedelta(days=400)


def counters(event: Event) -> dict[str, int]:
    """What is taken of the event and its tables, once it is known to be true."""
    assert differences() == []
    event.refresh_from_db()
    return {"event": event.taken} | {
        f"{slot.session.code}/{slot.round.number}": slot.taken
        for slot in event.slots.select_related("session", "round")
    }


def test_erase_forgets_every_sign_up_of_the_address():
    event = make_event()
    noor = make_registration(event, email="noor@haarlem.example")
    again = make_registration(event, email="Noor@haarlem.example", confirmed=False)
    strangers.ask_link(event, "NOOR@haarlem.example", language="nl", at=NOW)

    erasure.erase(noor, at=NOW)

    again.refresh_from_db()
    assert (again.email, again.name, again.status) == ("", "", "cancelled")
    assert StoredMail.objects.count() == 0
    assert counters(event) == {"event": 0}


def test_erase_forgets_and_frees():
    event = make_event()
    make_slot(event, "1a", 1)
    registration = make_registration(event, {1: "1a"}, organisation="Buurtkiep")

    erasure.erase(registration, at=NOW)

    registration.refresh_from_db()
    assert (registration.name, registration.email, registration.secret) == ("", "", "")
    assert registration.status == "cancelled"
    assert StoredMail.objects.filter(registration=registration).count() == 0
    assert counters(event) == {"event": 0, "1a/1": 0}


def test_erase_due_waits_for_the_retention_and_keeps_the_counts():
    event = make_event(retention_days=30)
    make_registration(event)
    over = event.ends_at + timedelta(days=30)
    history.record(event, None, Change.What.DROPPED, who="o", why="Jan is ziek.", at=NOW)

    assert erasure.erase_due(over - timedelta(seconds=1)) == 0
    assert erasure.erase_due(over) == 1
    assert erasure.erase_due(over) == 0
    assert not event.changes.exclude(why="").exists()

    registration = event.registrations.get()
    assert (registration.name, registration.status) == ("", "confirmed")
    assert counters(event) == {"event": 1}


def test_erase_due_forgets_the_reasons_of_an_event_whose_people_erased_themselves():
    event = make_event()
    history.record(event, None, Change.What.DROPPED, who="o", why="Jan is ziek.", at=NOW)
    erasure.erase(make_registration(event), at=NOW)

    assert erasure.erase_due(event.ends_at + timedelta(days=30)) == 0

    assert not event.changes.exclude(why="").exists()


def test_erase_takes_the_answers_along():
    event = make_event()
    wijk = make_question(event, "Wijk?")
    registration = make_registration(event, answers={wijk.pk: "Poelenburg"})

    erasure.erase(registration, at=NOW)

    assert not Answer.objects.exists()
    wijk.delete()


def test_erase_takes_along_what_somebody_ranked():
    event = draw_event()
    noor, other = (rank(event, {1: ["a", "b"], 2: ["d", ""]}) for _person in range(2))

    erasure.erase(noor, at=NOW)

    assert (noor.waitlist_entries.count(), noor.abstentions.count()) == (0, 0)
    assert (other.waitlist_entries.count(), other.abstentions.count()) == (3, 1)
    erasure.erase_due(LONG_AFTER)
    assert (WaitlistEntry.objects.count(), Abstention.objects.count()) == (0, 0)


def test_event_leads_to_no_result_of_a_draw_that_is_gone(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    event = draw_event()
    rank(event, {1: ["a"]})
    drawing.draw_due(AFTER)
    page, result = event.get_absolute_url(), f"/{event.slug}/uitslag.json"
    monkeypatch.setattr(timezone, "now", lambda: AFTER)
    assert result in client.get(page).text

    monkeypatch.setattr(timezone, "now", lambda: LONG_AFTER)
    erasure.erase_due(LONG_AFTER)

    assert client.get(result).status_code == 404
    assert result not in client.get(page).text


def test_erasing_oneself_serves_those_who_wait():
    event = make_event()
    make_slot(event, "1a", 1, seats=1)
    holder = make_registration(event, {1: "1a"})
    anna = make_registration(event, {}, waitlists={1: ["1a"]})

    erasure.erase(holder, at=NOW)

    assert [seat.session.code for seat in anna.table_seats.all()] == ["1a"]


def test_message_to_many_is_forgotten_and_that_it_was_sent_stays(client: Client):
    event = make_event()
    make_registration(event)
    words = mailings.Words("Over Jan", "Jan is ziek.", "About Jan", "Jan is ill.")
    sent = mailings.write(event, words, REGISTERED, who="o", at=NOW)
    mailings.send(sent, who="o", at=NOW)
    mailings.write(event, words, REGISTERED, who="o", at=NOW)  # never sent

    erasure.erase_due(LONG_AFTER)

    sent.refresh_from_db()
    assert {sent.text, sent.subject, sent.text_en, sent.subject_en} == {""}
    assert (sent.people, str(sent)) == (1, "eigen bericht")
    assert event.mailings.get() == sent
    client.force_login(make_organiser(event))
    assert "eigen bericht" in client.get(reverse("admin:event-mail", args=[event.pk])).text
    page = client.get(reverse("admin:event-mailing", args=[event.pk, sent.pk]))
    assert "De tekst is gewist, samen met de namen van dit evenement" in page.text


def test_door_devices_become_numbers_in_the_history_too():
    """Organisers call them after volunteers; colleagues with an account stay named."""
    event = make_event()
    organiser = make_organiser(event)
    noor = make_registration(event)
    for label in ("2", "Telefoon van Els"):
        door = make_pass(event, label)
        send(door, tap("in", noor))
    history.record(event, None, Change.What.EXPORTED, who=organiser.username, at=NOW)

    erasure.erase_due(LONG_AFTER)

    passes = event.door_passes.order_by("pk").values_list("label", "secret", "made_by")
    assert list(passes) == [("1", "", "staff"), ("3", "", "staff")]
    assert not event.door_passes.working().exists()
    assert set(event.changes.filter(what=Change.What.CHECKED_IN).values_list("who")) == {("staff",)}
    assert event.changes.get(what=Change.What.EXPORTED).who == organiser.username
    assert erasure.erase_due(LONG_AFTER) == 0


def strangers_too(event: Event) -> set[Registration]:
    """Others who did the same: one signed up again, another had the mail sent elsewhere."""
    els = make_registration(event, confirmed=False)
    again = signup.sign_up(event, make_person(), {}, replaces=els, at=NOW)
    bo = make_registration(event, confirmed=False)
    holds.free(event.registrations.filter(pk=bo.pk), who="o", at=NOW)
    return {els, again, bo, signup.mail_elsewhere(bo, "bo@buurt.example", at=NOW)}


def test_earlier_sign_ups_with_a_mistyped_address_go_along():
    event = make_event()
    first = make_registration(event, email="noor@gmial.example", confirmed=False)
    second = signup.sign_up(event, make_person("noor@gmail.exmaple"), {}, replaces=first, at=NOW)
    third = signup.sign_up(event, make_person("noor@gmail.example"), {}, replaces=second, at=NOW)
    other = make_registration(event)
    others = {other, *strangers_too(event)}

    numbers = {one.pk: one.uuid for one in event.registrations.all()}
    erasure.erase(signup.confirm(third, at=NOW), at=NOW)

    left = event.registrations.filter(erased_at=None)
    assert set(left) == others
    kept = {one for one in event.registrations.all() if one.uuid == numbers[one.pk]}
    assert kept == others


@pytest.mark.parametrize("ended", ["confirmed", "freed"])
@pytest.mark.parametrize("answered", [False, True])
def test_a_sign_up_made_anew_for_another_address_goes_along(ended: str, answered: bool):
    """Mail was asked for at an address that was mistyped; the name there is theirs all the same.

    Unless somebody said yes at that address: then it is theirs.
    """
    event = make_event()
    noor = make_registration(event, email="noor@gmail.example", confirmed=False)
    if ended == "confirmed":
        signup.confirm(noor, at=NOW)
    else:
        holds.free(Registration.objects.all(), who="o", at=NOW)
    anew = signup.mail_elsewhere(noor, "noor@gmial.example", at=NOW)
    others = {make_registration(event), *strangers_too(event)}
    if answered:
        signup.confirm(anew, at=NOW)

    noor.refresh_from_db()
    erasure.erase(noor, at=NOW)

    left = set(event.registrations.filter(erased_at=None))
    assert left == ({*others, anew} if answered else others)
    assert counters(event) == {"event": sum(one.holds_place for one in left)}


@pytest.mark.parametrize("ended", ["confirmed", "freed"])
def test_the_sign_up_that_was_before_it_goes_along_unless_it_was_confirmed(ended: str):
    event = make_event()
    first = make_registration(event, email="noor@gmial.example", confirmed=False)
    if ended == "confirmed":
        signup.confirm(first, at=NOW)
    else:
        holds.free(Registration.objects.all(), who="o", at=NOW)
    anew = signup.mail_elsewhere(first, "noor@gmail.example", at=NOW)

    erasure.erase(signup.confirm(anew, at=NOW), at=NOW)

    left = set(event.registrations.filter(erased_at=None))
    assert left == ({first} if ended == "confirmed" else set())


def test_names_of_devices_go_where_every_pass_was_withdrawn():
    """A pass that is withdrawn has no secret any more; and nobody else has anything there."""
    event = make_event()
    erasure.erase_due(LONG_AFTER)
    passes.withdraw(make_pass(event, "Telefoon van Els"), who="o", at=NOW)

    erasure.erase_due(LONG_AFTER)

    assert event.door_passes.get().label == "1"
    assert not event.changes.exclude(who__in=history.NO_STAFF).exists()


@pytest.mark.parametrize("where", ["change", "mailing", "pass"])
def test_names_of_those_who_lost_their_account_go_where_nothing_else_is_left(where: str):
    event = make_event()
    erasure.erase_due(LONG_AFTER)
    if where == "change":
        history.record(event, None, Change.What.EXPORTED, who="els", at=NOW)
    elif where == "mailing":
        words = mailings.Words("Over Jan", "Jan is ziek.")
        written = mailings.write(event, words, REGISTERED, who=history.STAFF, at=NOW)
        event.mailings.filter(pk=written.pk).update(who="els", queued_at=NOW, text="", subject="")
    else:
        make_pass(event, "1")
        event.door_passes.update(secret="", withdrawn_at=NOW, made_by="els")

    erasure.erase_due(LONG_AFTER)

    assert not event.changes.filter(who="els").exists()
    assert not event.mailings.filter(who="els").exists()
    assert not event.door_passes.filter(made_by="els").exists()


@pytest.mark.parametrize("kept", ["later", "longer"])
def test_an_event_that_is_kept_longer_in_between_is_not_erased(
    monkeypatch: pytest.MonkeyPatch, kept: str
):
    """An organiser saves after the worker has looked, and before it has the lock."""
    event = make_event(retention_days=30)
    person = make_registration(event)
    lock = EventQuerySet.locked

    def locked(self: EventQuerySet, pk: int) -> Event:
        later = {"ends_at": LONG_AFTER} if kept == "later" else {"retention_days": 3_000}
        Event.objects.filter(pk=pk).update(**later)
        return lock(self, pk)

    monkeypatch.setattr(EventQuerySet, "locked", locked)

    assert erasure.erase_due(LONG_AFTER) == 0

    person.refresh_from_db()
    assert person.erased_at is None


@pytest.mark.django_db(transaction=True)
def test_nothing_of_whom_was_erased_is_in_the_log_of_sqlite():
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has such a log")
    log = Path(f"{connection.settings_dict['NAME']}-wal")
    noor = make_registration(make_event(), email="xaverius@haarlem.example")
    assert b"xaverius" in log.read_bytes()

    erasure.erase(noor, at=NOW)
    erasure.overwrite()

    assert log.read_bytes() == b""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (milliseconds,) = cursor.fetchone()
    assert milliseconds == connection.settings_dict["OPTIONS"]["timeout"] * 1_000
