"""The page 'Programme': the timetable and all tables of an event, in one POST."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from program.models import Event, Slot, Speaker, TableSession
from registrations.models import Change, Registration, StoredMail
from tests.factories import make_event, make_organiser, make_registration, make_slot
from tests.program.admin.filling_in import Form, filled_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    event = make_event()
    make_slot(event, "1a", 1, seats=10, location="Raadzaal, tafel 1")
    make_slot(event, "1b", 2, seats=8)
    return event


@pytest.fixture
def organiser(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def path_of(event: Event) -> str:
    return f"/en/admin/program/event/{event.pk}/programma/"


def cell(event: Event, code: str, number: int = 1) -> str:
    session, round_ = event.sessions.get(code=code), event.rounds.get(number=number)
    return f"cell-{session.pk}-{round_.pk}"


def new_cell(event: Event, row: int, number: int = 1) -> str:
    return f"cell-new-{row}-{event.rounds.get(number=number).pk}"


def row(event: Event, code: str, field: str) -> str:
    return f"session-{event.sessions.get(code=code).pk}-{field}"


def line(event: Event, index: int, field: str) -> str:
    return f"line-{event.agenda.order_by('starts')[index].pk}-{field}"


def save(client: Client, event: Event, **changes: str) -> list[str]:
    """Send the page with changes; returns the errors, none if it was saved, seen first or not."""
    return send(client, event, {**filled_in(client, path_of(event)), **changes})


def send(client: Client, event: Event, values: Mapping[str, str | list[str]]) -> list[str]:
    response = client.post(path_of(event), values)
    if response.status_code == 200:
        assert "Nothing is saved yet" in response.text
        response = client.post(path_of(event), Form(response.text).values)
    if response.status_code == 303:
        return []
    assert response.status_code == 422
    assert response["Content-Type"].startswith("text/html")
    return [message for _field, message in response.context["sheet"].errors]


def asked(client: Client, event: Event, **changes: str) -> list[str]:
    """What the page that asks first has to say."""
    response = client.post(path_of(event), {**filled_in(client, path_of(event)), **changes})
    assert response.status_code == 200, response.context["sheet"].errors
    found: list[str] = response.context["dry_run"].notes
    return found


def held(event: Event) -> dict[str, tuple[int, int, str]]:
    """What is held: seats, reserved seats and place by 'code/round'."""
    return {
        f"{one.session.code}/{one.round.number}": (one.seats, one.reserved, one.location)
        for one in event.slots.select_related("session", "round")
    }


def lines(event: Event) -> list[str]:
    return [
        f"{one.starts:%H:%M}-{one.ends:%H:%M} {one.title} {one.round.number if one.round else '-'}"
        for one in event.agenda.select_related("round").order_by("starts")
    ]


def hosts(event: Event, code: str) -> list[str]:
    return [
        f"{one.speaker.name} ({one.speaker.organisation})"
        for one in event.sessions.get(code=code).hostings.select_related("speaker")
    ]


# Saving: all or nothing, once


def test_page_of_more_tables_than_django_takes_fields_is_saved(organiser: Client, event: Event):
    values = filled_in(organiser, path_of(event))
    many = {f"of-another-table-{number}": "" for number in range(2_000)}
    assert send(organiser, event, {**values, **many}) == []


def test_page_sent_back_unchanged_changes_nothing(organiser: Client, event: Event):
    assert save(organiser, event) == []
    assert held(event) == {"1a/1": (10, 0, "Raadzaal, tafel 1"), "1b/2": (8, 0, "Raadzaal")}
    assert lines(event) == ["15:00-15:45 Ronde 1 1", "16:00-16:45 Ronde 2 2"]
    assert Event.objects.get().version == event.version
    assert not Change.objects.exists()


def test_cells_are_changed_added_and_emptied_in_one_go(organiser: Client, event: Event):
    changes = {
        f"{cell(event, '1a')}-seats": "12",
        f"{cell(event, '1a', 2)}-seats": "9",
        f"{cell(event, '1a', 2)}-location": "Burgerzaal",
        f"{cell(event, '1b', 2)}-seats": "",
        row(event, "1b", "title"): "Een\nandere  titel",
    }
    assert save(organiser, event, **changes) == []
    assert held(event) == {"1a/1": (12, 0, "Raadzaal, tafel 1"), "1a/2": (9, 0, "Burgerzaal")}
    assert event.sessions.get(code="1b").title == "Een andere titel"
    assert Event.objects.get().version == event.version + 1
    assert [change.what for change in Change.objects.all()] == [Change.What.EDITED]


def test_one_error_keeps_everything_else_from_being_saved(organiser: Client, event: Event):
    changes = {
        f"{cell(event, '1a')}-seats": "20",
        f"{cell(event, '1b', 2)}-seats": "veel",
        line(event, 0, "title"): "Anders",
    }
    assert save(organiser, event, **changes) == ["Enter a whole number."]
    assert held(event)["1a/1"] == (10, 0, "Raadzaal, tafel 1")
    assert lines(event)[0] == "15:00-15:45 Ronde 1 1"


def test_two_who_save_one_after_the_other_keep_each_others_work(organiser: Client, event: Event):
    mine, theirs = (filled_in(organiser, path_of(event)) for _ in range(2))
    first, title = cell(event, "1a"), line(event, 0, "title")
    theirs |= {f"{first}-seats": "14", title: "Eerste", row(event, "1b", "hosts"): "Ria Smolders"}
    assert send(organiser, event, theirs) == []
    make_slot(event, "1a", 2, seats=5)
    made = make_slot(event, "1z", 1, seats=4)

    mine |= {f"{first}-location": "Zaal", line(event, 0, "ends"): "15:40"}
    assert send(organiser, event, mine) == []

    assert held(event)["1a/1"] == (14, 0, "Zaal")
    assert held(event)["1a/2"][0] == 5
    assert lines(event)[0] == "15:00-15:40 Eerste 1"
    assert hosts(event, "1b") == ["Ria Smolders ()"]
    assert Slot.objects.filter(pk=made.pk).exists()


def test_cell_that_somebody_emptied_meanwhile_stays_empty(organiser: Client, event: Event):
    mine = filled_in(organiser, path_of(event))
    assert save(organiser, event, **{f"{cell(event, '1b', 2)}-seats": ""}) == []
    assert send(organiser, event, mine) == []
    assert list(held(event)) == ["1a/1"]


def test_more_seats_let_those_who_wait_in(organiser: Client, event: Event):
    event.slots.filter(session__code="1a").update(seats=1)
    make_registration(event, {1: "1a"})
    waiting = make_registration(event, {}, waitlists={1: ("1a",)})
    values = filled_in(organiser, path_of(event)) | {f"{cell(event, '1a')}-seats": "2"}
    shown = organiser.post(path_of(event), values)
    # Somebody moves, so that it is shown before it is done.
    assert shown.status_code == 200
    assert held(event)["1a/1"][0] == 1
    assert organiser.post(path_of(event), Form(shown.text).values).status_code == 303
    assert [seat.slot.session.code for seat in waiting.table_seats.all()] == ["1a"]


# Nothing typed is lost


def test_more_empty_rows_keep_all_that_was_typed(organiser: Client, event: Event):
    typed = {
        "session-new-0-title": "Nieuw gesprek",
        f"{new_cell(event, 1)}-location": "Hal",
        f"{cell(event, '1a')}-seats": "veel",
        row(event, "1a", "title"): "",
        line(event, 0, "ends"): "half vier",
        "shift-minutes": "5",
        "seats-each": "7",
    }
    before = filled_in(organiser, path_of(event))
    del before["csrfmiddlewaretoken"]
    page = organiser.post(path_of(event), {**before, **typed, "_more": "session-new"})

    assert page.status_code == 200
    after = Form(page.text).values
    assert {name: after[name] for name in before | typed} == before | typed
    assert len([name for name in after if name.endswith("-title")]) == 10 + len(
        [name for name in before if name.endswith("-title")]
    )
    assert 'data-unsaved="typed"' in page.text
    assert "errornote" not in page.text
    assert not Change.objects.exists()
    # Without a script this button stands where there was a link once.
    button = re.search(r"<button[^>]*name=.?_more[^>]*>", page.text)
    assert button
    assert "type=" not in button[0]


def test_page_that_asks_first_leads_back_to_what_was_typed(organiser: Client, event: Event):
    make_registration(event, {1: "1a"})
    values = filled_in(organiser, path_of(event)) | {"shift-minutes": "15"}
    shown = organiser.post(path_of(event), values)
    assert "Nothing is saved yet." in shown.text

    back = organiser.post(path_of(event), {**Form(shown.text).values, "_edit": "1"})

    assert {**Form(back.text).values, "csrfmiddlewaretoken": ""} == {
        **values,
        "csrfmiddlewaretoken": "",
    }
    assert lines(event)[0] == "15:00-15:45 Ronde 1 1"


def test_rows_of_a_page_made_longer_by_the_browser_are_saved(organiser: Client, event: Event):
    assert save(organiser, event, **{"session-new-41-title": "Ver weg"}) == []
    assert event.sessions.get(title="Ver weg").code == "2"


# The timetable


def test_lines_follow_each_other_and_rounds_are_numbered_by_the_clock(event: Event):
    empty = make_event(rounds=0)
    client = Client()
    client.force_login(make_organiser(empty))
    typed = [
        ("", "14:30", "Inloop", ""),
        ("", "15.15", "Eerste ronde", "on"),
        ("15.30", "16.15", "Tweede ronde", "on"),
        ("", "17", "Borrel", ""),
    ]
    changes: dict[str, str] = {}
    for index, (starts, ends, title, ticked) in enumerate(typed):
        name = f"new-line-{index}"
        changes |= {f"{name}-starts": starts, f"{name}-ends": ends, f"{name}-title": title}
        changes |= {f"{name}-is_round": ticked} if ticked else {}

    assert "First fill in the timetable" in client.get(path_of(empty)).text
    assert save(client, empty, **changes) == []

    assert lines(empty) == [
        "14:00-14:30 Inloop -",
        "14:30-15:15 Eerste ronde 1",
        "15:30-16:15 Tweede ronde 2",
        "16:15-17:00 Borrel -",
    ]
    earlier = {"new-line-0-starts": "14:00", "new-line-0-ends": "14:30"}
    earlier |= {"new-line-0-title": "Nulde ronde", "new-line-0-is_round": "on"}
    assert save(client, empty, **{line(empty, 0, "gone"): "on"}, **earlier) == []
    assert lines(empty)[:2] == ["14:00-14:30 Nulde ronde 1", "14:30-15:15 Eerste ronde 2"]


def test_rounds_keep_their_numbers_once_people_have_places(organiser: Client, event: Event):
    make_registration(event, {1: "1a"})
    new = {"new-line-0-starts": "14:00", "new-line-0-ends": "14:30"}
    new |= {"new-line-0-title": "Nulde", "new-line-0-is_round": "on"}
    assert save(organiser, event, **new) == []
    assert lines(event)[0] == "14:00-14:30 Nulde 3"


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"0-starts": "13:30"}, ["‘Ronde 1’ is before the event starts, at 14:00."]),
        ({"1-ends": "18:30"}, ["‘Ronde 2’ is after the event ends, at 18:00."]),
        ({"0-ends": "16:10"}, ["Round 2 starts before round 1 has ended."]),
        ({"0-ends": "14:00"}, ["The end, 14:00, is not after the start, 15:00."]),
        ({"0-ends": "laat"}, ["Enter a valid time."]),
    ],
)
def test_mistakes_in_the_timetable_are_told_before_anybody_is_mailed(
    organiser: Client, event: Event, changes: dict[str, str], errors: list[str]
):
    make_registration(event, {1: "1a"})
    mails = StoredMail.objects.count()
    typed = {line(event, int(name[0]), name[2:]): value for name, value in changes.items()}
    assert save(organiser, event, **typed) == errors
    assert lines(event) == ["15:00-15:45 Ronde 1 1", "16:00-16:45 Ronde 2 2"]
    assert StoredMail.objects.count() == mails


def test_lines_that_overlap_on_purpose_are_asked_about(organiser: Client, event: Event):
    market = {"new-line-0-starts": "14:00", "new-line-0-ends": "17:00"}
    market |= {"new-line-0-title": "Markt"}
    assert asked(organiser, event, **market) == [
        "‘Ronde 1’, from 15:00, starts before ‘Markt’ has ended.",
        "‘Ronde 2’, from 16:00, starts before ‘Markt’ has ended.",
    ]


@pytest.mark.parametrize("change", ["is_round", "gone"])
def test_round_with_tables_stays_until_they_are_gone(organiser: Client, event: Event, change: str):
    values = filled_in(organiser, path_of(event))
    if change == "gone":
        values[line(event, 1, "gone")] = "on"
    else:
        del values[line(event, 1, "is_round")]
    told = ["Round 2 has tables: empty its column first."]
    assert send(organiser, event, values) == told
    event.slots.filter(round__number=2).update(dropped_at=event.starts_at)
    assert send(organiser, event, values) == told
    event.slots.filter(round__number=2).update(dropped_at=None)

    assert send(organiser, event, {**values, f"{cell(event, '1b', 2)}-seats": ""}) == []
    assert list(event.rounds.values_list("number", flat=True)) == [1]


def test_emptied_line_goes(organiser: Client, event: Event):
    empty = {line(event, 1, name): "" for name in ("starts", "ends", "title")}
    empty |= {f"{cell(event, '1b', 2)}-seats": ""}
    assert save(organiser, event, **empty) == []
    assert lines(event) == ["15:00-15:45 Ronde 1 1"]


def test_whole_programme_is_shifted_after_it_was_seen(organiser: Client, event: Event):
    make_registration(event, {1: "1a"})
    StoredMail.objects.all().delete()
    values = filled_in(organiser, path_of(event)) | {
        "shift-minutes": "-15",
        line(event, 0, "ends"): "15:50",
    }
    shown = organiser.post(path_of(event), values)
    assert "14:00–18:00" in shown.text
    assert "13:45–17:45" in shown.text
    assert lines(event)[0] == "15:00-15:45 Ronde 1 1"

    assert organiser.post(path_of(event), Form(shown.text).values).status_code == 303

    event.refresh_from_db()
    assert lines(event) == ["14:45-15:35 Ronde 1 1", "15:45-16:30 Ronde 2 2"]
    hours = [timezone.localtime(each).time() for each in (event.starts_at, event.ends_at)]
    assert hours == [time(13, 45), time(17, 45)]
    assert [mail.kind for mail in StoredMail.objects.all()] == ["rescheduled"]
    assert Registration.objects.get().version == event.version


def test_programme_is_not_shifted_out_of_its_day_or_before_a_deadline(
    organiser: Client, event: Event
):
    far = ["Then the programme would no longer fit in one day."]
    assert save(organiser, event, **{"shift-minutes": "400"}) == far
    Event.objects.update(signup_closes_at=event.starts_at)
    told = ["Sign-up closes after the event starts."]
    assert save(organiser, event, **{"shift-minutes": "-15"}) == told
    assert save(organiser, event, **{"shift-minutes": "x"}) == ["Enter a whole number."]


# Rows of tables


def test_new_row_needs_no_more_than_a_title(organiser: Client, event: Event):
    changes = {
        "session-new-0-title": "Nieuw gesprek",
        "session-new-0-hosts": "Ria Smolders (Gemeente Oss, wijken), Gastheer 1a\nJan",
        f"{new_cell(event, 0)}-location": "Hal",
        "session-new-1-title": "Nog een",
        "session-new-1-theme": "Wijken",
        f"{new_cell(event, 1, 2)}-seats": "6",
        "session-new-2-title": "En nog een",
        "seats-each": "9",
    }
    assert save(organiser, event, **changes) == []
    rows = event.sessions.values_list("code", "title", "theme__title").order_by("code")
    assert list(rows)[2:] == [
        ("2", "Nieuw gesprek", "Thema"),
        ("3", "Nog een", "Wijken"),
        ("4", "En nog een", "Wijken"),
    ]
    assert held(event)["2/1"] == (9, 0, "Hal")
    assert held(event)["3/2"] == (6, 0, "")
    assert hosts(event, "2") == [
        *("Ria Smolders (Gemeente Oss, wijken)", "Gastheer 1a ()", "Jan ()")
    ]


def test_theme_is_typed_by_number_or_title_and_a_new_one_is_asked_about(
    organiser: Client, event: Event
):
    event.themes.create(number=2, title="Wonen")
    for typed in ("2", "wonen", "2. Wonen"):
        TableSession.objects.update(theme=event.themes.get(number=1))
        assert save(organiser, event, **{row(event, "1a", "theme"): typed}) == []
        assert event.sessions.get(code="1a").theme.number == 2
    new = {row(event, "1b", "theme"): "Zorg", row(event, "1a", "theme"): "7 Wijken"}
    assert asked(organiser, event, **new) == ["New theme: 3. Zorg", "New theme: 7. Wijken"]
    assert event.themes.count() == 2
    assert save(organiser, event, **new) == []
    assert list(event.themes.values_list("number", "title")) == [
        *((1, "Thema"), (2, "Wonen"), (3, "Zorg"), (7, "Wijken"))
    ]


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"session-new-0-code": "2a"}, ["Fill in: Title, new."]),
        ({"cell-seats": "6"}, ["Fill in a title."]),
        (
            {"session-new-0-title": "x", "cell-location": "Hal", "seats-each": ""},
            ["Fill in how many seats there are."],
        ),
        (
            {"session-new-0-code": "1A", "session-new-0-title": "Twee keer"},
            ["There is a session with code 1A already."],
        ),
        (
            {"session-new-0-theme": "9", "session-new-0-title": "Zonder thema"},
            ["There is no theme 9."],
        ),
        (
            {"session-new-0-theme": "1. Dubbel", "session-new-0-title": "x"},
            ["There is a theme 1 already."],
        ),
        (
            {"session-new-0-hosts": "Jan, Jan", "session-new-0-title": "x"},
            ["‘Jan’ is named twice."],
        ),
        (
            {"session-new-0-hosts": "J" * 201, "session-new-0-title": "x"},
            ["This name is too long."],
        ),
    ],
)
def test_half_or_double_new_rows_are_refused_in_words(
    organiser: Client, event: Event, changes: dict[str, str], errors: list[str]
):
    typed = {name.replace("cell", new_cell(event, 0)): value for name, value in changes.items()}
    assert save(organiser, event, **typed) == errors
    assert TableSession.objects.count() == 2


def test_event_without_a_theme_asks_for_one(organiser: Client, event: Event):
    event.sessions.all().delete()
    event.themes.all().delete()
    assert save(organiser, event, **{"session-new-0-title": "x"}) == ["Fill in a theme."]


def test_hosts_are_known_by_name_and_keep_their_order(organiser: Client, event: Event):
    known = Speaker.objects.get(name="Gastheer 1b")
    typed = {row(event, "1a", "hosts"): "gastheer 1b; Gastheer 1a"}
    assert save(organiser, event, **typed) == []
    assert hosts(event, "1a") == ["Gastheer 1b ()", "Gastheer 1a ()"]
    assert save(organiser, event, **{row(event, "1a", "hosts"): "Gastheer 1b (Oss)"}) == []
    assert hosts(event, "1a") == ["Gastheer 1b (Oss)"]
    assert event.sessions.get(code="1a").speakers.get() == known
    assert Speaker.objects.count() == 2
    assert save(organiser, event, **{row(event, "1a", "hosts"): ""}) == []
    assert hosts(event, "1a") == []


def test_name_of_two_people_is_ambiguous(organiser: Client, event: Event):
    for organisation in ("Breda", "Oss"):
        Speaker.objects.create(event=event, name="Jan Jansen", organisation=organisation)
    assert save(organiser, event, **{row(event, "1a", "hosts"): "Jan Jansen"}) == [
        "Several hosts are called ‘Jan Jansen’: write ‘Jan Jansen (Breda)’."
    ]
    assert save(organiser, event, **{row(event, "1a", "hosts"): "Jan Jansen (Oss)"}) == []
    assert hosts(event, "1a") == ["Jan Jansen (Oss)"]
    values = filled_in(organiser, path_of(event))
    assert values[row(event, "1a", "hosts")] == "Jan Jansen (Oss)"


def test_codes_can_trade_places(organiser: Client, event: Event):
    one, other = event.sessions.order_by("code")
    changes = {row(event, "1a", "code"): "1b", row(event, "1b", "code"): "1a"}
    assert save(organiser, event, **changes) == []
    assert list(event.sessions.order_by("code").values_list("pk", flat=True)) == [other.pk, one.pk]


@pytest.mark.parametrize("how", ["ticked", "emptied"])
def test_row_goes_when_it_is_ticked_or_emptied(organiser: Client, event: Event, how: str):
    typed = {row(event, "1a", "gone"): "on"}
    if how == "emptied":
        typed = {row(event, "1a", name): "" for name in ("code", "title", "theme", "hosts")}
    # Its code is free at once.
    typed |= {"session-new-0-code": "1a", "session-new-0-title": "Opnieuw"}
    assert save(organiser, event, **typed) == []
    assert [one.title for one in event.sessions.order_by("code")] == ["Opnieuw", "Gesprek 1b"]


def test_new_row_that_is_ticked_off_again_never_was(organiser: Client, event: Event):
    typed = {"session-new-0-code": "1a", "session-new-0-gone": "on"}
    typed |= {f"{new_cell(event, 0)}-seats": "veel"}
    assert save(organiser, event, **typed) == []
    assert not Change.objects.exists()


def test_row_with_people_stays_and_says_who(organiser: Client, event: Event):
    make_registration(event, {1: "1a"}, first_name="Noor", last_name="van der Meulen")
    for typed in ({row(event, "1a", "gone"): "on"}, {f"{cell(event, '1a')}-seats": ""}):
        response = organiser.post(path_of(event), filled_in(organiser, path_of(event)) | typed)
        assert [message for _field, message in response.context["sheet"].errors] == [
            "Session 1a has to stay in round 1: 1 person has a seat there."
        ]
        assert "Noor van der Meulen" in response.text
        assert f"/en/admin/program/event/{event.pk}/misgaat/" in response.text
    assert held(event)["1a/1"] == (10, 0, "Raadzaal, tafel 1")


def test_removing_a_session_that_somebody_waits_for_tells_them(organiser: Client, event: Event):
    Slot.objects.filter(session__code="1a").update(seats=0)
    make_registration(event, {}, waitlists={1: ["1a"]}, email="waits@a.example")
    StoredMail.objects.all().delete()
    values = filled_in(organiser, path_of(event)) | {row(event, "1a", "gone"): "on"}
    shown = organiser.post(path_of(event), values)
    assert "1 person notices" in shown.text
    assert "your table drops out: 1" in shown.text
    assert event.sessions.count() == 2
    assert organiser.post(path_of(event), Form(shown.text).values).status_code == 303
    mails = [(mail.kind, mail.to) for mail in StoredMail.objects.all()]
    assert mails == [("dropped", "waits@a.example")]


def test_another_room_tells_those_at_the_table(organiser: Client, event: Event):
    noor = make_registration(event, {1: "1a"})
    make_registration(event, {2: "1b"})
    StoredMail.objects.all().delete()
    typed = {f"{cell(event, '1a')}-location": "Burgerzaal"}
    assert save(organiser, event, **typed) == []
    assert [mail.registration for mail in StoredMail.objects.all()] == [noor]


def test_seats_below_what_is_taken_and_reserved_are_refused(organiser: Client, event: Event):
    for _ in range(3):
        make_registration(event, {1: "1a"})
    first = f"{cell(event, '1a')}-seats"
    assert save(organiser, event, **{first: "2"}) == [
        "2 seats are too few for table 1a in round 1: 3 are taken."
    ]
    event.slots.filter(session__code="1a").update(reserved=6)
    assert save(organiser, event, **{first: "8"}) == [
        "8 seats are too few for table 1a in round 1: 3 are taken and 6 reserved."
    ]
    assert save(organiser, event, **{first: "9"}) == []


def test_two_tables_in_one_place_are_asked_about_and_shown_beside_them(
    organiser: Client, event: Event
):
    second = cell(event, "1b")
    typed = {f"{second}-seats": "8", f"{second}-location": "raadzaal tafel1"}
    told = ["In round 1 more than one table stands in ‘Raadzaal, tafel 1’: 1a, 1b."]
    assert asked(organiser, event, **typed) == told
    assert save(organiser, event, **typed) == []
    page = " ".join(organiser.get(path_of(event)).text.split())
    assert "also here: 1b" in page
    assert "also here: 1a" in page
    # Once agreed to, it is not asked again.
    values = filled_in(organiser, path_of(event)) | {row(event, "1a", "title"): "Anders"}
    assert organiser.post(path_of(event), values).status_code == 303


def test_dropped_table_is_shown_and_left_alone(organiser: Client, event: Event):
    slot = event.slots.get(session__code="1b")
    Slot.objects.filter(pk=slot.pk).update(dropped_at=event.starts_at)
    assert "dropped out" in organiser.get(path_of(event)).text
    assert save(organiser, event, **{f"{cell(event, '1a')}-seats": "11"}) == []
    assert held(event)["1b/2"] == (8, 0, "Raadzaal")
    assert Slot.objects.get(pk=slot.pk).dropped


def test_english_stands_there_only_if_the_event_has_it(organiser: Client, event: Event):
    assert "English" not in organiser.get(path_of(event)).text
    Event.objects.update(title_en="Evening", bilingual=True)
    typed = {line(event, 0, "title_en"): "First round"}
    assert save(organiser, event, **typed) == []
    assert event.agenda.earliest("starts").title_en == "First round"


def test_page_asks_as_many_questions_for_more_rows(organiser: Client, event: Event):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert organiser.get(path_of(event)).status_code == 200
        return len(queries)

    before = count()
    theme = event.themes.create(number=2, title="Tweede")
    for number in range(4):
        make_slot(event, f"2{number}", 1)
        event.sessions.filter(code=f"2{number}").update(theme=theme)
        event.agenda.create(starts=f"17:{number}0", ends=f"17:{number}5", title="uitloop")
    assert count() == before


def test_page_is_for_its_organisers_only(event: Event):
    other = Client()
    other.force_login(make_organiser(make_event()))
    session = event.sessions.get(code="1a")
    for part in ("", f"{session.pk}/", "themas/", "gastheren/"):
        path = path_of(event) + part
        assert other.get(path).status_code == 404
        assert other.post(path, {}).status_code == 404
        assert Client().get(path).status_code == 302


# History


def told(organiser: Client, event: Event) -> list[str]:
    """The history of the event, as its page tells it."""
    page = organiser.get(f"/en/admin/program/event/{event.pk}/geschiedenis/")
    return [line.what for line in page.context["changes"]]


def test_history_says_which_seats_were_changed_from_what_to_what(organiser: Client, event: Event):
    first, second, new = cell(event, "1a"), cell(event, "1b", 2), cell(event, "1b", 1)
    changes = {f"{first}-seats": "12", f"{second}-location": "Foyer"}
    assert save(organiser, event, **changes) == []
    gone = {f"{second}-seats": "", row(event, "1a", "title"): "Wonen"}
    assert save(organiser, event, **gone) == []
    assert save(organiser, event, **{f"{new}-seats": "6", f"{new}-location": "Foyer"}) == []
    typed = {"session-new-0-title": "Nieuw", "session-new-0-hosts": "Ria Smolders"}
    assert save(organiser, event, **typed, **{"shift-minutes": "5"}) == []

    edits = [line for line in told(organiser, event) if line.startswith("Programme edited")]
    assert edits == [
        f"Programme edited: {event} (starts at, ends at); added: 2 Nieuw",
        "Programme edited: Table 1b in round 1: added, seats 6",
        "Programme edited: 1a Wonen (title); Table 1b in round 2: removed",
        "Programme edited: Table 1a in round 1: seats 10 → 12; Table 1b in round 2: place",
    ]
    assert not [change for change in event.changes.all() if "Ria" in f"{change.old}{change.new}"]


def test_second_button_saves_and_leads_on_to_sign_up(organiser: Client, event: Event):
    page = f"/en/admin/program/event/{event.pk}/"
    path = f"{page}programma/"
    answer = organiser.post(path, filled_in(organiser, path) | {"_next": "1"})
    assert answer["Location"] == f"{page}aanmelden/"
    assert organiser.post(path, filled_in(organiser, path))["Location"] == path
