"""SECRET_KEY is replaced: what was made under the old one works until that is taken away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from program.models import Event
from program.public.preview import preview_url
from registrations.booking import signup
from registrations.door import passes
from registrations.errors import WrongCode
from registrations.mail import staff_mail
from registrations.models import ColleagueRole, Registration
from registrations.organising import colleagues
from registrations.queries import door_codes, tokens
from tests.eventsite.accounts import (
    SHOW,
    give_app,
    give_password,
    log_in,
    make_account,
    recovery_codes,
)
from tests.eventsite.conftest import Clock
from tests.factories import make_event, make_host, make_registration, make_slot
from tests.mailed import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_second_factor")]

A, B = "a key that has served for years, or has leaked", "the key that takes its place today"


@dataclass
class Made:
    """What a site hands out under one key, with those who have it."""

    event: Event
    links: dict[str, str]
    held: Registration
    code: str
    ticket: str
    browsers: dict[str, tuple[Client, str]]  # with the page that shows whether it is known
    user: User
    app: str

    def pages(self) -> dict[str, int]:
        """The status of each link, and of each page that a cookie opens."""
        links = {name: Client().get(link).status_code for name, link in self.links.items()}
        opened = {
            name: browser.get(to).status_code for name, (browser, to) in self.browsers.items()
        }
        return links | opened


def make_everything(clock: Clock) -> Made:
    at = timezone.now()
    event = make_event(slug="wijk", starts_at=at + timedelta(days=3), rounds=1)
    make_slot(event, "1a")
    person = make_registration(event, {1: "1a"}, at=at)
    invited = colleagues.invite(event, "x@gemeente.example", ColleagueRole.DOOR, who="x", at=at)
    door_pass = passes.make(event, "Telefoon", who="x", at=at)
    user, newcomer = make_account(), make_account("nieuw")
    app = give_app(user)
    mail = staff_mail.password_link(newcomer, at=at)
    mail.save()
    (reset,) = [word for word in words_of(mail).text.split() if "reset/key/" in word]
    links = {
        "personal": reverse("registrations:mine", args=[tokens.token_of(person)]),
        "no mail": reverse("registrations:no-mail", args=[tokens.no_mail_token_of(person)]),
        "host": reverse(
            "registrations:host", args=[tokens.host_token_of(make_host(event, "1a", at=at))]
        ),
        "invitation": reverse("account_invitation", args=[tokens.invitation_token_of(invited)]),
        "door pass": reverse("registrations:door-pass", args=[passes.link_token(door_pass)]),
        "draft": preview_url(make_event(published=False)),
        "new password": reset.removeprefix("http://testserver"),
    }
    visitor, device, staff = Client(), Client(), Client()
    typed = {"first_name": "Noor", "last_name": "Berg", "email": "noor@haarlem.example"}
    typed |= {"role": "raadslid", "round_1": "1a", "agree": "on"}
    assert visitor.post("/wijk/aanmelden/", typed).status_code == 303
    held = Registration.objects.latest("pk")
    device.post(links["door pass"])
    log_in(staff, user, app, clock())
    clock.seconds += 60  # each code of the app works once
    return Made(
        event=event,
        links=links,
        held=held,
        code=tokens.code_of(held),
        ticket=door_codes.of_registration(person),
        browsers={
            "visitor": (visitor, "/wijk/aanmelden/controleer-je-mail/"),
            "device": (device, "/deur/wijk/hallo/"),
            "staff": (staff, "/admin/"),
        },
        user=user,
        app=app,
    )


def replace_key(settings, *earlier: str) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = B, list(earlier)


def all_well(made: Made) -> dict[str, int]:
    usual = dict.fromkeys([*made.links, *made.browsers], 200)
    return usual | {"new password": 302}  # it hides the link from the address bar


@pytest.fixture
def made(settings, clock: Clock) -> Made:
    settings.SECRET_KEY = A
    made = make_everything(clock)
    assert made.pages() == all_well(made)
    return made


def test_everything_made_under_the_old_key_works_beside_the_new_one(made: Made, settings):
    replace_key(settings, A)

    assert made.pages() == all_well(made)
    assert signup.confirm_by_code(made.held, made.code, at=timezone.now()).is_confirmed


def test_an_app_and_recovery_codes_work_beside_the_new_key(made: Made, settings, clock: Clock):
    spare = recovery_codes(made.user)
    replace_key(settings, A)

    assert log_in(Client(), made.user, made.app, clock()).status_code == 302
    other = Client()
    give_password(other, made.user)
    assert other.post(SHOW, {"code": spare[0]}).status_code == 302


def test_the_door_is_told_the_old_key_too_until_that_goes(made: Made, settings):
    device, hello = made.browsers["device"]
    old = device.get(hello).json()["scan_key"]
    replace_key(settings, A)
    both = device.get(hello).json()["scan_key"]
    replace_key(settings)
    new = device.get(hello).json()["scan_key"]  # it was heard of in between

    assert both == f"{new} {old}"
    assert door_codes.of_registration(Registration.objects.earliest("pk")) != made.ticket


def test_without_the_old_key_its_links_are_told_as_not_working(made: Made, settings):
    replace_key(settings)

    assert made.pages() == {
        **dict.fromkeys(["personal", "no mail", "host", "invitation", "door pass", "draft"], 404),
        "new password": 200,  # 'this link does not work any more', with a way to ask for another
        "visitor": 200,
        "device": 401,
        "staff": 302,
    }
    assert "werkt niet meer" in Client().get(made.links["personal"]).text
    assert "werkt niet meer" in Client().get(made.links["new password"]).text
    with pytest.raises(WrongCode):
        signup.confirm_by_code(made.held, made.code, at=timezone.now())


def test_what_was_made_or_used_in_between_outlives_the_old_key(made: Made, settings, clock: Clock):
    replace_key(settings, A)
    staff, admin = made.browsers["staff"]
    device, hello = made.browsers["device"]
    assert (staff.get(admin).status_code, device.get(hello).status_code) == (200, 200)
    person = Registration.objects.earliest("pk")
    link = reverse("registrations:mine", args=[tokens.token_of(person)])
    replace_key(settings)

    assert Client().get(link).status_code == 200
    assert staff.get(admin).status_code == 200
    assert device.get(hello).status_code == 200


def test_stored_secrets_are_locked_anew_so_that_the_old_key_can_go(
    made: Made, settings, clock: Clock
):
    spare = recovery_codes(made.user)
    replace_key(settings, A)
    said = StringIO()
    call_command("lock_secrets_anew", stdout=said)
    replace_key(settings)

    assert "2 secrets are encrypted with SECRET_KEY." in said.getvalue()
    assert recovery_codes(made.user) == spare
    assert log_in(Client(), made.user, made.app, clock()).status_code == 302


def test_a_secret_that_no_key_opens_is_counted_and_left_alone(made: Made, settings):
    before = list(Authenticator.objects.order_by("pk").values_list("data", flat=True))
    replace_key(settings)
    said = StringIO()
    call_command("lock_secrets_anew", stdout=said)

    assert "2 cannot be read with any key" in said.getvalue()
    assert list(Authenticator.objects.order_by("pk").values_list("data", flat=True)) == before
