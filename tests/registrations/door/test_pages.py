"""The door without scripts and on paper, and what a device is told: the least that works."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags
from PIL import Image

from program.models import Event
from registrations.booking import changing
from registrations.door import plain_rows, presence, rows
from registrations.models import DoorPass, Registration
from registrations.organising import corrections, guests
from registrations.privacy import erasure
from registrations.queries import door_codes
from tests.factories import (
    NOW,
    START,
    make_crowd,
    make_event,
    make_guest,
    make_registration,
    make_slot,
)
from tests.registrations.door.tapping import AT, make_pass, on_device, send, sync, tap
from tests.registrations.door.tapping import walk_in as walk_in_tap

pytestmark = pytest.mark.django_db
HASH = re.compile(r"\.[0-9a-f]{12}(?=\.png$)")
WHY: dict[str, Any] = {"who": "organisator", "why": "Typefout."}


@pytest.fixture(autouse=True)
def _afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start of the event, and without the list that another test left in this process."""
    plain_rows.index_of.cache_clear()
    monkeypatch.setattr(timezone, "now", lambda: AT)


@pytest.fixture
def event() -> Event:
    event = make_event(slug="buurt", capacity=6)
    make_slot(event, "5a"), make_slot(event, "3c", 2)
    return event


@pytest.fixture
def door(event: Event) -> DoorPass:
    return make_pass(event)


@pytest.fixture
def phone(door: DoorPass) -> Client:
    return on_device(door)


def search(phone: Client, query: str = "") -> str:
    return phone.get("/deur/buurt/", {"q": query}).text


def plain(html: str) -> str:
    return " ".join(strip_tags(html).split())


def test_before_the_day_the_page_says_when_people_without_a_sign_up_may_come_in(
    phone: Client, monkeypatch: pytest.MonkeyPatch
):
    said = "Mensen zonder aanmelding kun je pas die dag binnenlaten."
    assert said not in plain(search(phone).partition('id="words"')[0])

    monkeypatch.setattr(timezone, "now", lambda: AT - timedelta(days=2))

    page = plain(search(phone).partition('id="words"')[0])
    assert f"Het evenement is op maandag 7 december 2026. {said}" in page


def words(html: str) -> str:
    return " ".join(strip_tags(html.split("<main")[1].split("<dialog")[0]).split())


def form_of(html: str, button: str) -> dict[str, Any]:
    """What the form sends that has this button, by the name that a screen reader says."""
    (form,) = [one for one in re.findall(r"<form.*?</form>", html, re.S) if f'"{button}"' in one]
    told: dict[str, Any] = {}
    for name, value in re.findall(r'<input[^>]*?name="(\w+)"\s+value="([^"]*)"', form):
        told.setdefault(name, []).append(value)
    return told


def press(phone: Client, html: str, button: str, **more: Any) -> str:
    """The page that comes of pressing this button."""
    answer = phone.post("/deur/buurt/tik/", form_of(html, button) | more)
    assert answer.status_code == 303
    return phone.get(answer["Location"]).text


def walk_in(phone: Client, **told: Any) -> Any:
    (key,) = {*form_of(search(phone), "first_name").get("id", [])} or {""}
    return phone.post("/deur/buurt/tik/", {"id": key, "kind": "walkin", **told})


def test_page_is_empty_until_somebody_searches(event: Event, phone: Client):
    make_registration(event)

    assert "Meulen" not in search(phone)
    assert "Meulen" not in search(phone, "m")
    assert "Noor van der Meulen" in search(phone, "meu")
    assert "Niemand gevonden" in search(phone, "jansen")


def test_row_says_all_that_staff_must_know(event: Event, door: DoorPass, phone: Client):
    def sign_up(first: str, last: str = "Bakker", **more: Any) -> Registration:
        return make_registration(event, first_name=first, last_name=last, **more)

    sign_up("Ada", tables={1: "5a", 2: "3c"}, organisation="gemeente Haarlem")
    corrections.correct_name(sign_up("Bo"), "Bob", "Bakker", who="o", why="tikfout", at=NOW)
    changing.cancel(sign_up("Cas"), at=NOW)
    sign_up("Dirk", confirmed=False)
    guests.add(event, guests.Details("Ella", "Bakker", kind="press"), who="o", at=NOW)
    send(door, tap("in", sign_up("Fia")))
    Event.objects.update(capacity=4)
    sign_up("Gijs", waiting_too=True)

    shown = words(search(phone, "bakker"))

    assert "Binnen om 14.05 uurIngang A" in shown
    for said in (
        "7 gevonden",
        "Ada Bakker gemeente Haarlem 5a → 3c",
        "Bob Bakker geen tafel naam gecorrigeerd",
        "Cas Bakker geannuleerd",
        "Dirk Bakker geen tafel niet bevestigd",
        "Ella Bakker pers",
        "Gijs Bakker op de wachtlijst",
        "Fia Bakker geen tafel Kies een tafel: Fia Bakker",
    ):
        assert said in shown


def test_search_speaks_the_language_of_its_page(event: Event, phone: Client):
    """The list that is kept for others does not bring their words along."""
    guests.add(event, guests.Details("Ella", "Bakker", kind="press"), who="o", at=NOW)

    assert ">press<" in phone.get("/en/deur/buurt/?q=bakker").text
    assert ">pers<" in phone.get("/deur/buurt/?q=bakker").text


def test_tick_and_the_way_back_are_one_press_each(event: Event, phone: Client):
    noor = make_registration(event)
    html = search(phone, "meulen")
    told = form_of(html, "Binnen: Noor van der Meulen")

    ticked = press(phone, html, "Binnen: Noor van der Meulen")
    phone.post("/deur/buurt/tik/", told)  # and once more by 'back' and 'reload'

    assert "1 binnen 0 komen nog 1 verwacht" in words(ticked)
    assert "Laatst: Noor van der Meulen" in words(ticked)
    assert [op.kind for op in noor.door_ops.all()] == ["in"]
    back = words(press(phone, search(phone, "meulen"), "Draai terug: Noor van der Meulen"))
    assert "0 binnen 1 komen nog" in back
    assert "Teruggedraaid: Noor van der Meulen" in back


def test_cancelled_person_is_let_in_knowingly(event: Event, phone: Client):
    noor = make_registration(event)
    changing.cancel(noor, at=NOW)

    press(phone, search(phone, "meulen"), "Toch binnen: Noor van der Meulen")

    noor.refresh_from_db()
    assert (noor.is_confirmed, presence.count(event)) == (True, 1)


def test_table_is_chosen_at_the_door(event: Event, phone: Client):
    noor = make_registration(event)
    html = search(phone, "meulen")
    assert "Kies een tafel" in html
    (first, second) = event.slots.order_by("pk")

    for table in (first, second):
        key = re.findall(r'name="id" value="([^"]+)"', search(phone, "meulen"))[0]
        told = {"id": key, "kind": "table", "reg": f"r{noor.pk}", "table": table.pk}
        phone.post("/deur/buurt/tik/", told)

    assert [seat.slot for seat in noor.table_seats.order_by("pk")] == [first, second]
    assert "Kies een tafel" not in search(phone, "meulen")


def test_walk_in_gets_the_tables_that_are_chosen(event: Event, phone: Client):
    tables = [slot.pk for slot in event.slots.all()]

    answer = walk_in(phone, first_name="Els", last_name="Bakker", table=tables)

    els = event.registrations.get()
    assert answer.status_code == 303
    assert (els.name, els.holds_place, els.table_seats.count()) == ("Els Bakker", True, 2)
    assert presence.count(event) == 1


def test_walk_in_hears_of_everything_that_was_not_to_be_had(event: Event, phone: Client):
    Event.objects.update(capacity=0, extras_allowed=True)
    first, full = event.slots.order_by("pk")
    event.slots.filter(pk=full.pk).update(reserved=full.seats)

    answer = walk_in(phone, first_name="Els", last_name="Bakker", table=[first.pk, full.pk])

    said = words(phone.get(answer["Location"]).text)
    assert "Els Bakker is binnen als extra" in said
    assert "Els Bakker heeft die tafel niet gekregen" in said


def test_walk_in_without_a_name_keeps_what_was_typed(event: Event, phone: Client):
    table, *_others = event.slots.all()
    answer = walk_in(phone, first_name="Els", last_name=" ", table=[table.pk, ""])

    assert answer.status_code == 422
    assert "Vul een voornaam en een achternaam in." in answer.text
    assert 'value="Els"' in answer.text
    assert f'value="{table.pk}" selected' in answer.text
    assert "<title>Fout:" in answer.text
    assert presence.count(event) == 0


def test_walk_in_is_refused_when_all_is_taken_and_the_event_has_no_extras(
    event: Event, phone: Client
):
    Event.objects.update(capacity=0)

    answer = walk_in(phone, first_name="Els", last_name="Bakker")

    assert answer.status_code == 422
    assert "Alle plekken zijn bezet." in answer.text
    assert not event.registrations.exists()


def test_every_look_and_every_print_is_written_down(event: Event, door: DoorPass, phone: Client):
    make_registration(event)
    for address in ("/deur/buurt/", "/deur/buurt/?q=meulen", "/deur/buurt/afdrukken/"):
        phone.get(address)
    whole = sync(phone, event).json()
    sync(phone, event, since=whole["version"])

    door.refresh_from_db()
    assert door.last_seen_at == AT
    seen = event.changes.filter(what__in=["looked", "printed"]).order_by("pk")
    told = {"pass": door.pk}
    assert [(one.what, one.who, one.new) for one in seen] == [
        ("looked", "Ingang A", told),
        ("printed", "Ingang A", told | {"list": "deelnemers", "people": 1}),
        ("looked", "Ingang A", told),
    ]


@pytest.mark.parametrize(("since", "crowd", "times"), [(0, 1, 1), (1, 50, 0), (1, 51, 1)])
def test_taking_much_of_the_list_is_in_the_history_whatever_version_is_asked_from(
    event: Event, phone: Client, since: int, crowd: int, times: int
):
    Event.objects.update(capacity=100)
    make_crowd(event, crowd)
    event.registrations.update(version=2)
    Event.objects.update(version=2)

    assert len(sync(phone, event, since=since).json()["rows"]) == crowd

    assert event.changes.filter(what="looked").count() == times


def test_device_gets_no_address_answer_or_need(event: Event, phone: Client):
    """Name, organisation, tables, status, presence: nothing else of anybody."""
    noor = make_registration(event, {1: "5a"}, email="noor@prive.example", role="student")
    guests.add(event, guests.Details("Ria", "Smit"), who="o", at=NOW)
    (told, ria) = sync(phone, event).json()["rows"]

    assert told == {"id": f"r{noor.pk}", "n": noor.name, "t": [event.slots.order_by("pk")[0].pk]}
    assert (ria["n"], ria["s"], ria["kind"]) == ("Ria Smit", "guest", "gast")
    for address in ("?q=meulen", "afdrukken/", "schil/", "sw.js", "hallo/", "app.webmanifest"):
        assert "prive.example" not in phone.get(f"/deur/buurt/{address}").text


def test_shell_on_the_device_holds_nobody_and_no_token(event: Event, phone: Client):
    make_registration(event)

    shell = phone.get("/deur/buurt/schil/").text

    assert re.findall(r"Meulen|Ingang A|csrf", shell) == []


def test_worker_keeps_no_page_of_another_release(event: Event, phone: Client):
    told = json.loads(re.findall(r"= ({.*});", phone.get("/deur/buurt/sw.js").text)[0])
    assert phone.get(told["shell"]).status_code == 200

    Event.objects.update(title="Nieuwe naam")

    assert phone.get(told["shell"]).status_code == 404


def test_sync_tells_what_changed_and_who_is_gone(event: Event, phone: Client):
    noor, anna = make_registration(event), make_registration(event, first_name="Anna")
    make_registration(event, first_name="Piet")
    before = sync(phone, event).json()
    assert len(before["rows"]) == 3
    changing.cancel(noor, at=NOW)
    erasure.erase(anna, at=NOW)

    news = sync(phone, event, since=before["version"]).json()

    assert [(row["id"], row.get("s"), row.get("gone")) for row in news["rows"]] == [
        (f"r{noor.pk}", "cancelled", None),
        (f"r{anna.pk}", None, 1),
    ]
    after = sync(phone, event, since=news["version"]).json()
    assert (after.get("rows"), after["expected"]) == (None, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda one: corrections.set_order(one, "van den Berg, Jan", who="o", at=NOW),
        lambda one: corrections.correct_name(one, "Jan", "van den Bergh", **WHY, at=NOW),
        lambda one: corrections.set_address(one, "jan@zaandam.example", **WHY, at=NOW),
    ],
)
def test_device_hears_that_two_sign_ups_are_one_person_no_more(
    event: Event, change: Callable[[Registration], object]
):
    jan: dict[str, Any] = {
        "first_name": "Jan",
        "last_name": "van den Berg",
        "email": "jan@haarlem.example",
    }
    first = make_registration(event, **jan)
    first.origin, first.email_refused_at = Registration.Origin.HAND, NOW
    first.save(update_fields=["origin", "email_refused_at"])
    make_registration(event, **jan, confirmed=False)
    event.refresh_from_db()
    known = {row["id"]: row for row in rows.rows(event)}
    assert [row.get("same") for row in known.values()] == [None, f"r{first.pk}"]

    change(first)

    known |= {row["id"]: row for row in rows.rows(event, since=event.version)}
    assert [*known.values()] == rows.rows(event)


def test_news_of_many_is_told_as_news_of_a_few(
    event: Event, door: DoorPass, monkeypatch: pytest.MonkeyPatch
):
    """Of many everything is read, of a few what is about them: it comes to the same."""
    jan: dict[str, Any] = {"first_name": "Jan", "last_name": "Jansen", "email": "jan@x.example"}
    first = make_registration(event, **jan)
    guest = make_guest(event, "Ria", "Smolders")
    send(door, tap("in", first), tap("in", guest), at=AT)
    event.refresh_from_db()
    make_registration(event, **jan | {"email": "Jan@X.example"}, confirmed=False)
    send(door, walk_in_tap("Wil", "van Dongen"), at=AT)

    few = [rows.rows(event, since=since) for since in (0, 1, event.version)]
    monkeypatch.setattr(rows, "FEW", 0)

    assert [rows.rows(event, since=since) for since in (0, 1, event.version)] == few
    news = {row["n"]: row for row in few[-1]}
    assert news.keys() == {"Jan Jansen", "Wil van Dongen"}
    assert news["Jan Jansen"]["same"] == f"r{first.pk}"
    assert news["Wil van Dongen"]["op"]


def test_version_and_counts_of_an_answer_belong_together(
    event: Event, door: DoorPass, phone: Client
):
    """Also if somebody is ticked elsewhere between any two of its queries."""
    now = sync(phone, event).json()["version"]
    tapped = 0

    def at_query(number: int) -> Any:
        asked = 0

        def execute(run: Any, *query: Any) -> Any:
            nonlocal asked, tapped
            answer = run(*query)
            asked += 1
            if asked == number:
                send(door, walk_in_tap("Els", f"Bos {number}"))
                tapped += 1
            return answer

        return execute

    for number in range(1, 20):
        with connection.execute_wrapper(at_query(number)):
            told = sync(phone, event, since=now).json()
        at_version = event.door_ops.filter(version__lte=told["version"]).count()
        assert told["present"] == told["expected"] == at_version
    assert tapped > 3


def test_list_has_everybody_including_those_from_before_there_were_versions(
    event: Event, phone: Client
):
    make_registration(event)
    event.registrations.update(version=0)

    assert len(sync(phone, event).json()["rows"]) == 1


@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"ops": 3}', '{"since": "x"}', '{"ops": [' + "{}," * 100 + "{}]}"]
)
def test_batch_that_cannot_be_read_is_refused_whole(event: Event, phone: Client, body: str):
    answer = phone.post("/deur/buurt/sync/", body, content_type="application/json")

    assert (answer.status_code, answer.json()["door"]) == (400, 1)


def test_device_that_is_logged_out_hears_so_in_json_and_is_never_sent_elsewhere(event: Event):
    answer = sync(Client(), event)

    assert (answer.status_code, answer.json()["door"]) == (401, 1)
    assert Client(enforce_csrf_checks=True).post("/deur/buurt/sync/").status_code == 403


def test_pages_and_sync_cost_the_same_queries_for_any_crowd(event: Event, phone: Client):
    def count(address: str = "") -> int:
        plain_rows.index_of.cache_clear()
        with CaptureQueriesContext(connection) as queries:
            phone.get(address) if address else sync(phone, event)
        return len(queries)

    addresses = ("", "/deur/buurt/?q=meulen", "/deur/buurt/afdrukken/")
    Event.objects.update(capacity=1000)
    make_crowd(event, 3)
    sync(phone, event)  # which writes down that the device was seen
    few = [count(address) for address in addresses]
    event.registrations.all().delete()
    make_crowd(event, 300)

    assert [count(address) for address in addresses] == few
    assert max(few) < 25


def test_paper_has_names_by_surname_with_boxes_tables_and_blank_lines(
    event: Event, door: DoorPass, phone: Client
):
    make_registration(event, {1: "5a"}, first_name="Jan", last_name="van den Berg")
    send(door, tap("in", make_registration(event, first_name="Ali", last_name="Aydin")))
    guests.add(event, guests.Details("Ria", "Smit"), who="o", at=NOW)
    make_registration(event, first_name="Nooit", last_name="Bevestigd", confirmed=False)

    html = phone.get("/deur/buurt/afdrukken/").text

    names = [
        " ".join(one.split()) for one in re.findall(r"<bdi>([^<]+)</bdi>\s*(?:</th>|<small>)", html)
    ]
    assert names == ["Aydin, Ali", "Berg, Jan van den", "Smit, Ria"]
    assert html.count("box ticked") == 1
    shown = words(html)
    assert "5a" in shown
    assert "Zonder aanmelding" in shown
    assert html.split('class="blank"')[1].count('class="box"') == 20


def test_tables_are_heard_as_words(event: Event, phone: Client):
    """Not '5a → 3c', which is read aloud as 5a3c."""
    make_registration(event, {1: "5a", 2: "3c"})
    html = search(phone, "meulen")

    seen, said = re.findall(
        r'<span aria-hidden="true">(.*?)</span>\s*<span class="hidden">(.*?)</span>', html, re.S
    )[0]
    assert plain(seen) == "5a → 3c"
    assert said == "tafel 5a, daarna tafel 3c"
    paper = phone.get("/deur/buurt/afdrukken/").text
    cells = [plain(cell) for cell in re.findall(r'<td class="at">(.*?)</td>', paper, re.S)]
    assert cells[:2] == ["5a", "3c"]


def test_round_without_a_table_is_heard_too(event: Event, phone: Client):
    make_registration(event, {2: "3c"})

    assert "geen tafel, daarna tafel 3c</span>" in search(phone, "meulen")
    assert "table 3c</span>" in phone.get("/en/deur/buurt/?q=meulen").text


def test_what_tells_namesakes_apart_is_said(event: Event, phone: Client):
    make_registration(event, first_name="Jan", last_name="de Vries", organisation="Parteon")
    make_registration(event, first_name="Ján", last_name="De  Vries")
    make_registration(event, first_name="Els", last_name="de Vries", organisation="Parteon")

    found = [plain(row) for row in search(phone, "vries").split('<li class="person')[1:4]]

    told = [("naamgenoot" in one, "geen organisatie" in one, "Parteon" in one) for one in found]
    assert told == [(False, False, True), (True, False, True), (True, True, False)]


def test_of_many_people_it_says_what_to_ask_for(event: Event, phone: Client):
    for number in range(6):
        make_registration(event, first_name=f"Jan{number}", last_name="de Vries")

    assert "6 gevonden: vraag naar de hele naam" in search(phone, "dhr de vries")
    assert "6 gevonden: vraag naar de organisatie" in search(phone, "jan vries")
    changing.cancel(event.registrations.get(first_name="Jan0"), at=NOW)
    erasure.erase(event.registrations.get(first_name="Jan0"), at=NOW)
    assert "5 gevonden<" in search(phone, "vries")


def test_phones_find_an_icon_for_their_home_screen(event: Event, phone: Client):
    page = phone.get("/deur/buurt/").text
    manifest = phone.get("/deur/buurt/app.webmanifest").json()

    (apple,) = re.findall(r'<link rel="apple-touch-icon" href="/static/([^"]+)"', page)
    found = {apple: "180x180"}
    found |= {
        one["src"].removeprefix("/static/"): one["sizes"]
        for one in manifest["icons"]
        if one["type"] == "image/png"
    }
    assert {*found.values()} == {"180x180", "192x192", "512x512"}
    assert {one["purpose"] for one in manifest["icons"]} == {"any", "maskable"}
    for name, sizes in found.items():
        place = Path(str(finders.find(HASH.sub("", name))))
        assert place.stat().st_size < 8_000
        with Image.open(place) as icon:
            assert f"{icon.width}x{icon.height}" == sizes
            # iPhones fill holes with black.
            assert "transparency" not in icon.info
            assert icon.convert("RGB").getpixel((0, 0)) == (0, 99, 63)


def test_camera_is_allowed_on_the_door_page_alone(event: Event, phone: Client):
    def camera(address: str) -> str:
        policy = phone.get(address)["Permissions-Policy"].split(", ")
        return next(one for one in policy if one.startswith("camera="))

    at_the_door = ["/deur/buurt/", "/deur/buurt/?q=jan", "/deur/buurt/schil/", "/en/deur/buurt/"]
    assert {camera(address) for address in at_the_door} == {"camera=(self)"}
    elsewhere = ["/", "/buurt/", "/deur/buurt/afdrukken/", "/deur/buurt/sw.js", "/deur/", "/admin/"]
    assert {camera(address) for address in elsewhere} == {"camera=()"}


def test_device_gets_the_key_of_its_own_event_and_no_codes(event: Event, phone: Client):
    noor = make_registration(event)

    told = sync(phone, event)

    assert told.json()["scan_key"] == door_codes.keys_of(event)[0].hex()
    assert door_codes.of_registration(noor) not in told.text
    assert sync(on_device(make_pass(make_event(slug="elders"))), event).status_code == 401


def test_list_of_an_hour_ago_is_another_search(event: Event, phone: Client):
    """The server's index is kept by version of the event: news is found at once."""
    make_registration(event)
    assert "Meulen" in search(phone, "meulen")
    changing.cancel(event.registrations.get(), at=START - timedelta(hours=1))

    assert "geannuleerd" in search(phone, "meulen")
