"""Signing up: request in, one action, response out."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from program.database.outages import repeatable
from program.models import Event, Slot
from program.public.addressed import event_at
from program.public.page_cache import reads_query, same_for_everybody
from program.public.programme import fetch_hosts, published_event, slots_of
from program.public.states import SignupState, signup_state
from registrations.booking import signup
from registrations.errors import (
    BusyAddress,
    CalledOff,
    DrawUnderWay,
    EventOver,
    RankingClosed,
    RegistrationError,
    SignupClosed,
    SignupNotOpen,
    TooManyRequests,
)
from registrations.forms.tables import ProgrammeForm
from registrations.mail import strangers
from registrations.models import Registration
from registrations.public import just_sent, limits
from registrations.public.forms import (
    EmailForm,
    MyLinkForm,
    RankedSignUpForm,
    SignUpForm,
    add_problems,
    judge_tables,
    sign_up_form,
    typed,
)
from registrations.public.just_sent import JustSent
from registrations.queries import waiting

PEOPLE_A_PAGE = 200
# A choice of tables in an address, and what it holds when somebody has not chosen yet.
CHOICE = re.compile(r"(round|wish)_\d+|verder|zoeken")
ROUND = re.compile(r"round_\d+")
RANK = re.compile(r"rank_.+")
GO_ON_CHOOSING = {"wijzig", "zoeken"}
MOST_LOOKED_FOR = 100  # characters


@same_for_everybody
@reads_query
@repeatable
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest, slug: str) -> HttpResponse:
    """Who somebody is, and their tables, unless the address holds those already."""
    event = published_event(slug)
    slots = slots_of(event)
    queues = waiting.Queues(event, at=timezone.now())
    own = just_sent.read(request, event, at=queues.at)
    just_sent.count_as_free(own, event, slots, queues)
    if request.method == "POST":
        form = sign_up_form(event)(event, slots, queues, request.POST)
        return _sign_up(request, form, own)
    response = _sign_up_form(request, event, slots, queues, own)
    if just_sent.known(request):
        response["Cache-Control"] = "private, no-cache"
    return response


def _sign_up_form(
    request: HttpRequest,
    event: Event,
    slots: list[Slot],
    queues: waiting.Queues,
    own: JustSent | None,
) -> HttpResponse:
    sent = typed(request)
    if event.draw_to_come:
        first = _first_ranked(request, slots)
        form: SignUpForm = RankedSignUpForm(event, slots, queues, sent, initial=first)
        return _sign_up_page(request, form, own)
    chosen = _preselected(slots, request.GET.get("tafel", ""), queues)
    asked = any(CHOICE.fullmatch(name) for name in request.GET)
    full = event.places_left < 1 and not queues.offered
    if sent is None and asked and not full and not _closed(event, queues.at):
        choice = choice_in(request, event, slots, queues, own, signup_state(event, queues.at))
        if not choice.is_bound or choice.errors:
            return choose(request, choice)
        chosen = choice.cleaned_data
    form = SignUpForm(event, slots, queues, sent, initial=chosen)
    return _sign_up_page(request, form, own)


def choice_in(
    request: HttpRequest,
    event: Event,
    slots: list[Slot],
    queues: waiting.Queues,
    own: JustSent | None,
    state: SignupState,
) -> ProgrammeForm:
    """The tables that the address asks for; judged, unless somebody wants to go on choosing."""
    if not request.GET.keys() & GO_ON_CHOOSING:
        choice = ProgrammeForm(event, slots, queues, request.GET, state=state)
        if choice.is_valid():
            too = choice.for_the_list
            try:
                signup.judge_tables(
                    event,
                    choice.tables,
                    choice.waitlists,
                    waiting_too=too,
                    mine=own.promise.own_slots if own else (),
                )
            except RegistrationError as error:
                add_problems(choice, error)
                just_sent.count_as_free(own, event, choice.slots, choice.queues)  # anew
        return choice
    initial = {
        name: values if name.startswith("wish_") else values[0]
        for name, values in request.GET.lists()
    }
    looked_for = request.GET.get("zoek", "")[:MOST_LOOKED_FOR]
    return ProgrammeForm(event, slots, queues, state=state, initial=initial, looked_for=looked_for)


def choose(request: HttpRequest, choice: ProgrammeForm, **context: object) -> HttpResponse:
    fetch_hosts(choice.slots)
    about = {"event": choice.event, "form": choice, "queues": choice.queues}
    return render(request, "registrations/choose.html", about | context)


def _sign_up(request: HttpRequest, form: SignUpForm, own: JustSent | None) -> HttpResponse:
    try:
        limits.count_network(request)
        if form.is_valid():
            person, at = _person(form), timezone.now()
            limits.count_address(person.email)
            limits.slow_down(request, form.event)
            before = own.registration if own else None
            registration = signup.sign_up(
                form.event,
                person,
                form.tables,
                form.waitlists,
                ranked=form.ranked,
                told=form.told,
                waiting_too=form.cleaned_data["waiting"],
                digest=_digest(request, form),
                replaces=before if before and signup.same_person(before, person) else None,
                at=at,
            )
            limits.count_sign_up(request, registration)
            response = see_other("registrations:check-mail", form.event.slug)
            return just_sent.remember(response, registration, at=at)
        # Everything that is wrong is said at once, including what only the rules can tell.
        agreed = form.cleaned_data.get("waiting", False)
        judge_tables(form, waiting_too=agreed, mine=own.promise.own_slots if own else ())
        if _ranks_too_late(request, form):
            raise RankingClosed
    except TooManyRequests as error:
        return too_many(request, error)
    except RegistrationError as error:
        add_problems(form, error)
        # They were counted again.
        just_sent.count_as_free(own, form.event, form.slots, form.queues)
    return _sign_up_page(request, form, own, status=422)


def _person(form: SignUpForm) -> signup.Attendee:
    fields = ("first_name", "last_name", "email", "organisation", "role", "listed")
    typed = {name: form.cleaned_data[name] for name in fields if name in form.fields}
    return signup.Attendee(**typed, language=get_language() or "nl")


def _digest(request: HttpRequest, form: SignUpForm) -> UUID:
    """The same for a form that is sent twice, as a double click does, and for no other.

    The network counts too: somebody elsewhere who types the same form holds places of their own,
    and cannot tell from the seats left that it was sent a moment ago (rule 5).
    """
    tables = form.ranked or (form.tables, form.waitlists)
    typed = (_person(form), tables, form.told, form.cleaned_data["waiting"])
    sent = repr((limits.network(request), form.event.pk, typed))
    return UUID(
        bytes=salted_hmac("registrations.form_digest", sent, algorithm="sha256").digest()[:16]
    )


def _sign_up_page(
    request: HttpRequest, form: SignUpForm, own: JustSent | None, status: int = 200
) -> HttpResponse:
    event = form.event
    closed = _closed(event, form.queues.at)
    if isinstance(closed, DrawUnderWay) and form.is_bound:
        closed = None  # what they typed is to be sent again in a few minutes
    context = {
        "event": event,
        "form": form,
        "queues": form.queues,
        "closed_reason": str(closed or ""),
        "opens_later": isinstance(closed, SignupNotOpen),
        "keeps_tables": own is not None and bool(own.promise.own_slots),
        "now": form.queues.at,
    }
    return render(request, "registrations/sign_up.html", context, status=status)


def _closed(event: Event, at: datetime) -> RegistrationError | None:
    """Why nobody can sign up at this moment, if so; a full event aside."""
    if event.called_off:
        return CalledOff()
    if event.over(at):
        return EventOver()
    if not event.signup_open(at):
        return SignupClosed() if at >= event.signup_closes else SignupNotOpen()
    if event.draw_to_come and not event.ranking_open(at):
        return DrawUnderWay()
    return None


def _ranks_too_late(request: HttpRequest, form: SignUpForm) -> bool:
    """Whether this is a form of before the draw."""
    return form.ranked is None and any(RANK.fullmatch(name) for name in request.POST)


def _first_ranked(request: HttpRequest, slots: list[Slot]) -> dict[str, Any]:
    """The favourites that the address names: of a round, or the session whose page led here."""
    chosen = {name: code for name, code in request.GET.items() if ROUND.fullmatch(name)}
    session = request.GET.get("tafel", "")
    for slot in slots:
        if slot.session.code == session and not slot.dropped:
            return {f"round_{slot.round.number}": session} | chosen
    return chosen


def _preselected(slots: list[Slot], code: str, queues: waiting.Queues) -> dict[str, Any]:
    """The session whose page led here: in the first round with a seat at its table, or else to
    wait for in its first round."""
    held = [slot for slot in slots if slot.session.code == code and not slot.dropped]
    for slot in held:
        if not slot.full:
            return {f"round_{slot.round.number}": code}
    return {f"wish_{slot.round.number}": [code] for slot in held[:1] if queues.open}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def my_link(request: HttpRequest, slug: str) -> HttpResponse:
    event = published_event(slug)
    form = MyLinkForm(typed(request))
    try:
        if request.method == "POST":
            limits.count_network(request)
            if form.is_valid():
                email = form.cleaned_data["email"]
                limits.count_address(email)
                language = get_language() or "nl"
                strangers.ask_link(event, email, language=language, at=timezone.now())
                return see_other("registrations:my-link", event.slug, query="?verstuurd=1")
    except TooManyRequests as error:
        return too_many(request, error)
    context = {"event": event, "form": form, "sent": "verstuurd" in request.GET}
    status = 422 if form.errors else 200
    return render(request, "registrations/my_link.html", context, status=status)


@require_safe
def who_comes(request: HttpRequest, slug: str) -> HttpResponse:
    event = published_event(slug)
    people = Registration.objects.filter(event=event).listed().select_related("role")
    page = Paginator(people, PEOPLE_A_PAGE).get_page(request.GET.get("pagina"))
    context = {
        "event": event,
        "people": list(page.object_list),
        "page_obj": page,
        "total_confirmed": event.registrations.confirmed().count(),
    }
    response = render(request, "registrations/who_comes.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


def see_other(name: str, *args: str, query: str = "") -> HttpResponseRedirect:
    """The answer to a form that succeeded: look there, with a GET."""
    return HttpResponseRedirect(reverse(name, args=args) + query, status=303)


def too_many(request: HttpRequest, error: TooManyRequests) -> HttpResponse:
    """With all that was typed into a form about an event, to be sent once more.

    An address that is busy may be a mistyped one, so that can be mended there.
    """
    event = event_at(request.path_info)
    fields = dict(request.POST.lists()) if event else {}
    email = fields.pop("email", None) if isinstance(error, BusyAddress) else None
    # In hours and minutes: the first whole minute in which it works again.
    again_at = timezone.now() + timedelta(seconds=error.seconds, minutes=1, microseconds=-1)
    context = {
        "error": error,
        "again_at": again_at,
        "event": event,
        "fields": list(fields.items()),
        "address": EmailForm(initial={"email": email[-1]}) if email else None,
    }
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(error.seconds)
    return response
