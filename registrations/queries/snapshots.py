"""An event as people know it and have it in their calendars; two of them show what moved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from program.models import AgendaItem, Event, Slot
from program.models.bilingual import in_dutch
from program.public.calendars import hours
from registrations.models import Registration

# As history keeps them: the times of the event, its venue, hours by round, places by table.
Facts = dict[str, Any]


@dataclass(frozen=True)
class SlotWords:
    """A slot in words that outlive it: its session's code and title (twice), its round."""

    code: str
    title: str
    title_en: str
    round: int

    @property
    def name(self) -> str:
        """'1/6b': in round 1 table 6b."""
        return f"{self.round}/{self.code}"

    @classmethod
    def of(cls, slot: Slot) -> SlotWords:
        session = slot.session
        return cls(session.code, session.title, session.title_en, slot.round.number)


@dataclass(frozen=True)
class EventSnapshot:
    """An event at one moment. ``waited_for`` has pairs of a registration and a slot.

    ``calendar`` holds everything else that shows in a calendar. ``tables`` and where they are
    (``places``, in Dutch and in English) go by the key of the slot. When names are erased hangs on
    ``dates``.
    """

    facts: Facts
    places: Mapping[int, list[str]]
    calendar: tuple[object, ...]
    tables: Mapping[int, SlotWords]
    waited_for: Collection[tuple[int, int]]
    starts_at: datetime
    kept_until: datetime
    dates: tuple[object, ...]
    published: bool
    deadlines: Mapping[str, datetime | None]


@dataclass(frozen=True)
class Difference:
    """Something that was one way and is another way now, in the active language.

    ``title`` is that of a session, where its reader need not know it by its code.
    """

    what: str
    old: str
    new: str
    title: str = ""


def snapshot(key: int) -> EventSnapshot:
    """The event with this key as it stands now. A handful of queries."""
    event = Event.objects.select_related("venue").get(pk=key)
    lines = {item.round_id: item for item in AgendaItem.objects.filter(event=event)}
    slots = list(event.slots.select_related("session", "round"))
    tables = {slot.pk: SlotWords.of(slot) for slot in slots}
    rounds = event.rounds.all()
    asking = [Registration.Status.PENDING, Registration.Status.WAITING]
    waited_for = event.waitlist_entries.counting() | event.waitlist_entries.filter(
        registration__status__in=asking
    )
    return EventSnapshot(
        facts={
            "starts_at": event.starts_at.isoformat(),
            "ends_at": event.ends_at.isoformat(),
            "venue": f"{event.venue.name}, {event.venue.address}",
            "rounds": {str(each.number): _hours(lines.get(each.pk)) for each in rounds},
        },
        places={slot.pk: [slot.location, slot.location_en or slot.location] for slot in slots},
        calendar=(
            *(event.title, event.title_en, event.slug, event.organiser, event.organiser_email),
            frozenset(tables.values()),
        ),
        tables=tables,
        waited_for=set(waited_for.values_list("registration", "slot")),
        starts_at=event.starts_at,
        kept_until=event.kept_until,
        dates=(event.starts_at, event.ends_at, event.retention_days),
        published=event.published,
        deadlines={
            "signup_closes": event.signup_closes,
            "wishes_close": event.wishes_close_at,
            "waiting_closes": event.waiting_closes,
            "changes_close": event.changes_close,
        },
    )


def _hours(line: AgendaItem | None) -> list[str]:
    return [f"{line.starts:%H:%M}", f"{line.ends:%H:%M}"] if line else []


def moved(before: EventSnapshot, after: EventSnapshot) -> tuple[Facts, Facts]:
    """What changed of time and place: how it was and how it is now; both empty if nothing did.

    A round or a table that is new, or gone, has not moved. A table is the same whatever its code
    became, and goes by its new one.
    """
    stayed = [
        key
        for key, table in before.tables.items()
        if key in after.tables and after.tables[key].round == table.round
    ]
    places = {after.tables[key].name: before.places[key] for key in stayed}
    return _differing(before.facts | {"places": places}, _told(after))


def since(old: Facts, event: int) -> tuple[Facts, Facts]:
    """As ``moved``, but from what history kept to how it is now."""
    return _differing(old, _told(snapshot(event)))


def _told(now: EventSnapshot) -> Facts:
    """The facts as history keeps them, with places."""
    return now.facts | {"places": {now.tables[key].name: now.places[key] for key in now.places}}


def _differing(before: Facts, after: Facts) -> tuple[Facts, Facts]:
    old: Facts = {}
    new: Facts = {}
    for name, value in before.items():
        now = after[name]
        if isinstance(value, dict):
            keys = [key for key in value if key in now and now[key] != value[key]]
            if keys:
                old[name] = {key: value[key] for key in keys}
                new[name] = {key: now[key] for key in keys}
        elif value != now:
            old[name], new[name] = value, now
    if {"starts_at", "ends_at"} & old.keys():
        for name in ("starts_at", "ends_at"):
            old[name], new[name] = before[name], after[name]
    return old, new


def concerns_everybody(old: Facts) -> bool:
    """Whether it moved for all, and not only for those at some tables."""
    return bool(old.keys() - {"places"})


def in_words(old: Facts, new: Facts, sessions: Mapping[str, str] | None = None) -> list[Difference]:
    """What moved, in the active language.

    With ``sessions``, titles by table ('1/6b'), only the places of those, with their titles.
    """
    said = []
    if "starts_at" in old:
        said.append(Difference(_("The event"), _when(old), _when(new)))
    if "venue" in old:
        said.append(Difference(_("The place"), old["venue"], new["venue"]))
    for number, clocks in old.get("rounds", {}).items():
        what = _("Round %(number)s") % {"number": number}
        said.append(Difference(what, _clock(clocks), _clock(new["rounds"][number])))
    for key, place in old.get("places", {}).items():
        if sessions is None or key in sessions:
            number, _slash, code = key.partition("/")
            what = _("Session %(code)s in round %(round)s") % {"code": code, "round": number}
            title = sessions[key] if sessions else ""
            said.append(Difference(what, _place(place), _place(new["places"][key]), title))
    return said


def _when(facts: Facts) -> str:
    starts, ends = (
        timezone.localtime(datetime.fromisoformat(facts[name])) for name in ("starts_at", "ends_at")
    )
    return f"{formats.date_format(starts.date())}, {hours(starts, ends)}"


def _clock(clocks: list[str]) -> str:
    if not clocks:
        return _("not known yet")
    starts, ends = (time.fromisoformat(clock) for clock in clocks)
    return hours(starts, ends)


def _place(both: list[str]) -> str:
    dutch, english = both
    if (get_language() or "").startswith("en") and english != dutch:
        return english or _("not known yet")
    return in_dutch(dutch) or _("not known yet")
