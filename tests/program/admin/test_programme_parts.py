"""The pages beside the programme: one session, all themes, all hosts."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from program.models import Event, Hosting, Slot, Speaker, Theme
from registrations.models import Change
from tests.factories import make_event, make_organiser, make_registration, make_slot
from tests.program.admin.filling_in import Form, filled_in

pytestmark = pytest.mark.django_db
TWICE = "This host is already listed. Is this somebody else? Then fill in the organisation."


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    event = make_event()
    make_slot(event, "1a", 1, seats=10)
    make_slot(event, "1b", 2, seats=8)
    return event


@pytest.fixture
def organiser(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def page(event: Event, part: object) -> str:
    return f"/en/admin/program/event/{event.pk}/programma/{part}/"


def session_page(event: Event, code: str = "1a") -> str:
    return page(event, event.sessions.get(code=code).pk)


def save(client: Client, path: str, **changes: str) -> list[str]:
    """Send a page with changes; returns the errors, none if it was saved, seen first or not."""
    return send(client, path, {**filled_in(client, path), **changes})


def send(client: Client, path: str, values: dict[str, str | list[str]]) -> list[str]:
    response = client.post(path, values)
    if response.status_code == 200:
        assert "Nothing is saved yet" in response.text
        response = client.post(path, Form(response.text).values)
    if response.status_code == 303:
        return []
    assert response.status_code == 422
    return [message for _field, message in response.context["sheet"].errors]


def slot_of(event: Event, code: str = "1a") -> str:
    return f"slot-{event.slots.get(session__code=code).pk}"


def speaker(event: Event, code: str = "1a") -> Speaker:
    return event.speakers.get(name=f"Gastheer {code}")


# One session


def test_session_has_its_text_reserved_seats_and_where_its_hosts_come_from(
    organiser: Client, event: Event
):
    host = f"host-{speaker(event).pk}"
    typed = {"session-title": "Een\nandere titel", "session-text": "Over **wonen**."}
    typed |= {f"{slot_of(event)}-reserved": "3", f"{host}-function": "Boa"}
    assert save(organiser, session_page(event), **typed, **{f"{host}-organisation": "Oss"}) == []

    session, slot = event.sessions.get(code="1a"), event.slots.get(session__code="1a")
    assert (session.title, session.text) == ("Een andere titel", "Over **wonen**.")
    assert (slot.reserved, slot.seats, slot.location) == (3, 10, "Raadzaal")
    assert (speaker(event).function, speaker(event).organisation) == ("Boa", "Oss")
    assert Event.objects.get().version == event.version + 1
    assert save(organiser, session_page(event), **{f"{slot_of(event)}-reserved": ""}) == []
    assert event.slots.get(session__code="1a").reserved == 0


def test_session_sent_back_unchanged_changes_nothing(organiser: Client, event: Event):
    assert save(organiser, session_page(event)) == []
    assert not Change.objects.exists()
    assert Event.objects.get().version == event.version


def test_english_of_a_session_stands_there_if_the_event_has_it(organiser: Client, event: Event):
    assert "_en" not in " ".join(filled_in(organiser, session_page(event)))
    Event.objects.update(title_en="Evening", bilingual=True)
    typed = {"session-text_en": "About it.", f"{slot_of(event)}-location_en": "Council hall"}
    typed |= {f"host-{speaker(event).pk}-function_en": "Officer"}
    assert save(organiser, session_page(event), **typed) == []
    assert event.sessions.get(code="1a").text_en == "About it."
    assert event.slots.get(session__code="1a").location_en == "Council hall"
    assert speaker(event).function_en == "Officer"


def test_more_reserved_seats_than_are_free_are_refused_with_who_sits_there(
    organiser: Client, event: Event
):
    for _ in range(3):
        make_registration(event, {1: "1a"}, first_name="Noor", last_name="van der Meulen")
    name = f"{slot_of(event)}-reserved"
    response = organiser.post(
        session_page(event), filled_in(organiser, session_page(event)) | {name: "8"}
    )
    assert [message for _field, message in response.context["sheet"].errors] == [
        "10 seats are too few for table 1a in round 1: 3 are taken and 8 reserved."
    ]
    assert "Noor van der Meulen" in response.text
    other = {f"{slot_of(event, '1b')}-reserved": "9"}
    told = ["9 seats are reserved, but there are 8."]
    assert save(organiser, session_page(event, "1b"), **other) == told


def test_host_does_not_become_another_of_the_same_name(organiser: Client, event: Event):
    Speaker.objects.create(event=event, name="Gastheer 1a", organisation="Oss")
    host = Hosting.objects.get(session__code="1a").speaker
    typed = {f"host-{host.pk}-organisation": "Oss"}
    assert save(organiser, session_page(event), **typed) == [TWICE]


def test_two_at_the_page_of_a_session_keep_each_others_work(organiser: Client, event: Event):
    mine, theirs = (filled_in(organiser, session_page(event)) for _ in range(2))
    assert send(organiser, session_page(event), theirs | {"session-text": "Van haar."}) == []
    assert send(organiser, session_page(event), mine | {"session-title": "Van mij"}) == []
    session = event.sessions.get(code="1a")
    assert (session.title, session.text) == ("Van mij", "Van haar.")


def test_session_of_another_event_is_not_found(organiser: Client, event: Event):
    other = make_event()
    slot = make_slot(other, "1a")
    assert organiser.get(page(event, slot.session_id)).status_code == 404


def test_reserved_seats_are_in_the_history_and_hosts_are_not_named(organiser: Client, event: Event):
    typed = {f"{slot_of(event)}-reserved": "2", f"host-{speaker(event).pk}-organisation": "Oss"}
    assert save(organiser, session_page(event), **typed) == []
    history = organiser.get(f"/en/admin/program/event/{event.pk}/geschiedenis/")
    told = [line.what for line in history.context["changes"]]
    assert told == ["Programme edited: Table 1a in round 1: seats reserved 0 → 2"]
    kept = [f"{change.old} {change.new}" for change in event.changes.all()]
    assert not [words for words in kept if "Gastheer" in words]
    assert not LogEntry.objects.exists()


# Themes


def themes(event: Event) -> list[tuple[int, str]]:
    return list(event.themes.values_list("number", "title"))


def test_themes_are_added_changed_renumbered_and_removed(organiser: Client, event: Event):
    first, second = event.themes.get(), event.themes.create(number=2, title="Zorg")
    typed = {f"theme-{first.pk}-number": "2", f"theme-{second.pk}-number": "1"}
    typed |= {f"theme-{second.pk}-text": "Over zorg.", "new-theme-0-title": "Wonen"}
    assert save(organiser, page(event, "themas"), **typed) == []
    assert themes(event) == [(1, "Zorg"), (2, "Thema"), (3, "Wonen")]
    assert event.themes.get(number=1).text == "Over zorg."

    third = Theme.objects.get(title="Wonen")
    gone = {f"theme-{second.pk}-gone": "on", f"theme-{third.pk}-number": ""}
    assert save(organiser, page(event, "themas"), **gone, **{f"theme-{third.pk}-title": ""}) == []
    assert themes(event) == [(2, "Thema")]


def test_theme_with_sessions_stays_and_a_number_is_there_once(organiser: Client, event: Event):
    first = event.themes.get()
    told = ["Sessions 1a, 1b are part of this theme: give them another one first."]
    assert save(organiser, page(event, "themas"), **{f"theme-{first.pk}-gone": "on"}) == told
    twice = {"new-theme-0-title": "Dubbel", "new-theme-0-number": "1"}
    told = ["There is a theme 1 already."]
    assert save(organiser, page(event, "themas"), **twice) == told
    assert themes(event) == [(1, "Thema")]


# Hosts


def test_hosts_are_added_corrected_and_asked_about_before_they_go(organiser: Client, event: Event):
    one, other = speaker(event), speaker(event, "1b")
    typed = {f"host-{one.pk}-name": other.name, f"host-{other.pk}-name": one.name}
    typed |= {"new-host-0-name": "Ria Smolders", "new-host-0-organisation": "Oss"}
    assert save(organiser, page(event, "gastheren"), **typed) == []
    names = [(each.name, each.organisation) for each in event.speakers.order_by("pk")]
    assert names == [("Gastheer 1b", ""), ("Gastheer 1a", ""), ("Ria Smolders", "Oss")]

    path = page(event, "gastheren")
    shown = organiser.post(path, filled_in(organiser, path) | {f"host-{one.pk}-gone": "on"})
    assert "Gastheer 1b will no longer host 1a." in shown.text
    assert event.speakers.count() == 3
    assert organiser.post(path, Form(shown.text).values).status_code == 303
    assert not event.sessions.get(code="1a").speakers.exists()
    assert not LogEntry.objects.exists()


def trading(event: Event) -> dict[str, str]:
    """What two hosts of one name, at one table, type to trade organisations."""
    session = event.sessions.get(code="1a")
    typed: dict[str, str] = {}
    for own, other in (("Breda", "Oss"), ("Oss", "Breda")):
        host = event.speakers.create(name="Jan Jansen", organisation=own)
        session.hostings.create(event=event, speaker=host, position=len(typed) + 2)
        typed[f"host-{host.pk}-organisation"] = other
    return typed


@pytest.mark.parametrize("where", ["hosts", "session"])
def test_two_hosts_of_one_name_trade_organisations(organiser: Client, event: Event, where: str):
    typed = trading(event)
    path = page(event, "gastheren") if where == "hosts" else session_page(event)
    assert save(organiser, path, **typed) == []
    stored = event.speakers.filter(name="Jan Jansen").order_by("pk")
    assert [one.organisation for one in stored] == ["Oss", "Breda"]
    first = next(iter(typed))
    assert save(organiser, path, **{first: "Breda"}) == [TWICE]


def test_host_takes_the_organisation_that_another_leaves(organiser: Client, event: Event):
    first, second = trading(event)
    assert save(organiser, page(event, "gastheren"), **{first: "Breda"}) == []
    typed = {first: "Oss", second: "Oss", first.replace("organisation", "name"): "Piet"}
    assert save(organiser, page(event, "gastheren"), **typed) == []
    stored = event.speakers.filter(organisation="Oss").order_by("pk")
    assert [one.name for one in stored] == ["Piet", "Jan Jansen"]


def test_two_hosts_of_one_name_are_kept_apart(organiser: Client, event: Event):
    typed = {"new-host-0-name": "Gastheer 1a"}
    assert save(organiser, page(event, "gastheren"), **typed) == [TWICE]
    assert (
        save(organiser, page(event, "gastheren"), **typed, **{"new-host-0-organisation": "Oss"})
        == []
    )


def test_two_at_the_list_of_hosts_keep_each_others_work(organiser: Client, event: Event):
    path, name = page(event, "gastheren"), f"host-{speaker(event).pk}"
    mine, theirs = filled_in(organiser, path), filled_in(organiser, path)
    assert send(organiser, path, theirs | {f"{name}-function": "Raadslid"}) == []
    assert send(organiser, path, mine | {f"{name}-organisation": "Oss"}) == []
    assert (speaker(event).function, speaker(event).organisation) == ("Raadslid", "Oss")


@pytest.mark.parametrize(("part", "name"), [("themas", "new-theme"), ("gastheren", "new-host")])
def test_more_empty_rows_keep_what_was_typed_in_a_list(
    organiser: Client, event: Event, part: str, name: str
):
    field = f"{name}-0-{'title' if part == 'themas' else 'name'}"
    values = filled_in(organiser, page(event, part)) | {field: "Getypt"}
    again = organiser.post(page(event, part), values | {"_more": name})
    assert Form(again.text).values[field] == "Getypt"
    assert f'name="{field.replace("0", "11")}"' in again.text


@pytest.mark.parametrize("part", ["themas", "gastheren", "session"])
def test_page_asks_as_many_questions_for_more_rows(organiser: Client, event: Event, part: str):
    path = session_page(event) if part == "session" else page(event, part)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert organiser.get(path).status_code == 200
        return len(queries)

    before = count()
    session = event.sessions.get(code="1a")
    for number in range(2, 5):
        event.themes.create(number=number, title="Thema")
        host = event.speakers.create(name=f"Host {number}")
        Hosting.objects.create(event=event, session=session, speaker=host)
    Slot.objects.create(event=event, session=session, round=event.rounds.get(number=2), seats=3)
    assert count() == before
