"""The programme that is in the database, for whatever checks, copies or writes a programme."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

from django.db.models import Model
from django.utils import timezone

from program.models import (
    AgendaItem,
    Event,
    Hosting,
    Question,
    SignupQuestion,
    Speaker,
    TableSession,
    Theme,
    Venue,
)
from program.models.questions import lines
from program.programme import (
    AgendaEntry,
    Programme,
    QuestionEntry,
    SessionEntry,
    SignupQuestionEntry,
    SlotEntry,
    SpeakerEntry,
    ThemeEntry,
    VenueEntry,
)


class Stored(TypedDict):
    row: Model
    names: Mapping[str, str]


def programme_of(event: Event) -> Programme:
    """All that there is to tell of an event, every entry with its row; eight queries at most.

    A round without a line in the timetable is not in ``rounds``; a table in it is a mistake
    that the checks find.
    """
    starts, ends = (timezone.localtime(moment) for moment in (event.starts_at, event.ends_at))
    return Programme(
        slug=event.slug,
        published=event.published,
        title=event.title,
        title_en=event.title_en,
        lead=newlines(event.lead),
        lead_en=newlines(event.lead_en),
        text=newlines(event.text),
        text_en=newlines(event.text_en),
        organiser=event.organiser,
        organiser_email=event.organiser_email,
        date=starts.date(),
        starts=starts.time(),
        ends=ends.time(),
        capacity=event.capacity,
        video_url=event.video_url,
        video_title=event.video_title,
        video_title_en=event.video_title_en,
        signup_opens=_clock(event.signup_opens_at),
        signup_closes=_clock(event.signup_closes_at),
        waiting_closes=_clock(event.waiting_closes_at),
        changes_close=_clock(event.changes_close_at),
        hold_minutes=event.hold_minutes,
        retention_days=event.retention_days,
        notice=newlines(event.notice),
        notice_en=newlines(event.notice_en),
        needs_question=event.needs_question,
        needs_question_en=event.needs_question_en,
        extras_allowed=event.extras_allowed,
        venue=_venue(event.venue),
        agenda=[
            _agenda(item)
            for item in event.agenda.select_related("round").order_by("starts", "ends", "pk")
        ],
        themes=[_theme(theme) for theme in event.themes.all()],
        speakers=[
            _speaker(speaker) for speaker in event.speakers.order_by("name", "organisation", "pk")
        ],
        sessions=_sessions(event),
        questions=[_question(question) for question in event.questions.all()],
        signup_questions=[_own_question(own) for own in event.signup_questions.asked()],
        **_stored(event),
    )


def newlines(text: str) -> str:
    """A text with the line ends of a file; a browser sends others."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _venue(venue: Venue) -> VenueEntry:
    return VenueEntry(
        name=venue.name,
        street=venue.street,
        postcode=venue.postcode,
        city=venue.city,
        getting_there=newlines(venue.getting_there),
        getting_there_en=newlines(venue.getting_there_en),
        **_stored(venue),
    )


def _agenda(item: AgendaItem) -> AgendaEntry:
    return AgendaEntry(
        starts=item.starts,
        ends=item.ends,
        title=item.title,
        title_en=item.title_en,
        round=item.round.number if item.round else None,
        **_stored(item),
    )


def _theme(theme: Theme) -> ThemeEntry:
    return ThemeEntry(
        number=theme.number,
        title=theme.title,
        title_en=theme.title_en,
        text=newlines(theme.text),
        text_en=newlines(theme.text_en),
        **_stored(theme),
    )


def _speaker(speaker: Speaker) -> SpeakerEntry:
    return SpeakerEntry(
        name=speaker.name,
        organisation=speaker.organisation,
        organisation_en=speaker.organisation_en,
        function=speaker.function,
        function_en=speaker.function_en,
        **_stored(speaker),
    )


def _sessions(event: Event) -> list[SessionEntry]:
    hosts = _hosts(event)
    slots = defaultdict(list)
    for slot in event.slots.select_related("session", "round").order_by("round__number"):
        slots[slot.session_id].append(
            SlotEntry(
                round=slot.round.number,
                seats=slot.seats,
                reserved=slot.reserved,
                location=slot.location,
                location_en=slot.location_en,
                **_stored(slot),
            )
        )
    return [
        _session(session, hosts[session.pk], slots[session.pk])
        for session in event.sessions.select_related("theme")
    ]


def _session(session: TableSession, hosts: list[str], slots: list[SlotEntry]) -> SessionEntry:
    return SessionEntry(
        code=session.code,
        theme=session.theme.number,
        title=session.title,
        title_en=session.title_en,
        text=newlines(session.text),
        text_en=newlines(session.text_en),
        hosts=hosts,
        slots=slots,
        **_stored(session),
    )


def _hosts(event: Event) -> Mapping[int, list[str]]:
    """By session, the names as a programme writes them: longer if two people share one."""
    hostings = list(Hosting.objects.filter(event=event).select_related("speaker"))
    people = {hosting.speaker_id: hosting.speaker for hosting in hostings}
    # Also somebody without a table counts: the name alone would still not do.
    shared = Counter(event.speakers.order_by().values_list("name", flat=True))
    hosts = defaultdict(list)
    for hosting in hostings:
        speaker = people[hosting.speaker_id]
        alone = shared[speaker.name] == 1
        name = speaker.name if alone else f"{speaker.name} ({speaker.organisation})"
        hosts[hosting.session_id].append(name)
    return hosts


def _question(question: Question) -> QuestionEntry:
    return QuestionEntry(
        question=question.question,
        question_en=question.question_en,
        answer=newlines(question.answer),
        answer_en=newlines(question.answer_en),
        **_stored(question),
    )


def _own_question(question: SignupQuestion) -> SignupQuestionEntry:
    return SignupQuestionEntry(
        question=question.question,
        question_en=question.question_en,
        kind=question.kind,
        options=lines(question.options),
        options_en=lines(question.options_en),
        required=question.required,
        **_stored(question),
    )


def _stored(row: Model) -> Stored:
    """The row, and its fields as the admin names them."""
    names = {field.name: str(getattr(field, "verbose_name", "")) for field in row._meta.fields}
    return {"row": row, "names": names}


def _clock(moment: datetime | None) -> datetime | None:
    """What the clock shows in the event's town."""
    return moment and timezone.localtime(moment).replace(tzinfo=None)
