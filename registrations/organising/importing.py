"""Brings in people from a list: each gets a place that is held, and is asked to confirm (rule 4).

A list is read leniently and judged row by row, so that an organiser first sees what happens to
each person. Nobody counts before they confirm, and only this event is looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.file.parse import BrokenCell, blank, norm
from program.file.spreadsheet.layout import ROWS_ABOVE
from program.models import Event, Role
from registrations.booking import locking, places, signup
from registrations.booking.signup import Attendee
from registrations.errors import DrawUnderWay, ImportChanged, NotPublished
from registrations.mail import strangers
from registrations.models import Change, Registration, history
from registrations.models.registration import PHONE_LENGTH
from registrations.names.addresses import clean_email
from registrations.names.person_names import PARTICLES, clean_line, clean_name
from registrations.queries import roles

# Long enough for somebody who reads their mail after the weekend; no hold outlives the start.
HOLD = timedelta(days=3)

Cells = Sequence[object]


@dataclass(frozen=True)
class ListField:
    """What a column can hold; ``headings`` are what lists call it, as ``norm`` gives them."""

    name: str
    words: str | Promise
    headings: tuple[str, ...]


# The headings of Eventbrite in English and Dutch are among them, the surest first.
FIELDS = (
    ListField(
        "email",
        gettext_lazy("E-mail address"),
        (
            *("attendeeemail", "emaildeelnemer", "email", "emailadres", "emailaddress"),
            *("mail", "mailadres", "epost", "emailwerk", "buyeremail", "emailkoper"),
        ),
    ),
    ListField(
        "first_name",
        gettext_lazy("First name"),
        (
            *("attendeefirstname", "voornaamdeelnemer", "firstname", "voornaam", "roepnaam"),
            *("givenname", "buyerfirstname", "voornaamkoper"),
        ),
    ),
    ListField("infix", gettext_lazy("Prefix (van, de)"), ("tussenvoegsel", "tussenvoegsels")),
    ListField(
        "last_name",
        gettext_lazy("Last name"),
        (
            *("attendeelastname", "attendeesurname", "achternaamdeelnemer", "lastname"),
            *("surname", "achternaam", "familienaam", "familyname", "buyerlastname"),
            *("buyersurname", "achternaamkoper"),
        ),
    ),
    ListField(
        "name",
        gettext_lazy("Whole name"),
        ("attendeename", "naamdeelnemer", "name", "naam", "fullname", "volledigenaam", "deelnemer"),
    ),
    ListField(
        "organisation",
        gettext_lazy("Organisation"),
        (
            *("organisation", "organization", "organisatie", "company", "bedrijf"),
            *("bedrijfsnaam", "companyname", "gemeente", "werkgever", "instelling"),
        ),
    ),
    ListField(
        "role", gettext_lazy("Role"), ("role", "rol", "jebent", "youare", "jobtitle", "functie")
    ),
    ListField(
        "phone",
        gettext_lazy("Phone number"),
        (
            *("phone", "phonenumber", "cellphone", "mobilephone", "mobile", "mobiel", "homephone"),
            *("workphone", "telefoon", "telefoonnummer", "mobieletelefoon", "tel", "gsm"),
        ),
    ),
    ListField(
        "status",
        gettext_lazy("Status (comes or not)"),
        ("attendeestatus", "status", "deelnemersstatus", "statusdeelnemer", "statusvandeelnemer"),
    ),
)
# What a list says, as ``norm`` gives it, about those who are not coming.
_NOT_COMING = {
    *("notattending", "deleted", "refunded", "cancelled", "canceled", "transferred", "unpaid"),
    *("nietaanwezig", "verwijderd", "terugbetaald", "geannuleerd", "afgemeld", "komtniet"),
}

# What is told of somebody as text, and how it is cleaned.
_CLEANERS: dict[str, Callable[[str], str]] = {
    "first_name": clean_name,
    "last_name": clean_name,
    "email": clean_email,
    "organisation": clean_line,
    "phone": partial(clean_line, limit=PHONE_LENGTH),
}


class Fate(TextChoices):
    """What becomes of a row. In the order in which an organiser wants to read them."""

    PLACE = "place", gettext_lazy("gets a place that is held, and a mail to confirm")
    DRAW = "draw", gettext_lazy("is asked by mail to confirm, and then takes part in the draw")
    LINE = "line", gettext_lazy("is asked by mail whether to join the waiting list")
    TOO_LATE = (
        "too_late",
        gettext_lazy("not asked: all places are taken and the waiting list is closed"),
    )
    SIGNED_UP = "signed_up", gettext_lazy("signed up already")
    ASKED = "asked", gettext_lazy("was asked already, and has not confirmed yet")
    LEFT = "left", gettext_lazy("cancelled before, so is not asked again")
    DOUBLE = "double", gettext_lazy("is already higher up in the list")
    NOT_COMING = "not_coming", gettext_lazy("does not come, says the list")
    FAULTY = "faulty", gettext_lazy("cannot be read")


INVITED = (Fate.PLACE, Fate.DRAW, Fate.LINE)


@dataclass
class ListRow:
    """A row of the list by its line, what it says of somebody, and what is wrong with that."""

    line: int
    person: Attendee
    faults: list[str] = field(default_factory=list)
    fate: Fate = Fate.PLACE
    role_unknown: bool = False

    @property
    def name(self) -> str:
        return f"{self.person.first_name} {self.person.last_name}".strip() or self.person.email


def top_of(rows: Sequence[Cells]) -> int:
    """The index of the row with headings: of the first few, the one with most that are known."""
    headings = {heading for one in FIELDS for heading in one.headings}
    known = [sum(norm(str(cell)) in headings for cell in row) for row in rows[:ROWS_ABOVE]]
    return max(range(len(known)), key=lambda index: (known[index], -index), default=0)


def guess(headings: Cells) -> dict[int, str]:
    """Column to field, as its heading says; each field once."""
    found: dict[int, str] = {}
    names = [norm(str(cell)) if not blank(cell) else "" for cell in headings]
    for one in FIELDS:
        for heading in one.headings:
            if heading in names and names.index(heading) not in found:
                found[names.index(heading)] = one.name
                break
    if "first_name" not in found.values():
        return found
    # Beside a first name, ‘Naam’ is the last name, or says all of it once more.
    twice = "last_name" in found.values()
    return {
        index: "last_name" if name == "name" else name
        for index, name in found.items()
        if name != "name" or not twice
    }


def read(
    rows: Sequence[Cells], top: int, columns: Mapping[int, str], event: Event, *, language: str
) -> list[ListRow]:
    """Everybody in the list, below its headings; empty rows are passed over."""
    by_name = {
        norm(word): role
        for role in reversed(roles.asked(event))
        for word in (role.code, role.label, role.label_en)
        if word
    }
    return [
        _row(index + 1, row, columns, by_name, language)
        for index, row in enumerate(rows)
        if index > top and not all(blank(cell) for cell in row)
    ]


def _row(
    line: int, row: Cells, columns: Mapping[int, str], by_name: Mapping[str, Role], language: str
) -> ListRow:
    told, faults = _told(row, columns)
    if norm(told.get("status", "")) in _NOT_COMING:
        return ListRow(line, Attendee("", "", told.get("email", "")), fate=Fate.NOT_COMING)
    told["first_name"], told["last_name"] = _names(told)
    values, wrong = _cleaned(told)
    faults += wrong
    role = by_name.get(norm(told.get("role", "")))
    person = Attendee(
        first_name=values["first_name"],
        last_name=values["last_name"],
        email=values["email"],
        organisation=values["organisation"],
        phone=values["phone"],
        role=role.code if role else "",
        language=language,
    )
    fate = Fate.FAULTY if faults else Fate.PLACE
    return ListRow(line, person, faults, fate, role_unknown=bool(told.get("role")) and role is None)


def _told(row: Cells, columns: Mapping[int, str]) -> tuple[dict[str, str], list[str]]:
    """What the cells say, by field, and what is wrong with those that cannot be read."""
    told: dict[str, str] = {}
    faults: list[str] = []
    for index, name in columns.items():
        cell = row[index] if index < len(row) else None
        if isinstance(cell, BrokenCell):
            faults.append(cell.why)
        elif not blank(cell):
            # A number of a phone, as a spreadsheet keeps it.
            told[name] = f"{cell:.15g}" if isinstance(cell, float) else str(cell).strip()
    return told, faults


def _cleaned(told: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The texts about somebody as they are stored, empty if wrong, and what is wrong with them."""
    values: dict[str, str] = {}
    faults: list[str] = []
    missing = {
        "first_name": _("The first name is missing."),
        "last_name": _("The last name is missing."),
        "email": _("The e-mail address is missing."),
    }
    for name, clean in _CLEANERS.items():
        text, values[name] = told.get(name, ""), ""
        try:
            values[name] = clean(text) if text else ""
        except ValidationError as error:
            wrong = _("We can’t send mail to ‘%(email)s’.") % {"email": text}
            faults += [wrong] if name == "email" else error.messages
        else:
            if not values[name] and name in missing:
                faults.append(missing[name])
    return values, faults


def _names(told: Mapping[str, str]) -> tuple[str, str]:
    """First and last name, taken from the whole name if the list has no more."""
    first, last = told.get("first_name", ""), told.get("last_name", "")
    if infix := told.get("infix", ""):
        last = f"{infix} {last}" if last else ""
    whole = told.get("name", "")
    if (first and last) or not whole:
        return first, last
    before, comma, after = whole.partition(",")
    if comma:  # 'Berg, Jan van den'
        words = after.split()
        begin = next((at for at, word in enumerate(words) if norm(word) in PARTICLES), len(words))
        return " ".join(words[:begin]), " ".join([*words[begin:], before.strip()])
    first, _space, last = whole.partition(" ")
    return first, last.strip()


@dataclass(frozen=True)
class ImportPlan:
    """What becomes of each row, and until when the places are held."""

    rows: list[ListRow]
    until: datetime

    def those(self, *fates: Fate) -> list[ListRow]:
        return [row for row in self.rows if row.fate in fates]

    @property
    def invited(self) -> list[ListRow]:
        return self.those(*INVITED)

    @property
    def counts(self) -> list[tuple[Fate, int]]:
        """How many rows have each fate, of those that any has."""
        found = Counter(row.fate for row in self.rows)
        return [(fate, found[fate]) for fate in Fate if found[fate]]

    @property
    def fingerprint(self) -> str:
        """A hash of who would get what, to see whether that is still so."""
        told = [(row.line, row.fate.name, row.person) for row in self.rows]
        return sha256(repr(told).encode()).hexdigest()[:16]


def plan(event: Event, rows: Sequence[ListRow], *, at: datetime) -> ImportPlan:
    """Two queries, however many rows; ``rows`` get their fates."""
    known = _known(event, at=at)
    wait = event.registrations.waiting().exists() and at < event.waiting_closes
    left = 0 if wait or event.draw_to_come else event.places_left
    seen: set[str] = set()
    for row in rows:
        if row.fate in (Fate.NOT_COMING, Fate.FAULTY):
            continue
        address = row.person.email.lower()
        if address in seen:
            row.fate = Fate.DOUBLE
        elif address in known:
            row.fate = known[address]
        elif event.draw_to_come:
            row.fate = Fate.DRAW
        elif left > 0:
            row.fate = Fate.PLACE
            left -= 1
        else:
            row.fate = Fate.LINE if at < event.waiting_closes else Fate.TOO_LATE
        seen.add(address)
    return ImportPlan(list(rows), min(at + HOLD, _latest(event)))


def _latest(event: Event) -> datetime:
    """Who confirms later than that has nothing to confirm for: the draw, or the event."""
    if event.draw_to_come and event.wishes_close_at:
        return event.wishes_close_at
    return event.starts_at


def _known(event: Event, *, at: datetime) -> dict[str, Fate]:
    """What becomes of a row with an address that this event knows already. One query.

    Addresses that were not confirmed in time are left out: those people can be asked again.
    """
    found: dict[str, Fate] = {}
    people = event.registrations.exclude(email="").order_by("pk")
    for email, status, until in people.values_list("email", "status", "hold_expires_at"):
        address = email.lower()
        if status in Registration.COUNTING:
            found[address] = Fate.SIGNED_UP
        elif found.get(address) == Fate.SIGNED_UP:
            continue
        elif status == Registration.Status.PENDING and until and until > at:
            found[address] = Fate.ASKED
        elif status == Registration.Status.CANCELLED:
            found[address] = Fate.LEFT
    return found


@transaction.atomic
def look(event: Event, rows: Sequence[ListRow], *, at: datetime) -> ImportPlan:
    """What ``bring_in`` would do now.

    Raises NotPublished, CalledOff, EventStarted, DrawUnderWay.
    """
    event = _ready(event, at=at)
    return plan(event, rows, at=at)


def _ready(event: Event, *, at: datetime) -> Event:
    """The event under its lock, with expired holds freed and nobody left who can move."""
    event = Event.objects.locked(event.pk)
    if not event.published:
        raise NotPublished
    locking.refuse_started(event, at=at)
    if event.draw_to_come and not event.ranking_open(at):
        raise DrawUnderWay
    locking.settle_free(event, at=at)
    return event


@transaction.atomic
def bring_in(
    event: Event, rows: Sequence[ListRow], *, seen: str, who: str, at: datetime
) -> ImportPlan:
    """Hold a place for each new person, as long as there are places, and ask them to confirm.

    The others are asked whether they want to join the waiting list (rule 8), and before a draw
    everybody is asked to take part in it (rule 16). These holds last three
    days and do not count towards the quarter of rule 4, since no stranger made them. ``seen`` is
    the fingerprint of what the organiser agreed to. As many queries for one person as for many.
    Raises NotPublished, CalledOff, EventStarted, DrawUnderWay, ImportChanged.
    """
    event = _ready(event, at=at)
    planned = plan(event, rows, at=at)
    if planned.fingerprint != seen or not planned.invited:
        raise ImportChanged
    held = len(planned.those(Fate.PLACE))
    places.count_places(event, held)
    event.bump()
    people = Registration.objects.bulk_create(
        signup.unsaved(
            event,
            row.person,
            origin=Registration.Origin.FILE,
            status=Registration.Status.PENDING,
            holds_place=row.fate == Fate.PLACE,
            hold_expires_at=planned.until,
            at=at,
        )
        for row in planned.invited
    )
    what = Change.What.IMPORTED
    history.record_all(event, people, what, who=who, at=at)
    new = {"people": len(people), "waiting": len(people) - held}
    history.record(event, None, what, who=who, at=at, new=new)
    strangers.ask_all_to_confirm(people, at=at)
    return planned
