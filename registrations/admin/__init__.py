"""What organisers have in the admin."""

from registrations.admin import adding, events, mails, people

__all__ = ["adding", "events", "mails", "people"]
