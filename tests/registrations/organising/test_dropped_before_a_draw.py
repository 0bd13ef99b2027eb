"""A table that drops out before a draw: it leaves people's choices, and comes back to them."""

from __future__ import annotations

import pytest

from program.models import Event, Slot
from program.public.calendars import moment
from registrations.booking import changing, drawing, signup
from registrations.models import Registration, StoredMail
from registrations.organising import dropping
from registrations.queries import rankings, tables
from registrations.queries.tokens import token_of
from tests.factories import NOW
from tests.mailed import words_of
from tests.registrations.drawn import AFTER, CLOSES, ahead, draw_event, rank

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    return draw_event()


def slot(event: Event, code: str, number: int = 1) -> Slot:
    found: Slot = event.slots.get(session__code=code, round__number=number)
    return found


def drop(event: Event, code: str = "a", at=NOW) -> None:
    StoredMail.objects.all().delete()
    dropping.drop(event, [slot(event, code).pk], who="organiser", at=at)


def back(event: Event, code: str = "a", at=NOW) -> dropping.Returned:
    StoredMail.objects.all().delete()
    keys = [slot(event, code).pk]
    return dropping.take_place_after_all(event, keys, who="organiser", at=at)


def ranked(registration: Registration) -> dict[str, list[str]]:
    return rankings.of_person(registration).codes


def told() -> list[tuple[str, Registration | None]]:
    return [(mail.kind, mail.registration) for mail in StoredMail.objects.order_by("pk")]


def test_a_table_dropped_by_mistake_is_back_where_everybody_ranked_it(event):
    noor, bert = rank(event, {1: ["b", "a", ""]}), rank(event, {1: ["c"]})
    unconfirmed = rank(event, {1: ["a", "b"]}, confirmed=False)

    drop(event)
    assert (ranked(noor), ranked(bert)) == ({"1": ["b", ""]}, {"1": ["c"]})
    assert [person for _kind, person in told()] == [noor]

    returned = back(event)
    assert ranked(noor) == {"1": ["b", "a", ""]}
    assert ranked(unconfirmed) == {"1": ["a", "b"]}
    assert returned.ranked == 1
    assert told() == [("ranked", noor)]


def test_the_mail_says_which_table_is_back_and_what_the_choices_are(event):
    rank(event, {1: ["b", "a"]})
    drop(event)
    back(event)

    (mail,) = StoredMail.objects.all()
    said = words_of(mail).text
    assert "Sessie a, ‘Gesprek a’, gaat toch door en staat weer op je lijst voor ronde 1." in said
    assert said.index("gaat toch door") < said.index("Je doet mee")
    assert "Gesprek b" in said


def test_a_mail_that_left_late_does_not_say_so_of_a_table_that_dropped_out_again(event):
    rank(event, {1: ["b", "a"]})
    drop(event)
    back(event)
    (mail,) = StoredMail.objects.all()
    dropping.drop(event, [slot(event, "a").pk], who="organiser", at=NOW)

    assert "gaat toch door" not in words_of(mail).text


def test_who_changed_their_list_meanwhile_keeps_the_new_one(event):
    noor = rank(event, {1: ["a", "b"]})
    drop(event)
    changing.rank(noor, {1: ["c", "b"]}, at=NOW)

    assert back(event).ranked == 0
    assert ranked(noor) == {"1": ["c", "b"]}
    assert told() == []


def test_it_is_not_drawn_while_it_is_out_and_waits_in_the_list_of_who_got_no_place():
    event = draw_event(capacity=1)
    people = [rank(event, {1: ["a", "b"]}), rank(event, {1: ["a", "b"]})]
    drop(event)
    drawing.draw_due(AFTER)

    for one in people:
        one.refresh_from_db()
    drawn, waits = sorted(people, key=lambda one: not one.is_confirmed)
    assert tables.codes(drawn)["1"] == "b"
    assert not drawn.waitlist_entries.exists()
    assert ranked(waits) == {"1": ["b"]}
    back(event, at=AFTER)
    assert ranked(waits) == {"1": ["a", "b"]}


def test_who_has_a_place_by_then_asks_for_nothing_any_more(event):
    late = rank(event, {1: ["a"]}, confirmed=False)
    drop(event)
    drawing.draw_due(AFTER)
    signed = signup.confirm(late, at=AFTER)
    assert signed.is_confirmed

    back(event, at=AFTER)

    changing.change_tables(signed, {1: "a"}, at=AFTER)
    assert tables.codes(signed) == {"1": "a"}
    assert not signed.waitlist_entries.exists()


def test_before_a_draw_nobody_reads_that_they_waited(event):
    noor = rank(event, {1: ["a", "b"]})
    drop(event)

    (mail,) = StoredMail.objects.all()
    dutch = words_of(mail)
    assert "wachtte" not in dutch.text + dutch.html
    for said in (dutch.text, " ".join(dutch.html.split())):
        assert "gaat niet door. Je had die in ronde 1 op je lijst." in said
        assert "Je andere wensen schuiven een plaats op." in said
        assert f"Je kunt je wensen wijzigen tot {moment(CLOSES)}." in said
        assert f"/aanmelding/{token_of(noor)}/tafels/" in said
    StoredMail.objects.update(language="en")
    assert "It was on your list for round 1." in words_of(mail).text


def test_once_choices_are_closed_the_mail_offers_no_change(event):
    noor = rank(event, {1: ["a", "b"]})
    drop(event, at=CLOSES)

    (mail,) = StoredMail.objects.all()
    said = words_of(mail).text
    assert "op je lijst" in said
    assert "wijzigen tot" not in said
    assert f"/aanmelding/{token_of(noor)}/tafels/" not in said


def test_who_has_a_table_ahead_of_the_draw_is_not_asked_to_choose_another():
    event = draw_event()
    hand = ahead(event, {1: "a"})
    drop(event)

    (mail,) = StoredMail.objects.filter(registration=hand)
    said = words_of(mail).text
    assert "Je houdt je plek op het evenement." in said
    assert "Kies een andere tafel" not in said
    assert "Na de loting kun je kiezen uit de tafels waar dan nog plek is." in said
