"""What an organiser still has to do about an event: mistakes first, then hints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from program.file.from_db import programme_of
from program.file.model import DEADLINES, Entry, model_field
from program.file.rules import RULES, Finding, findings, limits
from program.file.warnings import WARNINGS, few_seats
from program.models import (
    Event,
    Question,
    Round,
    SignupQuestion,
    Speaker,
    TableSession,
    Theme,
    Venue,
)

# Where they are edited; all other rows are on the page of the programme.
PAGES: Mapping[type[Model], str] = {
    **dict.fromkeys([Event, Venue], "event-day"),
    **dict.fromkeys([Question, SignupQuestion], "event-sign-up"),
    Theme: "event-themes",
    Speaker: "event-hosts",
}


@dataclass(frozen=True)
class ToDo:
    """A sentence and the row it is about. A mistake must be corrected, a hint may be intended."""

    sentence: str
    what: Model
    mistake: bool
    event: int  # its key: a venue belongs to no event
    deadline: bool = False

    @property
    def address(self) -> str:
        """The page of the admin where the row is edited."""
        row = self.what
        event = row.pk if isinstance(row, Event) else getattr(row, "event_id", self.event)
        if isinstance(row, Event) and self.deadline:
            return reverse("admin:event-sign-up", args=[event])
        if isinstance(row, TableSession):
            return reverse("admin:event-session", args=[event, row.pk])
        return reverse(f"admin:{PAGES.get(type(row), 'event-tables')}", args=[event])


def to_do(event: Event) -> list[ToDo]:
    """All of it. The number of queries does not depend on how large the programme is."""
    programme = programme_of(event)
    wrong = [
        *map(_named, findings(programme, limits)),
        *findings(programme, *RULES),
    ]
    if timezone.localdate(event.ends_at) != event.day:
        sentence = _("The event ends on another day than it starts.")
        wrong.append(Finding(programme, "ends", sentence))
    if event.draw_to_come and not event.published and not event.ranking_open(timezone.now()):
        sentence = _("Choices close in the past, so nobody could make any. Choose a later moment.")
        wrong.append(Finding(programme, "wishes_close", sentence))
    # A draw says it by what is left to draw, so that is not said twice.
    short = _short_of_seats(event) if event.draw_to_come else {}
    rules = [partial(few_seats, besides=short) if rule is few_seats else rule for rule in WARNINGS]
    noticed = [*findings(programme, *rules), *_more_hints(event), *short.values()]
    return _todos(event, wrong, mistake=True) + _todos(event, noticed, mistake=False)


def _todos(event: Event, found: Iterable[Finding], *, mistake: bool) -> list[ToDo]:
    todos = [
        ToDo(each.sentence, each.entry.row or event, mistake, event.pk, each.name in DEADLINES)
        for each in found
    ]
    return list(dict.fromkeys(todos))


def _named(finding: Finding) -> Finding:
    """With the admin's name for the field in the sentence, which stands nowhere near it."""
    field = model_field(finding.entry, finding.entry.definitions[finding.name])
    words = {"name": field and field.verbose_name, "why": finding.sentence}
    return finding._replace(sentence=_("‘%(name)s’: %(why)s") % words)


def _more_hints(event: Event) -> Iterator[Finding]:
    for round_ in event.rounds.filter(agenda_item=None, slots=None):
        message = _("Round %(number)s has no line in the timetable.")
        yield Finding(Entry(row=round_), "number", message % {"number": round_.number})
    if not event.organisers.exists():
        message = _("Nobody organises this event here yet: choose organisers.")
        yield Finding(Entry(row=event), "organisers", message)


def _short_of_seats(event: Event) -> dict[int, Finding]:
    """Rounds in which a full event leaves people without a table: a draw fills what it can."""
    found = {}
    seats: Counter[Round] = Counter()
    for slot in event.slots.select_related("round"):
        seats[slot.round] += slot.seats_left
    for round_, left in seats.items():
        if sentence := short_of_seats(round_.number, left, people=event.places_left):
            found[round_.number] = Finding(Entry(row=round_), "slots", sentence)
    return found


def short_of_seats(number: int, seats: int, *, people: int) -> str:
    """What to say of a round with fewer seats than people; empty if there are enough."""
    if seats >= people:
        return ""
    message = ngettext(
        "In round %(number)s there is %(seats)s seat for %(people)s people: %(short)s too few to "
        "give everybody a table.",
        "In round %(number)s there are %(seats)s seats for %(people)s people: %(short)s too few to "
        "give everybody a table.",
        seats,
    )
    return message % {"number": number, "seats": seats, "people": people, "short": people - seats}
