"""A colleague accepts an invitation: with a new account or their own, never with another's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from program.models import Event
from registrations.models import Invitation
from registrations.organising import colleagues
from registrations.queries.tokens import invitation_token_of
from tests.eventsite.accounts import LOGIN, PASSWORD, give_password, make_account
from tests.factories import make_event, make_organiser

pytestmark = pytest.mark.django_db

ELS = "els@gemeente.example"
FORM = {
    "first_name": "Els",
    "last_name": "de Boer",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


@pytest.fixture
def event() -> Event:
    return make_event(title="Avond")


def invited(event: Event, role: str = "reader", **more: Any) -> str:
    at = more.pop("at", timezone.now())
    invitation = colleagues.invite(event, ELS, role, who="olga", at=at)
    return reverse("account_invitation", args=[invitation_token_of(invitation)])


def test_a_new_colleague_chooses_a_password_and_is_in(client, event):
    path = invited(event)
    page = client.get(path)
    assert page.status_code == 200
    assert "els" in page.text
    assert page["Referrer-Policy"] == "same-origin"
    assert "no-store" in page["Cache-Control"]
    assert "noindex" in page["X-Robots-Tag"]
    assert Invitation.objects.exists()  # reading changes nothing

    response = client.post(path, FORM)

    assert response.url == "/admin/"
    overview = f"/admin/program/event/{event.pk}/overzicht/"
    assert overview in client.get("/admin/").text
    assert client.get(overview).status_code == 200
    assert client.get(path).status_code == 404  # once
    assert give_password(Client(), User.objects.get()).status_code == 302


def test_the_second_factor_is_set_up_before_any_page_opens(client, event, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    client.post(invited(event, "organiser"), FORM)

    for page in ("/admin/", f"/admin/program/event/{event.pk}/team/"):
        assert client.get(page, follow=True).redirect_chain[-1][0] == "/admin/account/"
    TOTP.activate(User.objects.get(), "GEHEIM234567GEHEIM234567")
    shown = client.get("/admin/", follow=True).redirect_chain[-1][0]
    assert shown.startswith("/admin/account/again/code/")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"password2": "iets anders"}, "De twee nieuwe wachtwoorden verschillen."),
        ({"password1": "1234", "password2": "1234"}, "wachtwoord"),
        ({"first_name": ""}, "Vul je voornaam in."),
    ],
)
def test_a_wrong_form_makes_no_account(client, event, wrong, sentence):
    response = client.post(invited(event), FORM | wrong)

    assert response.status_code == 422
    assert sentence in response.text
    assert not User.objects.exists()
    assert Invitation.objects.exists()


def test_whoever_has_an_account_logs_in_first(client, event):
    els = make_account("els", email=ELS, is_superuser=False)
    path = invited(event)
    page = client.get(path).text
    assert f"{LOGIN}?next={quote(path, safe='')}" in page
    assert "password1" not in page
    client.post(path, FORM)
    assert User.objects.count() == 1
    assert not event.readers.exists()

    give_password(client, els)
    assert "Je bent ingelogd als els." in client.get(path).text
    assert not event.readers.exists()
    assert client.post(path).url == "/admin/"
    assert list(event.readers.all()) == [els]


def test_another_account_does_not_take_the_place(client, event):
    jan = make_account("jan", is_superuser=False)
    give_password(client, jan)
    path = invited(event, "organiser")

    assert "voor een ander adres" in client.get(path).text
    client.post(path, FORM)

    assert not event.organisers.exists()
    assert User.objects.count() == 1


def test_a_closed_account_is_told_so(client, event):
    make_account("els", email=ELS, is_active=False)
    path = invited(event)

    assert "Je account is gesloten." in client.get(path).text
    client.post(path, FORM)
    assert not event.readers.exists()


@pytest.mark.parametrize("broken", ["old", "withdrawn", "signature"])
def test_a_link_that_no_longer_works(client, event, broken):
    path = invited(event, at=timezone.now() - timedelta(days=8 * (broken == "old")))
    if broken == "withdrawn":
        colleagues.withdraw(Invitation.objects.get(), who="olga", at=timezone.now())
    if broken == "signature":
        path = path[:-2] + ("A" if path[-2] != "A" else "B") + "/"

    for answer in (client.get(path), client.post(path, FORM)):
        assert answer.status_code == 404
        assert "Deze uitnodiging werkt niet meer" in answer.text
    assert not User.objects.exists()


def test_nobody_accepts_by_a_page_of_another_site(event):
    path = invited(event)

    assert Client(enforce_csrf_checks=True).post(path, FORM).status_code == 403
    assert not User.objects.exists()


def test_readers_are_no_organisers_even_if_they_organise_elsewhere(client, event):
    both = make_organiser(make_event())
    both.email = ELS
    both.set_password(PASSWORD)
    both.save()
    give_password(client, both)
    client.post(invited(event))

    start = f"/admin/program/event/{event.pk}/"
    assert client.get(f"{start}overzicht/").status_code == 200
    assert client.post(f"{start}lijsten/", {"file": "csv"}).status_code == 403
    for closed in ("team/", "mail/", "gasten/", "lijsten/deelnemers/", "geschiedenis/"):
        assert client.get(start + closed).status_code == 404, closed
