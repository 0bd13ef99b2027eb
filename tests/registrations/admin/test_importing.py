"""The pages on which an organiser brings in people from a list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation
from openpyxl import Workbook

from program.models import Event
from registrations.models import Change, StoredMail
from tests.factories import make_event, make_organiser, make_registration
from tests.program.admin.filling_in import Form

pytestmark = pytest.mark.django_db
LIST = (
    "Voornaam;Achternaam;E-mail;Werk\r\n"
    "Aaltje;Kok;aaltje@haarlem.example;Buurthuis\r\n"
    "Bram;Bos;geen adres;\r\n"
    "Noor;Smit;noor@haarlem.example;\r\n"
)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    event = make_event(starts_at=timezone.now() + timedelta(days=10))
    make_registration(event, email="noor@haarlem.example", at=timezone.now())
    return event


@pytest.fixture
def organiser(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def path_of(event: Event) -> str:
    return f"/en/admin/program/event/{event.pk}/mensen/importeren/"


def upload(
    client: Client, event: Event, content: bytes = LIST.encode(), name: str = "a.csv"
) -> Any:
    return client.post(path_of(event), {"file": SimpleUploadedFile(name, content)})


def send(client: Client, event: Event, page: Any, **changes: str) -> Any:
    """The form of a page once more, with changes."""
    return client.post(path_of(event), Form(page.content.decode()).values | changes)


def test_list_and_form_lead_to_it(organiser, event):
    people = organiser.get("/en/admin/registrations/registration/").content.decode()
    form = organiser.get(f"/en/admin/program/event/{event.pk}/mensen/toevoegen/").content.decode()

    assert path_of(event) in people
    assert path_of(event) in form


def test_what_becomes_of_whom_is_seen_before_anybody_is_asked(organiser, event):
    page = upload(organiser, event)
    text = page.content.decode()

    assert page.status_code == 200
    assert "Ask 1 person to confirm" in text
    assert "Row 3" in text
    assert event.registrations.count() == 1
    assert [row.line for row in page.context["planned"].invited] == [2]


def test_the_button_asks_those_who_are_new(organiser, event):
    done = send(organiser, event, upload(organiser, event), ask="1")

    assert done.status_code == 303
    new = event.registrations.get(origin="file")
    assert (new.email, new.status) == ("aaltje@haarlem.example", "pending")
    assert StoredMail.objects.filter(registration=new, kind="confirm").exists()
    assert event.changes.get(what=Change.What.IMPORTED, registration=None).new["people"] == 1
    shown = organiser.get(done["Location"])
    assert list(shown.context["cl"].queryset) == [new]


def test_a_column_can_be_matched_by_hand(organiser, event):
    page = upload(organiser, event)
    looked = send(organiser, event, page, column_3="organisation", look="1")
    send(organiser, event, looked, ask="1")

    assert event.registrations.get(origin="file").organisation == "Buurthuis"


def test_columns_that_were_not_looked_at_ask_nobody(organiser, event):
    page = upload(organiser, event)

    asked = send(organiser, event, page, column_3="organisation", ask="1")

    assert asked.status_code == 422
    assert "Something changed while you looked." in asked.content.decode()
    assert not event.registrations.filter(origin="file").exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"column_2": ""}, "Say which column holds the e-mail address."),
        ({"column_1": ""}, "Say which columns hold the first name and the last name."),
        ({"column_3": "email"}, "‘E-mail address’ is chosen for two columns. Choose it once."),
    ],
)
def test_columns_that_make_no_sense_are_refused(organiser, event, changes, sentence):
    answer = send(organiser, event, upload(organiser, event), **changes, look="1")

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_workbook_is_read_too(organiser, event):
    book, file = Workbook(), BytesIO()
    sheet = book.create_sheet(index=0)
    for row in (["First name", "Last name", "E-mail"], ["Aaltje", "Kok", "aaltje@haarlem.example"]):
        sheet.append(row)
    book.save(file)

    page = upload(organiser, event, file.getvalue(), "lijst.xlsx")

    assert [row.name for row in page.context["planned"].invited] == ["Aaltje Kok"]


def test_what_is_no_list_is_refused_with_what_to_do(organiser, event):
    answer = upload(organiser, event, b"PK\x03\x04kapot")

    assert answer.status_code == 422
    assert "Nothing was read." in answer.content.decode()
    assert organiser.post(path_of(event), {}).status_code == 422


def test_nothing_that_a_list_says_becomes_markup(organiser, event):
    content = b"Voornaam;Achternaam;E-mail;<i>kop\r\n<b>A;Kok;a@haarlem.example;<u>x\r\n"

    text = upload(organiser, event, content).content.decode()

    assert "<b>A" not in text
    assert "<u>x" not in text
    assert "<i>kop" not in text


def test_a_draft_says_why_nobody_can_be_asked(organiser, event):
    Event.objects.update(published=False)

    answer = upload(organiser, event)

    assert answer.status_code == 422
    assert "This event is a draft." in answer.content.decode()
