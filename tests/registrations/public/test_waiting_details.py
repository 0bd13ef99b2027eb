"""What pages say of waiting: names and numbers at the tables, reasons, the way in and out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.test import Client
from django.utils import timezone

from program.models import Event, Slot
from registrations.booking import changing
from registrations.booking.places import differences
from registrations.models import Registration
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db
FORM = "/en/wijk/aanmelden/"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def event(now: datetime) -> Event:
    """Round 1: 2a and 8 are full, 1a is not. Round 2: 2b is full, 3c is not, nor is 8."""
    starts_at = (now + timedelta(days=14)).replace(hour=12, minute=0)
    event = make_event(starts_at=starts_at, slug="wijk", title="Werken in de wijk")
    for code, number, seats in [("1a", 1, 9), ("2a", 1, 1), ("8", 1, 1), ("8", 2, 9), ("3c", 2, 9)]:
        make_slot(event, code, number, seats=seats)
    make_slot(event, "2b", 2, seats=1)
    make_registration(event, {1: "2a", 2: "2b"}, at=now, first_name="Anna")
    make_registration(event, {1: "8"}, at=now, first_name="Bert")
    return event


@pytest.fixture
def noor(event: Event, now: datetime) -> Registration:
    """At 1a and 3c; waits for 2a and 8, at each behind Cees."""
    make_registration(event, waitlists={1: ["2a", "8"]}, at=now, first_name="Cees")
    return make_registration(event, {1: "1a", 2: "3c"}, waitlists={1: ["2a", "8"]}, at=now)


def fill(event: Event) -> None:
    """Let no place be left in the event."""
    event.refresh_from_db()
    Event.objects.filter(pk=event.pk).update(capacity=event.taken)


def close(event: Event, now: datetime) -> None:
    """From now on nobody is moved by itself."""
    Event.objects.filter(pk=event.pk).update(waiting_closes_at=now)


def typed(**changes: str | list[str]) -> dict[str, str | list[str]]:
    fields: dict[str, str | list[str]] = {
        "first_name": "Gül",
        "last_name": "Çelik",
        "email": "gul@haarlem.example",
        "role": "raadslid",
        "round_1": "1a",
        "round_2": "",
        "agree": "on",
    }
    return fields | changes


class Answer(Protocol):
    """What the client got, as far as tests read it."""

    @property
    def content(self) -> bytes: ...


def parse(response: Answer) -> Element:
    """The page, refused when it breaks a rule of HTML's own parser."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    page: Element = parser.parse(response.content)
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    return page


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def inputs(page: Element, kind: str) -> list[str]:
    """The inputs of a kind, as 'name=value', with a star when ticked."""
    return [
        f"{one.get('name')}={one.get('value')}{'*' if 'checked' in one.attrib else ''}"
        for one in page.iter("input")
        if one.get("type") == kind
    ]


def by_class(page: Element, name: str) -> list[Element]:
    return [one for one in page.iter() if name in (one.get("class") or "").split()]


def described(page: Element, box: Element) -> str:
    keys = (box.get("aria-describedby") or "").split()
    return " ".join(words(one) for one in page.iter() if one.get("id") in keys)


def mine(registration: Registration, part: str = "") -> str:
    return f"/en/aanmelding/{token_of(registration)}/{part}"


def entries(registration: Registration) -> list[str]:
    return [entry.session.code for entry in registration.waitlist_entries.select_related("session")]


def asked(registration: Registration, name: str) -> list[str]:
    """The tables that somebody waits for to be (``wished``), or sits at or asks for."""
    seats = registration.table_seats.values_list("session__code", flat=True)
    requests = registration.waitlist_entries.requests().filter(asked=name == "asked")
    codes = requests.values_list("session__code", flat=True)
    return [*seats, *codes] if name == "asked" else list(codes)


# A full table


def test_form_offers_to_wait_at_full_tables_only(client: Client, event: Event, noor: Registration):
    page = parse(client.get(FORM))
    boxes = [one for one in page.iter("input") if (one.get("name") or "").startswith("wish_")]

    assert [f"{box.get('type')} {box.get('value')}" for box in boxes] == [
        "checkbox 2a",
        "checkbox 8",
        "checkbox 2b",
    ]
    assert [described(page, box) for box in boxes] == [
        "Thema · Gastheer 2a Full. 2 people are waiting.",
        "Thema · Gastheer 8 Also in round 2 Full. 2 people are waiting.",
        "Thema · Gastheer 2b Full. No one is waiting yet.",
    ]
    assert "round_1=2a" not in inputs(page, "radio")


def test_checkbox_is_named_after_its_table(client: Client, event: Event):
    page = parse(client.get(FORM))
    box = next(one for one in page.iter("input") if one.get("name") == "wish_2")
    group = next(one for one in page.iter("fieldset") if box in list(one.iter("input")))

    labels = {one.get("for"): words(one) for one in page.iter("label")}
    assert labels[box.get("id")] == "2b: Gesprek 2b"
    assert words(next(group.iter("legend"))) == "Full in round 2"


def test_sign_up_sends_several_entries_in_the_order_of_the_form(client: Client, event: Event):
    response = client.post(FORM, typed(wish_1=["8", "2a"], wish_2=["2b"]))

    assert response.status_code == 303
    registration = Registration.objects.latest("pk")
    assert asked(registration, "asked") == ["1a"]
    assert asked(registration, "wished") == ["8", "2a", "2b"]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"wish_1": ["9x"]}, "For round 1, choose the tables you want to wait for from the list."),
        (
            {"wish_1": ["8"], "round_2": "8"},
            "You already have session 8, ‘Gesprek 8’, in round 2, "
            "so you can’t wait for it in round 1.",
        ),
    ],
)
def test_wrong_entry_is_told_at_its_round(client: Client, event: Event, sent, sentence):
    response = client.post(FORM, typed(**sent))

    page = parse(response)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["wish_1"]
    links = {one.get("href"): words(one) for one in page.iter("a")}
    assert links["#id_wish_1_1"] == sentence
    group = next(one for one in page.iter("fieldset") if "wish_1" in one.get("aria-labelledby", ""))
    assert "id_wish_1_error" in group.get("aria-describedby", "").split()
    assert sentence in words(group)


# Change my tables


def test_change_tables_after_waiting_keeps_the_entries(client, event, noor: Registration, now):
    close(event, now)

    response = client.post(mine(noor, "tafels/"), {"round_1": "", "round_2": "8"})

    assert response.status_code == 303
    assert entries(noor) == ["2a"]  # at 8 they sit now, in the other round


def test_ones_own_full_table_is_no_table_to_wait_for(client: Client, event: Event):
    anna = Registration.objects.get(first_name="Anna")

    page = parse(client.get(mine(anna, "tafels/")))

    assert [one for one in inputs(page, "checkbox") if "wish" in one] == ["wish_1=8"]
    assert {"round_1=2a*", "round_2=2b*"} <= set(inputs(page, "radio"))


# A full event


def test_confirm_page_of_the_waiting_list_says_what_confirming_means(client, event: Event, now):
    fill(event)
    pending = make_registration(
        event, {1: "2a"}, waitlists={2: ["2b"]}, waiting_too=True, confirmed=False, at=now
    )

    page = parse(client.get(mine(pending)))
    text = words(next(page.iter("main")))

    assert [words(one) for one in page.iter("button")] == ["Confirm: put me on the waiting list"]
    assert "it goes to the person who has waited longest" in text
    assert "Round 2: Gesprek 2b (session 2b)" in text
    client.post(mine(pending, "bevestigen/"))
    pending.refresh_from_db()
    assert pending.status == "waiting"


# The event page


def test_event_page_tells_how_many_wait_at_each_table(client: Client, event: Event, noor):
    text = words(parse(client.get("/en/wijk/")))

    assert text.count("Full. 2 people are waiting.") == 2
    assert "Full. No one is waiting yet." in text


def test_event_page_leads_to_the_waiting_list_when_full(client: Client, event: Event, now):
    fill(event)
    first = parse(client.get("/en/wijk/"))
    make_registration(event, waiting_too=True, at=now)
    second = parse(client.get("/en/wijk/"))
    close(event, now)
    third = parse(client.get("/en/wijk/"))

    for page, waiting in (
        (first, "first on the waiting list"),
        (second, "1 person is waiting for a place"),
    ):
        button = by_class(page, "button")[0]
        assert (words(button), button.get("href")) == ("Join the waiting list", FORM)
        assert waiting in words(next(page.iter("main")))
        assert next(one.get("action") for one in page.iter("form")) == FORM
    assert FORM not in [one.get("action") for one in third.iter("form")]


# My day


def test_my_day_shows_an_entry_with_its_place_in_the_queue(client: Client, noor: Registration):
    noor.waitlist_entries.get(session__code="8").delete()
    (card,) = by_class(parse(client.get(mine(noor))), "waits")

    assert words(next(card.iter("h3"))) == "Gesprek 2a"
    assert "You’re number 2. 1 person is ahead of you." in words(card)
    assert "Until then you keep your seat at ‘Gesprek 1a’." in words(card)
    (dots,) = by_class(card, "queue")
    assert ["fill" in dot.attrib for dot in dots] == [True, False]


def test_my_day_folds_the_entries_of_a_round_into_one_card(client: Client, noor: Registration):
    page = parse(client.get(mine(noor)))

    (card,) = by_class(page, "waits")
    assert words(next(card.iter("h3"))) == "Round 1: you’re waiting for 2 tables"
    assert words(card).count("Until then you keep your seat at ‘Gesprek 1a’.") == 1
    lines = list(card.iter("li"))
    assert [line.tag for line in next(card.iter("details"))] == ["summary", "ul"]
    for line, title in zip(lines, ("Gesprek 2a", "Gesprek 8"), strict=True):
        assert "You’re number 2. 1 person is ahead of you." in words(line)
        (button,) = line.iter("button")
        assert (words(button), described(page, button)) == ("Stop waiting", title)


def test_a_round_without_a_table_leads_to_the_choice_beside_what_one_waits_for(
    client: Client, noor: Registration
):
    changing.change_tables(noor, {2: "3c"}, {1: ["2a", "8"]}, at=timezone.now())
    page = parse(client.get(mine(noor)))

    (choose,) = (one for one in by_class(page, "button") if words(one) == "Choose one")
    assert choose.get("href") == mine(noor, "tafels/")
    (card,) = by_class(page, "waits")
    assert "we’ll give it to you and e-mail you" in words(card)
    assert "Until then" not in words(card)


def test_long_queue_has_no_dots(client: Client, event: Event, now: datetime):
    for _person in range(11):
        last = make_registration(event, waitlists={1: ["2a"]}, at=now)

    page = parse(client.get(mine(last)))

    assert by_class(page, "queue") == []
    assert "You’re number 11. 10 people are ahead of you." in words(page)


def test_entry_in_a_round_that_the_timetable_does_not_tell_is_shown(client, event: Event, noor):
    event.agenda.all().delete()

    (card,) = by_class(parse(client.get(mine(noor))), "waits")
    assert len(list(card.iter("button"))) == 2


def test_stop_waiting_touches_nobody_else(client: Client, event: Event, noor: Registration):
    cees = Registration.objects.get(first_name="Cees")
    key = noor.waitlist_entries.get(session__code="2a").slot_id

    client.post(mine(noor, "niet-wachten/"), {"tafel": key})

    assert (entries(noor), entries(cees)) == (["8"], ["2a", "8"])


def reasons(client: Client, registration: Registration) -> list[str]:
    """The answers to 'why do I have this table', in the order of the day."""
    page = parse(client.get(mine(registration)))
    answers = [one for one in page.iter("details") if "Why" in words(next(one.iter("summary")))]
    return [words(next(one.iter("p"))) for one in answers]


def test_my_day_tells_how_each_seat_was_got(client: Client, event: Event, now: datetime):
    """Noor moved up, Cees swapped with Anna, Gerda was promoted, Anna chose."""
    noon = now.replace(hour=11, minute=0) - timedelta(days=1)
    noor = make_registration(event, waitlists={1: ["8"]}, at=noon)
    bert = Registration.objects.get(first_name="Bert")
    changing.cancel(bert, at=noon + timedelta(hours=1))
    cees = make_registration(event, {2: "3c"}, waitlists={2: ["2b"]}, at=noon)
    Slot.objects.filter(session__code="3c").update(seats=1)
    anna = Registration.objects.get(first_name="Anna")
    changing.change_tables(anna, {1: "2a", 2: "2b"}, {2: ["3c"]}, at=noon + timedelta(hours=2))
    fill(event)
    gerda = make_registration(event, {1: "1a"}, waiting_too=True, at=noon)
    changing.cancel(anna, at=noon + timedelta(hours=3))

    (moved_up,) = reasons(client, noor)
    (swapped,) = reasons(client, cees)
    (promoted,) = reasons(client, gerda)
    assert moved_up.startswith("You had been waiting for this table since")
    assert "it was your turn" in moved_up
    assert "you swapped seats" in swapped
    assert "you got your place and this table" in promoted
    since, got = (timezone.localtime(noon + timedelta(hours=hours)) for hours in (0, 1))
    assert f"since {since:%-d %B} at {since:%H:%M}" in moved_up
    assert f"On {got:%-d %B} at {got:%H:%M}" in moved_up
    assert differences() == []


def test_chosen_seat_says_so(client: Client, noor: Registration):
    assert [one.split(" on ")[0] for one in reasons(client, noor)] == [
        "You chose this table yourself"
    ] * 2


def test_my_day_says_that_nobody_moves_any_more(client: Client, event: Event, noor, now):
    close(event, now)
    Slot.objects.filter(session__code="8", round__number=1).update(seats=2)

    (card,) = by_class(parse(client.get(mine(noor))), "waits")
    full, free = (words(line) for line in card.iter("li"))

    assert "no one is moved any more" in words(card)
    assert "If a seat comes free, you can take it yourself." in words(card)
    assert "There is room at this table now." in free
    assert "There is room" not in full
    assert "ahead of you" not in words(card)

    noor.waitlist_entries.get(session__code="2a").delete()
    (card,) = by_class(parse(client.get(mine(noor))), "waits")
    assert "no one is moved any more" in words(card)
    assert "There is room at this table now." in words(card)


# On the event's waiting list


@pytest.fixture
def gerda(event: Event, now: datetime) -> Registration:
    """Second in the queue for the event."""
    fill(event)
    make_registration(event, waiting_too=True, at=now - timedelta(minutes=1))
    return make_registration(event, {1: "2a"}, waitlists={2: ["2b"]}, waiting_too=True, at=now)


def test_waiting_list_can_be_left(client: Client, gerda: Registration):
    asked = words(next(parse(client.get(mine(gerda, "annuleren/"))).iter("main")))
    client.post(mine(gerda, "annuleren/"))
    gerda.refresh_from_db()
    told = words(next(parse(client.get(mine(gerda))).iter("main")))

    assert gerda.status == "cancelled"
    assert "You’ll no longer be on the waiting list" in asked
    assert "no longer on the waiting list" in told
    assert "calendar" not in asked + told


def test_place_that_another_took_is_refused_with_a_sentence(client, event: Event, gerda, now):
    close(event, now)

    response = client.post(mine(gerda, "plek-nemen/"))

    assert response.status_code == 422
    assert by_class(parse(response), "wrong")
    gerda.refresh_from_db()
    assert gerda.status == "waiting"


def test_my_data_hold_entries_and_how_seats_were_got(client: Client, noor: Registration):
    data = client.get(mine(noor, "gegevens.json")).json()

    assert [(entry["round"], entry["code"]) for entry in data["wishes"]] == [(1, "2a"), (1, "8")]
    assert [(table["code"], table["how"]) for table in data["tables"]] == [
        ("1a", "chosen"),
        ("3c", "chosen"),
    ]
