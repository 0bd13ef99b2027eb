"""A random evening at the door: what people do on their phones, and what else goes on meanwhile."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from program.models import Event
from registrations.booking import changing, signup
from registrations.door import judging, passes
from registrations.errors import RegistrationError
from registrations.models import Guest, Registration
from registrations.organising import by_hand, corrections, dropping, guests
from registrations.privacy import erasure
from tests.factories import make_event, make_guest, make_registration, make_slot
from tests.registrations.door.phone import Phone

MOODS = ("well", "well", "lost request", "lost answer", "twice", "mixed")
# The usual more often than the rare.
TAPS = (
    *("let_in", "let_in", "let_in", "let_in", "take_back", "take_back", "walk_in", "choose"),
    *("sync", "sync", "sync", "repeat"),
)
MEANWHILE = (
    *("cancel", "cancel", "cancel_by_hand", "confirm", "sign_up", "erase", "correct", "move"),
    *("drop", "guest_comes", "guest_goes", "more_places"),
)


def make_evening(at: datetime) -> Event:
    """One of everybody a list can hold: with a table or none, held, too late, waiting, …"""
    event = make_event(capacity=12, starts_at=at + timedelta(hours=1), extras_allowed=True)
    for code, number, seats in [("1a", 1, 2), ("1b", 1, 3), ("1a", 2, 2), ("2a", 2, 1)]:
        make_slot(event, code, number, seats=seats)
    before, long_before = at - timedelta(minutes=20), at - timedelta(days=9)
    for tables in ({1: "1a", 2: "2a"}, {1: "1b"}, {}, {}):
        make_registration(event, tables, at=long_before)
    for moment in (long_before, before, before):
        make_registration(event, {1: "1b"}, confirmed=False, at=moment)
    twice = make_registration(event, at=long_before)
    make_registration(event, email=twice.email, confirmed=False, at=long_before)
    changing.cancel(make_registration(event, at=long_before), at=long_before)
    make_guest(event, at=long_before)
    guests.add(event, guests.Details("Ria", "Smit", holds_place=True), who="o", at=long_before)
    # From now on full, and two people wait.
    event.refresh_from_db()
    Event.objects.filter(pk=event.pk).update(capacity=event.taken)
    for _number in range(2):
        make_registration(event, {1: "1a"}, waiting_too=True, at=long_before)
    return Event.objects.get(pk=event.pk)


def use(phone: Phone, chance: random.Random, at: datetime) -> None:
    """One thing that somebody does with a phone at the door."""
    if phone.wiped:
        return
    what = chance.choice(TAPS)
    people = sorted(phone.people(), key=lambda row: str(row["id"]))
    if what == "sync":
        phone.sync(at, chance.choice(MOODS))
    elif what == "repeat":
        # Something on the way kept an old batch, and brings it once more. Nothing that was refused:
        # of that the server keeps nothing, so that it may wait for the organiser the second time.
        if phone.made:
            settled = phone.outcomes.keys() - phone.refused()
            taps = [tap for _at, tap in phone.made if tap["id"] in settled]
            old = chance.sample(taps, min(3, len(taps)))
            phone.post(phone.request(old, at))
    elif what == "walk_in":
        tables = phone.free_tables({"id": ""})
        wanted = chance.sample(tables, min(len(tables), chance.randint(0, 2)))
        phone.walk_in("Els", f"Bakker {chance.randint(1, 9)}", at, *wanted)
    elif people and what == "choose":
        row = chance.choice(people)
        if tables := phone.free_tables(row):
            phone.choose(row, chance.choice(tables), at)
    elif people:
        coming = [row for row in people if bool(phone.live(row)) == (what == "take_back")]
        if coming:
            getattr(phone, what)(chance.choice(coming), at)


class Office:
    """What attendees and organisers do while the door is open; a rule may refuse it."""

    def __init__(self, event: Event, chance: random.Random) -> None:
        self.event, self.chance = event, chance

    def do_something(self, at: datetime) -> None:
        with suppress(RegistrationError):
            getattr(self, self.chance.choice(MEANWHILE))(at)

    def anybody(self, **what: Any) -> Registration:
        """Not somebody who signed up twice: erased, they are two people to everybody."""
        people = self.event.registrations.filter(erased_at=None, **what)
        once = [one for one in people.order_by("pk") if people.of_address(one.email).count() == 1]
        return self.chance.choice(once)

    def cancel(self, at: datetime) -> None:
        changing.cancel(self.anybody(), at=at)

    def cancel_by_hand(self, at: datetime) -> None:
        changing.cancel(self.anybody(), who="organisator", why="ziek", at=at)

    def confirm(self, at: datetime) -> None:
        signup.confirm(self.anybody(), at=at)

    def sign_up(self, at: datetime) -> None:
        confirmed = self.chance.random() < 0.5
        make_registration(self.event, waiting_too=True, confirmed=confirmed, at=at)

    def erase(self, at: datetime) -> None:
        erasure.erase(self.anybody(), at=at)

    def correct(self, at: datetime) -> None:
        one = self.anybody()
        last = one.last_name.removesuffix("s") + "s"
        corrections.correct_name(one, one.first_name, last, who="o", why="tikfout", at=at)

    def move(self, at: datetime) -> None:
        tables = {1: self.chance.choice(["1a", "1b"]), 2: self.chance.choice(["", "2a"])}
        by_hand.move(self.anybody(), tables, who="organisator", at=at)

    def drop(self, at: datetime) -> None:
        slot = self.chance.choice(self.event.slots.order_by("pk"))
        if slot.dropped:
            dropping.take_place_after_all(self.event, [slot.pk], who="o", at=at)
        else:
            dropping.drop(self.event, [slot.pk], who="o", at=at)

    def guest_comes(self, at: datetime) -> None:
        holds_place = self.chance.random() < 0.5
        details = guests.Details("Jan", "de Vries", holds_place=holds_place)
        guests.add(self.event, details, who="organisator", at=at)

    def guest_goes(self, at: datetime) -> None:
        guests.remove(self.chance.choice(Guest.objects.order_by("pk")), who="o", at=at)

    def more_places(self, at: datetime) -> None:
        event = Event.objects.get(pk=self.event.pk)
        event.capacity += 1
        event.save(update_fields=["capacity"])

    def withdraw(self, label: str, at: datetime) -> None:
        passes.withdraw(self.event.door_passes.get(label=label), who="organisator", at=at)


def settle(event: Event, phones: list[Phone], at: datetime) -> None:
    """The network is back: all is sent, and the organiser says yes to what a phone may not do.

    Until then nothing that was still on the withdrawn phone counts.
    """
    send_all(phones, at)
    judging.accept(event, [one.pk for one in event.held_taps.all()], who="organisator", at=at)
    send_all(phones, at)


def send_all(phones: list[Phone], at: datetime) -> None:
    """And then everybody hears the last of it."""
    for phone in phones:
        while phone.queue:
            phone.sync(at)
    for phone in phones:
        phone.sync(at)
