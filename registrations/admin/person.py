"""One person's sign-up on one page, and a page for each thing that an organiser may do to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial, wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from program.organisers import events_of, render_page
from registrations import actions, by_hand, calendars, corrections, standing
from registrations.admin import person_forms as forms
from registrations.admin import words
from registrations.errors import RegistrationError
from registrations.models import Answer, Change, Registration, Seat, SpecialNeeds

MAY_CHANGE = "registrations.change_registration"
View = Callable[..., HttpResponse]
Text = str | Promise


def about_somebody(view: View) -> View:
    """A page about one registration: organisers of its event get it, others find nothing."""

    @wraps(view)
    def found(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        own = Registration.objects.filter(event__in=events_of(request.user))
        registration = get_object_or_404(own.select_related("event__venue"), pk=pk)
        return view(request, registration, **kwargs)

    @wraps(view)
    def page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        # Asked for when somebody comes: the site for staff is chosen after this is imported.
        return admin.site.admin_view(never_cache(found))(request, **kwargs)

    return page


@dataclass(frozen=True)
class Act:
    """Something that an organiser may do: its form, the action behind it, when it is offered."""

    name: str
    title: Text
    form: Callable[..., forms.PersonForm]
    do: Callable[[Registration, Any, str, datetime], object]
    offered: Callable[[Registration, datetime], bool]
    done: Text
    button: Text
    intro: Text = ""
    dangerous: bool = False


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
        on_list=on_list,
        rounds=_rounds(registration, on_list=on_list),
        answers=[
            (row.question, words.answer(row))
            for row in Answer.objects.filter(registration=registration).select_related("question")
        ],
        needs=SpecialNeeds.objects.filter(registration=registration).first(),
        changes=[
            (row, words.change(row), words.who(row))
            for row in Change.objects.filter(registration=registration).order_by("-pk")
        ],
        mails=[(row, *words.mail(row)) for row in registration.mails.defer("text", "html")],
        acts=[act for act in ACTS if act.offered(registration, at)]
        if request.user.has_perm(MAY_CHANGE)
        else [],
    )


@about_somebody
@require_http_methods(["GET", "HEAD", "POST"])
def act_page(request: HttpRequest, registration: Registration, act: Act) -> HttpResponse:
    if not request.user.has_perm(MAY_CHANGE):
        raise PermissionDenied
    back = reverse("admin:registrations_registration_change", args=[registration.pk])
    if request.method != "POST" and not act.offered(registration, timezone.now()):
        return HttpResponseRedirect(back, status=303)
    form = act.form(registration, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            act.do(registration, form, request.user.get_username(), timezone.now())
        except RegistrationError as error:
            form.refuse(error)
        else:
            messages.success(request, str(act.done))
            return HttpResponseRedirect(back, status=303)
    return render_page(
        request,
        "admin/people/act.html",
        registration.event,
        str(act.title),
        status=422 if form.errors else 200,
        registration=registration,
        act=act,
        form=form,
    )


def _rounds(
    registration: Registration, *, on_list: bool
) -> list[tuple[calendars.Line, Seat | None, list[standing.Wait]]]:
    """Every round: the table in it or the one asked for, how it was got, and what is waited for."""
    seats = standing.requested(registration) if on_list else calendars.seats_of(registration)
    seat_in = {seat.round.number: seat for seat in seats}
    waits = standing.waits_of(registration)
    return [
        (
            line,
            seat_in.get(line.number) if not on_list else None,
            [wait for wait in waits if wait.sitting.round.number == line.number],
        )
        for line in calendars.my_rounds(registration.event, seats)
    ]


def pages() -> list[URLPattern]:
    return [
        path(
            f"<int:pk>/{act.name}/",
            partial(act_page, act=act),
            name=f"registration-{act.name}",
        )
        for act in ACTS
    ]


def _may_confirm(registration: Registration, at: datetime) -> bool:
    event = registration.event
    if registration.erased_at or event.called_off or event.started(at):
        return False
    if registration.is_waiting:
        return at >= event.waiting_closes and event.places_left > 0
    return registration.is_pending or registration.is_expired


def _may_move(registration: Registration, at: datetime) -> bool:
    event = registration.event
    return (
        registration.is_confirmed
        and registration.holds_place
        and not event.called_off
        and not event.over(at)
    )


def _may_cancel(registration: Registration, at: datetime) -> bool:
    going = registration.is_pending or registration.status in Registration.COUNTING
    return going and not registration.event.started(at)


ACTS = (
    Act(
        "confirm",
        title=_("Confirm by hand"),
        form=forms.ConfirmForm,
        do=lambda who_for, form, who, at: by_hand.confirm(
            who_for, who=who, why=form.cleaned_data["why"], at=at
        ),
        offered=_may_confirm,
        done=_("Confirmed. A mail tells this person how it stands."),
        button=_("Confirm"),
        intro=_(
            "For somebody who cannot confirm by mail. You vouch that this person wants to come. "
            "Whoever is late stands behind those who wait."
        ),
    ),
    Act(
        "tables",
        title=_("Give other tables"),
        form=forms.SeatsForm,
        do=lambda who_for, form, who, at: by_hand.move(
            who_for,
            form.tables,
            on_reserved=form.on_reserved,
            who=who,
            why=form.cleaned_data["why"],
            mail=form.mails,
            at=at,
        ),
        offered=_may_move,
        done=_("The tables are changed."),
        button=_("Save tables"),
        intro=_("All of it or nothing: if one table is full, nothing changes."),
    ),
    Act(
        "name",
        title=_("Correct the name"),
        form=forms.NameForm,
        do=lambda who_for, form, who, at: corrections.correct_name(
            who_for,
            form.cleaned_data["first_name"],
            form.cleaned_data["last_name"],
            who=who,
            why=form.cleaned_data["why"],
            at=at,
        ),
        offered=lambda registration, at: registration.status in Registration.COUNTING,
        done=_("The name is corrected."),
        button=_("Correct the name"),
        intro=_(
            "For typing errors. A place is personal: for somebody else, cancel and sign up again. "
            "The person gets a mail, and the door sees that the name was corrected."
        ),
    ),
    Act(
        "order",
        title=_("Order in lists"),
        form=forms.OrderForm,
        do=lambda who_for, form, who, at: corrections.set_order(
            who_for, form.cleaned_data["sort_name"], who=who, at=at
        ),
        offered=lambda registration, at: not registration.erased_at,
        done=_("The order is changed."),
        button=_("Save order"),
    ),
    Act(
        "address",
        title=_("Fill in an e-mail address"),
        form=forms.AddressForm,
        do=lambda who_for, form, who, at: corrections.set_address(
            who_for, form.cleaned_data["email"], who=who, why=form.cleaned_data["why"], at=at
        ),
        offered=lambda registration, at: corrections.may_address(registration),
        done=_("The address is saved, and a mail is on its way."),
        button=_("Save address"),
        intro=_(
            "Nobody has proven this address yet, so it can still be changed. "
            "The new one gets a mail with the link; an older link stops working."
        ),
    ),
    Act(
        "link",
        title=_("Send the link again"),
        form=forms.LinkForm,
        do=lambda who_for, form, who, at: by_hand.resend(who_for, who=who, at=at),
        offered=by_hand.may_mail,
        done=_("The link is on its way."),
        button=_("Send the link"),
        intro=_("By mail, to the address of this sign-up."),
    ),
    Act(
        "cancel",
        title=_("Cancel this sign-up"),
        form=forms.CancelForm,
        do=lambda who_for, form, who, at: actions.cancel(
            who_for, who=who, why=form.cleaned_data["why"], mail=form.mails, at=at
        ),
        offered=_may_cancel,
        done=_("The sign-up is cancelled."),
        button=_("Cancel this sign-up"),
        intro=_(
            "The place and the tables come free at once, and go to whoever waits longest. "
            "This cannot be undone."
        ),
        dangerous=True,
    ),
)
