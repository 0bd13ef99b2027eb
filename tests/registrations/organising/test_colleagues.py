"""Colleagues of an event: invited, let in once, and taken off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from registrations.errors import AddressesErased, LastOrganiser, LinkUnknown, OwnPlace
from registrations.mail import outbox
from registrations.models import Change, ColleagueRole, Digest, Invitation, StoredMail
from registrations.organising import colleagues, digests
from registrations.organising.colleagues import NewAccount
from registrations.queries.tokens import find_invitation, invitation_token_of
from tests.factories import NOW, make_event, make_organiser
from tests.mailed import words_of

pytestmark = pytest.mark.django_db

WHO: dict[str, Any] = {"who": "organisator", "at": NOW}
ELS = "els@gemeente.example"
NEW = NewAccount("Els", "de Boer", "een heel lang wachtwoord")


@pytest.mark.parametrize(
    ("role", "members", "group"),
    [
        ("organiser", "organisers", "Organisatoren"),
        ("door", "door_staff", "Deur"),
        ("reader", "readers", "Lezers"),
    ],
)
def test_whoever_accepts_gets_the_role_in_this_event_alone(role, members, group):
    event, other = make_event(), make_event()
    invitation = colleagues.invite(event, ELS, role, **WHO)

    els = colleagues.accept_anew(invitation, NEW, at=NOW)

    assert list(getattr(event, members).all()) == [els]
    assert list(els.groups.values_list("name", flat=True)) == [group]
    assert (els.username, els.is_staff, els.is_superuser) == ("els", True, False)
    for each in (event, other):
        for field in {"organisers", "door_staff", "readers"}:
            if (each, field) != (event, members):
                assert not getattr(each, field).exists()


def test_an_invitation_works_once_and_for_some_days():
    event = make_event()
    invitation = colleagues.invite(event, ELS, "door", **WHO)
    token = invitation_token_of(invitation)

    assert find_invitation(token, at=invitation.expires_at - timedelta(seconds=1)) == invitation
    with pytest.raises(LinkUnknown):
        find_invitation(token, at=NOW + colleagues.WORKS)
    els = colleagues.accept_anew(invitation, NEW, at=NOW)
    with pytest.raises(LinkUnknown):
        find_invitation(token, at=NOW)
    invitation = Invitation(pk=invitation.pk, event=event, secret=invitation.secret)
    with pytest.raises(LinkUnknown):
        colleagues.accept(invitation, els, at=NOW)


def test_mailing_it_again_ends_the_earlier_link():
    event = make_event()
    first = colleagues.invite(event, ELS, "door", **WHO)
    token, pk = invitation_token_of(first), first.pk

    again = colleagues.invite(event, ELS.upper(), "reader", who="organisator", at=NOW)
    assert (again.pk, again.role) == (pk, "reader")
    with pytest.raises(LinkUnknown):
        find_invitation(token, at=NOW)
    (mail,) = StoredMail.objects.all()
    assert invitation_token_of(again) in words_of(mail).text

    colleagues.resend(again, who="organisator", at=NOW + timedelta(days=8))
    assert find_invitation(invitation_token_of(Invitation.objects.get()), at=NOW).role == "reader"


def test_a_withdrawn_invitation_is_forgotten_with_its_mail():
    event = make_event()
    invitation = colleagues.invite(event, ELS, "door", **WHO)

    colleagues.withdraw(invitation, **WHO)

    assert not Invitation.objects.exists()
    assert not StoredMail.objects.exists()
    with pytest.raises(LinkUnknown):
        colleagues.accept_anew(invitation, NEW, at=NOW)


def test_an_address_with_an_account_is_invited_with_the_same_mail():
    event = make_event()
    User.objects.create_user("els", ELS, "geheim")

    told = []
    for email in (ELS, "nieuw@gemeente.example"):
        invitation = colleagues.invite(event, email, "door", **WHO)
        words = words_of(StoredMail.objects.get(invitation=invitation))
        told.append(words.text.replace(invitation_token_of(invitation), "…"))

    assert told[0] == told[1]


def test_only_an_account_with_the_address_accepts():
    event = make_event()
    other = User.objects.create_user("jan", "jan@gemeente.example", "geheim")
    els = User.objects.create_user("els", ELS.title(), "geheim")
    invitation = colleagues.invite(event, ELS, "reader", **WHO)

    with pytest.raises(LinkUnknown):
        colleagues.accept(invitation, other, at=NOW)
    with pytest.raises(LinkUnknown):  # no second account for one address
        colleagues.accept_anew(invitation, NEW, at=NOW)
    colleagues.accept(invitation, els, at=NOW)

    els.refresh_from_db()
    assert els.is_staff
    assert list(event.readers.all()) == [els]


def test_a_closed_account_stays_closed():
    event = make_event()
    els = User.objects.create_user("els", ELS, "geheim", is_active=False)
    invitation = colleagues.invite(event, ELS, "organiser", **WHO)

    for accept in (
        lambda: colleagues.accept(invitation, els, at=NOW),
        lambda: colleagues.accept_anew(invitation, NEW, at=NOW),
    ):
        with pytest.raises(LinkUnknown):
            accept()
    assert not event.organisers.exists()


def test_organisers_take_each_other_off_but_not_the_last():
    event = make_event()
    me, other = make_organiser(event), make_organiser(event)
    boss = User.objects.create_superuser("beheer")
    role = ColleagueRole.ORGANISER

    with pytest.raises(OwnPlace):
        colleagues.take_off(event, me, role, by=me, at=NOW)
    colleagues.take_off(event, other, role, by=me, at=NOW)
    with pytest.raises(LastOrganiser):
        colleagues.take_off(event, me, role, by=boss, at=NOW)

    assert list(event.organisers.all()) == [me]


def test_a_closed_account_does_not_organise_on():
    event = make_event()
    me, closed = make_organiser(event), make_organiser(event, is_active=False)
    boss = User.objects.create_superuser("beheer")

    with pytest.raises(LastOrganiser):
        colleagues.take_off(event, me, ColleagueRole.ORGANISER, by=boss, at=NOW)
    assert set(event.organisers.all()) == {me, closed}
    colleagues.take_off(event, closed, ColleagueRole.ORGANISER, by=me, at=NOW)
    assert list(event.organisers.all()) == [me]


def test_whoever_is_taken_off_has_no_mail_now_and_then_any_more():
    event = make_event()
    me, other = make_organiser(event), make_organiser(event)
    for user in (me, other):
        digests.choose(event, user, "daily", language="nl", at=NOW)

    colleagues.take_off(event, other, ColleagueRole.ORGANISER, by=me, at=NOW)

    assert [digest.user for digest in Digest.objects.all()] == [me]


def test_nobody_is_invited_once_the_addresses_are_erased():
    event = make_event()
    invitation = colleagues.invite(event, ELS, "door", **WHO)
    late: dict[str, Any] = {"who": "organisator", "at": event.kept_until}

    with pytest.raises(AddressesErased):
        colleagues.invite(event, "jan@gemeente.example", "door", **late)
    with pytest.raises(AddressesErased):
        colleagues.resend(invitation, **late)
    assert Invitation.objects.get().secret == invitation.secret


def test_user_names_are_free_and_fit():
    User.objects.create_user("Els")

    assert colleagues.free_user_name(ELS) == "els2"
    assert colleagues.free_user_name("worker@gemeente.example") == "worker2"
    assert colleagues.free_user_name("o'brien/x@gemeente.example") == "obrienx"
    assert colleagues.free_user_name("//@gemeente.example") == "collega"


def test_an_address_has_one_invitation_for_an_event():
    event = make_event()
    colleagues.invite(event, ELS, "door", **WHO)

    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.create(
            event=event,
            email=ELS.upper(),
            role="reader",
            secret="x",
            created_at=NOW,
            expires_at=NOW,
        )


def test_history_names_no_address():
    event = make_event()
    invitation = colleagues.invite(event, ELS, "door", **WHO)
    colleagues.accept_anew(invitation, NEW, at=NOW)

    told = str(list(Change.objects.values()))
    assert "accepted" in told
    assert ELS not in told
    assert "Boer" not in told


def test_the_mail_leaves_with_a_link_that_works(mailoutbox):
    event = make_event(title="Avond")
    colleagues.invite(event, ELS, "organiser", **WHO)

    outbox.send_due(NOW)

    (mail,) = mailoutbox
    assert mail.subject == "Help je mee met Avond?"
    assert "/admin/account/uitnodiging/" in mail.body
