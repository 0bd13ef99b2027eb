"""An organiser mails one table, and its people can stop such mail."""

from __future__ import annotations

import re
from datetime import timedelta
from subprocess import Popen

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize, expect

from registrations.models import Registration, StoredMail
from tests.browser.conftest import Server
from tests.browser.test_accessible import found
from tests.factories import make_event, make_organiser, make_registration, make_slot
from tests.processes import Inbox, wait_for

WITHOUT_SCRIPTS = ViewportSize(width=360, height=740)


@pytest.fixture(params=["with scripts", "without scripts"])
def desk(request: pytest.FixtureRequest) -> Page:
    """A browser with JavaScript on a desk, and one without on a phone."""
    with_scripts = request.param == "with scripts"
    page: Page = request.getfixturevalue("page" if with_scripts else "plain_page")
    return page


def faults(desk: Page) -> list[str]:
    """What axe finds; it is a script itself, so only where scripts run."""
    return [] if desk.viewport_size == WITHOUT_SCRIPTS else found(desk)


def test_mail_to_one_table(site: Server, worker: Popen[bytes], smtp: Inbox, desk: Page) -> None:
    starts_at = (timezone.now() + timedelta(days=14)).replace(hour=12, minute=0)
    event = make_event(starts_at=starts_at, title="Werken in de wijk")
    make_slot(event, "1a", 1, location="Burgerzaal")
    make_slot(event, "6", 1)
    noor = make_registration(event, {1: "1a"}, first_name="Noor", at=timezone.now())
    make_registration(event, {1: "6"}, first_name="Jan", at=timezone.now())
    wait_for("the mail about signing up", lambda: not StoredMail.objects.waiting().exists())
    smtp.messages.clear()

    client = Client()
    client.force_login(make_organiser(event))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    desk.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site.url}])
    desk.goto(f"/en/admin/program/event/{event.pk}/mail/")
    assert faults(desk) == []
    desk.get_by_role("link", name="New message").click()
    assert faults(desk) == []
    desk.get_by_role("checkbox", name="1a Gesprek 1a").check()
    if desk.viewport_size == WITHOUT_SCRIPTS:  # a button counts
        desk.get_by_role("button", name="Count").click()
    expect(desk.get_by_role("status")).to_contain_text("1 person gets this message.")
    expect(desk.get_by_role("checkbox", name="1a Gesprek 1a")).to_be_checked()
    desk.get_by_label("Subject").first.fill("Andere zaal: {evenement}")
    desk.get_by_label("Text", exact=True).fill(
        "Beste {voornaam},\n\n{tafels}\n\n[Mijn dag]({link})"
    )
    desk.get_by_role("button", name="Save and look at it").click()

    expect(desk.locator("#example")).to_have_text(re.compile("As Noor van der Meulen gets it"))
    assert faults(desk) == []
    desk.get_by_role("button", name="Send to 1 person now").click()
    expect(desk.locator("main")).to_contain_text("The message goes to 1 person.")
    mail = smtp.wait(noor.email, "Andere zaal: Werken in de wijk")
    desk.reload()
    expect(desk.locator(".state")).to_have_text("Sent to 1 person")
    assert faults(desk) == []

    body = mail.get_body(("plain",))
    assert body is not None
    text = str(body.get_content())
    assert text.startswith("Beste Noor,")
    assert "sessie 1a, ‘Gesprek 1a’ (Burgerzaal)" in text
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Precedence"] == "bulk"
    stop = mail["List-Unsubscribe"].strip().strip("<>")
    assert stop in text
    assert len(smtp.messages) == 1

    desk.goto(stop)
    desk.get_by_role("button", name="Stop de berichten").click()
    expect(desk.locator("h1")).to_have_text("Je krijgt geen berichten meer")
    assert Registration.objects.get(pk=noor.pk).unsubscribed_at is not None
