from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import translation
from openpyxl import load_workbook

from program.file import files
from program.file.from_db import programme_of
from program.file.model import moved
from program.file.spreadsheet.writing import pages
from program.file.spreadsheet.xlsx import xlsx_of
from program.models import Event
from registrations.management.commands.load_demo import FILE
from registrations.models import StoredMail
from registrations.organising.programmes import load_programme
from tests.factories import make_event, make_organiser, make_registration
from tests.registrations.organising.test_dry_run import everything

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
DEMO = moved(files.load_toml(FILE.read_bytes()), date(2099, 12, 7))


@pytest.fixture
def event() -> Event:
    return load_programme(DEMO, who="test", at=AT).event


@pytest.fixture
def organiser(event: Event, client: Client) -> User:
    user = make_organiser(event)
    client.force_login(user)
    return user


def page(event: Event, rest: str = "bestand/") -> str:
    return f"/admin/program/event/{event.pk}/{rest}"


def upload(client: Client, address: str, content: bytes, name: str = "p.xlsx") -> Any:
    return client.post(address, {"file": SimpleUploadedFile(name, content)})


def confirmed(client: Client, address: str, shown: HttpResponse, *, tell: bool = True) -> Any:
    """Presses the button of the page that shows what would change."""
    text = shown.content.decode()
    fields = dict(re.findall(r'name="(name|content|_seen)"\s+value="([^"]*)"', text))
    assert set(fields) == {"name", "content", "_seen"}
    posted = {name: unescape(value) for name, value in fields.items()}
    posted |= {"_tell": "on"} if tell else {}
    return client.post(address, posted)


def edited(event: Event, sheet: str, cell: str, value: str | int | time) -> bytes:
    book = load_workbook(BytesIO(xlsx_of(pages(programme_of(event)))))
    book[sheet][cell] = value
    content = BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.usefixtures("organiser")
@pytest.mark.parametrize(("rest", "name"), [("xlsx/", ".xlsx"), ("ods/", ".ods")])
def test_download_is_the_programme(client: Client, event: Event, rest: str, name: str):
    response = client.get(page(event, f"bestand/{rest}"))
    assert response["Content-Disposition"] == f'attachment; filename="werken-in-de-wijk{name}"'
    assert files.load(response.content, "x").programme == programme_of(event)


@pytest.mark.usefixtures("organiser")
def test_upload_shows_what_would_change_and_the_button_does_it(client: Client, event: Event):
    before = everything()
    shown = upload(client, page(event), edited(event, "Sessies", "C2", "Breda begroot mee"))
    assert shown.status_code == 200
    table = re.findall(r"<t[hd][^>]*>\s*([^<]*?)\s*</t[hd]>", shown.content.decode())
    assert table[-3:] == ["Sessies, 1a, Titel", "Breda Begroot", "Breda begroot mee"]
    assert "Gewijzigd: sessie ‘1a Breda begroot mee’ (titel)" in shown.content.decode()
    assert everything() == before
    done = confirmed(client, page(event), shown)
    assert (done.status_code, done["Location"]) == (302, page(event))
    assert event.sessions.get(code="1a").title == "Breda begroot mee"


@pytest.mark.usefixtures("organiser")
def test_rows_that_go_are_told_without_unfolding_anything(client: Client, event: Event):
    book = load_workbook(BytesIO(xlsx_of(pages(programme_of(event)))))
    book["Sessies"]["C2"] = "Breda begroot mee"
    book["Vragen"].delete_rows(2)
    content = BytesIO()
    book.save(content)
    text = upload(client, page(event), content.getvalue()).content.decode()
    assert "Breda begroot mee" in text
    unfolded = re.search(r"<details open>(.*?)</details>", text, re.DOTALL)
    assert unfolded
    assert "Verwijderd: vraag" in unfolded[1]


def test_history_tells_who_loaded_the_file(client: Client, event: Event, organiser: User):
    shown = upload(client, page(event), edited(event, "Evenement", "B4", "Anders"))
    confirmed(client, page(event), shown)
    assert event.changes.latest("pk").who == organiser.username


@pytest.mark.usefixtures("organiser")
def test_what_changed_in_between_is_shown_again(client: Client, event: Event):
    shown = upload(client, page(event), edited(event, "Evenement", "B4", "Anders"))
    load_programme(replace(DEMO, lead="Nieuw"), who="test", at=AT)
    again = confirmed(client, page(event), shown)
    assert again.status_code == 200
    with translation.override("nl"):
        assert "errornote" in again.content.decode()
    assert Event.objects.get().lead == "Nieuw"
    assert confirmed(client, page(event), again).status_code == 302
    assert Event.objects.get().title == "Anders"


@pytest.mark.usefixtures("organiser")
@pytest.mark.parametrize("tell", [True, False])
def test_people_are_told_of_another_time_unless_the_organiser_does_so(
    client: Client, event: Event, tell: bool
):
    noor = make_registration(event, {1: "6"}, first_name="Noor", last_name="Bakker", at=AT)
    shown = upload(client, page(event), edited(event, "Evenement", "B14", time(18, 30)))
    text = shown.content.decode()
    assert 'type="checkbox" name="_tell"' in text
    assert "Noor Bakker" in text
    confirmed(client, page(event), shown, tell=tell)
    kinds = list(StoredMail.objects.filter(registration=noor).values_list("kind", flat=True))
    assert kinds.count("rescheduled") == tell


@pytest.mark.usefixtures("organiser")
def test_file_that_takes_the_pages_away_or_closes_sooner_says_whom_it_concerns(
    client: Client, event: Event
):
    make_registration(event, {1: "6"}, first_name="Noor", last_name="Bakker", at=AT)
    book = load_workbook(BytesIO(xlsx_of(pages(programme_of(event)))))
    rows = {row[0].value: row[1] for row in book["Evenement"].iter_rows()}
    rows["Gepubliceerd"].value = "nee"
    rows["Wijzigen kan tot"].value = "06-12-2099 12:00"
    content = BytesIO()
    book.save(content)
    text = upload(client, page(event), content.getvalue()).content.decode()

    assert "Gelast het dan af." in text
    assert "Tafels wijzigen kan tot" in text
    assert "Noor Bakker" in text


@pytest.mark.usefixtures("organiser")
def test_mistakes_are_told_with_their_place_and_nothing_changes(client: Client, event: Event):
    before = everything()
    response = upload(client, page(event), edited(event, "Sessies", "B2", 99))
    assert response.status_code == 422
    assert "Sessies, r" in response.content.decode()
    assert everything() == before


@pytest.mark.usefixtures("organiser")
def test_people_in_the_way_are_named(client: Client, event: Event):
    make_registration(event, {1: "1a"}, first_name="Noor", last_name="Bakker", at=AT)
    response = upload(client, page(event), edited(event, "Sessies", "H2", 0))
    assert response.status_code == 422
    assert "Noor Bakker" in response.content.decode()


@pytest.mark.usefixtures("organiser")
def test_same_programme_offers_no_button(client: Client, event: Event):
    shown = upload(client, page(event), xlsx_of(pages(programme_of(event))))
    assert 'name="_seen"' not in shown.content.decode()


@pytest.mark.usefixtures("organiser")
@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"content": "%%%", "_seen": "x"},
        {"content": "é", "_seen": "x"},
        {"content": "", "_seen": "x"},
    ],
)
def test_a_missing_file_is_reported(client: Client, event: Event, posted: dict[str, str]):
    assert client.post(page(event), posted).status_code == 422


@pytest.mark.usefixtures("organiser")
def test_large_file_is_refused(client: Client, event: Event):
    before = everything()
    assert upload(client, page(event), b"x" * 4_000_000).status_code == 422
    assert everything() == before


@pytest.mark.usefixtures("organiser")
def test_file_of_another_event_is_refused(client: Client, event: Event):
    other = make_event()
    before = everything()
    content = xlsx_of(pages(programme_of(other)))
    assert upload(client, page(event), content).status_code == 422
    assert everything() == before


@pytest.mark.usefixtures("organiser")
@pytest.mark.parametrize("rest", ["bestand/", "bestand/xlsx/", "bestand/ods/", "kopie/"])
def test_pages_of_an_event_of_others_do_not_exist(client: Client, rest: str):
    other = make_event()
    assert client.get(page(other, rest)).status_code == 404
    assert client.post(page(other, rest)).status_code == 404


# New from a file

NEW = "/admin/program/event/nieuw-uit-bestand/"


def test_new_event_from_a_file(client: Client, organiser: User, event: Event):
    content = edited(event, "Evenement", "B2", "nieuw-adres")
    shown = upload(client, NEW, content)
    assert not Event.objects.filter(slug="nieuw-adres").exists()
    done = confirmed(client, NEW, shown)
    made = Event.objects.get(slug="nieuw-adres")
    assert done["Location"] == page(made)
    assert list(made.organisers.all()) == [organiser]
    assert programme_of(made) == replace(programme_of(event), slug="nieuw-adres")


@pytest.mark.usefixtures("organiser")
@pytest.mark.parametrize("name", ["nieuw.toml", "nieuw.ods"])
def test_new_event_from_a_file_of_another_kind(client: Client, event: Event, name: str):
    content = files.written(replace(programme_of(event), slug="nieuw-adres"), "ods")
    if name.endswith("toml"):
        text = FILE.read_text(encoding="utf-8").replace(
            'slug = "werken-in-de-wijk"', 'slug = "nieuw-adres"'
        )
        content = text.encode()
    shown = upload(client, NEW, content, name)
    assert confirmed(client, NEW, shown).status_code == 302
    made = programme_of(Event.objects.get(slug="nieuw-adres"))
    assert made.sessions == programme_of(event).sessions


@pytest.mark.usefixtures("organiser")
def test_new_event_at_an_address_that_is_taken_is_refused(client: Client, event: Event):
    before = everything()
    assert upload(client, NEW, xlsx_of(pages(programme_of(event)))).status_code == 422
    assert everything() == before


@pytest.mark.usefixtures("organiser")
def test_empty_file_is_there_to_fill_in(client: Client):
    page = client.get(NEW).content.decode()
    for kind in ("xlsx", "ods"):
        address = f"{NEW}leeg.{kind}"
        assert address in page
        told = upload(client, NEW, client.get(address).content)
        assert "Evenement, rij 2, Adres van de pagina: Dit is leeg." in told.content.decode()


@pytest.mark.parametrize("address", [NEW, f"{NEW}leeg.xlsx", f"{NEW}leeg.ods"])
def test_those_who_may_not_add_events_get_no_way_in(client: Client, address: str):
    client.force_login(User.objects.create_user("deur", is_staff=True))
    assert client.get(address).status_code == 403
    client.logout()
    assert client.get(address).status_code == 302


@pytest.mark.usefixtures("organiser")
def test_new_event_may_come_from_a_file(client: Client):
    assert NEW in client.get("/admin/program/event/nieuw/").content.decode()


# Copy


@pytest.mark.usefixtures("organiser")
def test_copying_leads_to_the_copy(client: Client, event: Event):
    form = client.get(page(event, "kopie/")).content.decode()
    assert 'value="werken-in-de-wijk-2"' in form
    posted = {"day": "2100-03-01", "title": "Weer", "title_en": "", "slug": "weer"}
    done = client.post(page(event, "kopie/"), posted)
    made = Event.objects.get(slug="weer")
    assert done["Location"] == f"/admin/program/event/{made.pk}/dag/"
    assert (made.day, made.published) == (date(2100, 3, 1), False)


@pytest.mark.usefixtures("organiser")
@pytest.mark.parametrize(
    "wrong", [{"day": ""}, {"slug": "deur"}, {"slug": "werken-in-de-wijk"}, {"title": ""}]
)
def test_copy_that_cannot_be_is_refused(client: Client, event: Event, wrong: dict[str, str]):
    posted = {"day": "2100-03-01", "title": "Weer", "title_en": "", "slug": "weer"} | wrong
    assert client.post(page(event, "kopie/"), posted).status_code == 422
    assert Event.objects.count() == 1


def headings(content: bytes) -> list[str]:
    """Of all sheets but the one that explains; of the event what stands before its values."""
    grids = files._grids(content, "")
    found = [str(row[0]) for row in grids[0].rows]
    return found + [str(cell) for grid in grids[1:-1] for cell in grid.rows[0]]


@pytest.mark.usefixtures("organiser")
@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_empty_spreadsheet_has_as_many_rounds_as_one_asks_for(client: Client, kind: str):
    path = f"/admin/program/event/nieuw-uit-bestand/leeg.{kind}"

    plain = headings(client.get(path, {"rounds": "4"}).content)
    assert [title for title in plain if title.endswith(" plekken")] == [
        "Aantal plekken",
        *(f"Ronde {number} plekken" for number in (1, 2, 3, 4)),
    ]
    assert "Dag van de week" not in plain
    assert not any("Engels" in title for title in plain)
    both = headings(client.get(path, {"rounds": "1", "english": "on"}).content)
    assert {"Titel (Engels)", "Ronde 1 plaats (Engels)"} <= {*both}
    assert "Ronde 2 plekken" not in both

    refused = client.get(path, {"rounds": "0"})
    assert (refused.status_code, "/leeg.ods" in refused.text) == (422, True)


@pytest.mark.usefixtures("organiser")
def test_spreadsheet_has_english_columns_where_there_is_english(client: Client, event: Event):
    assert "Titel (Engels)" in headings(client.get(page(event, "bestand/xlsx/")).content)
    plain = make_event()
    plain.organisers.set(event.organisers.all())
    shown = client.get(page(plain, "bestand/xlsx/")).content
    assert "Titel (Engels)" not in headings(shown)
    Event.objects.filter(pk=plain.pk).update(bilingual=True)
    shown = client.get(page(plain, "bestand/xlsx/")).content
    assert "Titel (Engels)" in headings(shown)


def test_english_in_a_file_makes_the_event_bilingual():
    event = make_event()
    programme = programme_of(event)
    assert (event.bilingual, programme.in_english) == (False, False)

    english = replace(programme, title_en="Meeting")
    assert load_programme(english, who="test", at=AT).event.bilingual
    # A file without English leaves it as it is: an organiser may have only just begun.
    assert load_programme(programme, who="test", at=AT).event.bilingual
