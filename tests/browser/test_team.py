"""The team of an event in a real browser: axe finds nothing, and a keyboard is enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Literal

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize, expect

from program.models import Event
from registrations.models import Host, Invitation, StoredMail
from registrations.organising import colleagues, hosts
from tests.browser.conftest import Server
from tests.browser.states import Visit, at
from tests.browser.test_accessible import DESK, found
from tests.browser.test_lists import log_in
from tests.factories import make_event, make_host, make_organiser, make_reader, make_slot

NARROW = ViewportSize(width=360, height=740)


@pytest.fixture
def event(site: Server) -> Event:
    """With hosts in every state, open and old invitations, and proposals."""
    now = timezone.now()
    event = make_event(
        title="Wijkavond",
        title_en="Evening",
        needs_question="Wat moeten we weten?",
        starts_at=now + timedelta(days=14),
    )
    for code in ("1a", "1b", "2", "3"):
        make_slot(event, code)
    event.sessions.update(text="Om **te praten**.")
    host = make_host(event, "1a", "een@buurt.example", at=now)
    make_host(event, "1b", "twee@buurt.example", at=now)
    Host.objects.filter(email="twee@buurt.example").update(email_refused_at=now)
    make_host(event, "2", "drie@buurt.example", at=now)
    event.speakers.filter(name="Gastheer 2").delete()
    hosts.propose(host, event.sessions.get(code="1a"), {"text": "Om\n\n- te *eten*"}, at=now)
    hosts.propose(host, None, {"function": "Wethouder"}, at=now)
    make_organiser(event, first_name="Olga", last_name="de Wit")
    colleagues.invite(event, "els@gemeente.example", "reader", who="o", at=now)
    colleagues.invite(event, "an@gemeente.example", "door", who="o", at=now - timedelta(days=9))
    return event


def posted(path: str, do: str) -> Visit:
    """The form with this button, sent as it stands."""

    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        if do == "save":
            page.locator(".hosts input[type=email]").last.fill("geen adres")
        with page.expect_navigation():
            page.locator(f"button[value={do}]").first.click()

    return visit


def visits(event: Event) -> Iterator[tuple[str, Visit]]:
    rest = f"/admin/program/event/{event.pk}"
    first, second = event.proposals.order_by("pk")
    yield "team", at(f"{rest}/team/")
    yield "team, wrong invitation", posted(f"{rest}/team/", "invite")
    yield "team, wrong address", posted(f"{rest}/team/", "save")
    yield "proposal of a text", at(f"{rest}/team/voorstel/{first.pk}/")
    yield "proposal of a function", at(f"{rest}/team/voorstel/{second.pk}/")


def for_readers(event: Event) -> Iterator[tuple[str, Visit]]:
    rest = f"/admin/program/event/{event.pk}"
    yield "start of a reader", at("/admin/")
    yield "overview of a reader", at(f"{rest}/overzicht/")
    yield "summary of a reader", at(f"{rest}/samenvatting/")
    yield "lists of a reader", at(f"{rest}/lijsten/")
    yield "numbers per table", at(f"{rest}/lijsten/aantallen/")
    yield "needs without names", at(f"{rest}/lijsten/zonder-namen/")


@pytest.mark.parametrize(
    ("prefix", "scheme", "size"), [("", "light", NARROW), ("/en", "dark", DESK)]
)
def test_axe_finds_nothing_on_the_pages_of_the_team(
    new_page: Callable[..., Page],
    site: Server,
    event: Event,
    prefix: str,
    scheme: Literal["light", "dark"],
    size: ViewportSize,
):
    page = log_in(new_page(color_scheme=scheme, viewport=size), site, event)
    faults: list[str] = []

    def look(name: str, visit: Visit) -> None:
        visit(page, prefix)
        faults.extend(f"{name}: {one}" for one in found(page, preload=False))
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"{name}: wider than the screen")

    for name, visit in visits(event):
        look(name, visit)
    client = Client()
    client.force_login(make_reader(event))
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site.url}])
    for name, visit in for_readers(event):
        look(name, visit)
    assert not faults, "\n".join(faults)


def test_an_organiser_invites_and_mails_with_the_keyboard_and_without_script(
    new_page: Callable[..., Page], site: Server, event: Event
):
    page = log_in(new_page(viewport=NARROW, java_script_enabled=False), site, event)
    page.goto(f"/en/admin/program/event/{event.pk}/team/")

    page.get_by_label("E-mail address", exact=True).focus()
    page.keyboard.type("kim@gemeente.example")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(
        page.get_by_text("The invitation is on its way to kim@gemeente.example.")
    ).to_be_visible()
    assert Invitation.objects.get(email="kim@gemeente.example").role == "door"

    page.get_by_label("E-mail address of Gastheer 3").focus()
    page.keyboard.type("vier@buurt.example")
    page.get_by_role("button", name="Save, and mail those not mailed yet").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved. 1 host is being mailed.")).to_be_visible()
    assert StoredMail.objects.filter(kind="host", to="vier@buurt.example").exists()
