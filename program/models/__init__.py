"""What is on. Knows nothing of who comes."""

from program.models.event import Event
from program.models.house_style import HouseStyle, StyleImage
from program.models.phases import Phase
from program.models.questions import Question, SignupQuestion
from program.models.roles import Role
from program.models.tables import Hosting, Slot, Speaker, TableSession, Theme
from program.models.timetable import AgendaItem, Round
from program.models.venue import Venue

__all__ = [
    "AgendaItem",
    "Event",
    "Hosting",
    "HouseStyle",
    "Phase",
    "Question",
    "Role",
    "Round",
    "SignupQuestion",
    "Slot",
    "Speaker",
    "StyleImage",
    "TableSession",
    "Theme",
    "Venue",
]
