"""Invitations accepted at one moment: each lets in one person, and nobody gets two accounts."""

from __future__ import annotations

import multiprocessing
from collections import Counter

import pytest
from django.contrib.auth.models import User
from django.db import connections

from registrations.errors import LinkUnknown
from registrations.models import Invitation
from registrations.organising import colleagues
from registrations.organising.colleagues import NewAccount
from tests.conftest import PATIENCE
from tests.factories import NOW, make_event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
fork = multiprocessing.get_context("fork")
PROCESSES = 4


def accept(invitation: Invitation, number: int, barrier, outcomes) -> None:
    barrier.wait(PATIENCE)
    account = NewAccount("Els", f"de Boer {number}", "een heel lang wachtwoord")
    try:
        colleagues.accept_anew(invitation, account, at=NOW)
        outcomes.put("in")
    except LinkUnknown:
        outcomes.put("refused")
    except Exception as error:
        outcomes.put(type(error).__name__)
    connections.close_all()


def together(invitations: list[Invitation]) -> Counter[str]:
    """How it ended for those who accept these at one moment."""
    barrier, outcomes = fork.Barrier(len(invitations)), fork.Queue()
    connections.close_all()  # each process opens its own
    processes = [
        fork.Process(target=accept, args=(invitation, number, barrier, outcomes))
        for number, invitation in enumerate(invitations)
    ]
    for process in processes:
        process.start()
    ended = Counter(outcomes.get(timeout=PATIENCE) for _process in processes)
    for process in processes:
        process.join(PATIENCE)
    return ended


def test_an_invitation_lets_in_one_of_those_who_press_at_once():
    event = make_event()
    invitation = colleagues.invite(event, "els@gemeente.example", "organiser", who="o", at=NOW)

    ended = together([invitation] * PROCESSES)

    assert ended == {"in": 1, "refused": PROCESSES - 1}
    assert list(event.organisers.all()) == [User.objects.get()]


def test_invitations_of_several_events_make_one_account_of_an_address():
    invitations = [
        colleagues.invite(make_event(), "els@gemeente.example", "organiser", who="o", at=NOW)
        for _number in range(PROCESSES)
    ]

    assert together(invitations) == {"in": 1, "refused": PROCESSES - 1}
    assert User.objects.filter(email="els@gemeente.example").count() == 1
    # The others stand: that account accepts them.
    assert Invitation.objects.count() == PROCESSES - 1


def test_people_who_would_have_one_user_name_all_get_an_account():
    invitations = [
        colleagues.invite(make_event(), f"els@{name}.example", "door", who="o", at=NOW)
        for name in ("oss", "almelo", "texel", "urk")
    ]

    assert together(invitations) == {"in": len(invitations)}
    names = set(User.objects.values_list("username", flat=True))
    assert names == {"els", "els2", "els3", "els4"}
