"""What organisers have in the admin."""

from registrations.admin.event import events
from registrations.admin.mailing import mails
from registrations.admin.people import people

__all__ = ["events", "mails", "people"]
