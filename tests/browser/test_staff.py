"""Staff log in as people do: a password, an app with codes, a passkey; axe looks at each page."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server
from tests.browser.test_accessible import found
from tests.eventsite.accounts import ACCOUNT, LOGIN, PASSWORD, PERIOD, code_at, make_account

SUBMIT = "main form:not([data-passkey]) [type=submit]"
PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def staff_page(site: Server, new_page: Callable[..., Page]) -> Page:
    """At the site's name, since passkeys know no addresses of numbers; on a dark telephone."""
    home = site.url.replace("127.0.0.1", "localhost")
    # So high that nothing lies below the fold, where axe cannot tell what is behind it.
    small = {"width": 360, "height": 2000}
    return new_page(base_url=home, viewport=small, color_scheme="dark", reduced_motion="reduce")


def give_password(page: Page) -> None:
    page.goto(LOGIN)
    page.fill("[name=login]", "beheer")
    page.fill("[name=password]", PASSWORD)
    page.locator(SUBMIT).click()


def log_out(page: Page) -> None:
    page.locator("#logout-form button").click()
    page.wait_for_url(f"**{LOGIN}")


def test_staff_log_in_with_an_app_and_with_a_passkey(site: Server, staff_page: Page) -> None:
    make_account()
    page = staff_page
    faults: list[str] = []

    def look(name: str) -> None:
        faults.extend(f"{name}: {fault}" for fault in found(page))
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults.extend([f"{name}: wider than the screen"] if wide else [])

    page.goto(LOGIN)
    look("login")
    give_password(page)
    page.goto(ACCOUNT)
    look("account")

    page.goto(f"{ACCOUNT}app/")
    secret = page.locator("code.secret").inner_text().replace(" ", "")
    assert page.evaluate("document.querySelector('img.qr').naturalWidth") > 0
    look("app")
    page.locator(SUBMIT).click()
    look("app with an error")
    assert page.locator("#errors").evaluate("heading => heading === document.activeElement")
    page.fill("[name=code]", code_at(secret, time.time()))
    page.locator(SUBMIT).click()
    page.wait_for_url(f"**{ACCOUNT}codes/")
    assert page.locator(".codes li").count() == 10
    look("codes")

    log_out(page)
    give_password(page)
    look("second factor")
    # The next code: that of now was used to set up.
    page.fill("[name=code]", code_at(secret, time.time() + PERIOD))
    page.locator(SUBMIT).first.click()
    page.wait_for_url("**/admin/")

    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    phone = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE})
    page.goto(f"{ACCOUNT}passkeys/add/")
    look("passkey")
    page.fill("[name=name]", "Mijn telefoon")
    page.locator("main [type=submit]").click()
    page.wait_for_url(f"**{ACCOUNT}")
    assert page.locator(".things").inner_text().startswith("Mijn telefoon")
    look("account with all")
    for path in ("password/change/", "app/remove/", "codes/new/", "sessions/", "logout/"):
        page.goto(ACCOUNT + path)
        look(path)

    page.goto("/admin/")
    log_out(page)
    page.locator("[data-passkey] button").click()
    page.wait_for_url("**/admin/")
    assert page.locator("#user-tools").count() == 1

    # A passkey as the second step after a password; somebody who stops is told so.
    log_out(page)
    give_password(page)
    look("second factor, with a passkey")
    page.locator("[data-passkey] button").click()
    page.wait_for_url("**/admin/")
    log_out(page)
    devtools.send("WebAuthn.setUserVerified", phone | {"isUserVerified": False})
    page.locator("[data-passkey] button").click()
    page.locator("[data-passkey] [role=alert]").wait_for()
    look("login, passkey stopped")

    assert not faults, "\n".join(faults)
