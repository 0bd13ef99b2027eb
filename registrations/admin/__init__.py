"""What organisers have in the admin."""

from registrations.admin import events, mailing, mailing_writing, mails, people

__all__ = ["events", "mailing", "mailing_writing", "mails", "people"]
