"""A programme small enough to write out in a test."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from program.models import (
    AgendaItem,
    Event,
    Hosting,
    Round,
    Slot,
    Speaker,
    TableSession,
    Theme,
    Venue,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def make_programme(
    slug: str = "wijk",
    *,
    starts_at: datetime = datetime(2026, 12, 7, 14, tzinfo=AMSTERDAM),
    sessions: int = 2,
    **fields: object,
) -> Event:
    """An event with one theme, two rounds, and sessions that sit in both."""
    venue, _ = Venue.objects.get_or_create(
        name="Stadhuis", street="Stadhuisplein 100", postcode="1506 MZ", city="Zaandam"
    )
    event = Event.objects.create(
        **{
            "slug": slug,
            "published": True,
            "title": "Werken in de wijk",
            "title_en": "Working in the neighbourhood",
            "lead": "Een middag over de buurt.",
            "organiser": "Gemeente Zaanstad",
            "organiser_email": "info@example.org",
            "venue": venue,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=4),
            "capacity": 100,
            "taken": 10,
            "version": 12,
        }
        | fields
    )
    theme = Theme.objects.create(event=event, number=1, title="Geld", title_en="Money")
    rounds = [Round.objects.create(event=event, number=number) for number in (1, 2)]
    AgendaItem.objects.create(event=event, starts=time(14), ends=time(15), title="Ontvangst")
    AgendaItem.objects.create(
        event=event, starts=time(15), ends=time(15, 45), title="Ronde 1", round=rounds[0]
    )
    for number in range(sessions):
        session = TableSession.objects.create(
            event=event, theme=theme, code=f"1-{number}", title=f"Tafel {number}"
        )
        speaker = Speaker.objects.create(event=event, name=f"Gast {number}", organisation="Breda")
        Hosting.objects.create(event=event, session=session, speaker=speaker)
        for each in rounds:
            Slot.objects.create(
                event=event, session=session, round=each, seats=10, taken=4, location="Raadzaal"
            )
    return event
