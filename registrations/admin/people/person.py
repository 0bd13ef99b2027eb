"""One person's sign-up on one page, and a page for each thing that an organiser may do to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from program.organisers import events_of, render_page
from registrations.admin import words
from registrations.admin.pages import MAY_CHANGE, by, must_change_people, see_other
from registrations.admin.people.actions import ACTIONS, Action
from registrations.booking import answers
from registrations.models import Change, Registration, Seat
from registrations.queries import calendars, rankings, roles, waiting
from registrations.reports import draws

View = Callable[..., HttpResponse]


def about_somebody(view: View) -> View:
    """A page about one registration: organisers of its event get it, others find nothing."""

    @wraps(view)
    def found(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        own = Registration.objects.filter(event__in=events_of(request.user))
        registration = get_object_or_404(own.select_related("event__venue", "role"), pk=pk)
        return view(request, registration, **kwargs)

    @wraps(view)
    def page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        # Looked up on each request: the site for staff is chosen after this is imported.
        return admin.site.admin_view(never_cache(found))(request, **kwargs)

    return page


@about_somebody
@require_http_methods(["GET", "HEAD"])
def page(request: HttpRequest, registration: Registration) -> HttpResponse:
    at = timezone.now()
    on_list = registration.is_waiting or (registration.is_pending and not registration.holds_place)
    return render_page(
        request,
        "admin/people/person.html",
        registration.event,
        str(_("Sign-up")),
        registration=registration,
        status_words=words.status(registration, at),
        flags=words.flags(registration),
        role_heading=roles.heading(registration.event),
        on_list=on_list,
        rounds=_rounds(registration, on_list=on_list),
        ranked=_ranked(registration),
        drawn=_drawn(registration),
        answers=answers.of_person(registration),
        changes=words.history_lines(
            Change.objects.filter(registration=registration).order_by("-pk")
        ),
        mails=[(row, *words.mail(row)) for row in registration.mails.all()],
        actions=[action for action in ACTIONS if action.offered(registration, at)]
        if request.user.has_perm(MAY_CHANGE)
        else [],
    )


@about_somebody
@require_http_methods(["GET", "HEAD", "POST"])
def action_page(request: HttpRequest, registration: Registration, action: Action) -> HttpResponse:
    must_change_people(request)
    back = see_other("registrations_registration_change", registration.pk)
    if request.method != "POST" and not action.offered(registration, timezone.now()):
        return back
    form = action.form(registration, request.POST if request.method == "POST" else None)
    if form.carries_out(lambda: action.do(registration, form, **by(request), **form.reason)):
        messages.success(request, str(action.done))
        return back
    return render_page(
        request,
        "admin/people/action.html",
        registration.event,
        str(action.title),
        status=422 if form.errors else 200,
        registration=registration,
        action=action,
        about=action.about(registration),
        form=form,
        inside=words.inside([registration]).get(registration.pk) if action.name == "cancel" else "",
    )


def _rounds(
    registration: Registration, *, on_list: bool
) -> list[tuple[calendars.CalendarRound, Seat | None, list[waiting.Wait]]]:
    """Each round with the table in it or the one asked for, why, and what is waited for."""
    seats = waiting.requested(registration) if on_list else calendars.seats_of(registration)
    seat_in = {seat.round.number: seat for seat in seats}
    waits = waiting.waits_of(registration)
    return [
        (
            line,
            seat_in.get(line.number) if not on_list else None,
            [wait for wait in waits if wait.slot.round.number == line.number],
        )
        for line in calendars.my_rounds(registration.event, seats)
    ]


def _ranked(
    registration: Registration,
) -> list[tuple[calendars.CalendarRound, rankings.RankedRound]]:
    """The choices of somebody who takes part in a draw, or had no luck in it, round by round."""
    signed_up = registration.is_waiting or registration.is_pending
    if not (signed_up and rankings.ranks(registration)):
        return []
    return [(calendars.line_of(one.round, None), one) for one in rankings.by_round(registration)]


def _drawn(registration: Registration) -> dict[str, Any]:
    """The lot of somebody who was drawn, of how many, and what each round gave them."""
    if registration.lot is None:
        return {}
    drawn = draws.drawn(registration.event)
    if drawn is None:
        return {"lot": registration.lot}
    found = drawn.got(registration.draw_number or 0)
    return {
        "lot": registration.lot,
        "of": drawn.people,
        "number": registration.draw_number,
        "rounds": [(number, words.got(result)) for number, result in found.items()],
    }


def pages() -> list[URLPattern]:
    return [
        path(
            f"<int:pk>/{action.path}/",
            partial(action_page, action=action),
            name=f"registration-{action.name}",
        )
        for action in ACTIONS
    ]
