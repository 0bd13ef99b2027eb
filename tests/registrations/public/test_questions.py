"""The organiser's own questions, special needs and notice in the sign-up form."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from program.models import Event, SignupQuestion
from registrations.booking import waiting
from registrations.booking.answers import Answers, Value
from registrations.models import Answer, Registration, SpecialNeeds
from registrations.public.forms import SignUpForm
from registrations.queries.waiting import Queues
from tests.factories import NOW, make_event, make_question, make_registration
from tests.mailed import words_of

pytestmark = pytest.mark.django_db

TYPED = {
    "first_name": "Noor",
    "last_name": "van der Meulen",
    "email": "noor@haarlem.example",
    "role": "ambtenaar",
    "agree": "on",
}
OPTIONS = ["Te voet", "Met de fiets & trein"]
ENGLISH = "On foot\nBy bicycle & train"


@pytest.fixture
def event() -> Event:
    starts_at = (timezone.now() + timedelta(days=14)).replace(hour=12, minute=0)
    return make_event(starts_at=starts_at, slug="wijk", rounds=0)


def sent(event: Event, *more: tuple[str, str]) -> SignUpForm:
    data = QueryDict(mutable=True)
    data.update(TYPED)
    for name, value in more:
        data.appendlist(name, value)
    return SignUpForm(event, [], Queues(event, at=NOW), data)


def name_of(question: SignupQuestion) -> str:
    return f"question_{question.pk}"


def parse(html: bytes) -> Element:
    page: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    return page


def by_id(page: Element, key: str) -> Element:
    return next(element for element in page.iter() if element.get("id") == key)


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        ("text", [" Het  plein "], "Het plein"),
        ("text", [""], None),
        ("text", [], None),
        ("long_text", ["a\r\nb\r\n"], "a\nb"),
        ("one", ["Te voet"], "Te voet"),
        ("one", ["On foot"], "Te voet"),
        ("one", [""], None),
        ("one", [], None),
        ("several", ["Met de fiets & trein", "On foot", "Te voet"], OPTIONS),
        ("several", [], None),
        ("yes_no", ["ja"], True),
        ("yes_no", ["nee"], False),
        ("yes_no", ["yes"], True),
        ("yes_no", [""], None),
    ],
)
def test_form_reads_every_kind_of_answer(event: Event, kind: str, values: list[str], told: Any):
    choice = {"options": OPTIONS, "options_en": ENGLISH} if kind in ("one", "several") else {}
    question = make_question(event, "Hoe?", kind, **choice)

    form = sent(event, *((name_of(question), value) for value in values))

    assert form.errors == {}
    assert form.told == Answers({} if told is None else {question.pk: told})


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("text", "", "Answer the question ‘Hoe?’."),
        ("text", "\u200b", "Answer the question ‘Hoe?’."),
        ("text", "a" * 201, "Make your answer to ‘Hoe?’ shorter: 200 characters at most."),
        ("text", "a\nb", "Hoe?: This contains line breaks or tabs. Type it again, on one line."),
        ("long_text", "a" * 2001, "Make your answer to ‘Hoe?’ shorter: 2000 characters at most."),
        (
            "long_text",
            "a\x00b",
            "Hoe?: This contains a character that we can’t show. "
            "Type it again without that character.",
        ),
        ("one", "", "Choose an answer to ‘Hoe?’."),
        ("one", "Boot", "Choose an answer to ‘Hoe?’ from the list."),
        ("several", "", "Choose an answer to ‘Hoe?’."),
        ("several", "Boot", "Choose an answer to ‘Hoe?’ from the list."),
        ("yes_no", "", "Choose an answer to ‘Hoe?’."),
        ("yes_no", "misschien", "Choose an answer to ‘Hoe?’ from the list."),
    ],
)
def test_form_says_what_is_wrong_with_an_answer(event: Event, kind: str, value: str, sentence: str):
    options = OPTIONS if kind in ("one", "several") else []
    question = make_question(event, "Hoe?", kind, options=options, required=True)

    with override("en"):
        form = sent(event, (name_of(question), value))
        problems = [(problem.target, problem.sentence) for problem in form.problems]

    first = "" if kind in ("text", "long_text") else "_0"
    assert problems == [(f"id_{name_of(question)}{first}", sentence)]


def test_form_asks_in_order_before_who_somebody_is_and_no_retired_question(event: Event):
    last, first = make_question(event, "Laatst?"), make_question(event, "Eerst?")
    make_question(event, "Vroeger?", retired_at=NOW)
    event.signup_questions.filter(pk=first.pk).update(position=0)
    Event.objects.filter(pk=event.pk).update(needs_question="Dieet?")
    event.refresh_from_db()

    names = list(sent(event).fields)

    assert names[:4] == [
        name_of(first),
        name_of(last),
        "special_needs",
        "special_needs_agree",
    ]


def test_form_reads_english_where_there_is_english(event: Event):
    question = make_question(
        event, "Hoe?", "one", question_en="How?", options=OPTIONS, options_en=ENGLISH
    )
    make_question(event, "Waar?")

    with override("en"):
        form: Any = sent(event)
        labels = [str(field.label) for name, field in form.fields.items() if "question" in name]
        options = [(option.value, str(option.label)) for option in form[name_of(question)].options]

    assert labels == ["How?", "Waar?"]
    assert options == [
        ("Te voet", "On foot"),
        ("Met de fiets & trein", "By bicycle & train"),
        ("", "No answer"),
    ]


@pytest.fixture
def all_kinds(event: Event) -> list[SignupQuestion]:
    Event.objects.filter(pk=event.pk).update(needs_question="Heb je een dieet?")
    return [
        make_question(event, "Wijk?", required=True),
        make_question(event, "Vraag?", "long_text"),
        make_question(event, "Hoe kom je?", "one", options=OPTIONS, required=True),
        make_question(event, "Wat eet je?", "several", options=["Soep", "Brood"], required=True),
        make_question(event, "Eerder?", "yes_no"),
    ]


def test_refused_page_keeps_what_was_answered(
    client: Client, event: Event, all_kinds: list[SignupQuestion]
):
    wijk, vraag, hoe, wat, eerder = map(name_of, all_kinds)
    typed = {wijk: "<b>", vraag: "a\n& b", hoe: OPTIONS[1], wat: ["Brood", "Soep"], eerder: "nee"}

    response = client.post(
        "/wijk/aanmelden/",
        typed | {"special_needs": "Geen <noten>", "special_needs_agree": "on"},
    )

    page = parse(response.content)
    ticked = [one.get("id") for one in page.iter("input") if one.get("checked") is not None]
    assert response.status_code == 422
    assert by_id(page, f"id_{wijk}").get("value") == "<b>"
    assert (by_id(page, f"id_{vraag}").text or "").strip() == "a\n& b"
    assert (by_id(page, "id_special_needs").text or "").strip() == "Geen <noten>"
    assert ticked == [
        f"id_{hoe}_1",
        f"id_{wat}_0",
        f"id_{wat}_1",
        f"id_{eerder}_1",
        "id_special_needs_agree",
    ]


def test_wrong_answers_are_in_the_summary_and_at_their_inputs(
    client: Client, event: Event, all_kinds: list[SignupQuestion]
):
    wijk, _vraag, hoe, wat, _eerder = map(name_of, all_kinds)

    page = parse(client.post("/wijk/aanmelden/", {"special_needs": "Geen noten"}).content)

    links = [link.get("href", "")[1:] for link in page.iter("a")]
    expected = [f"id_{wijk}", f"id_{hoe}_0", f"id_{wat}_0", "id_special_needs_agree"]
    assert [link for link in links if link in expected] == expected
    groups = {
        group[0].findtext("strong"): group
        for group in page.iter("fieldset")
        if group[0].tag == "legend"
    }
    radios, boxes = groups["Hoe kom je?"], groups["Wat eet je?"]
    assert (radios.get("role"), radios.get("aria-invalid"), radios.get("aria-required")) == (
        "radiogroup",
        "true",
        "true",
    )
    assert radios.get("aria-describedby") == f"id_{hoe}_error"
    assert boxes.get("aria-describedby") == f"id_{wat}_error"
    assert {one.get("aria-invalid") for one in boxes.iter("input")} == {"true"}
    for key in (f"id_{wijk}", "id_special_needs_agree"):
        assert by_id(page, key).get("aria-invalid") == "true"
        assert f"{key}_error" in (by_id(page, key).get("aria-describedby") or "").split()


def test_a_sign_up_page_stores_all_answers(
    client: Client, event: Event, all_kinds: list[SignupQuestion]
):
    wijk, _vraag, hoe, wat, eerder = all_kinds
    typed: dict[str, object] = {
        name_of(wijk): "Poelenburg",
        name_of(hoe): "Te voet",
        name_of(wat): ["Brood", "Soep"],
        name_of(eerder): "ja",
        "special_needs": "Geen noten",
        "special_needs_agree": "on",
    }

    response = client.post("/wijk/aanmelden/", TYPED | typed)

    assert response.status_code == 303
    assert dict(Answer.objects.values_list("question", "value")) == {
        wijk.pk: "Poelenburg",
        hoe.pk: "Te voet",
        wat.pk: ["Soep", "Brood"],
        eerder.pk: True,
    }
    assert SpecialNeeds.objects.get().text == "Geen noten"


def test_needs_without_agreeing_are_refused_and_agreeing_is_never_ticked_for_one(
    client: Client, event: Event, all_kinds: list[SignupQuestion]
):
    page = parse(client.get("/wijk/aanmelden/").content)

    assert by_id(page, "id_special_needs_agree").get("checked") is None
    assert client.post("/wijk/aanmelden/", TYPED | {"special_needs": "a"}).status_code == 422
    assert not Registration.objects.exists()


def test_agreeing_without_needs_stores_nothing(client: Client, event: Event):
    Event.objects.update(needs_question="Dieet?")

    response = client.post("/wijk/aanmelden/", TYPED | {"special_needs_agree": "on"})

    assert response.status_code == 303
    assert not SpecialNeeds.objects.exists()


def test_needs_that_are_not_asked_are_not_stored(client: Client, event: Event):
    response = client.post(
        "/wijk/aanmelden/",
        TYPED | {"special_needs": "Geen noten", "special_needs_agree": "on"},
    )

    assert response.status_code == 303
    assert not SpecialNeeds.objects.exists()


def test_a_registered_address_gets_the_same_answer(
    client: Client, event: Event, all_kinds: list[SignupQuestion]
):
    """Rule 5: also where questions are asked."""
    wijk, _vraag, hoe, wat, _eerder = all_kinds
    answers: dict[int, Value] = {wijk.pk: "a", hoe.pk: "Te voet", wat.pk: ["Soep"]}
    make_registration(event, email=TYPED["email"], answers=answers, at=timezone.now())
    typed: dict[str, object] = {
        name_of(wijk): "b",
        name_of(hoe): "Te voet",
        name_of(wat): "Brood",
    }

    seen = []
    for email in (TYPED["email"], "bo@haarlem.example"):
        response = client.post("/wijk/aanmelden/", TYPED | typed | {"email": email})
        held = Registration.objects.filter(email=email, status="pending").get()
        seen.append((response.status_code, response["Location"], held.answers.count()))

    assert seen[0] == seen[1] == (303, "/wijk/aanmelden/controleer-je-mail/", 3)


def test_the_form_needs_no_query_for_any_number_of_questions(
    client: Client, event: Event, settings, django_assert_num_queries
):
    settings.PROGRAMME_SECONDS = 60
    make_question(event, "Wijk?")
    client.get("/wijk/aanmelden/")
    with django_assert_num_queries(3):
        client.get("/wijk/aanmelden/")
    make_question(event, "Hoe?", "one", options=OPTIONS)
    make_question(event, "Eerder?", "yes_no")
    event.bump_programme()
    assert "Eerder?" in client.get("/wijk/aanmelden/").text
    with django_assert_num_queries(3):
        client.get("/wijk/aanmelden/")


NOTICE = "Er worden **foto's** gemaakt. Lees de [huisregels](https://zaanstad.example/regels)."


def test_the_notice_stands_above_the_button(client: Client, event: Event):
    Event.objects.update(notice=NOTICE, notice_en="Photos are *taken*.")

    dutch = client.get("/wijk/aanmelden/").content.decode()
    english = client.get("/en/wijk/aanmelden/").content.decode()

    assert "Er worden <strong>foto's</strong> gemaakt." in dutch
    assert "Photos are <em>taken</em>." in english
    assert dutch.index("<strong>foto's</strong>") < dutch.rindex('type="submit"')
    assert dutch.index("<strong>foto's</strong>") > dutch.index('name="agree"')


@pytest.mark.parametrize("confirmed", [False, True])
def test_the_notice_is_in_the_mail(event: Event, confirmed: bool):
    Event.objects.update(notice=NOTICE, notice_en="Photos are *taken*.")
    event.refresh_from_db()

    dutch, english = (
        words_of(
            make_registration(
                event, language=language, confirmed=confirmed, at=timezone.now()
            ).mails.latest("pk")
        )
        for language in ("nl", "en")
    )

    link = "huisregels <https://zaanstad.example/regels>."
    assert f"Er worden foto's gemaakt. Lees de {link}" in dutch.text
    assert "Er worden <strong>foto's</strong> gemaakt." in dutch.html
    assert 'href="https://zaanstad.example/regels"' in dutch.html
    assert "Photos are taken." in english.text
    assert "Photos are <em>taken</em>." in english.html


def test_the_mail_about_a_place_from_the_waiting_list_has_the_notice(event: Event):
    Event.objects.update(notice=NOTICE, capacity=0)
    event.refresh_from_db()
    noor = make_registration(event, waiting_too=True, at=timezone.now())
    Event.objects.update(capacity=1)

    waiting.settle_event(Event.objects.get(), at=timezone.now())

    assert "huisregels" in words_of(noor.mails.get(kind="promoted")).text


def test_no_notice_says_nothing(client: Client, event: Event):
    mail = make_registration(event, at=timezone.now()).mails.get(kind="registered")

    assert "Goed om te weten" not in client.get("/wijk/aanmelden/").content.decode()
    assert "\n\n\n" not in words_of(mail).text
    assert "border-left" not in words_of(mail).html
