"""Signing up and the personal pages, as a browser sends and sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from program.models import Event
from registrations.booking import signup
from registrations.booking.places import differences
from registrations.errors import TooManyRequests
from registrations.mail import strangers
from registrations.models import Change, Registration, StoredMail
from registrations.public import limits
from registrations.queries.tokens import token_of
from tests.answers import headers_of
from tests.factories import make_event, make_person, make_registration, make_slot
from tests.mailed import words_of

pytestmark = pytest.mark.django_db
FILES = ("agenda.ics", "gegevens/", "gegevens.txt", "gegevens.json")


@pytest.fixture
def event() -> Event:
    starts_at = (timezone.now() + timedelta(days=14)).replace(hour=12, minute=0)
    event = make_event(starts_at=starts_at, slug="wijk", title="Werken in de wijk")
    make_slot(event, "1a", 1)
    make_slot(event, "6", 1)
    make_slot(event, "1b", 2, seats=1)
    make_slot(event, "6", 2)
    return event


@pytest.fixture
def noor(event: Event) -> Registration:
    return make_registration(event, {1: "1a"}, email="noor@haarlem.example", at=timezone.now())


def typed(**changes: str | None) -> dict[str, str]:
    """What a visitor sends; None leaves a field out."""
    fields: dict[str, str | None] = {
        "first_name": "Gülşen",
        "last_name": "Çelik-van 't Hof",
        "email": "gulsen@haarlem.example",
        "organisation": "Buurtkiep",
        "role": "raadslid",
        "round_1": "1a",
        "round_2": "",
        "agree": "on",
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def seen(response):
    """All that a stranger sees of an answer, but for the second at which it came."""
    headers = headers_of(response)
    return response.status_code, headers, response.content


def page(registration: Registration, part: str = "") -> str:
    return f"/aanmelding/{token_of(registration)}/{part}"


def test_sign_up_answers_303_to_the_inbox_page(client: Client, event: Event):
    response = client.post("/wijk/aanmelden/", typed())

    assert (response.status_code, response["Location"]) == (
        303,
        "/wijk/aanmelden/controleer-je-mail/",
    )
    registration = Registration.objects.get()
    assert (registration.name, registration.status) == ("Gülşen Çelik-van 't Hof", "pending")
    assert registration.sort_name.startswith("Çelik")
    assert [mail.kind for mail in registration.mails.all()] == ["confirm"]
    assert client.get(response["Location"]).status_code == 200


def test_sign_up_keeps_the_language_of_the_page(client: Client, event: Event):
    client.post("/en/wijk/aanmelden/", typed())

    assert Registration.objects.get().language == "en"
    assert f"/en{page(Registration.objects.get())}" in words_of(StoredMail.objects.get()).text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first_name": ""}, "first_name"),
        ({"first_name": "x" * 10_000}, "first_name"),
        ({"last_name": "Meu\u202elen"}, "last_name"),
        ({"last_name": "Meu\x00len"}, "last_name"),
        ({"email": "noor"}, "email"),
        ({"email": "noor@[127.0.0.1]"}, "email"),
        ({"role": "burgemeester"}, "role"),
        ({"role": None}, "role"),
        ({"round_1": None}, "round_1"),
        ({"round_1": "9x"}, "round_1"),
        ({"round_1": "1b"}, "round_1"),
        ({"round_1": "6", "round_2": "6"}, "round_2"),
        ({"round_2": "1b"}, "round_2"),
        ({"agree": None}, "agree"),
    ],
)
def test_sign_up_refuses_with_a_sentence_and_stores_nothing(client: Client, event, changes, field):
    make_registration(event, {2: "1b"}, at=timezone.now())
    rows = Registration.objects.count(), Change.objects.count(), StoredMail.objects.count()

    response = client.post("/wijk/aanmelden/", typed(**changes))

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert (
        Registration.objects.count(),
        Change.objects.count(),
        StoredMail.objects.count(),
    ) == rows
    assert differences() == []


def test_sign_up_keeps_all_that_was_typed(client: Client, event: Event):
    response = client.post("/wijk/aanmelden/", typed(agree=None, listed="on", round_2="6"))

    form = response.context["form"]
    assert {name: form[name].value() for name in typed(listed="on") if name != "agree"} == (
        typed(agree=None, round_2="6") | {"listed": True}
    )
    for answer in ("Gülşen", "Çelik-van &#x27;t Hof", "gulsen@haarlem.example", "Buurtkiep"):
        assert f'value="{answer}"' in response.content.decode()


@pytest.mark.parametrize("name", ["Gülşen Çelik-van 't Hof", "Ó", "d'Ancona", "李 小龙"])
def test_sign_up_accepts_every_real_name(client: Client, event: Event, name: str):
    first, _space, last = name.partition(" ")
    response = client.post("/wijk/aanmelden/", typed(first_name=first, last_name=last or first))

    assert response.status_code == 303


def test_sign_up_says_which_table_has_filled_up(client: Client, event: Event):
    client.get("/wijk/aanmelden/")
    make_registration(event, {2: "1b"}, at=timezone.now())

    response = client.post("/wijk/aanmelden/", typed(round_1="6", round_2="1b"))

    form = response.context["form"]
    assert list(form.errors) == ["round_2"]
    assert "1b" in form.errors["round_2"][0]
    assert form["round_1"].value() == "6"


def test_sign_up_answers_the_same_for_a_registered_address(event, noor):
    answers = []
    for email in ("nieuw@haarlem.example", "NOOR@haarlem.example"):
        # In a browser of their own: in one, the second would replace the first.
        response = Client().post("/wijk/aanmelden/", typed(email=email, round_2="6"))
        answers.append(seen(response))

    assert answers[0] == answers[1]
    strangers.answer(timezone.now())
    assert StoredMail.objects.filter(kind="already").get().registration == noor
    assert Registration.objects.pending().count() == 2


def test_sign_up_before_and_after_its_time_shows_no_form(client: Client, event: Event):
    now = timezone.now()
    for opens, closes in [(now + timedelta(hours=1), None), (None, now)]:
        Event.objects.update(signup_opens_at=opens, signup_closes_at=closes)

        shown = client.get("/wijk/aanmelden/")
        sent = client.post("/wijk/aanmelden/", typed())

        assert b'name="email"' not in shown.content
        assert sent.status_code == 422
    assert Registration.objects.count() == 0


def test_sign_up_chooses_the_table_whose_page_led_there(client: Client, event: Event):
    def chosen(code: str) -> tuple[object, object]:
        form = client.get(f"/wijk/aanmelden/?tafel={code}").context["form"]
        return form["round_1"].value(), form["round_2"].value()

    assert chosen("6") == ("6", None)
    assert chosen("9x") == (None, None)
    event.slots.filter(session__code="6", round__number=1).update(taken=0, seats=0)
    assert chosen("6") == (None, "6")


def test_sign_up_for_one_address_has_a_ceiling(client: Client, event: Event, monkeypatch):
    monkeypatch.setattr(limits, "ADDRESS_POSTS", 2)
    answers = [
        client.post("/wijk/aanmelden/", typed(round_1="", organisation=f"Buurt {number}"))
        for number in range(3)
    ]

    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert answers[-1]["Retry-After"] == "3600"


def test_a_whole_town_hall_behind_one_address_is_let_through(rf):
    request = rf.post("/")
    for _person in range(3_000):
        limits.count_network(request)

    with pytest.raises(TooManyRequests):
        limits.count_network(request)


def test_reading_the_link_changes_nothing(client: Client, event: Event):
    registration = signup.sign_up(event, make_person(), {1: "1a"}, at=timezone.now())
    before = rows(event)

    for part in ("", "", "tafels/", "annuleren/", "wissen/", *FILES):
        for method in (client.get, client.head):
            assert method(page(registration, part)).status_code in (200, 302, 303)
    for part in ("bevestigen/", "zichtbaar/"):
        assert client.get(page(registration, part)).status_code == 303

    assert rows(event) == before


def rows(event: Event) -> list[object]:
    event.refresh_from_db()
    return [event.version, *Registration.objects.values(), *StoredMail.objects.values()]


def test_confirm_by_button(client: Client, event: Event):
    registration = signup.sign_up(event, make_person(), {1: "1a"}, at=timezone.now())

    for _time in range(2):
        response = client.post(page(registration, "bevestigen/"))
        assert (response.status_code, response["Location"]) == (
            303,
            page(registration, "?klaar=bevestigd"),
        )

    registration.refresh_from_db()
    assert registration.status == "confirmed"


def test_personal_pages_are_never_kept(client: Client, noor: Registration):
    for part in ("", "tafels/", "annuleren/", "wissen/", *FILES):
        response = client.get(page(noor, part))

        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("change", [lambda token: token[:-1] + "x", lambda _token: "onzin"])
def test_an_unknown_link_offers_a_new_one(client: Client, noor: Registration, change):
    response = client.get(f"/aanmelding/{change(token_of(noor))}/")

    assert response.status_code == 404
    assert "registrations/link_unknown.html" in [one.name for one in response.templates]
    assert "Heb je je gegevens gewist?" in response.text
    assert response["X-Request-ID"] in response.text


def test_a_superseded_link_is_dead(client: Client, event: Event):
    older, newer = (
        signup.sign_up(event, make_person("noor@haarlem.example"), {}, at=timezone.now())
        for _time in range(2)
    )
    client.post(page(newer, "bevestigen/"))

    assert client.get(page(older)).status_code == 404
    assert client.post(page(older, "bevestigen/")).status_code == 422


def test_change_tables_by_form(client: Client, event: Event, noor: Registration):
    response = client.post(page(noor, "tafels/"), {"round_1": "", "round_2": "6"})

    assert response.status_code == 303
    assert [seat.session.code for seat in noor.table_seats.all()] == ["6"]


def test_change_tables_to_a_full_one_keeps_the_old(client: Client, event, noor: Registration):
    make_registration(event, {2: "1b"}, at=timezone.now())

    response = client.post(page(noor, "tafels/"), {"round_1": "6", "round_2": "1b"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["round_2"]
    assert [seat.session.code for seat in noor.table_seats.all()] == ["1a"]


def test_no_public_page_changes_name_or_address(client: Client, noor: Registration):
    intruder = {"first_name": "Piet", "last_name": "X", "email": "piet@haarlem.example"}
    for part in ("tafels/", "zichtbaar/", "bevestigen/"):
        client.post(page(noor, part), typed(**intruder))

    noor.refresh_from_db()
    assert (noor.name, noor.email) == ("Noor van der Meulen", "noor@haarlem.example")


def test_cancel_asks_once_and_frees_the_seats(client: Client, event: Event, noor: Registration):
    asked = client.get(page(noor, "annuleren/"))
    answered = client.post(page(noor, "annuleren/"))

    noor.refresh_from_db()
    event.refresh_from_db()
    assert (asked.status_code, answered.status_code) == (200, 303)
    assert (noor.status, event.taken) == ("cancelled", 0)
    assert client.get(page(noor)).status_code == 200


def test_the_unconfirmed_are_promised_no_mail_about_cancelling(client: Client, event: Event):
    ida = make_registration(event, {1: "1a"}, confirmed=False, at=timezone.now())
    own = f"/en/aanmelding/{token_of(ida)}/"
    asked = client.get(f"{own}annuleren/").content.decode()
    cancelled = client.post(f"{own}annuleren/", follow=True).content.decode()

    assert "Others can have your place and your tables straight away." in asked
    for text in (asked, cancelled):
        assert "You get a mail" not in text
        assert "no longer on the waiting list" not in text
    assert not ida.mails.filter(kind="cancelled").exists()


def test_listed_goes_on_and_off_at_once(client: Client, event: Event, noor: Registration):
    client.post(page(noor, "zichtbaar/"), {"listed": "on"})
    seen = client.get("/wijk/wie-komen/")
    client.post(page(noor, "zichtbaar/"), {})
    gone = client.get("/wijk/wie-komen/")

    assert "Noor van der Meulen" in seen.content.decode()
    assert "Noor van der Meulen" not in gone.content.decode()
    assert seen["X-Robots-Tag"] == "noindex"


def test_my_data_holds_every_personal_column(client: Client, noor: Registration):
    ours = {"id", "event_id", "secret", "version", "erased_at"}
    ours |= {"holds_place", "form_digest", "promise"}
    columns = {
        field.name if field.name == "role" else field.attname
        for field in Registration._meta.concrete_fields
    } - ours

    data = client.get(page(noor, "gegevens.json")).json()

    assert columns | {"role"} <= set(data)
    assert (data["email"], data["tables"][0]["code"]) == ("noor@haarlem.example", "1a")


def test_erase_kills_the_link(client: Client, event: Event, noor: Registration):
    link = page(noor)
    response = client.post(page(noor, "wissen/"))

    event.refresh_from_db()
    assert response.status_code == 200
    assert event.taken == 0
    assert client.get(link).status_code == 404


def test_my_link_answers_the_same_for_everybody(client: Client, event, noor: Registration):
    answers = []
    for email in ("niemand@haarlem.example", "noor@haarlem.example"):
        response = client.post("/wijk/mijn-link/", {"email": email})
        answers.append(seen(response))

    assert answers[0] == answers[1]
    assert StoredMail.objects.filter(kind="link").count() == 2


def test_forms_need_no_more_queries_for_more_tables(client: Client, event, noor, count_queries):
    few = [count_queries(path) for path in ("/wijk/aanmelden/", page(noor, "tafels/"))]
    for number in range(20):
        make_slot(event, f"x{number}", 1)

    many = [count_queries(path) for path in ("/wijk/aanmelden/", page(noor, "tafels/"))]

    assert few == many


@pytest.fixture
def count_queries(client: Client, event: Event, settings, django_assert_max_num_queries):
    settings.PROGRAMME_SECONDS = 60

    def count(path: str) -> int:
        event.bump_programme()
        client.get(path)  # from now on the programme is in memory
        with django_assert_max_num_queries(15) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    return count
