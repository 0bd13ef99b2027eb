"""Passwords: guessing is slow, asking for a new one tells nothing, and the mail comes later."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eventsite.logs import cut_secrets
from registrations.mail import outbox, staff_mail, strangers
from registrations.models import StoredMail
from tests.answers import headers_of
from tests.eventsite.accounts import (
    ACCOUNT,
    LOGIN,
    PASSWORD,
    SHOW,
    give_app,
    give_password,
    make_account,
)
from tests.eventsite.conftest import Clock
from tests.mailed import words_of

pytestmark = pytest.mark.django_db

ASK = f"{ACCOUNT}password/reset/"
CHANGE = f"{ACCOUNT}password/change/"
NEW = "nog een heel lang woord"


def ask(email: str, prefix: str = "") -> tuple[Any, list[str]]:
    """The answer, and the queries with their values left out."""
    with CaptureQueriesContext(connection) as queries:
        response = Client().post(prefix + ASK, {"email": email})
    return response, [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries]


def link_in(text: str) -> str:
    (link,) = re.findall(r"http://testserver(/\S+reset/key/\S+/)", text)
    return str(link)


def mailed_link() -> str:
    strangers.answer(timezone.now())
    return link_in(words_of(StoredMail.objects.get()).text)


def choose(client: Client, link: str, password: str = NEW) -> Any:
    form = client.get(link, follow=True)
    typed = {"password1": password, "password2": password}
    return client.post(form.request["PATH_INFO"], typed, follow=True)


def test_asking_for_a_password_is_the_same_for_everybody(clock: Clock):
    make_account(email="noor@gemeente.example")
    known, known_queries = ask("noor@gemeente.example")
    unknown, unknown_queries = ask("niemand@gemeente.example")

    assert known.status_code == unknown.status_code == 303
    assert known.url == unknown.url == f"{ASK}done/"
    assert headers_of(known) == headers_of(unknown)
    assert known_queries == unknown_queries
    assert known.cookies.keys() == unknown.cookies.keys()
    assert mail.outbox == []
    assert StoredMail.objects.filter(kind="account", asked=True, event=None).count() == 2


def test_worker_writes_only_to_those_who_have_an_account():
    make_account("noor", email="Noor@gemeente.example")
    make_account("weg", email="weg@gemeente.example", is_active=False)
    for address in ("noor@GEMEENTE.example", "weg@gemeente.example", "niemand@gemeente.example"):
        ask(address)
    assert StoredMail.objects.due(timezone.now()).count() == 0

    assert strangers.answer(timezone.now()) == 1
    assert outbox.send_due(timezone.now()).sent == 1
    (message,) = mail.outbox
    assert message.to == ["Noor@gemeente.example"]
    assert "Gebruikersnaam: noor" in message.body
    assert StoredMail.objects.get().about == {}


def test_mail_speaks_the_language_in_which_it_was_asked():
    make_account(email="noor@gemeente.example")
    ask("noor@gemeente.example", "/en")

    assert mailed_link().startswith("/en/admin/account/")
    assert StoredMail.objects.get().language == "en"
    assert words_of(StoredMail.objects.get()).subject == "Choose a new password for Tafelronde"


def test_text_and_page_of_the_mail_say_the_same():
    user = make_account()
    staff_mail.password_link(user, at=timezone.now()).save()
    staff_mail.store_notice(user, "Er is iets gebeurd.", at=timezone.now())
    for stored in StoredMail.objects.all():
        written = words_of(stored)  # once: the key of the link holds the second it was made
        assert set(re.findall(r"http://\S+?(?=[\s\"<]|$)", written.text)) == set(
            re.findall(r"http://\S+?(?=[\s\"<]|$)", written.html)
        )
        assert "beheer" in written.text
        assert "beheer" in written.html
        assert 'lang="nl"' in written.html


def test_link_chooses_a_password_once_and_ends_other_sessions(client):
    user = make_account()
    client.force_login(user)
    ask(user.email)
    link = mailed_link()
    for _look in range(3):  # as mail scanners do
        assert Client().get(link, follow=True).status_code == 200

    done = choose(Client(), link)
    user.refresh_from_db()
    assert done.request["PATH_INFO"] == f"{ASK}key/done/"
    assert user.check_password(NEW)
    assert client.get("/admin/").status_code == 302
    again = Client().get(link, follow=True)
    assert "Deze link werkt niet meer" in again.text
    assert again.context["token_fail"]


def test_link_is_no_second_factor(client):
    user = make_account()
    give_app(user)
    ask(user.email)
    choose(client, mailed_link())

    assert client.post(LOGIN, {"login": "beheer", "password": NEW}).url == SHOW


def test_weak_or_different_passwords_are_refused_with_what_to_do(client):
    user = make_account()
    ask(user.email)
    link = mailed_link()
    assert "12 tekens" in choose(client, link, "kort").text
    form = client.get(link, follow=True)
    path = form.request["PATH_INFO"]
    page = client.post(path, {"password1": NEW, "password2": PASSWORD})

    assert "De twee nieuwe wachtwoorden verschillen" in page.text
    assert page.text.index('id="errors"') < page.text.index("<form")
    assert re.search(r"<title>\s*Fout:", page.text)


def test_account_mails_are_dropped_when_somebody_keeps_asking():
    user = make_account()
    now = timezone.now()
    for _time in range(6):
        ask(user.email)
        ask(user.email)
        assert strangers.answer(now) == 1

    assert outbox.send_due(now).sent == 5
    assert StoredMail.objects.get(sent_at=None).error == "too many"


def test_asking_too_often_is_refused_for_anybody():
    for address in ("beheer@gemeente.example", "niemand@gemeente.example"):
        answers = [ask(address)[0] for _time in range(21)]
        assert [answer.status_code for answer in answers] == [303] * 20 + [429]
        assert answers[-1]["Retry-After"] == "3600"


def test_who_tried_too_often_is_told_how_long_that_still_lasts(client, clock):
    client.force_login(make_account())
    for _time in range(5):
        client.post(CHANGE, {})
    clock.seconds += 45

    refused = client.post(CHANGE, {})

    assert (refused.status_code, refused["Retry-After"]) == (429, "15")
    clock.seconds += 15
    assert client.post(CHANGE, {}).status_code != 429


def test_account_mails_are_forgotten_after_a_month():
    user, now = make_account(), timezone.now()
    for days in (29, 31):
        staff_mail.store_notice(user, f"{days} dagen", at=now - timedelta(days=days))

    assert staff_mail.forget_old(now) == 1
    assert "29 dagen" in words_of(StoredMail.objects.get()).text


def test_link_is_kept_out_of_logs_and_copies(client):
    line = cut_secrets("GET /en/admin/account/password/reset/key/1-cx4-0ab12/ 200")
    assert line == "GET /en/admin/account/password/reset/key/[cut]/ 200"

    response = client.get(f"{ASK}key/1-cx4-0ab12/")
    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))
    assert response["X-Robots-Tag"] == "noindex, nofollow"


def wrong(name: str, address: str = "10.0.0.1", password: str = "fout") -> Any:
    typed = {"login": name, "password": password}
    return Client(REMOTE_ADDR=address).post(LOGIN, typed)


def test_too_many_wrong_codes_are_no_wrong_passwords(client: Client):
    user = make_account("noor")
    give_app(user)
    give_password(client, user)
    for _guess in range(10):
        client.post(SHOW, {"code": "000000"})

    refused = client.post(SHOW, {"code": "000000"}).text

    assert "Dit ging te vaak mis. Wacht tien minuten en probeer het dan opnieuw." in refused
    assert "Te vaak een verkeerd wachtwoord" not in refused


def test_guessing_a_password_is_slowed_down_and_locks_nobody_else_out():
    make_account("noor")
    make_account("bram")
    for _guess in range(10):
        assert "horen niet bij elkaar" in wrong("noor").text

    refused = wrong("noor", password=PASSWORD).text
    assert "Te vaak een verkeerd wachtwoord. Wacht tien minuten" in refused
    assert "‘Geen wachtwoord, of vergeten?’" in refused
    assert ">Geen wachtwoord, of vergeten?<" in refused, "which is on that page"
    # Somebody else behind the same address, and the owner elsewhere.
    assert wrong("bram", password=PASSWORD).status_code == 302
    assert wrong("noor", "10.0.0.2", PASSWORD).status_code == 302


def test_who_chose_a_new_password_need_not_wait_for_the_wrong_ones_of_before():
    user = make_account("noor")
    for _guess in range(10):
        wrong("noor")
    ask(user.email)
    mine = Client(REMOTE_ADDR="10.0.0.1")
    choose(mine, mailed_link())

    assert wrong("noor", password=NEW).status_code == 302


def test_colleagues_behind_one_address_all_get_in():
    make_account()
    for _colleague in range(60):
        assert wrong("beheer", password=PASSWORD).status_code == 302


def test_wrong_name_and_wrong_password_get_one_answer():
    make_account("noor")
    pages = [
        re.sub(r'value="[^"]*"', "", wrong(name).text.replace(name, ""))
        for name in ("noor", "niemand")
    ]

    assert pages[0] == pages[1]


def test_password_changes_only_for_those_who_know_the_old_one(client):
    user = make_account()
    client.force_login(user)
    typed = {"oldpassword": "fout", "password1": NEW, "password2": NEW}
    page = client.post(f"{ACCOUNT}password/change/", typed)
    assert "Dit is niet je huidige wachtwoord" in page.text

    client.post(f"{ACCOUNT}password/change/", typed | {"oldpassword": PASSWORD})
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert "Je wachtwoord is gewijzigd" in words_of(StoredMail.objects.get()).text


def test_mail_about_a_change_is_in_one_language_whatever_that_of_the_page(client):
    """Of staff no language is known: their mail is Dutch, all of it."""
    client.force_login(make_account())
    typed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}

    client.post(f"/en{ACCOUNT}password/change/", typed)

    mail = StoredMail.objects.get()
    assert "Je wachtwoord is gewijzigd." in words_of(mail).text
    assert "Je wachtwoord is gewijzigd." in words_of(mail).html
