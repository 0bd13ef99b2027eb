"""What stored mails say when they leave."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from registrations.mail import envelope, wording
from registrations.mail.envelope import NotWanted, WrittenMail
from registrations.models import StoredMail

# The only picture there may be: it comes with the mail.
OWN_PICTURE = re.compile(r'<img src="cid:deurcode" width="174" height="174" alt="[\w ]+">')

# What goes from a mail that is sent or given up.
DONE: dict[str, Any] = {"about": {}, "asked": False}


def words_of(mail: StoredMail) -> WrittenMail:
    """As things stand in the database now, at the time that it was to be sent."""
    return wording.write(_fresh(mail), at=mail.send_after)


def message_of(mail: StoredMail, said: WrittenMail | None = None) -> Any:
    """The message as it goes to the mail server; ``said`` are its words, if they are known."""
    return envelope.message_of(_fresh(mail), said or words_of(mail))


def _fresh(mail: StoredMail) -> StoredMail:
    rows = StoredMail.objects.select_related("event__venue", "registration", "mailing")
    return rows.get(pk=mail.pk)


class Letterbox:
    """Reads mails when they are stored: later they may say something else."""

    def __init__(self) -> None:
        self.mails: dict[StoredMail, WrittenMail] = {}

    @property
    def by_kind(self) -> dict[str, WrittenMail]:
        return {mail.kind: said for mail, said in self.mails.items()}

    def look(self) -> None:
        """Read the new ones that would still go."""
        for mail in StoredMail.objects.order_by("pk"):
            if mail not in self.mails:
                with suppress(NotWanted):
                    self.mails[mail] = words_of(mail)
