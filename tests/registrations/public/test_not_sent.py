"""Forms that another site sent: nothing happens, and what was typed waits for its owner."""

from __future__ import annotations

from datetime import timedelta
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.test import Client
from django.utils import timezone

from program.models import Event, SignupQuestion
from registrations.booking import answers
from registrations.mailing import unsubscribing
from registrations.models import Change, Registration, StoredMail
from registrations.queries.tokens import no_mail_token_of, token_of
from tests.factories import make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db
SAID = "Er is nog niets verstuurd"
FORM = "/wijk/aanmelden/"


@pytest.fixture
def event() -> Event:
    event = make_event(
        slug="wijk", starts_at=timezone.now() + timedelta(days=14), needs_question="Dieet?"
    )
    make_slot(event, "1a", 1)
    make_slot(event, "2a", 1)
    return event


@pytest.fixture
def noor(event: Event) -> Registration:
    return make_registration(event, {1: "1a"}, email="noor@haarlem.example", at=timezone.now())


@pytest.fixture
def elsewhere() -> Client:
    return Client(headers={"Sec-Fetch-Site": "cross-site"})


def mine(registration: Registration, part: str = "") -> str:
    return f"/aanmelding/{token_of(registration)}/{part}"


def rows() -> list[object]:
    models = (Event, Registration, Change, StoredMail)
    return [list(model.objects.order_by("pk").values()) for model in models]


def page_of(response) -> Element:
    page: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
        response.text
    )
    return page


def filled_in(response) -> dict[str, list[str]]:
    """What the page's form would send as it stands."""
    found: dict[str, list[str]] = {}
    form = next(next(page_of(response).iter("main")).iter("form"))
    for one in form.iter("input"):
        if one.get("type") not in ("radio", "checkbox") or "checked" in one.attrib:
            found.setdefault(one.get("name", ""), []).append(one.get("value", "on"))
    for area in form.iter("textarea"):
        found[area.get("name", "")] = [(area.text or "").strip()]
    for option in form.iter("option"):
        if "selected" in option.attrib:
            found["role"] = [option.get("value", "")]
    return {name: values for name, values in found.items() if name and values != [""]}


TYPED = {
    "first_name": "Gülşen",
    "last_name": "Çelik",
    "email": "gulsen@haarlem.example",
    "organisation": "<b>Buurtkiep</b>",
    "role": "raadslid",
    "round_1": "2a",
    "special_needs": "Geen noten",
}
CONSENTS = {"agree": "on", "listed": "on", "special_needs_agree": "on"}


def test_sign_up_is_shown_again_with_what_was_typed_but_without_its_consents(elsewhere, event):
    before = rows()

    response = elsewhere.post(FORM, TYPED | CONSENTS)

    assert response.status_code == 403
    assert rows() == before
    assert filled_in(response) == {name: [value] for name, value in TYPED.items()}
    assert "<b>Buurtkiep" not in response.text
    page = page_of(response)
    assert "".join(next(page.iter("title")).itertext()).strip().startswith("Niet verstuurd · ")
    focused = [one for one in page.iter() if "autofocus" in one.attrib]
    assert ["".join(one.itertext()).strip() for one in focused] == [SAID]


def test_sign_up_that_is_shown_again_can_be_sent_from_there(client, elsewhere, event):
    shown = filled_in(elsewhere.post(FORM, TYPED | CONSENTS))

    assert client.post(FORM, shown).status_code == 422
    assert client.post(FORM, shown | CONSENTS).status_code == 303
    assert Registration.objects.get().email == "gulsen@haarlem.example"


def test_refused_sign_up_tells_nothing_of_an_address(elsewhere, event, noor):
    known, unknown = (
        elsewhere.post(FORM, TYPED | {"email": email}).text.replace(email, "")
        for email in ("noor@haarlem.example", "x@haarlem.example")
    )

    assert known == unknown


def test_form_for_a_link_is_shown_again(elsewhere, event, noor):
    before = rows()
    response = elsewhere.post("/wijk/mijn-link/", {"email": noor.email})

    assert (response.status_code, rows()) == (403, before)
    assert filled_in(response) == {"email": [noor.email]}


def test_other_tables_are_shown_chosen_and_not_taken(elsewhere, event, noor):
    before = rows()
    response = elsewhere.post(mine(noor, "tafels/"), {"round_1": "2a"})

    assert (response.status_code, rows()) == (403, before)
    assert filled_in(response) == {"round_1": ["2a"]}
    assert [seat.session.code for seat in noor.table_seats.all()] == ["1a"]


def test_other_answers_are_shown_and_not_stored(elsewhere, event, noor):
    own = SignupQuestion.objects.create(event=event, question="Hoe kom je?", kind="text")
    before = rows()
    bike = {f"question_{own.pk}": "Met de fiets"}
    for told in (bike, bike | {"special_needs": "Geen noten"}):
        response = elsewhere.post(mine(noor, "antwoorden/"), told | CONSENTS)

        assert (response.status_code, rows()) == (403, before)
        assert filled_in(response) == {name: [value] for name, value in told.items()}


def test_special_needs_are_not_erased(elsewhere, event):
    registration = make_registration(event, needs="Geen noten", at=timezone.now())
    before = rows()
    response = elsewhere.post(mine(registration, "antwoorden/"), {"wissen": "1"})

    assert (response.status_code, rows()) == (403, before)
    assert answers.of_person(registration).told.needs == "Geen noten"


def test_page_that_asks_first_asks_again(elsewhere, event, noor):
    before = rows()
    for part in ("annuleren/", "wissen/"):
        response = elsewhere.post(mine(noor, part))

        assert (response.status_code, rows()) == (403, before)
        assert SAID in response.text
        assert "<button" in response.text


def test_button_without_a_page_leads_on_to_ones_own(elsewhere, event, noor):
    before = rows()
    buttons = ("bevestigen/", "niet-wachten/", "plek-nemen/", "zichtbaar/", "berichten/")
    for part in (*buttons, "antwoorden/?x"):
        response = elsewhere.post(mine(noor, part), {"listed": "on"})

        assert (response.status_code, rows()) == (403, before)
        if part in buttons:
            assert f'<a class="button" href="{mine(noor)}">' in response.text
            assert SAID in response.text


def test_unknown_link_stays_unknown(elsewhere, event):
    assert elsewhere.post("/aanmelding/onzin/bevestigen/").status_code == 404


def test_mail_program_in_a_browser_may_stop_the_mail(event, noor):
    """Having the link is enough, and it does nothing else (RFC 8058)."""
    webmail = Client(headers={"Sec-Fetch-Site": "cross-site", "Origin": "null"})
    link = f"/aanmelding/geen-mail/{no_mail_token_of(noor)}/"

    assert webmail.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not unsubscribing.wants_mail(noor)
