"""Messages to many: stored once, in one's own language, at their time, and stopped."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from program.models import Event, TableSession
from registrations.booking import changing, holds
from registrations.errors import (
    MailingChanged,
    MailingOfCalledOff,
    MailingSent,
    MailingTooEarly,
    MailingTooLate,
    NobodyToMail,
)
from registrations.mail import letters, outbox, placeholders, strangers
from registrations.mailing import mailings, ready_made, unsubscribing
from registrations.mailing.audience import REGISTERED, Audience
from registrations.mailing.mailings import Progress, Words
from registrations.models import Change, Mailing, Presence, Registration, StoredMail
from registrations.organising import calling_off
from registrations.organising.propagate import follow
from registrations.privacy import erasure
from registrations.queries.snapshots import snapshot
from registrations.queries.tokens import no_mail_token_of, token_of
from tests.factories import (
    AMSTERDAM,
    NOW,
    START,
    make_event,
    make_organiser,
    make_registration,
    make_slot,
)
from tests.mailed import DONE, message_of, words_of

pytestmark = pytest.mark.django_db

WORDS = Words(
    "Nieuws over {evenement}",
    "Beste {voornaam},\n\nJe zit hier:\n\n{tafels}\n\n[Annuleer]({annuleren}) of kijk: {link}",
    "News about {evenement}",
    "Dear {naam},\n\n{tafels} on {datum}",
)


@pytest.fixture
def event() -> Event:
    event = make_event(title="Werken in de wijk", title_en="Work in the area", capacity=10)
    make_slot(event, "1a", 1)
    make_slot(event, "1b", 2)
    return event


def write(event: Event, words: Words = WORDS, **options) -> Mailing:
    return mailings.write(event, words, REGISTERED, who="organisator", at=NOW, **options)


def send(mailing: Mailing, at: datetime = NOW) -> list[StoredMail]:
    mailings.send(mailing, who="organisator", at=at)
    return list(mailing.mails.order_by("pk"))


def tap_in(event: Event, *people: Registration) -> None:
    Presence.objects.bulk_create(
        Presence(event=event, registration=one, present=True, at=START) for one in people
    )


def progress(mailing: Mailing) -> Progress:
    ((_row, how_far),) = mailings.with_progress(Mailing.objects.filter(pk=mailing.pk))
    return how_far


def moment(day: int, month: int = 12, hour: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=AMSTERDAM)


def test_everybody_gets_a_mail_of_their_own(event):
    noor = make_registration(event, {1: "1a"}, first_name="Noor", last_name="Bos")
    make_registration(event, {}, first_name="Jan", last_name="Pietersen")
    mailing = write(event)
    first, second = send(mailing)

    assert (first.registration, first.to, first.kind) == (noor, noor.email, "mailing")
    assert (first.language, first.send_after) == ("nl", NOW)
    assert message_of(first).reply_to == ["info@gemeente.example"]
    assert words_of(first).subject == "Nieuws over Werken in de wijk"
    own = f"http://testserver/aanmelding/{token_of(noor)}/"
    stop = f"http://testserver/aanmelding/geen-mail/{no_mail_token_of(noor)}/"
    assert words_of(first).text.startswith("Beste Noor,\n\nJe zit hier:\n\nRonde 1")
    assert "sessie 1a, ‘Gesprek 1a’ (Raadzaal)" in words_of(first).text
    for body in (words_of(first).text, words_of(first).html):
        links = set(re.findall(r"http://testserver/(?:en/)?aanmelding/[^\s<>\"]*", body))
        assert links == {own, f"{own}annuleren/", stop}
        assert "\ue000" not in body
    assert words_of(first).unsubscribe == stop
    assert "Beste Jan," in words_of(second).text
    assert "Noor" not in words_of(second).text + words_of(second).html


def test_mail_says_the_same_as_text_and_as_page(event):
    make_registration(event, {1: "1a"}, first_name="Ünal", last_name="<b>O'Neill</b> & zn")
    (mail,) = send(write(event, Words("x", "Beste {naam}, {evenement}, {tijd}, {plaats}")))

    said = "Werken in de wijk, 14.00–18.00 uur, Gemeentehuis, Stadhuisplein 100, 1506 MZ Zaandam"
    text = words_of(mail).text.partition("\n")[0]
    assert text.startswith("Beste Ünal <b>O'Neill</b> & zn, Werken in de wijk, 14.00")
    assert "Gemeentehuis, Stadhuisplein 100, 1506 MZ Zaandam" in text
    assert said.split(",")[0] in words_of(mail).html
    greeting = "Beste Ünal &lt;b&gt;O&#x27;Neill&lt;/b&gt; &amp; zn, Werken in de wijk"
    assert greeting in words_of(mail).html
    assert "<b>" not in words_of(mail).html
    assert '<html lang="nl">' in words_of(mail).html


def test_language_is_the_readers_unless_there_is_only_dutch(event):
    noor = make_registration(event, first_name="Noor", last_name="Bos")
    Registration.objects.update(language="en")
    (english,) = send(write(event))
    (dutch,) = send(write(event, Words("Hallo", "Beste {naam}, {datum}")))

    assert (english.language, words_of(english).subject) == ("en", "News about Work in the area")
    assert "Monday 7 December 2026" in words_of(english).text
    stop = f"http://testserver/en/aanmelding/geen-mail/{no_mail_token_of(noor)}/"
    assert stop in words_of(english).text
    assert (dutch.language, words_of(dutch).subject) == ("nl", "Hallo")
    assert "maandag 7 december 2026" in words_of(dutch).text
    assert (
        words_of(dutch).unsubscribe
        == f"http://testserver/aanmelding/geen-mail/{no_mail_token_of(noor)}/"
    )


@pytest.mark.parametrize("organisers", ["nl", "en"])
def test_language_of_the_sender_is_nowhere_in_the_mail(event, organisers):
    TableSession.objects.filter(code="1a").update(title="Gesprek", title_en="Talk")
    for language in ("nl", "en"):
        make_registration(event, {1: "1a"}, language=language)
    mailing = write(event)
    with translation.override(organisers):
        dutch, english = send(mailing)
        example = letters.example(event, mailing, dutch.registration)

    lines = (
        "Ronde 1, 15.00–15.45 uur: sessie 1a, ‘Gesprek’ (Raadzaal)\n"
        "Ronde 2, 16.00–16.45 uur: geen tafel"
    )
    assert lines in words_of(dutch).text
    assert lines in example.mail.text
    lines = "Round 1, 15:00–15:45: session 1a, ‘Talk’ (Raadzaal)\nRound 2, 16:00–16:45: no table"
    assert lines in words_of(english).text


def test_subject_fits_however_long_the_title(event):
    event.title = "Bijeenkomst over " * 11
    event.save(update_fields=["title"])
    make_registration(event)
    long = Words("{evenement} {evenement} {plaats}", "Beste {voornaam}")

    (mail,) = send(write(event, long))
    assert words_of(mail).subject.startswith("Bijeenkomst over Bijeenkomst")
    assert (len(words_of(mail).subject), words_of(mail).subject[-1]) == (250, "…")


def test_people_who_wait_read_the_tables_they_asked_for(event):
    Event.objects.update(capacity=1)
    make_registration(event)
    event.refresh_from_db()
    make_registration(event, {1: "1a"}, waiting_too=True)
    mailing = mailings.write(
        event, Words("x", "{tafels}"), Audience(statuses=("waiting",)), who="o", at=NOW
    )
    (mail,) = send(mailing)

    assert words_of(mail).text.splitlines()[0].endswith("sessie 1a, ‘Gesprek 1a’ (Raadzaal)")
    assert words_of(mail).text.splitlines()[1] == ""


def test_message_is_sent_once(event):
    make_registration(event)
    mailing = write(event)
    send(mailing)

    with pytest.raises(MailingSent):
        mailings.send(mailing, who="organisator", at=NOW)
    with pytest.raises(MailingSent):
        mailings.edit(mailing, WORDS, REGISTERED)
    with pytest.raises(MailingSent):
        mailings.remove(mailing)
    assert mailing.mails.count() == 1


def test_sending_is_in_the_history_with_numbers_only(event):
    make_registration(event)
    mailing = write(event)
    version = Event.objects.get(pk=event.pk).version
    send(mailing)

    change = Change.objects.get(what=Change.What.MAILED)
    assert (change.who, change.why, change.registration, change.at) == (
        "organisator",
        "",
        None,
        NOW,
    )
    assert change.new == {"mailing": mailing.pk, "kind": "own", "people": 1}
    assert change.version == version + 1 == Event.objects.get(pk=event.pk).version
    mailing.refresh_from_db()
    assert (mailing.queued_at, mailing.people) == (NOW, 1)


def test_message_to_nobody_is_refused_and_stays_a_draft(event):
    mailing = write(event)

    with pytest.raises(NobodyToMail):
        send(mailing)
    mailing.refresh_from_db()
    assert mailing.queued_at is None
    assert not Change.objects.exists()


def test_sending_takes_as_many_queries_for_three_as_for_thirty(event):
    counts = []
    for people in (3, 30):
        while event.registrations.count() < people:
            make_registration(Event.objects.get(pk=event.pk), {}, confirmed=False)
        Registration.objects.update(status="confirmed", confirmed_at=NOW)
        mailing = write(event)
        with CaptureQueriesContext(connection) as queries:
            assert len(send(mailing)) == people
        counts.append(len(queries))
        Event.objects.update(capacity=100)
    assert counts[0] == counts[1]


# Stopping and following


def test_stopped_message_is_not_sent_to_those_who_have_not_got_it(event):
    for _number in range(3):
        make_registration(event)
    mailing = write(event)
    sent, flying, waiting = send(mailing)
    StoredMail.objects.filter(pk=sent.pk).update(sent_at=NOW, **DONE)
    StoredMail.objects.filter(pk=flying.pk).update(lease="x", leased_until=NOW + outbox.LEASE)

    assert mailings.stop(mailing, who="organisator", at=NOW) == 1
    assert progress(mailing) == Progress(waiting=1, sent=1, stopped=1)
    waiting.refresh_from_db()
    assert Change.objects.latest("pk").new == {"mailing": mailing.pk, "stopped": 1}
    assert StoredMail.objects.exclude(mailing=mailing).waiting().exists()


def test_progress_counts_refusals_among_failures(event):
    people = [make_registration(event) for _number in range(4)]
    mailing = write(event)
    send(mailing)
    mine = mailing.mails.order_by("pk")
    StoredMail.objects.filter(pk=mine[0].pk).update(failed_at=NOW, error="550 5.1.1", **DONE)
    Registration.objects.filter(pk=people[0].pk).update(email_refused_at=NOW)
    StoredMail.objects.filter(pk=mine[1].pk).update(failed_at=NOW, error="451", **DONE)
    unsubscribing.set_wants_mail(people[2], False, at=NOW)

    assert progress(mailing) == Progress(waiting=1, failed=2, refused=1, unsubscribed=1)
    assert list(mailings.failures(mailing)) == [mine[0], mine[1]]


def test_copy_is_a_draft_with_the_same_words_and_people(event):
    make_registration(event)
    mailing = mailings.prepare(event, "day", who="organisator", at=NOW)
    send(mailing)
    copy = mailings.again(mailing, who="ander", at=NOW)

    assert (copy.kind, copy.send_at, copy.queued_at, copy.who) == ("own", None, None, "ander")
    assert (copy.subject, copy.text_en, copy.audience) == (
        mailing.subject,
        mailing.text_en,
        mailing.audience,
    )


def test_erasing_somebody_takes_their_mail_and_keeps_the_count(event):
    noor = make_registration(event)
    mailing = write(event)
    send(mailing)
    erasure.erase(noor, at=NOW)

    mailing.refresh_from_db()
    assert (mailing.mails.count(), mailing.people) == (0, 1)


# Proof


def test_proof_holds_nobodys_link_or_name(event):
    noor = make_registration(event, {1: "1a"}, first_name="Noor", last_name="Bos")
    user = make_organiser(event, email="organisator@gemeente.example", first_name="Olga")
    mailings.send_proof(event, write(event), noor, user, at=NOW)

    dutch, english = StoredMail.objects.filter(kind="mailing").order_by("pk")
    assert {dutch.to, english.to} == {"organisator@gemeente.example"}
    assert (dutch.mailing, dutch.registration, words_of(dutch).unsubscribe) == (None, None, "")
    assert words_of(dutch).subject.endswith(": Nieuws over Werken in de wijk")
    assert (dutch.language, english.language) == ("nl", "en")
    assert words_of(dutch).text.startswith("Beste Olga,\n\nJe zit hier:\n\nRonde 1")
    said = words_of(dutch), words_of(english)
    for body in (said[0].text, said[0].html, said[1].text, said[1].html):
        assert "Noor" not in body
        assert token_of(noor) not in body
        assert no_mail_token_of(noor) not in body


# Ready-made


@pytest.mark.parametrize(
    ("kind", "at"), [("week", moment(30, 11)), ("day", moment(6)), ("thanks", moment(8))]
)
def test_ready_made_message_goes_out_at_ten_once(event, kind, at):
    make_registration(event)
    mailing = mailings.prepare(event, kind, who="organisator", at=NOW)
    assert mailing.send_at == at

    assert mailings.queue_due(at - timedelta(seconds=1)) == 0
    assert mailings.queue_due(at) == 1
    assert mailings.queue_due(at) == 0
    assert Change.objects.get(what=Change.What.MAILED).who == "worker"


def test_ready_made_texts_hold_only_known_placeholders(event):
    assert list(event.rounds.all())
    for kind in ready_made.KINDS:
        draft = ready_made.draft(event, kind)
        for words in (draft.text, draft.text_en):
            assert placeholders.used(words) <= set(placeholders.MEANINGS)
        if kind != "thanks":
            assert "({annuleren})" in draft.text
            assert "{tafels}" in draft.text


def test_event_without_rounds_gets_no_words_about_tables():
    draft = ready_made.draft(make_event(rounds=0), "day")

    assert "{tafels}" not in draft.text


def test_preparing_twice_gives_the_same_message(event):
    first = mailings.prepare(event, "day", who="organisator", at=NOW)

    assert mailings.prepare(event, "day", who="ander", at=NOW) == first
    assert Mailing.objects.count() == 1


def test_those_who_sign_up_after_the_reminder_went_out_get_none(event):
    make_registration(event)
    mailing = mailings.prepare(event, "week", who="organisator", at=NOW)
    mailings.queue_due(moment(30, 11))
    make_registration(event, at=moment(1))
    mailings.queue_due(moment(2))

    assert mailing.mails.count() == 1


def test_reminder_follows_the_clock_when_winter_time_begins():
    event = make_event(starts_at=datetime(2026, 10, 26, 14, tzinfo=AMSTERDAM))

    assert ready_made.moment(event, "week") == datetime(2026, 10, 19, 10, tzinfo=AMSTERDAM)
    assert ready_made.moment(event, "day") == datetime(2026, 10, 25, 10, tzinfo=AMSTERDAM)
    assert ready_made.moment(event, "own") is None


def test_moved_event_takes_its_prepared_messages_along(event):
    week = mailings.prepare(event, "week", who="organisator", at=NOW)
    own = write(event, send_at=moment(1))
    Event.objects.update(
        starts_at=START + timedelta(days=7), ends_at=START + timedelta(days=7, hours=4)
    )
    event.refresh_from_db()
    mailings.follow_start(event)

    assert [row.send_at for row in (_fresh(week), _fresh(own))] == [moment(7), moment(1)]


def test_reminder_whose_event_moved_unnoticed_waits(event):
    make_registration(event)
    mailings.prepare(event, "week", who="organisator", at=NOW)
    Event.objects.update(
        starts_at=START + timedelta(days=7), ends_at=START + timedelta(days=7, hours=4)
    )

    assert mailings.queue_due(moment(30, 11)) == 0
    assert mailings.queue_due(moment(7)) == 1


@pytest.mark.parametrize(
    ("kind", "at"),
    [("week", moment(3)), ("day", START), ("thanks", moment(15))],
)
def test_ready_made_message_is_not_sent_when_it_is_nonsense(
    event, kind, at, django_assert_num_queries
):
    make_registration(event)
    mailing = mailings.prepare(event, kind, who="organisator", at=NOW)

    with django_assert_num_queries(1):  # and its event is not locked for it, every time again
        assert mailings.queue_due(at) == 0
    with pytest.raises(MailingTooLate):
        mailings.send(mailing, who="organisator", at=at)
    mailings.remove(mailing)
    with pytest.raises(MailingTooLate):
        mailings.prepare(event, kind, who="organisator", at=at)


def test_called_off_event_reminds_nobody(event):
    make_registration(event)
    mailing = mailings.prepare(event, "day", who="organisator", at=NOW)
    own = write(event, send_at=moment(6))
    Event.objects.update(called_off_at=NOW)

    assert mailings.queue_due(moment(6)) == 0
    with pytest.raises(MailingOfCalledOff):
        mailings.send(mailing, who="organisator", at=NOW)
    with pytest.raises(MailingOfCalledOff):
        mailings.prepare(Event.objects.get(pk=event.pk), "week", who="organisator", at=NOW)
    assert len(send(own)) == 1


def test_calling_off_stops_the_reminders_that_are_not_sent_yet(event):
    make_registration(event)
    reminder = mailings.prepare(event, "day", who="organisator", at=NOW)
    own = write(event)
    for mailing in (reminder, own):
        send(mailing)
    calling_off.call_off(event, who="organisator", at=NOW)

    assert progress(reminder) == Progress(stopped=1)
    assert progress(own) == Progress(waiting=1)


def test_moving_an_event_by_its_programme_moves_its_reminders(event):
    mailings.prepare(event, "week", who="organisator", at=NOW)
    before = snapshot(event.pk)
    Event.objects.update(
        starts_at=START + timedelta(days=7), ends_at=START + timedelta(days=7, hours=4)
    )
    event.refresh_from_db()
    follow(event, before, who="organisator", at=NOW)

    assert Mailing.objects.get().send_at == moment(7)


def test_thanks_by_hand_wait_for_the_end(event):
    make_registration(event)
    mailing = mailings.prepare(event, "thanks", who="organisator", at=NOW)

    with pytest.raises(MailingTooEarly):
        mailings.send(mailing, who="organisator", at=NOW)
    assert mailings.send(mailing, who="organisator", at=event.ends_at) == 1


def test_thanks_go_to_those_ticked_at_the_door(event):
    came, _stayed_away = make_registration(event), make_registration(event)
    mailing = mailings.prepare(event, "thanks", who="organisator", at=NOW)
    tap_in(event, came)

    assert mailings.queue_due(moment(8)) == 1
    assert [mail.registration for mail in mailing.mails.all()] == [came]


@pytest.mark.parametrize(("ticked", "thanked"), [(0, 5), (1, 5), (2, 2)])
def test_thanks_go_to_everybody_if_the_door_was_not_kept(event, ticked, thanked):
    people = [make_registration(event) for _number in range(5)]
    mailings.prepare(event, "thanks", who="organisator", at=NOW)
    tap_in(event, *people[:ticked])

    assert mailings.queue_due(moment(8)) == thanked


def test_own_message_goes_out_at_its_time(event):
    make_registration(event)
    mailing = write(event, send_at=moment(1))
    write(event)

    assert mailings.queue_due(moment(1)) == 1
    assert mailing.mails.count() == 1


def test_editing_a_ready_made_message_keeps_its_time(event):
    mailing = mailings.prepare(event, "day", who="organisator", at=NOW)
    mailings.edit(mailing, WORDS, Audience(roles=("student",)))

    mailing = _fresh(mailing)
    assert (mailing.send_at, mailing.subject, mailing.audience) == (
        moment(6),
        WORDS.subject,
        {"roles": ["student"]},
    )


def test_message_that_somebody_changed_meanwhile_is_neither_sent_nor_overwritten(event):
    make_registration(event)
    mailing = write(event)
    seen = mailing.digest
    mailings.edit(mailing, Words("Ander", "Ander"), REGISTERED, digest=seen)

    with pytest.raises(MailingChanged):
        mailings.send(mailing, who="organisator", at=NOW, digest=seen)
    with pytest.raises(MailingChanged):
        mailings.edit(mailing, WORDS, REGISTERED, digest=seen)
    mailing = _fresh(mailing)
    assert (mailing.subject, mailing.queued_at) == ("Ander", None)
    assert mailings.send(mailing, who="organisator", at=NOW, digest=mailing.digest) == 1


# Going out


class Accepting(BaseEmailBackend):
    """A mail server that takes everything."""

    accepted: list[EmailMessage] = []

    def send_messages(self, email_messages):
        Accepting.accepted += email_messages
        return len(email_messages)


@pytest.fixture
def accepted(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Accepting"
    Accepting.accepted = []
    return Accepting.accepted


def test_mail_to_many_says_so_in_its_headers(event, settings):
    settings.BULK_MAIL_FROM = "Berichten <berichten@gemeente.example>"
    noor = make_registration(event)
    (mail,) = send(write(event))
    raw = message_of(mail).message().as_bytes()
    message = message_from_bytes(raw, policy=policy.default)

    assert message["From"] == "Berichten <berichten@gemeente.example>"
    assert message["Reply-To"] == "info@gemeente.example"
    stop = f"<http://testserver/aanmelding/geen-mail/{no_mail_token_of(noor)}/>"
    assert message["List-Unsubscribe"].strip() == stop  # folded: it is long
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Precedence"] == "bulk"
    assert message["Auto-Submitted"] == "auto-generated"
    for header in ("Subject", "From", "Reply-To"):
        assert "Noor" not in message[header]


def test_mail_about_a_sign_up_has_no_such_headers(event, settings):
    settings.BULK_MAIL_FROM = "berichten@gemeente.example"
    make_registration(event)
    for mail in StoredMail.objects.filter(kind="registered"):
        message = message_of(mail)
        assert message.from_email == settings.DEFAULT_FROM_EMAIL
        assert {"List-Unsubscribe", "List-Unsubscribe-Post", "Precedence"}.isdisjoint(
            message.extra_headers
        )


def test_mail_that_somebody_waits_for_goes_before_a_message_to_many(event, accepted):
    for _number in range(3):
        make_registration(event)
    StoredMail.objects.all().delete()
    send(write(event))
    first = outbox.claim(NOW)
    late = make_registration(event, at=NOW + timedelta(seconds=1), confirmed=False)
    strangers.answer(NOW + timedelta(seconds=1))

    assert first is not None
    assert first.mailing is not None
    mail = outbox.claim(NOW + timedelta(seconds=1))
    assert mail == late.mails.get()
    then = outbox.claim(NOW + timedelta(seconds=1))
    assert then is not None
    assert then.mailing == first.mailing


def test_somebody_who_cancelled_gets_no_message_that_still_waits_but_the_mail_about_it(
    event, accepted
):
    noor, _stays = make_registration(event), make_registration(event)
    mailing = write(event)
    send(mailing)
    StoredMail.objects.filter(mailing=None).delete()
    changing.cancel(noor, at=NOW)
    outbox.send_due(NOW)

    assert progress(mailing) == Progress(sent=1, left=1)
    assert [mail.kind for mail in noor.mails.filter(failed_at=None)] == ["cancelled"]
    (given_up,) = noor.mails.filter(mailing=mailing)
    assert given_up.error == "left"
    assert not mailings.failures(mailing).exists()


def test_somebody_who_left_while_a_worker_held_the_mail_gets_none_when_it_comes_back(
    event, accepted
):
    """The worker died with it, or the server said later."""
    left, stopped, stays = (make_registration(event) for _number in range(3))
    mailing = write(event)
    send(mailing)
    StoredMail.objects.filter(mailing=None).delete()
    mailing.mails.update(lease="x", leased_until=NOW + outbox.LEASE)
    changing.cancel(left, at=NOW)
    unsubscribing.set_wants_mail(stopped, False, at=NOW)
    StoredMail.objects.filter(mailing=None).delete()
    outbox.send_due(NOW + outbox.LEASE)

    assert [message.to for message in accepted] == [[stays.email]]
    assert progress(mailing) == Progress(sent=1, left=1, unsubscribed=1)
    assert not mailing.mails.waiting().exists()


def test_whose_hold_ran_out_gets_no_message_that_still_waits(event, accepted):
    late = make_registration(event, confirmed=False)
    pending = Audience(statuses=("pending",))
    mailing = mailings.write(event, WORDS, pending, who="organisator", at=NOW)
    send(mailing)
    holds.free_expired(NOW + timedelta(hours=2))
    strangers.answer(NOW + timedelta(hours=2))
    outbox.send_due(NOW + timedelta(hours=2))

    assert progress(mailing) == Progress(left=1)
    (message,) = accepted
    assert message.to == [late.email]
    assert token_of(late) in message.body


def _fresh(mailing: Mailing) -> Mailing:
    return Mailing.objects.get(pk=mailing.pk)


def test_staff_user_without_a_name_is_greeted_by_username(event):
    user = get_user_model().objects.create_user("olga", email="o@gemeente.example")
    mailings.send_proof(event, write(event), None, user, at=NOW)

    assert words_of(StoredMail.objects.filter(kind="mailing")[0]).text.startswith("Beste olga,")
