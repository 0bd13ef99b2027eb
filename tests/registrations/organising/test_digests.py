"""A mail now and then of what happened: to whom, when, and that it says numbers alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from program.models import Event
from registrations.booking import changing
from registrations.mail import staff_mail
from registrations.mail.envelope import NotWanted
from registrations.models import Digest, StoredMail
from registrations.organising import digests
from registrations.privacy import erasure
from tests.factories import (
    AMSTERDAM,
    make_event,
    make_host,
    make_organiser,
    make_proposal,
    make_registration,
    make_slot,
)
from tests.mailed import words_of

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
# A Wednesday, and the Monday after it.
WEDNESDAY = datetime(2026, 11, 25, 10, 0, tzinfo=AMSTERDAM)
THURSDAY_8 = datetime(2026, 11, 26, 8, 0, tzinfo=AMSTERDAM)
MONDAY_8 = datetime(2026, 11, 30, 8, 0, tzinfo=AMSTERDAM)


@pytest.fixture
def event() -> Event:
    event = make_event(title="Wijkavond", title_en="Evening", capacity=2)
    make_slot(event, "1a", seats=1)
    return event


@pytest.fixture
def anja(event: Event) -> User:
    return make_organiser(event, email="anja@gemeente.example")


def choose(event: Event, user: User, often: str = "daily", language: str = "nl") -> None:
    digests.choose(event, user, often, language=language, at=WEDNESDAY)


def stored() -> list[tuple[str, dict[str, int]]]:
    mails = StoredMail.objects.filter(kind="digest").order_by("pk")
    return [(mail.to, mail.about["news"]) for mail in mails]


@pytest.mark.parametrize(
    ("often", "at", "last"),
    [
        ("daily", THURSDAY_8, THURSDAY_8),
        ("daily", THURSDAY_8 - timedelta(seconds=1), THURSDAY_8 - DAY),
        ("weekly", MONDAY_8, MONDAY_8),
        ("weekly", MONDAY_8 + 6 * DAY, MONDAY_8),
        ("weekly", MONDAY_8 - timedelta(seconds=1), MONDAY_8 - 7 * DAY),
        # The clocks went back on 25 October 2026: it is eight o'clock in Amsterdam all the same.
        (
            "daily",
            datetime(2026, 10, 25, 9, 0, tzinfo=AMSTERDAM),
            datetime(2026, 10, 25, 8, 0, tzinfo=AMSTERDAM),
        ),
    ],
)
def test_mails_go_at_eight_in_the_morning(often: str, at: datetime, last: datetime):
    assert digests.last_time(often, at) == last


def test_what_happened_is_counted_once(event: Event, anja: User):
    choose(event, anja)
    make_registration(event, {1: "1a"}, at=WEDNESDAY - DAY)
    leaving = make_registration(event, at=WEDNESDAY + timedelta(hours=1))
    make_registration(event, waiting_too=True, at=WEDNESDAY + timedelta(hours=2))
    make_registration(event, confirmed=False, waiting_too=True, at=WEDNESDAY + timedelta(hours=2))
    changing.cancel(leaving, at=WEDNESDAY + timedelta(hours=3))

    assert digests.queue_due(THURSDAY_8 - timedelta(minutes=1)) == 0
    assert digests.queue_due(THURSDAY_8) == 1
    assert digests.queue_due(THURSDAY_8 + timedelta(minutes=5)) == 0

    news = {"signed_up": 1, "waiting": 1, "promoted": 1, "cancelled": 1}
    assert stored() == [("anja@gemeente.example", news)]


def test_nothing_goes_when_nothing_happened(event: Event, anja: User):
    choose(event, anja)

    assert digests.queue_due(THURSDAY_8) == 0
    make_registration(event, at=THURSDAY_8 + timedelta(hours=1))
    assert digests.queue_due(THURSDAY_8 + timedelta(hours=2)) == 0
    assert digests.queue_due(THURSDAY_8 + DAY) == 1


def test_weekly_mail_waits_for_monday(event: Event, anja: User):
    choose(event, anja, "weekly")
    make_registration(event, at=WEDNESDAY + timedelta(hours=1))

    assert digests.queue_due(MONDAY_8 - timedelta(minutes=1)) == 0
    assert digests.queue_due(MONDAY_8) == 1


def test_no_mail_by_itself_nor_to_those_who_organise_no_more(event: Event, anja: User):
    make_registration(event, at=WEDNESDAY + timedelta(hours=1))
    assert digests.queue_due(THURSDAY_8) == 0

    choose(event, anja)
    make_registration(event, at=WEDNESDAY + timedelta(hours=1))
    event.organisers.clear()
    assert digests.queue_due(THURSDAY_8) == 0


def test_mails_stop_when_the_event_is_over(event: Event, anja: User):
    choose(event, anja)
    make_registration(event, at=WEDNESDAY + timedelta(hours=1))

    assert digests.queue_due(event.ends_at) == 0


def test_mail_says_numbers_in_the_language_chosen_and_names_nobody(event: Event, anja: User):
    choose(event, anja, language="en")
    make_registration(event, {1: "1a"}, last_name="Bergsma", at=WEDNESDAY + timedelta(hours=1))
    digests.queue_due(THURSDAY_8)
    mail = StoredMail.objects.get(kind="digest")

    said = words_of(mail)

    assert said.subject == "What happened: Evening"
    for words in (
        "1 person signed up",
        "Now 1 of 2 places are taken. Waiting: 0.",
        "1 table is full.",
        f"/en/admin/program/event/{event.pk}/samenvatting-per-mail/",
    ):
        assert words in said.text
    assert "Bergsma" not in said.text + said.html
    assert "status__exact=confirmed" in said.html


def test_mail_tells_of_proposals_that_wait(event: Event, anja: User):
    choose(event, anja, language="en")
    make_registration(event, at=WEDNESDAY + timedelta(hours=1))
    host = make_host(event, "1a", at=WEDNESDAY)
    digests.queue_due(THURSDAY_8)
    mail = StoredMail.objects.get(kind="digest")
    assert "proposal" not in words_of(mail).text

    make_proposal(host, at=WEDNESDAY, function="Wethouder")

    said = words_of(mail)
    for text in (said.text, said.html):
        assert "1 proposal of a host waits for your answer." in text
        assert f"/admin/program/event/{event.pk}/team/" in text
        assert host.name not in text


def test_what_was_mailed_is_forgotten_after_a_month_and_with_the_event(event: Event, anja: User):
    for _time in range(2):
        choose(event, anja)
        make_registration(event, at=WEDNESDAY + timedelta(hours=1))
        digests.queue_due(THURSDAY_8)
        Digest.objects.all().delete()
    choose(event, anja)
    first, second = StoredMail.objects.filter(kind="digest").order_by("pk")
    StoredMail.objects.filter(pk=first.pk).update(created_at=THURSDAY_8 - staff_mail.KEPT - DAY)

    staff_mail.forget_old(THURSDAY_8)
    assert [mail.pk for mail in StoredMail.objects.filter(kind="digest")] == [second.pk]
    # All who signed up erased themselves: the mail to the organiser is what is left.
    for person in event.registrations.all():
        erasure.erase(person, at=WEDNESDAY)
    erasure.erase_due(event.kept_until)

    assert not StoredMail.objects.filter(kind="digest").exists()
    assert not Digest.objects.exists()


def test_mail_that_was_turned_off_in_the_meantime_does_not_go(event: Event, anja: User):
    choose(event, anja)
    make_registration(event, at=WEDNESDAY + timedelta(hours=1))
    digests.queue_due(THURSDAY_8)
    choose(event, anja, "")

    with pytest.raises(NotWanted):
        words_of(StoredMail.objects.get(kind="digest"))


def test_organiser_chooses_for_herself_alone(event: Event, anja: User, client: Client):
    bram = make_organiser(event, email="bram@gemeente.example")
    choose(event, bram, "weekly")
    client.force_login(anja)
    page = f"/en/admin/program/event/{event.pk}/samenvatting-per-mail/"

    assert client.get(page).context["form"].initial == {"often": ""}
    assert client.post(page, {"often": "daily"}).status_code == 303
    assert set(Digest.objects.values_list("user", "often", "language")) == {
        (anja.pk, "daily", "en"),
        (bram.pk, "weekly", "nl"),
    }
    assert client.post(page, {"often": "hourly"}).status_code == 422
    assert client.post(page, {"often": ""}).status_code == 303
    assert Digest.objects.get().user == bram


def test_account_without_an_address_is_told_so(event: Event, anja: User, client: Client):
    User.objects.filter(pk=anja.pk).update(email="")
    client.force_login(anja)
    page = f"/en/admin/program/event/{event.pk}/samenvatting-per-mail/"

    response = client.post(page, {"often": "daily"})

    assert (response.status_code, Digest.objects.count()) == (422, 0)
    assert "Your account has no e-mail address." in response.text


def test_change_of_how_often_tells_nothing_twice(event: Event, anja: User):
    choose(event, anja)
    make_registration(event, at=WEDNESDAY + timedelta(hours=1))
    digests.queue_due(THURSDAY_8)

    digests.choose(event, anja, "weekly", language="nl", at=timezone.now())

    assert Digest.objects.get().told_until == THURSDAY_8
    assert digests.queue_due(MONDAY_8) == 0
