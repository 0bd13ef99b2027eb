"""What organisers have in the admin."""

from registrations.admin import adding, events, mailing, mailing_writing, mails, people

__all__ = ["adding", "events", "mailing", "mailing_writing", "mails", "people"]
