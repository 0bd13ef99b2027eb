"""What the door says. The device gets these words with its page: its scripts hold none.

What stands between braces is filled in on the spot, on the server or on the device.
"""

from __future__ import annotations

from typing import TypedDict

from django.utils.formats import date_format, get_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from program.models import Event
from registrations.door.likeness import LINKS, TITLES
from registrations.door.rows import USUAL
from registrations.models import DoorOp, Registration
from registrations.names.person_names import norm

Outcome = DoorOp.Outcome


Status = Registration.Status
# What the scripts of every release know. Any other outcome a device shows as it comes, with the
# name filled in: so it gets the sentence.
KNOWN_OUTCOMES = (
    *(Outcome.OK, Outcome.ALREADY, Outcome.CANCELLED_BUT_PRESENT, Outcome.EXTRA, Outcome.FULL),
    *(Outcome.UNKNOWN_PERSON, Outcome.LATE, Outcome.INVALID),
)
FEW = 5  # people at most among whom staff see at once who is meant
# The ``s`` of rows. Of several sign-ups from one address the first one stands for the person.
ORDER = ["", "guest", *(status for status in Status if status != USUAL)]


class StatusAtTheDoor(TypedDict):
    """What a row says: its words, whether it has tables, whether to read it before a tap."""

    words: str
    tables: bool
    knowingly: bool


def statuses() -> dict[str, StatusAtTheDoor]:
    """By the ``s`` of a row, best first."""
    return {key: _guest() if key == "guest" else _meaning(Status(key or USUAL)) for key in ORDER}


def _meaning(status: Registration.Status) -> StatusAtTheDoor:
    meaning = status.meaning
    return {
        "words": str(meaning.at_the_door),
        "tables": meaning.tables_at_the_door,
        "knowingly": meaning.knowingly,
    }


def _guest() -> StatusAtTheDoor:
    return {"words": "{kind}", "tables": False, "knowingly": False}


def of_outcome(outcome: str, name: str) -> str:
    """What staff must know of a tap that was taken; empty if nothing."""
    return outcomes().get(outcome, "").format(name=name)


def to_device(outcome: DoorOp.Outcome) -> str:
    """An outcome as scripts understand it, also those of an old page that a phone still has."""
    return outcome.value if outcome in KNOWN_OUTCOMES else outcomes()[outcome]


def found(query: str, count: int) -> str:
    """How many people a search found; if many, what to ask for. ``status.js`` says the same."""
    said, texts = for_device(), set(norm(query).split()) - LINKS - TITLES
    if not count:
        return str(said["nobody"])
    name = "found" if count <= FEW else "ask_from" if len(texts) > 1 else "ask_name"
    return str(said[name]).format(count=count)


def outcomes() -> dict[str, str]:
    return {
        Outcome.CANCELLED_BUT_PRESENT: _(
            "{name} is in, but without a place: the sign-up is cancelled or on the waiting list."
        ),
        Outcome.EXTRA: _("{name} is in as an extra: every place is taken."),
        Outcome.FULL: _("{name} did not get that table: it is full. Choose another one."),
        Outcome.UNKNOWN_PERSON: _("{name} is not on the list any more. Ask the organiser."),
        Outcome.LATE: _("{name}: this came in after the list was closed."),
        Outcome.INVALID: _("{name}: this could not be taken. Do it again, or write it down."),
        Outcome.HELD: _(
            "{name} is not counted yet: this waits for the organiser, who sees it on the page of "
            "the door."
        ),
        Outcome.EARLY: _(
            "{name} is not counted: before the day of the event only people with a place can be "
            "ticked."
        ),
        Outcome.REFUSED: _("{name}: not recorded, because the organiser has blocked this phone."),
        Outcome.TOO_MANY: _(
            "{name}: not recorded, because too much from this phone already waits for the "
            "organiser. Ask the organiser for help."
        ),
    }


def of_event(event: Event) -> dict[str, object]:
    """All that the page of an event and its scripts say."""
    early = _("The event is on {day}. You can’t let in people without a sign-up before that day.")
    return {**for_device(), "early": early.format(day=date_format(event.day, "DATE_FORMAT"))}


def for_device() -> dict[str, object]:
    """What the scripts of the page say, whatever the event."""
    return {
        "locale": get_language(),
        "dot": "." if "." in get_format("TIME_FORMAT") else ":",
        "statuses": statuses(),
        "outcomes": outcomes(),
        "door": _("Door"),
        "corrected": _("name corrected"),
        "extra": _("extra"),
        "unsent": _("not sent yet"),
        "no_table": _("no table"),
        # How the tables of a row are read aloud: 'table 6, then table 3b'.
        "table": _("table {table}"),
        "then": _(", then "),
        "namesake": _("namesake"),
        "no_organisation": _("no organisation"),
        "in": _("In: {name}"),
        "anyway": _("In anyway: {name}"),
        "in_at": _("In at {time}"),
        "is_in": _("{name} is in."),
        "is_out": _("{name} is not in any more."),
        "has_table": _("{name} has table {table}."),
        "last": _("Last: {name}"),
        "taken_back": _("Undone: {name}"),
        "back": _("Undo: {name}"),
        "round": _("Round {number}"),
        "table_in": _("Table in round {number}"),
        "seats": _("{count} left"),
        "found": _("{count} found"),
        "ask_name": _("{count} found: ask for the whole name"),
        "ask_from": _("{count} found: ask for the organisation"),
        "nobody": _("Nobody found"),
        "list_of": _("List of {time}."),
        "all_sent": _("Everything is sent."),
        "sending": _("{count} still to send."),
        "fetching": _("The list is being fetched."),
        "offline": _("No connection."),
        "not_sent": _("No connection. {count} not sent."),
        "go_on": _("Just go on. List of {time}."),
        "no_list": _("There is no list on this device yet."),
        "log_in": _("This device is logged out."),
        "to_send": _("{count} still to send"),
        "unsaved": _("Not kept on this device: do not close this page."),
        "still": _("{count} still to send. Do this again once there is a connection."),
        "no_name": _("Fill in a first name and a last name."),
        "full": _("Every place is taken. No one else can come in without a sign-up."),
        "scan": _("Scan"),
        "scan_stop": _("Stop"),
        "scan_starting": _("The camera is starting."),
        "scan_ready": _("Hold the code in front of the camera."),
        "scan_refused": _(
            "This page may not use the camera. Allow it in the settings of your browser, or search "
            "by name."
        ),
        "scan_fails": _("The camera does not work now. Search by name."),
        "scan_other": _("This is not a code for this door. Search by name."),
        "scan_nobody": _("Nobody on the list has this code. Search by name."),
        "scan_already": _("{name} was already in."),
        "scan_look": _("Not let in yet: {name}, {status}."),
        "as_extra": _("Every place is taken: this person comes in as an extra."),
    }
