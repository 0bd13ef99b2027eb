"""Stopping mail to many: by the link in it, by a mail program, and on one's own page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from eventsite.logs import cut_secrets
from program.models import Event
from registrations.errors import LinkUnknown
from registrations.mailing import mailings, unsubscribing
from registrations.mailing.audience import REGISTERED
from registrations.models import Change, Registration, StoredMail
from registrations.privacy import erasure
from registrations.queries.tokens import find, find_no_mail, no_mail_token_of, token_of
from tests.factories import NOW, make_event, make_registration

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    return make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=14))


@pytest.fixture
def noor(event: Event) -> Registration:
    return make_registration(event, email="noor@haarlem.example", at=timezone.now())


@pytest.fixture
def strict() -> Client:
    """A browser, or a mail program, for which form tokens are checked."""
    return Client(enforce_csrf_checks=True)


def stop_page(registration: Registration, prefix: str = "") -> str:
    return f"{prefix}/aanmelding/geen-mail/{no_mail_token_of(registration)}/"


def wants(registration: Registration) -> bool:
    return unsubscribing.wants_mail(Registration.objects.get(pk=registration.pk))


def test_following_the_link_changes_nothing(strict, noor):
    for _scan in range(20):
        answer = strict.get(stop_page(noor))
        assert answer.status_code == 200
        strict.head(stop_page(noor))

    assert wants(noor)
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert noor.name not in answer.content.decode()
    assert noor.email not in answer.content.decode()


def test_mail_program_stops_the_mail_without_cookie_or_redirect(strict, noor):
    answer = strict.post(stop_page(noor), {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert not wants(noor)
    change = Change.objects.get(what=Change.What.UNSUBSCRIBED)
    assert (change.registration, change.who, change.new) == (noor, "attendee", {"wants": False})


def test_button_on_the_page_does_the_same_and_twice_is_once(strict, noor):
    first = strict.post(stop_page(noor, "/en"))
    version = Event.objects.get().version
    again = strict.post(stop_page(noor, "/en"))

    assert "You won’t get any more messages" in first.content.decode()
    assert first.content == again.content
    assert Event.objects.get().version == version
    assert Registration.objects.get().version == version
    assert Change.objects.filter(what=Change.What.UNSUBSCRIBED).count() == 1


def test_link_opens_nothing_else(strict, noor):
    token = no_mail_token_of(noor)

    assert noor.secret not in token
    with pytest.raises(LinkUnknown):
        find(token)
    for part in ("", "tafels/", "annuleren/", "wissen/", "gegevens.json"):
        assert strict.get(f"/aanmelding/{token}/{part}").status_code == 404
    with pytest.raises(LinkUnknown):
        find_no_mail(token_of(noor))


@pytest.mark.parametrize("token", ["x", "voorbeeld", "AAAAAAAAAAAAAAAAAAAAAA.x", "a.b.c"])
def test_unknown_link_is_not_found(strict, noor, token):
    assert strict.get(f"/aanmelding/geen-mail/{token}/").status_code == 404
    assert strict.post(f"/aanmelding/geen-mail/{token}/").status_code == 404
    assert strict.post(stop_page(noor)[:-2] + "/").status_code == 404
    assert wants(noor)


def test_link_of_somebody_erased_is_dead(strict, noor):
    page = stop_page(noor)
    erasure.erase(noor, at=timezone.now())

    assert strict.get(page).status_code == 404


def test_mail_that_waits_to_be_sent_is_given_up(noor, event):
    other = make_registration(event, at=timezone.now())
    words = mailings.Words("Nieuws", "Hallo")
    mailing = mailings.write(event, words, REGISTERED, who="o", at=NOW)
    mailings.send(mailing, who="o", at=timezone.now())
    unsubscribing.set_wants_mail(noor, False, at=timezone.now())

    given_up = mailing.mails.get(registration=noor)
    assert given_up.failed_at is not None
    assert given_up.error == "unsubscribed"
    assert mailing.mails.get(registration=other).failed_at is None
    own = StoredMail.objects.filter(registration=noor, mailing=None)
    assert own.count() == own.waiting().count() > 0


def test_own_page_turns_it_off_and_on_again(client, noor, event):
    page = f"/en/aanmelding/{token_of(noor)}/"
    answer = client.post(f"{page}berichten/", {"wants": ""}, follow=True)
    assert "You won’t get any more messages from the organisers." in answer.content.decode()
    assert not wants(noor)

    answer = client.post(f"{page}berichten/", {"wants": "on"}, follow=True)
    assert "You’ll get messages from the organisers again." in answer.content.decode()
    assert wants(noor)
    assert client.get(f"{page}berichten/").status_code == 303
    assert wants(noor)


def test_all_sign_ups_of_an_address_are_meant(noor, event):
    again = make_registration(
        event, email="NOOR@haarlem.example", confirmed=False, at=timezone.now()
    )
    elsewhere = make_registration(make_event(), email="noor@haarlem.example")
    unsubscribing.set_wants_mail(noor, False, at=timezone.now())

    assert (wants(noor), wants(again), wants(elsewhere)) == (False, False, True)


def test_logs_hold_no_such_link(noor):
    token = no_mail_token_of(noor)
    for line in (
        f"GET /aanmelding/geen-mail/{token}/ 500",
        f"https://site.example/en/aanmelding/geen-mail/{token}/",
        f"?next=%2Faanmelding%2Fgeen-mail%2F{token}%2F",
        f"no such thing: {token}",
    ):
        cut = cut_secrets(line)
        assert token not in cut
        assert token.split(".")[1] not in cut
    assert cut_secrets("/aanmelding/geen-mail/x/") == "/aanmelding/geen-mail/[cut]/"
