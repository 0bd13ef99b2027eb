"""Doing something to see its effects: everything is written, read back and undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Generic, TypeVar

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from program.models import Event
from program.public.calendars import moment
from registrations.mail import wording
from registrations.mail.envelope import NotWanted, WrittenMail
from registrations.models import Change, Host, Registration, StoredMail
from registrations.organising.dates import consequences
from registrations.queries.snapshots import Difference, EventSnapshot, in_words, moved, snapshot
from registrations.queries.tokens import host_token_of, token_of

Result = TypeVar("Result")

DEADLINES = {
    "signup_closes": gettext_lazy("Sign-up closes"),
    "wishes_close": gettext_lazy("Choices can be made until"),
    "waiting_closes": gettext_lazy("The waiting lists close"),
    "changes_close": gettext_lazy("Tables can be changed until"),
}
# Mail about a new time or place, which an organiser can leave out.
SILENT = (StoredMail.Kind.RESCHEDULED, StoredMail.Kind.HOST_NEWS)
_trying: ContextVar[bool] = ContextVar("trying", default=False)


@dataclass
class DryRun(Generic[Result]):
    """What something would do, or did if ``done``; ``result`` is what it returned.

    ``samples`` are the words of the first mail of each kind, its kind in words, without anybody's
    personal link. ``reading`` are those who get no mail and find the pages changed.
    """

    result: Result
    notes: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    mails: list[StoredMail] = field(default_factory=list)
    samples: list[tuple[str, WrittenMail]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    reading: list[Registration] = field(default_factory=list)
    done: bool = False

    @property
    def people(self) -> list[Registration]:
        """The people it touches, by name."""
        return _by_name(self._told() | {*self.reading})

    @property
    def nothing(self) -> bool:
        """Whether it touches nobody and there is nothing else to say."""
        return not (self.notes or self.people or self.hosts)

    @property
    def without_address(self) -> list[Registration]:
        """Those whom a mail would not reach."""
        return [one for one in _by_name(self._told()) if not one.email]

    @property
    def hosts(self) -> list[Host]:
        """The hosts of tables who get a mail, by name."""
        return sorted({mail.host for mail in self.mails if mail.host}, key=lambda one: one.name)

    @property
    def may_be_silent(self) -> bool:
        """Whether there is mail about a new time or place, which can be left out."""
        return any(mail.kind in SILENT for mail in self.mails)

    @property
    def mails_by_kind(self) -> list[tuple[str, int]]:
        """The kinds of mail that would go out, in words, and how many of each."""
        kinds = Counter(StoredMail.Kind(mail.kind) for mail in self.mails)
        return [(str(kind.label), kinds[kind]) for kind in StoredMail.Kind if kinds[kind]]

    def _told(self) -> set[Registration]:
        rows: list[StoredMail | Change] = [*self.mails, *self.changes]
        return {row.registration for row in rows if row.registration}

    @property
    def fingerprint(self) -> str:
        """A hash of all that is shown, steps of a loaded file included: what people agree to."""
        steps: Sequence[object] = getattr(self.result, "steps", ())
        mails = sorted(
            (mail.kind, mail.registration_id or 0, mail.host_id or 0) for mail in self.mails
        )
        people = [one.pk for one in self.people]
        shown = (self.differences, self.notes, mails, people, list(steps))
        return sha256(repr(shown).encode()).hexdigest()


def _by_name(people: Iterable[Registration]) -> list[Registration]:
    return sorted(people, key=lambda one: (one.sort_key, one.pk))


def trying() -> bool:
    """Whether what happens now will be undone, so that nobody is told that it is done."""
    return _trying.get()


def dry_run(
    events: QuerySet[Event], act: Callable[[], Result], *, notes: Sequence[str] = ()
) -> DryRun[Result]:
    """Do ``act`` for real on these events, note what it did to people, and undo it all.

    It takes their locks, so that nobody else writes in between. An error inside undoes everything
    too, and is raised. Objects in memory keep their changes: throw them away. ``notes`` are shown
    in any case; ``act`` may fill them.
    """
    with transaction.atomic(), _undone():
        locked = list(events.select_for_update(of=("self",)).order_by("pk"))
        before = {event.pk: (event.version, snapshot(event.pk)) for event in locked}
        mails = StoredMail.objects.filter(event__in=before)
        changes = Change.objects.filter(event__in=before)
        last_mail = mails.aggregate(last=Max("pk"))["last"] or 0
        last_change = changes.aggregate(last=Max("pk"))["last"] or 0
        result = act()
        seen = DryRun(result, [*notes])
        about = ("event__venue", "registration", "host")
        noted = mails.filter(pk__gt=last_mail).select_related(*about)
        seen.mails = list(noted.order_by("pk"))
        seen.samples = _samples(seen.mails)
        made = changes.filter(pk__gt=last_change).select_related("registration")
        seen.changes = list(made.order_by("pk"))
        for event in Event.objects.filter(pk__in=before).order_by("pk"):
            version, was = before[event.pk]
            if event.version != version:
                _look(seen, event, was, snapshot(event.pk))
    return seen


@transaction.atomic
def see_first(
    events: QuerySet[Event],
    act: Callable[[bool], Result],
    agreed: Callable[[DryRun[Result]], bool],
    *,
    tell: bool,
    notes: Sequence[str] = (),
) -> DryRun[Result]:
    """A dry run of ``act``, which is then done for real if the result is ``agreed`` to.

    ``act`` gets whether people are told of another time or place: in the dry run they are, for
    real only with ``tell``.
    """
    # Held until the end: nobody signs up between what was shown and what is done.
    list(events.select_for_update(of=("self",)).order_by("pk"))
    seen = dry_run(events, lambda: act(True), notes=notes)
    if agreed(seen):
        seen.result, seen.done = act(tell), True
    return seen


@contextmanager
def _undone() -> Iterator[None]:
    """Roll back what is done inside, with or without an error."""
    token = _trying.set(True)
    try:
        yield
        transaction.set_rollback(True)
    finally:
        _trying.reset(token)


def _look(seen: DryRun[Result], event: Event, before: EventSnapshot, after: EventSnapshot) -> None:
    """Note what else people would notice of an event, and what cannot be undone."""
    seen.notes += consequences(event, before, after)
    everybody = event.registrations.counting() | event.registrations.pending()
    people = everybody.count()
    if not people:
        return
    seen.differences += in_words(*moved(before, after))
    unpublished = before.published and not after.published
    rescheduled = before.starts_at == after.starts_at and before.deadlines != after.deadlines
    if unpublished:
        seen.notes.append(_unpublished(people))
    if rescheduled:
        seen.differences += [
            Difference(str(what), _until(before.deadlines[name]), _until(after.deadlines[name]))
            for name, what in DEADLINES.items()
            if before.deadlines[name] != after.deadlines[name]
        ]
        sentence = _("Nobody gets a mail about other deadlines: the pages show them at once.")
        seen.notes.append(sentence)
    if unpublished or rescheduled:
        seen.reading += everybody


def _until(closes: datetime | None) -> str:
    """Without a day for choices there is no draw."""
    return moment(closes) if closes else _("first come, first served")


def _unpublished(people: int) -> str:
    message = ngettext(
        "The pages of the event disappear, while %(people)s person has signed up. Personal links "
        "keep working, and nobody gets a mail. Does it not take place? Then call it off instead.",
        "The pages of the event disappear, while %(people)s people have signed up. Personal links "
        "keep working, and nobody gets a mail. Does it not take place? Then call it off instead.",
        people,
    )
    return message % {"people": people}


def _samples(mails: list[StoredMail]) -> list[tuple[str, WrittenMail]]:
    """The first of each kind that would go: some are stored only to be overtaken."""
    samples = []
    for kind in StoredMail.Kind:
        for mail in mails:
            if mail.kind == kind:
                with suppress(NotWanted):
                    samples.append((str(kind.label), _without_link(mail)))
                    break
    return samples


def _without_link(mail: StoredMail) -> WrittenMail:
    """A personal link opens somebody's page: nobody else reads it."""
    words = wording.write(mail, at=mail.created_at)
    for secret in _secrets(mail):
        words = replace(words, text=words.text.replace(secret, "…"))
    return words


def _secrets(mail: StoredMail) -> Iterator[str]:
    if mail.registration:
        yield token_of(mail.registration)
    if mail.host:
        yield host_token_of(mail.host)
