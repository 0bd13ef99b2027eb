"""What the mails tell of waiting: where one stands, what one got and why, and how to leave."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from program.models import Event
from registrations.booking import changing, signup
from registrations.mail import mails, strangers
from registrations.models import Registration, StoredMail
from registrations.queries.tokens import token_of
from tests.factories import NOW, make_event, make_person, make_registration, make_slot
from tests.mailed import words_of

pytestmark = pytest.mark.django_db
Kind = StoredMail.Kind
HOUR = timedelta(hours=1)
FIRST = "You’re first in the queue."
SECOND = "You’re number 2. One person is waiting ahead of you."


@pytest.fixture
def event() -> Event:
    """Tables 1a, 2a and 3a in round 1 with one seat each; 1b in round 2 with room."""
    event = make_event(title="Werken in de wijk", title_en="Working in the neighbourhood")
    for code in ("1a", "2a", "3a"):
        make_slot(event, code, 1, seats=1)
    make_slot(event, "1b", 2)
    return event


def words(page: str) -> str:
    body = re.sub(r"<head>.*?</head>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def links(text: str) -> set[str]:
    return {html.unescape(link) for link in re.findall(r"https?://[^\s\"<>]+", text)}


def mail_of(registration: Registration, kind: str) -> str:
    """The one mail of a kind, in one line; its text and its page tell the same facts."""
    mail = registration.mails.get(kind=kind)
    said = words_of(mail)
    text, page = " ".join(said.text.split()), words(said.html)
    assert links(said.text) == links(said.html)
    for fact in (r"Gesprek \w+", r"You’re (?:first|number \d+)", r"\d+ November at [\d:]+"):
        assert sorted(set(re.findall(fact, text))) == sorted(set(re.findall(fact, page)))
    assert "" not in re.findall(r"<a [^>]*>([^<]*)</a>", said.html)
    assert registration.first_name not in said.subject
    return text


def english(event: Event, tables=None, **more) -> Registration:
    return make_registration(event, tables, language="en", **more)


def full(event: Event) -> Registration:
    """Somebody has the only place of the event, at 1a."""
    Event.objects.filter(pk=event.pk).update(capacity=1)
    return english(event, {1: "1a"}, first_name="Anna")


def test_confirm_tells_the_entries_and_when_they_begin(event):
    english(event, {1: "2a"})
    noor = english(event, {1: "1a"}, waitlists={1: ["2a"]}, confirmed=False)

    text = mail_of(noor, "confirm")
    assert "You would like to wait for - Round 1: session 2a, ‘Gesprek 2a’" in text
    assert "You join the queue once you have confirmed." in text


def test_confirm_of_the_waiting_list_promises_no_place(event):
    full(event)
    noor = english(event, {1: "1a"}, waitlists={1: ["2a"]}, waiting_too=True, confirmed=False)

    text = mail_of(noor, "confirm")
    assert "waiting list" in words_of(noor.mails.get()).subject
    assert "You asked to join the waiting list for Working in the neighbourhood." in text
    assert "We are not holding anything for you yet." in text
    assert "Gesprek 1a" in text
    assert "hold your place" not in text


def test_registered_and_tables_tell_each_entry_with_its_place(event):
    english(event, {1: "2a"})
    english(event, waitlists={1: ["2a"]})
    noor = english(event, {1: "1a"}, waitlists={1: ["2a"]})
    changing.change_tables(noor, {1: "3a"}, {1: ["2a"]}, at=NOW + HOUR)

    for kind in ("registered", "tables"):
        text = mail_of(noor, kind)
        assert f"Round 1: session 2a, ‘Gesprek 2a’ {SECOND}" in text
        assert "Until then you keep the table you have." in text


def test_waiting_tells_the_place_in_the_queue_and_what_was_asked(event):
    full(event)
    english(event, waiting_too=True, at=NOW + HOUR)
    noor = english(event, {1: "2a"}, waitlists={1: ["3a"]}, waiting_too=True, at=NOW + HOUR)

    text = mail_of(noor, "waiting")
    assert SECOND in text
    assert "Sunday 6 December 2026, 18:00" in text
    assert "The tables you asked for - Round 1, 15:00–15:45: session 2a, ‘Gesprek 2a’" in text
    assert "Gesprek 3a" in text
    assert f"/aanmelding/{token_of(noor)}/annuleren/" in text
    assert "/tafels/" not in text
    assert words_of(noor.mails.get(kind="waiting")).calendar == ""


def test_promoted_tells_what_was_got_what_is_waited_for_and_how_to_give_it_back(event):
    anna = full(event)
    noor = english(event, {1: "2a", 2: "1b"}, waiting_too=True, at=NOW + HOUR)
    event.slots.filter(session__code="2a").update(taken=1)
    changing.cancel(anna, at=NOW + 2 * HOUR)

    text = mail_of(noor, "promoted")
    assert "and it is yours." in text
    assert "Monday 23 November 2026, 15:00" in text
    assert "Round 1, 15:00–15:45: no table" in text
    assert "Round 2, 16:00–16:45: session 1b, ‘Gesprek 1b’" in text
    assert f"session 2a, ‘Gesprek 2a’ {FIRST}" in text
    assert f"I can’t come: http://testserver/en/aanmelding/{token_of(noor)}/annuleren/" in text
    assert "No table in a round? Then choose one that still has room." in text
    assert words_of(noor.mails.get(kind="promoted")).calendar_method == "REQUEST"


def test_promoted_with_a_table_in_each_round_asks_for_no_other(event):
    anna = full(event)
    noor = english(event, {1: "1a", 2: "1b"}, waiting_too=True, at=NOW + HOUR)
    changing.cancel(anna, at=NOW + 2 * HOUR)

    text = mail_of(noor, "promoted")
    assert "no table" not in text
    assert "No table in a round?" not in text
    assert "You can change your tables until" in text


def test_moved_tells_why_in_the_words_of_the_personal_page(event):
    anna = english(event, {1: "2a"})
    noor = english(event, {1: "1a"}, waitlists={1: ["2a"]})
    changing.cancel(anna, at=NOW + HOUR)

    text = mail_of(noor, "moved")
    assert (
        "You now have a seat at session 2a, ‘Gesprek 2a’, in round 1. You had been waiting" in text
    )
    assert "On 23 November at 15:00 a seat came free, and it was your turn." in text
    assert "You are waiting for" not in text
    assert words_of(noor.mails.get(kind="moved")).calendar_method == "REQUEST"


def test_swapped_people_each_get_one_mail_that_says_so(event):
    codes = ["1a", "2a", "3a"]
    people = [english(event, {1: code}) for code in codes]
    wanted = ["2a", "3a", "1a"]
    for person, code, entry in zip(people, codes, wanted, strict=True):
        changing.change_tables(person, {1: code}, {1: [entry]}, at=NOW + HOUR)

    for person, code in zip(people, wanted, strict=True):
        text = mail_of(person, "moved")
        assert f"‘Gesprek {code}’, in round 1. You had been waiting for this table since" in text
        assert "you swapped" in text


def test_two_moves_at_once_are_one_mail(event):
    make_slot(event, "2b", 2, seats=1)
    anna = english(event, {1: "2a", 2: "2b"})
    noor = english(event, {1: "1a", 2: "1b"}, waitlists={1: ["2a"], 2: ["2b"]})
    changing.cancel(anna, at=NOW + HOUR)

    text = mail_of(noor, "moved")
    assert text.count("You had been waiting for this table since") == 2


def test_later_move_tells_nothing_of_the_one_before(event):
    make_slot(event, "2b", 2, seats=1)
    anna = english(event, {1: "2a", 2: "2b"})
    noor = english(event, {1: "1a"}, waitlists={1: ["2a"], 2: ["2b"]})
    changing.change_tables(anna, {1: "3a", 2: "2b"}, at=NOW + HOUR)
    changing.cancel(anna, at=NOW + 2 * HOUR)

    newest = noor.mails.filter(kind="moved").latest("pk")
    assert re.findall(r"in (round \d)\. You had been waiting for", words_of(newest).text) == [
        "round 2"
    ]


def test_waiting_over_tells_those_with_a_place_how_to_take_a_seat(event):
    english(event, {1: "2a"})
    noor = english(event, {1: "1a"}, waitlists={1: ["2a"]})
    mails.store(noor, Kind.WAITING_OVER, at=event.waiting_closes)

    text = mail_of(noor, "waiting_over")
    assert "You keep the tables you have." in text
    assert "You were waiting for - Round 1: session 2a, ‘Gesprek 2a’" in text
    assert f"Look for a free seat: http://testserver/en/aanmelding/{token_of(noor)}/tafels/" in text
    assert "ahead of you" not in text


def test_waiting_over_tells_those_without_a_place_how_to_take_one(event):
    full(event)
    noor = english(event, {1: "1a"}, waiting_too=True)
    mails.store(noor, Kind.WAITING_OVER, at=event.waiting_closes)

    text = mail_of(noor, "waiting_over")
    assert "You didn’t get a place" in text
    assert f"Look for a free place: http://testserver/en/aanmelding/{token_of(noor)}/ " in text
    assert "/tafels/" not in text


def test_place_taken_by_hand_promises_no_more_moves(event):
    anna = full(event)
    noor = english(event, {1: "1a"}, waiting_too=True)
    late = event.waiting_closes + HOUR
    changing.cancel(anna, at=late)
    event.slots.filter(session__code="1a").update(taken=1)
    signup.take_free_place(noor, at=late)

    text = mail_of(noor, "promoted")
    assert "Nobody is moved to another table any more." in text
    assert "ahead of you" not in text


def test_already_and_link_speak_of_the_waiting_list(event):
    full(event)
    noor = english(event, {1: "1a"}, waiting_too=True, email="noor@haarlem.example")
    again = make_person("Noor@haarlem.example", first_name="Vreemde")
    signup.sign_up(event, again, {}, waiting_too=True, at=NOW)
    strangers.answer(NOW)
    mails.store(noor, Kind.LINK, at=NOW)

    already, link = mail_of(noor, "already"), mail_of(noor, "link")
    assert "You are already on the waiting list" in already
    assert "Vreemde" not in already
    for text in (already, link):
        assert "You have a place" not in text
        assert "The tables you asked for - Round 1, 15:00–15:45: session 1a, ‘Gesprek 1a’" in text
        assert "/tafels/" not in text


def test_leaving_lets_others_move_up_only_as_long_as_anybody_does(event):
    full(event)
    noor, ola = english(event, waiting_too=True), english(event, waiting_too=True)
    mails.store(noor, Kind.LINK, at=NOW)
    assert "everyone behind you moves up" in mail_of(noor, "link")
    changing.cancel(ola, at=NOW)
    assert "Everyone behind you has moved up." in mail_of(ola, "cancelled")

    late = event.waiting_closes
    mails.store(noor, Kind.WAITING_OVER, at=late)
    over = mail_of(noor, "waiting_over")
    changing.cancel(noor, at=late)
    assert "Then leave the waiting list." in over
    assert "behind you" not in over + mail_of(noor, "cancelled")


def test_leaving_the_waiting_list_takes_nothing_out_of_a_calendar(event):
    full(event)
    noor = english(event, waiting_too=True)
    changing.cancel(noor, at=NOW + HOUR)

    assert "no longer on the waiting list" in mail_of(noor, "cancelled")
    assert words_of(noor.mails.get(kind="cancelled")).calendar == ""


@pytest.mark.parametrize("kind", ["registered", "tables", "promoted", "link"])
def test_mails_ask_the_database_as_often_for_many_entries(
    event, kind, django_assert_max_num_queries
):
    noor = english(event, {2: "1b"})
    counts = []
    for more in (1, 9):
        for number in range(more):
            code = f"t{more}{number}"
            make_slot(event, code, 1, seats=1)
            english(event, {1: code})
            english(event, waitlists={1: [code]})
        made = event.slots.filter(session__code__startswith="t")
        codes = list(made.values_list("session__code", flat=True))
        changing.change_tables(noor, {2: "1b"}, {1: codes}, at=NOW)
        mails.store(noor, Kind(kind), at=NOW)
        mail = StoredMail.objects.latest("pk")
        with django_assert_max_num_queries(12) as queries:
            said = words_of(mail)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert said.text.count("Gesprek t") == 10
