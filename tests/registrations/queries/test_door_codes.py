"""The code of somebody for the door: what is in it, what it opens, and what it looks like."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from program import qr
from registrations.booking import changing
from registrations.models import StoredMail
from registrations.queries import door_codes, tokens
from tests.factories import NOW, make_event, make_registration
from tests.mailed import words_of

pytestmark = pytest.mark.django_db
Clock = Callable[[datetime], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)


def test_code_names_a_row_and_holds_nothing_else_of_somebody():
    noor = make_registration(make_event(), {})

    code = door_codes.of_registration(noor)

    # Capitals and digits: in twenty of them, the smallest QR code of all.
    assert re.fullmatch(rf"TR:R{noor.pk}-[A-Z2-7]{{10}}", code)
    assert len(f"TR:R12345-{'A' * door_codes.MARK}") == 20
    assert noor.secret not in code
    assert tokens.token_of(noor) not in code


def test_codes_of_people_and_events_have_marks_of_their_own():
    here, there = make_event(), make_event()
    people = [make_registration(event, {}, email="") for event in (here, here, there)]

    marks = {door_codes.of_registration(one)[-door_codes.MARK :] for one in people}

    assert len(marks) == 3
    assert door_codes.keys_of(here) != door_codes.keys_of(there)
    moved = door_codes.of_registration(people[0])
    people[0].event = there
    assert door_codes.of_registration(people[0]) != moved


def test_code_is_no_link(client: Client):
    code = door_codes.of_registration(make_registration(make_event(), {}))

    assert client.get(f"/aanmelding/{code}/").status_code == 404


def test_picture_of_a_mail_is_small_and_black_on_white(tmp_path):
    place = tmp_path / "code.png"
    place.write_bytes(qr.png("TR:R12345-ABCDEFGHIJ"))

    with Image.open(place) as picture:
        assert picture.size == (348, 348)  # 21 squares and a margin of 4, of 12 pixels each
        assert {colour for _count, colour in picture.convert("L").getcolors() or []} == {0, 255}
        assert picture.convert("L").getpixel((40, 40)) == 255
        assert picture.convert("L").getpixel((50, 50)) == 0


def test_personal_page_shows_the_code_until_the_event_is_over(client: Client, set_clock: Clock):
    event = make_event()
    noor = make_registration(event, {})
    picture = qr.svg(door_codes.of_registration(noor), square=16)
    set_clock(event.starts_at)
    page = client.get(f"/aanmelding/{tokens.token_of(noor)}/").content.decode()
    set_clock(event.ends_at + timedelta(minutes=1))
    afterwards = client.get(f"/aanmelding/{tokens.token_of(noor)}/").content.decode()

    assert picture in page
    assert 'id="deurcode"' in page
    assert door_codes.of_registration(noor) not in page
    assert picture not in afterwards


def test_no_code_without_a_place(client: Client):
    event = make_event(capacity=1)
    make_registration(event, {})
    waits = make_registration(event, {}, waiting_too=True)
    left = make_registration(make_event(), {})
    changing.cancel(left, at=NOW)

    for one in (waits, left):
        page = client.get(f"/aanmelding/{tokens.token_of(one)}/").content.decode()
        assert "deurcode" not in page


def test_mail_leads_to_the_code_on_the_page():
    noor = make_registration(make_event(), {}, at=NOW)

    said = words_of(StoredMail.objects.get(kind="registered"))

    assert f"/aanmelding/{tokens.token_of(noor)}/#deurcode" in said.text
    assert f"/aanmelding/{tokens.token_of(noor)}/#deurcode" in said.html
    assert said.picture == qr.png(door_codes.of_registration(noor))
