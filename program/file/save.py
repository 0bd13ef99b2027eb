"""Writes a programme into its event, touching only what differs.

Rows are found by what people call them: a session by its code, a round or a theme by its
number, a speaker by name, a timetable line by its start. So people keep their seats when a
text, a room or a time changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar, cast

from django.apps import apps
from django.db.models import Model, ProtectedError, QuerySet
from django.utils.translation import gettext as _

from program.file.model import Entry, FieldKind, Programme, SignupQuestionEntry
from program.file.parse import newlines
from program.file.refusals import refuse_to_displace
from program.file.venues import Wanted, choose_venue
from program.models import Event, Hosting, Role, Round, TableSession, Venue
from program.models.event import wall_clock
from program.models.roles import free_code, let_go_of_labels, make_default_roles


@dataclass(frozen=True)
class SavedRow:
    """A row of ``model`` that was added, changed (then ``fields`` says where) or removed."""

    did: str
    model: str
    name: str
    fields: Sequence[str] = ()

    def __str__(self) -> str:
        sentence = {
            "added": _("Added: %(what)s ‘%(name)s’"),
            "changed": _("Changed: %(what)s ‘%(name)s’ (%(fields)s)"),
            "removed": _("Removed: %(what)s ‘%(name)s’"),
        }[self.did]
        meta = apps.get_model("program", self.model)._meta
        fields = ", ".join(str(meta.get_field(name).verbose_name) for name in self.fields)
        return sentence % {"what": meta.verbose_name, "name": self.name, "fields": fields}


@dataclass(frozen=True)
class SaveOutcome:
    """The event, and every step taken: none if it was as the programme says already."""

    event: Event
    steps: Sequence[SavedRow]

    @property
    def changed(self) -> bool:
        return bool(self.steps)

    @property
    def other_rows(self) -> bool:
        """Whether any row came or went, which a list of changed cells does not show."""
        return any(step.did != "changed" for step in self.steps)

    def touched(self, model: type[Model]) -> bool:
        return any(step.model == model._meta.model_name for step in self.steps)


def save(
    programme: Programme, event: Event, *, at: datetime, own: QuerySet[Event] | None = None
) -> SaveOutcome:
    """Make ``event`` as the programme says. Needs the lock on it, unless it is new.

    ``own`` are the events that whoever asks may change, by default all of them: a venue where
    others meet stays as it is. Raises PeopleInTheWay, before anything is written, if somebody
    would lose a place (rule 10). ``Event.bump_programme`` is up to the caller.
    """
    if event.pk:
        refuse_to_displace(programme, event)
    saving = _Saving(programme, event, Event.objects.all() if own is None else own)
    saving.save_event()
    rounds = saving.save_rounds()
    saving.save_agenda(rounds)
    saving.save_sessions(rounds)
    saving.remove({row.number: row for row in event.rounds.all()}, rounds)
    saving.save_questions()
    saving.save_own_questions(at)
    saving.save_roles(at)
    return SaveOutcome(event, saving.steps)


def wanted_venue(programme: Programme) -> Wanted:
    """Where a programme says that it is. What it leaves empty stays as it was."""
    return {name: value or None for name, value in _columns(programme.venue).items()}


M = TypeVar("M", bound=Model)
K = TypeVar("K")


class _Saving:
    """One programme on its way into one event, and what was done to rows so far."""

    def __init__(self, programme: Programme, event: Event, own: QuerySet[Event]) -> None:
        self.programme = programme
        self.own = own
        self.event = event
        self.steps: list[SavedRow] = []

    def note(self, did: str, row: Model, fields: Sequence[str] = ()) -> None:
        self.steps.append(SavedRow(did, str(row._meta.model_name), str(row), fields))

    def fit(self, row: M | None, entry: Entry, **values: object) -> M:
        """``store`` what the entry says, in a new row if there is none, and ``values`` with it."""
        return self.store(row or cast("M", entry.model()), **{**_columns(entry), **values})

    def store(self, row: M, **values: object) -> M:
        """Store a new row, or the fields of an old one that differ; never its counters."""
        if not isinstance(row, (Event, Venue)):
            values["event_id"] = self.event.pk
        differing = [name for name, value in values.items() if _plain(getattr(row, name)) != value]
        for name in differing:
            setattr(row, name, values[name])
        if row.pk is None:
            row.save(force_insert=True)
            self.note("added", row)
        elif differing:
            row.save(update_fields=differing)
            self.note("changed", row, differing)
        return row

    def remove(self, rows: Mapping[K, Model], wanted: Iterable[K]) -> None:
        kept = set(wanted)
        for key, row in rows.items():
            if key not in kept:
                self.note("removed", row)
                row.delete()

    def save_event(self) -> None:
        """English in a file makes the event bilingual; a file without leaves it as it is."""
        day = self.programme.date
        self.fit(
            self.event,
            self.programme,
            venue_id=self.save_venue().pk,
            starts_at=_moment(day, self.programme.starts),
            ends_at=_moment(day, self.programme.ends),
            bilingual=self.event.bilingual or self.programme.in_english,
        )

    def save_venue(self) -> Venue:
        venue, values = choose_venue(self.event, wanted_venue(self.programme), own=self.own)
        return self.store(venue, **values)

    def save_rounds(self) -> dict[int, Round]:
        rows = {row.number: row for row in self.event.rounds.all()}
        return {
            number: self.store(rows.get(number) or Round(), number=number)
            for number in self.programme.rounds
        }

    def save_agenda(self, rounds: Mapping[int, Round]) -> None:
        rows = _by_start(self.event.agenda.order_by("starts", "ends", "pk"))
        in_order = sorted(self.programme.agenda, key=lambda entry: (entry.starts, entry.ends))
        wanted = _by_start(in_order)
        round_ids = {
            key: rounds[entry.round].pk if entry.round is not None else None
            for key, entry in wanted.items()
        }
        self.remove(rows, wanted)
        # A round has one line: let go of it before another line takes it.
        for key in rows.keys() & wanted.keys():
            if round_ids[key] not in (None, rows[key].round_id):
                self.event.agenda.filter(pk=rows[key].pk).update(round=None)
        for key in sorted(wanted, key=lambda key: round_ids[key] is not None):
            self.fit(rows.get(key), wanted[key], round_id=round_ids[key])

    def save_sessions(self, rounds: Mapping[int, Round]) -> None:
        old_themes = {row.number: row for row in self.event.themes.all()}
        old_sessions = {row.code: row for row in self.event.sessions.all()}
        themes = {
            entry.number: self.fit(old_themes.get(entry.number), entry)
            for entry in self.programme.themes
        }
        sessions = {
            entry.code: self.fit(
                old_sessions.get(entry.code), entry, theme_id=themes[entry.theme].pk
            )
            for entry in self.programme.sessions
        }
        self.save_hosts(sessions)
        self.save_slots(sessions, rounds)
        self.remove(old_sessions, sessions)
        self.remove(old_themes, themes)

    def save_hosts(self, sessions: Mapping[str, TableSession]) -> None:
        rows = {(row.name, row.organisation): row for row in self.event.speakers.all()}
        entries = {(entry.name, entry.organisation): entry for entry in self.programme.speakers}
        # Somebody who changed organisation is still the same person, if there is no other.
        for key in entries.keys() - rows.keys():
            old = [other for other in rows.keys() - entries.keys() if other[0] == key[0]]
            new = [other for other in entries.keys() - rows.keys() if other[0] == key[0]]
            if len(old) == 1 and len(new) == 1:
                rows[key] = rows.pop(old[0])
        speakers = {key: self.fit(rows.get(key), entry) for key, entry in entries.items()}
        hostings: dict[tuple[int, int], Hosting] = {
            (row.session_id, row.speaker_id): row
            for row in Hosting.objects.filter(event=self.event).select_related("speaker")
        }
        wanted = set()
        for session in self.programme.sessions:
            for position, host in enumerate(self.programme.hosts_of(session), start=1):
                pair = (sessions[session.code].pk, speakers[host.name, host.organisation].pk)
                row = hostings.get(pair) or Hosting()
                self.store(row, session_id=pair[0], speaker_id=pair[1], position=position)
                wanted.add(pair)
        self.remove(hostings, wanted)
        self.remove(rows, speakers)

    def save_slots(self, sessions: Mapping[str, TableSession], rounds: Mapping[int, Round]) -> None:
        rows = {
            (row.session_id, row.round_id): row
            for row in self.event.slots.select_related("session", "round")
        }
        wanted = set()
        for session, entry in self.programme.slots:
            key = (sessions[session.code].pk, rounds[entry.round].pk)
            self.fit(rows.get(key), entry, session_id=key[0], round_id=key[1])
            wanted.add(key)
        self.remove(rows, wanted)

    def save_questions(self) -> None:
        rows = {row.question: row for row in self.event.questions.all()}
        for position, entry in enumerate(self.programme.questions, start=1):
            self.fit(rows.get(entry.question), entry, position=position)
        self.remove(rows, [entry.question for entry in self.programme.questions])

    def save_own_questions(self, at: datetime) -> None:
        entries: Sequence[SignupQuestionEntry] | None = self.programme.signup_questions
        if entries is None:
            return
        rows = {row.question: row for row in self.event.signup_questions.all()}
        for position, entry in enumerate(entries, start=1):
            self.fit(rows.pop(entry.question, None), entry, position=position, retired_at=None)
        for row in rows.values():
            if row.retired_at:
                continue
            try:
                row.delete()
                self.note("removed", row)
            except ProtectedError:  # somebody answered it
                self.store(row, retired_at=at)

    def save_roles(self, at: datetime) -> None:
        """Found by code, else by what it is called. Those that somebody chose are only retired."""
        entries = self.programme.roles
        rows = list(self.event.roles.all())
        if entries is None:
            if not rows:
                make_default_roles(self.event)
            return
        by_code, by_label = (
            {getattr(row, name): row for row in rows} for name in ("code", "label")
        )
        wanted = [
            (by_code.get(entry.code) or by_label.get(entry.label), entry) for entry in entries
        ]
        self.remove_roles(rows, {row.pk for row, _entry in wanted if row}, at)
        let_go_of_labels(row for row, entry in wanted if row and row.label != entry.label)
        codes = {*by_code, *(entry.code for entry in entries)}
        for position, (row, entry) in enumerate(wanted, start=1):
            code = row.code if row else entry.code or free_code(entry.label, codes)
            codes.add(code)
            self.fit(row, entry, code=code, position=position, retired_at=None)

    def remove_roles(self, rows: Iterable[Role], kept: Container[int], at: datetime) -> None:
        for row in rows:
            if row.pk in kept or row.retired_at:
                continue
            try:
                row.delete()
                self.note("removed", row)
            except ProtectedError:  # somebody chose it
                self.store(row, retired_at=at)


def _columns(entry: Entry) -> dict[str, Any]:
    """What an entry stores in its own row, by column, without what is to stay as it is."""
    columns: dict[str, Any] = {}
    for name, definition in entry.definitions.items():
        value: Any = getattr(entry, name)
        if not definition.stored or definition.refers_to or (value is None and definition.stays):
            continue
        if definition.kind is FieldKind.MOMENT:
            value = value and _moment(value.date(), value.time())
        elif definition.kind is FieldKind.SEVERAL:
            value = "\n".join(value)
        columns[definition.column or name] = value
    return columns


A = TypeVar("A", bound=Any)


def _by_start(lines: Iterable[A]) -> dict[tuple[time, int], A]:
    """Two lines of a timetable may start at the same time; then they keep their order."""
    seen: Counter[time] = Counter()
    found = {}
    for line in lines:
        found[line.starts, seen[line.starts]] = line
        seen[line.starts] += 1
    return found


def _plain(value: object) -> object:
    # A text from a browser has other line ends than one from a file.
    return newlines(value) if isinstance(value, str) else value


def _moment(day: date, clock: time) -> datetime:
    # In UTC: Python never calls two times equal when the clock shows one of them twice.
    return wall_clock(day, clock).astimezone(UTC)
