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
from tests.browser.test_lists import log_in as as_organiser
from tests.browser.test_programme_sheet import (
    Counted,
    check_the_day,
    paste_the_tables,
    paste_the_timetable,
    type_the_tables,
    type_the_timetable,
)
from tests.factories import make_event, make_organiser, make_registration

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


def make_the_event(page: Page, programme: Programme) -> Event:
    page.goto(f"{ADMIN}/event/nieuw/")
    venue = programme.venue
    names = "title lead text slug organiser organiser_email capacity video_url video_title"
    type_in(
        page,
        **{name: getattr(programme, name) for name in names.split()},
        **{f"venue_{name}": getattr(venue, name) for name in ("name", "street")},
        **{f"venue_{name}": getattr(venue, name) for name in ("postcode", "city")},
        day=f"{DAY:%Y-%m-%d}",
        starts=f"{programme.starts:%H:%M}",
        ends=f"{programme.ends:%H:%M}",
    )
    page.get_by_text("Engels, adres en video").click()
    page.get_by_label("Ook in het Engels").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Opslaan, en verder naar de tafels").click()
    event = Event.objects.get()
    write_the_english(page, event, programme)
    answer_questions(page, event, programme)
    return event


def write_the_english(page: Page, event: Event, programme: Programme) -> None:
    page.goto(f"{ADMIN}/event/{event.pk}/dag/")
    names = ["title_en", "lead_en", "text_en", "video_title_en"]
    type_in(page, **{name: getattr(programme, name) for name in names})
    save(page)


def answer_questions(page: Page, event: Event, programme: Programme) -> None:
    page.goto(f"{ADMIN}/event/{event.pk}/aanmelden/")
    for index, question in enumerate(programme.questions):
        names = "question question_en answer answer_en"
        type_in(
            page,
            **{f"questions-{index}-{name}": getattr(question, name) for name in names.split()},
        )
        save(page)


def make_the_timetable(page: Page, event: Event, programme: Programme) -> None:
    page.goto(f"{ADMIN}/event/{event.pk}/programma/")
    for index, item in enumerate(programme.agenda):
        words = {"starts": f"{item.starts:%H.%M}", "ends": f"{item.ends:%H:%M}"}
        words |= {"title": item.title, "title_en": item.title_en}
        name = f"new-line-{index}"
        if page.locator(f"[name={name}-title]").count() == 0:
            page.get_by_role("button", name="+ regel").click()
        type_in(page, **{f"{name}-{field}": value for field, value in words.items()})
        if item.round:
            page.locator(f"[name={name}-is_round]").check()
    save(page)


def make_the_tables(page: Page, event: Event, programme: Programme) -> None:
    """All table sessions at once, with their themes, hosts and seats."""
    rounds = {round_.number: round_.pk for round_ in event.rounds.all()}
    themes = {theme.number: f"{theme.number}. {theme.title}" for theme in programme.themes}
    for index, session in enumerate(programme.sessions):
        name = f"session-new-{index}"
        if page.locator(f"[name={name}-title]").count() == 0:
            page.get_by_role("button", name="+ rij").click()
        hosts = ", ".join(full_name(programme, host) for host in session.hosts)
        typed = {"code": session.code, "title": session.title, "theme": themes[session.theme]}
        row = {f"{name}-{field}": value for field, value in {**typed, "hosts": hosts}.items()}
        for slot in session.slots:
            cell = f"cell-new-{index}-{rounds[slot.round]}"
            row |= {f"{cell}-seats": str(slot.seats), f"{cell}-location": slot.location}
        type_in(page, **row)
    save(page)
    # Themes that are new are shown first.
    with page.expect_navigation():
        page.get_by_role("button", name="Dit opslaan").click()


def full_name(programme: Programme, name: str) -> str:
    (host,) = programme.speakers_called(name)
    return f"{host.name} ({host.organisation})" if host.organisation else host.name


def write_about_the_themes(page: Page, event: Event, programme: Programme) -> None:
    page.goto(f"{ADMIN}/event/{event.pk}/programma/themas/")
    for theme in programme.themes:
        row = Theme.objects.get(event=event, number=theme.number)
        words = {"title_en": theme.title_en, "text": theme.text, "text_en": theme.text_en}
        type_in(page, **{f"theme-{row.pk}-{field}": value for field, value in words.items()})
    save(page)


def write_about_a_table(page: Page, row: TableSession, session: SessionEntry) -> None:
    page.goto(f"{ADMIN}/event/{row.event_id}/programma/{row.pk}/")
    words = {"title_en": session.title_en, "text": session.text, "text_en": session.text_en}
    type_in(page, **{f"session-{field}": value for field, value in words.items()})
    for slot in session.slots:
        table = row.slots.get(round__number=slot.round)
        type_in(page, **{f"slot-{table.pk}-location_en": slot.location_en})
    save(page)


def write_about_the_hosts(page: Page, event: Event, programme: Programme) -> None:
    page.goto(f"{ADMIN}/event/{event.pk}/programma/gastheren/")
    for row in event.speakers.all():
        (host,) = programme.speakers_called(row.name)
        for name in ("function", "function_en", "organisation_en"):
            type_in(page, **{f"host-{row.pk}-{name}": getattr(host, name)})
    save(page)


def test_event_made_by_hand_is_the_event_of_the_file(site: Server, page: Page) -> None:
    programme = moved(files.load_toml(FILE.read_bytes()), DAY)
    log_in(page, site)
    event = make_the_event(page, programme)
    make_the_timetable(page, event, programme)
    make_the_tables(page, event, programme)
    write_about_the_themes(page, event, programme)
    for session in programme.sessions:
        row = TableSession.objects.get(event=event, code=session.code)
        write_about_a_table(page, row, session)
    write_about_the_hosts(page, event, programme)

    see_it_beside(page, event)
    try_the_form(page, event)
    page.goto(f"{ADMIN}/event/{event.pk}/dag/")
    page.get_by_role("link", name="Publiceren").click()
    with page.expect_navigation():
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


def see_it_beside(page: Page, event: Event) -> None:
    """The page stands beside the form, and follows what is typed."""
    page.goto(f"{ADMIN}/event/{event.pk}/dag/")
    phone = page.locator("[data-phone]")
    expect(phone.get_by_text("Bewoners regelen zelf meer")).to_be_visible()
    page.locator("[name=title]").fill("Een heel andere titel")
    expect(
        phone.get_by_role("heading", name="Een heel andere titel", include_hidden=True)
    ).to_be_visible()
    page.locator("[name=ends]").fill("01:00")
    expect(page.locator("[data-said]")).to_contain_text("Er staat een fout in het formulier")
    event.refresh_from_db()
    assert event.title != "Een heel andere titel"
    page.on("dialog", lambda dialog: dialog.accept())  # nothing of it is kept


def try_the_form(page: Page, event: Event) -> None:
    page.goto(f"{ADMIN}/event/{event.pk}/aanmelden/")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open de pagina en probeer het").click()
    form = opened.value
    expect(form.get_by_text("Je probeert het formulier uit.")).to_be_visible()
    form.close()


def copy_it(page: Page, event: Event) -> None:
    """To a week later: the same programme, not published."""
    page.goto(f"{ADMIN}/event/{event.pk}/publiceren/")
    page.get_by_role("link", name="Kopieer dit evenement").click()
    page.locator("[name=day]").fill(f"{DAY + timedelta(days=7):%Y-%m-%d}")
    page.get_by_role("button", name="Kopieer dit evenement").click()
    expect(page.locator(".standing")).to_have_text("concept")
    original = programme_of(Event.objects.get(pk=event.pk))
    made = programme_of(Event.objects.latest("pk"))
    expected = moved(original, DAY + timedelta(days=7))
    assert made == replace(expected, slug=made.slug, published=False)


def lower_seats(page: Page, event: Event) -> None:
    """Below what is taken: refused, with who is there."""
    noor = make_registration(event, {1: "1a"}, first_name="Noor")
    make_registration(event, {1: "1a"}, first_name="Bram")
    page.goto(f"{ADMIN}/event/{event.pk}/programma/")
    seats = page.get_by_label("Plekken aan tafel, 1a, Ronde 1", exact=True)
    seats.fill("1")
    page.get_by_role("button", name="Opslaan", exact=True).click()
    expect(page.get_by_role("heading", name="Er is nog niets opgeslagen")).to_be_visible()
    expect(page.get_by_role("link", name=noor.name)).to_be_visible()
    assert event.slots.get(session__code="1a").seats == 14


# The whole day of three rounds, with 12 sessions and 18 hosts, from Start to the published page


def begin(page: Page, site: Server) -> Counted:
    """On Start, as somebody who made an event at the same venue before."""
    now = timezone.now()
    before = make_event(title="Vorig jaar", starts_at=now - timedelta(days=20))
    typist = Counted(as_organiser(page, site, before))
    page.goto("/admin/")
    page.get_by_role("link", name="Nieuw evenement").click()
    typist.type_in("title", "Wijkavond")
    typist.type_in("day", f"{now + timedelta(days=14):%Y-%m-%d}")
    typist.type_in("starts", "14:00")
    typist.type_in("ends", "18:00")
    typist.type_in("venue_name", "Gemeentehuis")
    typist.type_in("capacity", "100")
    typist.type_in("organiser", "Gemeente")
    typist.type_in("organiser_email", "post@gemeente.example")
    typist.press("Opslaan, en verder naar de tafels")
    return typist


def publish(typist: Counted) -> None:
    typist.page.get_by_role("link", name="Publiceren").click()
    typist.press("Publiceren")
    assert Event.objects.get(title="Wijkavond").published


def test_whole_day_is_typed_in_few_fields_and_pages(page: Page, site: Server):
    typist = begin(page, site)
    type_the_timetable(typist)
    made = Event.objects.get(title="Wijkavond")
    type_the_tables(typist, made)
    check_the_day(made)
    publish(typist)

    assert (typist.loads <= 12, typist.fields <= 120) == (True, True), vars(typist)


def test_whole_day_is_pasted_in_few_pages(page: Page, site: Server):
    typist = begin(page, site)
    paste_the_timetable(typist)
    paste_the_tables(typist)
    check_the_day(Event.objects.get(title="Wijkavond"))

    assert (typist.loads <= 6, typist.fields <= 10) == (True, True), vars(typist)
