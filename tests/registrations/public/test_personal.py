"""The personal pages as a ticket: titles, what was just done, now and next, and the ways out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.test import Client
from django.utils import timezone

from program.models import AgendaItem, Event, TableSession
from registrations.booking import changing
from registrations.models import Registration
from registrations.organising import dropping
from registrations.queries.tokens import token_of
from registrations.queries.waiting import place_of
from tests.factories import NOW, START, make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db
Clock = Callable[[datetime], None]

TEXT = (
    "Wie beheert het buurthuis? Lees [het plan](https://elders.example) of [mail](mailto:a@b.nl)."
)


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    def set_to(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return set_to


@pytest.fixture
def event(set_clock: Clock) -> Event:
    """14.00 to 18.00: coffee, round 1 at 15.00, a break at 15.45, round 2 from 16.00, drinks."""
    set_clock(NOW)
    event = make_event(slug="wijk", title="Werken in de wijk", capacity=12)
    rounds = AgendaItem.objects.filter(event=event)
    rounds.filter(round__number=2).update(starts="16:00", ends="16:45")
    for starts, ends, title in [("14:00", "15:00", "koffie"), ("17:00", "17:30", "borrel")]:
        AgendaItem.objects.create(event=event, starts=starts, ends=ends, title=title)
    for code, number, place in [
        ("5a", 1, "Burgerzaal, tafel 9"),
        ("2a", 1, "Raadzaal, tafel 3"),
        ("6", 2, "Raadzaal, tafel 3"),
    ]:
        make_slot(event, code, number, location=place)
    TableSession.objects.filter(code="5a").update(title="Maatschappelijk vastgoed", text=TEXT)
    TableSession.objects.filter(code="6").update(title="Breda Begroot")
    event.bump_programme()
    return event


@pytest.fixture
def noor(event: Event) -> Registration:
    return make_registration(event, {1: "5a", 2: "6"}, email="noor@haarlem.example")


def page(registration: Registration, part: str = "") -> str:
    return f"/aanmelding/{token_of(registration)}/{part}"


def parse(response: Any) -> Element:
    """The page, refused when it breaks a rule of HTML's own parser."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    found: Element = parser.parse(response.content)
    return found


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def main(response: Any) -> str:
    return words(next(parse(response).iter("main")))


def focused(response: Any) -> list[str]:
    """What takes the focus as the page opens; a second one would be a mistake."""
    return [words(one) for one in parse(response).iter() if "autofocus" in one.attrib]


def fill(event: Event) -> None:
    event.refresh_from_db()
    Event.objects.filter(pk=event.pk).update(capacity=event.taken)


# Now and next


def now_and_next(client: Client, registration: Registration) -> list[str]:
    shown = parse(client.get(page(registration)))
    return [words(one) for one in shown.iter("dl") if "now" in (one.get("class") or "").split()]


HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FIRST = "Maatschappelijk vastgoed sessie 5a, Burgerzaal, tafel 9"
SECOND = "Straks, om 16.00 uur Breda Begroot sessie 6, Raadzaal, tafel 3"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (START - 15 * HOUR, None),  # the day before
        (START - 14 * HOUR, "Straks, om 14.00 uur Koffie"),  # midnight
        (START - MINUTE, "Straks, om 14.00 uur Koffie"),
        (START, f"Nu, tot 15.00 uur Koffie Straks, om 15.00 uur {FIRST}"),
        (START + 90 * MINUTE, f"Nu, tot 15.45 uur {FIRST} {SECOND}"),
        (START + 105 * MINUTE, f"Nu, tot 16.00 uur Pauze {SECOND}"),
        (START + 181 * MINUTE, "Nu, tot 17.30 uur Borrel Straks, om 18.00 uur Einde"),
        (START + 220 * MINUTE, "Straks, om 18.00 uur Einde"),
        (START + 4 * HOUR, None),
    ],
)
def test_the_top_of_my_day_says_what_is_on_and_where_to_go_next(
    client: Client, noor: Registration, set_clock: Clock, at: datetime, said: str | None
):
    set_clock(at)

    assert now_and_next(client, noor) == ([said] if said else [])


def test_a_round_without_a_table_says_so_while_it_is_on(
    client: Client, event: Event, set_clock: Clock
):
    elsewhere = make_registration(event, {2: "6"})
    set_clock(START + 61 * MINUTE)

    (said,) = now_and_next(client, elsewhere)
    assert said == f"Nu, tot 15.45 uur Ronde 1 In deze ronde heb je geen tafel. {SECOND}"


def test_one_looks_back_once_it_is_over(client: Client, event: Event, set_clock: Clock):
    event.slots.filter(session__code="2a").update(seats=0)
    half = make_registration(event, {2: "6"}, waitlists={1: ["2a"]})
    set_clock(START + 5 * HOUR)

    text = main(client.get(page(half)))

    assert "Noor, dit was jouw dag" in text
    assert "Het evenement is voorbij. Het was op maandag 7 december 2026 in Zaandam." in text
    assert "In deze ronde had je geen tafel." in text
    for present in (
        "je plek staat vast",
        "Zet in mijn agenda",
        "je wacht",
        "Noem je naam bij de deur",
    ):
        assert present not in text


# Titles, and what a table is about


def test_each_page_names_sessions_by_their_titles(client: Client, event: Event):
    pending = make_registration(event, {1: "5a"}, confirmed=False)
    fill(event)
    waiter = make_registration(event, {2: "6"}, waiting_too=True)
    titles = {
        page(pending): "Maatschappelijk vastgoed",
        page(waiter): "Breda Begroot",
        page(waiter, "annuleren/"): "Breda Begroot",
    }
    for address, title in titles.items():
        assert title in main(client.get(address)), address


def test_a_table_that_drops_out_goes_by_its_title(client: Client, event: Event, noor: Registration):
    dropping.drop(event, [event.slots.get(session__code="5a").pk], who="o", at=NOW)

    assert "‘Maatschappelijk vastgoed’ (sessie 5a). Die sessie gaat niet door." in main(
        client.get(page(noor))
    )


def test_my_day_has_the_text_of_my_tables_and_the_way(client: Client, noor: Registration):
    found = parse(client.get(page(noor)))
    links = {one.get("href"): words(one) for one in found.iter("a")}

    assert "Wie beheert het buurthuis? Lees het plan of mail." in words(found)
    assert links["/wijk/tafelsessie/5a/"] == "Meer over deze sessie"
    assert links["/wijk/#waar"] == "Kaart en route, ook met het ov"


def test_no_personal_page_links_to_another_site(client: Client, event: Event, noor: Registration):
    pending = make_registration(event, {1: "5a"}, confirmed=False)
    gone = make_registration(event)
    changing.cancel(gone, at=NOW)
    fill(event)
    waiter = make_registration(event, {1: "5a"}, waiting_too=True)
    addresses = [page(one) for one in (noor, pending, gone, waiter)]
    addresses += [page(noor, "?klaar=bevestigd"), page(waiter, "tafels/")]
    addresses += [page(noor, part) for part in ("tafels/", "annuleren/", "wissen/", "gegevens/")]

    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200
        found = {one.get("href") or "" for one in parse(response).iter("a")}
        assert [link for link in found if "//" in link.removeprefix("mailto:")[:9]] == [], address
        assert response["Referrer-Policy"] == "same-origin"


# What was just done


@pytest.mark.parametrize(
    ("part", "sent", "said"),
    [
        ("tafels/", {"round_1": "2a", "round_2": ""}, "Je tafels zijn opgeslagen."),
        ("zichtbaar/", {"listed": "on"}, "Je naam staat nu bij ‘Wie komen er?’."),
        ("zichtbaar/", {}, "Je naam staat niet meer bij ‘Wie komen er?’."),
        ("berichten/", {"wants": ""}, "Je krijgt geen berichten meer van de organisatie."),
        ("niet-wachten/", {}, "Je wacht niet meer op die tafel."),
        ("annuleren/", {}, "Je aanmelding is geannuleerd"),
    ],
)
def test_what_was_done_is_said_first_and_has_the_focus(
    client: Client, noor: Registration, part: str, sent: dict[str, str], said: str
):
    response = client.post(page(noor, part), sent, follow=True)

    assert focused(response) == [said]
    before = words(next(parse(response).iter("main"))).partition(said)[0]
    assert before in ("", "Werken in de wijk ")  # the way back


def test_a_refusal_is_said_first_too(client: Client, noor: Registration, set_clock: Clock):
    set_clock(START + HOUR)

    response = client.post(page(noor, "annuleren/"))

    assert response.status_code == 422
    assert len(focused(response)) == 1
    assert main(response).startswith("Fout:")


def test_whoever_confirms_reads_so_and_can_bring_a_colleague(client: Client, event: Event):
    pending = make_registration(event, {1: "5a"}, confirmed=False)

    landed = client.post(page(pending, "bevestigen/"), follow=True)
    later = client.get(page(pending))

    assert focused(landed) == ["Noor, je plek staat vast"]
    assert "Neem een collega mee" in main(landed)
    (address,) = [
        one.get("value") for one in parse(landed).iter("input") if one.get("id") == "adres"
    ]
    assert address == "http://testserver/wijk/"
    assert (focused(later), "Neem een collega mee" in main(later)) == ([], False)


def test_whoever_confirms_for_the_list_reads_so(client: Client, event: Event, noor: Registration):
    fill(event)
    pending = make_registration(event, {1: "5a"}, waiting_too=True, confirmed=False)

    landed = client.post(page(pending, "bevestigen/"), follow=True)

    assert focused(landed) == ["Noor, je staat op de wachtlijst"]
    assert "Neem een collega mee" not in main(landed)


# Requests of those who wait


@pytest.fixture
def waiter(event: Event, noor: Registration) -> Registration:
    """The first of two on the list; she asked for 5a and 6, and to wait for 2a."""
    fill(event)
    first = make_registration(event, {1: "5a", 2: "6"}, waitlists={1: ["2a"]}, waiting_too=True)
    make_registration(event, waiting_too=True, at=NOW + HOUR)
    return first


def test_waiting_people_change_what_they_ask_for(client: Client, waiter: Registration):
    shown = client.get(page(waiter, "tafels/"))
    form = shown.context["form"]
    assert (form["round_1"].value(), form["round_2"].value()) == ("5a", "6")
    assert page(waiter, "tafels/") in client.get(page(waiter)).content.decode()

    response = client.post(page(waiter, "tafels/"), {"round_1": "2a", "round_2": ""}, follow=True)

    assert focused(response) == ["We hebben opgeslagen welke tafels je wilt."]
    entries = waiter.waitlist_entries.requests().select_related("session")
    assert [(entry.session.code, entry.asked) for entry in entries] == [("2a", True)]
    waiter.refresh_from_db()
    assert (waiter.status, place_of(waiter)) == ("waiting", (1, 2))


def test_a_full_table_may_be_asked_for_and_one_twice_may_not(client: Client, event, waiter):
    event.slots.filter(session__code="2a").update(seats=0)

    assert (
        client.post(page(waiter, "tafels/"), {"round_1": "2a", "round_2": "6"}).status_code == 303
    )
    wrong = client.post(page(waiter, "tafels/"), {"round_1": "6", "round_2": "6"})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (422, ["round_1"])


def test_once_the_list_is_closed_nothing_can_be_asked(
    client: Client, event: Event, waiter: Registration, set_clock: Clock
):
    set_clock(event.waiting_closes)

    assert client.get(page(waiter, "tafels/")).status_code == 303
    refused = client.post(page(waiter, "tafels/"), {"round_1": "2a", "round_2": ""})

    assert (refused.status_code, len(focused(refused))) == (422, 1)
    assert "De wachtlijst is gesloten. Je kunt niet meer om andere tafels vragen." in main(refused)
    assert waiter.waitlist_entries.count() == 3
    assert page(waiter, "tafels/") not in client.get(page(waiter)).content.decode()


# Cancelling and erasing


@pytest.mark.parametrize("part", ["annuleren/", "wissen/"])
def test_the_way_out_that_loses_nothing_is_the_strong_one(
    client: Client, noor: Registration, part: str
):
    form = next(next(parse(client.get(page(noor, part))).iter("main")).iter("form"))
    strong, quiet = [one for one in form if "button" in (one.get("class") or "").split()]

    assert (strong.tag, strong.get("href"), strong.get("class")) == ("a", page(noor), "button")
    assert (quiet.tag, quiet.get("class")) == ("button", "button quiet")


def test_cancelling_answers_those_who_would_send_a_colleague(
    client: Client, event: Event, noor: Registration
):
    def told(part: str) -> str:
        return main(client.get(page(noor, part))).partition("Wil je een collega sturen? ")[2]

    assert told("annuleren/").startswith(
        "Je collega meldt zich zelf aan. Er zijn nu 11 plekken vrij."
    )
    fill(event)
    full = "Je collega meldt zich zelf aan. Alle plekken zijn nu bezet. Annuleer je, dan komt"
    assert told("annuleren/").startswith(full)
    waiters = [make_registration(event, waiting_too=True) for _one in range(3)]
    assert told("annuleren/").startswith(
        "Je collega meldt zich zelf aan. Er wachten 3 mensen op een plek."
    )

    noor = waiters[0]  # she is none of those before her colleague
    assert told("annuleren/").startswith(
        "Je collega meldt zich zelf aan. Er wachten 2 mensen op een plek."
    )
    client.post(page(noor, "annuleren/"))
    assert told("").startswith("Je collega meldt zich zelf aan. Er wachten 2 mensen op een plek.")
    assert 'href="/wijk/aanmelden/"' in client.get(page(noor)).content.decode()


def test_nobody_is_sent_to_a_form_that_is_closed(client: Client, event: Event, noor: Registration):
    Event.objects.filter(pk=event.pk).update(signup_closes_at=NOW)

    assert "collega" not in main(client.get(page(noor, "annuleren/")))
