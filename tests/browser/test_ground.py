"""The fixtures themselves: a real server, browser and inbox, joined to the test's database."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from email.message import EmailMessage

from django.contrib.auth.models import User
from playwright.sync_api import Page

from tests.browser.conftest import Server
from tests.processes import Inbox


def test_site_sees_the_rows_of_the_test(page: Page) -> None:
    user = User(username="organisator", is_staff=True, is_superuser=True)
    user.set_password("open sesame")
    user.save()

    page.goto("/admin/")
    page.fill("[name=login]", "organisator")
    page.fill("[name=password]", "open sesame")
    page.press("[name=password]", "Enter")

    assert page.locator("#user-tools").count() == 1


def test_plain_page_runs_no_script(site: Server, plain_page: Page) -> None:
    plain_page.goto("/admin/account/login/")

    assert plain_page.locator("html").get_attribute("lang") == "nl"


def test_smtp_keeps_what_it_is_given(smtp: Inbox) -> None:
    message = EmailMessage()
    message["To"], message["From"], message["Subject"] = "a@example.org", "b@example.org", "Dag"
    message.set_content("Tot ziens")
    with smtplib.SMTP("127.0.0.1", smtp.port) as client:
        client.send_message(message)

    assert smtp.wait(to="a@example.org")["Subject"] == "Dag"


def test_new_page_takes_options(new_page: Callable[..., Page]) -> None:
    page = new_page(color_scheme="dark", viewport={"width": 320, "height": 700})
    page.goto("/healthz/")

    assert page.viewport_size == {"width": 320, "height": 700}
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
