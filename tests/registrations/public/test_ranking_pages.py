"""Tables are ranked until a day, and then drawn: what people see and send before that (rule 16)."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from program.models import Event, Slot
from registrations.booking import changing, drawing, signup
from registrations.drawing.lot import seed_hash
from registrations.mail import letters, mails, strangers
from registrations.mail.envelope import NotWanted
from registrations.mailing import mailings
from registrations.mailing.audience import REGISTERED
from registrations.models import Registration, StoredMail
from registrations.organising import by_hand
from registrations.public import try_out
from registrations.queries import rankings
from registrations.queries.rankings import Ranked
from registrations.queries.tokens import host_token_of, token_of
from tests.factories import make_event, make_host, make_person, make_slot
from tests.mailed import words_of

pytestmark = pytest.mark.django_db
FORM = "/wijk/aanmelden/"
QUEUE = re.compile(r"wachtlijst|in de rij|waiting list|queue|bent nummer \d\b|re number \d\b")
TYPED = {
    "first_name": "Noor",
    "last_name": "van der Meulen",
    "email": "noor@haarlem.example",
    "role": "raadslid",
    "agree": "on",
}


@pytest.fixture
def event() -> Event:
    now = timezone.now().replace(minute=0)
    event = make_event(
        slug="wijk",
        starts_at=now + timedelta(days=14),
        capacity=10,
        wishes_close_at=now + timedelta(days=7),
        wishes_a_round=3,
    )
    for code, number in (("1a", 1), ("2a", 1), ("3a", 1), ("4a", 1), ("1a", 2), ("2b", 2)):
        make_slot(event, code, number, seats=4)
    return event


def words(page: str) -> str:
    return " ".join(page.split())


def without_promise(text: str) -> str:
    """Without what says that there will be a waiting list after the draw."""
    told = ("Anders kom je op de wachtlijst", "De anderen komen op de wachtlijst")
    for each in (*told, "op de wachtlijst, in de volgorde van de loting"):
        text = text.replace(each, "")
    for each in ("The others join the waiting list", "on the waiting list, in the order"):
        text = text.replace(each, "")
    return text


def numbers_in(page: str) -> dict[str, str]:
    """What is chosen in the lists of a page, by their names."""
    lists = re.findall(r'<select name="(rank_\w+)"(.*?)</select>', page)
    chosen = ((name, re.search(r'value="(\d+)" selected', within)) for name, within in lists)
    return {name: found[1] for name, found in chosen if found}


def post(data: dict[str, str], path: str = FORM) -> Any:
    return Client().post(path, TYPED | data)


def ranked(registration: Registration | None = None) -> Ranked:
    return rankings.of_person(registration or Registration.objects.latest("pk")).ranked


def take_part(
    event: Event, wishes: Ranked, email: str = "", *, at: datetime | None = None
) -> Registration:
    at = at or earlier()
    person = signup.sign_up(event, make_person(email), {}, ranked=wishes, at=at)
    return signup.confirm(person, at=at)


def earlier() -> datetime:
    """Well before choosing closes, in whichever way a test closes it."""
    return timezone.now() - timedelta(minutes=30)


def link(registration: Registration, part: str = "") -> str:
    return f"/aanmelding/{token_of(registration)}/{part}"


def gap(event: Event) -> None:
    """Choosing has closed, and the worker has not drawn yet."""
    Event.objects.filter(pk=event.pk).update(wishes_close_at=timezone.now() - timedelta(minutes=1))
    event.refresh_from_db()


def draw(event: Event) -> None:
    gap(event)
    drawing.draw_event(event.pk, at=timezone.now(), limit=5)
    event.refresh_from_db()


# The form


def test_each_table_has_a_number_and_no_table_is_one_of_them(event: Event):
    page = words(Client().get(FORM).text)
    for name in ("rank_1_1a", "rank_1_4a", "rank_1", "rank_2_1a", "rank_2_2b", "rank_2"):
        assert f'<select name="{name}"' in page
    assert 'name="round_1"' not in page
    assert 'name="wish_1"' not in page
    assert page.count('<option value="3" >3</option>') == 8
    assert '<option value="4"' not in page
    assert "Je krijgt elke sessie hoogstens één keer" in page
    assert "dan vullen we je lijst aan met tafels waar plek is" in page


def test_the_order_of_the_numbers_counts_gaps_or_not(event: Event):
    numbers = {
        "rank_1_3a": "9",
        "rank_1_1a": "10",
        "rank_1_2a": "",
        "rank_2_2b": "1",
        "rank_2": "3",
    }
    assert post(numbers).status_code == 303
    assert ranked() == {1: ["3a", "1a"], 2: ["2b", ""]}
    assert Registration.objects.get().holds_place is False


def test_a_round_may_be_left_empty(event: Event):
    assert post({"rank_1_3a": ""}).status_code == 303
    assert ranked() == {}


def test_a_program_that_names_one_table_ranks_that_one(event: Event):
    assert post({"round_1": "2a", "round_2": ""}).status_code == 303
    assert ranked() == {1: ["2a"], 2: [""]}


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (
            {"rank_1_1a": "2", "rank_1_3a": "2"},
            "In ronde 1 hebben ‘Gesprek 1a’ en ‘Gesprek 3a’ allebei nummer 2.",
        ),
        (
            {"rank_2": "1", "rank_2_2b": "2"},
            "In ronde 2 staat ‘Gesprek 2b’ na ‘liever geen tafel’.",
        ),
        (
            {"rank_2": "1", "rank_2_2b": "1"},
            "In ronde 2 hebben ‘Gesprek 2b’ en ‘liever geen tafel’ allebei nummer 1.",
        ),
        ({"rank_1_1a": "eerste"}, "Nummer de tafels die je in ronde 1 wilt"),
        ({"rank_1_1a": "0"}, "Nummer de tafels die je in ronde 1 wilt"),
        ({"rank_1_1a": "²"}, "Nummer de tafels die je in ronde 1 wilt"),
        ({"rank_2_3a": "1"}, "Sessie 3a is in ronde 1. Kies een andere voor ronde 2."),
        ({"rank_1_9z": "1"}, "Kies voor ronde 1 tafels uit de lijst."),
        (
            {"rank_1_1a": "1", "rank_1_2a": "2", "rank_1_3a": "3", "rank_1_4a": "4"},
            "Maak in ronde 1 hoogstens 3 keuzes.",
        ),
    ],
)
def test_what_cannot_be_is_said_at_its_round_with_all_else_that_is_wrong(
    event: Event, numbers: dict[str, str], said: str
):
    answer = post({**numbers, "last_name": ""})
    page = words(answer.text)
    assert answer.status_code == 422
    assert said in page.replace("&#x27;", "'")
    assert "Vul je achternaam in." in page
    assert 'value="noor@haarlem.example"' in page
    assert not Registration.objects.exists()

    assert post(numbers).status_code == 422
    assert not Registration.objects.exists()


def test_the_link_of_an_error_leads_to_a_table_of_its_round(event: Event):
    page = post({"rank_2": "1", "rank_2_2b": "2"}).text
    assert 'href="#id_round_2_1"' in page
    assert re.search(r'<select\s+name="rank_2_2b"\s+id="id_round_2_1"', page)


def test_every_number_is_still_there_after_an_error(event: Event):
    page = words(post({"rank_1_3a": "1", "rank_1_1a": "3", "rank_2": "2", "agree": ""}).text)
    assert numbers_in(page) == {"rank_1_1a": "3", "rank_1_3a": "1", "rank_2": "2"}


def test_a_table_that_dropped_out_is_refused_by_its_name(event: Event):
    Slot.objects.filter(session__code="3a").update(dropped_at=timezone.now())
    assert 'name="rank_1_3a"' not in Client().get(FORM).text
    answer = post({"rank_1_3a": "1"})
    assert answer.status_code == 422
    assert "Sessie 3a, ‘Gesprek 3a’, gaat toch niet door" in words(answer.text)


def test_a_session_page_leads_to_the_form_with_its_table_first(event: Event):
    assert f'href="{FORM}?tafel=2b#tafel-2b"' in Client().get("/wijk/tafelsessie/2b/").text
    page = words(Client().get(f"{FORM}?tafel=2b").text)
    assert numbers_in(page) == {"rank_2_2b": "1"}


def test_a_form_sent_twice_is_one_sign_up_and_another_order_is_another(event: Event):
    first, second = {"rank_1_1a": "1", "rank_1_2a": "2"}, {"rank_1_1a": "2", "rank_1_2a": "1"}
    post(first), post(first)
    assert Registration.objects.count() == 1
    post(second)
    assert Registration.objects.count() == 2
    assert ranked() == {1: ["2a", "1a"]}


def test_while_it_is_drawn_the_form_says_so_and_keeps_what_was_typed(event: Event):
    gap(event)
    page = words(Client().get(FORM).text)
    assert "De tafels worden nu verloot." in page
    assert "<select" not in page

    answer = post({"rank_1_3a": "1"})
    assert answer.status_code == 422
    assert "De tafels worden nu verloot." in words(answer.text)
    assert 'value="noor@haarlem.example"' in answer.text


def test_a_form_of_before_the_draw_says_that_there_is_what_is_left(event: Event):
    take_part(event, {1: ["1a"]})
    draw(event)
    answer = post({"rank_1_3a": "1"})
    page = words(answer.text)
    assert answer.status_code == 422
    assert "Sinds je deze pagina opende, zijn de tafels verloot." in page
    assert 'name="round_1"' in page
    assert 'value="noor@haarlem.example"' in page
    assert post({"round_1": "3a", "round_2": ""}).status_code == 303


# Before the draw nobody is earlier than anybody else


def test_no_page_shows_places_as_free_or_a_queue_or_how_many_take_part(event: Event):
    for number in range(7):
        take_part(event, {1: ["1a"]}, f"n{number}@haarlem.example")
    assert event.registrations.waiting().count() == 7
    for prefix in ("", "/en"):
        for path in ("/wijk/", FORM, "/wijk/tafelsessie/1a/", f"{FORM}controleer-je-mail/"):
            page = Client().get(prefix + path).text
            page = words(
                re.sub(r"<script type=.application.*?</script>|<svg.*?</svg>", "", page, flags=re.S)
            )
            page = without_promise(page)
            assert not QUEUE.search(page), (path, QUEUE.search(page))
            assert not re.search(r"\d+ (plek|plekken|places?|seats?) (vrij|free|left)", page), path
            assert "haarlem.example" not in page
            assert not re.search(r"\b7 (mensen|people)", page), path


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        (
            "",
            [
                *("Zet de tafels op volgorde", "Zo werkt de loting", "10</b>", "te verloten"),
                "dan loten we ook wie er kan komen",
                "Wie weet aan welke tafels je zat, kan vaak nagaan welke van jou zijn.",
            ],
        ),
        (
            "/en",
            [
                *("Put the tables in order", "How the draw works", "10</b>", "in the draw"),
                "the draw also decides who can come",
                "Whoever knows at which tables you sat can often tell which are yours.",
            ],
        ),
    ],
)
def test_the_event_says_how_it_goes_and_how_to_check_it(event: Event, prefix: str, said: list[str]):
    page = words(Client().get(f"{prefix}/wijk/").text)
    for each in said:
        assert each in page
    assert seed_hash(event.draw_seed) in page
    assert event.draw_seed not in page
    assert '<form method="get"' not in page, "there is nothing to choose on this page"
    draw(event)
    assert event.draw_seed in words(Client().get(f"{prefix}/wijk/").text)


def test_the_event_says_what_is_left_while_and_after_it_is_drawn(event: Event):
    for name in ("els", "noor"):
        take_part(event, {1: ["3a"]}, f"{name}@haarlem.example")
    gap(event)
    page = words(Client().get("/wijk/").text)
    assert "kon je de tafels op volgorde zetten. Ze worden nu verloot" in page
    assert "zet je de tafels" not in page
    draw(event)
    assert "zijn nu voor wie het eerst komt" in words(Client().get("/wijk/").text)
    Event.objects.update(capacity=2)
    Event.objects.get().bump()
    page = words(Client().get("/wijk/").text)
    assert "zijn nu voor wie het eerst komt" not in page
    assert "dan gaat die naar de eerste op de wachtlijst" in page


def test_the_form_says_who_may_know_and_what_a_full_list_means(event: Event):
    page = words(Client().get(FORM).text)
    assert "Na de loting kan iedereen alle wensen zien, zonder namen." in page
    assert "kan vaak nagaan welke van jou zijn" in page
    assert "Kies je er 3, dan krijg je een van die 3, of geen tafel." in page
    Event.objects.update(wishes_a_round=1)
    Event.objects.get().bump_programme()
    page = words(Client().get(FORM).text)
    assert "Kies je er geen, dan krijg je een tafel waar plek is." in page
    assert "op volgorde</h2>" not in page
    assert "vullen we je lijst aan" not in page


def test_after_the_draw_the_event_says_who_gets_what_is_left(event: Event):
    Event.objects.update(capacity=2)
    first = "Plekken en tafels die over zijn, zijn nu voor wie het eerst komt."
    waiting = "Komt er een plek vrij, dan gaat die naar de eerste op de wachtlijst."
    mine = take_part(event, {1: ["1a"]})
    draw(event)
    page = words(Client().get("/wijk/").text)
    assert first in page
    assert waiting not in page

    late = signup.sign_up(event, make_person("els@haarlem.example"), {}, at=timezone.now())
    signup.confirm(late, at=timezone.now())
    event.refresh_from_db()
    page = words(Client().get("/wijk/").text)
    assert first not in page
    assert waiting in page
    assert mine


def test_the_list_of_events_says_until_when(event: Event):
    make_event(slug="ander", starts_at=event.starts_at)
    assert "Wensen tot" in words(Client().get("/").text)
    gap(event)
    assert "Wordt nu verloot" in words(Client().get("/").text)


def test_what_other_programs_read_promises_no_place(event: Event):
    def event_ld() -> Any:
        page = Client().get("/wijk/").text
        found = re.search(r'application/ld\+json">(.*?)</script>', page, re.S)
        assert found
        return json.loads(found[1])

    told = event_ld()
    assert "remainingAttendeeCapacity" not in json.dumps(told)
    assert "availability" not in told["offers"]
    data = Client().get("/wijk/programma.json").json()
    assert data["format"]["version"] == "1.1"
    closes = timezone.localtime(event.wishes_close_at).isoformat()
    assert data["event"]["wishes_close_at"] == closes
    assert data["event"]["wishes_a_round"] == 3
    assert data["event"]["drawn_at"] is None

    draw(event)
    assert event_ld()["remainingAttendeeCapacity"] == 10
    assert event_ld()["offers"]["availability"].endswith("InStock")
    assert Client().get("/wijk/programma.json").json()["event"]["drawn_at"]


# The link


def test_the_page_of_the_link_asks_to_confirm_before_the_choices_close(event: Event):
    person = signup.sign_up(event, make_person(), {}, ranked={1: ["3a", "1a"]}, at=earlier())
    page = words(Client().get(link(person)).text)
    assert "Dan doe je mee aan de loting, met de wensen die je hebt gekozen." in page
    assert page.index("Gesprek 3a") < page.index("Gesprek 1a")
    assert not QUEUE.search(page)

    gap(event)
    page = words(Client().get(link(person)).text)
    assert "Als je bevestigt, kom je na de loting aan de beurt." in page
    assert not QUEUE.search(without_promise(page))

    draw(event)
    page = words(Client().get(link(person)).text)
    assert "De loting is geweest. Bevestig nu" in page
    assert "Gesprek 3a" in page
    assert "Je naam staat op de lijst bij de deur." in page


def test_the_page_of_the_link_promises_no_day_once_the_draw_gave_all_places_away(event: Event):
    Event.objects.update(capacity=1)
    late = signup.sign_up(event, make_person(), {}, ranked={1: ["3a"]}, at=earlier())
    take_part(event, {1: ["1a"]}, "els@haarlem.example")
    draw(event)
    page = words(Client().get(link(late)).text)
    assert "Als je bevestigt, kom je op de wachtlijst." in page
    assert "Bevestig: zet mij op de wachtlijst" in page
    assert "Tot die tijd houden we niets voor je vast." in page
    assert "de lijst bij de deur" not in page
    assert "een bestand voor je agenda" not in page


def test_the_inbox_page_says_until_when(event: Event):
    client = Client()
    client.post(FORM, TYPED | {"rank_1_1a": "1"})
    for browser in (client, Client()):
        page = words(browser.get(f"{FORM}controleer-je-mail/").text)
        assert "tellen je wensen mee in de loting" in page
        assert not QUEUE.search(page)
    gap(event)
    for browser in (client, Client()):
        page = words(browser.get(f"{FORM}controleer-je-mail/").text)
        assert "Wensen opgeven kan niet meer: de tafels worden nu verloot." in page
        assert "kom je na de loting aan de beurt" in page


def test_my_page_shows_my_list_my_number_and_the_check_number(event: Event):
    mine = take_part(event, {1: ["3a", "1a"], 2: [""]})
    page = words(Client().get(link(mine)).text)
    assert "je doet mee aan de loting" in page
    assert page.index("Gesprek 3a") < page.index("Gesprek 1a")
    assert "Liever geen tafel" in page
    assert str(mine.draw_number) in page
    assert seed_hash(event.draw_seed) in page
    assert event.draw_seed not in page
    assert f'href="{link(mine, "tafels/")}"' in page
    assert "Niets gekozen: een tafel waar plek is" not in page

    gap(event)
    page = words(Client().get(link(mine)).text)
    assert (
        "De tafels worden nu verloot. Over een paar minuten krijg je een mail met de uitslag."
        in page
    )
    assert f'href="{link(mine, "tafels/")}"' not in page


def test_who_confirms_too_late_is_told_that_the_draw_comes_first(event: Event):
    at = earlier()
    others = [take_part(event, {1: ["1a"]}, f"n{number}@haarlem.example") for number in range(3)]
    late = signup.sign_up(event, make_person("els@haarlem.example"), {}, ranked={1: ["3a"]}, at=at)
    gap(event)
    late = signup.confirm(late, at=timezone.now())
    page = words(Client().get(link(late)).text)
    assert others
    assert "eerst is er de loting" in page
    assert "Is er daarna nog plek, dan krijg je die." in page
    assert "in elke ronde de eerste tafel van je lijst die nog vrij is" in page
    assert "Geen tafel gekozen" in page, "nobody fills in the second round any more"
    assert "waar plek is" not in page
    assert "meer kans voor een ander" not in page
    assert not QUEUE.search(without_promise(page))
    said = words_of(StoredMail.objects.get(kind="waiting"))
    assert said.subject.startswith("Je komt na de loting aan de beurt")
    assert "Je krijgt een mail zodra we het weten." in words(said.text)
    assert "Laat het dan weten." in words(said.text)
    assert "waar plek is" not in said.text
    assert not QUEUE.search(without_promise(words(said.text)))


def test_the_list_can_be_changed_until_choosing_closes(event: Event):
    mine = take_part(event, {1: ["3a", "1a"], 2: ["2b", ""]})
    form = words(Client().get(link(mine, "tafels/")).text)
    assert numbers_in(form) == {"rank_1_3a": "1", "rank_1_1a": "2", "rank_2_2b": "1", "rank_2": "2"}
    assert not QUEUE.search(form)

    wrong = Client().post(link(mine, "tafels/"), {"rank_1_3a": "1", "rank_1_1a": "1"})
    assert wrong.status_code == 422
    assert "allebei nummer 1" in words(wrong.text)
    answer = Client().post(link(mine, "tafels/"), {"rank_1_4a": "2", "rank_1_1a": "1"}, follow=True)
    assert ranked(mine) == {1: ["1a", "4a"]}
    page = words(answer.content.decode())
    assert "Je wensen zijn opgeslagen." in page
    assert "We mailen je je nieuwe lijst." in page
    assert "plek in de rij" not in page
    mail = words_of(StoredMail.objects.filter(kind="ranked").latest("pk"))
    assert mail.subject.startswith("Je wensen zijn gewijzigd")
    assert "Je wensen zijn gewijzigd" in mail.html

    again = {"rank_1_4a": "2", "rank_1_1a": "1"}
    page = words(Client().post(link(mine, "tafels/"), again, follow=True).content.decode())
    assert "Je wensen zijn opgeslagen." in page
    assert "Deze lijst hadden we al." in page
    assert "mailen we" not in page, "nothing changed, so nothing is mailed"
    assert StoredMail.objects.filter(kind="ranked").count() == 2

    gap(event)
    assert Client().get(link(mine, "tafels/")).status_code == 303
    refused = Client().post(link(mine, "tafels/"), {"rank_1_3a": "1"})
    assert refused.status_code == 422
    assert "De tafels worden nu verloot." in words(refused.text)
    assert ranked(mine) == {1: ["1a", "4a"]}


def test_cancelling_speaks_of_the_draw(event: Event):
    mine = take_part(event, {1: ["3a"]})
    page = words(Client().get(link(mine, "annuleren/")).text)
    assert "Je doet dan niet meer mee aan de loting." in page
    assert not QUEUE.search(page)
    page = words(Client().post(link(mine, "annuleren/"), follow=True).content.decode())
    assert "Je bent niet meer aangemeld." in page
    assert not QUEUE.search(page)
    said = words_of(StoredMail.objects.get(kind="cancelled"))
    assert "Je doet niet meer mee aan de loting" in words(said.text)
    assert not QUEUE.search(said.text)


def test_while_it_is_drawn_nobody_is_told_that_they_can_sign_up_again(event: Event):
    mine = take_part(event, {1: ["3a"]})
    again = ("opnieuw aanmelden", "meldt zich zelf aan")
    page = words(Client().get(link(mine, "annuleren/")).text)
    assert all(each in page for each in again)
    english = words(Client().get("/en" + link(mine, "annuleren/")).text)
    assert "you can’t pass on your choices" in english
    assert "pass on your place" not in english, "nobody has one yet"
    gap(event)
    page = words(Client().get(link(mine, "annuleren/")).text)
    assert "Je doet dan niet meer mee aan de loting." in page
    assert not any(each in page for each in again)
    page = words(Client().post(link(mine, "annuleren/"), follow=True).content.decode())
    assert "Je bent niet meer aangemeld." in page
    assert not any(each in page.lower() for each in again)


def test_erasing_says_what_goes_and_what_stays_in_the_result(event: Event):
    """The result is for everybody to check, so it keeps what each number chose and got."""
    Event.objects.update(capacity=1)
    two = [take_part(event, {1: ["3a"]}, f"{name}@haarlem.example") for name in ("els", "noor")]
    page = words(Client().get(link(two[0], "wissen/")).text)
    assert "Je doet dan niet meer mee aan de loting." in page
    assert "We bewaren alleen een telling" in page
    draw(event)
    for mine in two:
        mine.refresh_from_db()
        page = words(Client().get(link(mine, "wissen/")).text)
        if mine.is_confirmed:
            assert "Je plek en je tafels komen vrij." in page
        else:
            assert "Je staat dan niet meer op de wachtlijst." in page
        stays = f"staat erin wat nummer {mine.draw_number} wilde en kreeg, zonder je naam"
        assert stays in page
        assert "Daarna bewaren we alleen een telling" in page
    Client().post(link(two[0], "annuleren/"))
    page = words(Client().get(link(two[0], "wissen/")).text)
    assert f"wat nummer {two[0].draw_number} wilde" in page


def test_whom_the_draw_left_without_a_place_sees_and_changes_their_list(event: Event):
    Event.objects.update(capacity=1)
    two = [
        take_part(event, {1: ["3a", "1a"], 2: ["2b"]}, f"{name}@haarlem.example")
        for name in ("els", "noor")
    ]
    draw(event)
    mine = next(one for one in two if Registration.objects.get(pk=one.pk).is_waiting)
    page = words(Client().get(link(mine)).text)
    assert "op de wachtlijst" in page
    assert page.index("Gesprek 3a") < page.index("Gesprek 1a")
    form = words(Client().get(link(mine, "tafels/")).text)
    assert '<select name="rank_1_3a"' in form
    assert 'name="rank_1"' not in form, "no table is no choice any more"
    Client().post(link(mine, "tafels/"), {"rank_1_4a": "1", "rank_1_1a": "2"})
    assert ranked(mine) == {1: ["4a", "1a"]}


def lost(event: Event, wishes: Ranked) -> Registration:
    """Somebody whom a draw with one place left without it, of two with these choices."""
    Event.objects.update(capacity=1)
    for name in ("els", "noor"):
        take_part(event, wishes, f"{name}@haarlem.example")
    draw(event)
    return event.registrations.waiting().get()


def test_whom_the_draw_left_without_a_place_sees_how_it_was_drawn(event: Event):
    mine = lost(event, {1: ["3a", "1a"], 2: ["2b"]})
    page = words(Client().get(link(mine)).text)
    assert "Zo viel de loting voor je uit" in page
    assert str(mine.draw_number) in page
    assert "plaats 2 van 2: dat is je lot" in page
    assert "/wijk/uitslag.json" in page
    assert "geen tafel, want je had nog geen plek" in page
    assert "alleen tweede keuzes" not in page
    assert "De organisatoren konden ze wel zien." in page
    assert "kan vaak nagaan welk nummer van jou is" in page
    assert "Jouw dag kostte" not in page
    assert "koos je niets" not in page, "every round has a choice"

    came = event.registrations.confirmed().get()
    page = words(Client().get(link(came)).text)
    assert "Jouw dag kostte 0 punten. Dat gold voor iedereen." in page


def test_a_drawn_table_leads_to_how_it_was_drawn(event: Event):
    mine = take_part(event, {1: ["3a"]})
    draw(event)
    page = words(Client().get(link(mine)).text)
    assert '<h2 id="receipt">' in page
    assert "Je kreeg deze tafel bij de loting" in page.partition('href="#receipt"')[0]
    mine.event.draw.delete()
    assert "#receipt" not in Client().get(link(mine)).text, "once it is forgotten"


def test_whoever_cancels_after_the_draw_still_sees_how_it_was_drawn(event: Event):
    mine, other = (
        take_part(event, {1: ["3a"]}, f"{name}@haarlem.example") for name in ("els", "noor")
    )
    changing.cancel(other, at=timezone.now())
    draw(event)
    changing.cancel(mine, at=timezone.now())
    page = words(Client().get(link(mine)).text)
    assert "Je aanmelding is geannuleerd" in page
    assert "Zo viel de loting voor je uit" in page
    assert str(mine.draw_number) in page
    assert "/wijk/uitslag.json" in page
    before = words(Client().get(link(other)).text)
    assert "Zo viel de loting" not in before, "the draw had nothing of theirs"

    address = link(mine)
    Client().post(link(mine, "wissen/"))
    assert "Zo viel de loting" not in Client().get(address).text


@pytest.mark.parametrize(
    ("prefix", "language", "said"),
    [
        ("", "nl", "In ronde 2 koos je niets. Kies nu, anders"),
        ("/en", "en", "You chose nothing in round 2. Choose now, or"),
    ],
)
def test_whoever_waits_after_the_draw_is_told_to_choose_in_open_rounds(
    event: Event, prefix: str, language: str, said: str
):
    mine = lost(event, {1: ["3a", ""]})
    Registration.objects.update(language=language)
    StoredMail.objects.update(language=language)
    mine.refresh_from_db()
    mails.store(mine, StoredMail.Kind.WAITING, at=timezone.now())
    for kind in ("drawn", "waiting"):
        mail = words_of(StoredMail.objects.filter(registration=mine, kind=kind).latest("pk"))
        assert said in words(mail.text), kind
        assert said in words(mail.html), kind
        assert "/tafels/" in mail.text, kind
        assert "Gesprek 3a" in mail.text, kind
    assert said in words(Client().get(prefix + link(mine)).text)

    # Nothing can be chosen any more once the lists have closed.
    Event.objects.update(waiting_closes_at=timezone.now())
    StoredMail.objects.update(send_after=timezone.now())
    assert said not in words(Client().get(prefix + link(mine)).text)
    drawn = words_of(StoredMail.objects.get(registration=mine, kind="drawn"))
    assert said not in words(drawn.text)


def test_more_open_rounds_are_named_together(event: Event):
    mine = lost(event, {})
    assert "In ronde 1 en 2 koos je niets." in words(Client().get(link(mine)).text)
    came = event.registrations.confirmed().get()
    mail = words_of(StoredMail.objects.get(registration=came, kind="drawn"))
    assert "koos je niets" not in mail.text
    assert "je liet het open: een tafel waar plek was" in words(mail.text)


def test_a_queue_after_a_draw_goes_by_lot(event: Event):
    mine = lost(event, {1: ["3a"]})
    came = event.registrations.confirmed().get()
    mails.store(mine, StoredMail.Kind.WAITING, at=timezone.now())
    said = [words(Client().get(link(mine)).text), words(Client().get(link(came)).text)]
    said.append(words(Client().get(link(came, "annuleren/")).text))
    said.append(words(words_of(StoredMail.objects.get(kind="waiting")).text))
    newcomer = words(Client().get(FORM).text)
    assert "eerst naar wie meedeed aan de loting" in newcomer
    assert "op volgorde van het lot" in said[0]
    assert all("volgens het lot aan de beurt" in page for page in said[1:3])
    assert "op volgorde van het lot" in said[3]

    changing.cancel(came, at=timezone.now())
    mail = words(words_of(StoredMail.objects.get(kind="promoted")).text)
    assert "en die is voor jou." in mail
    assert "volgens het lot aan de beurt" in mail
    assert not any("wachtte sinds" in text or "naar wie het langst" in text for text in said)
    assert "wachtte sinds" not in mail


def test_who_joined_after_the_draw_is_told_since_when_they_waited(event: Event):
    Event.objects.update(capacity=1)
    first = take_part(event, {1: ["3a"]})
    draw(event)
    person, at = make_person("els@haarlem.example"), timezone.now()
    late = signup.sign_up(event, person, {1: "3a"}, waiting_too=True, at=at)
    signup.confirm(late, at=at)
    changing.cancel(first, at=at)
    assert "Je wachtte sinds" in words_of(StoredMail.objects.get(kind="promoted")).text


def test_who_confirms_after_a_draw_that_is_full_reads_of_the_list(event: Event):
    late = signup.sign_up(
        event, make_person("els@haarlem.example"), {}, ranked={1: ["3a"]}, at=earlier()
    )
    Event.objects.update(capacity=1)
    take_part(event, {1: ["3a"]})
    draw(event)
    page = words(Client().get(link(late)).text)
    assert "Als je bevestigt, kom je op de wachtlijst." in page
    assert "op volgorde van het lot" in page
    assert "een bestand voor je agenda" not in page


def test_a_short_list_says_what_comes_after_it(event: Event):
    mine = take_part(event, {1: ["3a", "1a"], 2: ["2b", ""]})
    page = words(Client().get(link(mine)).text)
    after = "Daarna: een tafel waar plek is"
    assert page.count(after) == 1
    said = words_of(StoredMail.objects.get(kind="ranked"))
    assert f"\n{after}\n" in said.text, "without a number: it is no choice of hers"
    for html in (page, words(said.html)):
        assert "</ol>" in html.partition(after)[0].rpartition("Gesprek 1a")[2]
    assert "2. Liever geen tafel" in said.text
    changing.rank(mine, {1: ["3a", "1a", "2a"], 2: ["1a", "2b"]}, at=timezone.now())
    page = words(Client().get(link(mine)).text)
    assert "Daarna: een tafel waar plek is" not in page, "full lists, of all tables that there are"


def test_what_is_kept_speaks_of_a_draw_and_of_its_choices(event: Event):
    mine = take_part(event, {1: ["3a", "1a"], 2: ["2b", ""]})
    page = words(Client().get(link(mine, "gegevens.txt")).text)
    assert "Nu: doet mee aan de loting" in page
    assert "Doet mee aan de loting, door jou" in page
    assert "draw" not in page
    assert "Tafels waarop je wacht" not in page
    assert not QUEUE.search(page)
    draws = page.partition("De loting ------")[2].partition("----")[0]
    assert draws.index("Je wensen in ronde 1") < draws.index("Gesprek 3a")
    assert draws.index("Gesprek 3a") < draws.index("Gesprek 1a") < draws.index("Gesprek 2b")
    assert "Liever geen tafel dan een andere." in draws

    draw(event)
    line = mine.changes.get(what="drawn")
    line.new |= {"place": True}
    line.save()
    page = words(Client().get(link(mine, "gegevens.txt")).text)
    assert "Er is geloot, en je kreeg een plek, door de site" in page
    assert "place" not in page


def test_what_is_kept_of_an_unconfirmed_sign_up_speaks_of_no_held_place(event: Event):
    late = signup.sign_up(event, make_person(), {}, ranked={1: ["3a"]}, at=earlier())
    page = words(Client().get(link(late, "gegevens.txt")).text)
    assert "Te bevestigen vóór: " in page
    assert "vastgehouden" not in page
    assert "To be confirmed before: " in words(
        Client().get("/en" + link(late, "gegevens.txt")).text
    )


def test_who_joins_the_list_after_the_draw_asks_for_one_table_a_round(event: Event):
    Event.objects.update(capacity=1)
    take_part(event, {1: ["3a"]})
    draw(event)
    typed = {"round_1": "1a", "round_2": "", "waiting": "1", "email": "els@haarlem.example"}
    assert post(typed).status_code == 303
    late = signup.confirm(Registration.objects.latest("pk"), at=timezone.now())
    assert late.is_waiting
    assert 'name="round_1"' in Client().get(link(late, "tafels/")).text
    assert "Gesprek 1a" in Client().get(link(late)).text


# What it costs, and what it tells


def test_pages_cost_the_same_however_many_take_part(event: Event):
    mine = take_part(event, {1: ["3a", "1a"], 2: ["2b"]})

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert Client().get(path).status_code == 200
        return len(queries)

    paths = ("/wijk/", FORM, "/wijk/tafelsessie/1a/", link(mine), link(mine, "tafels/"))
    before = [cost(path) for path in paths]
    for number in range(6):
        take_part(event, {1: ["1a", "2a"], 2: ["1a", ""]}, f"n{number}@haarlem.example")
    changing.rank(mine, {1: ["3a", "1a", "2a"], 2: ["2b", "1a"]}, at=timezone.now())
    assert [cost(path) for path in paths] == before


def test_the_form_and_its_answer_are_the_same_for_those_who_take_part(event: Event):
    take_part(event, {1: ["3a"]}, "noor@haarlem.example")

    def seen(email: str) -> tuple[int, str]:
        client = Client()
        answer = client.post(FORM, TYPED | {"email": email, "rank_1_3a": "1"})
        inbox = client.get(f"{FORM}controleer-je-mail/").text
        return answer.status_code, words(inbox).replace(email, "…")

    assert seen("noor@haarlem.example") == seen("els@haarlem.example")


# Mail


def test_the_mail_to_confirm_says_until_when_and_what_comes_of_it_later(event: Event):
    signup.sign_up(event, make_person(), {}, ranked={1: ["3a", "1a"]}, at=earlier())
    mail = StoredMail.objects.get(kind="confirm")
    said = words(words_of(mail).text)
    assert "Alleen dan doe je mee aan de loting, met de wensen die je hebt gekozen." in said
    assert "1. sessie 3a, ‘Gesprek 3a’" in said
    assert not QUEUE.search(said)
    assert "We houden je plek" not in said
    assert event.wishes_close_at
    mail.send_after = event.wishes_close_at + timedelta(minutes=1)
    assert "kom je na de loting aan de beurt" in words(words_of(mail).text)


@pytest.mark.parametrize(
    ("language", "opening"), [("nl", "Je wensen zijn binnen"), ("en", "Your choices are in")]
)
def test_choices_are_confirmed_by_mail_with_the_list_and_the_numbers(
    event: Event, language: str, opening: str
):
    at = timezone.now()
    person = make_person(language=language)
    mine = signup.sign_up(event, person, {}, ranked={1: ["3a", "1a"], 2: [""]}, at=at)
    mine = signup.confirm(mine, at=at)
    mail = StoredMail.objects.get(kind="ranked")
    said = words_of(mail)
    assert said.subject.startswith(opening)
    for body in (said.text, said.html):
        assert body.index("Gesprek 3a") < body.index("Gesprek 1a")
        assert str(mine.draw_number) in body
        assert seed_hash(event.draw_seed) in body.replace("\n", "")
        assert event.draw_seed not in body
        assert "tafels/" in body
        assert not QUEUE.search(body)
    assert not said.calendar
    assert not said.picture


def test_it_is_no_longer_sent_once_the_draw_is_made(event: Event):
    take_part(event, {1: ["3a"]})
    mail = StoredMail.objects.get(kind="ranked")
    draw(event)
    with pytest.raises(NotWanted):
        words_of(mail)


def test_whoever_an_organiser_adds_takes_part_like_everybody(event: Event):
    who: dict[str, Any] = {"who": "o", "why": "per telefoon", "at": timezone.now()}
    by_hand.add(event, make_person(), {1: "3a"}, waiting_too=True, **who)
    said = words_of(StoredMail.objects.get(kind="added"))
    assert said.subject.startswith("Je bent aangemeld")
    assert "De tafels worden verloot." in words(said.text)
    assert not QUEUE.search(said.text)
    assert not said.picture


def test_who_is_in_the_draw_already_gets_no_word_of_a_queue(event: Event):
    mine = take_part(event, {1: ["3a"]}, "noor@haarlem.example")
    signup.sign_up(event, make_person("noor@haarlem.example"), {}, ranked={}, at=earlier())
    strangers.answer(timezone.now())
    mails.store(mine, StoredMail.Kind.LINK, at=timezone.now())
    for kind in ("already", "link"):
        said = words_of(StoredMail.objects.get(kind=kind))
        assert "wensen" in said.text
        assert not QUEUE.search(said.subject + said.text), kind


def test_a_message_to_many_names_all_that_somebody_ranked(event: Event):
    mine = take_part(event, {1: ["3a", "1a"], 2: [""]})
    words_in_it = mailings.Words("Morgen", "{tafels}")
    who: dict[str, Any] = {"who": "o", "at": timezone.now()}
    message = mailings.write(event, words_in_it, REGISTERED, **who)
    text = letters.example(event, message, mine).mail.text
    assert "Nog niet geloot. Je wensen:\nRonde 1: 1. Gesprek 3a, 2. Gesprek 1a" in text
    assert "Ronde 2: liever geen tafel" in text
    open_ = take_part(event, {1: ["3a"]}, "els@haarlem.example")
    text = letters.example(event, message, open_).mail.text
    assert "Ronde 1: Gesprek 3a\nRonde 2: waar plek is" in text

    Event.objects.update(capacity=1)
    draw(event)
    waits = event.registrations.waiting().get()
    text = letters.example(event, message, waits).mail.text
    assert "Nog geen plek. Je wensen:\nRonde 1:" in text
    assert "liever geen tafel" not in text
    assert "waar plek is" not in text, "nobody fills in their lists any more"
    came = event.registrations.confirmed().get()
    assert "Je wensen" not in letters.example(event, message, came).mail.text


# Before anybody can sign up


def test_the_form_can_be_tried_out(event: Event):
    path = try_out.address(event)
    assert '<select name="rank_1_1a"' in words(Client().get(path).text)
    wrong = post({"rank_1_1a": "1", "rank_1_2a": "1"}, path)
    assert wrong.status_code == 422
    assert "allebei nummer 1" in words(wrong.text)
    many = {
        f"rank_1_{code}": str(number) for number, code in enumerate(("1a", "2a", "3a", "4a"), 1)
    }
    assert post(many, path).status_code == 422
    assert post({"rank_1_1a": "1", "rank_1_2a": "2"}, path).status_code == 200
    assert not Registration.objects.exists()


def test_a_host_reads_when_it_is_drawn_who_comes(event: Event):
    take_part(event, {1: ["3a"]})
    page = words(Client().get(f"/gastheer/{host_token_of(make_host(event, '3a'))}/").text)
    assert "Plekken: 4. Wie hier komt, verloten we op" in page
    assert "Er komen" not in page


def test_who_was_added_before_the_draw_was_chosen_is_offered_no_other_table(event: Event):
    Event.objects.update(wishes_close_at=None)
    event.refresh_from_db()
    hand = signup.confirm(
        signup.sign_up(event, make_person(), {1: "1a"}, at=timezone.now()), at=timezone.now()
    )
    Event.objects.update(wishes_close_at=timezone.now() + timedelta(days=7))
    mine = f"/aanmelding/{token_of(hand)}/"

    page = Client().get(mine).content.decode()
    assert f"{mine}tafels/" not in page
    assert Client().get(f"{mine}tafels/").status_code == 303
    answer = Client().post(f"{mine}tafels/", {"round_1": "2a"})
    assert answer.status_code == 422
    assert "Eerst worden de tafels verloot." in words(answer.content.decode())
