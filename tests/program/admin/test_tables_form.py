"""The page with all tables of an event: every row and round of it in one POST."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from program.models import Event, Slot, TableSession, Theme
from registrations.models import Change
from tests.factories import make_event, make_organiser, make_registration, make_slot
from tests.program.admin.filling_in import filled_in

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
    return f"/en/admin/program/event/{event.pk}/tafels/"


def cell(event: Event, code: str, number: int = 1) -> str:
    return f"cell-{event.sessions.get(code=code).pk}-{number}"


@pytest.mark.parametrize("rows", ["9" * 5_000, "29", "x"])
def test_address_may_ask_for_any_number_of_rows(organiser: Client, event: Event, rows: str):
    page = organiser.get(path_of(event), {"rows": rows})

    assert (page.status_code, page.context["rows"] <= 30) == (200, True)


def save(client: Client, event: Event, **changes: str) -> list[str]:
    """Send the page with changes; returns the errors, none if it was saved."""
    values = filled_in(client, path_of(event))
    assert changes.keys() <= values.keys()
    return send(client, event, {**values, **changes})


def send(client: Client, event: Event, values: Mapping[str, str | list[str]]) -> list[str]:
    response = client.post(path_of(event), values)
    if response.status_code == 303:
        return []
    assert response.status_code == 422
    assert response["Content-Type"].startswith("text/html")
    return [message for _field, message in response.context["form"].errors]


def held(event: Event) -> dict[str, tuple[int, int, str]]:
    """What is held: seats, reserved seats and place by 'code/round'."""
    return {
        f"{one.session.code}/{one.round.number}": (one.seats, one.reserved, one.location)
        for one in event.slots.select_related("session", "round")
    }


def test_page_of_more_tables_than_django_takes_fields_is_saved(organiser: Client, event: Event):
    values = filled_in(organiser, path_of(event))
    many = {f"of-another-table-{number}": "" for number in range(2_000)}
    assert send(organiser, event, {**values, **many}) == []


def test_page_sent_back_unchanged_changes_nothing(organiser: Client, event: Event):
    assert save(organiser, event) == []
    assert held(event) == {"1a/1": (10, 0, "Raadzaal, tafel 1"), "1b/2": (8, 0, "Raadzaal")}
    assert Event.objects.get().version == event.version
    assert not Change.objects.exists()


def test_cells_are_changed_added_and_emptied_in_one_go(organiser: Client, event: Event):
    first, again, other = cell(event, "1a"), cell(event, "1a", 2), cell(event, "1b", 2)
    changes = {
        f"{first}-seats": "12",
        f"{first}-reserved": "2",
        f"{again}-seats": "9",
        f"{again}-location": "Burgerzaal",
        f"{other}-seats": "",
    }
    assert save(organiser, event, **changes) == []
    assert held(event) == {"1a/1": (12, 2, "Raadzaal, tafel 1"), "1a/2": (9, 0, "Burgerzaal")}
    assert Event.objects.get().version == event.version + 1
    assert [change.what for change in Change.objects.all()] == [Change.What.EDITED]


def test_new_theme_and_new_sessions_in_it_come_together(organiser: Client, event: Event):
    changes = {
        "new-theme-0-title": "Wijken",
        "new-session-0-code": "2a",
        "new-session-0-title": "Nieuw gesprek",
        "new-session-0-number": "2",
        "new-cell-0-1-seats": "6",
        "new-session-1-code": "1c",
        "new-session-1-title": "Nog een",
        "new-session-1-number": "1",
    }
    assert save(organiser, event, **changes) == []
    assert list(event.themes.values_list("number", "title")) == [(1, "Thema"), (2, "Wijken")]
    assert list(event.sessions.values_list("code", "theme__number")) == [
        *(("1a", 1), ("1b", 1), ("1c", 1)),
        ("2a", 2),
    ]
    assert held(event)["2a/1"] == (6, 0, "")


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"new-session-0-code": "2a"}, ["Fill in: Title, new.", "Fill in: Theme, new."]),
        ({"new-cell-0-1-seats": "6"}, ["Fill in a code and a title."]),
        ({"new-cell-0-1-location": "Hal"}, ["Fill in a code and a title."] * 1),
        (
            {
                "new-session-0-code": "1A",
                "new-session-0-title": "Twee keer",
                "new-session-0-number": "1",
            },
            ["There is a table session with code 1A already."],
        ),
        (
            {
                "new-session-0-code": "9",
                "new-session-0-title": "Zonder thema",
                "new-session-0-number": "9",
            },
            ["There is no theme 9."],
        ),
        (
            {"new-theme-0-title": "Dubbel", "new-theme-0-number": "1"},
            ["There is a theme 1 already."],
        ),
    ],
)
def test_half_or_double_new_rows_are_refused_in_words(
    organiser: Client, event: Event, changes: dict[str, str], errors: list[str]
):
    told = save(organiser, event, **changes)
    assert [message for message in told if "how many seats" not in message] == errors
    assert TableSession.objects.count() == 2
    assert Theme.objects.count() == 1


def test_place_without_seats_is_refused(organiser: Client, event: Event):
    told = save(organiser, event, **{f"{cell(event, '1a', 2)}-location": "Hal"})
    assert told == ["Fill in how many seats there are."]


def test_seats_below_what_is_taken_and_reserved_are_refused(organiser: Client, event: Event):
    for _ in range(3):
        make_registration(event, {1: "1a"})
    first = cell(event, "1a")
    assert save(organiser, event, **{f"{first}-seats": "2"}) == [
        "2 seats are too few for table session 1a in round 1: 3 are taken."
    ]
    assert save(organiser, event, **{f"{first}-reserved": "8"}) == [
        "10 seats are too few for table session 1a in round 1: 3 are taken and 8 reserved."
    ]
    assert save(organiser, event, **{f"{cell(event, '1b', 2)}-reserved": "9"}) == [
        "9 seats are reserved, but there are 8."
    ]
    assert save(organiser, event, **{f"{first}-seats": "3"}) == []
    assert held(event)["1a/1"] == (3, 0, "Raadzaal, tafel 1")


def test_emptying_a_cell_with_people_is_refused_and_says_who(organiser: Client, event: Event):
    make_registration(event, {1: "1a"}, first_name="Noor", last_name="van der Meulen")
    values = filled_in(organiser, path_of(event)) | {f"{cell(event, '1a')}-seats": ""}
    response = organiser.post(path_of(event), values)
    assert [message for _field, message in response.context["form"].errors] == [
        "Table session 1a has to stay in round 1: 1 person has a seat there."
    ]
    assert "Noor van der Meulen" in response.content.decode()
    assert held(event)["1a/1"] == (10, 0, "Raadzaal, tafel 1")


def test_one_error_keeps_everything_else_from_being_saved(organiser: Client, event: Event):
    changes = {f"{cell(event, '1a')}-seats": "20", f"{cell(event, '1b', 2)}-seats": "veel"}
    assert save(organiser, event, **changes) == ["Enter a whole number."]
    assert held(event)["1a/1"] == (10, 0, "Raadzaal, tafel 1")


def test_themes_and_codes_can_trade_places(organiser: Client, event: Event):
    second = event.themes.create(number=2, title="Tweede")
    first, (one, other) = event.themes.get(number=1), event.sessions.order_by("code")
    changes = {
        f"theme-{first.pk}-number": "2",
        f"theme-{second.pk}-number": "1",
        f"session-{one.pk}-code": "1b",
        f"session-{other.pk}-code": "1a",
    }
    assert save(organiser, event, **changes) == []
    assert list(event.themes.values_list("title", flat=True)) == ["Tweede", "Thema"]
    assert list(event.sessions.order_by("code").values_list("pk", flat=True)) == [other.pk, one.pk]


def test_two_who_save_one_after_the_other_keep_each_others_work(organiser: Client, event: Event):
    mine, theirs = (filled_in(organiser, path_of(event)) for _ in range(2))
    first = cell(event, "1a")
    assert (
        send(organiser, event, theirs | {f"{first}-seats": "14", f"{first}-location": "Zaal"}) == []
    )
    make_slot(event, "1a", 2, seats=5)
    made = make_slot(event, "1z", 1, seats=4)
    assert send(organiser, event, mine | {f"{first}-reserved": "1"}) == []
    assert held(event)["1a/1"] == (14, 1, "Zaal")
    assert held(event)["1a/2"][0] == 5
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
    asked = organiser.post(path_of(event), values)
    # Somebody moves, so that it is shown before it is done.
    assert asked.status_code == 200
    assert held(event)["1a/1"][0] == 1
    again = dict(asked.context["sent_again"]) | {"_seen": asked.context["dry_run"].fingerprint}
    assert organiser.post(path_of(event), again).status_code == 303
    assert [seat.slot.session.code for seat in waiting.table_seats.all()] == ["1a"]


def test_dropped_table_is_shown_and_left_alone(organiser: Client, event: Event):
    slot = event.slots.get(session__code="1b")
    Slot.objects.filter(pk=slot.pk).update(dropped_at=event.starts_at)
    page = organiser.get(path_of(event)).content.decode()
    assert "dropped out" in page
    assert save(organiser, event, **{f"{cell(event, '1a')}-seats": "11"}) == []
    assert held(event)["1b/2"] == (8, 0, "Raadzaal")


def test_page_asks_as_many_questions_for_more_tables(organiser: Client, event: Event):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert organiser.get(path_of(event)).status_code == 200
        return len(queries)

    before = count()
    theme = event.themes.create(number=2, title="Tweede")
    for number in range(4):
        make_slot(event, f"2{number}", 1)
        event.sessions.filter(code=f"2{number}").update(theme=theme)
    assert count() == before


def test_page_is_for_its_organisers_only(event: Event):
    other = Client()
    other.force_login(make_organiser(make_event()))
    assert other.get(path_of(event)).status_code == 404
    assert other.post(path_of(event), {}).status_code == 404
    assert Client().get(path_of(event)).status_code == 302


def test_page_without_rounds_leads_to_the_timetable(organiser: Client, event: Event):
    empty = make_event(rounds=0)
    superuser = make_organiser(empty)
    client = Client()
    client.force_login(superuser)
    assert "There are no rounds yet." in client.get(path_of(empty)).content.decode()


def told(organiser: Client, event: Event) -> list[str]:
    """The history of the event, as its page tells it."""
    page = organiser.get(f"/en/admin/program/event/{event.pk}/geschiedenis/")
    return [what for _row, what, _who in page.context["changes"]]


def test_history_says_which_seats_were_changed_from_what_to_what(organiser: Client, event: Event):
    first, second, new = cell(event, "1a"), cell(event, "1b", 2), cell(event, "1b", 1)
    theme = f"theme-{event.themes.get().pk}-title"
    changes = {f"{first}-seats": "12", f"{first}-reserved": "2", f"{second}-location": "Foyer"}

    assert save(organiser, event, **changes) == []
    assert save(organiser, event, **{f"{second}-seats": "", theme: "Wonen"}) == []
    assert save(organiser, event, **{f"{new}-seats": "6", f"{new}-location": "Foyer"}) == []

    edits = [line for line in told(organiser, event) if line.startswith("Programme edited")]
    assert edits == [
        "Programme edited: Table 1b in round 1: added, seats 6",
        "Programme edited: 1. Wonen; Table 1b in round 2: removed",
        "Programme edited: Table 1a in round 1: seats 10 → 12, seats reserved 0 → 2; "
        "Table 1b in round 2: place",
    ]


def test_history_tells_the_seats_of_the_page_of_one_table_session_too(
    organiser: Client, event: Event
):
    session = event.sessions.get(code="1a")
    path = f"/en/admin/program/tablesession/{session.pk}/change/"
    values = filled_in(organiser, path)

    assert organiser.post(path, values | {"slots-0-seats": "7"}).status_code == 302

    assert told(organiser, event) == ["Programme edited: Table 1a in round 1: seats 10 → 7"]
