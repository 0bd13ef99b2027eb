"""The register of personal data: per field what for, who sees it and how long it stays.

The privacy page shows it. A test compares it with the models, so that no field is forgotten.
"""

from __future__ import annotations

from registrations.privacy import attendees, others

FIELDS = (*attendees.FIELDS, *others.FIELDS)

# Columns that say nothing about a person: keys, counters, and how a mail is sent.
NOT_PERSONAL = frozenset(
    {
        "answer.id",
        "authenticator.id",
        "change.id",
        "change.version",
        "doorop.id",
        "doorop.seq",
        "doorop.version",
        "doorpass.id",
        "doorundo.id",
        "emailaddress.id",
        "emailconfirmation.id",
        "guest.id",
        "guest.version",
        "mailing.id",
        "presence.id",
        "presence.version",
        "registration.calendar_sequence",
        "registration.id",
        "registration.version",
        "seat.id",
        "speaker.id",
        "specialneeds.id",
        "storedmail.attempts",
        "storedmail.calendar_method",
        "storedmail.id",
        "storedmail.lease",
        "storedmail.leased_until",
        "storedmail.message_id",
        "storedmail.reply_to",
        "storedmail.send_after",
        "user.id",
        "waitlistentry.id",
    }
)
