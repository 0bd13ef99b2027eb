"""See before you save: what the admin shows first, what it refuses, and what follows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from program.models import Event, Slot, Venue
from registrations.models import Change, Registration, StoredMail
from registrations.privacy import erasure
from registrations.queries.tokens import token_of
from tests.factories import NOW, make_event, make_organiser, make_registration, make_slot
from tests.program.admin.filling_in import Form, filled_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    event = make_event(capacity=10)
    make_slot(event, "1a", seats=3)
    make_slot(event, "1b", seats=3)
    return event


@pytest.fixture
def client(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def path_of(event: Event, step: str = "dag") -> str:
    return f"/en/admin/program/event/{event.pk}/{step}/"


def send(client: Client, event: Event, step: str = "dag", **changes: str):
    """A step of the event with changes, as an organiser sends it."""
    StoredMail.objects.all().delete()
    values = filled_in(client, path_of(event, step))
    assert not changes.keys() - values.keys()
    return client.post(path_of(event, step), values | changes)


def agree(client: Client, answer, **changes: str | None):
    """Press the button of the page that asks first, as it is or with other values."""
    page = answer.content.decode()
    assert re.search("Nothing is (saved|done) yet", page)
    values: dict[str, Any] = {**Form(page).values, **changes}
    path = answer.request["PATH_INFO"]
    return client.post(path, {name: value for name, value in values.items() if value is not None})


def everything() -> tuple[object, ...]:
    return (
        list(Event.objects.values()),
        list(Slot.objects.order_by("pk").values()),
        list(Registration.objects.order_by("pk").values()),
        list(Change.objects.values()),
        list(StoredMail.objects.values("kind", "to")),
    )


LATER = {"starts": "14:30"}


def test_a_moved_time_is_shown_first_and_saves_nothing(event, client):
    noor = make_registration(event)
    StoredMail.objects.all().delete()
    before = everything()
    page = send(client, event, **LATER).content.decode()

    assert everything() == before
    assert "1 person notices" in page
    assert f"/en/admin/registrations/registration/{noor.pk}/change/" in page
    assert "news of time, place or going on: 1" in page
    assert "14:00–18:00" in page
    assert "14:30–18:00" in page
    # A sample to read, without the link that opens somebody's page.
    assert "De tijd of de plaats is gewijzigd." in page
    assert token_of(noor) not in page


def test_a_wrong_year_is_asked_about_and_then_erases_nobody_for_a_week(event, client):
    noor = make_registration(event)
    asked = send(client, event, day="2025-12-07")

    assert "Is the year right?" in asked.text
    # Above it stands the event as it is stored.
    (head,) = re.findall(r'<p class="event-name">.*?</p>', asked.text, re.S)
    assert "7 December 2026" in head
    assert Event.objects.get().starts_at == event.starts_at
    assert agree(client, asked).status_code == 303
    assert erasure.erase_due(timezone.now()) == 0
    noor.refresh_from_db()
    assert noor.name == "Noor van der Meulen"


def test_agreed_it_is_saved_once_with_mail_history_and_calendar(event, client):
    noor = make_registration(event)
    answer = agree(client, send(client, event, **LATER))

    assert answer.status_code == 303
    event.refresh_from_db()
    noor.refresh_from_db()
    assert f"{event.starts_at:%H:%M}" == "13:30"
    assert noor.version == event.version
    assert [(mail.kind, mail.registration) for mail in StoredMail.objects.all()] == [
        ("rescheduled", noor)
    ]
    (edited,) = Change.objects.filter(what=Change.What.EDITED)
    assert "starts_at" in edited.new["steps"][0]["fields"]
    assert edited.who.startswith("organisator")


def test_without_the_tick_nobody_is_mailed(event, client):
    make_registration(event)
    answer = agree(client, send(client, event, **LATER), _tell=None)

    assert answer.status_code == 303
    assert not StoredMail.objects.exists()
    assert Event.objects.get().starts_at != event.starts_at


def test_it_is_shown_again_if_somebody_came_meanwhile(event, client):
    make_registration(event)
    shown = send(client, event, **LATER)
    make_registration(event)
    again = agree(client, shown)

    assert "2 people notice" in again.content.decode()
    assert "Something changed while you looked" in again.content.decode()
    assert agree(client, again).status_code == 303
    assert StoredMail.objects.filter(kind="rescheduled").count() == 2


def test_what_touches_nobody_is_saved_at_once_and_is_in_the_history(event, client):
    make_registration(event)
    answer = send(client, event, title="Anders")

    assert answer.status_code == 303
    assert not StoredMail.objects.exists()
    (line,) = Change.objects.filter(what=Change.What.EDITED)
    assert line.new == {
        "steps": [{"did": "changed", "model": "event", "name": "Anders", "fields": ["title"]}]
    }
    # Calendars show the title.
    assert Registration.objects.get().version == Event.objects.get().version


def test_a_moved_time_of_an_event_without_people_is_saved_at_once(event, client):
    assert send(client, event, **LATER).status_code == 303


def test_saving_says_so_once(event, client):
    answer = client.post(
        path_of(event), filled_in(client, path_of(event)) | {"title": "A"}, follow=True
    )
    assert answer.content.decode().count("Saved.") == 1


def test_form_sent_back_unchanged_writes_no_history(event, client):
    make_registration(event)
    before = Change.objects.count()
    assert send(client, event).status_code == 303
    assert Change.objects.count() == before


def test_more_places_show_who_gets_one(event, client):
    Event.objects.update(capacity=1)
    make_registration(event)
    waits = make_registration(event, waiting_too=True)
    shown = send(client, event, capacity="2")

    assert "there is a place for you: 1" in shown.content.decode()
    assert agree(client, shown).status_code == 303
    waits.refresh_from_db()
    assert waits.is_confirmed


def test_unpublishing_with_people_asks_first(event, client):
    noor = make_registration(event)
    shown = client.post(path_of(event, "publiceren"), {"published": "0"})

    assert "Then call it off instead" in shown.content.decode()
    assert f">{noor.name}</bdi>" in shown.content.decode()
    assert Event.objects.get().published
    assert agree(client, shown).status_code == 303
    assert not Event.objects.get().published


def test_another_deadline_with_people_asks_first(event, client):
    make_registration(event)
    shown = send(client, event, step="aanmelden", changes_close_at="2026-12-06T12:00")

    assert "Tables can be changed until" in shown.content.decode()
    assert "1 person notices" in shown.content.decode()
    assert agree(client, shown).status_code == 303


def test_another_address_of_the_venue_tells_everybody_there(event, client):
    make_registration(event)
    shown = send(client, event, venue_street="Ander plein 1")

    assert "Ander plein 1" in shown.content.decode()
    assert Venue.objects.get().street == "Stadhuisplein 100"
    assert agree(client, shown).status_code == 303
    assert StoredMail.objects.filter(kind="rescheduled").count() == 1


def test_too_small_a_capacity_is_refused_with_where_to_look(event, client):
    make_registration(event)
    make_registration(event, confirmed=False)
    page = send(client, event, capacity="1").content.decode()

    assert "1 places are too few: 2 are taken." in page
    assert "Of the places taken 1 are not confirmed yet" in page


def displace(write: Callable[[], object]) -> None:
    """Write, and let the database check at once what it else checks in the end."""
    write()
    connection.check_constraints()


def delete_in_sql(table: Slot) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM program_slot WHERE id = %s", [table.pk])


def test_the_database_itself_refuses_to_oversell_or_displace(event):
    make_registration(event, {1: "1a"})
    table = Slot.objects.get(session__code="1a")
    second = event.rounds.get(number=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.update(capacity=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Slot.objects.filter(pk=table.pk).update(seats=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        displace(lambda: Slot.objects.filter(pk=table.pk).update(round=second))
    for row in (table, table.session, table.round):
        with pytest.raises(ProtectedError):
            row.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        displace(lambda: delete_in_sql(table))


# The page for when things go wrong


def test_every_page_for_trouble_is_closed_to_others(event):
    table = event.slots.first()
    other = Client()
    other.force_login(make_organiser(make_event()))
    for name in (
        "",
        "afgelasten/",
        "gaat-door/",
        f"tafel-vervalt/?tafel={table.pk}",
        "tafel-toch/",
        "plekken-vrijgeven/",
    ):
        path = f"/en/admin/program/event/{event.pk}/misgaat/{name}"
        assert other.get(path).status_code == 404
        assert other.post(path).status_code == 404
        assert Client().get(path).status_code == 302
    assert not Event.objects.filter(called_off_at__isnull=False).exists()


def trouble(event: Event, name: str = "") -> str:
    return f"/en/admin/program/event/{event.pk}/misgaat/{name}"


def press(client: Client, path: str, **typed: str):
    """Open a page for trouble and press its button."""
    return client.post(path, filled_in(client, path) | typed)


def test_calling_off_shows_whom_it_tells_and_reads_back_the_reason(event, client):
    make_registration(event)
    Event.objects.update(bilingual=True)
    path = trouble(event, "afgelasten/")
    page = client.get(path).content.decode()
    assert "Call it off and mail 1 person" in page
    assert "the event is called off: 1" in page
    assert not Event.objects.get(pk=event.pk).called_off

    press(client, path, why="Storm.", why_en="A storm.", _sure="1")
    event.refresh_from_db()
    assert (event.called_off, event.called_off_why, event.called_off_why_en) == (
        True,
        "Storm.",
        "A storm.",
    )
    assert "A storm." in client.get(path.replace("afgelasten/", "")).content.decode()

    press(client, trouble(event, "gaat-door/"))
    assert not Event.objects.get(pk=event.pk).called_off


def test_a_table_drops_out_and_back_by_two_pages(event, client):
    make_registration(event, {1: "1a"})
    table = event.slots.get(session__code="1a")
    path = trouble(event, f"tafel-vervalt/?tafel={table.pk}")
    page = client.get(path).content.decode()
    assert "Let it drop out and mail 1 person" in page
    assert not event.slots.get(pk=table.pk).dropped

    press(client, path)
    assert event.slots.get(pk=table.pk).dropped

    path = trouble(event, f"tafel-toch/?tafel={table.pk}")
    assert "1 person who sat here gets the seat back" in client.get(path).text
    assert event.slots.get(pk=table.pk).dropped
    press(client, path)
    assert not event.slots.get(pk=table.pk).dropped
    assert event.slots.get(pk=table.pk).taken == 1


def test_who_lost_a_seat_needs_attention_until_an_organiser_has_told_them(event, client):
    noor = make_registration(event, {1: "1a"})
    Registration.objects.filter(pk=noor.pk).update(email="")
    press(client, trouble(event, f"tafel-vervalt/?tafel={event.slots.get(session__code='1a').pk}"))
    overview = f"/en/admin/program/event/{event.pk}/overzicht/"

    said = "1 person does not know yet that their table drops out"
    assert said in client.get(overview).text
    page = client.get(trouble(event)).text
    assert "Noor van der Meulen" in page
    assert "no e-mail address" in page
    client.post(trouble(event, "verteld/"), {"person": noor.pk})
    assert said not in client.get(overview).text
    assert "Noor van der Meulen" not in client.get(trouble(event)).text
    assert client.post(trouble(event, "verteld/"), {"person": "x"}).status_code == 302
    assert client.get(trouble(event, "verteld/")).status_code == 405


def test_a_rule_says_no_in_words_for_organisers(event, client):
    table = event.slots.get(session__code="1a")
    client.post(trouble(event, "afgelasten/"), {"_sure": "1"})
    said = "The event has been called off. Nothing was changed."
    path = trouble(event, "tafel-vervalt/")

    assert said in client.get(path, {"tafel": table.pk}).text
    assert said in client.post(path, {"tafel": table.pk}, follow=True).text


@pytest.mark.parametrize("key", ["x", "-1", "²", "99999999999999999999"])
def test_a_table_that_is_not_there_is_not_found(event, client, key):
    assert client.get(trouble(event, "tafel-vervalt/"), {"tafel": key}).status_code == 404


def test_holds_are_freed_after_asking(event, client):
    make_registration(event, {1: "1a"}, confirmed=False)
    Registration.objects.update(hold_expires_at=NOW.replace(year=2090))
    page = client.get(trouble(event, "plekken-vrijgeven/")).content.decode()
    assert "Free 1 place" in page
    assert Event.objects.get(pk=event.pk).taken == 1

    press(client, trouble(event, "plekken-vrijgeven/"))
    assert Event.objects.get(pk=event.pk).taken == 0


def test_whom_an_organiser_brought_in_keep_their_hold(event, client):
    for _hold in range(2):
        make_registration(event, confirmed=False)
    Registration.objects.update(hold_expires_at=NOW.replace(year=2090))
    invited = event.registrations.latest("pk")
    Registration.objects.filter(pk=invited.pk).update(origin=Registration.Origin.FILE)
    assert client.get(trouble(event)).context["holds"] == 1
    assert "Free 1 place" in client.get(trouble(event, "plekken-vrijgeven/")).text

    press(client, trouble(event, "plekken-vrijgeven/"))
    invited.refresh_from_db()
    assert (invited.status, invited.holds_place) == ("pending", True)
    assert Event.objects.get(pk=event.pk).taken == 1


def pressed_too_late(client: Client, path: str, meanwhile: Callable[[], object], **typed: str):
    """Something happens between a page and its button, which then does nothing; the page again."""
    sent = filled_in(client, path) | typed
    meanwhile()
    before = everything()
    again = client.post(path, sent)
    assert again.status_code == 200
    assert everything() == before
    assert "Something changed while you looked. Nothing is done yet" in again.text
    return again


def test_calling_off_does_what_its_page_said_or_asks_again(event, client):
    make_registration(event)
    again = pressed_too_late(
        client,
        trouble(event, "afgelasten/"),
        lambda: make_registration(event),
        why="Storm.",
        _sure="1",
    )
    assert "Call it off and mail 2 people" in again.text
    assert agree(client, again, _sure="1").status_code == 302
    event.refresh_from_db()
    assert (event.called_off, event.called_off_why) == (True, "Storm.")
    assert StoredMail.objects.filter(kind="called_off").count() == 2


def test_going_on_does_what_its_page_said_or_asks_again(event, client):
    make_registration(event)
    make_registration(event)
    press(client, trouble(event, "afgelasten/"), _sure="1")
    told = StoredMail.objects.filter(kind="called_off")
    StoredMail.objects.filter(pk=told[0].pk).update(sent_at=NOW)
    again = pressed_too_late(client, trouble(event, "gaat-door/"), lambda: told.update(sent_at=NOW))
    assert "2 people notice" in again.text
    assert agree(client, again).status_code == 302
    assert not Event.objects.get().called_off
    assert StoredMail.objects.filter(kind="rescheduled").count() == 2


def test_a_table_drops_out_as_its_page_said_or_it_asks_again(event, client):
    make_registration(event, {1: "1a"})
    table = event.slots.get(session__code="1a")
    again = pressed_too_late(
        client,
        trouble(event, f"tafel-vervalt/?tafel={table.pk}"),
        lambda: make_registration(event, {1: "1a"}),
        why="Host is ill",
    )
    assert "Let it drop out and mail 2 people" in again.text
    assert agree(client, again).status_code == 302
    assert event.slots.get(pk=table.pk).dropped
    assert StoredMail.objects.filter(kind="dropped").count() == 2
    line = Change.objects.get(what=Change.What.DROPPED, registration=None)
    assert line.why == "Host is ill"


def test_holds_are_freed_as_the_page_said_or_it_asks_again(event, client):
    def hold() -> None:
        make_registration(event, confirmed=False)
        Registration.objects.update(hold_expires_at=NOW.replace(year=2090))

    hold()
    path = trouble(event, "plekken-vrijgeven/")
    again = pressed_too_late(client, path, hold)
    assert "Free 2 places" in again.text
    assert agree(client, again).status_code == 302
    assert Event.objects.get().taken == 0


def test_second_press_acts_while_people_keep_signing_up(event, client):
    make_registration(event)
    path = trouble(event, "afgelasten/")
    again = pressed_too_late(client, path, lambda: make_registration(event), _sure="1")
    make_registration(event)

    assert agree(client, again, _sure="1").status_code == 302
    assert StoredMail.objects.filter(kind="called_off").count() == 3


def test_trouble_that_touches_nobody_needs_no_second_look(event, client):
    table = event.slots.get(session__code="1a")
    client.post(trouble(event, "tafel-vervalt/"), {"tafel": table.pk})
    assert event.slots.get(pk=table.pk).dropped
    client.post(trouble(event, "afgelasten/"), {"_sure": "1"})
    assert Event.objects.get().called_off
    client.post(trouble(event, "gaat-door/"))
    assert not Event.objects.get().called_off


def test_a_reason_that_is_too_long_is_asked_again_and_nothing_has_changed(event, client):
    make_registration(event)
    answer = press(client, trouble(event, "afgelasten/"), why="x" * 401, _sure="1")
    assert answer.status_code == 422
    assert "Something changed" not in answer.text
    assert not Event.objects.get().called_off


def test_many_holds_are_warned_of(event, client):
    assert "More than a quarter" not in client.get(trouble(event)).content.decode()
    for _more in range(3):
        make_registration(event, confirmed=False)
    assert "More than a quarter" in client.get(trouble(event)).content.decode()


def test_trouble_page_asks_as_many_questions_for_more_tables(event, client):
    counts = []
    for code in ("2a", "2b"):
        with CaptureQueriesContext(connection) as queries:
            client.get(trouble(event))
        counts.append(len(queries))
        make_slot(event, code)
    assert counts[0] == counts[1]
