"""Hosts as people: addresses, mail that follows their tables, proposals that change nothing yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, transaction

from program.file import from_db
from program.models import Event, Hosting, Speaker
from registrations.errors import (
    AddressesErased,
    CalledOff,
    EventOver,
    EventStarted,
    LinkUnknown,
    NotTheirSession,
    ProposalDecided,
    ProposalOutdated,
    ProposalWaiting,
    SpeakerTwice,
    StillHosting,
)
from registrations.mail import outbox
from registrations.models import Change, Host, Proposal, StoredMail
from registrations.organising import calling_off, dropping, dry_run, hosts
from registrations.organising.hosts import Contact
from registrations.organising.propagate import follow, followed
from registrations.privacy import erasure
from registrations.queries.snapshots import snapshot
from registrations.queries.tokens import find_host, host_token_of
from tests.factories import NOW, START, make_event, make_host, make_proposal, make_slot
from tests.mailed import words_of

pytestmark = pytest.mark.django_db

WHO: dict[str, Any] = {"who": "organisator", "at": NOW}
ADDRESS = "gastheer@buurt.example"


def speaker_of(event: Event, code: str) -> Speaker:
    return Speaker.objects.get(event=event, hostings__session__code=code)


def change(event: Event, write: Callable[[], object], *, tell: bool = True) -> None:
    """As the admin and a loaded programme do it."""
    with transaction.atomic():
        locked = Event.objects.locked(event.pk)
        before = snapshot(event.pk)
        write()
        locked.bump_programme()
        follow(locked, before, who="organisator", at=NOW, tell=tell)


def sent() -> None:
    """As if everything that waits had left."""
    StoredMail.objects.waiting().update(sent_at=NOW, about={})


def kinds() -> list[str]:
    return list(StoredMail.objects.waiting().order_by("pk").values_list("kind", flat=True))


def test_an_address_is_stored_mailed_and_forgotten():
    event = make_event()
    make_slot(event, "1a")
    speaker = speaker_of(event, "1a")

    (host,) = hosts.save_contacts(event, {speaker.pk: Contact(ADDRESS)}, **WHO)
    assert (host.name, host.email, host.secret, host.invited_at) == (
        speaker.name,
        ADDRESS,
        "",
        None,
    )
    assert hosts.mail_links(event, [host.pk], **WHO) == 1
    host.refresh_from_db()
    assert find_host(host_token_of(host)) == host
    assert host_token_of(host) in words_of(StoredMail.objects.get(kind="host")).text

    hosts.save_contacts(event, {speaker.pk: Contact("")}, **WHO)
    assert not Host.objects.exists()
    assert not StoredMail.objects.exists()
    assert Speaker.objects.filter(pk=speaker.pk).exists()


def test_a_host_of_two_sessions_has_one_page_and_one_mail():
    event = make_event()
    make_slot(event, "1a", 1)
    make_slot(event, "1b", 2)
    speaker = speaker_of(event, "1a")
    session = event.sessions.get(code="1b")
    Hosting.objects.filter(session=session).update(speaker=speaker)

    make_host(event, "1a")

    text = words_of(StoredMail.objects.get(kind="host")).text
    assert "Gesprek 1a" in text
    assert "Gesprek 1b" in text


def test_another_address_gets_another_link_and_capitals_do_not():
    event = make_event()
    make_slot(event, "1a")
    host = make_host(event, "1a")
    token, speaker = host_token_of(host), speaker_of(event, "1a")

    hosts.save_contacts(event, {speaker.pk: Contact(ADDRESS.title(), "en")}, **WHO)
    assert find_host(token).language == "en"
    assert StoredMail.objects.get().to == ADDRESS.title()

    hosts.save_contacts(event, {speaker.pk: Contact("ander@buurt.example")}, **WHO)
    with pytest.raises(LinkUnknown):
        find_host(token)
    assert not StoredMail.objects.exists()


def test_a_withdrawn_link_is_dead_and_the_next_mail_has_another():
    event = make_event()
    make_slot(event, "1a")
    host = make_host(event, "1a")
    token = host_token_of(host)

    hosts.withdraw_link(host, **WHO)

    with pytest.raises(LinkUnknown):
        find_host(token)
    assert kinds() == []
    hosts.mail_links(event, [host.pk], **WHO)
    host.refresh_from_db()
    assert host_token_of(host) != token


def test_a_row_without_a_secret_is_no_invited_host():
    event = make_event()
    make_slot(event, "1a")
    host = make_host(event, "1a")

    for broken in ({"secret": ""}, {"email": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Host.objects.filter(pk=host.pk).update(**broken)


def test_only_hosts_of_the_event_are_stored_and_mailed():
    event, other = make_event(), make_event()
    make_slot(event, "1a")
    make_slot(other, "1a")
    theirs = make_host(other, "1a")
    sent()

    hosts.save_contacts(event, {speaker_of(other, "1a").pk: Contact("x@y.example")}, **WHO)
    assert hosts.mail_links(event, [theirs.pk], **WHO) == 0

    assert [host.email for host in Host.objects.all()] == [ADDRESS]
    assert kinds() == []


def test_nobody_is_mailed_once_it_is_over_or_called_off():
    event = make_event()
    make_slot(event, "1a")
    host = make_host(event, "1a")

    with pytest.raises(EventOver):
        hosts.mail_links(event, [host.pk], who="organisator", at=event.ends_at)
    calling_off.call_off(event, **WHO)
    with pytest.raises(CalledOff):
        hosts.mail_links(event, [host.pk], **WHO)


def test_history_names_no_host():
    event = make_event()
    make_slot(event, "1a")
    host = make_host(event, "1a")
    hosts.propose(host, event.sessions.get(), {"text": "Nieuw"}, at=NOW)

    told = str(list(Change.objects.filter(what="host").values("old", "new", "why", "who")))
    assert "proposed" in told
    for secret in (ADDRESS, host.name, host.secret, "Nieuw"):
        assert secret not in told


def test_the_address_is_in_no_file_of_the_programme():
    event = make_event()
    make_slot(event, "1a")
    make_host(event, "1a")

    assert ADDRESS not in repr(from_db.programme_of(event))


# News


def test_a_host_hears_when_their_table_moves_and_others_do_not():
    event = make_event()
    slot = make_slot(event, "1a")
    make_slot(event, "1b")
    make_host(event, "1a")
    make_host(event, "1b", "ander@buurt.example")
    sent()

    change(event, lambda: event.slots.filter(pk=slot.pk).update(location="Foyer, tafel 2"))

    (mail,) = StoredMail.objects.waiting()
    assert (mail.kind, mail.to) == ("host_news", ADDRESS)
    assert "Foyer, tafel 2" in words_of(mail).text


def test_everybody_hears_of_another_time_once():
    event = make_event()
    make_slot(event, "1a")
    make_host(event, "1a")
    sent()
    later = {name: getattr(event, name) + timedelta(hours=1) for name in ("starts_at", "ends_at")}

    change(event, lambda: Event.objects.filter(pk=event.pk).update(**later))
    change(event, lambda: event.slots.update(location="Foyer"))

    (mail,) = StoredMail.objects.waiting()
    assert "Foyer" in words_of(mail).text


def test_nobody_hears_what_was_put_right_before_the_mail_left():
    event = make_event()
    make_slot(event, "1a", location="Raadzaal")
    make_host(event, "1a")
    sent()

    change(event, lambda: event.slots.update(location="Foyer"))
    change(event, lambda: event.slots.update(location="Raadzaal"))

    outbox.send_due(NOW)
    assert StoredMail.objects.get(kind="host_news").error == "overtaken"


def test_a_dropped_table_and_a_table_that_is_back_are_news():
    event = make_event()
    slot = make_slot(event, "1a")
    make_host(event, "1a")
    sent()

    dropping.drop(event, [slot.pk], **WHO)
    (mail,) = StoredMail.objects.waiting()
    assert "Je hebt op dit moment geen tafel." in words_of(mail).text
    sent()
    dropping.take_place_after_all(event, [slot.pk], **WHO)
    (mail,) = StoredMail.objects.waiting()
    assert "Gesprek 1a" in words_of(mail).text


def test_hosts_hear_that_it_is_called_off_and_goes_on():
    event = make_event(title="Avond")
    make_slot(event, "1a")
    make_host(event, "1a")
    sent()

    calling_off.call_off(event, why="De zaal is niet vrij.", **WHO)
    (mail,) = StoredMail.objects.waiting()
    said = words_of(mail)
    assert said.subject == "Gaat niet door: Avond"
    assert "De zaal is niet vrij." in said.text
    sent()
    calling_off.go_on(event, **WHO)
    (mail,) = StoredMail.objects.waiting()
    assert "Het gaat toch door" in words_of(mail).html


def test_an_invitation_that_has_not_left_yet_tells_that_it_is_called_off():
    event = make_event(title="Avond")
    make_slot(event, "1a")
    make_host(event, "1a")

    calling_off.call_off(event, **WHO)

    (mail,) = StoredMail.objects.waiting()
    assert words_of(mail).subject == "Gaat niet door: Avond"


@pytest.mark.parametrize("spared", ["draft", "not mailed", "silent", "refused"])
def test_who_hears_nothing(spared):
    event = make_event(published=spared != "draft")
    make_slot(event, "1a")
    if spared == "not mailed":
        contacts = {speaker_of(event, "1a").pk: Contact(ADDRESS)}
        hosts.save_contacts(event, contacts, **WHO)
    else:
        make_host(event, "1a")
    if spared == "refused":
        Host.objects.update(email_refused_at=NOW)
    sent()

    change(event, lambda: event.slots.update(location="Foyer"), tell=spared != "silent")

    assert kinds() == []


def test_a_host_who_left_and_came_back_keeps_their_link():
    event = make_event()
    make_slot(event, "1a")
    host = make_host(event, "1a")
    sent()
    session, name = event.sessions.get(), host.name

    change(event, lambda: Speaker.objects.filter(event=event).delete())
    host.refresh_from_db()
    assert host.speaker is None
    assert kinds() == []  # somebody tells them in person

    def back() -> None:
        speaker = Speaker.objects.create(event=event, name=name.upper())
        Hosting.objects.create(event=event, session=session, speaker=speaker)

    change(event, back)
    host.refresh_from_db()
    assert host.speaker is not None
    assert find_host(host_token_of(host)) == host


def test_a_refused_mail_marks_the_address_and_a_new_one_clears_it(refusing_server):
    event = make_event()
    make_slot(event, "1a")
    host = make_host(event, "1a")

    outbox.send_due(NOW)
    host.refresh_from_db()
    assert host.email_refused_at is not None

    speaker = speaker_of(event, "1a")
    hosts.save_contacts(event, {speaker.pk: Contact("ander@buurt.example")}, **WHO)
    host.refresh_from_db()
    assert host.email_refused_at is None


@pytest.fixture
def refusing_server(monkeypatch):
    def refuse(self, messages):
        raise SMTPRecipientsRefused({messages[0].to[0]: (550, b"5.1.1 unknown")})

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)


def test_a_change_that_only_hosts_notice_is_shown_first_without_their_link():
    event = make_event()
    make_slot(event, "1a")
    host = make_host(event, "1a")
    sent()

    def move() -> None:
        event.slots.update(location="Foyer")
        Event.objects.locked(event.pk).bump_programme()

    events = Event.objects.filter(pk=event.pk)
    seen = dry_run.dry_run(events, lambda: followed(events, move, tell=True, **WHO))

    assert not seen.nothing
    assert seen.may_be_silent
    assert seen.hosts == [host]
    ((_kind, words),) = seen.samples
    assert "Foyer" in words.text
    assert host_token_of(host) not in words.text
    assert kinds() == []


# Proposals


@pytest.fixture
def event() -> Event:
    event = make_event()
    make_slot(event, "1a")
    make_slot(event, "1b")
    event.sessions.update(text="Was zo.")
    return event


def test_a_proposal_changes_nothing_until_it_is_accepted(event):
    host, session = make_host(event, "1a"), event.sessions.get(code="1a")
    key = event.programme_key

    proposal = make_proposal(host, session, at=NOW, text="Wordt zo.")
    session.refresh_from_db()
    event.refresh_from_db()
    assert (session.text, event.programme_key) == ("Was zo.", key)

    hosts.accept(proposal, seen=hosts.fingerprint(proposal), **WHO)
    session.refresh_from_db()
    event.refresh_from_db()
    assert session.text == "Wordt zo."
    assert event.programme_key != key
    with pytest.raises(ProposalDecided):
        hosts.decline(proposal, seen=hosts.fingerprint(proposal), **WHO)


def test_a_declined_proposal_changes_nothing_and_the_host_can_read_it(event):
    host, session = make_host(event, "1a"), event.sessions.get(code="1a")
    proposal = make_proposal(host, session, at=NOW, text="Wordt zo.")

    hosts.decline(proposal, seen=hosts.fingerprint(proposal), **WHO)

    session.refresh_from_db()
    assert session.text == "Was zo."
    assert Proposal.objects.values_list("accepted", "decided_at").get() == (False, NOW)


def test_an_organiser_accepts_only_what_they_compared(event):
    host, session = make_host(event, "1a"), event.sessions.get(code="1a")
    proposal = make_proposal(host, session, at=NOW, text="Wordt zo.")
    seen = hosts.fingerprint(proposal)
    event.sessions.update(text="Intussen anders.")

    with pytest.raises(ProposalOutdated):
        hosts.accept(proposal, seen=seen, **WHO)

    seen = hosts.fingerprint(Proposal.objects.get())
    later = make_proposal(host, session, at=NOW + timedelta(hours=1), text="Nog anders.")
    assert later == proposal
    for answer in (hosts.accept, hosts.decline):
        with pytest.raises(ProposalOutdated):
            answer(later, seen=seen, **WHO)
    assert Proposal.objects.open().exists()


def test_what_a_host_left_alone_stays_as_organisers_have_it(event):
    host = make_host(event, "1a")
    proposal = make_proposal(host, None, at=NOW, function="Wethouder", organisation="")
    event.speakers.update(organisation="Gemeente")

    seen = hosts.fingerprint(Proposal.objects.get())
    hosts.accept(proposal, seen=seen, **WHO)

    speaker = speaker_of(event, "1a")
    assert (speaker.function, speaker.organisation) == ("Wethouder", "Gemeente")


def test_no_address_goes_with_a_proposal_that_waits(event):
    host, speaker = make_host(event, "1a"), speaker_of(event, "1a")
    proposal = make_proposal(host, None, at=NOW, function="Wethouder")

    with pytest.raises(ProposalWaiting, match="Gastheer 1a"):
        hosts.save_contacts(event, {speaker.pk: Contact("")}, **WHO)
    with pytest.raises(StillHosting):
        hosts.forget(host, **WHO)
    Host.objects.update(speaker=None)
    with pytest.raises(ProposalWaiting):
        hosts.forget(host, **WHO)
    assert Proposal.objects.get() == proposal

    hosts.decline(proposal, seen=hosts.fingerprint(Proposal.objects.get()), **WHO)
    hosts.forget(host, **WHO)
    assert not Host.objects.exists()


def test_no_address_is_kept_once_those_of_the_event_are_erased(event):
    speaker = speaker_of(event, "1a")

    with pytest.raises(AddressesErased):
        hosts.save_contacts(
            event, {speaker.pk: Contact(ADDRESS)}, who="organisator", at=event.kept_until
        )
    assert not Host.objects.exists()


def test_the_words_of_the_programme_take_a_proposal_back(event):
    host, session = make_host(event, "1a"), event.sessions.get(code="1a")
    hosts.propose(host, session, {"text": "Wordt zo."}, at=NOW)

    assert hosts.propose(host, session, {"text": "Was zo."}, at=NOW) is None
    assert not Proposal.objects.exists()


def test_a_host_proposes_columns_of_their_own_rows_alone(event):
    host = make_host(event, "1a")

    with pytest.raises(NotTheirSession):
        hosts.propose(host, event.sessions.get(code="1b"), {"text": "x"}, at=NOW)
    proposal = make_proposal(host, None, at=NOW, function="Wethouder", name="Iemand")
    assert proposal.values == {"function": "Wethouder"}

    hosts.accept(proposal, seen=hosts.fingerprint(proposal), **WHO)
    speaker = speaker_of(event, "1a")
    assert (speaker.name, speaker.function) == ("Gastheer 1a", "Wethouder")


def test_two_hosts_of_one_name_and_organisation_are_refused(event):
    host = make_host(event, "1a")
    Speaker.objects.create(event=event, name=host.name, organisation="Gemeente")
    proposal = make_proposal(host, None, at=NOW, organisation="Gemeente")

    with pytest.raises(SpeakerTwice):
        hosts.accept(proposal, seen=hosts.fingerprint(proposal), **WHO)


def test_nothing_is_proposed_after_the_start_or_by_a_link_that_is_gone(event):
    host = make_host(event, "1a")

    with pytest.raises(EventStarted):
        hosts.propose(host, None, {"function": "x"}, at=START)
    hosts.withdraw_link(host, **WHO)
    with pytest.raises(LinkUnknown):
        hosts.propose(host, None, {"function": "x"}, at=NOW)


# Erasure


def test_hosts_and_invitations_are_erased_with_the_event_and_count_as_left(event):
    host = make_host(event, "1a")
    hosts.propose(host, None, {"function": "Wethouder"}, at=NOW)
    over = event.ends_at + timedelta(days=event.retention_days)

    assert erasure.erase_due(over - timedelta(seconds=1)) == 0
    assert erasure.erase_due(over) == 1
    assert erasure.erase_due(over) == 0

    assert not Host.objects.exists()
    assert not Proposal.objects.exists()
    assert not StoredMail.objects.exists()
    assert speaker_of(event, "1a").name == "Gastheer 1a"
