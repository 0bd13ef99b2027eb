"""Waiting, as a browser sends and sees it: rules 7 to 9 in the forms and personal pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from program.models import Event
from registrations.booking import changing
from registrations.booking.places import differences
from registrations.models import Registration, StoredMail, WaitlistEntry
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_registration, make_slot
from tests.mailed import words_of

pytestmark = pytest.mark.django_db

SIGN_UP = "/wijk/aanmelden/"
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def event(now: datetime) -> Event:
    """Tables 1a and 2a in round 1, with one seat each, 6 with ten, and 1b in round 2."""
    event = make_event(starts_at=now + timedelta(days=14), slug="wijk", title="Werken in de wijk")
    for code in ("1a", "2a"):
        make_slot(event, code, 1, seats=1)
    make_slot(event, "6", 1)
    make_slot(event, "1b", 2)
    return event


@pytest.fixture
def anna(event: Event, now: datetime) -> Registration:
    """Sits at 1a."""
    return make_registration(event, {1: "1a"}, email="anna@haarlem.example", at=now)


@pytest.fixture
def bert(event: Event, anna: Registration, now: datetime) -> Registration:
    """Sits at 2a and waits for 1a."""
    return make_registration(
        event, {1: "2a"}, waitlists={1: ["1a"]}, email="bert@haarlem.example", at=now
    )


def typed(**changes: Any) -> dict[str, Any]:
    """What a visitor sends; None leaves a field out."""
    fields: dict[str, Any] = {
        "first_name": "Gülşen",
        "last_name": "Çelik",
        "email": "gulsen@haarlem.example",
        "organisation": "Buurtkiep",
        "role": "raadslid",
        "round_1": "6",
        "round_2": "",
        "agree": "on",
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def fill(event: Event) -> None:
    """Nobody can be added any more."""
    Event.objects.filter(pk=event.pk).update(capacity=Event.objects.get(pk=event.pk).taken)


def page(registration: Registration, part: str = "") -> str:
    return f"/aanmelding/{token_of(registration)}/{part}"


class Answer(Protocol):
    """What the client got, as far as tests read it."""

    @property
    def content(self) -> bytes: ...


def parse(response: Answer) -> Element:
    """The page, refused when it breaks a rule of HTML's own parser."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    found: Element = parser.parse(response.content)
    return found


def text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def sent_by(element: Element) -> dict[str, list[str]]:
    """What the forms of a page would send as they stand, but for the choice in a list."""
    found: dict[str, list[str]] = {}
    for one in element.iter("input"):
        ticking = one.get("type") in ("radio", "checkbox")
        if not ticking or "checked" in one.attrib:
            found.setdefault(one.get("name", ""), []).append(one.get("value", "on"))
    return found


# The event's waiting list


def test_a_full_event_refuses_a_form_that_did_not_announce_the_list(
    client: Client, event: Event, anna: Registration
):
    fill(event)

    assert client.post(SIGN_UP, typed()).status_code == 422
    assert Registration.objects.count() == 1
    assert client.post(SIGN_UP, typed(waiting="1")).status_code == 303
    assert Registration.objects.latest("pk").status == "pending"
    assert differences() == []


def test_an_event_with_people_waiting_says_so_though_a_place_is_free(
    client: Client, event: Event, anna: Registration, now: datetime
):
    fill(event)
    make_registration(event, waiting_too=True, at=now)
    # As it is between a place that comes free and the settling.
    Event.objects.filter(pk=event.pk).update(capacity=event.capacity)

    shown = parse(client.get(SIGN_UP))

    assert sent_by(shown)["waiting"] == ["1"]
    assert "Voor je wacht 1 persoon" in text(shown)


def test_the_form_of_a_full_event_says_how_many_wait_before_the_button(
    client: Client, event: Event, anna: Registration, now: datetime
):
    fill(event)
    for _one in range(3):
        make_registration(event, waiting_too=True, at=now)

    form = next(next(parse(client.get(SIGN_UP)).iter("main")).iter("form"))
    before, button, _after = text(form).rpartition("Zet mij op de wachtlijst")

    assert button
    assert "Voor je wachten 3 mensen" in before


def test_an_event_that_has_filled_up_keeps_what_was_typed_and_offers_the_list(
    client: Client, event: Event, anna: Registration
):
    assert "waiting" not in sent_by(parse(client.get(SIGN_UP)))
    fill(event)

    response = client.post(SIGN_UP, typed(wish_1=["1a"], listed="on"))
    again = parse(response)
    sent = sent_by(next(next(again.iter("main")).iter("form")))

    assert response.status_code == 422
    expected = {name: [value] for name, value in typed(listed="on").items() if name != "role"}
    assert expected | {"wish_1": ["1a"], "waiting": ["1"]} == sent
    assert [one.get("value") for one in again.iter("option") if "selected" in one.attrib] == [
        "raadslid"
    ]
    assert client.post(SIGN_UP, sent | {"role": "raadslid"}).status_code == 303


def test_a_full_table_can_be_asked_for_on_the_list_and_promises_no_first_place(
    client: Client, event: Event, anna: Registration
):
    fill(event)

    shown = parse(client.get(SIGN_UP))
    asked = [one for one in shown.iter("input") if one.get("value") == "1a"]

    assert {one.get("name") for one in asked} == {"wish_1"}
    assert "Vol. Er wacht nog niemand." in text(shown)


def test_the_list_answers_the_same_for_known_and_unknown_addresses(
    event: Event, anna: Registration, now: datetime
):
    fill(event)
    make_registration(event, email="wachter@haarlem.example", waiting_too=True, at=now)
    known, waits, unknown = "anna@haarlem.example", "wachter@haarlem.example", "x@haarlem.example"
    answers = []
    for email in (known, waits, unknown):
        client = Client()
        sent = client.post(SIGN_UP, typed(email=email, waiting="1"))
        refused = client.post(SIGN_UP, typed(email=email))
        inbox = client.get(sent["Location"])
        answers.append(
            (
                [(one.status_code, one.get("Location")) for one in (sent, refused, inbox)],
                refused.content.replace(email.encode(), b""),
                inbox.content.replace(email.encode(), b""),
            )
        )

    assert answers[0] == answers[1] == answers[2]
    newest = StoredMail.objects.order_by("-pk")[:3]
    assert {mail.to for mail in newest} == {known, waits, unknown}


def test_waiting_people_see_their_place_in_the_queue_and_can_leave_it(
    client: Client, event: Event, anna: Registration, now: datetime
):
    fill(event)
    first, second = (
        make_registration(event, waiting_too=True, at=now + number * HOUR) for number in range(2)
    )

    assert "Je bent nummer 2. Voor je wacht 1 persoon." in text(parse(client.get(page(second))))
    assert client.post(page(first, "annuleren/")).status_code == 303
    assert "Je bent nummer 1. Er wacht niemand voor je." in text(parse(client.get(page(second))))


def test_a_free_place_is_taken_by_hand_once_waiting_has_closed(
    client: Client, event: Event, anna: Registration, now: datetime
):
    fill(event)
    waiter = make_registration(event, {2: "1b"}, waiting_too=True, at=now)
    Event.objects.filter(pk=event.pk).update(waiting_closes_at=now - HOUR)
    assert "plek-nemen/" not in client.get(page(waiter)).content.decode()
    assert client.post(page(waiter, "plek-nemen/")).status_code == 422
    changing.cancel(anna, at=timezone.now())
    waiter.refresh_from_db()
    assert waiter.is_waiting

    assert "plek-nemen/" in client.get(page(waiter)).content.decode()
    response = client.post(page(waiter, "plek-nemen/"))

    waiter.refresh_from_db()
    assert (response.status_code, waiter.status) == (303, "confirmed")
    assert [seat.session.code for seat in waiter.table_seats.all()] == ["1b"]
    assert differences() == []


def test_opening_the_address_of_a_button_changes_nothing(
    client: Client, event: Event, bert: Registration
):
    for part in ("plek-nemen/", "niet-wachten/", "annuleren/"):
        client.get(page(bert, part), {"tafel": bert.waitlist_entries.get().slot_id})

    bert.refresh_from_db()
    assert (bert.status, bert.waitlist_entries.count()) == ("confirmed", 1)


# Waiting for a table


def test_an_entry_is_made_beside_a_table_or_beside_none(
    event: Event, anna: Registration, bert: Registration
):
    for number, table in enumerate(("6", "")):
        form = typed(email=f"w{number}@haarlem.example", round_1=table, wish_1=["1a", "2a"])
        assert Client().post(SIGN_UP, form).status_code == 303

    newcomers = Registration.objects.order_by("pk")[2:]
    assert [one.waitlist_entries.requests().count() for one in newcomers] == [2, 2]


def test_a_refused_sign_up_keeps_its_entries(client: Client, event: Event, bert: Registration):
    response = client.post(SIGN_UP, typed(agree=None, wish_1=["1a", "2a"]))

    assert response.status_code == 422
    assert sent_by(parse(response))["wish_1"] == ["1a", "2a"]


@pytest.mark.parametrize("wishes", [(), ("2a",)])
def test_requests_that_are_saved_unchanged_stay_as_they_are(
    client: Client, event: Event, bert: Registration, now: datetime, wishes: tuple[str, ...]
):
    """The full table that was asked for is a ticked box on that page."""
    fill(event)
    carla = make_registration(
        event, {1: "1a", 2: ""}, waitlists={1: wishes}, waiting_too=True, at=now
    )
    event.refresh_from_db()
    before = parse(client.get(page(carla)))
    asked = list(carla.waitlist_entries.order_by("pk").values())
    sent = {
        name: values
        for name, values in sent_by(parse(client.get(page(carla, "tafels/")))).items()
        if name.startswith(("round_", "wish_"))
    }
    assert sent["wish_1"] == ["1a", *wishes]

    assert client.post(page(carla, "tafels/"), sent).status_code == 303

    assert list(carla.waitlist_entries.order_by("pk").values()) == asked
    assert not carla.changes.filter(what="waitlists").exists()
    version, carla.version = event.version, 0
    event.refresh_from_db()
    assert event.version == version
    assert "Je vroeg om" in text(before)
    assert text(parse(client.get(page(carla)))) == text(before)


def test_a_table_that_has_filled_up_can_be_waited_for(
    client: Client, event: Event, anna: Registration
):
    response = client.post(SIGN_UP, typed(round_1="1a"))
    boxes = [one for one in parse(response).iter("input") if one.get("name") == "wish_1"]

    assert response.status_code == 422
    assert [one.get("value") for one in boxes] == ["1a"]


def test_a_refused_change_of_tables_keeps_its_entries(
    client: Client, event: Event, bert: Registration, now: datetime
):
    carla = make_registration(event, {1: "6"}, at=now)

    response = client.post(page(carla, "tafels/"), {"round_1": "6", "wish_1": ["1a", "2a"]})

    assert response.status_code == 422
    assert sent_by(parse(response))["wish_1"] == ["1a", "2a"]
    assert carla.waitlist_entries.count() == 0


def test_an_unknown_table_to_wait_for_is_refused(client: Client, event: Event):
    assert client.post(SIGN_UP, typed(wish_1=["1b"])).status_code == 422
    assert Registration.objects.count() == 0


def test_the_form_to_change_tables_shows_ones_entries_ticked_and_unticking_ends_them(
    client: Client, event: Event, bert: Registration
):
    shown = sent_by(parse(client.get(page(bert, "tafels/"))))
    assert (shown["round_1"], shown["wish_1"]) == (["2a"], ["1a"])

    response = client.post(page(bert, "tafels/"), {"round_1": "2a", "round_2": ""})

    assert response.status_code == 303
    assert bert.waitlist_entries.count() == 0
    assert bert.table_seats.get().session.code == "2a"


def test_the_personal_page_shows_each_entry_and_a_button_lets_one_go(
    client: Client, event: Event, bert: Registration
):
    changing.change_tables(bert, {1: "2a"}, {1: ["1a"]}, at=timezone.now())
    shown = parse(client.get(page(bert)))
    (field,) = [one for one in shown.iter("input") if one.get("name") == "tafel"]
    assert "Je bent nummer 1. Er wacht niemand voor je." in text(shown)
    assert "houd je je plek bij ‘Gesprek 2a’" in text(shown)

    response = client.post(page(bert, "niet-wachten/"), {"tafel": field.get("value")})

    assert response.status_code == 303
    assert bert.waitlist_entries.count() == 0
    assert "Je bent nummer" not in text(parse(client.get(response["Location"])))
    assert bert.table_seats.get().session.code == "2a"


@pytest.mark.parametrize("sent", ["", "999999", "x", "-1"])
def test_stop_waiting_lets_nothing_go_that_was_not_asked(
    client: Client, event: Event, bert: Registration, sent: str
):
    assert client.post(page(bert, "niet-wachten/"), {"tafel": sent}).status_code == 303
    assert bert.waitlist_entries.count() == 1


def test_once_waiting_has_closed_no_page_offers_it_and_entries_stay(
    client: Client, event: Event, bert: Registration, now: datetime
):
    Event.objects.filter(pk=event.pk).update(waiting_closes_at=now - HOUR)

    assert 'name="wish_1"' not in client.get(SIGN_UP).content.decode()
    assert "Je bent nummer" not in text(parse(client.get(page(bert))))
    response = client.post(page(bert, "tafels/"), {"round_1": "2a", "round_2": "1b"})

    assert response.status_code == 303
    assert [entry.session.code for entry in bert.waitlist_entries.all()] == ["1a"]


def test_a_round_with_an_entry_and_no_table_says_so(
    client: Client, event: Event, bert: Registration, now: datetime
):
    carla = make_registration(event, {1: ""}, waitlists={1: ["2a"]}, at=now)

    shown = text(parse(client.get(page(carla))))

    assert "Komt er een plek voor je vrij? Dan krijg je die plek en mailen we je." in shown
    assert shown.count("In deze ronde heb je geen tafel.") == 2


# All of them


@pytest.fixture
def count_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> Callable[[str], int]:
    def count(path: str) -> int:
        with django_assert_max_num_queries(25) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    return count


def test_pages_ask_the_database_as_often_with_few_entries_and_with_many(
    event: Event, bert: Registration, now: datetime, count_queries: Callable[[str], int]
):
    paths = [SIGN_UP, "/wijk/", page(bert), page(bert, "tafels/")]
    few = [count_queries(path) for path in paths]
    for number in range(8):
        code = f"x{number}"
        make_slot(event, code, 1, seats=1)
        make_registration(event, {1: code}, at=now)
    codes = ["1a", *(f"x{number}" for number in range(8))]
    changing.change_tables(bert, {1: "2a"}, {1: codes}, at=now)
    for _one in range(5):
        make_registration(event, {1: "6"}, waitlists={1: codes}, at=now)

    assert WaitlistEntry.objects.count() == 54
    assert [count_queries(path) for path in paths] == few


def test_waiting_page_asks_the_database_as_often_however_many_wait(
    event: Event, anna: Registration, now: datetime, count_queries: Callable[[str], int]
):
    fill(event)
    waiter = make_registration(event, {1: "1a"}, waitlists={1: ["2a"]}, waiting_too=True, at=now)
    few = [count_queries(path) for path in (SIGN_UP, page(waiter))]
    for _one in range(10):
        make_registration(event, {1: "1a"}, waitlists={1: ["2a", "6"]}, waiting_too=True, at=now)

    assert [count_queries(path) for path in (SIGN_UP, page(waiter))] == few


@pytest.mark.parametrize("language", ["", "/en"])
def test_pages_about_waiting_are_sound_html(
    client: Client, event: Event, bert: Registration, now: datetime, language: str
):
    fill(event)
    waiter = make_registration(event, {1: "1a"}, waitlists={1: ["2a"]}, waiting_too=True, at=now)
    asks = make_registration(event, {1: "1a"}, waiting_too=True, confirmed=False, at=now)
    paths = ["/wijk/", SIGN_UP, f"{SIGN_UP}controleer-je-mail/", page(bert), page(bert, "tafels/")]
    paths += [page(waiter), page(waiter, "annuleren/"), page(asks)]

    def check() -> None:
        for path in paths:
            response = client.get(language + path)
            found = parse(response)
            ids = [one.get("id") for one in found.iter() if one.get("id")]
            named = [
                key
                for one in found.iter()
                for name in ("aria-describedby", "aria-labelledby", "for")
                for key in one.get(name, "").split()
            ]
            assert response.status_code == 200
            assert len(list(found.iter("h1"))) == 1
            assert len(ids) == len(set(ids)), path
            assert set(named) <= set(ids), path

    check()
    Event.objects.filter(pk=event.pk).update(waiting_closes_at=now - HOUR)
    check()


def test_once_an_event_has_begun_nobody_is_told_what_would_still_come(
    client: Client, event: Event, now: datetime
):
    Event.objects.filter(pk=event.pk).update(capacity=1)
    make_registration(event, {}, at=now)
    waits = make_registration(event, {}, waiting_too=True, at=now)
    asks = make_registration(event, {}, waiting_too=True, confirmed=False, at=now)

    for starts_at, sentence in ((now, "has started"), (now - timedelta(hours=5), "is over")):
        ends_at = starts_at + timedelta(hours=4)
        Event.objects.filter(pk=event.pk).update(starts_at=starts_at, ends_at=ends_at)
        for one in (waits, asks):
            text = client.get(f"/en/aanmelding/{token_of(one)}/").content.decode()
            assert sentence in text
            assert "you can take it here" not in text
            assert "When a place comes free" not in text


def test_once_the_lists_have_closed_a_free_place_goes_to_nobody_by_itself(
    client: Client, event: Event, now: datetime
):
    Event.objects.filter(pk=event.pk).update(capacity=1)
    first = make_registration(event, {}, at=now)
    second = make_registration(event, {}, waiting_too=True, language="en", at=now)
    Event.objects.filter(pk=event.pk).update(waiting_closes_at=now)
    own = f"/en/aanmelding/{token_of(second)}/"

    changing.cancel(first, at=timezone.now())
    client.post(f"{own}plek-nemen/")

    mail = second.mails.get(kind="promoted")
    for text in (
        client.get(f"{own}annuleren/").content.decode(),
        words_of(mail).text,
        words_of(mail).html,
    ):
        assert "take your place" in text
        assert "waited longest" not in text
