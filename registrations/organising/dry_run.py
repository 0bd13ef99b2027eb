"""Doing something to see what it would do: everything is written, read back and undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max, QuerySet

from program.models import Event
from registrations.mail import notices
from registrations.models import Change, Registration, StoredMail
from registrations.queries.tokens import token_of


@dataclass
class DryRun:
    """What would have been written; filled when the dry run is over.

    A mail comes with its registration and without its html and calendar: thousands of those
    would fill the memory.
    """

    mails: list[StoredMail] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def people(self) -> list[Registration]:
        """Whom it touches, by name."""
        found = {mail.registration for mail in self.mails if mail.registration}
        found |= {change.registration for change in self.changes if change.registration}
        return sorted(found, key=lambda one: (one.sort_key, one.pk))

    @property
    def mails_by_kind(self) -> list[tuple[str, int]]:
        """What kinds of mail would go out, in words, and how many of each."""
        kinds = Counter(StoredMail.Kind(mail.kind) for mail in self.mails)
        return [(str(kind.label), kinds[kind]) for kind in StoredMail.Kind if kinds[kind]]

    @property
    def samples(self) -> list[tuple[str, StoredMail]]:
        """The first mail of each kind, its kind in words; without anybody's personal link."""
        firsts = {mail.kind: mail for mail in reversed(self.mails)}
        return [
            (str(kind.label), _without_link(firsts[kind]))
            for kind in StoredMail.Kind
            if kind in firsts
        ]


@contextmanager
def dry_run(events: QuerySet[Event]) -> Iterator[DryRun]:
    """Run what is inside for real on these events, note the mails and changes, and undo it all.

    It takes their locks, so that what others write does not come between. What an error inside
    wrote is undone too, and the error goes on. Objects that were changed in memory stay so:
    throw them away.
    """
    seen = DryRun()
    with transaction.atomic():
        locked = list(events.select_for_update(of=("self",)).order_by("pk"))
        mails = StoredMail.objects.filter(event__in=locked)
        changes = Change.objects.filter(event__in=locked)
        last_mail = mails.aggregate(last=Max("pk"))["last"] or 0
        last_change = changes.aggregate(last=Max("pk"))["last"] or 0
        yield seen
        written = mails.filter(pk__gt=last_mail).select_related("registration")
        seen.mails = list(written.defer("html", "calendar").order_by("pk"))
        _write_samples(seen.mails)
        noted = changes.filter(pk__gt=last_change).select_related("registration")
        seen.changes = list(noted.order_by("pk"))
        transaction.set_rollback(True)


def _write_samples(mails: list[StoredMail]) -> None:
    """Of mails that get their words when they are sent, the first of each kind gets them now."""
    for mail in {mail.kind: mail for mail in reversed(mails)}.values():
        notices.write(mail)


def _without_link(mail: StoredMail) -> StoredMail:
    """A personal link opens somebody's page: nobody else reads it."""
    if mail.registration:
        mail.text = mail.text.replace(token_of(mail.registration), "…")
    return mail
