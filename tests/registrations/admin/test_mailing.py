"""The pages on which an organiser writes to many, as a browser sends and sees them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from program.models import Event
from registrations.mailing import mailings
from registrations.mailing.audience import REGISTERED
from registrations.mailing.mailings import Words
from registrations.models import Mailing, Presence, Registration, StoredMail
from registrations.queries.tokens import token_of
from tests.factories import (
    AMSTERDAM,
    make_event,
    make_organiser,
    make_question,
    make_registration,
    make_slot,
)
from tests.mailed import DONE, words_of
from tests.program.admin.filling_in import filled_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    starts_at = (timezone.now() + timedelta(days=14)).replace(hour=12, minute=0)
    event = make_event(starts_at=starts_at, title="Werken in de wijk", bilingual=True)
    for code, number in (("1a", 1), ("6", 1), ("1b", 2)):
        make_slot(event, code, number)
    return event


@pytest.fixture
def user(event: Event) -> User:
    return make_organiser(event, email="olga@gemeente.example")


@pytest.fixture
def organiser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def mailing(event: Event) -> Mailing:
    words = Words("Nieuws", "Beste {voornaam},\n\n# Kop\n\n{tafels} [hier]({link})")
    return mailings.write(event, words, REGISTERED, who="olga", at=timezone.now())


def join(event: Event, tables: dict[int, str] | None = None, **person) -> Registration:
    return make_registration(event, tables, at=timezone.now(), **person)


def page(event: Event, part: str = "") -> str:
    return f"/en/admin/program/event/{event.pk}/mail/{part}"


def words(response) -> str:
    """The page's words, on one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def typed(**changes: object) -> dict[str, object]:
    return {
        "subject": "Nieuws",
        "text": "Beste {voornaam},",
        "subject_en": "",
        "text_en": "",
        "send_at_0": "",
        "send_at_1": "",
        "statuses": ["confirmed"],
        "do": "save",
        **changes,
    }


def test_message_to_one_table_is_written_looked_at_and_sent(organiser, event):
    noor = join(event, {1: "1a"}, first_name="Noor")
    join(event, {1: "6"}, first_name="Jan")
    table = event.slots.get(session__code="1a").pk
    answer = organiser.post(page(event, "nieuw/"), typed(tables=[table]))
    mailing = Mailing.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, page(event, f"{mailing.pk}/"))

    seen = words(organiser.get(answer["Location"]))
    assert "Draft" in seen
    assert "1 person gets this message." in seen
    assert "sits at 1a (Round 1)" in seen
    assert "Beste Noor," in seen
    answer = organiser.post(page(event, f"{mailing.pk}/"), {"do": "send"}, follow=True)
    assert "The message goes to 1 person." in words(answer)
    assert "Is being sent: 0 of 1" in words(answer)
    assert [mail.registration for mail in mailing.mails.all()] == [noor]


def test_saving_once_more_opens_a_message_to_nobody_else(organiser, event):
    make_question(event, "Hoe kom je?")
    (question,) = event.signup_questions.all()
    table = event.slots.get(session__code="1a")
    chosen = typed(tables=[table.pk], unanswered=[question.pk])
    organiser.post(page(event, "nieuw/"), chosen)
    mailing = Mailing.objects.get()
    audience = mailing.audience

    event.slots.filter(pk=table.pk).update(dropped_at=timezone.now())
    event.signup_questions.update(retired_at=timezone.now())
    address = page(event, f"{mailing.pk}/wijzigen/")
    assert "1a Gesprek 1a (dropped out)" in words(organiser.get(address))
    assert (
        organiser.post(address, filled_in(organiser, address) | {"do": "save"}).status_code == 303
    )

    mailing.refresh_from_db()
    assert mailing.audience == audience


def test_pressing_send_twice_sends_once(organiser, event, mailing):
    join(event)
    organiser.post(page(event, f"{mailing.pk}/"), {"do": "send"})
    answer = organiser.post(page(event, f"{mailing.pk}/"), {"do": "send"}, follow=True)

    assert "This message has already been sent." in words(answer)
    assert mailing.mails.count() == 1


@pytest.mark.parametrize("do", ["send", "remove"])
@pytest.mark.parametrize(
    "change", [{"subject": "Van een ander"}, {"statuses": ["confirmed", "waiting"]}]
)
def test_message_is_sent_or_removed_only_as_it_was_looked_at(
    organiser, event, mailing, do: str, change: dict[str, object]
):
    join(event)
    seen = organiser.get(page(event, f"{mailing.pk}/")).context["mailing"].digest
    answer = organiser.post(page(event, f"{mailing.pk}/wijzigen/"), typed(**change))
    assert answer.status_code == 303
    answer = organiser.post(page(event, f"{mailing.pk}/"), {"do": do, "digest": seen}, follow=True)

    assert "Someone else has changed this message in the meantime. Look at it again" in words(
        answer
    )
    assert Mailing.objects.get(pk=mailing.pk).queued_at is None


def test_the_second_to_save_is_told_and_keeps_what_they_typed(organiser, event, mailing):
    change = page(event, f"{mailing.pk}/wijzigen/")
    seen = organiser.get(change).context["digest"]
    organiser.post(change, typed(subject="Van de een", digest=seen))
    answer = organiser.post(change, typed(subject="Van de ander", digest=seen))

    assert answer.status_code == 422
    assert "Somebody else has changed this message. Below is what you typed" in words(answer)
    assert 'value="Van de ander"' in answer.text
    organiser.post(change, typed(subject="Van de ander", digest=answer.context["digest"]))
    assert Mailing.objects.get().subject == "Van de ander"


def test_thanks_say_that_they_go_to_those_who_were_there(organiser, event):
    join(event)
    mailing = mailings.prepare(event, "thanks", who="olga", at=timezone.now())
    untold = "Nobody, or less than a quarter, has been ticked at the door so far."

    seen = words(organiser.get(page(event, f"{mailing.pk}/")))
    assert "registered; was there: ticked at the door" in seen
    assert untold in seen
    assert "At the door" in words(organiser.get(page(event, f"{mailing.pk}/wijzigen/")))
    assert "At the door" not in words(organiser.get(page(event, "nieuw/")))

    Presence.objects.create(
        event=event, registration=event.registrations.get(), present=True, at=event.starts_at
    )
    assert untold not in words(organiser.get(page(event, f"{mailing.pk}/")))
    assert "At the door" in words(organiser.get(page(event, "nieuw/")))


def test_counting_saves_nothing_and_keeps_what_was_typed(organiser, event):
    join(event, role="student")
    join(event, role="raadslid")
    unwilling = join(event, role="student")
    Registration.objects.filter(pk=unwilling.pk).update(unsubscribed_at=timezone.now())
    answer = organiser.post(
        page(event, "nieuw/"),
        typed(
            do="count", subject="", text="Half {klaar", roles=["student"], send_at_0="2030-01-02"
        ),
    )

    assert answer.status_code == 200
    assert "1 person gets this message. 1 wants no mail of this kind." in words(answer)
    body = answer.content.decode()
    assert "Half {klaar" in body
    assert 'value="2030-01-02"' in body
    assert "errorlist" not in body
    assert not Mailing.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"subject": ""}, "Write a subject: what is this mail about?"),
        ({"text": ""}, "Write a text."),
        ({"subject": "Voor {voornaam}"}, "{voornaam} cannot stand in the subject"),
        ({"text": "Beste {vornaam}"}, "{vornaam} is no placeholder."),
        ({"text": "[x](www.x.example)"}, "leads nowhere in a mail. Begin it with https://."),
        ({"text_en": "Dear you"}, "Write the subject in English too."),
        ({"subject_en": "News"}, "Write the text in English too, or empty the subject."),
        ({"send_at_0": "2020-01-01", "send_at_1": "10:00"}, "This moment is over."),
        ({"send_at_0": "2030-01-01"}, "Fill in a time, such as 10.00."),
        ({"send_at_0": "x", "send_at_1": "10:00"}, "Fill in a date, such as 30-11-2026."),
        ({"statuses": []}, "Tick at least one: who gets the message?"),
        ({"tables": ["999999"]}, "One of these choices is no longer there. Choose again."),
    ],
)
def test_mistake_is_explained_and_nothing_is_saved(organiser, event, changes, sentence):
    answer = organiser.post(page(event, "nieuw/"), typed(**changes))

    assert answer.status_code == 422
    assert sentence.replace("'", "&#x27;") in words(answer)
    assert "<title>Error: New message" in " ".join(answer.text.split())
    summary = answer.text.split('class="errornote"')[1].split("</section>")[0]
    leads_to = set(re.findall(r'href="#([^"]+)"', summary))
    assert leads_to
    assert leads_to <= set(re.findall(r'\sid="([^"]+)"', answer.text))
    assert not Mailing.objects.exists()


def test_message_can_be_sent_by_itself_later(organiser, event):
    organiser.post(page(event, "nieuw/"), typed(send_at_0="2030-06-01", send_at_1="10:00"))
    mailing = Mailing.objects.get()

    assert mailing.send_at == datetime(2030, 6, 1, 10, tzinfo=AMSTERDAM)
    assert "Goes out by itself on" in words(organiser.get(page(event, f"{mailing.pk}/")))
    form = organiser.get(page(event, f"{mailing.pk}/wijzigen/")).content.decode()
    assert 'value="2030-06-01"' in form
    assert 'value="10:00"' in form


def test_ready_made_message_is_prepared_and_changed(organiser, event):
    assert "Reminder a week before" in words(organiser.get(page(event)))
    answer = organiser.post(page(event), {"kind": "week"})
    week = Mailing.objects.get(kind="week")
    assert answer["Location"] == page(event, f"{week.pk}/")

    form = organiser.get(page(event, f"{week.pk}/wijzigen/"))
    assert "send_at_0" not in form.content.decode()
    moment = week.send_at
    organiser.post(page(event, f"{week.pk}/wijzigen/"), typed(subject="Tot dan"))
    week.refresh_from_db()
    assert (week.subject, week.send_at) == ("Tot dan", moment)
    assert "Reminder a week before" not in words(organiser.get(page(event)))
    assert organiser.post(page(event), {"kind": "own"}).status_code == 404


def test_ready_made_message_whose_time_is_over_cannot_be_prepared(organiser, event):
    Event.objects.update(starts_at=timezone.now() + timedelta(days=2))
    assert "It’s too late for this message. Write your own." in words(organiser.get(page(event)))
    answer = organiser.post(page(event), {"kind": "week"}, follow=True)

    assert "It’s too late for this message. Write one of your own." in words(answer)
    assert not Mailing.objects.exists()


def test_preview_walks_through_the_people_and_finds_a_name(organiser, event, mailing):
    anna = join(event, {1: "1a"}, first_name="Anna", last_name="Aker")
    join(event, {}, first_name="<b>Bert</b>", last_name="Bos")
    where = page(event, f"{mailing.pk}/")

    first = organiser.get(where)
    assert "1 of 2" in words(first)
    assert "Beste Anna," in words(first)
    assert "sessie 1a, ‘Gesprek 1a’ (Raadzaal)" in words(first)
    second = organiser.get(f"{where}?nr=2").content.decode()
    assert "Beste &lt;b&gt;Bert&lt;/b&gt;," in second
    assert "Beste Anna," in words(organiser.get(f"{where}?q=aker"))
    assert "Nobody with this name gets the message." in words(organiser.get(f"{where}?q=niemand"))
    for number in ("0", "-1", "99", "x", "²", "9" * 30):
        assert organiser.get(where, {"nr": number}).status_code == 200
    assert token_of(anna) not in first.content.decode()
    assert "/aanmelding/voorbeeld/" in first.content.decode()
    assert "style=" not in first.content.decode()


def test_proof_goes_to_ones_own_address_only(organiser, event, mailing, user):
    noor = join(event, {1: "1a"}, first_name="Noor")
    StoredMail.objects.all().delete()
    where = page(event, f"{mailing.pk}/")
    answer = organiser.post(where, {"do": "proof", "like": noor.pk}, follow=True)

    assert "A proof is on its way to olga@gemeente.example." in words(answer)
    proof = StoredMail.objects.get()
    assert (proof.to, proof.registration, proof.mailing) == (user.email, None, None)
    assert "sessie 1a, ‘Gesprek 1a’" in words_of(proof).text
    elsewhere = join(make_event(), first_name="Elders")
    organiser.post(where, {"do": "proof", "like": elsewhere.pk})
    User.objects.update(email="")
    assert "Your account has no e-mail address" in words(organiser.get(where))
    organiser.post(where, {"do": "proof"})
    assert StoredMail.objects.filter(kind="mailing").count() == 2


def test_page_of_a_sent_message_tells_how_far_it_is_and_who_got_none(organiser, event, mailing):
    noor = join(event, first_name="Noor", last_name="Bos", email="noor@haarlem.example")
    join(event)
    mailings.send(mailing, who="olga", at=timezone.now())
    failed = mailing.mails.filter(registration=noor)
    failed.update(failed_at=timezone.now(), error="550 5.1.1", **DONE)
    seen = organiser.get(page(event, f"{mailing.pk}/"))

    assert "waiting to be sent 1 sent 0 failed 1" in words(seen)
    told = r"Noor Bos noor@haarlem.example · refused .+: the mail server said 550 5\.1\.1"
    assert re.search(told, words(seen))
    assert f"/en/admin/registrations/registration/{noor.pk}/change/" in seen.content.decode()
    answer = organiser.post(page(event, f"{mailing.pk}/"), {"do": "stop"}, follow=True)
    assert "1 mail is not sent any more." in words(answer)
    assert "Stopped: 0 of 2 were sent" in words(answer)
    answer = organiser.post(page(event, f"{mailing.pk}/"), {"do": "again"}, follow=True)
    assert "Here is a copy. It is a draft." in words(answer)
    assert Mailing.objects.count() == 2
    assert organiser.get(page(event, f"{mailing.pk}/wijzigen/")).status_code == 303


def test_draft_can_be_removed_and_a_sent_message_not(organiser, event, mailing):
    join(event)
    mailings.send(mailing, who="olga", at=timezone.now())
    draft = mailings.again(mailing, who="olga", at=timezone.now())
    for one in (mailing, draft):
        organiser.post(page(event, f"{one.pk}/"), {"do": "remove", "sure": "1"})

    assert list(Mailing.objects.all()) == [mailing]


def test_a_draft_is_removed_after_one_question(organiser, event, mailing):
    where = page(event, f"{mailing.pk}/")
    asked = organiser.post(where, {"do": "remove", "digest": mailing.digest})
    assert "Remove this message?" in words(asked)
    assert f"Nieuws {chr(183)} Draft" in words(asked)
    assert list(Mailing.objects.all()) == [mailing]

    form = dict(re.findall(r'name="(digest|sure|do)" value="([^"]*)"', asked.content.decode()))
    answer = organiser.post(where, form, follow=True)
    assert "The message is removed. Nobody got it." in words(answer)
    assert not Mailing.objects.exists()


def test_people_ticked_in_the_list_become_a_message(organiser, event):
    picked = [join(event, first_name="Anna"), join(event, first_name="Bert", confirmed=False)]
    join(event, first_name="Cor")
    action = {"action": "mail_them", "_selected_action": [one.pk for one in picked]}
    answer = organiser.post("/en/admin/registrations/registration/", action)
    mailing = Mailing.objects.get()

    assert answer["Location"] == page(event, f"{mailing.pk}/wijzigen/")
    form = organiser.get(answer["Location"])
    assert "Anna van der Meulen, Bert van der Meulen" in words(form)
    assert "2 people get this message." in words(form)
    organiser.post(answer["Location"], typed(picked="on", statuses=["confirmed"]))
    mailing.refresh_from_db()
    assert mailing.audience == {
        "people": sorted(one.pk for one in picked),
        "statuses": ["confirmed"],
    }
    organiser.post(answer["Location"], typed(statuses=["confirmed"]))
    mailing.refresh_from_db()
    assert mailing.audience == {"statuses": ["confirmed"]}


def test_people_of_two_events_are_not_one_message(organiser, event, user):
    other = make_event(starts_at=event.starts_at)
    other.organisers.add(user)
    picked = [join(event), join(other)]
    action = {"action": "mail_them", "_selected_action": [one.pk for one in picked]}
    answer = organiser.post("/en/admin/registrations/registration/", action, follow=True)

    assert "Pick people of one event" in words(answer)
    assert not Mailing.objects.exists()


def test_pages_of_other_events_and_messages_are_not_found(organiser, event, mailing, user):
    elsewhere = make_event()
    theirs = mailings.write(elsewhere, Words("x", "y"), REGISTERED, who="ander", at=timezone.now())
    for part in ("", "nieuw/", f"{theirs.pk}/", f"{theirs.pk}/wijzigen/"):
        assert organiser.get(page(elsewhere, part)).status_code == 404
        assert organiser.post(page(elsewhere, part), {"do": "send"}).status_code == 404
    for part in (f"{theirs.pk}/", f"{theirs.pk}/wijzigen/"):
        assert organiser.get(page(event, part)).status_code == 404
        assert organiser.post(page(event, part), {"do": "send"}).status_code == 404
    door = User.objects.create_user("deur", is_staff=True)
    event.door_staff.add(door)
    client = Client()
    client.force_login(door)
    for part in ("", "nieuw/", f"{mailing.pk}/", f"{mailing.pk}/wijzigen/"):
        assert client.get(page(event, part)).status_code == 404


def test_pages_take_as_many_queries_for_three_people_as_for_thirty(organiser, event, mailing):
    counts = []
    for people in (3, 30):
        while event.registrations.count() < people:
            join(Event.objects.get(pk=event.pk), {}, confirmed=False)
        Registration.objects.update(status="confirmed", confirmed_at=timezone.now())
        sent = mailings.again(mailing, who="olga", at=timezone.now())
        mailings.send(sent, who="olga", at=timezone.now())
        sent.mails.update(failed_at=timezone.now(), error="550", **DONE)
        for part in ("", "nieuw/", f"{mailing.pk}/", f"{mailing.pk}/wijzigen/", f"{sent.pk}/"):
            with CaptureQueriesContext(connection) as queries:
                assert organiser.get(page(event, part)).status_code == 200
            counts.append(len(queries))
    assert counts[:5] == counts[5:]


@pytest.mark.parametrize("bilingual", [True, False])
def test_english_is_asked_where_the_event_has_it(organiser, event, bilingual: bool):
    Event.objects.update(bilingual=bilingual)
    for path, field in (
        (page(event, "nieuw/"), "text_en"),
        (f"/en/admin/program/event/{event.pk}/misgaat/afgelasten/", "why_en"),
        (f"/en/admin/program/event/{event.pk}/kopie/", "title_en"),
    ):
        assert (f'name="{field}"' in organiser.get(path).text) == bilingual, path
