"""What organisers wrote in Dutch alone says so on English pages and in English mails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import html5lib
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation

from program.models import (
    AgendaItem,
    Event,
    Question,
    SignupQuestion,
    Slot,
    Speaker,
    TableSession,
    Theme,
    Venue,
)
from program.models.bilingual import Dutch
from registrations.booking.answers import of_person
from registrations.models import Registration
from registrations.organising import calling_off, dropping
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_question, make_registration, make_slot
from tests.mailed import Letterbox
from tests.registrations.organising.test_rescheduled import change

pytestmark = pytest.mark.django_db

WORD = "wijkgesprek"  # in whatever is Dutch alone
TEXT = f"Een **{WORD}**.\n\n- een {WORD}"
NOT_SHOWN = {"head", "script", "style", "svg"}


@pytest.fixture
def event() -> Event:
    """An event without a word of English, in two weeks."""
    start = timezone.now() + timedelta(days=14)
    event = make_event(title=f"Het {WORD}", lead=WORD, text=TEXT, notice=TEXT, starts_at=start)
    Event.objects.update(needs_question=WORD, video_url="https://a.example", video_title=WORD)
    Venue.objects.update(getting_there=TEXT)
    for code, number in (("1a", 1), ("1a", 2), ("1b", 1)):
        make_slot(event, code, number, seats=1)
    AgendaItem.objects.update(title=WORD)
    Theme.objects.update(title=WORD, text=TEXT)
    TableSession.objects.update(title=WORD, text=TEXT)
    Speaker.objects.update(function=WORD)
    Slot.objects.update(location=WORD)
    Question.objects.create(event=event, question=WORD, answer=TEXT)
    make_question(event, f"Welk {WORD}?", "several", options=[WORD, f"geen {WORD}"])
    make_question(event, f"Waarom een {WORD}?", "long_text")
    event.refresh_from_db()
    return event


@pytest.fixture
def noor(event: Event) -> Registration:
    """She has one table, waits for another, and answered all."""
    for_one = event.signup_questions.get(kind="several")
    make_registration(event, {1: "1b"}, email="ann@a.example")
    with translation.override("en"):
        return make_registration(
            event,
            {1: "1a"},
            waitlists={1: ["1b"]},
            answers={for_one.pk: [WORD]},
            needs="No nuts.",
            language="en",
        )


def said(element: Any, lang: str = "") -> Iterator[tuple[str, str]]:
    """The words that are shown, each piece with its language."""
    lang = element.get("lang") or lang
    if element.tag in NOT_SHOWN or "display: none" in element.get("style", ""):
        return
    yield element.text or "", lang
    for child in element:
        yield from said(child, lang)
        yield child.tail or "", lang


def dutch_words(html: str) -> list[tuple[str, str]]:
    page = html5lib.parse(html, namespaceHTMLElements=False)
    return [(" ".join(text.split()), lang) for text, lang in said(page) if WORD in text]


def pages(event: Event, noor: Registration) -> list[str]:
    slug, mine = f"/{event.slug}/", f"/aanmelding/{token_of(noor)}/"
    session = f"{slug}tafelsessie/1a/"
    own = ("", "tafels/", "antwoorden/", "annuleren/")
    return [
        *(slug, session, f"{slug}aanmelden/", f"{slug}mijn-link/"),
        *(f"{slug}wie-komen/", f"{slug}aanmelden/controleer-je-mail/"),
        *(f"{mine}{part}" for part in own),
        "/opgeslagen/",
    ]


def test_english_pages_say_what_is_dutch(client: Client, event: Event, noor: Registration):
    client.cookies[settings.SAVED_COOKIE_NAME] = event.slug
    for page in pages(event, noor):
        response = client.get(f"/en{page}", follow=True)
        words = dutch_words(response.content.decode())
        assert words, page
        assert [text for text, lang in words if lang != "nl"] == [], page


def test_english_pages_of_an_event_called_off_say_what_is_dutch(
    client: Client, event: Event, noor: Registration
):
    calling_off.call_off(event, why=WORD, who="o", at=timezone.now())
    slug = f"/en/{event.slug}/"
    for page in (slug, f"{slug}aanmelden/", f"/en/aanmelding/{token_of(noor)}/"):
        words = dutch_words(client.get(page).content.decode())
        assert (WORD, "nl") in words, page
        assert [text for text, lang in words if lang != "nl"] == [], page


def test_english_mails_say_what_is_dutch(event: Event, noor: Registration):
    make_slot(event, "1c", 2, location=WORD)
    TableSession.objects.update(title=WORD)
    box = Letterbox()
    box.look()
    table = event.slots.filter(session__code="1a")
    change(event, lambda: table.update(location=f"Bij het {WORD}"), at=timezone.now())
    dropping.drop(event, [event.slots.earliest("pk").pk], who="o", at=timezone.now())
    box.look()
    calling_off.call_off(event, why=WORD, who="o", at=timezone.now())

    box.look()
    assert box.by_kind.keys() >= {"registered", "rescheduled", "dropped", "called_off"}
    for kind, said in box.by_kind.items():
        words = dutch_words(said.html)
        assert words, kind
        assert [text for text, lang in words if lang != "nl"] == [], kind
        assert "<bdi" not in said.text, kind


def test_dutch_pages_say_nothing_of_it(client: Client, event: Event, noor: Registration):
    client.cookies[settings.SAVED_COOKIE_NAME] = event.slug
    for page in pages(event, noor):
        html = client.get(page, follow=True).content.decode()
        assert WORD in html
        assert html.count(' lang="nl"') == 1, page  # the page itself


def test_what_is_english_is_not_called_dutch(client: Client, event: Event):
    Theme.objects.update(title_en="Neighbours", text_en="About **neighbours**.")
    html = client.get(f"/en/{event.slug}/").content.decode()
    assert "<strong>neighbours</strong>" in html
    assert '<bdi lang="nl">Neighbours' not in html
    assert '<p lang="nl">About' not in html


def test_choices_are_dutch_unless_each_has_an_english_one(event: Event):
    question = event.signup_questions.get(kind="several")
    with translation.override("en"):
        assert [type(shown) for _stored, shown in question.choices] == [Dutch, Dutch]
        question.options_en = "talk\nno talk"
        assert [type(shown) for _stored, shown in question.choices] == [str, str]
        question.options_en = "talk"
        assert [type(shown) for _stored, shown in question.choices] == [Dutch, Dutch]


def test_an_answer_that_was_chosen_in_dutch_says_so(event: Event, noor: Registration):
    with translation.override("en"):
        (line,) = of_person(noor).lines
        assert (type(line.question), type(line.text)) == (Dutch, Dutch)
        SignupQuestion.objects.update(question_en="Which?", options_en="a talk\nno talk")
        (line,) = of_person(noor).lines
        assert (line.question, line.text, type(line.text)) == ("Which?", "a talk", str)
