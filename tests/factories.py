"""Plain functions that make what a test needs; each has a default for all it is not about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import Group, User
from django.utils import timezone
from time_machine import escape_hatch

from program.models import (
    AgendaItem,
    Event,
    Hosting,
    Round,
    SignupQuestion,
    Slot,
    Speaker,
    TableSession,
    Theme,
    Venue,
)
from program.models.roles import make_default_roles
from registrations.booking import signup
from registrations.booking.answers import Answers, Value
from registrations.models import Guest, Host, Proposal, Registration, Seat
from registrations.names.person_names import columns
from registrations.organising import hosts
from registrations.organising.groups import ORGANISERS, READERS
from registrations.queries.tables import NO_WAITLISTS, Waitlists

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
START = datetime(2026, 12, 7, 14, 0, tzinfo=AMSTERDAM)
NOW = START - timedelta(days=14)
# The moment at which the clock of a test stands still (conftest.py), no round one.
TODAY = START - timedelta(days=10, seconds=12.5)

_numbers = count(1)


def coming() -> datetime:
    """START; for tests with the clock of the machine whole weeks later, to be ahead by one."""
    if escape_hatch.is_travelling():
        return START
    week = timedelta(weeks=1)
    return START + max(0, (timezone.now() - START) // week + 2) * week


def make_event(
    *,
    capacity: int = 100,
    rounds: int = 2,
    starts_at: datetime | None = None,
    published: bool = True,
    **fields: object,
) -> Event:
    """A published event of four hours with rounds of 45 minutes, and no tables yet."""
    number = next(_numbers)
    starts_at = starts_at or coming()
    venue, _made = Venue.objects.get_or_create(
        name="Gemeentehuis", street="Stadhuisplein 100", postcode="1506 MZ", city="Zaandam"
    )
    defaults: dict[str, object] = {
        "slug": f"bijeenkomst-{number}",
        "title": f"Bijeenkomst {number}",
        "organiser": "Gemeente Zaanstad",
        "organiser_email": "info@gemeente.example",
        "ends_at": starts_at + timedelta(hours=4),
    }
    event = Event.objects.create(
        venue=venue,
        capacity=capacity,
        starts_at=starts_at,
        published=published,
        **(defaults | fields),
    )
    make_default_roles(event)
    for index in range(rounds):
        round_ = Round.objects.create(event=event, number=index + 1)
        AgendaItem.objects.create(
            event=event,
            starts=time(15 + index),
            ends=time(15 + index, 45),
            title=f"Ronde {index + 1}",
            round=round_,
        )
    Theme.objects.create(event=event, number=1, title="Thema")
    return event


def make_slot(
    event: Event, code: str, round_number: int = 1, *, seats: int = 10, location: str = "Raadzaal"
) -> Slot:
    """A table in a round; a second call with the same code is the same session again."""
    session, made = TableSession.objects.get_or_create(
        event=event,
        code=code,
        defaults={"theme": event.themes.get(number=1), "title": f"Gesprek {code}"},
    )
    if made:
        speaker = Speaker.objects.create(event=event, name=f"Gastheer {code}")
        Hosting.objects.create(event=event, session=session, speaker=speaker)
    return Slot.objects.create(
        event=event,
        session=session,
        round=event.rounds.get(number=round_number),
        seats=seats,
        location=location,
    )


def make_question(event: Event, question: str, kind: str = "text", **fields: Any) -> SignupQuestion:
    """``options`` may be a list."""
    options = fields.pop("options", [])
    return SignupQuestion.objects.create(
        event=event,
        position=event.signup_questions.count() + 1,
        question=question,
        kind=kind,
        options="\n".join(options),
        **fields,
    )


def make_crowd(event: Event, people: int, *, at: datetime = NOW, **fields: Any) -> None:
    """So many registered people at once, spread over the event's tables as long as they last."""
    tables = [list(round_.slots.order_by("pk")) for round_ in event.rounds.all()]
    crowd, roles = [], list(event.roles.all())
    for number in range(people):
        defaults: dict[str, Any] = {
            **columns(f"Noor{number}", f"van der Meulen{number}", f"Gemeente {number % 40}"),
            "email": f"crowd{number}@haarlem.example",
            "role": roles[number % len(roles)],
            "secret": f"{event.pk}-{number}",
            "status": Registration.Status.CONFIRMED,
            "holds_place": True,
            "created_at": at,
            "confirmed_at": at + timedelta(days=number % 10),
        }
        crowd.append(Registration(event=event, **(defaults | fields)))
    seats = []
    for place, registration in enumerate(Registration.objects.bulk_create(crowd)):
        for round_number, slots in enumerate(tables):
            # Another table in each round, so that nobody sits at a session twice.
            slot = slots[(place + round_number) % len(slots)] if slots else None
            if slot and not slot.full:
                slot.taken += 1
                copies = {"round_id": slot.round_id, "session_id": slot.session_id}
                seats.append(
                    Seat(event=event, registration=registration, slot=slot, got_at=at, **copies)
                )
    Seat.objects.bulk_create(seats)
    for slot in (one for slots in tables for one in slots):
        slot.save(update_fields=["taken"])
    event.taken = event.registrations.holding().count()
    event.save(update_fields=["taken"])


def make_guest(
    event: Event,
    first_name: str = "Jan",
    last_name: str = "de Vries",
    organisation: str = "",
    *,
    at: datetime = NOW,
    **fields: Any,
) -> Guest:
    """On the attendee list without a registration. A place is not counted here."""
    named = columns(first_name, last_name, organisation)
    return Guest.objects.create(event=event, created_at=at, **named, **fields)


def make_host(
    event: Event, code: str, email: str = "gastheer@buurt.example", *, at: datetime = NOW
) -> Host:
    """The host of a session who has been mailed a link. The mail is not sent here."""
    speaker = Speaker.objects.get(event=event, hostings__session__code=code)
    (host,) = hosts.save_contacts(event, {speaker.pk: hosts.Contact(email)}, who="test", at=at)
    hosts.mail_links(event, [host.pk], who="test", at=at)
    return Host.objects.select_related("event__venue", "speaker").get(pk=host.pk)


def make_proposal(
    host: Host, session: TableSession | None = None, *, at: datetime = NOW, **values: str
) -> Proposal:
    """What a host would have the programme say of a session, or of themselves."""
    proposal = hosts.propose(host, session, values, at=at)
    assert proposal is not None
    return proposal


def make_reader(*events: Event, **fields: Any) -> User:
    """Somebody who reads along with these events, and nothing else."""
    user = User.objects.create_user(f"lezer{next(_numbers)}", is_staff=True, **fields)
    user.groups.set(Group.objects.filter(name=READERS))
    for event in events:
        event.readers.add(user)
    return user


def make_organiser(*events: Event, **fields: Any) -> User:
    """Somebody who may do all that organisers may, with these events."""
    user = User.objects.create_user(f"organisator{next(_numbers)}", is_staff=True, **fields)
    user.groups.set(Group.objects.filter(name=ORGANISERS))
    for event in events:
        event.organisers.add(user)
    return user


def make_person(email: str = "", **fields: object) -> signup.Attendee:
    number = next(_numbers)
    defaults: dict[str, object] = {
        "first_name": "Noor",
        "last_name": "van der Meulen",
        "email": email or f"noor{number}@haarlem.example",
        "role": "inwoner",
    }
    return signup.Attendee(**(defaults | fields))  # type: ignore[arg-type]


def make_registration(
    event: Event,
    tables: dict[int, str] | None = None,
    *,
    email: str = "",
    waitlists: Waitlists = NO_WAITLISTS,
    answers: Mapping[int, Value] | None = None,
    needs: str = "",
    waiting_too: bool = False,
    confirmed: bool = True,
    at: datetime = NOW,
    **person: Any,
) -> Registration:
    """Somebody who signed up by the same action as a visitor, and confirmed unless told."""
    registration = signup.sign_up(
        event,
        make_person(email, **person),
        tables or {},
        waitlists,
        told=Answers(answers or {}, needs),
        waiting_too=waiting_too,
        at=at,
    )
    return signup.confirm(registration, at=at) if confirmed else registration
