"""Who may open what: every address of the site, as every kind of user, against a written table.

``permissions.txt`` is that table. An address that is not in it fails the test: whoever
adds one has to say who it is for.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from program.models import Event, StyleImage
from program.public import preview
from registrations.door import devices, passes
from registrations.models import Change, Draw, Registration, StoredMail
from registrations.organising import colleagues, guests
from registrations.queries.tokens import (
    host_token_of,
    invitation_token_of,
    no_mail_token_of,
    token_of,
)
from tests.eventsite.accounts import PASSWORD, give_password
from tests.factories import (
    make_event,
    make_host,
    make_organiser,
    make_proposal,
    make_reader,
    make_registration,
    make_slot,
)
from tests.registrations.drawn import empty_file

pytestmark = pytest.mark.django_db

TABLE = Path(__file__).with_name("permissions.txt")
KINDS = (
    *("nobody", "device", "other device", "door", "other door", "reader", "other reader"),
    *("organiser", "other organiser", "superuser"),
)


def names(resolver: URLResolver | None = None, space: str = "") -> Iterator[str]:
    """The name of every address that has one; Django's two that only lead on have none."""
    for part in (resolver or get_resolver()).url_patterns:
        if isinstance(part, URLResolver):
            inner = f"{space}{part.namespace}:" if part.namespace else space
            yield from names(part, inner)
        elif isinstance(part, URLPattern) and part.name:
            yield space + part.name


@pytest.fixture
def event() -> Event:
    event = make_event(slug="wijkavond", published=True)
    make_slot(event, "1a")
    return event


@pytest.fixture
def things(event: Event) -> dict[str, object]:
    """What the parts of an address may stand for, all of ``event``."""
    person = make_registration(event, {1: "1a"}, at=timezone.now())
    draft = make_event(slug="ontwerp", published=False)
    make_slot(draft, "1a")
    user = User.objects.create_user("iemand")
    host = make_host(event, "1a", at=timezone.now())
    Draw.objects.create(event=event, file=empty_file(), slots=[])
    invitation = colleagues.invite(
        event, "els@gemeente.example", "reader", who="test", at=timezone.now()
    )
    details = guests.Details("Ria", "Smolders")
    guest = guests.add(event, details, who="test", at=timezone.now())
    door_pass = passes.make(event, "Ingang A", who="test", at=timezone.now())
    return {
        "slug": event.slug,
        "code": "1a",
        "token": token_of(person),
        "preview": preview.preview_url(draft).split("/")[-2],
        "event": event.pk,
        "registration": person.pk,
        "guest": guest.pk,
        "mailing": event.mailings.create(
            subject="Tot maandag", text="Hallo", who="test", created_at=timezone.now()
        ).pk,
        "name": "deelnemers",
        "pass": door_pass.pk,
        "pass_link": passes.link_token(door_pass),
        "no_mail": no_mail_token_of(person),
        "host": host.pk,
        "host_link": host_token_of(host),
        "proposal": make_proposal(host, at=timezone.now(), function="wethouder").pk,
        "invitation": invitation.pk,
        "invitation_link": invitation_token_of(invitation),
        "session": event.sessions.get().pk,
        "storedmail": StoredMail.objects.get(registration=person, kind="registered").pk,
        "user": user.pk,
        "passkey": Authenticator.objects.create(user=user, type="webauthn", data={"name": "x"}).pk,
        "app_label": "program",
        "colours": "154273-x-x-x-x-x",
        "version": "00000000",
        "key": StyleImage.objects.create(
            key="0" * 32, mime_type="image/png", width=1, height=1, content=b""
        ).pk,
        "extension": "png",
    }


def address(name: str, things: dict[str, object]) -> str:
    """Where ``name`` is, for these things."""
    _space, _colon, short = name.rpartition(":")
    kwargs = dict(things)
    for model in ("storedmail", "user"):
        if f"_{model}_" in short:
            kwargs["object_id"] = things[model]
    if "_registration_" in short:
        kwargs["object_id"] = things["registration"]
    kwargs.setdefault("object_id", things["event"])
    kwargs["pk"] = things["registration" if short.startswith("registration-") else "event"]
    kwargs |= {"uidb36": "geen", "number": things["pass"]}
    if short != "house-image":
        kwargs["key"] = "geen"
    if short == "mfa_remove_webauthn":
        kwargs["pk"] = things["passkey"]
    if short.startswith(("door-pass", "door-icon")):
        kwargs["token"] = things["pass_link"]
    if short.startswith("host"):
        kwargs["token"] = things["host_link"]
    if short == "account_invitation":
        kwargs["token"] = things["invitation_link"]
    if short.startswith("event-team-") and short != "event-team-contact":
        of = short.removeprefix("event-team-")
        kwargs["number"] = things["user" if of == "off" else of]
    if short == "no-mail":
        kwargs["token"] = things["no_mail"]
    if short.startswith("preview") or short == "try-out":
        kwargs["token"] = things["preview"]
    return reverse(name, kwargs={part: kwargs[part] for part in _parameters(name)})


def _parameters(name: str) -> list[str]:
    """The parts of an address that stand for something."""
    *spaces, short = name.split(":")
    resolver = get_resolver()
    for space in spaces:
        _prefix, resolver = resolver.namespace_dict[space]
    (_path, parameters), *_rest = resolver.reverse_dict.getlist(short)[0][0]
    return list(parameters)


@pytest.fixture
def clients(event: Event) -> dict[str, Client]:
    other = make_event(slug="andere-avond")
    door, other_door = (
        User.objects.create_user(name, is_staff=True) for name in ("deur1", "deur2")
    )
    event.door_staff.add(door)
    other.door_staff.add(other_door)
    reader, other_reader = make_reader(event), make_reader(other)
    users = {
        "nobody": None,
        "door": door,
        "other door": other_door,
        "reader": reader,
        "other reader": other_reader,
        "organiser": make_organiser(event),
        "other organiser": make_organiser(other),
        "superuser": User.objects.create_superuser("beheer"),
    }
    clients = {}
    for kind, user in users.items():
        clients[kind] = Client(raise_request_exception=True)
        if user:
            user.set_password(PASSWORD)
            user.save()
            give_password(clients[kind], user)
    for kind, at in (("device", event), ("other device", other)):
        clients[kind] = Client()
        door_pass = passes.make(at, kind, who="test", at=timezone.now())
        clients[kind].cookies[devices.COOKIES["nl"]] = passes.device_token(door_pass)
    return clients


def said(response: HttpResponseBase) -> str:
    """What came of it in a word of the table."""
    if response.status_code in (301, 302, 303):
        to_log_in = ("/admin/login/", "/admin/account/")
        return "log-in" if response["Location"].startswith(to_log_in) else "on"
    words = {
        200: "yes",
        400: "yes",
        401: "no",
        403: "no",
        404: "none",
        405: "post",
        410: "gone",
        422: "yes",
        503: "yes",  # that no worker was seen
    }
    return words.get(response.status_code, str(response.status_code))


def written(*, posted: bool = False) -> dict[str, list[str]]:
    """The table: the name of an address to a word for each kind of user."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    mark = "POST:" if posted else ""
    found = {name: words for name, *words in rows if name.startswith("POST:") == posted}
    return {name.removeprefix(mark): words for name, words in found.items()}


def post(client: Client, path: str) -> str:
    """What came of a form with nothing in it; what it changed is undone."""
    cookies = deepcopy(client.cookies)
    with transaction.atomic():
        word = said(client.post(path, {"a": "b"}))
        transaction.set_rollback(True)
    client.cookies = cookies
    return word


def test_every_address_is_open_to_whom_the_table_says(
    things: dict[str, object], clients: dict[str, Client]
):
    found = {
        name: [said(clients[kind].get(address(name, things))) for kind in KINDS]
        for name in dict.fromkeys(names())
    }

    assert found == written()


def test_buttons_work_for_whom_the_table_says(
    things: dict[str, object], clients: dict[str, Client]
):
    buttons = [name for name, words in written().items() if "post" in words]
    found = {
        name: [post(clients[kind], address(name, things)) for kind in KINDS] for name in buttons
    }

    assert found == written(posted=True)


def test_whom_an_address_is_closed_to_cannot_post_there_either(
    things: dict[str, object], clients: dict[str, Client]
):
    closed = ("no", "none", "log-in", "post")
    opened = [
        (name, kind, word)
        for name, words in written().items()
        for kind, shown in zip(KINDS, words, strict=True)
        if shown in closed[:3]
        and (word := post(clients[kind], address(name, things))) not in closed
    ]

    assert opened == []


def test_a_link_opens_only_the_pages_that_it_is_for(things: dict[str, object]):
    """Each kind of token in the place of every other: nothing but 404."""
    links = ("token", "host_link", "invitation_link", "no_mail", "preview", "pass_link")
    own: dict[str, str] = {}
    for name in dict.fromkeys(names()):
        if "token" in _parameters(name):
            path = address(name, things)
            for kind in links:
                if str(things[kind]) in path:
                    own[name] = kind
    assert {name for name, kind in own.items() if kind == "host_link"} == {
        *("registrations:host", "registrations:host-propose", "registrations:host-propose-text"),
        *("registrations:host-erase", "registrations:host-data"),
    }

    opened = {}
    for name, kind in own.items():
        path, mine = address(name, things), str(things[kind])
        for other in links:
            elsewhere = path.replace(mine, str(things[other]))
            for method in ("get", "post"):
                with transaction.atomic():
                    answer = getattr(Client(), method)(elsewhere, {})
                    transaction.set_rollback(True)
                if other != kind and answer.status_code not in (404, 405, 410):
                    opened[name, other, method] = answer.status_code

    assert opened == {}


def test_the_address_of_a_host_stands_on_two_pages_alone(
    things: dict[str, object], clients: dict[str, Client]
):
    """On that of the team, and on their own; no programme, feed, list or page of others has it."""
    told = {
        (name, kind)
        for name in dict.fromkeys(names())
        for kind in ("nobody", "reader", "organiser")
        if b"gastheer@buurt.example" in b"".join(clients[kind].get(address(name, things)))
    }

    own = {"registrations:host", "registrations:host-data"}
    assert {name for name, kind in told if kind == "nobody"} == own
    assert {name for name, kind in told if kind == "reader"} == own
    assert {name for name, kind in told if kind == "organiser"} == own | {"admin:event-team"}


def of_attendees(name: str) -> bool:
    space, _colon, short = name.rpartition(":")
    if space == "registrations":
        return not short.startswith("door")
    return space == "program" or short in ("house-sheet", "house-image")


def test_only_pages_of_attendees_do_without_a_form_token(things: dict[str, object]):
    """Of these the browser says where a form was sent from; all others ask for Django's token."""
    strict = Client(enforce_csrf_checks=True)
    asks = {}
    for name in dict.fromkeys(names()):
        path = address(name, things)
        with transaction.atomic():
            asks[name] = strict.post(path, {"a": "b"}).status_code == 403
            transaction.set_rollback(True)
        if of_attendees(name):
            page = strict.get(path)
            assert not page.cookies, name
            assert b"csrfmiddlewaretoken" not in b"".join(page), name

    # Both only lead on; Django makes its own exempt.
    leads_on = {name: False for name in asks if not of_attendees(name) and not asks[name]}
    assert leads_on == {}
    assert [name for name in asks if of_attendees(name) and asks[name]] == []


def test_no_other_site_presses_a_button_of_attendees(things: dict[str, object]):
    elsewhere = Client(headers={"Sec-Fetch-Site": "cross-site"})
    before = [list(model.objects.values()) for model in (Registration, Change, StoredMail)]
    said = {
        name: elsewhere.post(address(name, things), {"a": "b"}).status_code
        for name in dict.fromkeys(names())
        if of_attendees(name) and name != "registrations:no-mail"
    }

    assert {name for name, status in said.items() if status != 403} == set()
    assert [list(one.objects.values()) for one in (Registration, Change, StoredMail)] == before


def test_staff_read_nothing_of_the_events_of_others(
    things: dict[str, object], clients: dict[str, Client]
):
    """Neither in a list nor among the choices of a field or a filter."""
    other = Event.objects.get(slug="andere-avond")
    make_slot(other, "9z", location="Zwijgplicht")
    make_registration(other, {1: "9z"}, first_name="Zwijgplicht", organisation="Zwijgplicht")
    guests.add(other, guests.Details("Zwijgplicht", "Zwijgplicht"), who="test", at=timezone.now())
    other.themes.update(title="Zwijgplicht")
    other.sessions.update(title="Zwijgplicht")
    other.speakers.update(name="Zwijgplicht")
    Event.objects.filter(pk=other.pk).update(title="Zwijgplicht", published=False)

    told = [
        (name, kind)
        for name in dict.fromkeys(names())
        for kind in ("door", "reader", "organiser")
        if b"zwijgplicht" in b"".join(clients[kind].get(address(name, things))).lower()
    ]

    assert told == []
    theirs = clients["other organiser"].get(reverse("admin:event-tables", args=[other.pk]))
    assert b"Zwijgplicht" in theirs.content
