"""Special needs: asked apart, agreed to apart, seen by few and gone soon (rule 12)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command

from program.models import Event
from registrations.booking import answers, changing, holds, signup
from registrations.booking.answers import Answers
from registrations.models import Change, Registration, SpecialNeeds
from registrations.privacy import erasure
from registrations.privacy.download import my_data
from tests.factories import NOW, START, make_event, make_question, make_registration

pytestmark = pytest.mark.django_db

EMAIL = "noor@haarlem.example"
DAY = timedelta(days=1)


@pytest.fixture
def event() -> Event:
    return make_event(needs_question="Heb je een dieet?")


def needs(event: Event) -> list[str]:
    rows = SpecialNeeds.objects.filter(registration__event=event).order_by("text")
    return list(rows.values_list("text", flat=True))


def test_needs_are_stored_with_the_moment_of_agreeing(event: Event):
    registration = make_registration(event, needs="Geen noten")

    row = SpecialNeeds.objects.get()
    assert (row.registration, row.text, row.consented_at) == (registration, "Geen noten", NOW)
    assert my_data(registration)["special_needs"] == [{"text": "Geen noten", "consented_at": NOW}]


def test_only_needs_that_changed_are_agreed_to_again(event: Event):
    registration = make_registration(event, needs="Geen noten")

    changing.change_answers(registration, Answers(needs="Geen noten"), at=NOW + DAY)
    assert SpecialNeeds.objects.get().consented_at == NOW
    changing.change_answers(registration, Answers(needs="Geen vis"), at=NOW + DAY)

    row = SpecialNeeds.objects.get()
    assert (row.text, row.consented_at) == ("Geen vis", NOW + DAY)
    assert [change.new for change in Change.objects.filter(what="answered")] == [{}]


def test_two_people_may_need_the_same(event: Event):
    make_registration(event, needs="Geen noten")
    make_registration(event, needs="Geen noten")

    assert needs(event) == ["Geen noten", "Geen noten"]


def test_needs_left_empty_are_erased(event: Event):
    registration = make_registration(event, needs="Geen noten")

    changing.change_answers(registration, Answers(), at=NOW)
    changing.change_answers(registration, Answers(), at=NOW + DAY)

    assert needs(event) == []
    assert [change.at for change in Change.objects.filter(what="answered")] == [NOW]


def test_needs_stay_when_they_are_asked_no_more_and_answers_change(event: Event):
    registration = make_registration(event, needs="Geen noten")
    Event.objects.filter(pk=event.pk).update(needs_question="")

    changing.change_answers(registration, Answers(), at=NOW)

    assert needs(event) == ["Geen noten"]


def test_needs_can_be_erased_at_any_moment(event: Event):
    registration = make_registration(event, needs="Geen noten")

    for _time in range(2):
        changing.erase_needs(registration, at=START + DAY)

    assert needs(event) == []
    assert Change.objects.filter(what="answered").count() == 1


def test_cancelling_erases_needs(event: Event):
    changing.cancel(make_registration(event, needs="Geen noten"), at=NOW)

    assert needs(event) == []


def test_erasing_somebody_erases_the_needs_of_all_their_sign_ups(event: Event):
    gone = make_registration(event, email=EMAIL, needs="Geen noten")
    make_registration(event, email=EMAIL, needs="Geen ei", confirmed=False)
    make_registration(event, email="bo@haarlem.example", needs="Geen vis")

    erasure.erase(gone, at=NOW)

    assert needs(event) == ["Geen vis"]


def test_needs_go_with_names_that_are_kept_shorter(event: Event):
    Event.objects.update(retention_days=1)
    make_registration(event, needs="Geen noten")

    erasure.erase_due(event.ends_at + timedelta(days=1))

    assert needs(event) == []


def test_confirming_erases_the_needs_of_ones_other_sign_ups(event: Event):
    make_registration(event, email=EMAIL, needs="Geen noten", confirmed=False)
    make_registration(event, email="bo@haarlem.example", needs="Geen vis", confirmed=False)
    make_registration(event, email=EMAIL, needs="Geen ei")

    assert needs(event) == ["Geen ei", "Geen vis"]


def test_needs_outlive_a_hold_by_a_day_for_late_confirmations(event: Event):
    late = make_registration(event, email=EMAIL, needs="Geen noten", confirmed=False)
    make_registration(event, needs="Geen vis", confirmed=False)
    ran_out = NOW + timedelta(hours=1)
    holds.free_expired(ran_out)

    signup.confirm(late, at=ran_out + DAY / 2)

    assert erasure.erase_needs_due(ran_out + DAY - timedelta(seconds=1)) == 0
    assert erasure.erase_needs_due(ran_out + DAY) == 1
    assert needs(event) == ["Geen noten"]


def test_needs_go_within_a_week_after_the_event(event: Event):
    make_registration(event, needs="Geen noten")
    make_registration(event, needs="Geen vis")
    make_registration(
        make_event(starts_at=START + 9 * DAY, needs_question="Dieet?"), needs="Geen ei"
    )
    due = event.ends_at + answers.NEEDS_KEPT
    version = Event.objects.get(pk=event.pk).version

    assert due < event.ends_at + 7 * DAY
    assert erasure.erase_needs_due(due - timedelta(seconds=1)) == 0
    assert erasure.erase_needs_due(due) == 2
    assert erasure.erase_needs_due(due) == 0

    erased = Change.objects.get(what="erased")
    assert (erased.event, erased.registration, erased.who) == (event, None, "worker")
    assert (erased.new, erased.version) == ({"special_needs": 2}, version + 1)
    assert list(SpecialNeeds.objects.values_list("text", flat=True)) == ["Geen ei"]
    assert Registration.objects.filter(event=event, erased_at=None).count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_worker_erases_needs():
    past = make_event(starts_at=START - 900 * DAY, needs_question="Dieet?", retention_days=9_000)
    make_registration(past, needs="Geen noten", at=past.starts_at - DAY)

    call_command("work", "--once", verbosity=0)

    assert not SpecialNeeds.objects.exists()


def test_needs_of_an_event_are_of_those_who_come(event: Event):
    make_registration(event, last_name="Zwart", needs="Geen vis")
    make_registration(event, last_name="van Aken", needs="Geen noten")
    make_registration(event, needs="Geen ei", confirmed=False)
    make_registration(make_event(needs_question="Dieet?"), needs="Geen melk")

    rows = answers.needs_of(event)

    assert [(row.registration.last_name, row.text) for row in rows] == [
        ("van Aken", "Geen noten"),
        ("Zwart", "Geen vis"),
    ]


def test_needs_are_among_no_answers(event: Event):
    wijk = make_question(event, "Wijk?")
    registration = make_registration(event, answers={wijk.pk: "a"}, needs="Geen noten")

    assert answers.of_event(event) == {registration.pk: {wijk.pk: "a"}}
    assert "noten" not in str(list(Change.objects.values()))
