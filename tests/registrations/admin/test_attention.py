"""What organisers should look at is counted, and told with where it is solved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from registrations.admin.figures.attention import notices
from registrations.models import Registration, StoredMail
from registrations.organising import dropping
from tests.factories import NOW, make_event, make_registration, make_slot
from tests.mailed import DONE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def told(*events) -> list[list[str]]:
    return [[notice.sentence for notice in found] for found in notices(events, NOW).values()]


def test_the_warning_of_rule_4_stands_above_a_quarter():
    event = make_event(capacity=8)
    for _hold in range(2):
        make_registration(event, confirmed=False)
    assert told(event) == [[]]

    make_registration(event, confirmed=False)

    ((sentence,),) = told(event)
    assert "3 of 8" in sentence


def test_the_warning_leaves_out_whom_an_organiser_brought_in():
    event = make_event(capacity=8)
    for _hold in range(3):
        make_registration(event, confirmed=False)
    Registration.objects.update(origin=Registration.Origin.FILE)

    assert told(event) == [[]]


def test_of_each_event_those_who_lost_their_table_are_counted():
    first, second, calm = (make_event() for _event in range(3))
    for event, people in ((first, 2), (second, 1), (calm, 1)):
        table = make_slot(event, "1a", seats=2)
        for _person in range(people):
            make_registration(event, {1: "1a"})
        if event != calm:
            dropping.drop(event, [table.pk], who="o", at=NOW)
    StoredMail.objects.all().delete()

    rest = "not know yet that their table drops out, and ha"
    assert told(first, second, calm) == [
        [f"2 people do {rest}ve no other one."],
        [f"1 person does {rest}s no other one."],
        [],
    ]


def test_mail_that_failed_or_waits_too_long_is_told():
    event, other = make_event(), make_event()
    make_registration(event, confirmed=False)
    StoredMail.objects.update(send_after=NOW - timedelta(hours=2))
    assert told(event, other) == [
        ["1 mail has waited for more than an hour. Does the worker run?"],
        [],
    ]

    StoredMail.objects.update(failed_at=NOW, **DONE)

    assert told(event) == [["1 mail failed and is not tried again."]]
