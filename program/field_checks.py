"""What a single field may hold: asked of the models, so that it stands in one place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from program.models import (
    AgendaItem,
    Event,
    Question,
    SignupQuestion,
    Slot,
    Speaker,
    TableSession,
    Theme,
    Venue,
)
from program.programme import Entry, Programme

_EVENT = (
    "slug title title_en lead lead_en organiser organiser_email video_url video_title "
    "video_title_en needs_question needs_question_en"
)
_TEXTS: dict[type[Model], Sequence[str]] = {
    Event: _EVENT.split(),
    Venue: ["name", "street", "postcode", "city"],
    AgendaItem: ["title", "title_en"],
    Theme: ["title", "title_en"],
    Speaker: ["name", "organisation", "organisation_en", "function", "function_en"],
    TableSession: ["code", "title", "title_en"],
    Slot: ["location", "location_en"],
    Question: ["question", "question_en"],
    SignupQuestion: ["question", "question_en", "kind"],
}
# Lowest and highest: what both databases can store, and what makes sense.
_NUMBERS = {
    "capacity": (0, 2_147_483_647),
    "seats": (0, 32_767),
    "reserved": (0, 32_767),
    "number": (1, 32_767),
    "round": (1, 32_767),
    "hold_minutes": (1, 32_767),
    "retention_days": (0, 32_767),
}


def wrong_fields(programme: Programme) -> Iterator[tuple[Entry, str, str]]:
    for model, entry in _rows(programme):
        for name, (lowest, highest) in _NUMBERS.items():
            value = getattr(entry, name, None)
            if value is not None and not lowest <= value <= highest:
                message = _("‘%(name)s’ must be between %(lowest)s and %(highest)s.")
                words = {"name": entry.called(name), "lowest": lowest, "highest": highest}
                yield entry, name, message % words
        yield from _wrong_texts(model, entry)


def _wrong_texts(model: type[Model], entry: Entry) -> Iterator[tuple[Entry, str, str]]:
    names = _TEXTS[model]
    row = model(**{name: getattr(entry, name) or "" for name in names})
    try:
        row.clean_fields(exclude={field.name for field in model._meta.fields} - set(names))
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            for message in messages:
                words = {"name": entry.called(name), "why": message}
                yield entry, name, _("‘%(name)s’: %(why)s") % words


def _rows(programme: Programme) -> Iterator[tuple[type[Model], Entry]]:
    yield Event, programme
    yield Venue, programme.venue
    for item in programme.agenda:
        yield AgendaItem, item
    for theme in programme.themes:
        yield Theme, theme
    for speaker in programme.speakers:
        yield Speaker, speaker
    for question in programme.questions:
        yield Question, question
    for own in programme.signup_questions or ():
        yield SignupQuestion, own
    for session in programme.sessions:
        yield TableSession, session
        for slot in session.slots:
            yield Slot, slot
