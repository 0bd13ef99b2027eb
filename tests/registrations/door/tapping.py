"""Taps as a device sends them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import reverse

from program.models import Event
from registrations.door import devices, passes, taps
from registrations.door.presence import Somebody
from registrations.models import DoorPass, Guest
from tests.factories import NOW, START

AT = START + timedelta(minutes=5)


def make_pass(event: Event, label: str = "Ingang A") -> DoorPass:
    return passes.make(event, label, who="organisator", at=NOW)


def tap(kind: str, person: Somebody | str = "", **more: Any) -> dict[str, Any]:
    key = person if isinstance(person, str) else key_of(person)
    return {"id": str(uuid4()), "kind": kind, "reg": key, "at": AT.isoformat(), **more}


def walk_in(first: str = "Els", last: str = "Bakker", **more: Any) -> dict[str, Any]:
    return tap("walkin", first_name=first, last_name=last, **more)


def key_of(person: Somebody) -> str:
    return f"{'g' if isinstance(person, Guest) else 'r'}{person.pk}"


def send(door: DoorPass, *told: dict[str, Any], at: datetime = AT) -> list[str]:
    """The outcomes, in the order in which the taps were carried out."""
    return [outcome.value for _name, outcome in taps.take(door, told, at=at).outcomes]


def on_device(door_pass: DoorPass, **options: Any) -> Client:
    """A phone on which this pass was opened."""
    client = Client(**options)
    for name in devices.COOKIES.values():
        client.cookies[name] = passes.device_token(door_pass)
    return client


def sync(client: Client, event: Event, *taps: dict[str, Any], **more: Any) -> Any:
    """The response to a batch, whatever it is."""
    body = {"v": 1, "since": 0, "queued": 0, "ops": taps, **more}
    return client.post(
        reverse("registrations:door-sync", args=[event.slug]),
        json.dumps(body),
        content_type="application/json",
    )
