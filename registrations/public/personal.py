"""The pages behind the personal link. Reading one changes nothing: mail scanners read too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, assert_never

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import time_format
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from program import qr
from program.database.outages import repeatable
from program.public.calendars import moment
from program.public.calendars import response as calendar_file
from program.public.programme import slots_of
from registrations.booking import answers, changing, signup
from registrations.errors import (
    CalledOff,
    DrawUnderWay,
    LinkUnknown,
    NotRegistered,
    RegistrationError,
    RequestsClosed,
    TablesDrawnFirst,
)
from registrations.mailing import unsubscribing
from registrations.models import Registration, Seat
from registrations.privacy import erasure, readable
from registrations.privacy.download import my_data
from registrations.public.forms import (
    AnswersForm,
    ChangeTablesForm,
    RankForm,
    add_problems,
    typed,
)
from registrations.public.my_day import my_day, now_and_next
from registrations.public.views import see_other
from registrations.queries import calendars, door_codes, rankings, receipts, tokens, waiting
from registrations.queries import tables as table_rules

View = Callable[..., HttpResponse]
Act = Callable[[HttpRequest, Registration], str]
Status = Registration.Status

# What was done that the heading of the page says by itself: it takes the focus then.
SAID_BY_HEADING = ("bevestigd", "plek", "geannuleerd")


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


def form_page(view: View) -> View:
    """A page behind the link that is read and submitted."""
    return require_http_methods(["GET", "HEAD", "POST"])(behind_link(view))


def button(act: Act) -> View:
    """A view that acts on a POST, and always leads to the personal page.

    ``act`` returns a word for what that page is to say was done, if anything.
    """

    @wraps(act)
    def pressed(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
        done = ""
        if request.method == "POST":
            try:
                done = act(request, registration)
            except RegistrationError as error:
                return _my_page(request, registration, token, error=error, status=422)
        return see_other("registrations:mine", token, query=f"?klaar={done}" if done else "")

    return repeatable(form_page(pressed))


@require_safe
@behind_link
def mine(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    return _my_page(request, registration, token)


# Buttons


@button
def confirm(request: HttpRequest, registration: Registration) -> str:
    signup.confirm(registration, at=timezone.now())
    return "bevestigd"


@button
def take_place(request: HttpRequest, registration: Registration) -> str:
    signup.take_free_place(registration, at=timezone.now())
    return "plek"


@button
def stop_waiting(request: HttpRequest, registration: Registration) -> str:
    asked = request.POST.get("tafel", "")
    for entry in registration.waitlist_entries.all():
        if str(entry.slot_id) == asked:
            changing.stop_waiting(registration, entry.slot_id, at=timezone.now())
    return "niet-wachten"


@button
def listed(request: HttpRequest, registration: Registration) -> str:
    changing.set_listed(registration, bool(request.POST.get("listed")), at=timezone.now())
    return "zichtbaar"


@button
def choose(request: HttpRequest, registration: Registration) -> str:
    """Stop mail to many, or let it come again."""
    unsubscribing.set_wants_mail(registration, bool(request.POST.get("wants")), at=timezone.now())
    return "berichten"


# Pages that ask something


@repeatable
@form_page
def change_tables(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    """Other tables for somebody with a place; other requests for somebody who waits for one."""
    event, at = registration.event, timezone.now()
    asks = registration.is_waiting
    if event.called_off or not (registration.is_confirmed or asks):
        return _instead(request, registration, token)
    if asks and at >= event.waiting_closes:
        return _instead(request, registration, token, RequestsClosed())
    if event.draw_to_come and not asks and at < event.changes_close:
        return _instead(request, registration, token, TablesDrawnFirst())
    if asks and rankings.ranks(registration):
        return _rank(request, registration, token, at)
    slots = slots_of(event)
    form = ChangeTablesForm(
        event,
        slots,
        waiting.Queues(event, at=at),
        typed(request),
        current=_tables_of(registration),
        waits=waiting.waits_of(registration),
        asks=asks,
    )
    if request.method == "POST" and form.is_valid():
        change = changing.change_requests if asks else changing.change_tables
        try:
            change(registration, form.tables, form.waitlists, at=at)
            return see_other("registrations:mine", token, query="?klaar=tafels")
        except RegistrationError as error:
            add_problems(form, error)
    status = 422 if form.errors else 200
    return _page(request, "tables", registration, token, status=status, form=form)


def _rank(
    request: HttpRequest, registration: Registration, token: str, at: datetime
) -> HttpResponse:
    """Other tables, or another order, before the draw or while waiting for a place after it."""
    event = registration.event
    if event.draw_to_come and not event.ranking_open(at):
        return _instead(request, registration, token, DrawUnderWay())
    queues, before = waiting.Queues(event, at=at), rankings.of_person(registration)
    form = RankForm(event, slots_of(event), queues, typed(request), ranked=before.ranked)
    if request.method == "POST" and form.is_valid():
        try:
            changing.rank(registration, form.ranked, at=at)
            same = event.draw_to_come and rankings.of_person(registration).codes == before.codes
            done = "dezelfde" if same else "tafels"
            return see_other("registrations:mine", token, query=f"?klaar={done}")
        except RegistrationError as error:
            add_problems(form, error)
    status = 422 if form.errors else 200
    return _page(request, "rank", registration, token, status=status, form=form)


def _tables_of(registration: Registration) -> dict[int, str]:
    """By round number the code of the table that somebody has, or asks for while they wait."""
    if registration.is_waiting:
        codes = table_rules.codes_of(waiting.requested(registration))
    else:
        codes = table_rules.codes(registration)
    return {int(number): code for number, code in codes.items()}


@repeatable
@form_page
def change_answers(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    if "wissen" in request.POST:
        changing.erase_needs(registration, at=timezone.now())
        return see_other("registrations:mine", token, query="?klaar=gewist")
    event, sent = registration.event, request.method == "POST"
    mine = answers.of_person(registration)
    counts = registration.counts
    if not sent and not (counts and (mine.asked or mine.told.needs)):
        return see_other("registrations:mine", token)
    form = AnswersForm(event, mine.told, typed(request))
    if sent and form.is_valid():
        try:
            changing.change_answers(registration, form.told, at=timezone.now())
            return see_other("registrations:mine", token, query="?klaar=antwoorden")
        except RegistrationError as error:
            add_problems(form, error)
    context = {
        "event": event,
        "registration": registration,
        "token": token,
        "form": form,
        "mine": mine,
        "can_change": counts and mine.asked and timezone.now() < event.changes_close,
    }
    status = 422 if form.errors else 200
    return render(request, "registrations/answers.html", context, status=status)


@repeatable
@form_page
def cancel(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    gone = registration.is_cancelled or registration.is_expired or registration.event.called_off
    if request.method != "POST" and gone:
        return see_other("registrations:mine", token)
    if request.method != "POST":
        return _cancel_page(request, registration, token)
    try:
        changing.cancel(registration, at=timezone.now())
    except RegistrationError as error:
        return _my_page(request, registration, token, error=error, status=422)
    return see_other("registrations:mine", token, query="?klaar=geannuleerd")


@require_safe
@behind_link
def data_page(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    """Everything that is kept about somebody, for people to read."""
    sign_ups = readable.in_words(my_data(registration), registration.event)
    return _page(request, "data", registration, token, sign_ups=sign_ups)


@form_page
def erase(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    if request.method != "POST":
        return _page(request, "erase", registration, token)
    erasure.erase(registration, at=timezone.now())
    # Nothing is left to redirect to: the link has just stopped working.
    return render(request, "registrations/erased.html", {"event": registration.event})


# Mail programs post here by themselves (RFC 8058), without cookies, and are not to be redirected.
# The link is enough to stop the mail, wherever the request comes from; it does nothing else.
@csrf_exempt
@repeatable
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def no_mail(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, since mail scanners follow links; POST acts."""
    try:
        registration = tokens.find_no_mail(token)
    except LinkUnknown:
        return render(request, "registrations/link_unknown.html", status=404)
    if request.method == "POST":
        unsubscribing.set_wants_mail(registration, False, at=timezone.now())
    context = {
        "event": registration.event,
        "wants": unsubscribing.wants_mail(registration),
    }
    return render(request, "registrations/no_mail.html", context)


# Files


@require_safe
@behind_link
def calendar(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    if not registration.is_confirmed:
        return see_other("registrations:mine", token)
    text = calendars.for_download(registration, at=timezone.now())
    return calendar_file(text, filename=f"{registration.event.slug}.ics", method="PUBLISH")


@require_safe
@behind_link
def data(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    response = JsonResponse(my_data(registration), json_dumps_params={"ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="mijn-gegevens.json"'
    return response


@require_safe
@behind_link
def data_as_text(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    """What the page says, as a file to keep."""
    sign_ups = readable.in_words(my_data(registration), registration.event)
    response = HttpResponse(readable.as_text(sign_ups), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="mijn-gegevens.txt"'
    return response


# What the pages show


def _instead(
    request: HttpRequest,
    registration: Registration,
    token: str,
    refusal: RegistrationError | None = None,
) -> HttpResponse:
    """The personal page instead of one that is not for this status; on a POST it says why."""
    if request.method != "POST":
        return see_other("registrations:mine", token)
    error = CalledOff() if registration.event.called_off else refusal or NotRegistered()
    return _my_page(request, registration, token, error=error, status=422)


def _my_page(
    request: HttpRequest, registration: Registration, token: str, **more: Any
) -> HttpResponse:
    """The page that fits the status of the registration; it shows a refusal, if any."""
    if registration.event.called_off:
        return _page(request, "called_off", registration, token, **more)
    match Status(registration.status):
        case Status.CONFIRMED:
            more["door_code"] = qr.svg(door_codes.of_registration(registration), square=16)
            return _page(request, "mine", registration, token, **more)
        case Status.WAITING if registration.event.draw_to_come:
            return _ranked_page(request, registration, token, **more)
        case Status.WAITING:
            return _waiting_page(request, registration, token, **more)
        case Status.CANCELLED:
            more |= {
                "had_place": waiting.had_place(registration),
                "others_wait": _others_wait(registration),
            }
            return _page(request, "cancelled", registration, token, **more)
        case Status.PENDING | Status.EXPIRED if registration.superseded():
            context = {"event": registration.event}
            status = more.get("status", 404)
            return render(request, "registrations/link_unknown.html", context, status=status)
        case Status.PENDING | Status.EXPIRED:
            return _confirm_page(request, registration, token, **more)
        case never:
            assert_never(never)


def _confirm_page(
    request: HttpRequest, registration: Registration, token: str, **more: Any
) -> HttpResponse:
    """What was asked for, held or not: a place, or one on the waiting list."""
    confirm_first = registration.confirms_first
    nothing_held = registration.is_pending and not (registration.holds_place or confirm_first)
    on_list = nothing_held and not registration.event.draw_to_come
    if until := registration.hold_expires_at:
        today = timezone.localdate(until) == timezone.localdate()
        more["until"] = time_format(timezone.localtime(until)) if today else moment(until)
    if rankings.ranks(registration):
        event, ranking = registration.event, rankings.by_round(registration)
        more |= {"ranking": ranking, "ranking_open": event.ranking_open(timezone.now())}
        more["seats"] = ()
    elif on_list or confirm_first:
        more["seats"] = waiting.requested(registration)
    more |= {"on_list": on_list, "confirm_first": confirm_first}
    more["only_requests"] = on_list or confirm_first
    return _page(request, "confirm", registration, token, **more)


def _cancel_page(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    more: dict[str, Any] = {"others_wait": _others_wait(registration)}
    if registration.is_waiting and not rankings.ranks(registration):
        more |= {"seats": waiting.requested(registration), "asked": True}
    return _page(request, "cancel", registration, token, **more)


def _others_wait(registration: Registration) -> int:
    """How many others wait for a place: before a colleague who signs up now."""
    people = waiting.Queues(registration.event, at=timezone.now()).people
    return max(people - registration.is_waiting, 0)


def _ranked_page(
    request: HttpRequest, registration: Registration, token: str, **more: Any
) -> HttpResponse:
    """Of somebody who takes part in a draw to come, or comes after it."""
    event, at = registration.event, timezone.now()
    more |= {
        "ranking": rankings.by_round(registration),
        "ranking_open": event.ranking_open(at),
        "takes_part": registration.confirmed_for_draw,
    }
    return _page(request, "ranked", registration, token, **more)


def _waiting_page(
    request: HttpRequest, registration: Registration, token: str, **more: Any
) -> HttpResponse:
    event, at = registration.event, timezone.now()
    place, of = waiting.place_of(registration)
    ranking = rankings.by_round(registration) if rankings.ranks(registration) else []
    more |= {
        "place": place,
        "of": of,
        "ahead": place - 1,
        "seats": () if ranking else waiting.requested(registration),
        "ranking": ranking,
        "left_open": rankings.left_open(ranking),
        "can_take": at >= event.waiting_closes and event.places_left > 0 and not event.started(at),
    }
    return _page(request, "waiting", registration, token, **more)


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
    queues = waiting.Queues(event, at=at)
    seats = _seats_of(registration)
    waits = waiting.waits_of(registration)
    day = my_day(registration, seats, waits)
    done = request.GET.get("klaar", "")
    rounds = {line.round for line in day}
    context = {
        "event": event,
        "registration": registration,
        "token": token,
        "seats": seats,
        "waits": waits,
        "day": day,
        "today": now_and_next(event, day, at=at),
        # Those in rounds that are not in the timetable.
        "other_waits": [wait for wait in waits if wait.slot.round not in rounds],
        "waiting_open": at < event.waiting_closes,
        # While tables are drawn nobody can.
        "signup_open": event.signup_open(at) and (not event.draw_to_come or event.ranking_open(at)),
        "queues": queues,
        "can_change": _can_change(registration, at),
        "mine": answers.of_person(registration),
        "can_answer": registration.counts and at < event.changes_close and not event.called_off,
        "can_cancel": not event.started(at),
        "wants_mail": unsubscribing.wants_mail(registration),
        "late": registration.hold_over(at),
        "started": event.started(at),
        "over": event.over(at),
        "error": str(error or ""),
        "done": done,
        "heading_says": done in SAID_BY_HEADING and not error,
        "receipt": receipts.of_person(registration),  # also of those who cancelled since
        "receipt_costs": ", ".join(map(str, receipts.costs(event))),
        "receipt_nothing": receipts.cost_of_nothing(event),
        # To pass on, so in full.
        "address": settings.SITE_URL + event.get_absolute_url(),
        **more,
    }
    return render(request, f"registrations/{name}.html", context, status=status)


def _can_change(registration: Registration, at: datetime) -> bool:
    """Whether there are tables to change: one's own, or those that one asks for."""
    event = registration.event
    if event.called_off:
        return False
    if event.draw_to_come:
        return registration.is_waiting and event.ranking_open(at)
    if registration.is_waiting:
        return at < event.waiting_closes
    return registration.is_confirmed and at < event.changes_close


def _seats_of(registration: Registration) -> list[Seat]:
    seats = registration.table_seats.select_related("slot", "round__agenda_item", "session__theme")
    return list(seats.prefetch_related("session__hostings__speaker").order_by("round__number"))
