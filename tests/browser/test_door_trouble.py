"""What goes wrong in an evening at the door, and loses nothing: in a real browser."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import F
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Dialog, Error, Page, expect

from program.models import Event
from registrations.booking import changing
from registrations.models import DoorOp
from registrations.names.person_names import columns
from registrations.privacy import erasure
from tests.browser.conftest import Server
from tests.browser.door_page import (
    MAY_FAIL,
    PHONE,
    NewPage,
    button,
    fill,
    join,
    let_in,
    make_door_event,
    make_pass,
    ready,
    search,
    wait_present,
)
from tests.conftest import PATIENCE
from tests.factories import make_event, make_registration
from tests.processes import wait_for

ALL_SENT = "Alles verstuurd."
NOT_KEPT = "Niet bewaard op dit toestel: sluit de pagina niet."


@pytest.fixture
def event(site: Server) -> Event:
    return make_door_event()


@pytest.fixture
def device(event: Event, new_page: NewPage) -> Page:
    return join(new_page(viewport=PHONE), make_pass(event))


@pytest.fixture(autouse=True)
def _network_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.browser.conftest.ACCEPTED", MAY_FAIL)


def all_sent(page: Page) -> None:
    expect(page.locator("[data-second]")).to_contain_text(ALL_SENT)


# The browser


@contextmanager
def phone(browser: Browser, profile: Path, options: dict[str, Any]) -> Iterator[tuple[Page, int]]:
    """A browser of its own that keeps its data in ``profile``, and the number of its process."""
    context = browser.browser_type.launch_persistent_context(profile, **options)
    context.set_default_timeout(PATIENCE * 1000)
    yield context.pages[0], process_of(profile)
    with suppress(Error):  # it was killed
        context.close()


def process_of(profile: Path) -> int:
    """The browser itself, which has no type; those of its pages have one."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
        except OSError:
            continue
        ours = f"--user-data-dir={profile}" in words
        if ours and not any(word.startswith("--type=") for word in words):
            return int(folder.name)
    raise AssertionError(f"no browser of {profile}")


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds processes in /proc")
def test_tap_outlives_a_browser_that_is_killed(
    event: Event, site: Server, browser: Browser, chromium: dict[str, Any], tmp_path: Path
):
    options = {**chromium, "base_url": site.url, "viewport": PHONE, "locale": "nl-NL"}
    with phone(browser, tmp_path, options) as (page, _number):
        join(page, make_pass(event))  # closing it writes the cookies to the disk
    with phone(browser, tmp_path, options) as (page, number):
        page.goto("/deur/buurt/")
        ready(page)
        all_sent(page)
        page.context.set_offline(True)
        let_in(page, "Zoë van Dijk")
        os.kill(number, signal.SIGKILL)
        wait_for("the end of the browser", lambda: not Path(f"/proc/{number}/exe").exists())

    with phone(browser, tmp_path, options) as (page, _number):
        page.context.set_offline(True)
        page.goto("/deur/buurt/")
        ready(page)
        expect(page.locator("[data-first]")).to_have_text("Geen verbinding. 1 niet verstuurd.")
        search(page, "dijk")
        expect(page.locator(".person.is-in")).to_contain_text("Zoë van Dijk")
        page.context.set_offline(False)
        wait_present(event, 1)


# Writes until the browser says that there is no room.
FILL = """async () => {
  const open = indexedDB.open("filling");
  open.onupgradeneeded = () => open.result.createObjectStore("all", { autoIncrement: true });
  await new Promise((done) => { open.onsuccess = done; });
  for (let size = 65536; size; size >>= 1)
    for (;;) {
      const write = open.result.transaction("all", "readwrite");
      const text = [...crypto.getRandomValues(new Uint8Array(size))].join("");
      write.objectStore("all").add(text);
      const why = await new Promise((done) => {
        write.oncomplete = () => done("");
        write.onabort = () => done(write.error?.name);
      });
      if (why === "QuotaExceededError") break;
    }
}"""


def test_disk_that_is_full_loses_no_tap(event: Event, site: Server, new_page: NewPage):
    page = new_page(viewport=PHONE)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": site.url, "quotaSize": 1_000_000})
    join(page, make_pass(event))
    page.context.set_offline(True)
    page.evaluate(FILL)
    let_in(page, "Zoë van Dijk")
    expect(page.locator("[data-second]")).to_have_text(NOT_KEPT)

    page.context.set_offline(False)

    wait_present(event, 1)
    all_sent(page)


def test_page_that_alone_has_a_tap_warns_whoever_closes_it(event: Event, new_page: NewPage):
    page = new_page(viewport=PHONE)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.add_init_script("indexedDB.open = () => { throw new Error('private') }")
    page.on("dialog", stay)
    join(page, make_pass(event))
    page.context.set_offline(True)
    let_in(page, "Zoë van Dijk")

    page.close(run_before_unload=True)

    wait_for("the warning", lambda: page.evaluate("1") and asked)
    assert asked == ["beforeunload"]
    page.context.set_offline(False)
    wait_present(event, 1)
    all_sent(page)
    with page.expect_event("close"):
        page.close(run_before_unload=True)
    assert asked == ["beforeunload"]


def test_taps_that_the_browser_clears_are_sent_by_the_page(event: Event, device: Page):
    device.context.set_offline(True)
    let_in(device, "Zoë van Dijk")
    devtools = device.context.new_cdp_session(device)
    all_of_it = {"origin": device.evaluate("origin"), "storageTypes": "indexeddb"}
    devtools.send("Storage.clearDataForOrigin", all_of_it)
    expect(device.locator("[data-second]")).to_have_text(NOT_KEPT)
    let_in(device, "Noor van der Meulen")

    device.context.set_offline(False)

    wait_present(event, 2)
    all_sent(device)
    assert event.door_ops.count() == 2


def test_list_stays_with_two_tabs_and_nothing_kept(event: Event, new_page: NewPage):
    page = new_page(viewport=PHONE)
    page.context.add_init_script("indexedDB.open = () => { throw new Error('private') }")
    join(page, make_pass(event))
    other = page.context.new_page()
    other.goto("/deur/buurt/")
    ready(other)
    let_in(other, "Zoë van Dijk")
    wait_present(event, 1)

    search(page, "dijk")

    expect(page.locator(".person.is-in")).to_contain_text("Zoë van Dijk")


def test_news_of_everybody_comes_over_a_bad_line(event: Event, new_page: NewPage):
    fill(event, 400)
    page = join(new_page(viewport=PHONE), make_pass(event))
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    bad = {"offline": False, "latency": 100, "downloadThroughput": 500, "uploadThroughput": 5_000}
    line.send("Network.emulateNetworkConditions", bad)
    event.refresh_from_db()
    event.bump()
    event.registrations.update(version=event.version)
    one = event.registrations.order_by("pk").first()
    assert one
    event.registrations.filter(pk=one.pk).update(**columns("Aaltje", "Zonderling"))

    search(page, "zonderling")

    expect(page.locator(".person")).to_have_count(1)


# Two tabs


def test_tabs_of_a_device_show_and_send_each_others_taps(event: Event, device: Page):
    other = device.context.new_page()
    other.goto("/deur/buurt/")
    ready(other)
    device.context.set_offline(True)
    let_in(other, "Zoë van Dijk")
    search(device, "dijk")
    expect(device.locator(".person.is-in")).to_contain_text("Ingang A")
    other.close()

    device.context.set_offline(False)

    wait_present(event, 1)
    all_sent(device)


def test_tap_while_another_is_on_its_way_is_sent_too(event: Event, device: Page):
    held: list[Any] = []

    def hold(route: Any) -> None:
        if not held and route.request.post_data_json["ops"]:
            held.append(route)
        else:
            route.continue_()

    device.context.route("**/sync/", hold)
    let_in(device, "Zoë van Dijk")
    wait_for("the first tap", lambda: device.evaluate("1") and held)
    let_in(device, "Noor van der Meulen")
    held[0].continue_()

    all_sent(device)
    wait_present(event, 2)
    assert event.door_ops.count() == 2


# Taps and wipes at the same moment, on one store as two tabs have it open.
RACE = """async () => {
  const lost = [];
  for (let round = 0; round < 40; round++) {
    const [one, other] = [await tafelronde.store.open("race", () => {}),
      await tafelronde.store.open("race", () => {})];
    const id = `tap ${round}`;
    const adding = async () => {
      for (let turns = round % 8; turns; turns--) await indexedDB.databases();
      await one.add({ id });
    };
    const [kept, wiped] = (await Promise.allSettled([adding(), other.wipe()]));
    const after = await tafelronde.store.open("race", () => {});
    const has = (await after.ops()).some((op) => op.id === id);
    if (kept.status === "fulfilled" && !has) lost.push([id, wiped.value]);
    await after.forget((await after.ops()).map(({ seq }) => seq));
    await after.wipe();
  }
  return lost;
}"""


def test_no_tap_that_is_kept_is_wiped(device: Page):
    assert device.evaluate(RACE) == []


# Another list than the server's


def test_list_of_a_database_that_was_put_back_is_taken_as_a_whole(event: Event, device: Page):
    event.refresh_from_db()
    version = event.version
    wil = make_registration(event, {}, first_name="Wil", last_name="van Dongen", at=timezone.now())
    search(device, "dongen")
    expect(device.locator(".person")).to_contain_text("Wil van Dongen")
    wil.delete()
    Event.objects.filter(pk=event.pk).update(version=version, taken=F("taken") - 1)

    expect(device.locator(".person")).to_have_count(0)
    expect(device.locator("[data-count=expected]")).to_have_text("2")


def test_list_that_proves_another_one_is_fetched_again(event: Event, device: Page):
    wil = make_registration(event, {}, first_name="Wil", last_name="van Dongen", at=timezone.now())
    search(device, "dongen")
    expect(device.locator(".person")).to_contain_text("Wil van Dongen")
    wil.delete()  # without a trace, and so many others that the version went on
    Event.objects.filter(pk=event.pk).update(version=F("version") + 9, taken=F("taken") - 1)

    expect(device.locator(".person")).to_have_count(0)


def test_one_count_that_does_not_fit_has_no_list_fetched_again(event: Event, device: Page):
    """The device may have asked while another tab took in news."""
    asked: list[int] = []

    def change(route: Any) -> None:
        asked.append(route.request.post_data_json["since"])
        answer = route.fetch()
        told = answer.json() | ({"present": 7} if len(asked) == 1 else {})
        route.fulfill(response=answer, json=told)

    with device.expect_response("**/sync/"):  # an answer without news: the list as it is
        pass
    device.context.route("**/sync/", change)
    wait_for("the answers", lambda: device.evaluate("1") and len(asked) > 3)
    device.context.unroute_all(behavior="ignoreErrors")

    assert 0 not in asked


def test_list_in_another_language_is_fetched_again(event: Event, device: Page):
    event.themes.all()
    slot = event.slots.get(session__code="5a")
    slot.session.title_en = "Talk"
    slot.session.save(update_fields=["title_en"])
    device.goto("/en/deur/buurt/")
    ready(device)
    search(device, "dijk")
    button(device, "Zoë van Dijk").click()

    expect(device.locator("dialog .free", has_text="5a")).to_contain_text("Talk")


# Clocks


@pytest.mark.parametrize(("off", "put_right"), [(-3, False), (13, False), (13, True)])
def test_wrong_clock_moves_no_tap_and_wipes_no_list(
    event: Event, new_page: NewPage, off: int, put_right: bool
):
    page = new_page(viewport=PHONE)
    page.clock.set_system_time(timezone.now() + timedelta(hours=off))
    join(page, make_pass(event))
    page.context.set_offline(True)
    page.reload()
    ready(page)
    if put_right:
        page.clock.set_system_time(timezone.now())
    before = timezone.now()
    let_in(page, "Zoë van Dijk")
    after = timezone.now()

    page.context.set_offline(False)

    wait_present(event, 1)
    minute = timedelta(minutes=1)
    assert before - minute < event.door_ops.get().at < after + minute


def leave_with_a_tap(page: Page) -> None:
    """By the plain form: before the scripts started, or in a browser that is too old for them."""
    page.context.route("**/sync/", lambda route: route.abort())
    let_in(page, "Zoë van Dijk")
    page.goto("/deur/buurt/?q=")
    ready(page)
    page.evaluate("HTMLFormElement.prototype.submit.call(document.querySelector('[data-finish]'))")
    expect(page.locator("[data-leaving]")).to_be_visible()


def test_leaving_by_a_plain_form_keeps_a_tap_until_the_phone_is_let_in_again(
    event: Event, device: Page
):
    leave_with_a_tap(device)

    kept = device.evaluate(KEPT)
    device.context.unroute_all(behavior="ignoreErrors")
    join(device, make_pass(event, "Ingang B"))

    assert kept == [0, ["Zoë van Dijk"]]
    wait_present(event, 1)
    assert device.evaluate(KEPT) == [2, []], "the whole list again, at once"


def test_page_left_open_stays_a_device_when_the_event_is_moved_later(event: Event, device: Page):
    later = event.ends_at + timedelta(days=9)
    Event.objects.filter(pk=event.pk).update(ends_at=later)

    def until() -> list[float]:
        return [
            cookie["expires"] for cookie in device.context.cookies() if "deur" in cookie["name"]
        ]

    wait_for("the cookies", lambda: min(until()) > later.timestamp())


def test_phone_that_opens_its_pass_again_is_still_one_phone(event: Event, new_page: NewPage):
    """Its cookie goes to the door's own address only, and so does the form."""
    door, page = make_pass(event), new_page(viewport=PHONE)
    for prefix in ("", "", "/en"):
        join(page, door, prefix)

    door.refresh_from_db()
    assert door.phones == 1


def test_list_left_open_is_wiped_after_the_event(event: Event, device: Page):
    device.context.set_offline(True)
    device.clock.set_fixed_time(event.ends_at + timedelta(hours=7))

    expect(device.locator("[data-over]")).to_be_visible()
    assert device.evaluate("indexedDB.databases()") == []


def test_list_on_a_phone_that_is_locked_is_wiped_after_the_event_too(event: Event, device: Page):
    device.context.set_offline(True)
    device.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    device.clock.set_fixed_time(event.ends_at + timedelta(hours=7))

    expect(device.locator("[data-over]")).to_be_visible()
    assert device.evaluate("indexedDB.databases()") == []


KEPT = """async () => {
  const done = (request) => new Promise((now) => {
    request.onsuccess = () => now(request.result);
  });
  const db = await done(indexedDB.open("deur-buurt"));
  const all = (name) => done(db.transaction(name).objectStore(name).getAll());
  const kept = [(await all("rows")).length, (await all("ops")).map(({ name }) => name)];
  db.close();
  return kept;
}"""


def test_tap_that_waits_keeps_no_list_on_the_device_after_the_event(event: Event, device: Page):
    device.context.set_offline(True)
    let_in(device, "Zoë van Dijk")
    device.clock.set_fixed_time(event.ends_at + timedelta(hours=7))
    device.reload()
    ready(device)
    search(device, "meulen")

    expect(device.locator(".person")).to_have_count(0)
    expect(device.locator("[data-last]")).to_have_count(0)
    assert device.evaluate(KEPT) == [0, ["Zoë van Dijk"]]

    device.context.set_offline(False)

    wait_present(event, 1)


def test_tap_that_nobody_takes_any_more_is_wiped(event: Event, device: Page):
    device.context.set_offline(True)
    let_in(device, "Zoë van Dijk")
    device.clock.set_fixed_time(event.ends_at + timedelta(hours=49))
    device.reload()

    expect(device.locator("[data-over]")).to_be_visible()
    expect(device.locator("[data-too-late]")).to_contain_text("binnen twee dagen")
    assert device.evaluate("indexedDB.databases()") == []


def test_tap_that_nobody_takes_any_more_is_wiped_after_leaving_too(event: Event, device: Page):
    leave_with_a_tap(device)
    device.clock.set_fixed_time(event.ends_at + timedelta(hours=49))

    expect(device.locator("[data-too-late]")).to_be_visible()
    expect(device.locator("[data-leaving]:visible, [data-done]:visible")).to_have_count(0)
    assert device.evaluate("indexedDB.databases()") == []


# A phone with taps of which the server has not heard, that then hears that two were erased.
ERASED = """async () => {
  const { state, store } = tafelronde;
  const kept = await store.open("proef", () => {}), list = state.make({ locale: "nl" });
  const told = { whole: true, now: new Date().toISOString(), version: 1,
    rows: [{ id: "r1", n: "W Vos" }, { id: "r2", n: "Bo Vos", op: "b" }, { id: "r3", n: "Kim" }] };
  list.take(told);
  const walkIn = { first_name: "Bo", last_name: "Vos", organisation: "Vos", name: "Bo Vos" };
  for (const op of [{ id: "a", kind: "in", reg: "r1", name: "Wil Vos" },
    { id: "b", kind: "walkin", ...walkIn }, { id: "c", kind: "in", reg: "r3", name: "Kim" }]) {
    await kept.add(op);
    list.queue(op, true);
  }
  const news = { now: told.now, version: 2, rows: [{ id: "r1", gone: 1 }, { id: "r2", gone: 1 }] };
  await kept.apply(news, [], [], {}, list.gone(news));
  list.take(news);
  const all = [await kept.ops(), list.waiting()].map((ops) => JSON.stringify(ops));
  await kept.empty();
  return all;
}"""


def test_who_is_erased_is_named_nowhere_on_a_phone(event: Event, device: Page):
    device.context.set_offline(True)
    let_in(device, "Zoë van Dijk")
    zoe = event.registrations.get(first_name="Zoë")
    changing.cancel(zoe, at=timezone.now())
    device.context.set_offline(False)
    expect(device.locator("[data-notices]")).to_contain_text("Zoë van Dijk is binnen, maar")
    search(device, "")
    erasure.erase(zoe, at=timezone.now())

    expect(device.locator("[data-notices] li")).to_have_count(0)
    expect(device.locator("[data-last]")).to_be_hidden()
    device.reload()
    ready(device)
    all_sent(device)
    assert "Dijk" not in device.locator("main[data-live]").inner_text()
    for kept in device.evaluate(ERASED):
        assert "Vos" not in kept
        assert "Kim" in kept
        assert '"reg":"r1"' in kept


def test_tap_of_a_day_without_a_network_is_taken_after_the_event(event: Event, device: Page):
    device.context.set_offline(True)
    let_in(device, "Zoë van Dijk")
    device.clock.set_fixed_time(event.ends_at + timedelta(hours=20))
    device.reload()
    ready(device)
    expect(device.locator("[data-first]")).to_have_text("Geen verbinding. 1 niet verstuurd.")
    day = timedelta(days=1)
    moments = ("starts_at", "ends_at", "changes_close_at", "waiting_closes_at", "signup_closes_at")
    set_ones = [name for name in moments if getattr(event, name)]
    Event.objects.filter(pk=event.pk).update(**{name: F(name) - day for name in set_ones})

    device.context.set_offline(False)

    expect(device.locator("[data-over]")).to_be_visible()
    wait_present(event, 1)
    assert device.evaluate("indexedDB.databases()") == []


# Other doors, other devices, a new release


def test_session_that_ends_without_a_network_costs_nothing(
    event: Event, site: Server, new_page: NewPage
):
    user = User.objects.create_user("deur", is_staff=True)
    event.door_staff.add(user)
    client = Client()
    client.force_login(user)
    page = new_page(viewport=PHONE)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
    page.goto("/deur/buurt/")
    button(page, "Deze telefoon gebruiken").click()
    ready(page)
    all_sent(page)
    page.context.set_offline(True)
    let_in(page, "Zoë van Dijk")
    Session.objects.all().delete()

    page.context.set_offline(False)

    wait_present(event, 1)
    all_sent(page)
    assert event.door_ops.get().door_pass.user == user


def test_phone_leaves_one_door_only_with_nothing_to_send_at_another(event: Event, device: Page):
    start = timezone.now() + timedelta(hours=1)
    other = make_event(slug="markt", starts_at=start)
    device.context.route("**/deur/buurt/sync/", lambda route: route.abort())
    let_in(device, "Zoë van Dijk")
    join(device, make_pass(other))
    expect(device.locator("[data-count=expected]")).to_have_text("0")
    search(device, "dijk")
    expect(device.locator("[data-found]")).to_have_text("Niemand gevonden")
    device.get_by_text("Menu").click()
    button(device, "Klaar: dit toestel afmelden").click()
    expect(device.locator("[data-still]")).to_contain_text("Nog 1 te versturen.")

    device.context.unroute("**/deur/buurt/sync/")
    device.goto("/deur/buurt/")

    wait_present(event, 1)


def test_new_release_in_the_evening_takes_over_and_loses_nothing(event: Event, device: Page):
    device.context.set_offline(True)
    let_in(device, "Zoë van Dijk")
    device.context.set_offline(False)
    Event.objects.filter(pk=event.pk).update(title="Nieuwe naam")
    title = device.locator(".bar .title")

    kept = device.evaluate("caches.keys()")

    device.reload()  # the browser looks for a new release a second after it

    # The worker of the new one has taken over once it has thrown the old page away.
    wait_for("the new release", lambda: kept[0] not in device.evaluate("caches.keys()"))
    device.reload()
    ready(device)
    expect(title).to_have_text("Nieuwe naam")
    device.context.set_offline(True)
    device.reload()
    ready(device)
    expect(title).to_have_text("Nieuwe naam")
    assert len(device.evaluate("caches.keys()")) == 1
    assert DoorOp.objects.count() == 1


def test_other_fingers_are_other_taps(event: Event, device: Page):
    search(device, "van")
    button(device, "Binnen: Zoë van Dijk").dblclick()
    device.wait_for_timeout(400)
    button(device, "Binnen: Noor van der Meulen").click()
    wait_present(event, 2)
    device.wait_for_timeout(800)
    button(device, "Zoë van Dijk").click()
    device.locator("dialog .free").first.dblclick()

    expect(device.locator("dialog .table b")).to_have_count(2)
    tables = event.door_ops.filter(kind=DoorOp.Kind.TABLE)
    wait_for("the table", tables.exists)
    all_sent(device)
    assert tables.count() == 1
