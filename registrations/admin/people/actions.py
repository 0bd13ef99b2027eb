"""What an organiser may do to one sign-up: each action with its form, its words and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from registrations.admin.people import person_forms as forms
from registrations.admin.people.seat_forms import SeatsForm
from registrations.booking import answers, changing, signup
from registrations.forms.plain import Text
from registrations.models import Registration
from registrations.organising import by_hand, corrections
from registrations.privacy import erasure


@dataclass(frozen=True)
class Action:
    """Something that an organiser may do: its form, the action behind it, when it is offered."""

    name: str
    path: str
    title: Text
    form: Callable[..., forms.PersonForm]
    do: Callable[..., object]  # gets the row and the form, with who, at and, if the form asks, why
    offered: Callable[[Registration, datetime], bool]
    done: Text
    button: Text
    intro: Text = ""
    intro_before_draw: Text = ""  # in its place, as long as a draw is to come
    dangerous: bool = False

    def about(self, registration: Registration) -> Text:
        """What the page says of it above the form."""
        before = registration.event.draw_to_come and not registration.is_confirmed
        return (self.intro_before_draw if before else "") or self.intro


def _may_confirm(registration: Registration, at: datetime) -> bool:
    event = registration.event
    if registration.erased_at or event.called_off or event.started(at):
        return False
    if registration.is_waiting:
        closed = at >= event.waiting_closes and not event.draw_to_come
        return closed and event.places_left > 0
    return registration.is_pending or registration.is_expired


def _may_move(registration: Registration, at: datetime) -> bool:
    event = registration.event
    return registration.is_confirmed and not event.called_off and not event.over(at)


def _may_give_extra(registration: Registration, at: datetime) -> bool:
    """Where a place is free it is given in the ordinary way, or goes to whoever is first."""
    event = registration.event
    going = not event.called_off and not event.over(at)
    waits = registration.is_waiting and not event.draw_to_come
    return waits and going and event.places_left < 1


def _may_answer(registration: Registration, at: datetime) -> bool:
    event = registration.event
    return (
        registration.counts
        and not event.called_off
        and at < event.changes_close
        and answers.any_asked(event)
    )


def _may_correct(registration: Registration, at: datetime) -> bool:
    return registration.counts and not registration.erased_at


def _may_cancel(registration: Registration, at: datetime) -> bool:
    event = registration.event
    going = registration.is_pending or registration.counts
    return going and not event.called_off and not event.started(at)


def _may_erase(registration: Registration, at: datetime) -> bool:
    return not registration.erased_at and not erasure.has_link(registration)


ACTIONS = (
    Action(
        "confirm",
        path="bevestigen",
        title=_("Confirm by hand"),
        form=forms.ConfirmForm,
        do=lambda row, form, **by: by_hand.confirm(row, **by),
        offered=_may_confirm,
        done=_("Confirmed. A mail tells this person how it stands."),
        button=_("Confirm"),
        intro=_(
            "For somebody who cannot confirm by mail. You vouch that this person wants to come. "
            "Those who are late stand behind those who wait."
        ),
        intro_before_draw=_(
            "For somebody who cannot confirm by mail. You vouch that this person wants to come, "
            "and they then take part in the draw."
        ),
    ),
    Action(
        "extra",
        path="extra",
        title=_("Give an extra place"),
        form=forms.ConfirmForm,
        do=lambda row, form, **by: signup.give_extra(row, **by),
        offered=_may_give_extra,
        done=_("This person has a place, and gets a mail about it."),
        button=_("Give an extra place"),
        intro=_(
            "One place on top of those of the event, for this person only. It is counted "
            "separately, and nobody on the waiting list loses their turn. Tables are given only "
            "where a seat is free."
        ),
    ),
    Action(
        "tables",
        path="tafels",
        title=_("Give other tables"),
        form=SeatsForm,
        do=lambda row, form, **by: by_hand.move(
            row,
            form.tables,
            on_reserved=form.on_reserved,
            seen=form.cleaned_data["seen"],
            mail=form.mails,
            **by,
        ),
        offered=_may_move,
        done=_("The tables are changed."),
        button=_("Save tables"),
        intro=_("All of it or nothing: if one table is full, nothing changes."),
    ),
    Action(
        "answers",
        path="antwoorden",
        title=_("Fill in answers"),
        form=forms.TheirAnswersForm,
        do=lambda row, form, **by: changing.change_answers(
            row, form.told, seen=form.cleaned_data["seen"], **by
        ),
        offered=_may_answer,
        done=_("The answers are saved."),
        button=_("Save answers"),
        intro=_("What this person says to your questions, by phone for instance."),
    ),
    Action(
        "details",
        path="gegevens",
        title=_("Change details"),
        form=forms.DetailsForm,
        do=lambda row, form, **by: corrections.change_details(
            row, form.details, seen=form.cleaned_data["seen"], **by
        ),
        offered=lambda registration, at: not registration.erased_at,
        done=_("The details are changed."),
        button=_("Save details"),
        intro=_("Organisation and role, and what you want to remember. No mail goes out."),
    ),
    Action(
        "name",
        path="naam",
        title=_("Correct the name"),
        form=forms.NameForm,
        do=lambda row, form, **by: corrections.correct_name(
            row, form.cleaned_data["first_name"], form.cleaned_data["last_name"], **by
        ),
        offered=_may_correct,
        done=_("The name is corrected."),
        button=_("Correct the name"),
        intro=_(
            "For typing errors. A place is personal: for somebody else, cancel and sign up again. "
            "The person gets a mail, and the door sees that the name was corrected."
        ),
    ),
    Action(
        "order",
        path="volgorde",
        title=_("Order in lists"),
        form=forms.OrderForm,
        do=lambda row, form, **by: corrections.set_order(row, form.cleaned_data["sort_name"], **by),
        offered=lambda registration, at: not registration.erased_at,
        done=_("The order is changed."),
        button=_("Save order"),
    ),
    Action(
        "address",
        path="adres",
        title=_("Fill in or correct the e-mail address"),
        form=forms.AddressForm,
        do=lambda row, form, **by: corrections.set_address(row, form.cleaned_data["email"], **by),
        offered=corrections.may_address,
        done=_("The address is saved, and a mail is on its way."),
        button=_("Save address"),
        intro=_(
            "Nobody has proven this address yet, so it can still be changed. "
            "The new one gets a mail with the link; an older link stops working."
        ),
    ),
    Action(
        "link",
        path="link",
        title=_("Send the link again"),
        form=forms.PersonForm,
        do=lambda row, form, **by: by_hand.resend(row, **by),
        offered=by_hand.may_mail,
        done=_("The link is on its way."),
        button=_("Send the link"),
        intro=_("By mail, to the address of this sign-up."),
    ),
    Action(
        "cancel",
        path="annuleren",
        title=_("Cancel this sign-up"),
        form=forms.CancelForm,
        do=lambda row, form, **by: changing.cancel(row, mail=form.mails, **by),
        offered=_may_cancel,
        done=_("The sign-up is cancelled."),
        button=_("Cancel this sign-up"),
        intro=_(
            "The place and the tables come free straight away, and go to the people who "
            "are next in the queue. You can’t undo this."
        ),
        intro_before_draw=_(
            "This person no longer takes part in the draw, and their choices are gone. You can’t "
            "undo this."
        ),
        dangerous=True,
    ),
    Action(
        "erase",
        path="wissen",
        title=_("Erase this person"),
        form=forms.PersonForm,
        do=lambda row, form, **by: erasure.erase_by_organiser(row, **by),
        offered=_may_erase,
        done=_("This person is erased."),
        button=_("Erase for good"),
        intro=_(
            "For somebody who asks you to. Name, address and answers go for good, in every sign-up "
            "of this address for this event. Before the start this cancels too. No mail follows. "
            "You can’t undo this."
        ),
        dangerous=True,
    ),
)
