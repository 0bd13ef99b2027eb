"""Writes a programme into its event, touching only what differs.

Rows are known by what people call them: a session by its code, a round or a theme by its
number, a speaker by name, a timetable line by its start. So whoever signed up keeps their
seat when a text, a room or a time changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time

from django.db.models import ProtectedError

from program.models import (
    AgendaItem,
    Event,
    Hosting,
    Question,
    Round,
    SignupQuestion,
    Slot,
    Speaker,
    TableSession,
    Theme,
    Venue,
)
from program.models.event import wall_clock
from program.outcome import Outcome, Step
from program.people import refuse_to_displace
from program.programme import Programme, SignupQuestionEntry
from program.rows import fit, given, remove, same


def save(programme: Programme, event: Event, *, at: datetime) -> Outcome:
    """Make ``event`` as the programme says. Needs the lock on it, unless it is new.

    Raises PeopleInTheWay, before anything is written, if somebody would lose a place
    (rule 10). Raising ``Event.version`` is up to the caller.
    """
    if event.pk:
        refuse_to_displace(programme, event)
    steps: list[Step] = []
    _save_event(programme, event, steps)
    rounds = _save_rounds(programme, event, steps)
    _save_agenda(programme, event, rounds, steps)
    _save_sessions(programme, event, rounds, steps)
    remove(steps, {row.number: row for row in event.rounds.all()}, rounds)
    _save_questions(programme, event, steps)
    if programme.signup_questions is not None:
        _save_own_questions(programme.signup_questions, event, steps, at)
    return Outcome(event, steps)


def _save_event(programme: Programme, event: Event, steps: list[Step]) -> None:
    values = same(
        programme,
        "slug title title_en lead lead_en text text_en organiser organiser_email capacity "
        "video_url video_title video_title_en hold_minutes retention_days",
    )
    values |= {
        "venue_id": _save_venue(programme, event, steps).pk,
        "starts_at": _moment(programme.date, programme.starts),
        "ends_at": _moment(programme.date, programme.ends),
        "signup_opens_at": _deadline(programme.signup_opens),
        "signup_closes_at": _deadline(programme.signup_closes),
        "waiting_closes_at": _deadline(programme.waiting_closes),
        "changes_close_at": _deadline(programme.changes_close),
    }
    values |= given(
        programme,
        "published notice notice_en needs_question needs_question_en extras_allowed",
    )
    fit(steps, event, values)


def _save_venue(programme: Programme, event: Event, steps: list[Step]) -> Venue:
    """The venue of that name and address; else the event's own one, renamed; else a new one."""
    entry = programme.venue
    venue = Venue.objects.filter(name=entry.name, street=entry.street, city=entry.city).first()
    if venue is None and event.pk and event.venue.events.count() == 1:
        venue = event.venue
    venue = venue or Venue()
    fit(steps, venue, same(entry, "name street postcode city getting_there getting_there_en"))
    return venue


def _save_rounds(programme: Programme, event: Event, steps: list[Step]) -> dict[int, Round]:
    rows = {row.number: row for row in event.rounds.all()}
    return {
        number: fit(steps, rows.get(number) or Round(), {"event_id": event.pk, "number": number})
        for number in programme.rounds
    }


def _save_agenda(
    programme: Programme, event: Event, rounds: Mapping[int, Round], steps: list[Step]
) -> None:
    # Two lines may start at the same time; then they keep their order.
    seen: Counter[time] = Counter()
    rows = {}
    for row in event.agenda.order_by("starts", "ends", "pk"):
        rows[row.starts, seen[row.starts]] = row
        seen[row.starts] += 1
    seen.clear()
    wanted = {}
    for entry in sorted(programme.agenda, key=lambda entry: (entry.starts, entry.ends)):
        round_id = rounds[entry.round].pk if entry.round is not None else None
        wanted[entry.starts, seen[entry.starts]] = {
            **same(entry, "starts ends title title_en"),
            "event_id": event.pk,
            "round_id": round_id,
        }
        seen[entry.starts] += 1
    remove(steps, rows, wanted)
    # A round has one line: let go of it before another line takes it.
    for key in rows.keys() & wanted.keys():
        if wanted[key]["round_id"] not in (None, rows[key].round_id):
            AgendaItem.objects.filter(pk=rows[key].pk).update(round=None)
    for key in sorted(wanted, key=lambda key: wanted[key]["round_id"] is not None):
        fit(steps, rows.get(key) or AgendaItem(), wanted[key])


def _save_sessions(
    programme: Programme, event: Event, rounds: Mapping[int, Round], steps: list[Step]
) -> None:
    themes = {row.number: row for row in event.themes.all()}
    sessions = {row.code: row for row in event.sessions.all()}
    wanted_themes = {
        entry.number: fit(
            steps,
            themes.get(entry.number) or Theme(),
            {**same(entry, "number title title_en text text_en"), "event_id": event.pk},
        )
        for entry in programme.themes
    }
    wanted_sessions = {
        entry.code: fit(
            steps,
            sessions.get(entry.code) or TableSession(),
            {
                **same(entry, "code title title_en text text_en"),
                "event_id": event.pk,
                "theme_id": wanted_themes[entry.theme].pk,
            },
        )
        for entry in programme.sessions
    }
    _save_hosts(programme, event, wanted_sessions, steps)
    _save_slots(programme, event, wanted_sessions, rounds, steps)
    remove(steps, sessions, wanted_sessions)
    remove(steps, themes, wanted_themes)


def _save_hosts(
    programme: Programme,
    event: Event,
    sessions: Mapping[str, TableSession],
    steps: list[Step],
) -> None:
    rows = {(row.name, row.organisation): row for row in event.speakers.all()}
    wanted = {(entry.name, entry.organisation): entry for entry in programme.speakers}
    # Somebody who changed organisation is still the same person, if there is no other.
    for key in wanted.keys() - rows.keys():
        old = [other for other in rows.keys() - wanted.keys() if other[0] == key[0]]
        new = [other for other in wanted.keys() - rows.keys() if other[0] == key[0]]
        if len(old) == 1 and len(new) == 1:
            rows[key] = rows.pop(old[0])
    fields = "name organisation organisation_en function function_en"
    speakers = {
        key: fit(steps, rows.get(key) or Speaker(), {**same(entry, fields), "event_id": event.pk})
        for key, entry in wanted.items()
    }
    hostings = {
        (row.session_id, row.speaker_id): row
        for row in Hosting.objects.filter(event=event).select_related("speaker")
    }
    wanted_hostings = {}
    for session in programme.sessions:
        for position, name in enumerate(session.hosts, start=1):
            entry = programme.speakers_called(name)[0]
            values = {
                "event_id": event.pk,
                "session_id": sessions[session.code].pk,
                "speaker_id": speakers[entry.name, entry.organisation].pk,
                "position": position,
            }
            hosting = hostings.get((values["session_id"], values["speaker_id"])) or Hosting()
            wanted_hostings[values["session_id"], values["speaker_id"]] = fit(
                steps, hosting, values
            )
    remove(steps, hostings, wanted_hostings)
    remove(steps, rows, speakers)


def _save_slots(
    programme: Programme,
    event: Event,
    sessions: Mapping[str, TableSession],
    rounds: Mapping[int, Round],
    steps: list[Step],
) -> None:
    rows = {
        (row.session_id, row.round_id): row
        for row in event.slots.select_related("session", "round")
    }
    wanted = {}
    for session in programme.sessions:
        for entry in session.slots:
            key = (sessions[session.code].pk, rounds[entry.round].pk)
            wanted[key] = fit(
                steps,
                rows.get(key) or Slot(),
                {
                    **same(entry, "seats location location_en"),
                    **given(entry, "reserved"),
                    "event_id": event.pk,
                    "session_id": key[0],
                    "round_id": key[1],
                },
            )
    remove(steps, rows, wanted)


def _save_questions(programme: Programme, event: Event, steps: list[Step]) -> None:
    rows = {row.question: row for row in event.questions.all()}
    wanted = {
        entry.question: fit(
            steps,
            rows.get(entry.question) or Question(),
            {
                **same(entry, "question question_en answer answer_en"),
                "event_id": event.pk,
                "position": position,
            },
        )
        for position, entry in enumerate(programme.questions, start=1)
    }
    remove(steps, rows, wanted)


def _save_own_questions(
    entries: Sequence[SignupQuestionEntry], event: Event, steps: list[Step], at: datetime
) -> None:
    rows = {row.question: row for row in event.signup_questions.all()}
    wanted = set()
    for position, entry in enumerate(entries, start=1):
        wanted.add(entry.question)
        fit(
            steps,
            rows.get(entry.question) or SignupQuestion(),
            {
                **same(entry, "question question_en kind required"),
                "options": "\n".join(entry.options),
                "options_en": "\n".join(entry.options_en),
                "event_id": event.pk,
                "position": position,
                "retired_at": None,
            },
        )
    for row in rows.values():
        if row.question not in wanted and not row.retired_at:
            _remove_or_retire(steps, row, at)


def _remove_or_retire(steps: list[Step], row: SignupQuestion, at: datetime) -> None:
    step = Step.about("removed", row)
    try:
        row.delete()
        steps.append(step)
    except ProtectedError:  # somebody answered it
        fit(steps, row, {"retired_at": at})


def _moment(day: date, clock: time) -> datetime:
    # In UTC: Python never calls two times equal when the clock shows one of them twice.
    return wall_clock(day, clock).astimezone(UTC)


def _deadline(moment: datetime | None) -> datetime | None:
    return moment and _moment(moment.date(), moment.time())
