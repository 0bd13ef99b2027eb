"""Staff go to their organisation's provider and come back, in a real browser under our policy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_accessible import found
from tests.eventsite.accounts import ACCOUNT, LOGIN
from tests.organisation import OwnProvider, provider_running
from tests.processes import free_port, healthy, running, wait_for
from tests.provider import CLIENT_ID, CLIENT_SECRET, PASSWORD

BUTTON = "Inloggen met je account van Gemeente Voorbeeld"
WANTED = f"{ACCOUNT}?from=elsewhere"


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[OwnProvider]:
    with provider_running(tmp_path) as provider:
        noor = {"given_name": "Noor", "family_name": "Berg", "email": "noor@gemeente.example"}
        provider.person("noor", **noor, groups=["raadhuis"])
        yield provider


@pytest.fixture
def organisation_site(
    provider: OwnProvider, process_env: dict[str, str], tmp_path: Path
) -> Iterator[str]:
    """The site as in production, for an organisation with a provider."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    provider.send_back_to(f"{url}{ACCOUNT}organisatie/terug/")
    env = process_env | {
        "BIND": f"127.0.0.1:{port}",
        "SITE_URL": url,
        "REQUIRE_SECOND_FACTOR": "1",
        "OIDC_ISSUER": provider.url,
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "OIDC_NAME": "Gemeente Voorbeeld",
        "OIDC_GROUPS": "raadhuis:Organisatoren",
        "OIDC_SECOND_FACTOR": "provider",
    }
    command = (sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "eventsite.wsgi")
    with running(*command, env=env, log=tmp_path / "site.log") as program:
        wait_for("the start of the site", lambda: healthy(url))
        assert program.process.poll() is None, program.said()
        yield url


def at_the_provider(page: Page, provider: OwnProvider, button: str) -> None:
    page.wait_for_url(f"{provider.url}/login/**")
    page.fill("[name=login]", "noor")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign In").click()
    page.get_by_role("button", name=button).click()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_there_and_back(
    browser: Browser, organisation_site: str, provider: OwnProvider, scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page, said = context.new_page(), list[str]()
    page.on("console", lambda line: said.append(line.text))
    page.goto(f"{organisation_site}{LOGIN}?next={quote(WANTED)}")
    page.get_by_role("button", name=BUTTON).click()
    at_the_provider(page, provider, "Authorize")

    page.wait_for_url(f"{organisation_site}{WANTED}")
    expect(page.locator("#user-tools")).to_contain_text("noor")
    assert [line for line in said if "Security" in line] == []
    page.go_back()  # past the page that goes on by itself
    assert not page.url.startswith(f"{organisation_site}{ACCOUNT}organisatie/")
    context.close()


def test_each_page_on_the_way_is_accessible(
    browser: Browser, organisation_site: str, provider: OwnProvider
) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 2000}, color_scheme="dark", reduced_motion="reduce"
    )
    page, faults = context.new_page(), list[str]()

    def look(name: str) -> None:
        faults.extend(f"{name}: {fault}" for fault in found(page))
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults.extend([f"{name}: wider than the screen"] if wide else [])

    page.goto(f"{organisation_site}{LOGIN}")
    look("log-in page with a button")
    page.route(f"{provider.url}/**", lambda route: route.fulfill(status=204))
    page.get_by_role("button", name=BUTTON).click()
    link = page.get_by_role("link", name="Verder naar Gemeente Voorbeeld")
    link.wait_for()
    look("on the way")
    page.unroute(f"{provider.url}/**")
    link.click()
    at_the_provider(page, provider, "Cancel")
    page.get_by_text("Je bent gestopt met inloggen").wait_for()
    look("stopped")
    page.get_by_role("link", name="Inloggen", exact=True).click()
    page.get_by_role("button", name=BUTTON).click()
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url(f"{organisation_site}/admin/")
    page.goto(f"{organisation_site}{ACCOUNT}")
    look("account")

    context.close()
    assert faults == []
