"""An organiser makes the whole Zaanstad event from nothing, by hand, on the pages of the admin."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from program.file import files
from program.file.from_db import programme_of
from program.file.model import Programme, SessionEntry, moved
from program.models import Event, TableSession, Theme
from registrations.management.commands.load_demo import FILE
from registrations.organising.programmes import load_programme
from tests.browser.conftest import Server
from tests.factories import make_organiser, make_registration

DAY = date(2030, 12, 2)
ADMIN = "/admin/program"
TYPE = """(typed) => {
  for (const [name, value] of Object.entries(typed)) {
    const field = document.getElementsByName(name)[0];
    if (!field) throw new Error(`no field ${name}`);
    field.value = value;
  }
}"""


def type_in(page: Page, **typed: object) -> None:
    """Fill in fields by their names, those that are folded away too."""
    page.evaluate(TYPE, {name: str(value) for name, value in typed.items() if value is not None})


def save(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Opslaan", exact=True).click()
    expect(page.locator(".errornote")).to_have_count(0)


def log_in(page: Page, site: Server) -> None:
    client = Client()
    client.force_login(make_organiser(first_name="Jo"))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site.url}])


def make_venue(page: Page, programme: Programme) -> None:
    """In the window that the plus beside the field opens."""
    venue = programme.venue
    with page.expect_popup() as opened:
        page.locator("#add_id_venue").click()
    popup = opened.value
    popup.locator("#id_name").wait_for()
    type_in(popup, name=venue.name, street=venue.street, postcode=venue.postcode, city=venue.city)
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Opslaan", exact=True).click()


def make_the_event(page: Page, programme: Programme) -> None:
    page.goto(f"{ADMIN}/event/add/")
    make_venue(page, programme)
    for _more in programme.questions[1:]:
        page.locator("#questions-group .add-row a").click()
    names = "title title_en lead lead_en text text_en slug organiser organiser_email capacity"
    names += " video_url video_title video_title_en"
    type_in(
        page,
        **{name: getattr(programme, name) for name in names.split()},
        day=f"{DAY:%-d-%-m-%Y}",
        starts=f"{programme.starts:%H.%M}",
        ends=f"{programme.ends:%H.%M}",
    )
    for index, item in enumerate(programme.agenda):
        words = {"starts": f"{item.starts:%H.%M}", "ends": f"{item.ends:%H:%M}"}
        words |= {"title": item.title, "title_en": item.title_en}
        type_in(
            page,
            **{f"agenda-{index}-{name}": value for name, value in words.items()},
            **{f"agenda-{index}-number": item.round},
        )
    for index, question in enumerate(programme.questions):
        names = "question question_en answer answer_en"
        type_in(
            page,
            **{f"questions-{index}-{name}": getattr(question, name) for name in names.split()},
        )
    save(page)


def make_the_tables(page: Page, programme: Programme) -> None:
    """All themes and table sessions at once, with their seats."""
    expect(page.get_by_role("heading", name="Tafels", exact=True)).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("link", name="Meer lege regels").click()
    for index, theme in enumerate(programme.themes):
        type_in(
            page,
            **{f"new-theme-{index}-number": theme.number, f"new-theme-{index}-title": theme.title},
        )
    for index, session in enumerate(programme.sessions):
        row = {"code": session.code, "title": session.title, "number": session.theme}
        type_in(page, **{f"new-session-{index}-{name}": value for name, value in row.items()})
        for slot in session.slots:
            cell = f"new-cell-{index}-{slot.round}"
            type_in(page, **{f"{cell}-seats": slot.seats, f"{cell}-location": slot.location})
    save(page)


def write_about_the_themes(page: Page, event: Event, programme: Programme) -> None:
    for theme in programme.themes:
        row = Theme.objects.get(event=event, number=theme.number)
        page.goto(f"{ADMIN}/theme/{row.pk}/change/")
        type_in(page, title_en=theme.title_en, text=theme.text, text_en=theme.text_en)
        save(page)


def write_about_a_table(
    page: Page, row: TableSession, session: SessionEntry, who: Programme
) -> None:
    page.goto(f"{ADMIN}/tablesession/{row.pk}/change/")
    type_in(page, title_en=session.title_en, text=session.text, text_en=session.text_en)
    for index, name in enumerate(session.hosts):
        (host,) = who.speakers_called(name)
        typed = {"who": name, "function": host.function, "organisation": host.organisation}
        type_in(page, **{f"hostings-{index}-{field}": each for field, each in typed.items()})
    for index, slot in enumerate(session.slots):
        type_in(page, **{f"slots-{index}-location_en": slot.location_en})
    save(page)


def translate_the_speakers(page: Page, event: Event, programme: Programme) -> None:
    """On one list."""
    page.goto(f"{ADMIN}/speaker/?event__id__exact={event.pk}")
    for index, row in enumerate(page.locator("#result_list tbody tr").all()):
        (host,) = programme.speakers_called(row.locator("th").inner_text())
        type_in(
            page,
            **{f"form-{index}-function_en": host.function_en},
            **{f"form-{index}-organisation_en": host.organisation_en},
        )
    save(page)


def test_event_made_by_hand_is_the_event_of_the_file(site: Server, page: Page) -> None:
    programme = moved(files.load_toml(FILE.read_bytes()), DAY)
    log_in(page, site)
    make_the_event(page, programme)
    make_the_tables(page, programme)
    event = Event.objects.get()
    write_about_the_themes(page, event, programme)
    for session in programme.sessions:
        row = TableSession.objects.get(event=event, code=session.code)
        write_about_a_table(page, row, session, programme)
    translate_the_speakers(page, event, programme)

    page.goto(f"{ADMIN}/event/{event.pk}/change/")
    page.get_by_role("button", name="Voorbeeld").first.click()
    expect(page.locator("[data-shown]").first).to_contain_text("Bewoners regelen zelf meer")
    page.get_by_role("link", name="Voorbeeld", exact=True).click()
    expect(page.get_by_text("Dit is een voorbeeld")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Publiceren").click()
    page.get_by_role("link", name="Bekijk de pagina").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(programme.title)

    at = timezone.now()
    copy = load_programme(replace(programme, slug="kopie"), who="test", at=at).event
    made, loaded = programme_of(Event.objects.get(pk=event.pk)), programme_of(copy)
    assert made == replace(loaded, slug=made.slug)
    data, same = (
        page.request.get(f"/{slug}/programma.json").json() for slug in (event.slug, copy.slug)
    )
    assert data["sittings"] == same["sittings"]
    assert data["rounds"] == same["rounds"]

    copy_it(page, event)
    lower_seats(page, event)


def copy_it(page: Page, event: Event) -> None:
    """To a week later: the same programme, not published."""
    page.goto(f"{ADMIN}/event/{event.pk}/change/")
    page.get_by_role("link", name="Kopieer dit evenement").click()
    page.locator("[name=day]").fill(f"{DAY + timedelta(days=7):%Y-%m-%d}")
    page.get_by_role("button", name="Kopieer dit evenement").click()
    expect(page.get_by_role("heading", name="Concept")).to_be_visible()
    original = programme_of(Event.objects.get(pk=event.pk))
    made = programme_of(Event.objects.latest("pk"))
    expected = moved(original, DAY + timedelta(days=7))
    assert made == replace(expected, slug=made.slug, published=False)


def lower_seats(page: Page, event: Event) -> None:
    """Below what is taken: refused, with who is there."""
    noor = make_registration(event, {1: "1a"}, first_name="Noor")
    make_registration(event, {1: "1a"}, first_name="Bram")
    page.goto(f"{ADMIN}/event/{event.pk}/tafels/")
    seats = page.get_by_label("Plekken aan tafel, 1a, Ronde 1", exact=True)
    seats.fill("1")
    page.get_by_role("button", name="Opslaan", exact=True).click()
    expect(page.get_by_role("heading", name="Er is nog niets opgeslagen")).to_be_visible()
    expect(page.get_by_role("link", name=noor.name)).to_be_visible()
    assert event.slots.get(session__code="1a").seats == 14
