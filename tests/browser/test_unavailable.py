"""While the database keeps everybody waiting: pages that say so, and a form that is not lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain

import pytest
from django.db import connection, transaction
from playwright.sync_api import Page, expect

from program.models import Event
from registrations.models import Registration
from tests.browser.conftest import Server
from tests.browser.test_accessible import LOOKS, found
from tests.factories import make_event, make_slot
from tests.faults.visits import visit


@contextmanager
def stuck(event: Event) -> Iterator[None]:
    """For whoever writes; on PostgreSQL for whoever reads, too."""
    with transaction.atomic():
        Event.objects.locked(event.pk)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE program_event")
        yield


@pytest.fixture
def event(site: Server) -> Event:
    event = make_event(slug="wijk")
    make_slot(event, "1a")
    return event


def test_form_that_could_not_be_sent_is_sent_by_the_button(
    event: Event, new_page: Callable[..., Page]
):
    page, faults = new_page(), []
    page.goto("/wijk/")
    for look in chain(*LOOKS):
        prefix, scheme, size = look
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        page.goto(f"{prefix}/wijk/aanmelden/?round_1=1a&round_2=")
        page.fill("[name=first_name]", "Noor")
        page.fill("[name=last_name]", "van der Meulen")
        page.fill("[name=email]", "noor@haarlem.example")
        page.select_option("[name=role]", "inwoner")
        page.check("[name=agree]")
        with stuck(event):
            page.locator("main form[method=post] button:not([type=button])").last.click()
            page.locator("h1").wait_for()
            words = "This isn’t working right now" if prefix else "Dit lukt nu even niet"
            expect(page.locator("h1")).to_have_text(words)
            faults += [f"{look}: {one}" for one in found(page)]
    page.locator("main form button").click()

    expect(page).to_have_url("/en/wijk/aanmelden/controleer-je-mail/")
    assert Registration.objects.get().first_name == "Noor"
    assert faults == []


@pytest.mark.postgres
def test_old_page_says_so_where_everybody_sees_it(
    site: Server, event: Event, new_page: Callable[..., Page]
):
    page, faults = new_page(), []
    for _time in range(20):  # each process has a memory of its own
        visit(f"{site.url}/wijk/")
        visit(f"{site.url}/en/wijk/")
    with stuck(event):
        for look in chain(*LOOKS):
            prefix, scheme, size = look
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            page.goto(f"{prefix}/wijk/")
            notice = page.get_by_role("status").first
            expect(notice).to_be_in_viewport()
            # What does not work steps back.
            button = page.locator(".hero .button").first
            expect(button).to_have_css("background-color", "rgba(0, 0, 0, 0)")
            faults += [f"{look}: {one}" for one in found(page)]
    assert faults == []
