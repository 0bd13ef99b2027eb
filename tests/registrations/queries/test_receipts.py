"""What a draw gave somebody, and why, from the file that everybody can check (rule 16)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from program.models import Event, Slot
from registrations.admin.figures.draw import how
from registrations.booking import drawing
from registrations.drawing.report import How
from registrations.models import Draw, Registration
from registrations.privacy import erasure
from registrations.queries import receipts, tables
from registrations.queries.tokens import token_of
from registrations.reports.draws import Fairness
from tests.factories import make_registration
from tests.registrations.drawn import AFTER, SEED, draw_event, rank

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def drawn(event, *people: Registration) -> list[receipts.Receipt]:
    drawing.draw_due(AFTER)
    found = []
    for one in people:
        one.refresh_from_db()
        receipt = receipts.of_person(one)
        assert receipt is not None
        found.append(receipt)
    return found


def test_it_says_what_was_chosen_and_what_came_true():
    event = draw_event()
    one = rank(event, {1: ["a", "b"], 2: ["d", ""]}, number=11111)
    two = rank(event, {1: ["c", "b"], 2: ["c"]}, number=22222)

    (receipt, other) = drawn(event, one, two)

    first, second = receipt.rounds
    assert [(c.wish, c.slot and c.slot.session.code, c.got) for c in first.choices] == [
        (1, "a", True),
        (2, "b", False),
    ]
    assert [(c.wish, c.slot and c.slot.session.code, c.got) for c in second.choices] == [
        (1, "d", True),
        (2, None, False),
    ]
    assert first.in_words == "your first choice"
    assert (receipt.number, receipt.people, receipt.places) == (11111, 2, 100)
    assert {receipt.lot, other.lot} == {1, 2}
    assert receipt.proven
    assert receipt.seed == SEED


def test_small_groups_are_not_counted_out():
    event = draw_event()
    Slot.objects.filter(event=event).update(seats=4)
    people = [rank(event, {1: ["a", "b"]}, number=11111 + n) for n in range(4)]
    people.append(rank(event, {1: ["b", "a"]}, number=99999))
    people.append(rank(event, {1: ["c"]}, number=88888))

    found = drawn(event, *people)

    first = found[0].rounds[0]
    assert [choice.demand for choice in first.choices] == [
        "4 seats. First choice of 4 people, second of 1.",
        "4 seats. First choice of 1 person, second of 4.",
    ]
    assert found[-1].rounds[0].choices[0].demand == "4 seats. Chosen by fewer than 5 people."


def test_giving_in_is_told_beside_that_of_the_others():
    event = draw_event()
    Slot.objects.filter(event=event, round__number=2).update(seats=9)
    people = [rank(event, {1: ["a", "b", "c"]}, number=11111 * n) for n in range(1, 8)]

    found = drawn(event, *people)

    gave_in = sorted(receipt.gave_in for receipt in found)
    assert gave_in == [0, 0, 2, 2, 5, 5, 9]
    assert {(receipt.middle, receipt.most) for receipt in found} == {(2, 9)}


def test_a_gap_is_rounded_up_for_at_most_that_is_what_is_promised():
    event = draw_event()
    (receipt,) = drawn(event, rank(event, {1: ["a"]}))

    gaps = (0.0001, 0.01, 0.0101, 0.0149, 0.5)

    assert [replace(receipt, gap=gap).gap_in_percent for gap in gaps] == [1, 1, 2, 2, 50]
    assert not replace(receipt, gap=0.0001).proven


@pytest.mark.parametrize("gap", [0.2, 0.5, 0.501, 0.99, 1.0, None])
def test_a_receipt_tells_a_figure_where_the_organisers_page_does(gap: float | None):
    event = draw_event()
    (receipt,) = drawn(event, rank(event, {1: ["a"]}))
    receipt = replace(receipt, gap=gap)

    said = render_to_string("registrations/_receipt.html", {"receipt": receipt, "event": event})
    page = " ".join(how(Fairness({}, [], 0, "solver", gap)))

    told = gap is not None and gap <= 0.5
    assert ("% from the best possible" in said) == ("% better" in page) == told
    assert ("there may be a better one" in said) == ("there may be a better result" in page)
    assert ("there may be a better one" in said) == (not told)
    assert "better off" in said


def test_open_rounds_and_no_table_are_said_in_words():
    event = draw_event()
    Slot.objects.filter(event=event, session__code__in="ab").update(reserved=2)
    Slot.objects.filter(event=event, session__code="c", round__number=1).update(reserved=1)
    one = rank(event, {1: ["c", ""]}, number=11111)
    two = rank(event, {1: ["c"], 2: [""]}, number=22222)

    found = drawn(event, one, two)

    words = {receipt.rounds[0].in_words for receipt in found}
    assert "your first choice" in words
    assert words & {
        "no table, which you wanted rather than another one",
        "no table: there was no room at any that you chose",
    }
    assert found[0].rounds[1].in_words == "you left it open: a table where there was room"
    result = found[1].rounds[1].result
    assert result is not None
    assert result.how in (How.WISH, How.BY_WISH)


def test_a_table_that_was_removed_since_is_left_out():
    event = draw_event()
    one = rank(event, {1: ["a", "b", "c"]})
    drawing.draw_due(AFTER)
    Slot.objects.get(event=event, session__code="b").delete()

    (receipt,) = drawn(event, one)

    choices = receipt.rounds[0].choices
    assert [(c.wish, c.slot and c.slot.session.code) for c in choices] == [(1, "a"), (3, "c")]


def test_each_table_has_its_own_name_in_the_result():
    event = draw_event()
    for _each in range(5):
        rank(event, {1: ["a", "b", "c"], 2: ["c", "d", "e"]})

    drawing.draw_due(AFTER)

    draw = Draw.objects.get()
    slots = Slot.objects.select_related("session", "round").in_bulk(draw.slots)
    stands_for = {table: slots[key] for table, key in enumerate(draw.slots, 1)}
    assert {table["table"]: (table["round"], table["name"]) for table in draw.file["tables"]} == {
        number: (slot.round.number, f"{slot.session.code} {slot.session.title}")
        for number, slot in stands_for.items()
    }
    for one in event.registrations.confirmed():
        (got,) = (who["got"] for who in draw.file["people"] if who["number"] == one.draw_number)
        codes = {str(stands_for[t].round.number): stands_for[t].session.code for t in got if t}
        assert codes == tables.codes(one)


def test_whoever_was_in_no_draw_has_no_receipt():
    event = draw_event()
    drawing.draw_due(AFTER)
    late = make_registration(event, {1: "a"}, at=AFTER)

    assert receipts.of_person(late) is None


def test_whoever_waits_after_the_draw_sees_their_choices_too():
    event = draw_event(capacity=1)
    people = [rank(event, {1: ["a"]}, number=n) for n in (11111, 22222)]

    found = drawn(event, *people)

    (waits,) = (receipt for receipt in found if not receipt.came)
    assert (waits.lot, waits.places, waits.people) == (2, 1, 2)
    assert waits.rounds[0].choices[0].slot is not None
    assert waits.rounds[0].in_words == "no table, because you had no place yet"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_personal_page_has_it(client: Client, language: str):
    event = draw_event()
    one = rank(event, {1: ["a", "b"], 2: ["d", ""]}, number=11111)
    drawing.draw_due(AFTER)

    with translation.override(language):
        prefix = "" if language == "nl" else "/en"
        page = client.get(f"{prefix}/aanmelding/{token_of(one)}/").content.decode()

    assert "11111" in page
    assert SEED in page
    assert f"/{event.slug}/uitslag.json" in page


def test_everybody_can_read_the_whole_result(client: Client, settings):
    event = draw_event()
    rank(event, {1: ["a", "b"]}, number=11111, email="noor@haarlem.example")
    page = f"/{event.slug}/uitslag.json"
    assert client.get(page).status_code == 404

    drawing.draw_due(AFTER)
    answer = client.get(page)

    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Cache-Control"] == "no-cache", "kept by browsers only as long as it is there"
    assert client.get(page, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert [one["number"] for one in answer.json()["people"]] == [11111]
    assert b"noor" not in answer.content.lower()
    settings.PAGE_CACHE_SECONDS = 60  # nothing of it is kept in memory either
    assert client.get(page).status_code == 200
    Draw.objects.all().delete()  # as once the names are erased
    assert client.get(page).status_code == 404


def test_whoever_erases_themselves_is_only_a_number_in_it(client: Client):
    event = draw_event()
    one = rank(event, {1: ["a", "b"]}, number=11111)
    drawing.draw_due(AFTER)

    erasure.erase(one, at=AFTER)

    one.refresh_from_db()
    assert (one.draw_number, one.lot) == (None, None)
    assert client.get(f"/{event.slug}/uitslag.json").json()["people"][0]["number"] == 11111


def test_the_result_is_no_more_public_than_its_event(client: Client):
    event = draw_event()
    rank(event, {1: ["a", "b"]})
    drawing.draw_due(AFTER)
    Event.objects.filter(pk=event.pk).update(published=False)

    assert client.get(f"/{event.slug}/uitslag.json").status_code == 404
