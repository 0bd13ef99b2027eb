from __future__ import annotations

import re
from datetime import date

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from program.file import files
from program.models import Event, Hosting, Slot, Speaker, TableSession, Theme
from registrations.management.commands.load_demo import FILE
from registrations.organising.programmes import load_programme
from tests.factories import NOW, make_organiser, make_registration
from tests.program.admin.filling_in import filled_in

pytestmark = pytest.mark.django_db

LISTS = ["event", "theme", "speaker", "tablesession", "venue"]


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    programme = files.load_toml(FILE.read_bytes())
    return load_programme(programme, starts_on=date(2026, 12, 7), who="test", at=NOW).event


@pytest.fixture
def organiser(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def query_count(client: Client, path: str) -> int:
    ContentType.objects.clear_cache()  # or the first page of a process asks for more
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def path_of(row: Event | Theme | TableSession | Speaker) -> str:
    return f"/en/admin/program/{row._meta.model_name}/{row.pk}/change/"


def save(client: Client, row: Event | Theme | TableSession | Speaker, **changes: str) -> list[str]:
    """Send a row's form with changes; returns the errors, none if it was saved."""
    values = filled_in(client, path_of(row))
    assert not changes.keys() - values.keys() - {name for name in changes if "DELETE" in name}
    response = client.post(path_of(row), values | changes)
    if response.status_code == 302:
        return []
    assert response.status_code == 200
    errors = response.context["errors"]
    return [told for item in errors for told in ([item] if isinstance(item, str) else item)]


def prefix_of(client: Client, session: TableSession, slot: Slot) -> str:
    values = filled_in(client, path_of(session))
    (name,) = (
        name
        for name, value in values.items()
        if re.fullmatch(r"slots-\d+-id", name) and value == str(slot.pk)
    )
    return name.removesuffix("id")


def test_form_sent_back_unchanged_gives_no_new_version(organiser: Client, event: Event):
    for row in (event, event.themes.get(number=1), event.sessions.get(code="6")):
        assert save(organiser, row) == []
    assert Event.objects.get().version == event.version


def test_changed_title_gives_the_event_a_new_version(organiser: Client, event: Event):
    assert save(organiser, event, title="Anders") == []
    assert save(organiser, event.themes.get(number=1), title="Anders") == []
    assert save(organiser, event.sessions.get(code="6"), title="Anders") == []
    changed = Event.objects.get()
    assert (changed.title, changed.version) == ("Anders", event.version + 3)


def test_capacity_below_what_is_taken_is_refused_with_the_numbers(organiser: Client, event: Event):
    for _ in range(2):
        make_registration(event)
    assert save(organiser, event, capacity="1") == ["1 places are too few: 2 are taken."]
    assert save(organiser, event, capacity="2") == []
    assert Event.objects.values_list("capacity", "taken").get() == (2, 2)


def test_seats_below_what_is_taken_are_refused_with_the_numbers(organiser: Client, event: Event):
    session = event.sessions.get(code="6")
    for _ in range(2):
        make_registration(event, {1: "6"})
    slot = session.slots.get(round__number=1)
    prefix = prefix_of(organiser, session, slot)
    assert save(organiser, session, **{f"{prefix}seats": "1"}) == [
        "1 seats are too few for table session 6 in round 1: 2 are taken."
    ]
    assert save(organiser, session, **{f"{prefix}seats": "2"}) == []
    slot.refresh_from_db()
    assert (slot.seats, slot.taken) == (2, 2)


def test_slot_with_people_can_be_neither_moved_nor_removed(organiser: Client, event: Event):
    session = event.sessions.get(code="1a")
    make_registration(event, {1: "1a"})
    prefix = prefix_of(organiser, session, session.slots.get())
    second = event.rounds.get(number=2)
    stays = "Table session 1a has to stay in round 1: 1 person has a seat there."
    assert save(organiser, session, **{f"{prefix}round": str(second.pk)}) == [stays]
    assert save(organiser, session, **{f"{prefix}DELETE": "on"}) == [stays]
    assert session.slots.get().round.number == 1


def test_all_that_is_wrong_stands_on_top_with_where_to_mend_it(organiser: Client, event: Event):
    make_registration(event)
    values = filled_in(organiser, path_of(event)) | {
        "capacity": "0",
        "agenda-1-ends": "laat",
        "agenda-3-number": "1",
        "questions-0-question": "",
    }
    response = organiser.post(path_of(event), values)

    assert response.context["wrong"] == [
        ("id_capacity", "Places", "0 places are too few: 1 is taken."),
        ("id_agenda-1-ends", "Timetable line 2, Until", "Enter a valid time."),
        (
            "id_agenda-3-number",
            "Timetable line 4, Round",
            "Round 1 has a line in the timetable already.",
        ),
        ("id_questions-0-question", "Question and answer 1, Question", "This field is required."),
    ]
    page = response.content.decode()
    assert '<a href="#id_agenda-1-ends">' in page
    assert 'id="id_agenda-1-ends"' in page
    assert "<title>Error: " in page


def test_slot_without_people_can_be_moved_and_removed(organiser: Client, event: Event):
    session = event.sessions.get(code="1a")
    prefix = prefix_of(organiser, session, session.slots.get())
    second = event.rounds.get(number=2)
    assert save(organiser, session, **{f"{prefix}round": str(second.pk)}) == []
    assert session.slots.get().round == second
    assert save(organiser, session, **{f"{prefix}DELETE": "on"}) == []
    assert not session.slots.exists()
    assert Event.objects.get().version == event.version + 2


def test_slots_without_people_can_trade_rounds(organiser: Client, event: Event):
    slots = Slot.objects.filter(event=event).values("session").annotate(held=Count("pk"))
    twice = slots.order_by().filter(held=2).values("session")
    session = event.sessions.filter(pk__in=twice)[0]
    first, second = session.slots.order_by("round__number")
    Slot.objects.filter(pk=first.pk).update(location="Zaal 1", dropped_at=NOW)
    Slot.objects.filter(pk=second.pk).update(location="Zaal 2")
    rows = {f"{prefix_of(organiser, session, first)}round": str(second.round_id)}
    rows[f"{prefix_of(organiser, session, second)}round"] = str(first.round_id)

    assert save(organiser, session, **rows) == []

    found = session.slots.order_by("round__number")
    assert [(one.pk, one.location) for one in found] == [
        (second.pk, "Zaal 2"),
        (first.pk, "Zaal 1"),
    ]
    assert [one.dropped for one in found] == [False, True]


def test_new_session_gets_hosts_and_rounds_of_its_own_event(organiser: Client, event: Event):
    theme = event.themes.get(number=4)
    new = {"event": event.pk, "theme": theme.pk, "code": "4b", "title": "Nieuw"}
    response = organiser.post("/en/admin/program/tablesession/add/", new)
    session = event.sessions.get(code="4b")
    assert response["Location"] == path_of(session)
    values = filled_in(organiser, path_of(session)) | {
        "hostings-TOTAL_FORMS": "1",
        "hostings-0-who": "Samuel Kaspers",
        "hostings-0-position": "1",
        "slots-TOTAL_FORMS": "1",
        "slots-0-round": str(event.rounds.get(number=1).pk),
        "slots-0-seats": "8",
        "slots-0-reserved": "0",
    }
    assert organiser.post(path_of(session), values).status_code == 302
    hosting = Hosting.objects.get(session=session)
    assert (hosting.event, hosting.speaker.organisation) == (event, "gemeente Zaanstad")
    assert Slot.objects.get(session=session).event == event
    assert Event.objects.get().version == event.version + 2


def test_theme_of_another_event_is_refused(organiser: Client, event: Event):
    programme = files.load_toml(
        FILE.read_text(encoding="utf-8")
        .replace('slug = "werken-in-de-wijk"', 'slug = "ander"')
        .encode()
    )
    other = load_programme(programme, who="test", at=NOW).event
    errors = save(organiser, event.sessions.get(code="6"), theme=str(other.themes.get(number=1).pk))
    assert errors == ["This theme belongs to another event."]


def test_deadlines_and_hours_out_of_order_are_refused(organiser: Client, event: Event):
    late = {"signup_closes_at_0": "2026-12-08", "signup_closes_at_1": "14:00"}
    assert save(organiser, event, **late) == ["Sign-up closes after the event starts."]
    early = {"ends": "13:00"}
    assert save(organiser, event, **early) == ["The end, 13:00, is not after the start, 14:00."]


def test_no_time_to_confirm_is_refused(organiser: Client, event: Event):
    told = ["Give people at least one minute, better sixty."]
    assert save(organiser, event, hold_minutes="0") == told
    with pytest.raises(IntegrityError, match="event_hold_lasts_a_while"), transaction.atomic():
        Event.objects.update(hold_minutes=0)
    assert save(organiser, event, hold_minutes="1") == []


def test_event_with_people_cannot_be_deleted(organiser: Client, event: Event):
    make_registration(event)
    path = path_of(event).replace("change", "delete")
    assert 'class="deletelink"' not in organiser.get(path_of(event)).text
    assert organiser.post(path, {"post": "yes"}).status_code == 403
    assert Event.objects.exists()


def test_deleting_a_session_gives_the_event_a_new_version(organiser: Client, event: Event):
    path = path_of(event.sessions.get(code="4")).replace("change", "delete")
    assert organiser.post(path, {"post": "yes"}).status_code == 302
    assert event.sessions.count() == 12
    assert Event.objects.get().version == event.version + 1


def test_address_of_the_site_itself_is_refused(organiser: Client, event: Event):
    (error,) = save(organiser, event, slug="deur")
    assert error.startswith("The address ‘deur’ belongs to the site itself.")


@pytest.mark.parametrize("model", LISTS)
def test_list_can_be_searched_and_has_no_inline_style(organiser: Client, event: Event, model: str):
    response = organiser.get(f"/en/admin/program/{model}/?q=zaan")
    assert response.status_code == 200
    assert b"<style" not in response.content


def test_two_who_edit_one_list_keep_each_others_work(organiser: Client, event: Event):
    path = "/en/admin/program/speaker/"
    mine, theirs = filled_in(organiser, path), filled_in(organiser, path)
    keys = [str(mine[f"form-{number}-id"]) for number in (0, 1)]
    theirs |= {"form-0-function": "Raadslid", "_save": "Save"}
    mine |= {"form-0-organisation": "Gemeente", "form-1-function": "Boa", "_save": "Save"}
    english = event.speakers.get(pk=keys[1]).function_en

    for sent in (theirs, mine):
        assert organiser.post(path, sent).status_code == 302

    first, second = (event.speakers.get(pk=key) for key in keys)
    assert (first.function, first.organisation) == ("Raadslid", "Gemeente")
    assert (second.function, second.function_en) == ("Boa", english)


@pytest.mark.parametrize("model", LISTS)
def test_list_asks_as_many_questions_for_one_event_as_for_three(
    organiser: Client, event: Event, model: str
):
    path = f"/en/admin/program/{model}/"
    one = query_count(organiser, path)
    for slug in ("tweede", "derde"):
        text = FILE.read_text(encoding="utf-8").replace("werken-in-de-wijk", slug)
        text = text.replace("Stadhuisplein 100", slug)
        load_programme(files.load_toml(text.encode()), who="test", at=NOW)
    assert query_count(organiser, path) == one


def test_form_of_a_session_asks_as_many_questions_for_two_hosts_as_for_one(
    organiser: Client, event: Event
):
    one = query_count(organiser, path_of(event.sessions.get(code="6")))
    assert query_count(organiser, path_of(event.sessions.get(code="8"))) == one


def test_form_of_an_event_asks_as_many_questions_for_more_lines(organiser: Client, event: Event):
    before = query_count(organiser, path_of(event))
    for hour in (18, 19, 20):
        event.agenda.create(starts=f"{hour}:00", ends=f"{hour}:30", title="uitloop")
    assert query_count(organiser, path_of(event)) == before


def test_visitor_and_door_staff_cannot_edit(event: Event):
    assert Client().get(path_of(event)).status_code == 302
    door = Client()
    door.force_login(User.objects.create_user("deur", is_staff=True))
    assert door.get(path_of(event)).status_code == 403


def test_no_speaker_is_named_in_the_log_of_the_admin_or_in_the_history(
    organiser: Client, event: Event
):
    session = event.sessions.get(code="6")
    speaker = session.hostings.all()[0].speaker
    assert save(organiser, session, **{"hostings-0-position": "9", "title": "Anders"}) == []
    assert save(organiser, speaker, name="Suze Test") == []
    session.hostings.all().delete()
    gone = f"/en/admin/program/speaker/{speaker.pk}/delete/"
    assert organiser.post(gone, {"post": "yes"}).status_code == 302

    assert not LogEntry.objects.exists()
    kept = [f"{change.old} {change.new}" for change in event.changes.all()]
    assert len(kept) == 4  # the loading and all three
    for name in (speaker.name, speaker.organisation, "Suze"):
        assert name
        assert not [words for words in kept if name in words]


@pytest.mark.parametrize("written", ["18", "18:00", "18.00"])
def test_time_is_read_as_people_write_it(organiser: Client, event: Event, written: str):
    assert save(organiser, event, ends=written) == []
    assert timezone.localtime(Event.objects.get().ends_at).hour == 18


# What an event has only once


def test_number_code_and_name_that_another_has_are_refused(organiser: Client, event: Event):
    first, theme = event.themes.order_by("number")[:2]
    told = save(organiser, theme, number=str(first.number))
    assert told == [f"There is a theme {first.number} already."]

    other, session = event.sessions.order_by("code")[:2]
    for code in (other.code, other.code.upper()):
        told = save(organiser, session, code=code)
        assert told == [f"There is a table session with code {code} already."]

    known, speaker = event.speakers.order_by("pk")[:2]
    told = save(organiser, speaker, name=known.name, organisation=known.organisation)
    assert told == [TWICE]


TWICE = "This speaker is listed already. Is it somebody else? Then fill in the organisation."


def test_list_of_speakers_keeps_two_of_one_name_apart(organiser: Client, event: Event):
    known, speaker = event.speakers.order_by("pk")[:2]
    Speaker.objects.filter(pk=speaker.pk).update(name=known.name, organisation="Buurthuis")
    path = "/en/admin/program/speaker/"
    values = filled_in(organiser, path)
    (field,) = [
        name for name, value in values.items() if value == "Buurthuis" and "initial" not in name
    ]

    response = organiser.post(path, values | {field: known.organisation, "_save": "x"})

    assert response.status_code == 200
    assert TWICE in response.text
    speaker.refresh_from_db()
    assert speaker.organisation == "Buurthuis"
