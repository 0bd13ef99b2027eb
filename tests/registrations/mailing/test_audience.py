"""Those who get a message: choices that narrow, each address once, and those left out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from program.models import Event, SignupQuestion
from registrations.booking import changing
from registrations.mailing import unsubscribing
from registrations.mailing.audience import Audience, Reach, people, reach, words
from registrations.models import Answer, Presence, Registration
from registrations.privacy import erasure
from tests.factories import NOW, make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db

EVERYBODY = Audience()


@pytest.fixture
def event() -> Event:
    event = make_event(capacity=10)
    for code, number in (("1a", 1), ("6", 1), ("1b", 2)):
        make_slot(event, code, number)
    return event


def names(event: Event, audience: Audience) -> list[str]:
    return [person.first_name for person in people(event, audience)]


def keys(event: Event, *numbers: int) -> tuple[int, ...]:
    return tuple(event.rounds.filter(number__in=numbers).values_list("pk", flat=True))


def table(event: Event, code: str) -> tuple[int, ...]:
    return (event.slots.get(session__code=code).pk,)


def test_choices_narrow_by_status_table_round_and_role(event):
    make_registration(event, {1: "1a", 2: "1b"}, first_name="Anna", role="raadslid")
    make_registration(event, {1: "6"}, first_name="Bert", role="inwoner")
    make_registration(event, {2: "1b"}, first_name="Cor", role="student")
    make_registration(event, {}, first_name="Dirk", confirmed=False)

    registered = Audience(statuses=("confirmed",))
    assert names(event, EVERYBODY) == ["Anna", "Bert", "Cor", "Dirk"]
    assert names(event, registered) == ["Anna", "Bert", "Cor"]
    assert names(event, Audience(statuses=("pending",))) == ["Dirk"]
    assert names(event, Audience(tables=table(event, "1a"))) == ["Anna"]
    both = table(event, "1a") + table(event, "6")
    assert names(event, Audience(tables=both)) == ["Anna", "Bert"]
    assert names(event, Audience(with_table=keys(event, 2))) == ["Anna", "Cor"]
    assert names(event, Audience(statuses=("confirmed",), without_table=keys(event, 1))) == ["Cor"]
    lacking = Audience(statuses=("confirmed",), without_table=keys(event, 1, 2))
    assert names(event, lacking) == ["Bert", "Cor"], "in either of the two"
    assert names(event, Audience(roles=("raadslid", "student"))) == ["Anna", "Cor"]
    together = Audience(roles=("raadslid", "student"), without_table=keys(event, 1))
    assert names(event, together) == ["Cor"]


def test_people_who_did_not_answer_a_question_are_found(event):
    question = SignupQuestion.objects.create(event=event, question="Kom je met de fiets?")
    answered = make_registration(event, first_name="Anna")
    make_registration(event, first_name="Bert")
    Answer.objects.create(event=event, registration=answered, question=question, value="ja")

    assert names(event, Audience(unanswered=(question.pk,))) == ["Bert"]


def test_people_are_chosen_by_whether_they_were_ticked_at_the_door(event):
    came = make_registration(event, first_name="Anna")
    back_home = make_registration(event, first_name="Bert")
    make_registration(event, first_name="Cor")
    for one, present in ((came, True), (back_home, False)):
        Presence.objects.create(event=event, registration=one, present=present)

    assert names(event, Audience(door=("in",))) == ["Anna"]
    assert names(event, Audience(door=("missing",))) == ["Bert", "Cor"]
    assert names(event, Audience(door=("in", "missing"))) == ["Anna", "Bert", "Cor"]


def test_without_ticks_nobody_stayed_away(event):
    make_registration(event, first_name="Anna")

    assert names(event, Audience(door=("in",))) == ["Anna"]
    assert names(event, Audience(door=("missing",))) == []


def test_hand_picked_people_can_be_narrowed_further(event):
    anna = make_registration(event, first_name="Anna")
    bert = make_registration(event, first_name="Bert", confirmed=False)
    make_registration(event, first_name="Cor")

    picked = (anna.pk, bert.pk)
    assert names(event, Audience(people=picked)) == ["Anna", "Bert"]
    assert names(event, Audience(people=picked, statuses=("confirmed",))) == ["Anna"]


def test_each_address_is_written_to_once(event):
    make_registration(event, email="anna@haarlem.example", first_name="Anna")
    make_registration(event, email="ANNA@haarlem.example", first_name="Vreemde", confirmed=False)
    gone = make_registration(event, email="bert@haarlem.example", first_name="Bert")
    changing.cancel(gone, at=NOW)
    make_registration(
        event, email="bert@haarlem.example", first_name="Bert opnieuw", confirmed=False
    )

    assert names(event, EVERYBODY) == ["Anna", "Bert opnieuw"]
    assert names(event, Audience(statuses=("pending",))) == ["Bert opnieuw"]
    assert names(event, Audience(statuses=("cancelled",))) == []


def test_those_who_get_no_mail_are_counted_separately(event):
    make_registration(event, first_name="Anna")
    without = make_registration(event, first_name="Bert")
    Registration.objects.filter(pk=without.pk).update(email="")
    unsubscribed = make_registration(event, first_name="Cor")
    unsubscribing.set_wants_mail(unsubscribed, False, at=NOW)
    refused = make_registration(event, first_name="Dirk")
    Registration.objects.filter(pk=refused.pk).update(email_refused_at=NOW)
    erasure.erase(make_registration(event, first_name="Els"), at=NOW)
    expired = make_registration(event, first_name="Fien", confirmed=False)
    Registration.objects.filter(pk=expired.pk).update(status="expired", holds_place=False)

    assert names(event, EVERYBODY) == ["Anna"]
    counted = reach(event, EVERYBODY)
    assert counted == Reach(people=1, no_address=1, unsubscribed=1, refused=1)
    with translation.override("en"):
        assert counted.left_out == [
            "1 has no e-mail address",
            "1 wants no mail of this kind",
            "1 has an address that does not work",
        ]


def test_somebody_who_unsubscribed_and_signs_up_again_stays_unsubscribed(event):
    first = make_registration(event, email="anna@haarlem.example")
    unsubscribing.set_wants_mail(first, False, at=NOW)
    changing.cancel(first, at=NOW)
    make_registration(event, email="anna@haarlem.example", at=NOW + timedelta(hours=1))

    assert reach(event, Audience(statuses=("confirmed",))) == Reach(people=0, unsubscribed=1)


def test_people_of_other_events_are_left_alone(event):
    make_registration(make_event(), first_name="Elders")

    assert names(event, EVERYBODY) == []


def test_choice_is_kept_and_told_in_words(event):
    question = SignupQuestion.objects.create(event=event, question="Kom je met de fiets?")
    chosen = Audience(
        statuses=("confirmed", "waiting"),
        tables=table(event, "1a"),
        without_table=keys(event, 2),
        roles=("student",),
        unanswered=(question.pk,),
        people=(1, 2),
    )

    assert Audience.read(chosen.stored()) == chosen
    assert Audience.read(chosen.stored() | {"from a later version": [1]}) == chosen
    with translation.override("en"):
        assert words(event, chosen) == [
            "registered or on the waiting list",
            "has no table in Round 2",
            "sits at 1a (Round 1)",
            "comes as: student",
            "did not answer: Kom je met de fiets?",
            "2 people picked by hand",
        ]


def test_count_takes_as_many_queries_however_many_people(event):
    question = SignupQuestion.objects.create(event=event, question="Kom je met de fiets?")
    chosen = Audience(
        statuses=("confirmed",), without_table=keys(event, 1, 2), unanswered=(question.pk,)
    )
    for expected in (1, 2, 3):
        make_registration(event)
        with CaptureQueriesContext(connection) as queries:
            assert reach(event, chosen).people == expected
        assert len(queries) == 3, "the count, and who has a table or an answer"
