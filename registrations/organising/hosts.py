"""Hosts as people: their addresses, their mail, and what they propose for the programme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction

from program.models import Event, Speaker, TableSession
from registrations.booking import locking
from registrations.errors import (
    LinkUnknown,
    NotTheirSession,
    ProposalDecided,
    ProposalOutdated,
    ProposalWaiting,
    SpeakerTwice,
    StillHosting,
)
from registrations.mail import host_mail
from registrations.models import Change, Host, Proposal, StoredMail, history
from registrations.names import person_names
from registrations.queries import hosts
from registrations.queries.tokens import new_secret

Kind = StoredMail.Kind

# What a host may propose: columns of their session, and of themselves in the programme.
OF_SESSION = ("text", "text_en")
OF_SPEAKER = ("organisation", "organisation_en", "function", "function_en")


@dataclass(frozen=True)
class Contact:
    """Where to mail a host, and in which language. Without an address they are forgotten."""

    email: str
    language: str = settings.LANGUAGE_CODE


@transaction.atomic
def save_contacts(
    event: Event, contacts: Mapping[int, Contact], *, who: str, at: datetime
) -> list[Host]:
    """Store these addresses by speaker; returns the hosts who have one that is new.

    Another address gets another link: the old one stops working, for somebody else reads it.
    Raises AddressesErased, and ProposalWaiting if one were forgotten whose proposal is open.
    """
    event = Event.objects.locked(event.pk)
    locking.refuse_erased(event, at=at)
    known = {host.speaker_id: host for host in event.hosts.exclude(speaker=None)}
    fresh, forgotten, changed = [], [], 0
    for speaker in event.speakers.filter(pk__in=contacts):
        contact, host = contacts[speaker.pk], known.get(speaker.pk)
        if not contact.email and host:
            _refuse_waiting(host)
            forgotten.append(host.pk)
        elif not contact.email:
            continue
        elif host is None:
            fresh.append(_add(event, speaker, contact, at=at))
        elif host.email.lower() != contact.email.lower():
            fresh.append(_move(host, contact))
        elif (host.email, host.language) != (contact.email, contact.language):
            event.hosts.filter(pk=host.pk).update(email=contact.email, language=contact.language)
            host.mails.waiting().update(to=contact.email, language=contact.language)
            changed += 1
    event.hosts.filter(pk__in=forgotten).delete()
    if count := len(fresh) + len(forgotten) + changed:
        _record(event, "addresses", who=who, at=at, hosts=count)
    return fresh


@transaction.atomic
def mail_links(event: Event, keys: Iterable[int], *, who: str, at: datetime) -> int:
    """Mail these hosts the link to their page, also those who had it before; returns how many."""
    event = Event.objects.locked(event.pk)
    locking.refuse_over(event, at=at)
    chosen = list(event.hosts.reachable().filter(pk__in=[*keys]))
    news = hosts.news(event, chosen)
    for host in chosen:
        host.event = event
        host.secret, host.invited_at = host.secret or new_secret(), at
        host.told = news[host.pk]
        host.save(update_fields=["secret", "invited_at", "told"])
        host.mails.filter(kind__in=host_mail.TO_HOSTS).idle(at).delete()
        host_mail.store(host, Kind.HOST, at=at)
    if chosen:
        _record(event, "mailed", who=who, at=at, hosts=len(chosen))
    return len(chosen)


@transaction.atomic
def withdraw_link(host: Host, *, who: str, at: datetime) -> None:
    """Their link stops working; the address stays, and can be mailed another one."""
    event = Event.objects.locked(host.event_id)
    withdrawn = event.hosts.filter(pk=host.pk).exclude(secret="")
    if withdrawn.update(secret="", invited_at=None, told=""):
        StoredMail.objects.filter(host=host.pk).idle(at).delete()
        _record(event, "withdrawn", who=who, at=at, host=host.pk)


@transaction.atomic
def erase(host: Host, *, at: datetime) -> None:
    """A host has their address forgotten, with all that hangs on it.

    In the programme they stay as they are.
    """
    _erase(Event.objects.locked(host.event_id), host, who=history.HOST, at=at)


@transaction.atomic
def forget(host: Host, *, who: str, at: datetime) -> None:
    """Forget the address of somebody who left the programme.

    Raises StillHosting, and ProposalWaiting as long as a proposal of theirs is open.
    """
    event = Event.objects.locked(host.event_id)
    fresh = event.hosts.filter(pk=host.pk).first()
    if fresh is None:
        return
    if fresh.speaker_id:
        raise StillHosting
    _refuse_waiting(fresh)
    _erase(event, fresh, who=who, at=at)


def _erase(event: Event, host: Host, *, who: str, at: datetime) -> None:
    gone, _rows = event.hosts.filter(pk=host.pk).delete()
    if gone:
        _record(event, "erased", who=who, at=at, host=host.pk)


def _refuse_waiting(host: Host) -> None:
    """Their proposal would be gone before anybody answered it. Raises ProposalWaiting."""
    if host.proposals.open().exists():
        raise ProposalWaiting(host.name, host.speaker_id)


# What they propose


def now(host: Host, session: TableSession | None) -> dict[str, str]:
    """What the programme says of a session, or without one of the host."""
    row = session or host.speaker
    names = OF_SESSION if session else OF_SPEAKER
    return {name: getattr(row, name) for name in names} if row else {}


def fingerprint(proposal: Proposal) -> str:
    """A hash of what an organiser compares: what the programme says, and what is proposed."""
    was = now(proposal.host, proposal.session)
    compared = sorted(was.items()), sorted(proposal.values.items())
    return sha256(repr(compared).encode()).hexdigest()


@transaction.atomic
def propose(
    host: Host, session: TableSession | None, values: Mapping[str, str], *, at: datetime
) -> Proposal | None:
    """Keep what a host would like the programme to say, until an organiser decides.

    Kept is what differs: what they left alone stays as organisers have it. A later proposal
    replaces an earlier one, and the words of the programme itself take it back.
    Raises CalledOff, EventStarted, LinkUnknown, NotTheirSession.
    """
    event = Event.objects.locked(host.event_id)
    locking.refuse_started(event, at=at)
    mine = event.hosts.select_related("speaker").filter(pk=host.pk, secret=host.secret).first()
    if mine is None or mine.speaker is None:
        raise LinkUnknown
    if session and not mine.speaker.hostings.filter(session=session.pk).exists():
        raise NotTheirSession
    if session:
        session = event.sessions.get(pk=session.pk)
    was = now(mine, session)
    proposed = {name: values[name] for name in was if values.get(name, was[name]) != was[name]}
    earlier = mine.proposals.filter(session=session)
    if not proposed:
        if earlier.open().delete()[0]:
            _record(event, "taken back", who=history.HOST, at=at, host=mine.pk)
        return None
    proposal, _made = Proposal.objects.update_or_create(
        event=event,
        host=mine,
        session=session,
        defaults={
            "values": proposed,
            "proposed_at": at,
            "decided_at": None,
            "accepted": False,
        },
    )
    _record(event, "proposed", who=history.HOST, at=at, host=mine.pk, **_of(session))
    return proposal


@transaction.atomic
def accept(proposal: Proposal, *, seen: str, who: str, at: datetime) -> None:
    """Put it in the programme, if both still say what the organiser compared (``seen``).

    Only what the host proposed to change is written. Raises ProposalDecided, ProposalOutdated,
    SpeakerTwice.
    """
    event, fresh = _undecided(proposal, seen)
    row: TableSession | Speaker | None = fresh.session or fresh.host.speaker
    if row is None:
        raise ProposalOutdated
    may = OF_SESSION if fresh.session else OF_SPEAKER
    values = {name: text for name, text in fresh.values.items() if name in may}
    for name, text in values.items():
        setattr(row, name, text)
    if isinstance(row, Speaker):
        same = event.speakers.filter(name=row.name, organisation=row.organisation)
        if same.exclude(pk=row.pk).exists():
            raise SpeakerTwice
    row.save(update_fields=[*values])
    event.bump_programme()
    _decide(event, fresh, accepted=True, who=who, at=at)


@transaction.atomic
def decline(proposal: Proposal, *, seen: str, who: str, at: datetime) -> None:
    """Leave the programme as it is; the host reads so on their page.

    Raises ProposalDecided, ProposalOutdated.
    """
    event, fresh = _undecided(proposal, seen)
    _decide(event, fresh, accepted=False, who=who, at=at)


def _undecided(proposal: Proposal, seen: str) -> tuple[Event, Proposal]:
    """It as it is now: a host may have changed it since it was shown, in the same row."""
    event = Event.objects.locked(proposal.event_id)
    fresh = event.proposals.open().select_related("host__speaker", "session")
    found = fresh.filter(pk=proposal.pk).first()
    if found is None:
        raise ProposalDecided
    if fingerprint(found) != seen:
        raise ProposalOutdated
    return event, found


def _decide(event: Event, proposal: Proposal, *, accepted: bool, who: str, at: datetime) -> None:
    event.proposals.filter(pk=proposal.pk).update(decided_at=at, accepted=accepted)
    done = "accepted" if accepted else "declined"
    _record(event, done, who=who, at=at, host=proposal.host_id, **_of(proposal.session))


# What they hear of


def follow(event: Event, *, at: datetime, tell: bool = True) -> None:
    """After a change of the programme: mail the hosts whose time, place or tables have changed.

    Only those who were mailed before, and only about what everybody can read. Needs the lock.
    """
    known = list(event.hosts.all())
    _recognise(event, known)
    if not event.published or event.over(at):
        return
    able = [one for one in known if one.speaker_id and not one.email_refused_at]
    mailed = [one for one in able if one.invited_at]
    if not mailed:
        return
    news = hosts.news(event, mailed)
    changed = [(host, host.told) for host in mailed if host.told != news[host.pk]]
    # A mail that is still to be written will say how things are by then.
    unsent = StoredMail.objects.filter(event=event, kind__in=host_mail.TO_HOSTS).idle(at)
    hear = set(unsent.values_list("host", flat=True)) if changed else set()
    for host, before in changed:
        host.event, host.told = event, news[host.pk]
        host.save(update_fields=["told"])
        if tell and host.pk not in hear:
            host_mail.store(host, Kind.HOST_NEWS, at=at, before=before)


def _recognise(event: Event, known: Sequence[Host]) -> None:
    """Link hosts who left the programme and are back in it: like guests, they go by name."""
    left = {person_names.norm(host.name): host for host in known if host.speaker_id is None}
    if not left:
        return
    for speaker in event.speakers.filter(hosts=None).exclude(hostings=None).distinct():
        if host := left.pop(person_names.norm(speaker.name), None):
            host.speaker = speaker
            host.save(update_fields=["speaker"])


def _add(event: Event, speaker: Speaker, contact: Contact, *, at: datetime) -> Host:
    return Host.objects.create(
        event=event,
        speaker=speaker,
        name=speaker.name,
        email=contact.email,
        language=contact.language,
        created_at=at,
    )


def _move(host: Host, contact: Contact) -> Host:
    host.mails.all().delete()
    host.email, host.language = contact.email, contact.language
    host.secret, host.told, host.invited_at, host.email_refused_at = "", "", None, None
    host.save()
    return host


def _of(session: TableSession | None) -> dict[str, str]:
    return {"code": session.code} if session else {}


def _record(event: Event, done: str, *, who: str, at: datetime, **about: Any) -> None:
    """History names nobody: it keeps keys and counts."""
    new = {"done": done, **about}
    history.record(event, None, Change.What.HOST, who=who, at=at, new=new)
