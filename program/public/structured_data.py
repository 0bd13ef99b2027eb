"""What search engines and messengers read from a page: schema.org and OpenGraph."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from program.models import AgendaItem, Event, Slot, Speaker, TableSession, Venue
from program.public import pictures
from program.public.house_style import site_name
from program.public.pictures import Picture
from program.public.programme import KeptProgramme, kept_programme
from program.text import summary

Thing = dict[str, object]

# As in Django's json_script: none of these may end the <script> element around them.
ESCAPES = {"<": "\\u003C", ">": "\\u003E", "&": "\\u0026"}
LOCALES = {"nl": "nl_NL", "en": "en_GB"}


@dataclass(frozen=True)
class LinkCard:
    """How a shared link looks elsewhere: the OpenGraph properties of a page."""

    title: str
    description: str
    url: str
    site: str
    picture: str
    picture_says: str
    language: str
    type: str = "website"

    @property
    def locale(self) -> str:
        return LOCALES[self.language]

    @property
    def other_locales(self) -> list[str]:
        return [locale for code, locale in LOCALES.items() if code != self.language]


def home_card() -> LinkCard:
    description = _("Meetings where you talk with others at a round table. Choose one and sign up.")
    return _card(
        _("Events"),
        description,
        reverse("program:home"),
        site_name(),
        pictures.home_picture(),
    )


def event_card(event: Event) -> LinkCard:
    return _card(
        event.local_title,
        event.local_lead or event.local_text,
        event.get_absolute_url(),
        event.organiser,
        pictures.event_picture(event),
    )


def session_card(session: TableSession) -> LinkCard:
    title = {"code": session.code, "title": session.local_title}
    return _card(
        _("Session %(code)s: %(title)s") % title,
        session.local_text,
        session.get_absolute_url(),
        session.event.organiser,
        pictures.session_picture(session),
    )


def event_ld(event: Event, slots: Iterable[Slot], at: datetime) -> SafeString:
    """The event with these slots of it as schema.org data, in the active language.

    Safe inside a ``<script>``.
    """
    sub_events = _sub_events(kept_programme(event), get_language() or settings.LANGUAGE_CODE)
    return _script(
        {
            "@context": "https://schema.org",
            **_event(event),
            "description": summary(event.local_lead or event.local_text, 500),
            "image": _picture_of(event.get_absolute_url(), pictures.event_picture(event)),
            "isAccessibleForFree": True,
            "maximumAttendeeCapacity": event.capacity,
            **_left(event, event.places_left),
            **({"offers": _offer(event)} if event.signup_open(at) else {}),
            "subEvent": [_held(event, slot, sub_events) for slot in slots if slot.pk in sub_events],
        }
    )


def session_ld(session: TableSession, slots: Iterable[Slot]) -> SafeString:
    """A table session as schema.org data: one event for each round in which it is held."""
    event = session.event
    sub_events = _sub_events(kept_programme(event), get_language() or settings.LANGUAGE_CODE)
    picture = _picture_of(session.get_absolute_url(), pictures.session_picture(session))
    return _script(
        {
            "@context": "https://schema.org",
            "@graph": [
                {
                    **_held(event, slot, sub_events),
                    "inLanguage": get_language(),
                    "image": picture,
                    "organizer": _organiser(event),
                    "isAccessibleForFree": True,
                    "superEvent": _event(event),
                }
                for slot in slots
                if slot.pk in sub_events
            ],
        }
    )


def _event(event: Event) -> Thing:
    """The event as such, also as what a table session is part of."""
    url = settings.SITE_URL + event.get_absolute_url()
    return {
        "@type": "Event",
        "@id": url,
        "url": url,
        "name": event.local_title,
        "inLanguage": get_language(),
        "startDate": _local(event.starts_at),
        "endDate": _local(event.ends_at),
        "location": _place(event.venue),
        "organizer": _organiser(event),
        **_states(off=event.called_off, moved=event.moved_from is not None),
        **({"previousStartDate": _local(event.moved_from)} if event.moved_from else {}),
    }


def _held(event: Event, slot: Slot, sub_events: dict[int, Thing]) -> Thing:
    return {
        **sub_events[slot.pk],
        "maximumAttendeeCapacity": slot.seats,
        **_left(event, slot.seats_left),
        **_states(off=event.called_off or slot.dropped),
    }


def _left(event: Event, number: int) -> Thing:
    """Before a draw nothing is left for whoever comes first (rule 16)."""
    return {} if event.draw_to_come else {"remainingAttendeeCapacity": number}


def _script(thing: Thing) -> SafeString:
    text = json.dumps(thing, ensure_ascii=False)
    for sign, escaped in ESCAPES.items():  # much quicker than ``translate``
        text = text.replace(sign, escaped)
    return mark_safe(text)  # noqa: S308 - escaped in the lines above


@lru_cache(maxsize=20)
def _sub_events(programme: KeptProgramme, language: str) -> dict[int, Thing]:
    """What only organisers change of the slots, by their keys."""
    lines = {item.round_id: item for item in programme.agenda}
    sessions = {session.pk: session for session in programme.sessions}
    return {
        slot.pk: _sub_event(
            programme.event, slot, sessions[slot.session_id], lines.get(slot.round_id)
        )
        for slot in programme.slots
    }


def _sub_event(event: Event, slot: Slot, session: TableSession, line: AgendaItem | None) -> Thing:
    venue = _place(event.venue)
    # A round that is not in the timetable is on the day, at a time yet unknown.
    return {
        "@type": "Event",
        "url": settings.SITE_URL + session.get_absolute_url(),
        "name": f"{session.code}: {session.local_title}",
        "description": summary(session.local_text, 500) or session.local_title,
        "startDate": (line.starts_at if line else event.day).isoformat(),
        "endDate": (line.ends_at if line else event.day).isoformat(),
        "location": {**venue, "name": f"{venue['name']}, {slot.local_location}"}
        if slot.location
        else venue,
        "performer": [_person(hosting.speaker) for hosting in session.hostings.all()],
    }


def _person(speaker: Speaker) -> Thing:
    person: Thing = {"@type": "Person", "name": speaker.name}
    if speaker.organisation:
        person["affiliation"] = _organisation(speaker.local_organisation)
    return person


def _organisation(name: str) -> Thing:
    return {"@type": "Organization", "name": name}


def _organiser(event: Event) -> Thing:
    """With the home page of this site, which is all that we know of theirs."""
    return {**_organisation(event.organiser), "url": settings.SITE_URL + reverse("program:home")}


def _place(venue: Venue) -> Thing:
    return {
        "@type": "Place",
        "name": venue.name,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": venue.street,
            "postalCode": venue.postcode,
            "addressLocality": venue.city,
            "addressCountry": "NL",
        },
    }


def _states(*, off: bool, moved: bool = False) -> Thing:
    status = "EventCancelled" if off else "EventRescheduled" if moved else "EventScheduled"
    return {
        "eventStatus": f"https://schema.org/{status}",
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
    }


def _offer(event: Event) -> Thing:
    stock = "InStock" if event.places_left else "SoldOut"
    # Who takes part in a draw has nothing yet: there is no word for that in stock.
    availability = {} if event.draw_to_come else {"availability": f"https://schema.org/{stock}"}
    opens = event.signup_opens_at
    return {
        "@type": "Offer",
        "url": settings.SITE_URL + event.get_absolute_url(),
        "price": 0,
        "priceCurrency": "EUR",
        **availability,
        "availabilityEnds": _local(event.signup_closes),
        **({"validFrom": _local(opens)} if opens else {}),
    }


def _local(moment: datetime) -> str:
    return timezone.localtime(moment).isoformat()


def _card(title: str, text: str, path: str, site: str, picture: Picture) -> LinkCard:
    about = (picture.about, *picture.lines)
    return LinkCard(
        title,
        summary(text) or " · ".join(part for part in about if part),
        settings.SITE_URL + path,
        site,
        _picture_of(path, picture),
        pictures.in_words(picture),
        get_language() or settings.LANGUAGE_CODE,
    )


def _picture_of(path: str, picture: Picture) -> str:
    """Its address. Those who keep the picture ask anew once it is another one."""
    return f"{settings.SITE_URL}{path}{pictures.NAME}?v={picture.version}"
