"""Scanning at the door: a real browser whose camera shows a film of QR codes.

Chromium on Linux reads none by itself, so it is our decoder that reads them.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import qrcode
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import override_settings
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect

from program import qr
from program.models import Event
from registrations.booking import changing
from registrations.door import shell
from registrations.models import Registration
from registrations.privacy import erasure
from registrations.queries import door_codes, tokens
from tests.browser.conftest import CHROMIUM, WINDOWLESS, Server, find_chromium, how_to_launch
from tests.browser.door_page import (
    MAY_FAIL,
    PHONE,
    NewPage,
    button,
    join,
    make_door_event,
    make_pass,
    present,
    ready,
    search,
    wait_present,
)
from tests.browser.test_accessible import OPTIONS
from tests.conftest import BROWSER_HELP, leave_out
from tests.factories import make_event, make_registration
from tests.processes import wait_for

STATIC = Path(__file__).resolve().parents[2] / "static"
WIDE, HIGH, PER_SECOND = 640, 480, 10

# What would be heard and felt, and whether anything was made to sound.
SIGNALS = """
  window.felt = [], window.heard = 0, window.speakers = 0;
  Navigator.prototype.vibrate = (pattern) => felt.push(pattern.length);
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) { heard += 1; start.call(this, at); };
  window.AudioContext = class extends AudioContext { constructor() { super(); speakers += 1; } };
"""
DECODER_KEPT = """async () => {
  const decoder = document.querySelector('[data-decoder]').dataset.decoder;
  return Boolean(await caches.match(decoder));
}"""
IN, LOOK = 1, 3  # buzzes and pauses of each


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the camera shows, over and over, from when it starts."""
    return tmp_path_factory.mktemp("film") / "camera.y4m"


@pytest.fixture(scope="module")
def _with_camera(_playwright: Playwright, film: Path) -> Iterator[Browser | None]:
    executable = find_chromium(_playwright, WINDOWLESS + CHROMIUM)
    if not executable:
        yield None
        return
    launch = how_to_launch(executable)
    launch["args"] += [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    browser = _playwright.chromium.launch(**launch)
    yield browser
    browser.close()


@pytest.fixture
def browser(_with_camera: Browser | None, request: pytest.FixtureRequest) -> Browser:
    if _with_camera is None:
        leave_out(request, BROWSER_HELP)
        raise AssertionError  # not reached: leave_out always raises
    return _with_camera


@pytest.fixture(autouse=True)
def _network_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.browser.conftest.ACCEPTED", MAY_FAIL)


@pytest.fixture
def event(site: Server) -> Event:
    return make_door_event()


@pytest.fixture
def device(event: Event, new_page: NewPage) -> Page:
    page = new_page(viewport=PHONE)
    page.add_init_script(SIGNALS)
    return join(page, make_pass(event))


def shoot(film: Path, *texts: str, seconds: float = 1) -> None:
    """A film of these codes, each so long, as on a phone that is held up askew; "" for none."""
    with film.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDE} H{HIGH} F{PER_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for text in texts:
            grey = Image.new("L", (WIDE, HIGH), 120)
            if text:
                with Image.open(BytesIO(qr.png(text))) as code:
                    small = code.convert("L").resize((200, 200))
                grey.paste(small.rotate(17, expand=True, fillcolor=120), (180, 90))
            colourless = bytes([128]) * (WIDE * HIGH // 2)
            file.write((b"FRAME\n" + grey.tobytes() + colourless) * round(seconds * PER_SECOND))


def code_of(first_name: str) -> str:
    return door_codes.of_registration(
        Registration.objects.select_related("event").get(first_name=first_name)
    )


def scan(page: Page) -> None:
    button(page, "Scan").click()


def says(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.locator("[data-scanned]")).to_have_text(text)


def test_scan_lets_somebody_in_at_once_without_a_network(event: Event, device: Page, film: Path):
    shoot(film, code_of("Zoë"), "")
    wait_for("the decoder on the device", lambda: device.evaluate(DECODER_KEPT))
    device.context.set_offline(True)
    device.reload()
    ready(device)

    scan(device)

    says(device, "Zoë van Dijk is binnen.")
    expect(device.get_by_role("status")).to_have_text("Zoë van Dijk is binnen.")
    expect(device.locator("[data-count=present]")).to_have_text("1")
    expect(device.locator("#scanner .person.is-in")).to_contain_text("Zoë van Dijk")
    assert device.evaluate("felt") == [IN]
    assert device.evaluate("heard") > 0
    device.context.set_offline(False)
    wait_present(event, 1)
    assert [op.kind for op in event.door_ops.all()] == ["in"]


def test_code_that_stays_before_the_camera_is_one_scan(event: Event, device: Page, film: Path):
    shoot(film, code_of("Zoë"), "")  # away for a second, and there again
    scan(device)
    says(device, "Zoë van Dijk is binnen.")
    device.wait_for_timeout(5_000)

    says(device, "Zoë van Dijk is binnen.")
    wait_present(event, 1)
    assert event.door_ops.count() == 1
    assert device.evaluate("felt") == [IN]

    scan_again(device)

    says(device, "Zoë van Dijk was al binnen.")
    expect(device.locator("#scanner .is-in-since")).to_contain_text("Ingang A")
    assert device.evaluate("felt") == [IN, LOOK]
    assert event.door_ops.count() == 1


def scan_again(page: Page) -> None:
    button(page, "Stop").click()
    scan(page)


def test_people_after_one_another_are_all_let_in(event: Event, device: Page, film: Path):
    shoot(film, code_of("Zoë"), "", code_of("Noor"), "")

    scan(device)

    wait_present(event, 2)
    assert device.evaluate("felt") == [IN, IN]
    expect(device.locator("[data-last]")).to_be_visible()


@pytest.mark.parametrize("case", ["cancelled", "waiting", "erased", "another event", "a link"])
def test_anybody_else_is_shown_with_the_reason(event: Event, device: Page, film: Path, case: str):
    zoe = event.registrations.get(first_name="Zoë")
    code, found, name = code_of("Zoë"), 1, "Zoë van Dijk"
    reason: str | re.Pattern[str]
    if case == "cancelled":
        changing.cancel(zoe, at=timezone.now())
        reason = f"Nog niet binnengelaten: {name}, geannuleerd."
    elif case == "waiting":
        taken = event.registrations.holding().count()
        soon = timezone.now() + timedelta(minutes=30)
        Event.objects.filter(pk=event.pk).update(capacity=taken, waiting_closes_at=soon)
        make_registration(event, {}, first_name="Bo", at=timezone.now(), waiting_too=True)
        code, reason = code_of("Bo"), re.compile("Nog niet binnengelaten: Bo .*, op de wachtlijst")
    elif case == "erased":
        erasure.erase(zoe, at=timezone.now())
        reason, found = "Niemand op de lijst heeft deze code. Zoek op naam.", 0
    else:
        elsewhere = make_registration(make_event(), {}, first_name="Els", at=timezone.now())
        link = f"https://tafelronde.example/aanmelding/{elsewhere.secret}/"
        code = code_of("Els") if case == "another event" else link
        reason, found = "Deze code is niet voor deze deur. Zoek op naam.", 0
    shoot(film, code)
    device.evaluate("dispatchEvent(new Event('online'))")
    search(device, "bo" if case == "waiting" else "dijk")
    expect(device.locator(".person .mark")).to_have_count(found)
    expect(device.locator(".person")).to_have_count(0 if case == "erased" else 1)

    scan(device)

    says(device, reason)
    expect(device.locator("#scanner .person")).to_have_count(found)
    expect(device.locator("#scanner .is-in")).to_have_count(0)
    assert device.evaluate("felt") == [LOOK]
    assert present(event) == 0
    assert event.door_ops.count() == 0


def test_somebody_shown_can_be_let_in_anyway(event: Event, device: Page, film: Path):
    changing.cancel(event.registrations.get(first_name="Zoë"), at=timezone.now())
    shoot(film, code_of("Zoë"))
    device.evaluate("dispatchEvent(new Event('online'))")
    search(device, "dijk")
    expect(device.locator(".mark")).to_have_text("geannuleerd")
    scan(device)
    says(device, re.compile("geannuleerd"))

    button(device, "Toch binnen: Zoë van Dijk").click()

    wait_present(event, 1)
    expect(device.locator("#scanner .person.is-in")).to_have_count(1)
    expect(device.locator("video")).to_be_visible()


def test_an_older_code_of_somebody_who_signed_up_again_works(
    event: Event, device: Page, film: Path
):
    zoe = event.registrations.get(first_name="Zoë")
    changing.cancel(zoe, at=timezone.now())
    again = make_registration(
        event, {}, first_name="Zoë", last_name="van Dijk", email=zoe.email, at=timezone.now()
    )
    shoot(film, door_codes.of_registration(zoe))
    device.evaluate("dispatchEvent(new Event('online'))")
    search(device, "dijk")
    expect(device.locator(f"[data-id=r{again.pk}]")).to_be_visible()

    scan(device)

    says(device, "Zoë van Dijk is binnen.")
    wait_present(event, 1)
    assert event.door_ops.get().registration == again


def test_nothing_sounds_before_a_tap_nor_when_it_is_switched_off(
    event: Event, device: Page, film: Path
):
    shoot(film, code_of("Zoë"))
    assert device.evaluate("speakers") == 0
    scan(device)
    says(device, "Zoë van Dijk is binnen.")
    sound = button(device, "Geluid")
    expect(sound).to_have_attribute("aria-pressed", "true")
    sound.click()
    expect(sound).to_have_attribute("aria-pressed", "false")
    device.reload()  # and it stays so on this phone
    ready(device)

    scan(device)

    says(device, "Zoë van Dijk was al binnen.")
    expect(button(device, "Geluid")).to_have_attribute("aria-pressed", "false")
    assert device.evaluate("[heard, felt]") == [0, [LOOK]]


def test_camera_stops_when_somebody_types_or_looks_away(event: Event, device: Page, film: Path):
    shoot(film, "")
    running = "document.querySelector('video').srcObject?.active ?? false"
    scan(device)
    says(device, "Houd de code voor de camera.")
    assert device.evaluate(running) is True

    search(device, "dijk")

    expect(device.locator("#scanner")).to_be_hidden()
    expect(device.locator(".person")).to_contain_text("Zoë van Dijk")
    assert device.evaluate(running) is False
    scan(device)
    expect(device.locator(".person")).to_have_count(0)
    says(device, "Houd de code voor de camera.")
    device.evaluate(
        """() => {
          Object.defineProperty(document, 'hidden', { value: true, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    assert device.evaluate(running) is False


@pytest.mark.parametrize("error", ["NotAllowedError", "NotFoundError"])
def test_without_a_camera_names_still_work(event: Event, new_page: NewPage, film: Path, error: str):
    page = new_page(viewport=PHONE)
    fails = f"async () => {{ throw new DOMException('', '{error}') }}"
    page.add_init_script(f"MediaDevices.prototype.getUserMedia = {fails}")
    join(page, make_pass(event))

    scan(page)

    refused = error == "NotAllowedError"
    says(page, re.compile("mag de camera niet gebruiken" if refused else "De camera werkt nu niet"))
    expect(page.locator("video")).to_be_hidden()
    search(page, "dijk")
    button(page, "Binnen: Zoë van Dijk").click()
    wait_present(event, 1)


def test_browser_without_a_camera_offers_no_scanning(event: Event, new_page: NewPage):
    page = new_page(viewport=PHONE)
    page.add_init_script("delete Navigator.prototype.mediaDevices")
    join(page, make_pass(event))

    expect(page.locator("[data-scan]")).to_be_hidden()


# Browsers that read codes by themselves

OWN = """
  window.BarcodeDetector = class {
    static async getSupportedFormats() { return %s; }
    async detect() { %s }
  };
"""
LOADED = (
    "performance.getEntriesByType('resource').filter(({ name }) => name.includes('/qr/')).length"
)


@pytest.mark.parametrize(
    ("formats", "detect", "loaded"),
    [
        ("['qr_code']", "return window.shown ? [{ rawValue: window.shown }] : [];", 0),
        ("['ean_13']", "return [];", 1),
        ("['qr_code']", "throw new Error('Barcode detection service unavailable.');", 1),
    ],
    ids=["its own", "for other codes", "broken"],
)
def test_browser_reads_by_itself_or_else_the_decoder_does(
    event: Event, new_page: NewPage, film: Path, formats: str, detect: str, loaded: int
):
    shoot(film, code_of("Zoë") if loaded else "")
    page = new_page(viewport=PHONE)
    page.add_init_script(OWN % (formats, detect))
    join(page, make_pass(event))
    page.evaluate("(code) => { window.shown = code; }", code_of("Zoë"))

    scan(page)

    says(page, "Zoë van Dijk is binnen.")
    wait_present(event, 1)
    assert (page.evaluate(LOADED) > 0) == bool(loaded)


def test_scripts_of_scanning_are_small() -> None:
    """The decoder is the one above three kB: the page does without it until somebody scans."""
    assert shell.DECODER not in (*shell.SCRIPTS, *shell.KEPT)
    decoder = (STATIC / shell.DECODER).read_bytes()
    assert len(gzip.compress(decoder, 9)) < 16_000
    assert re.findall(rb"\beval\(|new Function|WebAssembly|\bfetch\(|XMLHttpRequest", decoder) == []
    assert b"MIT" in decoder[:200]
    for name in ("scan", "codes", "signals"):
        assert len(gzip.compress((STATIC / f"js/door/{name}.js").read_bytes())) < 3_000


def test_device_knows_codes_of_its_own_event_alone(event: Event, device: Page):
    noor = event.registrations.get(first_name="Noor")
    code, key = door_codes.of_registration(noor), door_codes.keys_of(event)[0].hex()
    other = door_codes.of_registration(make_registration(make_event(), {}, at=timezone.now()))
    last = "B" if code[-1] == "A" else "A"
    shown = [code, code[:-1] + last, code.replace(f"R{noor.pk}-", f"R{noor.pk + 1}-"), other]
    shown += ["", "TR:", code.lower(), f" {code}", f"{code}A"]

    rows = device.evaluate(
        "([all, key]) => Promise.all(all.map((text) => tafelronde.codes.rowOf(text, key)))",
        [shown, key],
    )
    # While the site replaces its SECRET_KEY there are two.
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        keys = " ".join(one.hex() for one in door_codes.keys_of(event))
        new = door_codes.of_registration(noor)
    both = device.evaluate(
        "([all, keys]) => Promise.all(all.map((text) => tafelronde.codes.rowOf(text, keys)))",
        [[code, new, other], keys],
    )

    assert rows == [f"r{noor.pk}", *[""] * 8]
    assert both == [f"r{noor.pk}"] * 2 + [""]


def test_scanner_is_accessible_and_works_by_keyboard(event: Event, new_page: NewPage, film: Path):
    shoot(film, code_of("Zoë"))
    faults: list[Any] = []
    for scheme in ("light", "dark"):
        page = new_page(viewport={"width": 320, "height": 640}, color_scheme=scheme)
        join(page, make_pass(event))
        button(page, "Scan").focus()
        page.keyboard.press("Enter")
        says(page, re.compile("Zoë van Dijk"))
        expect(button(page, "Stop")).to_be_focused()
        expect(button(page, "Stop")).to_have_attribute("aria-expanded", "true")
        found = Axe().run(page, options=OPTIONS).response["violations"]
        faults += [(scheme, one["id"], one["nodes"][0]["html"][:120]) for one in found]
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.keyboard.press("Enter")
        expect(page.locator("#scanner")).to_be_hidden()
        expect(button(page, "Scan")).to_be_focused()

    assert faults == []


# What people bring


@pytest.mark.parametrize("where", ["page", "mail"])
def test_code_as_people_show_it_is_read(
    event: Event, device: Page, film: Path, where: str, new_page: NewPage
):
    """As their phone draws it, in the dark too: photographed from their page, and from the mail."""
    noor = event.registrations.get(first_name="Noor")
    shows = new_page(viewport=PHONE, color_scheme="dark")
    if where == "page":
        shows.goto(f"/aanmelding/{tokens.token_of(noor)}/#deurcode")
        picture = shows.get_by_role("img", name="Je code voor de deur").screenshot()
    else:
        picture = qr.png(door_codes.of_registration(noor))
    with Image.open(BytesIO(picture)) as code:
        grey = Image.new("L", (WIDE, HIGH), 30)
        grey.paste(code.convert("L").resize((220, 220)), (200, 120))
    with film.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDE} H{HIGH} F{PER_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        file.write((b"FRAME\n" + grey.tobytes() + bytes([128]) * (WIDE * HIGH // 2)) * 10)

    scan(device)

    says(device, "Noor van der Meulen is binnen.")


def test_code_is_the_smallest_there_is() -> None:
    code = qrcode.QRCode()
    code.add_data(f"TR:R99999-{'A' * door_codes.MARK}")

    assert code.best_fit() == 1
