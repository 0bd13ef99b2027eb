"""Without scripts, on a small phone: all kinds of questions answered, corrected and erased."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from subprocess import Popen

from django.utils import timezone
from playwright.sync_api import Page, expect

from program.models import Event
from registrations.models import Registration, SpecialNeeds
from tests.browser.conftest import Server
from tests.factories import make_event, make_question
from tests.processes import Inbox

NEEDS = "Heb je een dieet, of hulp nodig?"


def make_asking(slug: str) -> Event:
    """An event that asks all there is to ask, and says something beforehand."""
    starts_at = (timezone.now() + timedelta(days=14)).replace(hour=12, minute=0)
    event = make_event(
        slug=slug,
        starts_at=starts_at,
        rounds=0,
        needs_question=NEEDS,
        notice="Er worden **foto's** gemaakt. Lees de [huisregels](https://zaanstad.example).",
    )
    make_question(event, "In welke wijk woon je?", required=True)
    make_question(event, "Wat wil je bespreken?", "long_text")
    make_question(event, "Hoe kom je?", "one", options=["Te voet", "Met de fiets"], required=True)
    make_question(event, "Wat eet je?", "several", options=["Soep", "Brood", "Fruit"])
    make_question(event, "Was je er eerder?", "yes_no")
    return event


def test_all_kinds_of_questions_without_scripts(
    site: Server, new_page: Callable[..., Page], smtp: Inbox, worker: Popen[bytes]
) -> None:
    make_asking("wijk")
    page = new_page(java_script_enabled=False, viewport={"width": 320, "height": 640})
    send = page.locator("main form").get_by_role("button").last

    # Sent too early: all that is wrong is told, and leads to its input.
    page.goto("/wijk/aanmelden/")
    page.get_by_label("Voornaam").fill("Noor")
    page.get_by_label("Achternaam").fill("van der Meulen")
    page.get_by_label("E-mailadres").fill("noor@haarlem.example")
    page.get_by_label("Je bent").select_option("inwoner")
    page.get_by_role("checkbox", name="Mijn plek is alleen voor mij").check()
    page.get_by_role("group", name="Wat eet je?").get_by_label("Brood").check()
    page.get_by_label(NEEDS).fill("Geen noten.")
    send.click()
    wrong = page.locator(".notice.wrong a")
    expect(wrong).to_have_count(3)
    wrong.nth(1).click()
    expect(page.get_by_role("radio", name="Te voet")).to_be_focused()

    # Mended: what was typed is there, and the rest is filled in.
    page.get_by_label("In welke wijk woon je?").fill("Poelenburg")
    page.get_by_label("Wat wil je bespreken?").fill("Jongeren.\nEn ouderen.")
    page.get_by_role("radiogroup", name="Hoe kom je?").get_by_label("Met de fiets").check()
    page.get_by_role("radiogroup", name="Was je er eerder?").get_by_label("Nee").check()
    page.locator("#id_special_needs_agree").check()
    send.click()
    expect(page).to_have_url(re.compile("controleer-je-mail"))
    body = smtp.wait("noor@haarlem.example").get_body(("plain",))
    assert body is not None
    text = str(body.get_content())
    assert "huisregels <https://zaanstad.example>" in text
    link = re.search(r"http://\S+/aanmelding/[^/\s]+/", text)
    assert link is not None

    # Confirmed, seen, corrected.
    page.goto(link[0])
    page.locator(".hero form").get_by_role("button").click()
    for words in ("Poelenburg", "Met de fiets", "Brood", "Nee", "Geen noten."):
        expect(page.locator(".aside dl").get_by_text(words, exact=True)).to_be_visible()
    page.locator("a[href$='/antwoorden/']").click()
    page.get_by_role("group", name="Wat eet je?").get_by_label("Brood").uncheck()
    page.get_by_role("group", name="Wat eet je?").get_by_label("Fruit").check()
    page.locator("main form").first.get_by_role("button").click()
    expect(page.locator(".hero .notice")).to_be_visible()
    expect(page.locator(".aside").get_by_text("Fruit", exact=True)).to_be_visible()

    # The needs, erased at once.
    page.locator("a[href$='/antwoorden/']").click()
    page.locator("main form").last.get_by_role("button").click()
    expect(page.locator(".hero .notice")).to_be_visible()
    expect(page.get_by_text("Geen noten.")).to_have_count(0)

    noor = Registration.objects.get()
    assert [answer.value for answer in noor.answers.all()] == [
        "Poelenburg",
        "Jongeren.\nEn ouderen.",
        "Met de fiets",
        ["Fruit"],
        False,
    ]
    assert not SpecialNeeds.objects.exists()
