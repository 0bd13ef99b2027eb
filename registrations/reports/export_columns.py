"""The columns of an export: one for each thing that is known of people.

Special needs are in none (rule 12), nor is anything that opens a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from program.models import Event
from registrations.booking import answers
from registrations.models import Guest, Registration, Seat, WaitlistEntry
from registrations.queries import roles

QUESTION = "question_"  # and its key
Cell = str | int | datetime
Person = Registration | Guest

# An address leaves the site only when somebody means it to.
OFF_AT_FIRST = frozenset(
    {"waits", "email", "phone", "language", "listed", "origin", "signed_up", "confirmed", "came"}
)


@dataclass(frozen=True)
class ExportColumn:
    """A heading and what stands below it. Columns with one key are chosen together."""

    key: str
    heading: str
    value: Callable[[Person], Cell]


def choices(event: Event) -> list[tuple[str, str]]:
    """The columns that can be chosen, each with its name. Two queries."""
    questions = event.signup_questions.all()
    return [
        ("name", _("Name, as lists sort it")),
        ("first_name", _("First name")),
        ("last_name", _("Last name")),
        ("organisation", _("Organisation")),
        *([("role", roles.heading(event))] if roles.used(event) else []),
        ("status", _("Status")),
        ("tables", _("Table in each round")),
        *((f"{QUESTION}{question.pk}", question.local_question) for question in questions),
        ("waits", _("Waits for")),
        ("email", _("E-mail address")),
        ("phone", _("Phone number")),
        ("language", _("Language")),
        ("listed", _("On the list ‘Who is coming?’")),
        ("origin", _("How they came")),
        ("signed_up", _("Signed up at")),
        ("confirmed", _("Confirmed at")),
        ("came", _("Came in at")),
    ]


def defaults(event: Event) -> list[str]:
    return [key for key, _name in choices(event) if key not in OFF_AT_FIRST]


def columns(event: Event) -> Iterator[ExportColumn]:
    """All columns. What they look up is read now, in the language that is active now."""
    called = roles.labels(event)
    statuses = {status.value: status.label_at(event) for status in Registration.Status}
    origins, yes, no = _texts(Registration.Origin.choices), _("Yes"), _("No")
    given = answers.of_event(event)
    values: dict[str, Callable[[Person], Cell]] = {
        "name": lambda one: one.sort_name,
        "first_name": lambda one: one.first_name,
        "last_name": lambda one: one.last_name,
        "organisation": lambda one: one.organisation,
        "role": _own(lambda one: called[one.role_id]),
        "status": _own(lambda one: statuses[one.status]),
        "waits": _found(_entries(event), 0),
        "email": _own(lambda one: one.email),
        "phone": _own(lambda one: one.phone),
        "language": _own(lambda one: one.language),
        "listed": _own(lambda one: yes if one.listed else no),
        "origin": _own(lambda one: origins[one.origin]),
        "signed_up": _own(lambda one: _local(one.created_at)),
        "confirmed": _own(lambda one: _local(one.confirmed_at)),
        "came": _came(event),
    }
    for key, heading in choices(event):
        if key == "tables":
            yield from _tables(event)
        elif key in values:
            yield ExportColumn(key, heading, values[key])
        else:
            yield ExportColumn(key, heading, _found(given, int(key.removeprefix(QUESTION))))


def guest_column() -> ExportColumn:
    """What guests come as; empty for those who signed up."""
    kinds = _texts(Guest.Kind.choices)
    return ExportColumn(
        "guest", _("Guest"), lambda one: kinds[one.kind] if isinstance(one, Guest) else ""
    )


def _tables(event: Event) -> Iterator[ExportColumn]:
    """A column for each round, with the code and the title of the table. Three queries."""
    sessions = {one.pk: str(one) for one in event.sessions.order_by()}
    seats: dict[int, dict[int, str]] = {}
    rows = Seat.objects.filter(event=event).order_by()
    for person, round_pk, session in rows.values_list("registration", "round", "session"):
        seats.setdefault(person, {})[round_pk] = sessions[session]
    for round_ in event.rounds.all():
        yield ExportColumn("tables", str(round_), _found(seats, round_.pk))


def _entries(event: Event) -> dict[int, dict[int, str]]:
    """All of somebody's entries as one text: 'Ronde 1: 2a; Ronde 2: 4'. One query."""
    found: dict[int, list[str]] = {}
    rows = WaitlistEntry.objects.counting().filter(event=event).select_related("round", "session")
    for entry in rows.order_by("round__number", "position", "pk"):
        words = f"{entry.round}: {entry.session.code}"
        found.setdefault(entry.registration_id, []).append(words)
    return {person: {0: "; ".join(words)} for person, words in found.items()}


def _came(event: Event) -> Callable[[Person], Cell]:
    """When somebody came in at the door, guests too; empty for those who did not. One query."""
    rows = event.presences.filter(present=True).values_list("registration", "guest", "at")
    found = {(registration or 0, guest or 0): _local(at) for registration, guest, at in rows}

    def came(one: Person) -> Cell:
        return found.get((0, one.pk) if isinstance(one, Guest) else (one.pk, 0), "")

    return came


def _found(texts: Mapping[int, Mapping[int, str]], key: int) -> Callable[[Person], Cell]:
    """Looks up by person and then by ``key``."""
    nothing: Mapping[int, str] = {}
    return _own(lambda one: texts.get(one.pk, nothing).get(key, ""))


def _own(value: Callable[[Registration], Cell]) -> Callable[[Person], Cell]:
    """Of a registration; a guest has none."""
    return lambda one: value(one) if isinstance(one, Registration) else ""


def _texts(pairs: Sequence[tuple[str, object]]) -> dict[str, str]:
    """Translated now: rows are written once the language of the request is gone."""
    return {value: str(words) for value, words in pairs}


def _local(at: datetime | None) -> Cell:
    return timezone.localtime(at).replace(second=0, microsecond=0, tzinfo=None) if at else ""
