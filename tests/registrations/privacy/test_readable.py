"""The page and the text file of what is kept say all that the file for programs says (rule 12)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import html5lib
import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from program.models import Event, TableSession
from registrations.booking import changing, signup
from registrations.models import DoorOp, DoorPass, HeldTap, Presence, Registration, StoredMail
from registrations.organising import corrections
from registrations.privacy import readable
from registrations.privacy.download import my_data
from registrations.queries.tokens import token_of
from tests.factories import (
    NOW,
    make_event,
    make_person,
    make_question,
    make_registration,
    make_slot,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def event() -> Event:
    event = make_event(needs_question="Heb je een dieet?")
    for code, number in (("1a", 1), ("2a", 1), ("1b", 2)):
        make_slot(event, code, number, seats=1)
    TableSession.objects.filter(code="1a").update(title="Breda Begroot", title_en="Breda budgets")
    event.bump_programme()
    return event


@pytest.fixture
def noor(event: Event) -> Registration:
    """She has done, and been through, all that is written down about people."""
    make_registration(event, {1: "2a"})
    wijk = make_question(event, "In welke wijk woon je?")
    diet = make_question(event, "Wat eet je?", "several", options=["Soep", "Fruit"])
    email = "noor@haarlem.example"
    make_registration(event, {1: "1a"}, email=email, confirmed=False, organisation="Oud & Zoon")
    noor = make_registration(
        event,
        {1: "1a", 2: "1b"},
        email=email,
        waitlists={1: ["2a"]},
        organisation="Buurt <kiep>",
        answers={wijk.pk: "Poelenburg", diet.pk: ["Soep", "Fruit"]},
        needs="Geen noten.\nEen rolstoel.",
        at=NOW + HOUR,
    )
    changing.set_listed(noor, True, at=NOW + 2 * HOUR)
    changing.change_tables(noor, {1: "1a"}, {1: ["2a"]}, at=NOW + 3 * HOUR)
    corrections.correct_name(
        noor, "Noor", "van der Molen", why="Tikfout", who="piet", at=NOW + 4 * HOUR
    )
    door = DoorPass.objects.create(
        event=event, label="Ingang A", made_by="piet", made_at=NOW, secret="s"
    )
    Presence.objects.create(event=event, registration=noor, present=True, at=NOW + 5 * HOUR)
    DoorOp.objects.create(
        id="12345678-1234-5678-1234-567812345678",
        event=event,
        door_pass=door,
        seq=1,
        kind="in",
        registration=noor,
        at=NOW + 5 * HOUR,
        received_at=NOW + 6 * HOUR,
        outcome="ok",
        was="expired",
        slot=event.slots.first(),
        version=1,
    )
    HeldTap.objects.create(
        id="12345678-1234-5678-1234-567812345679",
        event=event,
        door_pass=door,
        why=HeldTap.Why.WITHDRAWN,
        seq=2,
        kind="undo",
        registration=noor,
        at=NOW + 7 * HOUR,
        received_at=NOW + 8 * HOUR,
    )
    Registration.objects.filter(pk=noor.pk).update(code_tries=3, redirects=2)
    mails = StoredMail.objects.filter(registration=noor).order_by("pk")
    mails.filter(kind="tables").update(failed_at=NOW + 10 * HOUR, about={})
    mails.filter(kind="registered").update(
        sent_at=NOW + 9 * HOUR, failed_at=NOW + 11 * HOUR, about={}
    )
    return Registration.objects.get(pk=noor.pk)


def leaves(data: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in the data, with the key under which it stands."""
    if isinstance(data, dict):
        for key, value in data.items():
            # History keeps tables by the number of their round.
            yield from leaves(value, "code" if str(key).isdecimal() else key)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from leaves(value, name)
    elif data not in (None, "", False):
        yield name, data


# Enumerations, which the page says in words, and flags that choose between two sentences.
IN_WORDS = {
    *("status", "role", "language", "origin", "how", "what", "who", "kind", "outcome", "wait"),
    *("was", "refused_at", "listed", "letters", "mail"),
}


def said_on(page: bytes) -> str:
    parsed = html5lib.parse(page, namespaceHTMLElements=False)
    return " ".join(" ".join(next(parsed.iter("main")).itertext()).split())


def test_page_and_text_say_every_value_of_the_file_for_programs(client: Client, noor: Registration):
    own = f"/aanmelding/{token_of(noor)}/"
    page = said_on(client.get(f"{own}gegevens/").content)
    file = client.get(f"{own}gegevens.txt")
    text = " ".join(file.content.decode().split())
    data = my_data(noor)
    checked = set()

    for name, value in leaves(data):
        if name in IN_WORDS:
            continue
        expected = value
        if isinstance(value, datetime):
            local = timezone.localtime(value)
            with override("nl"):
                expected = readable._moment(local)
            if name.endswith("kept_until"):
                expected = expected.rpartition(" om ")[0]
        expected = " ".join(str(expected).split())
        checked.add(name)
        assert expected in page, (name, expected)
        assert expected in text, (name, expected)
    assert {"first_name", "email", "code", "title", "text", "answer", "device", "why"} <= checked
    assert file["Content-Type"] == "text/plain; charset=utf-8"
    assert "attachment" in file["Content-Disposition"]


def test_page_says_in_words_what_the_file_has_as_codes(client: Client, noor: Registration):
    page = said_on(client.get(f"/aanmelding/{token_of(noor)}/gegevens/").content)

    for words in (
        "Nu aangemeld",
        "Foute codes bij het bevestigen 3",
        "Je bent inwoner",
        "Taal van onze mail Nederlands",
        "Ronde 1 Breda Begroot (sessie 1a) Raadzaal Je koos deze tafel zelf",
        "Je wacht hierop sinds",
        "Je ging hiermee akkoord op",
        "Wat eet je? Soep Fruit",
        "Tafels gewijzigd, door jou eerst: Ronde 1: Breda Begroot (sessie 1a)",
        "Je keuze voor ‘Wie komen er?’, door jou ja",
        "door de organisatie of de mensen bij de deur",
        "Reden: Tikfout",
        "Nog een aanmelding met jouw adres, van",
        "noor@haarlem.example Wordt nog verstuurd.",
        "Opgegeven op",
        "Kwam terug op",
        "Oud & Zoon",
    ):
        assert words in page, words
    assert "piet" not in page  # the name of an account is half of a log-in


def test_page_is_in_the_order_of_the_form(client: Client, noor: Registration):
    page = html5lib.parse(
        client.get(f"/aanmelding/{token_of(noor)}/gegevens/").content, namespaceHTMLElements=False
    )
    titles = ["".join(one.itertext()) for one in page.iter("h2")]

    assert titles[:5] == [
        *(
            "Jij",
            "Jouw tafels",
            "Tafels waarop je wacht",
            "Jouw antwoorden",
            "Waar je akkoord mee ging",
        ),
    ]


def test_english_page_has_english_titles(client: Client, noor: Registration):
    page = said_on(client.get(f"/en/aanmelding/{token_of(noor)}/gegevens/").content)

    assert "Breda budgets (session 1a)" in page
    assert "Breda Begroot" not in page


def test_whoever_waits_reads_what_they_asked_for(client: Client, event: Event):
    make_registration(event)
    Event.objects.filter(pk=event.pk).update(capacity=1)
    waiter = make_registration(event, {1: "1a"}, waitlists={1: ["2a"]}, waiting_too=True)

    page = said_on(client.get(f"/aanmelding/{token_of(waiter)}/gegevens/").content)

    assert "Ronde 1 Breda Begroot (sessie 1a) Je vroeg om deze tafel." in page
    assert "Ronde 1 Gesprek 2a (sessie 2a) Als deze tafel vol is, wil je erop wachten." in page


def test_file_for_programs_says_until_when(client: Client, event: Event, noor: Registration):
    data = client.get(f"/aanmelding/{token_of(noor)}/gegevens.json").json()

    until = date.fromisoformat(data["kept_until"][:10])
    assert until == timezone.localdate(event.ends_at) + timedelta(days=event.retention_days)


def test_hold_that_was_replaced_is_told_as_that(client: Client, event: Event):
    held = make_registration(event, confirmed=False, email="els@haarlem.example")
    person = make_person("els@haarlem.example")
    new = signup.sign_up(event, person, {}, replaces=held, at=NOW)
    link = token_of(signup.confirm(new, at=NOW))

    shown = client.get(f"/aanmelding/{link}/gegevens/").text
    in_english = client.get(f"/en/aanmelding/{link}/gegevens/").text

    assert "Vervangen door een nieuwe aanmelding, door jou" in shown
    assert "Replaced by a new sign-up, by you" in in_english
    assert "Niet op tijd bevestigd, door jou" not in shown


def test_page_costs_the_same_for_more_history(
    client: Client, noor: Registration, django_assert_max_num_queries
):
    def queries() -> int:
        with django_assert_max_num_queries(60) as found:
            client.get(f"/aanmelding/{token_of(noor)}/gegevens/")
        return len(found)

    few = queries()
    for number in range(5):
        changing.set_listed(noor, bool(number % 2), at=NOW + 9 * HOUR)
    assert queries() == few
