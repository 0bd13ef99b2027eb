"""Calendar files: the event's own, and the parts of which others are made."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import icalendar
from django.conf import settings
from django.http import HttpResponse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from program.models import AgendaItem, Event
from program.public.programme import kept_programme
from program.text import plain

ZONE = ZoneInfo("Europe/Amsterdam")

# Written out, since rules without end are what Outlook reads best, and icalendar's own are
# lists of dates up to 2038 with the spring change an hour late.
TIMEZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/Amsterdam
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""


def uid(event: Event) -> str:
    """A permanent name, the same in every calendar, whatever the address and title become.

    Also in people's own invitations: with RFC 5546 one meeting has one name for all who come. Who
    added the event before signing up would else have it twice, and the first would stay when the
    event moves or the person cancels.
    """
    return f"event-{event.pk}@{settings.MAIL_DOMAIN}"


def entry(event: Event, *, sequence: int, at: datetime, description: str) -> icalendar.Event:
    """The event as one appointment, stamped ``at``; add to it what else it needs.

    Of two with the same name a calendar keeps the one with the higher ``sequence``.
    """
    appointment = icalendar.Event()
    appointment.add("uid", uid(event))
    appointment.add("sequence", sequence)
    appointment.add("dtstamp", at.astimezone(UTC))
    appointment.add("dtstart", event.starts_at.astimezone(ZONE))
    appointment.add("dtend", event.ends_at.astimezone(ZONE))
    appointment.add("summary", event.local_title)
    appointment.add("location", f"{event.venue.name}, {event.venue.address}")
    appointment.add("description", description)
    appointment.add("url", settings.SITE_URL + event.get_absolute_url())
    organiser = icalendar.vCalAddress(f"mailto:{event.organiser_email}")
    organiser.params["CN"] = event.organiser
    appointment.add("organizer", organiser)
    return appointment


def calendar(method: str, appointment: icalendar.Event) -> str:
    """A whole file, lines of at most 75 octets that end in CRLF."""
    whole = icalendar.Calendar()
    whole.add("prodid", "-//Tafelronde//Tafelronde//NL")
    whole.add("version", "2.0")
    whole.add("calscale", "GREGORIAN")
    whole.add("method", method)
    whole.add_component(icalendar.Timezone.from_ical(TIMEZONE))
    whole.add_component(appointment)
    return str(whole.to_ical(), "utf-8")


def event_calendar(event: Event, at: datetime) -> str:
    """The event for anybody's calendar: published, so nobody is named as attending."""
    url = settings.SITE_URL + event.get_absolute_url()
    timetable = "\n".join(timetable_line(item) for item in kept_programme(event).agenda)
    parts = [event.local_lead or plain(event.local_text), timetable, url]
    appointment = entry(
        event,
        sequence=event.version,
        at=at,
        description="\n\n".join(part for part in parts if part),
    )
    appointment.add("status", "CANCELLED" if event.called_off else "CONFIRMED")
    return calendar("PUBLISH", appointment)


def timetable_line(item: AgendaItem) -> str:
    """The hours and the title, in the active language."""
    return f"{hours(item.starts, item.ends)}: {item.local_title}"


def hours(starts: time | datetime, ends: time | datetime) -> str:
    """'14:00–18:00' as the active language writes it; datetimes in local time."""
    return _("%(starts)s–%(ends)s") % {
        "starts": formats.time_format(starts),
        "ends": formats.time_format(ends),
    }


def moment(at: datetime) -> str:
    """'maandag 7 december 2026 om 14.00', in local time and as the active language writes it."""
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT")


def day_and_time(at: datetime) -> str:
    """'7 december om 14.00', in local time and as the active language writes it."""
    local = timezone.localtime(at)
    day, clock = formats.date_format(local, "MONTH_DAY_FORMAT"), formats.time_format(local)
    return _("%(day)s at %(time)s") % {"day": day, "time": clock}


def response(text: str, *, filename: str, method: str) -> HttpResponse:
    """The file as a download that calendar programs recognise."""
    return HttpResponse(
        text,
        content_type=f"text/calendar; charset=utf-8; method={method}",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
