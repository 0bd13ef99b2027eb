from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from registrations.booking import changing
from registrations.models import Registration
from registrations.organising import guests
from registrations.privacy import erasure
from registrations.reports import figures
from registrations.reports.figures import Day, Organisations
from tests.factories import (
    NOW,
    make_crowd,
    make_event,
    make_guest,
    make_registration,
    make_slot,
)

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate(NOW)


def test_people_are_counted_by_what_their_registration_is():
    event = make_event(capacity=5)
    make_slot(event, "1a")
    make_registration(event, {1: "1a"})
    make_registration(event, language="en")
    make_registration(event, confirmed=False)
    changing.cancel(make_registration(event), at=NOW)
    make_guest(event, kind="press")
    make_guest(event, holds_place=True)
    guests.remove(make_guest(event), who="o", at=NOW)
    Registration.objects.filter(language="en").update(email_refused_at=NOW)
    event.refresh_from_db()

    assert figures.people(event) == figures.People(
        capacity=5,
        taken=3,
        confirmed=2,
        invited=0,
        unconfirmed=1,
        waiting=0,
        in_draw=0,
        cancelled=1,
        extra=0,
        guests=2,
        guests_with_place=1,
        without_table=1,
        by_hand=0,
        at_the_door=0,
        unreached=1,
        english=1,
        draw_to_come=False,
    )


def test_those_who_wait_for_the_event_are_counted_separately():
    event = make_event(capacity=1)
    make_registration(event)
    make_registration(event, waiting_too=True)
    event.refresh_from_db()

    found = figures.people(event)

    assert (found.taken, found.left, found.waiting, found.confirmed) == (1, 0, 1, 1)


def test_those_who_were_erased_still_count():
    event = make_event(starts_at=NOW - timedelta(days=60))
    make_crowd(event, 3, at=NOW - timedelta(days=80))
    before = figures.people(event), figures.days(event, until=TODAY), figures.roles(event)

    erasure.erase_due(NOW)

    event.refresh_from_db()
    assert event.registrations.exclude(erased_at=None).count() == 3
    assert (figures.people(event), figures.days(event, until=TODAY), figures.roles(event)) == before


def test_the_seats_of_each_table_are_told_round_by_round():
    event = make_event()
    full = make_slot(event, "10", seats=1)
    make_slot(event, "2", seats=6)
    event.slots.filter(session__code="2").update(reserved=2)
    dropped = make_slot(event, "3", 2, seats=4)
    type(dropped).objects.filter(pk=dropped.pk).update(dropped_at=NOW)
    make_registration(event, {1: "10"})
    make_registration(event, {1: "2"}, waitlists={1: ("10",)})

    found = [
        (
            one.round.number,
            one.taken,
            one.seats,
            [
                (t.slot.session.code, t.slot.taken, t.reserved, t.slot.seats_left, t.waiting)
                for t in one.tables
            ],
        )
        for one in figures.rounds(event)
    ]

    assert full.session.code == "10"
    assert found == [
        (1, 2, 7, [("2", 1, 2, 3, 0), ("10", 1, 0, 0, 1)]),
        (2, 0, 0, [("3", 0, 0, 0, 0)]),
    ]


def test_days_are_those_of_amsterdam_without_gaps():
    event = make_event()
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # half past midnight in Amsterdam
    make_registration(event, at=late)
    leaving = make_registration(event, at=late + timedelta(days=2))
    make_registration(event, confirmed=False, at=late)
    changing.cancel(leaving, at=late + timedelta(days=3))

    assert figures.days(event, until=date(2026, 11, 22)) == [
        Day(date(2026, 11, 21), 1, 0),
        Day(date(2026, 11, 22), 0, 0),
        Day(date(2026, 11, 23), 1, 0),
        Day(date(2026, 11, 24), 0, 1),
    ]


def test_days_stop_at_the_event():
    event = make_event()
    make_registration(event, at=NOW)

    found = figures.days(event, until=event.day + timedelta(days=300))

    assert (found[0].day, found[-1].day) == (TODAY, event.day)


def test_an_event_without_people_has_no_days():
    assert figures.days(make_event(), until=TODAY) == []


def test_roles_go_by_frequency():
    event = make_event()
    for role in ("student", "inwoner", "inwoner", "wethouder"):
        make_registration(event, role=role)
    make_registration(event, role="ambtenaar", confirmed=False)

    assert figures.roles(event) == [("inwoner", 2), ("wethouder", 1), ("student", 1)]


def test_organisations_are_one_whatever_their_case():
    event = make_event()
    for name in ("gemeente Oss", "Gemeente Oss", "Gemeente Oss", "", "UWV"):
        make_registration(event, organisation=name)

    assert figures.organisations(event) == Organisations(
        largest=[("Gemeente Oss", 3), ("UWV", 1)], rest=0, others=0, none=1
    )


def test_organisations_beyond_the_largest_ten_are_added_up():
    event = make_event()
    make_crowd(event, 52)  # forty organisations, twelve of them twice

    found = figures.organisations(event)

    assert [people for _name, people in found.largest] == [2] * 10
    assert (found.rest, found.others, len(found.largest)) == (32, 30, 10)
