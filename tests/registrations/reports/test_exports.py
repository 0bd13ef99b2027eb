from __future__ import annotations

import csv
from collections.abc import Callable
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Q
from django.db.models.signals import post_init
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook

from program.file.spreadsheet.ods import grids_in_ods
from program.models import Event
from registrations.booking import changing
from registrations.models import Change, Presence, Registration
from registrations.reports import export_columns, exports
from tests.factories import (
    NOW,
    make_crowd,
    make_event,
    make_guest,
    make_organiser,
    make_question,
    make_registration,
    make_slot,
)

pytestmark = pytest.mark.django_db


def page(event: Event) -> str:
    """In English: its words are those of the code."""
    with translation.override("en"):
        return reverse("admin:event-lists", args=[event.pk])


def people_page() -> str:
    with translation.override("en"):
        return reverse("admin:registrations_registration_changelist")


def organiser_of(*events: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(*events))
    return client


def wanted(event: Event, file: str = "xlsx", **fields: Any) -> dict[str, Any]:
    at_first = {"statuses": ["confirmed"], "columns": export_columns.defaults(event)}
    return {**at_first, "file": file, **fields}


def content(response: Any) -> bytes:
    """Read to its end; only then does the test client let go of it."""
    return b"".join(response.streaming_content)


def read_xlsx(file: bytes) -> list[list[Any]]:
    sheet = load_workbook(BytesIO(file)).active
    assert sheet is not None
    return [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]


def read_ods(file: bytes) -> list[list[Any]]:
    """As our own reader reads it, but for the apostrophe that it takes off a dangerous cell."""
    with (
        ZipFile(BytesIO(file)) as archive,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("program.file.spreadsheet.ods.unguarded", lambda text: text)
        (sheet,) = grids_in_ods(archive)
    width = max(map(len, sheet.rows))
    rows = [[*row, *[None] * (width - len(row))] for row in sheet.rows]
    return [[int(cell) if isinstance(cell, float) else cell or "" for cell in row] for row in rows]


def read_csv(file: bytes) -> list[list[str]]:
    text = file.decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline=""), delimiter=";"))


def download(event: Event, file: str = "xlsx", **fields: Any) -> list[list[Any]]:
    response = organiser_of(event).post(page(event), wanted(event, file, **fields))
    return {"xlsx": read_xlsx, "ods": read_ods, "csv": read_csv}[file](content(response))


def make_full_event() -> Event:
    event = make_event()
    make_slot(event, "1a")
    make_slot(event, "2", 2)
    question = make_question(event, "Hoe kom je?", "several", options=["Fiets", "Trein"])
    make_registration(
        event,
        {1: "1a", 2: "2"},
        email="jan@oss.example",
        first_name="Jan",
        last_name="van den Berg",
        organisation="Gemeente Oss",
        role="inwoner",
        answers={question.pk: ["Fiets", "Trein"]},
    )
    return event


@pytest.mark.parametrize("file", ["xlsx", "ods", "csv"])
def test_an_export_reads_back_with_its_columns_rounds_and_questions(file: str):
    event = make_full_event()

    assert download(event, file) == [
        [
            *("Name, as lists sort it", "First name", "Last name", "Organisation", "Role"),
            *("Status", "Round 1", "Round 2", "Hoe kom je?"),
        ],
        [
            *("Berg, Jan van den", "Jan", "van den Berg", "Gemeente Oss", "resident"),
            *("registered", "1a Gesprek 1a", "2 Gesprek 2", "Fiets; Trein"),
        ],
    ]


def test_an_address_is_in_it_only_when_chosen():
    event = make_full_event()

    assert "jan@oss.example" not in str(download(event))
    assert download(event, columns=["email"]) == [["E-mail address"], ["jan@oss.example"]]


def test_moments_are_those_of_amsterdam():
    event = make_full_event()
    row = [NOW.replace(tzinfo=None), NOW.replace(tzinfo=None)]

    assert download(event, columns=["signed_up", "confirmed"])[1] == row
    assert download(event, "ods", columns=["signed_up", "confirmed"])[1] == row
    assert download(event, "csv", columns=["signed_up"])[1] == ["23-11-2026 14:00"]


def test_special_needs_are_in_no_export():
    event = make_event(needs_question="Wat heb je nodig?")
    make_registration(event, needs="Ringleiding")
    every = [key for key, _name in export_columns.choices(event)]

    assert "Ringleiding" not in str(download(event, columns=every))


def test_an_export_is_of_the_statuses_that_were_chosen():
    event = make_event(capacity=1)
    make_registration(event, last_name="Blijft")
    make_registration(event, last_name="Wacht", waiting_too=True)
    changing.cancel(make_registration(event, last_name="Weg", waiting_too=True), at=NOW)

    def names(**fields: Any) -> list[list[str]]:
        return download(event, "csv", columns=["last_name", "status"], **fields)[1:]

    assert names() == [["Blijft", "registered"]]
    assert names(statuses=["waiting", "cancelled"]) == [
        ["Wacht", "on the waiting list"],
        ["Weg", "cancelled"],
    ]


def test_guests_come_below_with_what_they_are():
    event = make_full_event()
    make_guest(event, "Pers", "Bakker", kind="press")
    make_guest(event, "Pers", "Aalders", kind="crew")

    assert download(event, columns=["last_name", "role", "tables"], guests="on") == [
        ["Last name", "Role", "Round 1", "Round 2", "Guest"],
        ["van den Berg", "resident", "1a Gesprek 1a", "2 Gesprek 2", ""],
        ["Aalders", "", "", "", "crew"],
        ["Bakker", "", "", "", "press"],
    ]


def test_an_export_tells_who_came_and_when():
    event = make_event()
    came, left, _never = (make_registration(event, last_name=name) for name in ("A", "B", "C"))
    guest = make_guest(event, "Pers", "Bakker")
    for one, present in (({"registration": came}, True), ({"registration": left}, False)):
        Presence.objects.create(event=event, present=present, at=event.starts_at, **one)
    Presence.objects.create(event=event, present=True, at=event.starts_at, guest=guest)

    rows = download(event, "csv", columns=["last_name", "came"], guests="on")
    assert [row[:2] for row in rows] == [
        ["Last name", "Came in at"],
        ["A", "07-12-2026 14:00"],
        ["B", ""],
        ["C", ""],
        ["Bakker", "07-12-2026 14:00"],
    ]


@pytest.mark.parametrize("file", ["xlsx", "ods", "csv"])
@pytest.mark.parametrize(
    "organisation",
    ["=1+1", "+31 6", "-2", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠a", "\tx", "\rx"],
)
def test_nothing_that_people_typed_is_run_as_a_formula(file: str, organisation: str):
    event = make_event()
    make_registration(event)
    Registration.objects.update(organisation=organisation)

    ((cell,),) = download(event, file, columns=["organisation"])[1:]

    # A file of XML knows no carriage return of its own.
    assert cell.replace("\n", "\r") == f"'{organisation}"


@pytest.mark.parametrize("file", ["xlsx", "ods", "csv"])
def test_headings_are_not_run_as_a_formula_either(file: str):
    event = make_event()
    make_registration(event)
    question = make_question(event, "=1+1")

    assert download(event, file, columns=[f"question_{question.pk}"])[0] == ["'=1+1"]


def test_a_csv_is_quoted_and_marked_for_dutch_excel():
    event = make_full_event()
    response = organiser_of(event).post(
        page(event), wanted(event, "csv", columns=["last_name", "organisation"])
    )

    assert isinstance(response, StreamingHttpResponse)
    assert content(response) == (
        b'\xef\xbb\xbf"Last name";"Organisation"\r\n"van den Berg";"Gemeente Oss"\r\n'
    )
    assert response["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("file", ["xlsx", "ods", "csv"])
def test_the_file_is_an_attachment_whose_name_nobody_typed(file: str):
    event = make_event(title='Bijeenkomst; met "streken"', slug="geheim")
    make_registration(event)

    response = organiser_of(event).post(page(event), wanted(event, file))
    content(response)

    assert response["Content-Disposition"] == (
        f'attachment; filename="aanmeldingen-2026-12-07.{file}"'
    )
    assert "no-store" in response["Cache-Control"]


def test_each_export_is_in_the_history_without_names():
    event = make_full_event()
    client = organiser_of(event)
    who = event.organisers.get().username

    content(client.post(page(event), wanted(event, "csv", columns=["name", "email"], guests="on")))

    (change,) = event.changes.filter(what=Change.What.EXPORTED)
    assert (change.who, change.registration, change.old) == (who, None, {})
    assert change.new == {
        "file": "csv",
        "columns": ["email", "name"],
        "statuses": ["confirmed"],
        "guests": True,
        "people": 1,
    }


def test_an_export_without_columns_says_so_and_gives_nothing():
    event = make_full_event()
    client = organiser_of(event)

    response = client.post(page(event), wanted(event, columns=[]))

    assert response.status_code == 422
    assert "Choose at least one column." in response.text
    assert not event.changes.filter(what=Change.What.EXPORTED).exists()


def test_an_unknown_kind_of_file_gives_nothing():
    event = make_full_event()

    assert organiser_of(event).post(page(event), wanted(event, "pdf")).status_code == 422


def test_an_export_is_of_ones_own_events_only():
    event = make_full_event()

    response = organiser_of(make_event()).post(page(event), wanted(event))

    assert response.status_code == 404
    assert not event.changes.filter(what=Change.What.EXPORTED).exists()


def test_rows_leave_before_all_are_read():
    event = make_event(capacity=6000)
    make_crowd(event, 1200)
    client = organiser_of(event)
    read: list[Registration] = []

    def count(instance: Registration, **_signal: Any) -> None:
        read.append(instance)

    post_init.connect(count, sender=Registration)
    try:
        response: Any = client.post(page(event), wanted(event, "csv"))
        parts = iter(response.streaming_content)
        first = [next(parts) for _part in range(3)]
        read_by_then = len(read)
        rest = list(parts)
    finally:
        post_init.disconnect(count, sender=Registration)

    assert len(first) + len(rest) == 1 + 1 + 1200  # the mark, the headings, the people
    assert (read_by_then <= exports.CHUNK, len(read)) == (True, 1200)


@pytest.mark.parametrize(
    ("action", "file"), [("export_selected", "xlsx"), ("export_selected_ods", "ods")]
)
def test_the_people_who_were_ticked_are_exported(action: str, file: str):
    event = make_event()
    one, two = (make_registration(event, last_name=name) for name in ("Aalders", "Bakker"))
    make_registration(event, last_name="Cats")
    client = organiser_of(event)

    response = client.post(
        people_page(),
        {"action": action, "_selected_action": [two.pk, one.pk]},
    )
    rows = {"xlsx": read_xlsx, "ods": read_ods}[file](content(response))

    assert [row[2] for row in rows] == ["Last name", "Aalders", "Bakker"]
    (change,) = event.changes.filter(what=Change.What.EXPORTED)
    assert (change.new["people"], change.new["file"]) == (2, file)


def test_people_of_two_events_are_not_exported_together():
    events = make_event(), make_event()
    keys = [make_registration(event).pk for event in events]
    client = organiser_of(*events)

    response = client.post(
        people_page(),
        {"action": "export_selected", "_selected_action": keys},
        follow=True,
    )

    assert "Choose people of one event" in response.text
    assert not Change.objects.filter(what=Change.What.EXPORTED).exists()


@pytest.mark.parametrize("action", ["export_selected", "mail_them"])
def test_those_who_may_not_change_the_event_get_no_file_and_mail_nobody(action: str):
    event = make_event()
    person = make_registration(event)
    user = make_organiser(event)
    user.groups.clear()
    may = Q(codename__in=["view_event", "view_registration", "change_registration"])
    user.user_permissions.set(Permission.objects.filter(may))
    client = Client()
    client.force_login(user)
    assert action not in client.get(people_page()).text

    client.post(people_page(), {"action": action, "_selected_action": [person.pk]})

    assert not event.changes.filter(what=Change.What.EXPORTED).exists()
    assert not event.mailings.exists()


def test_columns_are_as_wide_as_what_is_in_them():
    event = make_event(rounds=0)
    long = "Vereniging van Nederlandse Gemeenten"
    make_registration(event, last_name="Li", organisation=long)
    make_registration(event, last_name="Li", organisation="x" * 100)
    typed = wanted(event, columns=["last_name", "organisation", "signed_up"])

    file = content(organiser_of(event).post(page(event), typed))

    (sheet,) = load_workbook(BytesIO(file)).worksheets
    assert [sheet.column_dimensions[letter].width for letter in "ABC"] == [12, 60, 19]


@pytest.mark.parametrize(("kind", "read"), [("xlsx", read_xlsx), ("ods", read_ods)])
def test_needs_are_counted_for_who_cooks_without_names(
    kind: str, read: Callable[[bytes], list[list[Any]]]
):
    event = make_event(rounds=0, needs_question="Heb je een dieet?")
    for needs in ("Vegetarisch", "vegetarisch. ", "Vegetarisch", "Halal"):
        make_registration(event, last_name="Bergsma", needs=needs)
    organiser = organiser_of(event)
    with translation.override("en"):
        path = reverse(f"admin:event-needs-{kind}", args=[event.pk])

    rows = read(organiser.get(path).content)

    assert rows == [["What they need", "People"], ["Vegetarisch", 3], ["Halal", 1]]
    assert Change.objects.get(what="exported").new == {
        "file": kind,
        "list": "bijzonderheden",
        "people": 4,
    }
    assert path in organiser.get(page(event)).text
    printed = organiser.get(page(event) + "bijzonderheden/").context["counted"]
    assert printed == [("Vegetarisch", 3), ("Halal", 1)]
