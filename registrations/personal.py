"""The pages behind the personal link. Reading one changes nothing: mail scanners read too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from program.grid import Line, timetable
from program.models import AgendaItem, Event
from registrations import actions, calendars, erasure, tokens
from registrations import tables as table_rules
from registrations.errors import LinkUnknown, RegistrationError
from registrations.forms import TablesForm, add_problems
from registrations.models import Registration, Seat
from registrations.my_data import my_data
from registrations.views import see_other, sittings_of

View = Callable[..., HttpResponse]


def behind_link(view: View) -> View:
    """Give the view the registration of the link, or say that the link does not work."""

    @wraps(view)
    def found(request: HttpRequest, token: str) -> HttpResponse:
        try:
            registration = tokens.find(token)
        except LinkUnknown:
            return render(request, "registrations/link_unknown.html", status=404)
        return view(request, registration, token)

    return never_cache(found)


@require_safe
@behind_link
def mine(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    if registration.is_confirmed:
        return _page(request, "mine", registration, token)
    if registration.is_cancelled:
        return _page(request, "cancelled", registration, token)
    if actions.superseded(registration):
        context = {"event": registration.event}
        return render(request, "registrations/link_unknown.html", context, status=404)
    return _page(request, "confirm", registration, token)


@require_POST
@behind_link
def confirm(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    try:
        actions.confirm(registration, at=timezone.now())
    except RegistrationError as error:
        return _page(request, "confirm", registration, token, error=error, status=422)
    return see_other("registrations:mine", token)


@require_http_methods(["GET", "HEAD", "POST"])
@behind_link
def change_tables(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    if not registration.is_confirmed:
        return see_other("registrations:mine", token)
    event = registration.event
    sittings = list(sittings_of(event))
    current = {int(number): code for number, code in table_rules.codes(registration).items()}
    data = request.POST if request.method == "POST" else None
    form = TablesForm(event, sittings, current, data)
    if form.is_valid():
        try:
            actions.change_tables(registration, form.tables, at=timezone.now())
            return see_other("registrations:mine", token, query="?klaar=tafels")
        except RegistrationError as error:
            add_problems(form, error)
    status = 422 if form.errors else 200
    return _page(request, "tables", registration, token, status=status, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@behind_link
def cancel(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    if request.method != "POST":
        return _page(request, "cancel", registration, token)
    try:
        actions.cancel(registration, at=timezone.now())
    except RegistrationError as error:
        return _page(request, "cancel", registration, token, error=error, status=422)
    return see_other("registrations:mine", token)


@require_POST
@behind_link
def listed(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    try:
        actions.set_listed(registration, bool(request.POST.get("listed")), at=timezone.now())
    except RegistrationError as error:
        return _page(request, "confirm", registration, token, error=error, status=422)
    return see_other("registrations:mine", token, query="?klaar=zichtbaar")


@require_http_methods(["GET", "HEAD", "POST"])
@behind_link
def erase(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    if request.method != "POST":
        return _page(request, "erase", registration, token)
    erasure.erase(registration, at=timezone.now())
    # Nothing is left to redirect to: the link has just stopped working.
    return render(request, "registrations/erased.html", {"event": registration.event})


@require_safe
@behind_link
def calendar(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    if not registration.is_confirmed:
        return see_other("registrations:mine", token)
    content = calendars.for_download(registration, at=timezone.now())
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{registration.event.slug}.ics"'
    return response


@require_safe
@behind_link
def data(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    response = JsonResponse(my_data(registration), json_dumps_params={"ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="mijn-gegevens.json"'
    return response


@dataclass(frozen=True)
class MyLine(Line):
    """A line of the day, with this person's seat if it is a round in which they sit."""

    seat: Seat | None = None


def my_day(event: Event, seats: list[Seat]) -> list[MyLine]:
    """The event's timetable with one's own tables in it."""
    prefetch_related_objects(
        [event], Prefetch("agenda", AgendaItem.objects.select_related("round"))
    )
    seat_in = {seat.round_id: seat for seat in seats}
    return [
        MyLine(
            line.starts_at,
            line.ends_at,
            line.item,
            seat=seat_in.get(line.round.pk) if line.round else None,
        )
        for line in timetable(event)
    ]


def seats_of(registration: Registration) -> list[Seat]:
    seats = registration.table_seats.select_related(
        "sitting", "round__agenda_item", "session__theme"
    )
    return list(seats.prefetch_related("session__hostings__speaker").order_by("round__number"))


def _page(
    request: HttpRequest,
    name: str,
    registration: Registration,
    token: str,
    *,
    error: RegistrationError | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    event, at = registration.event, timezone.now()
    seats = seats_of(registration)
    context = {
        "event": event,
        "registration": registration,
        "token": token,
        "seats": seats,
        "day": my_day(event, seats),
        "can_change": registration.is_confirmed and at < event.changes_close,
        "can_cancel": not event.started(at),
        "late": registration.is_expired,
        "started": event.started(at),
        "error": str(error or ""),
        "done": request.GET.get("klaar", ""),
        **more,
    }
    return render(request, f"registrations/{name}.html", context, status=status)
