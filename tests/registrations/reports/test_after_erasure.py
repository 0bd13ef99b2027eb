"""Every figure of an event says the same after its names are erased."""

from __future__ import annotations

import re
from dataclasses import astuple
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from program.models import Event
from registrations.booking import answers, changing
from registrations.door import presence, turnout
from registrations.mailing import mailings
from registrations.models import Registration, StoredMail
from registrations.organising import guests
from registrations.privacy import erasure
from registrations.queries.kept import kept_figures
from registrations.reports import figures
from tests.factories import (
    NOW,
    START,
    make_event,
    make_guest,
    make_organiser,
    make_question,
    make_registration,
    make_slot,
)
from tests.mailed import DONE
from tests.registrations.door.tapping import make_pass, send, tap, walk_in

pytestmark = pytest.mark.django_db
ERASED = START + timedelta(days=31)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    """One of everything that is counted."""
    event = make_event(capacity=8, retention_days=30)
    make_slot(event, "1a", seats=1)
    make_slot(event, "1b", seats=4)
    make_slot(event, "2a", 2)
    food = make_question(event, "Eet je mee?", "yes_no")
    how = make_question(event, "Hoe kom je?", "several", options=["fiets", "trein"])
    why = make_question(event, "Waarom kom je?")
    told: dict[int, Any] = {food.pk: True, how.pk: ["fiets", "trein"], why.pk: "Voor mijn wijk"}
    came = make_registration(
        event, {1: "1a", 2: "2a"}, role="student", organisation="Gemeente Oss", answers=told
    )
    make_registration(
        event,
        {1: "1b"},
        waitlists={1: ["1a"]},
        role="inwoner",
        organisation="Buurthuis",
        answers={food.pk: False, how.pk: ["trein"]},
        at=NOW + timedelta(days=2),
        language="en",
    )
    make_registration(event, role="inwoner")
    changing.cancel(make_registration(event, role="ambtenaar"), at=NOW + timedelta(days=3))
    guest = make_guest(event)
    make_guest(event, "Ria", "Smolders")
    guests.remove(make_guest(event, "Weg", "Gehaald"), who="o", at=NOW)
    send(make_pass(event), tap("in", came), tap("in", guest), walk_in())
    mailing = event.mailings.create(
        subject="Dank", text="Hallo", who="o", created_at=NOW, queued_at=NOW
    )
    StoredMail.objects.filter(kind="registered").update(
        mailing=mailing, sent_at=NOW, kind="mailing", **DONE
    )
    return Event.objects.get(pk=event.pk)


def every_figure(event: Event) -> dict[str, object]:
    event = Event.objects.get(pk=event.pk)
    return {
        "people": figures.people(event),
        "tables": [
            (str(one.slot), one.slot.taken, one.slot.seats_left, one.waiting)
            for in_round in figures.rounds(event)
            for one in in_round.tables
        ],
        "days": figures.days(event, until=timezone.localdate(ERASED)),
        "roles": figures.roles(event),
        "answers": [
            (figure.question.question, figure.answered, figure.counts)
            for figure in answers.figures(event)
        ],
        "arrivals": turnout.arrivals(event),
        "in": presence.count(event),
        "expected": turnout.expected(event),
        "per role": turnout.per_role(event),
        "per table": [(str(slot), found) for slot, found in turnout.per_table(event)],
        "mail to all": [
            astuple(progress) for _row, progress in mailings.with_progress(event.mailings.all())
        ],
    }


def test_every_figure_is_the_same_after_erasure(event: Event):
    before = every_figure(event)
    assert before["expected"] == 6  # four people and two guests, one of whom is in
    assert before["in"] == 3
    assert before["mail to all"] == [(0, 4, 0, 0, 0, 0, 0)]

    assert erasure.erase_due(ERASED) > 0

    assert not event.registrations.exclude(last_name="").exists()
    assert every_figure(event) == before


def test_what_is_kept_of_answers_is_numbers_and_choices_only(event: Event):
    erasure.erase_due(ERASED)

    kept = event.changes.get(what="erased", registration=None).new["figures"]
    assert "wijk" not in str(kept)
    assert kept_figures(event).organisations == 2
    assert sorted(map(sorted, kept["answers"].values())) == [
        [""],
        ["", "fiets", "trein"],
        ["", "yes"],
    ]


def test_people_who_are_erased_later_are_added(event: Event):
    """Somebody who was put on the list after the others were erased."""
    before = every_figure(event)
    erasure.erase_due(ERASED)
    late = Registration.objects.filter(event=event, role__code="student")
    late.update(erased_at=None, first_name="Noor")

    assert erasure.erase_due(ERASED + timedelta(days=1)) == 1
    assert every_figure(event) == before


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_overview_and_the_door_say_the_same(event: Event):
    client = Client()
    client.force_login(make_organiser(event))
    rest = f"/en/admin/program/event/{event.pk}/"

    def said() -> tuple[list[str], str]:
        overview, door = client.get(f"{rest}overzicht/").text, client.get(f"{rest}deur/").text
        plots = [words(plot) for plot in overview.split('<section class="figure">')[1:]]
        (count,) = re.findall(r"\d+ in, of \d+ expected", words(door))
        return [plot for plot in plots if not plot.startswith("Organisations")], count

    before = said()
    assert "3 of 6 people is not in." in str(before) or "3 of 6 people are not in." in str(before)

    erasure.erase_due(ERASED)

    assert said() == before
    assert before[1] == "3 in, of 6 expected"


def test_organisations_are_counted_beyond_the_largest(db):
    event = make_event()
    for number in range(figures.MOST_ORGANISATIONS + 2):
        make_registration(event, organisation=f"Club {number}")
    before = figures.organisations_named(event)

    erasure.erase_due(event.kept_until)

    assert figures.organisations_named(event) == before == figures.MOST_ORGANISATIONS + 2
