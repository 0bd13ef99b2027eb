"""Messages that most events need: what they say, and when they go out by themselves."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_noop

from program.models import Event
from program.models.event import wall_clock
from registrations.mailing.audience import REGISTERED, WAS_THERE
from registrations.models import Mailing

Kind = Mailing.Kind
KINDS = (Kind.WEEK, Kind.DAY, Kind.THANKS)
TEN = time(10)
# How long after its time a message still makes sense, if the worker was away or the event moved.
A_WEEK_BEFORE_LASTS = timedelta(days=3)
THANKS_LAST = timedelta(days=7)

SUBJECTS = {
    Kind.WEEK: gettext_noop("Are you still coming? {evenement} is on {datum}"),
    Kind.DAY: gettext_noop("See you soon: {evenement}"),
    Kind.THANKS: gettext_noop("Thank you: {evenement}"),
}
GREETING = gettext_noop("Dear {voornaam},")
TABLES = gettext_noop("This is where you will be sitting:")
CANCEL = gettext_noop(
    "Can’t make it? [Cancel your sign-up]({annuleren}). Your place then goes to someone else."
)
BODIES: dict[str, tuple[str, ...]] = {
    Kind.WEEK: (
        gettext_noop("You signed up for **{evenement}**: {datum}, {tijd}, {plaats}."),
        gettext_noop("Are you still coming? Then you don’t need to do anything."),
        TABLES,
        "{tafels}",
        CANCEL,
        gettext_noop("Would you rather sit somewhere else? Go to [your own page]({link})."),
    ),
    Kind.DAY: (
        gettext_noop("**{evenement}** is coming up: {datum}, {tijd}, {plaats}."),
        TABLES,
        "{tafels}",
        gettext_noop("Your name is on the list at the door. Just tell us who you are."),
        CANCEL,
    ),
    Kind.THANKS: (
        gettext_noop("Thank you for coming to **{evenement}**."),
        gettext_noop("Is there anything else you would like to say? Reply to this e-mail."),
    ),
}


def greeting() -> str:
    """How a message of one's own begins; its first text is the Dutch one."""
    return _in("nl", GREETING) + "\n\n"


def draft(event: Event, kind: str) -> Mailing:
    """The message in both languages, yet to be stored."""
    return Mailing(
        event=event,
        kind=kind,
        subject=_in("nl", SUBJECTS[Kind(kind)]),
        subject_en=_in("en", SUBJECTS[Kind(kind)]),
        text=_body(event, kind, "nl"),
        text_en=_body(event, kind, "en"),
        audience=(WAS_THERE if kind == Kind.THANKS else REGISTERED).stored(),
        send_at=moment(event, kind),
    )


def moment(event: Event, kind: str) -> datetime | None:
    """When it goes out: at ten o'clock local time. None for one's own messages."""
    last_day = timezone.localdate(event.ends_at)
    days = {
        Kind.WEEK: event.day - timedelta(days=7),
        Kind.DAY: event.day - timedelta(days=1),
        Kind.THANKS: last_day + timedelta(days=1),
    }
    return wall_clock(days[Kind(kind)], TEN) if kind in KINDS else None


def too_late(event: Event, kind: str, at: datetime) -> bool:
    """Whether a message of this kind would be nonsense by now."""
    due = moment(event, kind)
    if due is None:
        return False
    ends = {
        Kind.WEEK: min(due + A_WEEK_BEFORE_LASTS, event.starts_at),
        Kind.DAY: event.starts_at,
        Kind.THANKS: due + THANKS_LAST,
    }
    return at >= ends[Kind(kind)]


def timely(event: Event, kind: str, at: datetime) -> bool:
    """Whether a message may go out by itself now. One's own may at any time its writer says."""
    due = moment(event, kind)
    return due is None or (due <= at and not too_late(event, kind, at))


def _body(event: Event, kind: str, language: str) -> str:
    parts = [GREETING, *BODIES[kind]]
    if not event.rounds.exists():
        parts = [part for part in parts if part not in (TABLES, "{tafels}")]
    return "\n\n".join(_in(language, part) for part in parts)


def _in(language: str, words: str) -> str:
    with translation.override(language):
        return gettext(words)
