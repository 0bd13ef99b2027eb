"""The address of an event's page, as a link, a QR code and a poster."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.test import Client
from PIL import Image

from program import qr
from program.models import Event
from program.public.preview import preview_url
from tests.factories import make_event, make_organiser

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(settings) -> Event:
    settings.SITE_URL = "https://tafel.example"
    return make_event(
        slug="wijkavond",
        title="Wijkavond",
        title_en="Neighbourhood evening",
        lead="Praat mee over de wijk.",
        organiser="Gemeente Zaanstad",
    )


@pytest.fixture
def organiser(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def test_both_addresses_are_there_to_copy(organiser: Client, event: Event):
    page = organiser.get(f"/admin/program/event/{event.pk}/delen/")

    assert [link for _code, _name, link in page.context["languages"]] == [
        "https://tafel.example/wijkavond/",
        "https://tafel.example/en/wijkavond/",
    ]
    assert page.text.count("data-copy=") == 2
    assert page.context["qr"] == qr.svg("https://tafel.example/wijkavond/")
    assert preview_url(event) not in page.text
    english = organiser.get(f"/en/admin/program/event/{event.pk}/delen/")
    assert english.context["qr"] == qr.svg("https://tafel.example/en/wijkavond/")


def test_draft_has_the_link_that_works_already(organiser: Client, event: Event):
    Event.objects.update(published=False)

    page = organiser.get(f"/admin/program/event/{event.pk}/delen/")

    assert f"https://tafel.example{preview_url(event)}" in page.text


def test_qr_code_can_be_downloaded_as_a_drawing_and_as_a_picture(organiser: Client, event: Event):
    path = f"/admin/program/event/{event.pk}/delen/qr"

    drawing, picture = organiser.get(f"{path}.svg"), organiser.get(f"{path}.png")

    assert drawing["Content-Type"] == "image/svg+xml"
    assert drawing.content == qr.svg_file("https://tafel.example/wijkavond/")
    assert drawing["Content-Disposition"] == 'attachment; filename="qr-wijkavond-nl.svg"'
    image = Image.open(BytesIO(picture.content))
    assert (image.format, image.size[0] > 1000) == ("PNG", True)


def test_poster_says_what_when_where_and_by_whom(organiser: Client, event: Event):
    page = organiser.get(f"/admin/program/event/{event.pk}/delen/poster/").text

    for words in (
        *("Wijkavond", "Praat mee over de wijk.", "Gemeente Zaanstad", "tafel.example/wijkavond"),
        *("maandag 7 december 2026", "14.00", "Stadhuisplein 100, Zaandam"),
    ):
        assert words in page
    english = organiser.get(f"/en/admin/program/event/{event.pk}/delen/poster/").text
    assert "Neighbourhood evening" in english
    assert "tafel.example/en/wijkavond" in english
