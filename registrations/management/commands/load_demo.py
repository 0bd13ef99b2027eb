"""The demo: the real event with its date moved ahead, and two accounts to look around with."""

from __future__ import annotations

import os
import secrets
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

import program
from program.file import files
from program.file.model import Programme
from program.file.refusals import PeopleInTheWay
from program.file.save import SaveOutcome
from program.models import Event
from registrations.organising.groups import DOOR_STAFF, ORGANISERS
from registrations.organising.programmes import load_programme

FILE = Path(program.__file__).parent / "demo" / "werken-in-de-wijk.toml"
WHO = "load_demo"
ORGANISER, DOOR = "organisator", "deur"
AHEAD, TOO_NEAR = 14, 7  # days


def load_event(*, at: datetime) -> SaveOutcome:
    """Load the demo event. Raises PeopleInTheWay if somebody changed it and people signed up."""
    programme = _programme()
    event = Event.objects.filter(slug=programme.slug).first()
    return load_programme(programme, starts_on=day_for(event, at), who=WHO, at=at)


def day_for(event: Event | None, at: datetime) -> date:
    """Its own day, unless fewer than seven days remain; then a Monday two weeks ahead."""
    today = timezone.localdate(at)
    if event and event.day - today >= timedelta(days=TOO_NEAR):
        return event.day
    earliest = today + timedelta(days=AHEAD)
    return earliest + timedelta(days=-earliest.weekday() % 7)


@transaction.atomic
def make_accounts(password: str) -> dict[str, str]:
    """An organiser, who edits programmes and sees who comes, and somebody for the door.

    Returns their passwords by name. Without ``password`` a new account gets its own, and an old
    one keeps what it has, returned as ''.
    """
    passwords = {
        ORGANISER: _account(ORGANISER, password, ORGANISERS),
        DOOR: _account(DOOR, password, DOOR_STAFF),
    }
    for event in Event.objects.filter(slug=_programme().slug):
        event.organisers.add(*get_user_model().objects.filter(username=ORGANISER))
        event.door_staff.add(*get_user_model().objects.filter(username=DOOR))
    return passwords


def _programme() -> Programme:
    return files.load_toml(FILE.read_bytes())


def _account(name: str, password: str, group: str) -> str:
    user, made = get_user_model().objects.get_or_create(
        username=name, defaults={"is_staff": True, "email": f"{name}@voorbeeld.example"}
    )
    user.groups.add(Group.objects.get(name=group))
    if made and not password:
        password = secrets.token_urlsafe(9)
    # Setting the same password again would only log everybody out.
    if password and not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    return password


class Command(BaseCommand):
    help = "Load the demo event and its accounts. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        self.load(os.environ.get("DEMO_PASSWORD", ""), at=timezone.now())

    def load(self, password: str, *, at: datetime) -> None:
        try:
            event = load_event(at=at).event
        except PeopleInTheWay as error:
            # Somebody tried things out in the admin: their event is worth more than ours.
            self.stderr.write(_("The demo event stays as it is:"))
            for mistake in error.mistakes:
                self.stderr.write(f"  {mistake.sentence}")
        else:
            words = {"event": event, "day": date_format(event.day, "l j F Y")}
            self.stdout.write(_("‘%(event)s’ is on %(day)s.") % words)
        for name, shown in make_accounts(password).items():
            message = _("Account %(name)s, with the password it had. DEMO_PASSWORD sets another.")
            if shown:
                message = _("Account %(name)s, password %(password)s")
            self.stdout.write(message % {"name": name, "password": shown})
