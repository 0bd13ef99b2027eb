"""One person's calendar file: an invitation by mail, a file to download.

No personal link stands in it: people share their calendars. It has the name of the event's own
entry and a higher number, so that a calendar has one entry, the person's, whichever came first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import icalendar
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _

from program.models import Event, Round, Slot
from program.public import calendars
from program.public.calendars import hours
from program.public.programme import kept_programme
from registrations.models import Registration, Seat

# Above any version of an event, which is the number of its own entry, and within RFC 5545's
# integers. A version also rises from a sign-up that was cancelled to the next of the same person.
PERSONAL = 1_000_000_000


@dataclass(frozen=True)
class CalendarRound:
    """A round of somebody's day, in the active language; without a code there is no table."""

    number: int
    hours: str
    code: str = ""
    title: str = ""
    place: str = ""

    def __str__(self) -> str:
        """'Round 1, 15:00–15:45: session 1a, ‘Breda Begroot’ (Raadzaal, table 7)'."""
        session = _("session %(code)s, ‘%(title)s’") % {"code": self.code, "title": self.title}
        what = session if self.code else _("no table")
        return f"{self.when}: {what}" + (f" ({self.place})" if self.place else "")

    @property
    def when(self) -> str:
        """'Round 1, 15:00–15:45'."""
        number = _("Round %(number)s") % {"number": self.number}
        return ", ".join(part for part in (number, self.hours) if part)


def for_mail(registration: Registration, seats: Iterable[Seat], method: str, at: datetime) -> str:
    """The file that goes with a mail; ``method`` REQUEST puts the day in a calendar or changes
    it there, CANCEL takes it out.
    """
    appointment = _appointment(registration, seats, at)
    attendee = icalendar.vCalAddress(f"mailto:{registration.email}")
    attendee.params["CN"] = registration.name
    attendee.params["CUTYPE"] = "INDIVIDUAL"
    attendee.params["ROLE"] = "REQ-PARTICIPANT"
    # They answered by signing up: a calendar need not ask, nor write to the organiser.
    attendee.params["PARTSTAT"] = "ACCEPTED"
    attendee.params["RSVP"] = "FALSE"
    appointment.add("attendee", attendee)
    appointment.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    return calendars.calendar(method, appointment)


def for_download(registration: Registration, *, at: datetime) -> str:
    """The same day as a file to keep: published, so nobody is named as attending."""
    appointment = _appointment(registration, seats_of(registration), at)
    off = registration.is_cancelled or registration.event.called_off
    appointment.add("status", "CANCELLED" if off else "CONFIRMED")
    return calendars.calendar("PUBLISH", appointment)


def seats_of(registration: Registration) -> list[Seat]:
    """A person's seats with all that is shown of them. One query."""
    return list(registration.table_seats.select_related("slot", "session", "round"))


def my_rounds(event: Event, seats: Iterable[Seat]) -> list[CalendarRound]:
    """Every round of the event, with the person's table if they have one."""
    mine = {seat.round_id: seat for seat in seats}
    return [line_of(round_, mine.get(round_.pk)) for round_ in kept_programme(event).rounds]


def line_of(round_: Round, at: Seat | Slot | None) -> CalendarRound:
    """A round of somebody's day, at a table or at none. Needs the line of the timetable with it."""
    try:
        when = hours(round_.agenda_item.starts, round_.agenda_item.ends)
    except ObjectDoesNotExist:  # the timetable does not say when
        when = ""
    if at is None:
        return CalendarRound(round_.number, when)
    slot = at if isinstance(at, Slot) else at.slot
    return CalendarRound(
        round_.number,
        when,
        code=at.session.code,
        title=at.session.local_title,
        place=slot.local_location,
    )


def _appointment(
    registration: Registration, seats: Iterable[Seat], at: datetime
) -> icalendar.Event:
    event = registration.event
    lines = [str(line) for line in my_rounds(event, seats)]
    page = settings.SITE_URL + event.get_absolute_url()
    return calendars.entry(
        event,
        sequence=PERSONAL + registration.version,
        at=at,
        description="\n".join([*lines, "", _("About this event: %(url)s") % {"url": page}]).strip(),
    )
