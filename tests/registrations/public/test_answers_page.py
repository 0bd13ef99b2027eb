"""The pages on which somebody sees and changes what they answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from program.models import Event, SignupQuestion
from registrations.booking import changing
from registrations.booking.answers import Value
from registrations.models import Change, Registration, SpecialNeeds
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_question, make_registration

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    starts_at = (timezone.now() + timedelta(days=14)).replace(hour=12, minute=0)
    return make_event(starts_at=starts_at, rounds=0, needs_question="Heb je een dieet?")


@pytest.fixture
def wijk(event: Event) -> SignupQuestion:
    return make_question(event, "Welke wijk?", required=True)


@pytest.fixture
def soup(event: Event) -> SignupQuestion:
    return make_question(event, "Wat eet je?", "several", options=["Soep", "Brood"])


@pytest.fixture
def noor(event: Event, wijk: SignupQuestion, soup: SignupQuestion) -> Registration:
    answers: dict[int, Value] = {wijk.pk: "Poelen<burg", soup.pk: ["Soep", "Brood"]}
    return make_registration(event, answers=answers, needs="Geen noten", at=timezone.now())


def at(registration: Registration, part: str = "antwoorden/") -> str:
    return f"/aanmelding/{token_of(registration)}/{part}"


def answers(registration: Registration) -> dict[str, object]:
    return dict(registration.answers.values_list("question__question", "value"))


def test_the_personal_page_shows_the_answers(client: Client, noor: Registration):
    page = client.get(at(noor, "")).content.decode()

    for words in ("Poelen&lt;burg", "Soep; Brood", "Geen noten", at(noor)):
        assert words in page


def test_the_page_before_confirming_shows_them_without_changing_them(
    client: Client, event: Event, wijk: SignupQuestion
):
    pending = make_registration(
        event, answers={wijk.pk: "Poelenburg"}, confirmed=False, at=timezone.now()
    )

    page = client.get(at(pending, ""))

    assert "Poelenburg" in page.content.decode()
    assert at(pending) not in page.content.decode()
    assert client.get(at(pending))["Location"] == at(pending, "")


def test_the_page_has_the_answers_filled_in_and_changes_nothing(client: Client, noor: Registration):
    response = client.get(at(noor))
    page = response.content.decode()

    assert response.status_code == 200
    assert 'value="Poelen&lt;burg"' in page
    assert page.count(" checked") == 3  # soup, bread and the consent
    assert "Geen noten" in page
    assert not Change.objects.filter(what="answered").exists()


def test_saving_answers_leads_back_with_a_word(
    client: Client, noor: Registration, wijk: SignupQuestion, soup: SignupQuestion
):
    response = client.post(
        at(noor),
        {
            f"question_{wijk.pk}": "Kogerveld",
            f"question_{soup.pk}": ["Brood"],
            "special_needs": "Geen vis",
            "special_needs_agree": "on",
        },
    )

    assert (response.status_code, response["Location"]) == (303, at(noor, "?klaar=antwoorden"))
    assert answers(noor) == {"Welke wijk?": "Kogerveld", "Wat eet je?": ["Brood"]}
    assert SpecialNeeds.objects.get().text == "Geen vis"
    assert "Je antwoorden zijn opgeslagen." in client.get(response["Location"]).content.decode()


def test_wrong_answers_are_refused_and_kept(client: Client, noor: Registration):
    response = client.post(at(noor), {"special_needs": "Geen vis"})
    page = response.content.decode()

    assert response.status_code == 422
    assert 'href="#id_special_needs_agree"' in page
    assert "Geen vis" in page
    assert answers(noor) == {"Welke wijk?": "Poelen<burg", "Wat eet je?": ["Soep", "Brood"]}
    assert SpecialNeeds.objects.get().text == "Geen noten"


def test_needs_are_erased_with_one_button(client: Client, noor: Registration):
    response = client.post(at(noor), {"wissen": "on"})

    assert (response.status_code, response["Location"]) == (303, at(noor, "?klaar=gewist"))
    assert not SpecialNeeds.objects.exists()
    assert answers(noor) == {"Welke wijk?": "Poelen<burg", "Wat eet je?": ["Soep", "Brood"]}


def test_once_changes_have_closed_needs_can_still_be_erased(client: Client, noor: Registration):
    Event.objects.update(
        changes_close_at=timezone.now(), waiting_closes_at=timezone.now() - timedelta(hours=1)
    )

    page = client.get(at(noor))
    mine = client.get(at(noor, "")).content.decode()
    response = client.post(at(noor), {"special_needs": ""})

    assert page.status_code == 200
    assert "id_special_needs" not in page.content.decode()
    assert 'name="wissen"' in page.content.decode()
    assert 'name="wissen"' in mine
    assert response.status_code == 422
    assert SpecialNeeds.objects.exists()


def test_saving_after_changes_have_closed_says_so(
    client: Client, noor: Registration, wijk: SignupQuestion
):
    Event.objects.update(
        changes_close_at=timezone.now(), waiting_closes_at=timezone.now() - timedelta(hours=1)
    )

    response = client.post(at(noor), {f"question_{wijk.pk}": "Kogerveld"})

    assert response.status_code == 422
    assert "Je kunt je antwoorden niet meer wijzigen." in response.content.decode()
    assert answers(noor)["Welke wijk?"] == "Poelen<burg"


def test_a_cancelled_persons_answers_are_shown_and_fixed(
    client: Client, noor: Registration, wijk: SignupQuestion
):
    changing.cancel(noor, at=timezone.now())

    page = client.get(at(noor, "")).content.decode()
    response = client.post(at(noor), {f"question_{wijk.pk}": "Kogerveld"})

    assert "Poelen&lt;burg" in page
    assert "Geen noten" not in page
    assert client.get(at(noor)).status_code == 303
    assert response.status_code == 422
    assert answers(noor)["Welke wijk?"] == "Poelen<burg"


def test_without_questions_there_is_no_such_page(client: Client):
    starts_at = timezone.now() + timedelta(days=14)
    plain = make_registration(make_event(starts_at=starts_at, rounds=0), at=timezone.now())

    assert client.get(at(plain))["Location"] == at(plain, "")
    assert at(plain) not in client.get(at(plain, "")).content.decode()


def test_a_question_asked_since_can_be_answered(
    client: Client, event: Event, django_assert_num_queries
):
    registration = make_registration(event, at=timezone.now())
    Event.objects.update(needs_question="")
    question = make_question(event, "Welke wijk?")

    page = client.get(at(registration, "")).content.decode()
    client.post(at(registration), {f"question_{question.pk}": "Kogerveld"})

    assert at(registration) in page
    assert answers(registration) == {"Welke wijk?": "Kogerveld"}


def test_an_unknown_link_opens_no_answers(client: Client):
    assert client.post("/aanmelding/onbekend/antwoorden/", {"wissen": "on"}).status_code == 404
