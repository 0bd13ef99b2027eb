"""See before you save: shows first what a change of the programme does to people (rule 10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from program.models import Event
from registrations.errors import RegistrationError
from registrations.organising import dry_run
from registrations.organising.dry_run import DryRun
from registrations.organising.propagate import followed

Result = TypeVar("Result")
MOST_NAMES = 36
SEEN, AGAIN, TELL = "_seen", "_again", "_tell"
EDIT = "_edit"  # back to the page, to change what was typed


def see_first(
    request: HttpRequest,
    events: QuerySet[Event],
    act: Callable[[], HttpResponse],
    *,
    event: Event | None = None,
    notes: Sequence[str] = (),
    editable: bool = False,
) -> HttpResponse:
    """Do ``act`` if it affects nobody or was agreed to; else show first what it would do.

    ``act`` writes under the lock, calls ``bump_programme`` of each event that it changed and
    answers with a redirect, or with its form again if that is wrong. Mail and tables of people
    follow afterwards. ``event`` is the one whose tabs the page shows; ``notes`` are to be read
    in any case, and ``act`` may fill them. ``editable``: sent with EDIT, the page shows what was
    typed again.
    """
    at, who = timezone.now(), request.user.get_username()

    def do(tell: bool) -> HttpResponse:
        return followed(events, act, who=who, at=at, tell=tell)

    def stored(seen: DryRun[HttpResponse]) -> bool:
        return 300 <= seen.result.status_code < 400

    def may_do(seen: DryRun[HttpResponse]) -> bool:
        return stored(seen) and agreed(request, seen)

    seen = dry_run.see_first(events, do, may_do, tell=may_tell(request), notes=notes)
    if seen.done or not stored(seen):
        return seen.result
    title = _("See before you save")
    return page(request, "admin/dry_run.html", event, title, seen, editable=editable)


def ask(
    request: HttpRequest,
    template: str,
    event: Event,
    title: str,
    act: Callable[[], Result],
    done: Callable[[Result], None],
    *,
    pressed: bool,
    back: str = "event-trouble",
    **more: Any,
) -> HttpResponse:
    """Show what ``act`` would do, or why a rule says no; do it if the button agreed to that.

    If it would do something else by now than the page said, that is shown once more; the second
    press is taken at its word, or nobody could act while people keep signing up. ``done`` says
    that it is done, on the page ``back``.
    """
    events = Event.objects.filter(pk=event.pk)
    try:
        seen = dry_run.see_first(
            events,
            lambda _tell: act(),
            lambda now: pressed and (AGAIN in request.POST or agreed(request, now)),
            tell=True,
        )
    except RegistrationError as error:
        if not pressed:
            return page(
                request, template, event, title, DryRun(None), refused=_refusal(error), **more
            )
        messages.error(request, _refusal(error))
    else:
        if not seen.done:
            return page(request, template, event, title, seen, again=pressed, **more)
        done(seen.result)
    return redirect(f"admin:{back}", event.pk)


def says(request: HttpRequest, sentence: str) -> Callable[[object], None]:
    return lambda _result: messages.success(request, sentence)


def _refusal(error: RegistrationError) -> str:
    return " ".join(sentence for _field, sentence in error.for_organisers)


def agreed(request: HttpRequest, seen: DryRun[Any]) -> bool:
    """Whether it affects nobody, or a page that showed exactly this was agreed to."""
    return seen.nothing or request.POST.get(SEEN) == seen.fingerprint


def may_tell(request: HttpRequest) -> bool:
    """Whether people may be mailed about a new time or place: an unticked box is not sent."""
    return SEEN not in request.POST or TELL in request.POST


def page(
    request: HttpRequest,
    template: str,
    event: Event | None,
    title: str,
    seen: DryRun[Any],
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Who is affected and how; ``template`` is admin/dry_run.html or extends it.

    Its button sends the same form once more, or ``sent_again`` instead.
    """
    people = seen.people
    context = {
        **admin.site.each_context(request),
        "title": title,
        "event": event,
        "opts": Event._meta,
        "dry_run": seen,
        "people": people[:MOST_NAMES],
        "more": max(len(people) - MOST_NAMES, 0),
        "without_address": seen.without_address,
        "sent_again": [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in (SEEN, AGAIN, TELL, EDIT, "csrfmiddlewaretoken")
        ],
        "again": SEEN in request.POST,
        **context,
    }
    return render(request, template, context, status=status)
