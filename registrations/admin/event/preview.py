"""See before you save: what a change of the programme does to people is shown first (rule 10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from django.contrib import admin
from django.contrib.messages.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from program.models import Event
from registrations.models import Registration, StoredMail
from registrations.organising.dry_run import DryRun, dry_run
from registrations.organising.propagate import follow
from registrations.queries.snapshots import Difference, EventSnapshot, in_words, moved, snapshot

MOST_NAMES = 36
SEEN, TELL = "_seen", "_tell"
DEADLINES = {
    "signup_closes": gettext_lazy("Sign-up closes"),
    "waiting_closes": gettext_lazy("The waiting lists close"),
    "changes_close": gettext_lazy("Tables can be changed until"),
}


@dataclass
class Foreseen:
    """What saving would do to people. ``reading`` are those who find only the pages changed."""

    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    dry_run: DryRun = field(default_factory=DryRun)
    reading: list[Registration] = field(default_factory=list)

    @property
    def people(self) -> list[Registration]:
        """Whom it touches, by name."""
        touched = {*self.dry_run.people, *self.reading}
        return sorted(touched, key=lambda one: (one.sort_key, one.pk))

    @property
    def nothing(self) -> bool:
        return not (self.notes or self.people)

    @property
    def without_address(self) -> list[Registration]:
        """Whom a mail would not reach."""
        return [one for one in self.dry_run.people if not one.email]

    @property
    def may_be_silent(self) -> bool:
        """Whether all that is mailed about a new time or place can be left out."""
        return any(mail.kind == StoredMail.Kind.RESCHEDULED for mail in self.dry_run.mails)

    @property
    def fingerprint(self) -> str:
        """Of all that was shown: whoever agrees, agrees to this."""
        mails = sorted((mail.kind, mail.registration_id or 0) for mail in self.dry_run.mails)
        shown = (self.differences, self.notes, mails, [one.pk for one in self.people])
        return sha256(repr(shown).encode()).hexdigest()


def see_first(
    request: HttpRequest,
    events: QuerySet[Event],
    act: Callable[[], HttpResponse],
    *,
    event: Event | None = None,
    removing: bool = False,
    notes: Iterable[str] = (),
) -> HttpResponse:
    """Do ``act`` if it touches nobody or was agreed to; else show first what it would do.

    ``act`` writes under the lock, gives each event that it changed a new version and answers
    with a redirect, or with its form again if that is wrong. It is done twice: once in a
    dry run. What people have of the events follows afterwards. ``event`` is the one whose
    tabs the page shows; ``removing`` is for its words; ``notes`` are to be read in any case.
    """
    at, who = timezone.now(), request.user.get_username()
    foreseen = Foreseen(notes=[*notes])
    with transaction.atomic():
        # Held until the end: nobody signs up between what was shown and what is done.
        list(events.select_for_update(of=("self",)).order_by("pk"))
        with dry_run(events) as foreseen.dry_run:
            response, changes = _do(request, events, act, who=who, at=at)
            for key, (before, after) in changes.items():
                look(foreseen, Event.objects.get(pk=key), before, after)
        if not changes and response.status_code not in (302, 303):
            return response
        if foreseen.nothing or request.POST.get(SEEN) == foreseen.fingerprint:
            # Unticked, a box sends nothing at all.
            tell = SEEN not in request.POST or TELL in request.POST
            response, _changes = _do(request, events, act, who=who, at=at, tell=tell, real=True)
            return response
    return _page(request, foreseen, event, removing=removing)


def _do(
    request: HttpRequest,
    events: QuerySet[Event],
    act: Callable[[], HttpResponse],
    *,
    who: str,
    at: datetime,
    tell: bool = True,
    real: bool = False,
) -> tuple[HttpResponse, dict[int, tuple[EventSnapshot, EventSnapshot]]]:
    """Act, let people follow; the answer, and of each event that changed how it was and is."""
    snapshots = {key: snapshot(key) for key in events.values_list("pk", flat=True)}
    versions = dict(events.values_list("pk", "version"))
    asked = vars(request)  # where Django's messages hang their store
    kept = asked["_messages"]
    if not real:
        asked["_messages"] = default_storage(request)
    try:
        response = act()
    finally:
        asked["_messages"] = kept
    changes = {}
    for event in Event.objects.filter(pk__in=snapshots).order_by("pk"):
        if event.version != versions[event.pk]:
            changes[event.pk] = snapshots[event.pk], snapshot(event.pk)
            follow(event, snapshots[event.pk], who=who, at=at, tell=tell)
    return response, changes


def look(foreseen: Foreseen, event: Event, before: EventSnapshot, after: EventSnapshot) -> None:
    """Note what else people would notice of an event, if there are any."""
    everybody = event.registrations.counting() | event.registrations.pending()
    people = everybody.count()
    if not people:
        return
    foreseen.differences += in_words(*moved(before, after))
    unpublished = before.published and not after.published
    rescheduled = before.starts_at == after.starts_at and before.deadlines != after.deadlines
    if unpublished:
        foreseen.notes.append(_unpublished(people))
    if rescheduled:
        foreseen.differences += _deadlines(before.deadlines, after.deadlines)
        sentence = _("Nobody gets a mail about other deadlines: the pages show them at once.")
        foreseen.notes.append(sentence)
    if unpublished or rescheduled:
        foreseen.reading = list(everybody)


def _unpublished(people: int) -> str:
    message = ngettext(
        "The pages of the event disappear, while %(people)s person has signed up. Personal links "
        "keep working, and nobody gets a mail. Does it not take place? Then call it off instead.",
        "The pages of the event disappear, while %(people)s people have signed up. Personal links "
        "keep working, and nobody gets a mail. Does it not take place? Then call it off instead.",
        people,
    )
    return message % {"people": people}


def _deadlines(before: Mapping[str, datetime], after: Mapping[str, datetime]) -> list[Difference]:
    return [
        Difference(str(what), _moment(before[name]), _moment(after[name]))
        for name, what in DEADLINES.items()
        if before[name] != after[name]
    ]


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


def _page(
    request: HttpRequest, foreseen: Foreseen, event: Event | None, *, removing: bool
) -> HttpResponse:
    """Who is touched and how, with a button that sends the same form once more."""
    people = foreseen.people
    sent_again = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in (SEEN, TELL, "csrfmiddlewaretoken")
    ]
    context = {
        **admin.site.each_context(request),
        "title": _("See before you delete") if removing else _("See before you save"),
        "removing": removing,
        "event": event,
        "foreseen": foreseen,
        "people": people[:MOST_NAMES],
        "more": max(len(people) - MOST_NAMES, 0),
        "samples": foreseen.dry_run.samples,
        "sent_again": sent_again,
        "again": SEEN in request.POST,
    }
    return render(request, "admin/foreseen.html", context)
