"""Mail that leaves late, after a mail server was down: it is still so, or it does not go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from registrations.mail import letters, staff_mail, wording
from registrations.mail.envelope import NotWanted, WrittenMail
from registrations.mailing import mailings, ready_made
from registrations.mailing.audience import REGISTERED
from registrations.models import Mailing, StoredMail
from registrations.organising import colleagues
from tests.factories import NOW, make_event, make_registration
from tests.registrations.mail.test_every_mail import every_mail

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHO: dict[str, Any] = {"who": "organisator", "at": NOW}
# After the event these still say something.
ALWAYS = {
    *("link", "link, sent by an organiser", "link, called off", "link, on the list"),
    *("corrected", "mailing, a proof", "account, a notice", "account, new"),
}
# From the start on these do not go, though the event is not over.
UNTIL_THE_START = {
    *("confirm", "confirm, too late", "confirm, on the list", "already", "already, on the list"),
    *("confirm, nothing held", "confirm, nothing held, too late"),
    *("waiting", "waiting over, for a table", "waiting over, for a place", "holds"),
    "ranked",
}


@pytest.fixture(scope="module")
def late(django_db_setup: None, django_db_blocker: Any) -> dict[str, dict[str, WrittenMail | None]]:
    """What each mail says by when it leaves; None if it does not go. Made once: that takes long."""
    found: dict[str, dict[str, WrittenMail | None]] = {}
    with django_db_blocker.unblock(), transaction.atomic():
        for name, mail in every_mail("nl"):
            found[name] = dict(leaving(mail))
        transaction.set_rollback(True)
    return found


def leaving(mail: StoredMail) -> Iterator[tuple[str, WrittenMail | None]]:
    rows = StoredMail.objects.select_related("event__venue", "registration", "mailing", "host")
    stored, event = mail.send_after, mail.event
    times = {
        "at once": stored,
        "hour": stored + HOUR,
        "day": stored + DAY,
        "days": stored + 4 * DAY,
    }
    if event:
        times |= {"started": event.starts_at + HOUR, "over": event.ends_at + 3 * DAY}
    for when, at in times.items():
        yield when, said(rows.get(pk=mail.pk), max(at, stored))


def said(mail: StoredMail, at: datetime) -> WrittenMail | None:
    with suppress(NotWanted):
        return wording.write(mail, at=at)
    return None


def test_every_mail_goes_at_once_and_after_an_hour(late):
    for when in ("at once", "hour"):
        assert {name for name, by_time in late.items() if by_time[when] is None} == set()


def test_after_days_only_what_is_no_longer_so_stays_behind(late):
    """The event is two weeks away, but waiting is over on the day before it."""
    over = {"waiting over, for a table", "waiting over, for a place"}
    assert {name for name, by_time in late.items() if by_time["day"] is None} == over
    gone = {name for name, by_time in late.items() if by_time["days"] is None}
    assert gone == over | {"account, another password"}


def test_once_the_event_has_begun_nobody_is_asked_to_confirm_or_to_wait(late):
    with_event = {name: each for name, each in late.items() if "started" in each}
    gone = {name for name, by_time in with_event.items() if by_time["started"] is None}
    assert gone - {"account, another password"} == UNTIL_THE_START


def test_after_the_event_nothing_goes_that_is_about_the_day(late):
    with_event = {name: each for name, each in late.items() if "over" in each}
    went = {name for name, by_time in with_event.items() if by_time["over"] is not None}
    assert went == ALWAYS & set(with_event)


def test_a_late_confirm_promises_no_minutes_and_no_place(late):
    for when in ("day", "days"):
        mail = late["confirm"][when]
        assert mail
        assert "minuten" not in mail.text
        assert "niet meer vast" in mail.text


def test_what_leaves_after_the_start_offers_no_cancelling(late):
    for name in ("registered, waiting for a table", "promoted", "added", "tables"):
        before, after = late[name]["at once"], late[name]["started"]
        assert before
        assert after
        assert "/annuleren/" in before.text + before.html
        assert "/annuleren/" not in after.text + after.html


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "until"),
    [
        (Mailing.Kind.WEEK, "starts_at"),
        (Mailing.Kind.DAY, "starts_at"),
        (Mailing.Kind.OWN, "ends_at"),
    ],
)
def test_a_message_to_many_about_the_day_stays_behind_after_it(kind, until):
    event = make_event(starts_at=NOW + 8 * DAY)
    make_registration(event)
    if kind == Mailing.Kind.OWN:
        message = mailings.write(event, mailings.Words("Dag", "Dag {voornaam}"), REGISTERED, **WHO)
    else:
        message = ready_made.draft(event, kind)
        message.who, message.created_at = "organisator", NOW
        message.save()
    (mail,) = letters.stored(event, message, event.registrations.all(), NOW)
    mail.save()
    ends = getattr(event, until)

    assert said(mail, ends - HOUR)
    assert said(mail, ends) is None


@pytest.mark.django_db
def test_thanks_go_after_the_event_however_late():
    event = make_event()
    make_registration(event)
    message = ready_made.draft(event, Mailing.Kind.THANKS)
    message.who, message.created_at = "organisator", NOW
    message.save()
    after = event.ends_at + DAY
    (mail,) = letters.stored(event, message, event.registrations.all(), after)
    mail.save()

    assert said(mail, after + 4 * DAY)


@pytest.mark.django_db
def test_an_invitation_that_has_run_out_does_not_go():
    colleagues.invite(make_event(starts_at=NOW + 90 * DAY), "els@gemeente.example", "door", **WHO)
    mail = StoredMail.objects.select_related("invitation__event", "event__venue").get()
    assert mail.invitation

    assert said(mail, mail.invitation.expires_at - HOUR)
    assert said(mail, mail.invitation.expires_at) is None


@pytest.mark.django_db
def test_a_link_for_a_password_that_was_asked_for_days_ago_does_not_go():
    user = User.objects.create_user("olga", "olga@gemeente.example", "secret")
    mail = staff_mail.password_link(user, at=NOW)

    assert said(mail, NOW + DAY)
    assert said(mail, NOW + 4 * DAY) is None
    user.set_unusable_password()
    user.save()
    assert said(mail, NOW + 4 * DAY)  # the only way into a new account
