"""'Check your inbox': what a browser that has just signed up sees and can do there."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from program.models import Event
from registrations.booking import changing, holds, signup
from registrations.booking.places import differences
from registrations.mail import strangers
from registrations.models import Change, Registration, StoredMail
from registrations.organising import corrections
from registrations.privacy import erasure
from registrations.public import limits
from registrations.queries.tokens import code_of, token_of
from tests.answers import headers_of
from tests.factories import make_event, make_registration, make_slot
from tests.mailed import message_of, words_of

pytestmark = pytest.mark.django_db
FORM = "/wijk/aanmelden/"
PAGE = "/wijk/aanmelden/controleer-je-mail/"
COOKIE = settings.JUST_SENT_COOKIE_NAME


@pytest.fixture
def event() -> Event:
    """Table 1a has one seat."""
    starts_at = timezone.now().replace(minute=0) + timedelta(days=14)
    event = make_event(slug="wijk", starts_at=starts_at, rounds=1)
    make_slot(event, "1a", seats=1)
    make_slot(event, "1b")
    return event


def typed(**changes: str) -> dict[str, str]:
    return {
        "first_name": "Noor",
        "last_name": "van der Meulen",
        "email": "noor@haarlem.example",
        "role": "raadslid",
        "round_1": "1a",
        "agree": "on",
    } | changes


def signed_up(**changes: str) -> Client:
    """A browser of its own that has just sent the form."""
    client = Client()
    assert client.post(FORM, typed(**changes)).status_code == 303
    return client


def newest() -> Registration:
    return Registration.objects.latest("pk")


def seen(response: Any, email: str = "") -> tuple[object, ...]:
    """All that a stranger sees of an answer, without the address and the moment."""
    headers = headers_of(response)
    cookies = {name: sorted(morsel.keys()) for name, morsel in response.cookies.items()}
    page = response.content.decode().replace(email, "…") if email else response.content
    return response.status_code, headers, cookies, page


# The cookie


def test_cookie_is_for_us_alone_and_as_short_as_the_hold(event: Event):
    morsel = signed_up().cookies[COOKIE]

    assert {key: morsel[key] for key in ("httponly", "samesite", "path", "secure", "domain")} == {
        "httponly": True,
        "samesite": "Lax",
        "path": "/",
        "secure": "",
        "domain": "",
    }
    assert 3_500 < int(morsel["max-age"]) <= 3_600
    for personal in ("noor", "Meulen", "haarlem"):
        assert personal not in morsel.value


def test_cookie_is_secure_on_a_site_with_https(event: Event, settings: Any):
    settings.SITE_IS_HTTPS, settings.JUST_SENT_COOKIE_NAME = True, "__Host-verstuurd"

    morsel = signed_up().cookies["__Host-verstuurd"]
    assert (morsel["secure"], morsel["path"], morsel["domain"]) == (True, "/", "")


def test_cookie_never_lasts_longer_than_a_few_hours(event: Event):
    Event.objects.update(hold_minutes=2_000)

    assert int(signed_up().cookies[COOKIE]["max-age"]) == 3 * 60 * 60


def test_page_with_an_address_is_kept_by_nobody(event: Event):
    assert {"private", "no-store"} <= set(
        signed_up().get(PAGE)["Cache-Control"].replace(" ", "").split(",")
    )


def test_cookie_of_somebodys_own_making_counts_for_nothing(event: Event):
    client = signed_up()
    plain = Client().get(PAGE)
    genuine = client.cookies[COOKIE].value
    for made_up in (genuine[:-1] + ("A" if genuine[-1] != "A" else "B"), "x", "", "a:b:c"):
        client.cookies[COOKIE] = made_up
        assert client.get(PAGE).content == plain.content


def test_cookie_is_over_when_the_hold_is(event: Event, monkeypatch: pytest.MonkeyPatch):
    client, now = signed_up(), timezone.now()
    with monkeypatch.context() as later:
        later.setattr(timezone, "now", lambda: now + timedelta(minutes=61))
        assert b"noor@haarlem.example" not in client.get(PAGE).content
        assert client.post(PAGE, {"code": code_of(newest())}).status_code == 422
    assert newest().is_pending


# The address


def test_page_shows_the_address_and_until_when(event: Event):
    page = signed_up().get(PAGE).text

    assert "We hebben een mail gestuurd naar <strong>noor@haarlem.example</strong>." in page
    until = timezone.localtime(newest().hold_expires_at)
    assert f"daarna tot {until:%-H.%M} uur als het niet heel druk wordt" in " ".join(page.split())


def test_a_hold_that_ends_on_another_day_names_the_day(
    event: Event, monkeypatch: pytest.MonkeyPatch
):
    Event.objects.update(hold_minutes=15)
    late = timezone.localtime().replace(hour=23, minute=50, second=0) + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: late)
    page = " ".join(signed_up().get(PAGE).text.split())

    day = date_format(late + timedelta(days=1), "j F")
    assert f"We houden je plek en je tafels vast tot {day} om 0.05 uur." in page


def test_page_of_a_sign_up_for_the_waiting_list_promises_no_place(event: Event):
    Event.objects.update(capacity=0)
    page = " ".join(signed_up(waiting="1").get(PAGE).text.split())

    assert "Pas dan sta je op de wachtlijst." in page
    assert "vast tot" not in page


def test_without_the_cookie_the_page_is_of_use_all_the_same(client: Client, event: Event):
    page = client.get(PAGE).text

    assert "60 minuten" in page
    assert "/wijk/mijn-link/" in page
    assert 'name="code"' not in page


def test_page_of_another_event_shows_nothing(event: Event):
    other = make_event(slug="markt", starts_at=event.starts_at)
    make_slot(other, "1a")
    client = signed_up()

    assert "noor@haarlem.example" not in client.get("/markt/aanmelden/controleer-je-mail/").text
    answer = client.post("/markt/aanmelden/controleer-je-mail/", {"code": code_of(newest())})
    assert (answer.status_code, newest().status) == (422, "pending")


def test_known_and_unknown_addresses_see_the_same(event: Event, monkeypatch: pytest.MonkeyPatch):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    make_registration(event, email="bekend@haarlem.example", at=timezone.now())
    answers = []
    for email in ("bekend@haarlem.example", "vreemd@haarlem.example"):
        client = signed_up(email=email, round_1="1b")
        answers.append(
            [
                seen(client.get(PAGE), email),
                seen(client.post(PAGE, {"code": "12 34"}), email),
                seen(client.post(PAGE, {"code": "000000"}), email),
                seen(client.get(PAGE), email),
                seen(client.post(PAGE, {"email": "x"}), email),
                # Sent to one and the same address afterwards.
                seen(client.post(PAGE, {"email": "els@haarlem.example"})),
                seen(client.get(f"{PAGE}?verstuurd=ander"), email),
                seen(client.get(FORM)),
            ]
        )
        # The next one finds as many seats.
        holds.free(Registration.objects.pending(), who="o", at=timezone.now())

    assert answers[0] == answers[1]


def test_sending_it_to_a_known_or_an_unknown_address_is_the_same(event: Event):
    make_registration(event, email="bekend@haarlem.example", at=timezone.now())
    answers = []
    for email in ("bekend@haarlem.example", "vreemd@haarlem.example"):
        client = signed_up(round_1="1b")
        moved = client.post(PAGE, {"email": email})
        wrong = client.post(PAGE, {"code": "000000"})
        page = client.get(moved["Location"])
        answers.append([seen(moved), seen(page, email), seen(wrong, email)])

    assert answers[0] == answers[1]


def test_page_never_looks_at_what_became_of_it(event: Event):
    client = signed_up()
    before = client.get(PAGE).content
    signup.confirm(newest(), at=timezone.now())
    confirmed = client.get(PAGE).content
    changing.cancel(newest(), at=timezone.now())

    assert before == confirmed == client.get(PAGE).content


def test_nobody_sees_an_address_that_they_did_not_send(event: Event):
    client = signed_up()
    corrections.set_address(newest(), "echt@haarlem.example", who="o", at=timezone.now())

    assert "haarlem.example" not in client.get(PAGE).text


def test_nothing_is_left_of_whoever_is_erased(event: Event):
    client = signed_up()
    erasure.erase(newest(), at=timezone.now())

    assert client.get(PAGE).content == Client().get(PAGE).content


def test_page_asks_as_much_whatever_the_event_holds(event: Event):
    client = signed_up()
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for number in range(5):
        make_registration(event, {1: "1b"}, at=timezone.now(), email=f"n{number}@haarlem.example")
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)

    assert len(few) == len(many) <= 3


# 'Did you mean …?'


def test_likely_typing_error_is_asked_about_and_one_button_mends_it(event: Event):
    client = signed_up(email="noor@gmial.com")
    page = client.get(PAGE).text
    assert "Bedoel je noor@gmail.com?" in page
    hidden = re.findall(r'<input type="hidden" name="email" value="([^"]+)"', page)

    moved = client.post(PAGE, {"email": hidden[0]})

    assert (moved.status_code, moved["Location"]) == (303, f"{PAGE}?verstuurd=ander")
    page = client.get(moved["Location"]).text
    assert "De mail is onderweg naar noor@gmail.com" in page
    assert "werken niet meer" in page
    assert "Bedoel je" not in page
    assert newest().email == "noor@gmail.com"


def test_right_address_is_not_asked_about(event: Event):
    assert "Bedoel je" not in signed_up(email="noor@gmail.com").get(PAGE).text


# To another address


def test_mail_goes_to_another_address_on_the_same_hold(event: Event):
    client = signed_up(email="nor@haarlem.example")
    link = token_of(newest())

    client.post(PAGE, {"email": "noor@haarlem.example"})

    event.refresh_from_db()
    assert (Registration.objects.count(), event.taken) == (1, 1)
    assert client.get(f"/aanmelding/{link}/").status_code == 404
    strangers.answer(timezone.now())
    assert [mail.to for mail in StoredMail.objects.all()] == ["noor@haarlem.example"]
    assert differences() == []


def test_same_address_again_sends_the_same_mail_again(event: Event):
    client = signed_up()
    sent = client.post(PAGE, {"email": "Noor@haarlem.example"})

    assert sent["Location"] == f"{PAGE}?verstuurd=opnieuw"
    assert "werken niet meer" not in client.get(sent["Location"]).text
    assert StoredMail.objects.asked().count() == 2


@pytest.mark.parametrize(
    "email", ["", "noor", "noor@[127.0.0.1]", "noor@" + "x" * 300, "a\x00@b.nl"]
)
def test_what_is_no_address_is_refused_and_kept(event: Event, email: str):
    client = signed_up()
    answer = client.post(PAGE, {"email": email})

    assert answer.status_code == 422
    assert answer.text.lstrip().split("<title>")[1].startswith("Fout:")
    assert 'id="id_email_error"' in answer.text
    assert '<a href="#id_email">' in answer.text
    assert re.search(r'<details class="elsewhere"\s+open', answer.text)
    assert email in answer.context["address_form"]["email"].value()
    assert newest().email == "noor@haarlem.example"


def test_address_counts_for_the_limits(event: Event, monkeypatch: pytest.MonkeyPatch):
    client = signed_up()
    monkeypatch.setattr(limits, "ADDRESS_POSTS", 2)
    answers = [client.post(PAGE, {"email": "els@haarlem.example"}).status_code for _ in range(3)]
    assert answers == [303, 303, 429]

    cache.clear()
    monkeypatch.setattr(limits, "NETWORK_POSTS", 1)
    codes = [client.post(PAGE, {"code": "1"}).status_code for _ in range(2)]
    assert codes == [422, 429]


def test_mail_of_one_hold_goes_to_three_other_addresses_and_no_more(event: Event):
    make_registration(event, email="a3@haarlem.example", at=timezone.now())
    client = signed_up()
    answers = [client.post(PAGE, {"email": f"a{one}@haarlem.example"}) for one in range(3)]
    assert [answer.status_code for answer in answers] == [303] * 3
    refused = [client.post(PAGE, {"email": f"a{one}@haarlem.example"}) for one in (3, 4)]

    assert [answer.status_code for answer in refused] == [422] * 2
    assert seen(refused[0], "a3@haarlem.example") == seen(refused[1], "a4@haarlem.example")
    assert "al naar een paar andere adressen gegaan. Meld je opnieuw aan" in refused[0].text
    assert newest().email == "a2@haarlem.example"
    again = client.post(PAGE, {"email": "a2@haarlem.example"})
    assert again["Location"] == f"{PAGE}?verstuurd=opnieuw", "the same one is still asked again"


def test_form_sent_again_gives_no_more_other_addresses(event: Event):
    client = signed_up()
    for one in range(3):
        client.post(PAGE, {"email": f"a{one}@haarlem.example"})
    client.post(FORM, typed())

    assert client.post(PAGE, {"email": "els@haarlem.example"}).status_code == 422


# Whatever became of it, nobody who typed somebody's address sees that (rule 5)


def exact(response: Any) -> tuple[object, ...]:
    """All of an answer but what the clock and the key make of the cookie."""
    cookies = {name: morsel["max-age"] for name, morsel in response.cookies.items()}
    headers = headers_of(response)
    return response.status_code, headers, cookies, response.content


def answers_after(became: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What a browser gets that has just taken the only seat at 1a."""
    now = timezone.now()
    cache.clear()
    with monkeypatch.context() as clock, transaction.atomic():
        clock.setattr(timezone, "now", lambda: now)
        client = signed_up(email="els@haarlem.example")
        mine = newest()
        if became == "confirmed":
            signup.confirm(mine, at=now)
        elif became == "another of theirs":
            signup.confirm(Registration.objects.earliest("pk"), at=now)
        elif became == "cancelled":
            changing.cancel(signup.confirm(mine, at=now), at=now)
        elif became == "cancelled and taken":
            changing.cancel(signup.confirm(mine, at=now), at=now)
            make_registration(mine.event, {1: "1a"}, at=now)
        # No double click.
        clock.setattr(timezone, "now", lambda: now + timedelta(minutes=2))
        form = typed(email="els@haarlem.example", organisation="Buurtkiep")
        answers = [
            client.get(FORM),
            client.head(FORM),
            client.get(f"{FORM}?tafel=1a"),
            client.get(f"{FORM}?round_1=1a"),
            client.post(FORM, {**form, "agree": ""}),
            client.post(PAGE, {"email": "els@haarlem.example"}),
            client.post(PAGE, {"code": "000000"}),
            client.get(PAGE),
            client.post(PAGE, {"email": "noor@haarlem.example"}),
            client.get(f"{PAGE}?verstuurd=ander"),
            client.post(PAGE, {"code": "000000"}),
            client.get(FORM),
            client.post(FORM, form),
            client.get(PAGE),
            client.get(FORM),
            client.post(PAGE, {"email": "bo@haarlem.example"}),
            client.post(PAGE, {"email": "jo@haarlem.example"}),
            client.post(PAGE, {"email": "mo@haarlem.example"}),
            client.get(PAGE),
        ]
        found = [exact(answer) for answer in answers]
        assert differences() == []
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("became", ["confirmed", "cancelled", "cancelled and taken"])
def test_answers_are_the_same_once_it_is_confirmed(
    event: Event, monkeypatch: pytest.MonkeyPatch, became: str
):
    Event.objects.update(capacity=1)  # so it has the last place as well

    before = answers_after("nothing", monkeypatch)

    assert {status for status, *_rest in before} == {200, 303, 422}
    for one, other in zip(before, answers_after(became, monkeypatch), strict=True):
        assert one == other


def test_answers_are_the_same_once_another_of_theirs_is_confirmed(
    event: Event, monkeypatch: pytest.MonkeyPatch
):
    make_registration(event, email="els@haarlem.example", confirmed=False, at=timezone.now())

    before = answers_after("nothing", monkeypatch)

    for one, other in zip(before, answers_after("another of theirs", monkeypatch), strict=True):
        assert one == other


@pytest.mark.parametrize("became", ["confirmed", "another"])
def test_form_sent_twice_gives_the_same_cookie_whatever_became_of_it(
    event: Event, monkeypatch: pytest.MonkeyPatch, became: str
):
    """It was a short hold, of an event for which people wait by now."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    Event.objects.update(capacity=5)
    other = make_registration(event, email="noor@haarlem.example", confirmed=False, at=now)
    make_registration(event, confirmed=False, at=now)
    first = signed_up().cookies[COOKIE]
    mine = newest()

    signup.confirm(mine if became == "confirmed" else other, at=now)
    second = signed_up().cookies[COOKIE]

    assert (first["max-age"], second["max-age"]) == (15 * 60, 15 * 60)
    assert Client(headers={"cookie": f"{COOKIE}={second.value}"}).get(PAGE).context["with_place"]
    assert Registration.objects.count() == 3


def test_freed_meanwhile_the_form_is_answered_and_the_mail_says_what_is_left(event: Event):
    """Its seat went to somebody else, so that is asked for and not held."""
    client, now = signed_up(), timezone.now()
    holds.free(Registration.objects.all(), who="o", at=now)
    make_registration(event, {1: "1a"}, email="els@haarlem.example", at=now)

    assert client.post(FORM, typed(organisation="Buurtkiep")).status_code == 303

    mine = newest()
    assert (mine.status, mine.holds_place, mine.table_seats.count()) == ("pending", True, 0)
    assert [(one.session.code, one.asked) for one in mine.waitlist_entries.all()] == [("1a", True)]
    assert differences() == []


# The code


def mailed() -> tuple[str, StoredMail]:
    """The code as it stands in the text of the newest mail, and that mail."""
    strangers.answer(timezone.now())
    mail = StoredMail.objects.latest("pk")
    found = re.search(r"‘Kijk in je mail’: (\d{3} \d{3})\n", words_of(mail).text)
    assert found
    return found[1], mail


def test_code_of_the_mail_confirms_and_leads_to_the_personal_page(event: Event):
    client = signed_up()
    code, _mail = mailed()

    answer = client.post(PAGE, {"code": code})

    link = f"/aanmelding/{token_of(newest())}/?klaar=bevestigd"
    assert (answer.status_code, answer["Location"]) == (303, link)
    assert newest().is_confirmed
    assert client.cookies[COOKIE].value == ""
    assert client.get(link).status_code == 200


@pytest.mark.parametrize("form", ["{0}{1}", " {0}  {1} ", "{0}-{1}", "{0}\u00a0{1}", "{0}.{1}"])
def test_code_can_be_typed_as_people_do(event: Event, form: str):
    client = signed_up()
    first, second = mailed()[0].split()

    assert client.post(PAGE, {"code": form.format(first, second)}).status_code == 303


def test_code_is_in_the_mail_alone(event: Event, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    client = signed_up()
    code, mail = mailed()
    message = message_of(mail)
    assert code in message.body
    assert code in message.alternatives[0].content
    client.post(PAGE, {"code": "000000"})
    client.post(PAGE, {"code": code})

    bare = code.replace(" ", "")
    kept = [list(model.objects.values()) for model in (Registration, StoredMail, Change)]
    # A fraction of a second may have the same digits.
    kept_words = re.sub(r"datetime\([^)]*\)|UUID\([^)]*\)", "", str(kept))
    for place in (message.subject, str(message.extra_headers), kept_words, *caplog.messages):
        assert code not in place
    assert not re.search(rf"\b{bare}\b", kept_words)
    assert not re.search(rf"code\W+{bare}", caplog.text)


def test_mail_to_somebody_registered_already_has_no_code(event: Event):
    make_registration(event, email="noor@haarlem.example", at=timezone.now())
    signed_up(round_1="1b")
    strangers.answer(timezone.now())

    words = words_of(StoredMail.objects.get(kind="already"))
    assert not re.search(r"\d{3} \d{3}", words.text)
    assert "code" not in words.text


def test_wrong_code_says_how_many_tries_are_left_until_only_the_link_works(event: Event):
    client = signed_up()
    code, mail = mailed()
    wrong = "000 000" if code != "000 000" else "000 001"
    answers = [client.post(PAGE, {"code": wrong}) for _time in range(6)]

    assert {answer.status_code for answer in answers} == {422}
    for left, answer in zip((4, 3, 2, 1), answers, strict=False):
        assert f"Je kunt het nog {left} keer proberen." in answer.text
        assert f'value="{wrong}"' in answer.text
    for answer in answers[4:]:
        assert "Vanaf nu werkt alleen de link in de mail." in answer.text
        assert 'name="code"' not in answer.text
    assert "Daarom werkt nu alleen de link." in client.get(PAGE).text
    assert client.post(PAGE, {"code": code}).status_code == 422
    assert newest().is_pending
    assert code not in words_of(mail).text, "a code that no longer works is not mailed"


def test_wrong_code_is_summed_up_with_a_link_to_its_field(event: Event):
    client = signed_up()
    for code in ("000 000", "12"):
        answer = client.post(PAGE, {"code": code})

        assert 'href="#id_code"' in answer.text
        assert 'id="id_code"' in answer.text
        assert answer.text.count('id="errors"') == 1


def test_what_cannot_be_a_code_costs_no_try(event: Event):
    client = signed_up()
    for nonsense in ("", "12345", "1234567", "abcdef", "١٢٣٤٥", "\x00" * 6, "1" * 10_000):
        answer = client.post(PAGE, {"code": nonsense})
        assert answer.status_code == 422
        assert "Typ de zes cijfers uit onze mail" in answer.text
    assert newest().code_tries == 0


def test_field_helps_phones_to_fill_it_in(event: Event):
    field = re.findall(r'<input[^>]*name="code"[^>]*>', signed_up().get(PAGE).text)[0]

    assert 'inputmode="numeric"' in field
    assert 'autocomplete="one-time-code"' in field


def test_without_the_cookie_no_code_works(client: Client, event: Event):
    signed_up()
    answer = client.post(PAGE, {"code": mailed()[0]})

    assert answer.status_code == 422
    assert "We weten niet meer om welke aanmelding het gaat." in answer.text
    assert (newest().status, newest().code_tries) == ("pending", 0)


def test_code_sent_by_another_site_does_nothing(event: Event):
    client = signed_up()
    answer = client.post(PAGE, {"code": mailed()[0]}, headers={"Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, newest().status, newest().code_tries) == (403, "pending", 0)


def test_code_of_a_hold_that_was_freed_meanwhile_says_why_it_is_too_late(event: Event):
    """An organiser can free holds before their time."""
    client = signed_up()
    mine, now = newest(), timezone.now()
    holds.free(Registration.objects.all(), who="o", at=now)
    Event.objects.update(capacity=1, waiting_closes_at=now)
    make_registration(event, {1: "1a"}, email="els@haarlem.example", at=now)

    answer = client.post(PAGE, {"code": code_of(mine)})

    assert answer.status_code == 422
    assert "Je was te laat met bevestigen" in answer.text
    mine.refresh_from_db()
    assert (mine.status, mine.code_tries) == ("expired", 0)


def test_code_of_the_first_address_is_wrong_at_the_next(event: Event):
    client = signed_up()
    code, _mail = mailed()
    client.post(PAGE, {"email": "els@haarlem.example"})

    assert client.post(PAGE, {"code": code}).status_code == 422
    assert mailed()[0] != code
    assert client.post(PAGE, {"code": mailed()[0]}).status_code == 303


# Back to the form


def test_form_shows_ones_own_last_seat_as_free(event: Event):
    client = signed_up()
    choice = re.compile(r'<input[^>]*name="round_1"[^>]*value="1a"')

    assert choice.search(client.get(FORM).text)
    assert not choice.search(Client().get(FORM).text)


def test_form_shows_ones_own_last_place_as_free(event: Event):
    Event.objects.update(capacity=1)
    client = signed_up()
    make_registration(event, email="els@haarlem.example", waiting_too=True, at=timezone.now())

    assert client.get(FORM).context["queues"].offered is False
    assert Client().get(FORM).context["queues"].offered is True


def test_sending_it_again_keeps_ones_own_last_seat(event: Event):
    client = signed_up()
    answer = client.post(FORM, typed(organisation="Buurtkiep"))

    event.refresh_from_db()
    assert (answer.status_code, event.taken) == (303, 1)
    assert newest().table_seats.get().session.code == "1a"
    assert [one.status for one in Registration.objects.order_by("pk")] == ["expired", "pending"]
    assert differences() == []


def test_address_mended_on_the_form_replaces_the_hold(event: Event):
    client = signed_up(email="noor@gmial.com")
    assert client.post(FORM, typed(email="noor@gmail.com")).status_code == 303

    assert "noor@gmail.com" in client.get(PAGE).text
    assert Registration.objects.pending().get().email == "noor@gmail.com"


def test_colleague_in_the_same_browser_takes_nothing_from_the_first(event: Event):
    client = signed_up()
    first = newest()
    colleague = typed(first_name="Els", last_name="Bakker", email="els@haarlem.example")

    refused = client.post(FORM, colleague)
    assert refused.status_code == 422
    assert "vol" in str(refused.context["form"].errors["round_1"])
    assert client.post(FORM, colleague | {"round_1": "1b"}).status_code == 303

    first.refresh_from_db()
    assert (first.status, first.table_seats.get().session.code) == ("pending", "1a")
    assert "els@haarlem.example" in client.get(PAGE).text


def test_refused_the_old_hold_stays_and_its_seat_can_still_be_chosen(event: Event):
    client = signed_up()
    held = newest()
    slot = event.slots.get(session__code="1b")
    slot.seats = 0
    slot.save(update_fields=["seats"])

    answer = client.post(FORM, typed(round_1="1b"))

    assert answer.status_code == 422
    assert re.search(r'<input[^>]*name="round_1"[^>]*value="1a"', answer.text)
    held.refresh_from_db()
    assert (held.status, held.table_seats.get().session.code) == ("pending", "1a")


def test_what_else_is_wrong_is_said_without_a_word_about_ones_own_table(event: Event):
    answer = signed_up().post(FORM, {**typed(), "agree": ""})

    assert list(answer.context["form"].errors) == ["agree"]


def test_form_sent_twice_within_a_minute_is_one_sign_up(event: Event):
    client = signed_up()
    assert client.post(FORM, typed()).status_code == 303

    assert Registration.objects.count() == 1


def test_first_form_after_another_address_means_the_first_address_again(event: Event):
    client = signed_up()
    client.post(PAGE, {"email": "els@haarlem.example"})
    client.post(FORM, typed())

    assert "noor@haarlem.example" in client.get(PAGE).text
    assert Registration.objects.pending().get().email == "noor@haarlem.example"


def test_form_of_one_browser_is_kept_for_no_other(client: Client, event: Event, settings: Any):
    """One client, for each has pages of its own in memory."""
    settings.PAGE_CACHE_SECONDS = 60
    before = client.get(FORM)
    client.post(FORM, typed())
    own = client.get(FORM)
    event_page = client.get("/wijk/")
    del client.cookies[COOKIE]
    after = client.get(FORM)

    assert before["Cache-Control"] == after["Cache-Control"] == "no-cache"
    assert own["Cache-Control"] == "private, no-cache"
    assert [page.context is None for page in (before, own, after)] == [False, False, True]
    assert after.content == before.content, "still the page that was kept"
    assert event_page["Cache-Control"] == "no-cache", "other pages are for everybody"


def test_form_with_a_hold_asks_the_same_however_many_tables_it_has(event: Event):
    client = signed_up()
    with CaptureQueriesContext(connection) as few:
        client.get(FORM)
    for number in range(8):
        make_slot(event, f"2{number}")
    with CaptureQueriesContext(connection) as many:
        client.get(FORM)

    assert len(few) == len(many)


def test_reading_the_cookie_costs_nothing_without_one(client: Client, event: Event):
    client.get(PAGE)
    with CaptureQueriesContext(connection) as queries:
        client.get(PAGE)
    client.cookies[COOKIE] = "x"
    with CaptureQueriesContext(connection) as with_another:
        client.get(PAGE)

    assert not [one for one in queries if "uuid" in one["sql"]]
    assert len(queries) == len(with_another)


def test_form_says_that_the_tables_are_still_held_if_that_was_promised(event: Event):
    holds_them = "De tafels die je net koos, houden we nog voor je vast."
    client, without = signed_up(), signed_up(round_1="", email="els@haarlem.example")

    assert holds_them in client.get(FORM).text
    assert holds_them not in without.get(FORM).text, "no table was chosen"
    assert holds_them not in Client().get(FORM).text
