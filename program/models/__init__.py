"""What is on. Knows nothing of who comes."""

from program.models.event import Event, Question, Venue
from program.models.tables import Hosting, Sitting, Speaker, TableSession, Theme
from program.models.timetable import AgendaItem, Round

__all__ = [
    "AgendaItem",
    "Event",
    "Hosting",
    "Question",
    "Round",
    "Sitting",
    "Speaker",
    "TableSession",
    "Theme",
    "Venue",
]
