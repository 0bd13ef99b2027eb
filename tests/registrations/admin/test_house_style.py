"""The page of a house style: what is saved, what is refused, and what is offered instead."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from program.models import Event, HouseStyle, StyleImage
from program.public.house_style import KNOWN
from registrations.mail import staff_mail
from registrations.models import StoredMail
from registrations.organising.house_style import throw_away_images
from tests.factories import NOW, make_event, make_organiser, make_slot
from tests.mailed import words_of

pytestmark = pytest.mark.django_db

SITE = "/admin/program/event/huisstijl/"


@pytest.fixture
def event() -> Event:
    event = make_event(slug="wijk", organiser="Gemeente Oss")
    make_slot(event, "1a", 1)
    return event


@pytest.fixture
def client(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def page(event: Event) -> str:
    return f"/admin/program/event/{event.pk}/huisstijl/"


def style(event: Event) -> HouseStyle | None:
    return Event.objects.get(pk=event.pk).house_style


def logo(name: str = "logo.png") -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (300, 100), "#154273").save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue())


def test_colours_are_saved_as_colours(event: Event, client: Client):
    answer = client.post(
        page(event), {"do": "colours", "name": " Stadsdeel Oost ", "field": "154273", "brand": ""}
    )

    assert (answer.status_code, answer["Location"]) == (303, page(event))
    row = style(event)
    assert row is not None
    assert (row.name, row.field, row.brand) == ("Stadsdeel Oost", "#154273", "")


def test_a_weak_colour_is_refused_with_the_better_one(event: Event, client: Client):
    answer = client.post(page(event), {"do": "colours", "field": "#154273", "brand": "#4c9be8"})

    assert answer.status_code == 422
    assert "Deze kleur is te licht op wit (2,9 : 1; nodig is 4,5 : 1)." in answer.text
    better = answer.context["filled"].colours.better["brand"]
    assert f"Met {better} gaat het wel." in answer.text
    assert f'name="better" value="brand:{better}"' in " ".join(answer.text.split())
    assert style(event) is None


def test_a_light_band_needs_no_colour_for_links(event: Event, client: Client):
    assert client.post(page(event), {"do": "colours", "field": "#ffd400"}).status_code == 303

    row = style(event)
    assert row is not None
    assert (row.field, row.brand) == ("#ffd400", ""), "it follows from the band"
    answer = client.post(page(event), {"do": "colours", "field": "#ffd400", "brand": "#ffd400"})
    assert "te licht op wit" in answer.text, "somebody chose it"


def test_the_better_colour_is_saved_by_its_button(event: Event, client: Client):
    typed = {"do": "colours", "field": "#154273", "brand": "#4c9be8"}
    better = client.post(page(event), typed).context["filled"].colours.better["brand"]

    answer = client.post(page(event), {**typed, "better": f"brand:{better}"})

    assert answer.status_code == 303
    row = style(event)
    assert row is not None
    assert (row.field, row.brand) == ("#154273", better)


def test_each_form_of_the_page_can_be_sent(event: Event, client: Client):
    forms = re.findall(r'<form class="staff-form".*?</form>', client.get(page(event)).text, re.S)

    assert len(forms) == 3
    assert all("csrfmiddlewaretoken" in form for form in forms)


@pytest.mark.parametrize("typed", ["blauw", "#12345", "red;}body{"])
def test_what_is_no_colour_is_refused_and_kept(event: Event, client: Client, typed: str):
    answer = client.post(page(event), {"do": "colours", "field": typed[:7]})

    assert answer.status_code == 422
    assert "zes cijfers of letters" in answer.text
    assert style(event) is None


def test_a_logo_is_drawn_anew_and_shown(event: Event, client: Client):
    answer = client.post(page(event), {"do": "images", "logo": logo(), "logo_on_white": "on"})

    assert answer.status_code == 303
    stored = StyleImage.objects.get()
    assert (stored.width, stored.height, stored.mime_type) == (300, 100, "image/png")
    address = f"/huisstijl/{stored.key}.png"
    assert address in client.get(page(event)).text
    assert client.get(address).content == bytes(stored.content)
    assert 'class="house-logo plate"' in client.get("/wijk/").text


def test_a_logo_stays_when_another_box_is_ticked_and_goes_when_asked(event: Event, client: Client):
    client.post(page(event), {"do": "images", "logo": logo()})
    client.post(page(event), {"do": "images", "logo_has_name": "on"})
    row = style(event)
    assert row is not None
    assert (row.logo_id is not None, row.logo_has_name) == (True, True)

    client.post(page(event), {"do": "images", "remove_logo": "on"})

    assert style(event) is None
    throw_away_images()
    assert not StyleImage.objects.exists()


def test_a_name_needs_no_colours_and_colours_can_be_taken_away(event: Event, client: Client):
    both = {"do": "colours", "name": "Stadsdeel Oost", "field": "#154273"}
    for sent in ({"do": "colours", "name": "Stadsdeel Oost"}, both, both | {"field": ""}):
        assert client.post(page(event), sent).status_code == 303
        row = style(event)
        assert row is not None
        assert (row.name, row.field) == ("Stadsdeel Oost", sent.get("field", ""))
        assert client.get("/wijk/").status_code == 200


def test_a_colour_that_goes_with_none_is_refused(event: Event, client: Client):
    answer = client.post(page(event), {"do": "colours", "on_field": "#154273"})

    assert answer.status_code == 422
    assert "Kies ook een kleur voor de balk of voor knoppen" in answer.text
    assert style(event) is None


def test_ticks_of_a_logo_that_is_not_there_say_that_nothing_changed(event: Event, client: Client):
    ticks = {"do": "images", "logo_has_name": "on"}
    answer = client.post(page(event), ticks, follow=True)

    assert "Er is niets veranderd" in answer.text
    assert not event.changes.exists()


def test_a_name_with_a_line_break_is_refused(event: Event, client: Client):
    """It is in the headers of mail; a form field of one line can be sent with two."""
    answer = client.post(page(event), {"do": "colours", "name": "Oss\r\nBcc: els@example.org"})

    assert answer.status_code == 422
    assert "op één regel" in answer.text
    assert style(event) is None


def test_an_svg_is_refused_with_what_to_do(event: Event, client: Client):
    file = SimpleUploadedFile("logo.png", b"<svg><script>alert(1)</script></svg>")

    answer = client.post(page(event), {"do": "images", "logo": file})

    assert answer.status_code == 422
    assert "Sla de afbeelding op als PNG" in answer.text
    assert not StyleImage.objects.exists()


def test_tokens_fill_in_the_colours_and_save_nothing(event: Event, client: Client):
    css = "--utrecht-link-color: #0b5fa5; --utrecht-page-header-background-color: #ffc917;"

    answer = client.post(page(event), {"do": "tokens", "text": css + "}"})

    assert answer.status_code == 200
    assert 'value="#0b5fa5"' in answer.text
    assert "utrecht.page-header.background-color" in answer.text
    assert style(event) is None


def test_tokens_that_are_too_weak_are_refused_like_any_colour(event: Event, client: Client):
    answer = client.post(page(event), {"do": "tokens", "text": "--utrecht-link-color: #ffc917;"})

    assert answer.status_code == 422
    assert "te licht op wit" in answer.text


@pytest.mark.parametrize("used", ["file", "text"])
def test_tokens_that_cannot_be_read_are_told_at_their_own_field(
    event: Event, client: Client, used: str
):
    sent = SimpleUploadedFile("tokens.json", b"{,") if used == "file" else "{,"

    answer = client.post(page(event), {"do": "tokens", used: sent})

    assert answer.status_code == 422
    assert answer.context["filled"].tokens.errors == {used: ["Dit is geen geldige JSON."]}


def test_a_file_without_tokens_says_so(event: Event, client: Client):
    file = SimpleUploadedFile("tokens.json", b"{}")

    answer = client.post(page(event), {"do": "tokens", "file": file})

    assert answer.status_code == 422
    assert "We kennen geen van deze tokens" in answer.text


def test_the_page_beside_the_form_has_the_sheet(event: Event, client: Client):
    client.post(page(event), {"do": "colours", "field": "#154273"})

    for rest in ("huisstijl", "dag", "programma"):
        shown = client.get(f"/admin/program/event/{event.pk}/{rest}/").text
        assert "/huisstijl/154273-x-x-x-x-x." in shown.partition("data-styles")[2][:400], rest


def test_the_page_beside_the_form_has_the_head_with_name_and_logo(event: Event, client: Client):
    client.post(page(event), {"do": "colours", "name": "Stadsdeel Oost"})
    client.post(page(event), {"do": "images", "logo": logo()})

    shown = client.get(page(event)).text.partition("<template data-page>")[2]
    head = shown.partition("</template>")[0].partition("</header>")[0]
    assert head.startswith('<header class="head">')
    assert "Stadsdeel Oost" in head
    assert StyleImage.objects.get().key in head
    dag = client.get(f"/admin/program/event/{event.pk}/dag/").text
    assert "<header" not in dag.partition("<template data-page>")[2].partition("</template>")[0]


def test_the_poster_has_the_colours_on_paper_too(event: Event, client: Client):
    client.post(page(event), {"do": "colours", "field": "#154273"})

    shown = client.get(f"/admin/program/event/{event.pk}/delen/poster/").text
    sheet = client.get(f"/huisstijl/{shown.partition('/huisstijl/')[2].partition(chr(34))[0]}").text

    assert ":root{--poster:#154273;--on-poster:#ffffff" in sheet.rpartition("@media")[2]


def test_only_an_administrator_sets_that_of_the_site(event: Event, client: Client):
    assert client.get(SITE).status_code == 403
    assert client.post(SITE, {"do": "colours", "field": "#154273"}).status_code == 403
    assert not HouseStyle.objects.exists()

    administrator = Client()
    administrator.force_login(User.objects.create_superuser("beheer"))
    assert SITE in administrator.get("/admin/").text
    answer = administrator.post(SITE, {"do": "colours", "name": "Oss", "field": "#154273"})

    assert answer.status_code == 303
    assert HouseStyle.objects.get().is_site
    KNOWN.forget()
    assert "Oss" in administrator.get("/admin/").text.partition("</header>")[0]
    assert LogEntry.objects.get().user.username == "beheer"

    administrator.post(SITE, {"do": "colours", "name": "", "field": ""})
    assert not HouseStyle.objects.exists()
    line = LogEntry.objects.order_by("pk").last()
    assert line is not None
    assert (line.action_flag, line.user.username) == (DELETION, "beheer")


def test_a_name_of_two_lines_is_one_line_in_the_subject_of_a_mail():
    """One that was stored before it was refused."""
    HouseStyle.objects.create(is_site=True, name="Gemeente\r\nOss")
    KNOWN.forget()
    user = User.objects.create_user("els", "els@gemeente.example")
    staff_mail.store_notice(user, "Iets.", at=NOW)

    assert words_of(StoredMail.objects.get()).subject.endswith("Gemeente Oss")
