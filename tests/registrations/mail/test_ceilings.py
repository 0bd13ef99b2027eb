"""How much mail strangers can make the site send, whatever they type and wherever."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from program.models import Event
from registrations.booking import signup
from registrations.mail import ceilings, outbox, strangers
from registrations.mail.envelope import NotWanted
from registrations.models import Registration, StoredMail
from registrations.organising import by_hand, importing
from tests.factories import NOW, make_event, make_person, make_registration
from tests.mailed import DONE

pytestmark = pytest.mark.django_db

VICTIM = "doelwit@gmail.com"
SPELLINGS = [
    *("doelwit@gmail.com", "DoelWit@GMAIL.com", "doel.wit@gmail.com", "d.o.e.l.w.i.t@gmail.com"),
    *("doelwit+1@gmail.com", "doelwit+a.b@gmail.com", "doelwit@googlemail.com"),
    *("doel.wit+x@googlemail.com", "Doelwit+199@gmail.com", "doelwit+@gmail.com"),
]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_server(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def sign_up(event: Event, email: str, at: datetime = NOW) -> Registration:
    return make_registration(event, {}, email=email, confirmed=False, waiting_too=True, at=at)


def with_victim(event: Event) -> Event:
    """The event, for which they are signed up."""
    make_registration(event, {}, email=VICTIM)
    StoredMail.objects.all().delete()
    return event


def ask(event: Event, times: int, at: datetime) -> None:
    for _time in range(times):
        strangers.ask_link(event, VICTIM, language="nl", at=at)


def sent(at: datetime) -> int:
    """How many mails go out when the worker has its turn."""
    strangers.answer(at)
    return outbox.send_due(at).sent


def test_one_mailbox_gets_five_mails_an_hour_however_it_is_spelled():
    event = make_event()
    for email in SPELLINGS:
        sign_up(event, email)

    assert sent(NOW) == 5
    dropped = StoredMail.objects.filter(error="too many")
    assert dropped.count() == 5
    assert not StoredMail.objects.waiting().exists()
    assert not StoredMail.objects.failed().exists()
    assert sent(NOW + timedelta(days=4)) == 0


def test_every_event_and_every_kind_counts():
    User.objects.create_user("doelwit", "doelwit@gmail.com", "secret")
    first, second = make_event(), make_event(slug="ander", title="Een ander")
    sign_up(first, VICTIM)
    registered = make_registration(second, {}, email="doel.wit@gmail.com")
    StoredMail.objects.filter(kind="registered").update(sent_at=NOW, **DONE)
    sign_up(second, "doel.wit@gmail.com")
    strangers.ask_link(second, "doel.wit@gmail.com", language="nl", at=NOW)
    strangers.ask_password(VICTIM, language="nl", at=NOW)
    other = signup.mail_elsewhere(
        sign_up(first, "iemand@haarlem.example"), "doelwit+2@gmail.com", at=NOW
    )
    assert sent(NOW) == 5
    kinds = StoredMail.objects.exclude(mailbox="").exclude(sent_at=None)
    assert sorted(kinds.values_list("kind", flat=True)) == [
        *("account", "already", "confirm", "confirm", "link"),
    ]

    strangers.ask_link(second, registered.email, language="nl", at=NOW + MINUTE)
    strangers.ask_link(first, other.email, language="nl", at=NOW + MINUTE)
    strangers.ask_password(VICTIM, language="nl", at=NOW + MINUTE)
    assert sent(NOW + MINUTE) == 0


def test_ten_a_day_and_then_again():
    event = with_victim(make_event(starts_at=NOW + timedelta(days=14)))
    came = []
    for hours in range(30):
        at = NOW + hours * (HOUR + MINUTE)
        ask(event, 6, at)
        came.append(sent(at))

    assert came == [5, 5, *[0] * 22, 5, 5, *[0] * 4]


def test_who_was_dropped_can_ask_again_an_hour_later():
    event = make_event()
    for number in range(5):
        sign_up(event, f"noor+{number}@haarlem.example")
    sign_up(event, "noor@haarlem.example")
    assert sent(NOW) == 5
    assert not StoredMail.objects.filter(to="noor@haarlem.example").exclude(sent_at=None)

    strangers.ask_link(event, "noor@haarlem.example", language="nl", at=NOW + HOUR)
    assert sent(NOW + HOUR + MINUTE) == 1


def test_after_days_without_a_mail_server_there_is_no_flood():
    event = with_victim(make_event(starts_at=NOW + timedelta(days=14)))
    for hours in range(0, 96, 6):
        ask(event, 5, NOW + hours * HOUR)
    strangers.answer(NOW + 96 * HOUR)

    assert outbox.send_due(NOW + 96 * HOUR).sent == 5
    assert not StoredMail.objects.waiting().exists()


def test_two_workers_at_one_mailbox_send_no_more():
    event = make_event()
    for spelling in SPELLINGS[:5]:
        sign_up(event, spelling)
    sent(NOW)
    StoredMail.objects.filter(sent_at__isnull=False).latest("pk").delete()
    for spelling in SPELLINGS[:2]:
        sign_up(event, spelling)
    strangers.answer(NOW)
    in_flight = outbox.claim(NOW)
    assert in_flight

    assert outbox.send_due(NOW).sent == 0


def test_of_two_workers_with_the_last_mail_allowed_one_sends_it():
    """Each with a mail in hand: the older one goes, and they do not both give way."""
    event = make_event()
    for spelling in SPELLINGS[:4]:
        sign_up(event, spelling)
    assert sent(NOW) == 4
    for spelling in SPELLINGS[:2]:
        sign_up(event, spelling)
    strangers.answer(NOW)
    older, newer = outbox.claim(NOW), outbox.claim(NOW)
    assert older
    assert newer

    ceilings.refuse(older, NOW)
    with pytest.raises(NotWanted):
        ceilings.refuse(newer, NOW)


@pytest.mark.parametrize("given_up", [False, True])
def test_a_mail_without_an_answer_counts_as_sent(given_up: bool):
    event = make_event()
    for spelling in SPELLINGS[:5]:
        sign_up(event, spelling)
    strangers.answer(NOW)
    to_come = {"error": "no answer", "send_after": NOW + HOUR}
    done = {"error": "no answer", "failed_at": NOW, **DONE}
    StoredMail.objects.exclude(mailbox="").update(**(done if given_up else to_come))
    sign_up(event, VICTIM)

    assert sent(NOW + MINUTE) == 0
    assert StoredMail.objects.latest("pk").error == "too many"


def test_what_people_and_organisers_do_themselves_is_never_dropped():
    event = make_event()
    for spelling in SPELLINGS:
        sign_up(event, spelling)
    noor = sign_up(event, VICTIM)
    assert sent(NOW) == 5

    noor = signup.confirm(noor, at=NOW + MINUTE)
    by_hand.mail_link(noor, who="organisator", at=NOW + MINUTE)
    assert sent(NOW + MINUTE) == 2


def test_a_list_that_an_organiser_brings_in_is_not_counted():
    event = make_event(capacity=100)
    rows = [
        importing.ListRow(number, make_person(email=f"kantoor+{number}@haarlem.example"))
        for number in range(8)
    ]
    seen = importing.look(event, rows, at=NOW).fingerprint
    importing.bring_in(event, rows, seen=seen, who="organisator", at=NOW)

    assert sent(NOW) == 8


def test_a_domain_gets_no_more_than_its_ceiling_unless_events_are_larger(monkeypatch):
    monkeypatch.setattr(ceilings, "DOMAIN_AN_HOUR", 6)
    event = make_event(capacity=4)
    for number in range(9):
        sign_up(event, f"p{number}@haarlem.example")
        sign_up(event, f"p{number}@gmail.com")
    sign_up(event, "ander@zaanstad.example")
    StoredMail.objects.filter(kind="holds").delete()

    assert sent(NOW) == 8 + 9 + 1  # twice the places; a provider ten times as many
    Event.objects.update(capacity=50)  # nobody is warned of many holds any more
    for number in range(9, 12):
        sign_up(event, f"p{number}@haarlem.example", NOW + MINUTE)
    assert sent(NOW + MINUTE) == 3


def test_being_over_a_ceiling_cannot_be_seen(client: Client):
    """The page stores the same row and says the same, before the worker judges anything."""
    event = make_event()
    for spelling in SPELLINGS:
        sign_up(event, spelling)
    sent(NOW)
    path = f"/{event.slug}/mijn-link/"
    answers = []
    for email in (VICTIM, "niemand@haarlem.example"):
        answer = client.post(path, {"email": email}, headers={"Origin": "http://testserver"})
        answers.append((answer.status_code, answer["Location"]))
    assert answers[0] == answers[1]
    rows = [vars(row) for row in StoredMail.objects.asked().order_by("pk")]
    for row in rows:
        for own in ("_state", "id", "to", "message_id", "created_at", "send_after"):
            del row[own]
    assert rows[0] == rows[1]


def test_forms_are_counted_by_the_mailbox_too(client: Client):
    path = f"/{make_event().slug}/mijn-link/"
    statuses = [
        client.post(
            path, {"email": f"doel.wit+{number}@gmail.com"}, headers={"Origin": "http://testserver"}
        ).status_code
        for number in range(21)
    ]
    assert statuses == [*[303] * 20, 429]


def test_a_dropped_mail_asks_for_nothing_more():
    """For somebody who is registered already, a drop is no reason to look again."""
    event = make_event()
    make_registration(event, {}, email=VICTIM)
    for _time in range(7):
        sign_up(event, VICTIM)
    assert sent(NOW) == 6  # and 'you are signed up', which they caused themselves

    assert not StoredMail.objects.asked().exists()
    assert StoredMail.objects.filter(kind="already", error="too many").count() == 2


def test_log_of_what_is_dropped_names_no_address(caplog):
    event = make_event()
    for spelling in SPELLINGS:
        sign_up(event, spelling)
    caplog.clear()
    sent(NOW)
    assert "dropped, too many" in caplog.text
    assert "doel" not in caplog.text
    assert "gmail" not in caplog.text
