"""What organisers have in the admin."""

from registrations.admin import events, mails, people

__all__ = ["events", "mails", "people"]
