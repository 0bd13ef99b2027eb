"""Who gets a device, what it opens, and how it ends."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from pytest_django import Settings

from program.models import Event
from registrations.door import devices, passes, words
from registrations.models import Change, DoorOp, DoorPass
from tests.factories import NOW, make_event, make_organiser, make_registration
from tests.program.admin.filling_in import filled_in
from tests.registrations.door.tapping import AT, make_pass, on_device, sync, tap

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    return make_event(slug="buurt")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """What the site takes for now; a test may set it."""
    moments = [AT]
    monkeypatch.setattr(timezone, "now", lambda: moments[0])
    return moments


def link(door_pass: DoorPass) -> str:
    return reverse("registrations:door-pass", args=[passes.link_token(door_pass)])


def ask(client: Client, event: Event, what: str = "door") -> int:
    return client.get(reverse(f"registrations:{what}", args=[event.slug])).status_code


def test_organiser_makes_a_pass_with_a_code_and_a_link(event: Event):
    client = Client()
    client.force_login(make_organiser(event))
    door = reverse("admin:event-door", args=[event.pk])

    assert "Zeg waar het toestel komt te staan" in client.post(door, {"label": ""}).text
    page = client.post(door, {"label": "Ingang A"}, follow=True)

    one = event.door_passes.get()
    assert page.redirect_chain == [(reverse("admin:event-door-pass", args=[event.pk, one.pk]), 302)]
    assert f'href="http://testserver{link(one)}"' in page.text
    assert "<svg" in page.text
    assert 'role="img"' in page.text
    made = event.changes.get(what=Change.What.PASS_MADE)
    assert (made.who, made.new) == (one.made_by, {"pass": one.pk})


def test_devices_of_one_name_are_told_apart(event: Event):
    """Rows and history say where somebody came in by the name of the device alone."""
    long = "x" * passes.LABEL_LENGTH
    made = [make_pass(event, label) for label in ("Ingang A", "ingang a", "Ingang A", long, long)]

    assert [one.label for one in made] == [
        *("Ingang A", "ingang a (2)", "Ingang A (3)", long, "x" * 54 + " (2)"),
    ]
    assert make_pass(make_event()).label == "Ingang A"


def test_following_the_link_changes_nothing_and_the_button_makes_the_device(event: Event):
    one, phone = make_pass(event), Client()
    for _scanner in range(20):
        page = phone.get(link(one))
    assert (page.status_code, [*phone.cookies]) == (200, ["csrftoken"])
    one.refresh_from_db()
    assert one.opened_at is None

    answer = phone.post(link(one))

    assert (answer.status_code, answer["Location"]) == (303, "/deur/buurt/")
    cookie = answer.cookies["deur_nl"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (
        "/deur/buurt/",
        True,
        "Strict",
    )
    assert answer.cookies["deur_en"]["path"] == "/en/deur/buurt/"
    one.refresh_from_db()
    assert one.opened_at == AT
    assert ask(phone, event) == 200


def test_cookie_of_a_device_goes_over_https_only(event: Event, settings: Settings):
    settings.LOCAL = False

    answer = devices.enter(HttpRequest(), make_pass(event), HttpResponse(), at=AT)

    assert [bool(cookie["secure"]) for cookie in answer.cookies.values()] == [True, True]


def test_device_opens_this_door_and_nothing_else(event: Event):
    other, phone = make_event(), on_device(make_pass(event))

    assert [ask(phone, event, what) for what in ("door", "door-print", "door-hello")] == [200] * 3
    assert [ask(phone, other, what) for what in ("door", "door-print", "door-hello")] == [
        *(403, 403, 401),
    ]
    assert phone.get(reverse("admin:event-door", args=[event.pk])).status_code == 302
    assert phone.get(reverse("registrations:doors")).status_code == 302


@pytest.mark.parametrize("token", ["", "x", "1:x", "1:x.y"])
def test_cookie_that_we_did_not_make_opens_nothing(event: Event, token: str):
    phone = Client()
    phone.cookies["deur_nl"] = token

    assert ask(phone, event) == 403


def test_link_and_cookie_do_not_stand_for_each_other(event: Event):
    one, phone = make_pass(event), Client()
    phone.cookies["deur_nl"] = passes.link_token(one)

    assert ask(phone, event) == 403
    token = passes.device_token(one).replace(":", "-")
    assert phone.get(f"/deur/pas/{token}/").status_code == 404


def test_pass_of_one_event_is_none_of_another(event: Event):
    """Even if its number and secret were known: both stand signed in the cookie."""
    other = make_event()
    phone = on_device(make_pass(event))

    assert sync(phone, other, tap("in", make_registration(other))).status_code == 401
    assert other.door_ops.count() == 0


BEFORE = (AT - timedelta(minutes=1)).isoformat()


def test_withdrawn_device_gets_no_list_but_what_it_had_waits(event: Event):
    one, noor = make_pass(event), make_registration(event)
    phone, address = on_device(one), link(one)
    passes.withdraw(one, who="organisator", at=AT)

    assert [ask(phone, event, what) for what in ("door", "door-print", "door-hello")] == [410] * 3
    assert Client().get(address).status_code == 404
    answer = sync(phone, event, told := tap("in", noor) | {"at": BEFORE})

    assert answer.status_code == 410
    held = words.outcomes()[DoorOp.Outcome.HELD]
    results = [{"id": told["id"], "outcome": held}]
    assert answer.json() == {"door": 1, "wipe": True, "results": results}
    assert event.held_taps.get().door_pass == one
    one.refresh_from_db()
    assert one.secret == ""


def test_pass_is_withdrawn_by_a_button_of_its_own_organisers_only(event: Event):
    one = make_pass(event)
    address = reverse("admin:event-door-withdraw", args=[event.pk, one.pk])
    mine, theirs = Client(), Client()
    mine.force_login(make_organiser(event))
    theirs.force_login(make_organiser(make_event()))

    assert theirs.post(address).status_code == 404
    assert mine.get(address).status_code == 405
    assert mine.post(address).status_code == 302
    assert mine.post(address).status_code == 302  # twice is once

    assert event.changes.filter(what=Change.What.PASS_WITHDRAWN).count() == 1
    assert not event.door_passes.working().exists()


def test_door_closes_six_hours_after_the_event(event: Event, clock: list[datetime]):
    one, noor = make_pass(event), make_registration(event)
    phone = on_device(one)
    clock[0] = event.ends_at + timedelta(hours=5, minutes=59)
    assert (ask(phone, event), Client().get(link(one)).status_code) == (200, 200)

    clock[0] = event.ends_at + timedelta(hours=6)

    assert (ask(phone, event), ask(phone, event, "door-print")) == (410, 410)
    assert Client().get(link(one)).status_code == 404
    answer = sync(phone, event, tap("in", noor)).json()
    assert (answer["closed"], answer["results"][0]["outcome"], "rows" in answer) == (
        *(True, "ok", False),
    )


def test_staff_with_an_account_use_the_door_of_their_events(event: Event):
    other, phone, user = make_event(), Client(), User.objects.create_user("deur", is_staff=True)
    event.door_staff.add(user)
    phone.force_login(user)

    assert (
        "Deze telefoon gebruiken" in phone.get(reverse("registrations:door", args=["buurt"])).text
    )
    assert phone.post(reverse("registrations:door-start", args=[other.slug])).status_code == 403
    for _twice in range(2):
        started = phone.post(reverse("registrations:door-start", args=["buurt"]))
        assert started.status_code == 303

    one = event.door_passes.get()
    assert (one.label, one.user, one.for_account) == ("deur", user, True)
    # It goes on without the session, which may end in the middle of a queue.
    phone.cookies.pop("sessionid", None)
    assert (ask(phone, event), ask(phone, other)) == (200, 403)


@pytest.mark.parametrize("ends", ["inactive", "no staff", "not of this door", "deleted"])
def test_device_of_an_account_ends_with_it(event: Event, ends: str):
    user = User.objects.create_user("deur", is_staff=True)
    event.door_staff.add(user)
    phone = on_device(passes.for_user(event, user, at=NOW))
    assert ask(phone, event) == 200

    if ends == "inactive":
        User.objects.update(is_active=False)
    elif ends == "no staff":
        User.objects.update(is_staff=False)
    elif ends == "not of this door":
        event.door_staff.clear()
    else:
        user.delete()

    assert ask(phone, event) == 410
    assert sync(phone, event).json() == {"door": 1, "wipe": True, "results": []}


def save_address(event: Event, slug: str) -> list[str]:
    """The errors of the organiser's form; none if it was saved."""
    client, page = Client(), reverse("admin:event-day", args=[event.pk])
    client.force_login(make_organiser(event))
    answer = client.post(page, filled_in(client, page) | {"slug": slug})
    return [] if answer.status_code == 303 else [one.sentence for one in answer.context["wrong"]]


def test_address_stays_while_phones_know_it(event: Event, clock: list[datetime]):
    one, phone = make_pass(event), Client()
    assert save_address(event, "wijk") == []
    event.refresh_from_db()
    phone.post(link(one))

    (refused,) = save_address(event, "stad")

    assert "Trek eerst hun deurpassen in, of wacht tot" in refused
    assert save_address(event, "wijk") == []  # everything else may change
    assert ask(phone, event) == 200
    passes.withdraw(one, who="organisator", at=AT)
    assert save_address(event, "stad") == []


def test_withdrawn_device_sends_and_wipes_under_the_old_address_too(
    event: Event, clock: list[datetime]
):
    one, noor = make_pass(event), make_registration(event)
    phone = on_device(one)
    passes.withdraw(one, who="organisator", at=AT)
    Event.objects.filter(pk=event.pk).update(slug="stad")

    answer = sync(phone, event, tap("in", noor) | {"at": BEFORE})

    assert (answer.status_code, answer.json()["wipe"]) == (410, True)
    assert event.held_taps.get().registration == noor
    assert ask(phone, event, "door-hello") == 410


def test_address_is_free_once_no_tap_is_taken_any_more(event: Event, clock: list[datetime]):
    Client().post(link(make_pass(event)))
    clock[0] = event.ends_at + timedelta(hours=47, minutes=59)
    assert save_address(event, "stad") != []

    clock[0] = event.ends_at + timedelta(hours=48)

    assert save_address(event, "stad") == []


@pytest.mark.parametrize("page", ["door", "door-hello"])
def test_device_stays_one_when_the_event_is_moved_later(event: Event, page: str):
    phone = on_device(make_pass(event))
    Event.objects.update(ends_at=event.ends_at + timedelta(days=30))

    answer = phone.get(reverse(f"registrations:{page}", args=[event.slug]))

    until = http_date((event.ends_at + timedelta(days=32)).timestamp())
    assert [answer.cookies[name]["expires"] for name in devices.COOKIES.values()] == [until] * 2
    assert "no-store" in answer["Cache-Control"]


def test_door_closes_for_those_taken_out_of_the_group_of_organisers(event: Event):
    """Still named at the event: as with its pages in the admin, that alone opens nothing."""
    user = make_organiser(event)
    phone = on_device(passes.for_user(event, user, at=NOW))
    phone.force_login(user)
    doors = reverse("registrations:doors")
    assert (ask(phone, event), event.title in phone.get(doors).text) == (200, True)

    user.groups.clear()

    assert (ask(phone, event), event.title in phone.get(doors).text) == (410, False)
    event.door_staff.add(user)
    assert (ask(phone, event), event.title in phone.get(doors).text) == (200, True)


def test_leaving_wipes_the_device_and_forgets_it(event: Event):
    phone = on_device(make_pass(event))

    answer = phone.post(reverse("registrations:door-finish", args=[event.slug]), {"waiting": 0})

    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert [answer.cookies[name]["max-age"] for name in devices.COOKIES.values()] == [0, 0]


def test_leaving_by_a_plain_form_has_the_browser_wipe_no_tap(event: Event):
    phone = on_device(make_pass(event))

    answer = phone.post(reverse("registrations:door-finish", args=[event.slug]))

    assert answer["Clear-Site-Data"] == '"cache"'
    assert [answer.cookies[name]["max-age"] for name in devices.COOKIES.values()] == [0, 0]


def door_page_of(event: Event) -> str:
    client = Client()
    client.force_login(make_organiser(event))
    return " ".join(client.get(reverse("admin:event-door", args=[event.pk])).text.split())


def test_organiser_sees_on_how_many_phones_a_pass_was_opened(event: Event):
    one, phone = make_pass(event), Client()
    for _again in range(3):
        phone.post(link(one))
    assert "in gebruik" in door_page_of(event)

    Client().post(link(one))  # an iPhone's icon, for instance, has cookies of its own

    assert "geopend op 2 telefoons" in (page := door_page_of(event))
    assert "Klopt dat niet" not in page
    Client().post(link(one))
    page = door_page_of(event)
    assert "<strong>geopend op 3 telefoons</strong> Klopt dat niet? Trek de pas dan in." in page
    assert DoorPass.objects.get().opened_at == AT


def test_what_one_phone_still_has_is_not_hidden_by_another_with_the_same_pass(event: Event):
    one, first, second = make_pass(event), Client(), Client()
    first.post(link(one)), second.post(link(one))

    def still(phone: Client, queued: int) -> int:
        sync(phone, event, queued=queued)
        return DoorPass.objects.get().queued

    told = [(first, 3), (second, 0), (second, 5), (first, 0), (second, 1), (second, 0), (first, 0)]
    assert [still(*one) for one in told] == [3, 3, 5, 5, 1, 0, 0]


def test_organiser_sees_of_each_device_what_it_did_and_still_has(event: Event):
    one, noor = make_pass(event), make_registration(event)
    sync(on_device(one), event, tap("in", noor), queued=3)
    client = Client()
    client.force_login(make_organiser(event))

    page = client.get(reverse("admin:event-door", args=[event.pk]))

    (device,) = page.context["devices"]
    assert (device.taps, device.queued, device.last_seen_at) == (1, 3, AT)
