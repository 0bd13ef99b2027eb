"""Where a house style is seen: on pages about its event, on all others that of the site."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from program.models import Event, HouseStyle, StyleImage
from program.public import house_style, page_cache
from program.public.house_style import FOR_EVER, KNOWN, style_of
from registrations.mail import envelope
from registrations.models import StoredMail
from registrations.organising import house_style as organising
from registrations.queries.tokens import token_of
from tests.factories import NOW, make_event, make_registration, make_slot
from tests.mailed import words_of

pytestmark = pytest.mark.django_db

BLUE, RED = "#154273", "#e3000f"
SHEET = re.compile(r'href="(/huisstijl/[^"]+\.css)"')


def dress(event: Event | None, **values: object) -> None:
    if event:
        organising.change_of_event(event, values, who="test", at=NOW)
    else:
        organising.change_of_site(values)
        KNOWN.forget()


def image(key: str = "a" * 32, **fields: Any) -> StyleImage:
    about = {"mime_type": "image/png", "width": 240, "height": 80, "content": b"bytes"}
    return StyleImage(key=key, **about | fields)


@pytest.fixture
def event() -> Event:
    event = make_event(slug="wijk", organiser="Gemeente Oss")
    make_slot(event, "1a", 1)
    return event


def sheets(page: Any) -> list[str]:
    return SHEET.findall(page.text)


def test_pages_without_a_house_style_have_no_sheet_of_it(event: Event, client: Client):
    page = client.get("/wijk/")

    assert sheets(page) == []
    assert '<meta name="theme-color" content="#00633f">' in page.text
    assert "favicon" in page.text


@pytest.mark.parametrize("rest", ["", "tafelsessie/1a/", "aanmelden/", "mijn-link/", "wie-komen/"])
def test_pages_about_an_event_have_its_own(event: Event, client: Client, rest: str):
    dress(None, field=BLUE)
    dress(event, field=RED, name="Stadsdeel Oost", icon=image())

    page = client.get(f"/wijk/{rest}")

    (sheet,) = sheets(page)
    assert f"--field:light-dark({RED}," in client.get(sheet).text
    assert f'<meta name="theme-color" content="{RED}">' in page.text
    assert f'<link rel="icon" href="/huisstijl/{"a" * 32}.png" type="image/png">' in page.text
    assert "Stadsdeel Oost" in page.text.partition("</header>")[0]


@pytest.mark.parametrize("path", ["/", "/privacy/", "/opgeslagen/", "/bestaat/niet/"])
def test_other_pages_have_that_of_the_site(event: Event, client: Client, path: str):
    make_event(slug="tweede")
    dress(event, field=RED)
    dress(None, field=BLUE, name="Gemeente Waterhaven")

    page = client.get(path)

    (sheet,) = sheets(page)
    assert f"--field:light-dark({BLUE}," in client.get(sheet).text
    assert "Gemeente Waterhaven" in page.text.partition("</header>")[0]


def test_a_personal_page_has_that_of_its_event(event: Event, client: Client):
    dress(event, field=RED)
    link = token_of(make_registration(event, at=timezone.now()))

    assert sheets(client.get(f"/aanmelding/{link}/")) == [style_of(Event.objects.get()).sheet]


def test_an_event_takes_what_it_leaves_empty_from_the_site(event: Event):
    dress(None, field=BLUE, logo=image(), logo_has_name=True, logo_on_white=False)
    dress(event, icon=image("b" * 32))

    style = style_of(Event.objects.get())

    assert style.chosen.field == BLUE
    addresses = [one.address for one in (style.logo, style.icon) if one]
    assert addresses == [f"/huisstijl/{'a' * 32}.png", f"/huisstijl/{'b' * 32}.png"]
    assert (style.name, style.logo_has_name) == ("Gemeente Oss", False), "another name is written"


def test_a_logo_with_the_name_in_it_is_the_name(event: Event, client: Client):
    dress(event, logo=image(), logo_has_name=True, logo_on_white=True)

    head = client.get("/wijk/").text.partition("</header>")[0]

    assert 'class="house-logo plate"' in head
    assert 'alt="Gemeente Oss"' in head
    assert "Gemeente Oss" not in re.sub(r"<[^>]*>", "", head.partition("<body>")[2])


def test_the_broken_page_has_the_style_of_the_site_without_asking_for_it(client: Client):
    dress(None, field=BLUE)
    client.get("/")  # as any page before it
    with override_settings(ROOT_URLCONF="tests.eventsite.test_security"):
        client.raise_request_exception = False
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/breaks/")

    assert page.status_code == 500
    assert len(sheets(page)) == 1
    assert len(asked) == 0


def test_a_sheet_is_kept_for_ever_and_needs_no_database(
    client: Client, django_assert_num_queries: Callable[..., Any], event: Event
):
    dress(event, field=RED)
    address = style_of(Event.objects.get()).sheet

    with django_assert_num_queries(0):
        sheet = client.get(address)

    assert sheet["Cache-Control"] == FOR_EVER
    assert sheet["Content-Type"] == "text/css; charset=utf-8"
    assert sheet["X-Content-Type-Options"] == "nosniff"
    again = client.get(address, headers={"If-None-Match": sheet["ETag"]})
    assert again.status_code == 304
    other = client.get(re.sub(r"\.\w{8}\.css", ".00000000.css", address))
    # Of a page that another release made.
    assert (other.status_code, other["Location"]) == (302, address)
    assert other["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["154273-x-x-x-x.00000000.css", "154273-x-x-x-x-red;}.00000000.css", "x.css", "../wijk.css"],
)
def test_no_other_address_is_a_sheet(client: Client, path: str):
    assert client.get(f"/huisstijl/{path}").status_code == 404


def test_a_sheet_is_small_and_loads_nothing(client: Client, event: Event):
    dress(event, field=RED, brand="#0b5fa5", on_field="#ffffff", logo=image())
    text = client.get(style_of(Event.objects.get()).sheet).text

    assert len(page_cache.ENCODERS["gzip"](text.encode())) <= 1_100
    assert not re.search(r"url\(|@import|http|expression", text)


def test_an_image_is_served_as_one_and_as_nothing_else(client: Client, event: Event):
    dress(event, logo=image())
    found = client.get(f"/huisstijl/{'a' * 32}.png")

    assert found.content == b"bytes"
    assert found["Content-Type"] == "image/png"
    assert found["X-Content-Type-Options"] == "nosniff"
    assert found["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert found["Cache-Control"] == FOR_EVER
    assert client.get(f"/huisstijl/{'a' * 32}.jpg").status_code == 404
    assert client.get(f"/huisstijl/{'b' * 32}.png").status_code == 404


def test_an_event_may_be_called_huisstijl(client: Client):
    make_event(slug="huisstijl")

    assert client.get("/huisstijl/").status_code == 200


def test_pages_ask_once_in_a_while_for_the_style_of_the_site(event: Event, client: Client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get("/wijk/").status_code == 200
        return len(found)

    known = queries()
    KNOWN.forget()
    assert queries() == known + 1
    assert queries() == known


def test_an_event_with_its_own_asks_for_it_once_a_process(event: Event, client: Client):
    dress(event, field=RED, logo=image())

    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as found:
            client.get("/wijk/aanmelden/")
        return [one["sql"] for one in found if "program_housestyle" in one["sql"]]

    with override_settings(PROGRAMME_SECONDS=60):
        assert len(queries()) == 1
        assert queries() == []
        dress(Event.objects.get(), field=BLUE)
        assert sheets(client.get("/wijk/aanmelden/")) == [style_of(Event.objects.get()).sheet]


def test_another_style_is_another_page_for_those_who_kept_it(event: Event, client: Client):
    before = client.get("/wijk/")["ETag"]

    dress(event, field=RED)

    page = client.get("/wijk/", headers={"If-None-Match": before})
    assert page.status_code == 200
    assert page["ETag"] != before


def test_mails_have_the_colours_and_the_name(event: Event):
    make_registration(event)
    dress(Event.objects.get(), field=RED, brand="#0b5fa5", name="Stadsdeel Oost")

    html = words_of(StoredMail.objects.latest("pk")).html

    assert f'bgcolor="{RED}"' in html
    assert "#00633f" not in html
    assert "Stadsdeel Oost" in html


def test_mails_about_no_event_have_those_of_the_site():
    dress(None, field=BLUE, name="Gemeente Waterhaven")
    _text, html = envelope.rendered(
        "staff_notice", {**envelope.about(None), "subject": "x", "what": "y"}
    )

    assert f'bgcolor="{BLUE}"' in html
    assert "Gemeente Waterhaven" in html


def test_pictures_of_links_have_the_colours(event: Event, client: Client):
    before = client.get("/wijk/").context["card"].picture

    dress(event, field=RED)

    assert client.get("/wijk/").context["card"].picture != before


def test_the_database_takes_no_other_colours_and_one_style_of_the_site():
    wrong: list[Callable[[], object]] = [
        lambda: HouseStyle.objects.create(field="red"),
        lambda: HouseStyle.objects.create(brand="154273;"),
        lambda: [HouseStyle.objects.create(is_site=True) for _time in range(2)],
        lambda: image(mime_type="image/svg").save(),
    ]
    for attempt in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            attempt()


def test_colours_of_before_stay_while_the_database_is_away(
    event: Event, client: Client, monkeypatch: pytest.MonkeyPatch
):
    dress(None, field=BLUE)
    assert style_of(None).chosen.field == BLUE
    KNOWN.forget()

    def away(_self: object) -> None:
        raise IntegrityError("away")

    monkeypatch.setattr(type(HouseStyle.objects.all()), "of_site", away)

    assert style_of(None).chosen.field == BLUE
    assert house_style.style_in_memory().chosen.field == BLUE
