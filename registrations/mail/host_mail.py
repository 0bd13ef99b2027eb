"""Mail to hosts: the link to their page, and what changed of their tables."""

from __future__ import annotations

from datetime import datetime

from registrations.mail import envelope
from registrations.mail.envelope import NotWanted, WrittenMail, link
from registrations.models import Host, StoredMail
from registrations.models.mail import OVERTAKEN
from registrations.queries import hosts
from registrations.queries.tokens import host_token_of

Kind = StoredMail.Kind
TO_HOSTS = (Kind.HOST, Kind.HOST_NEWS)


def store(host: Host, kind: Kind, *, at: datetime, before: str = "") -> None:
    """A mail to one host. For news, ``before`` is a hash of what they were last told."""
    about = {"before": before} if before else {}
    envelope.new(
        kind,
        host.email,
        at=at,
        event=host.event,
        language=host.language,
        host=host,
        about=about,
    ).save()


def write(mail: StoredMail) -> WrittenMail:
    """Raises NotWanted if the address or the link is gone, or the news is no longer news."""
    host, event, kind = mail.host, mail.event, Kind(mail.kind)
    if host is None or event is None or not host.secret or host.email != mail.to:
        raise NotWanted(OVERTAKEN)
    host.event = event
    before = mail.about.get("before", "")
    if before == hosts.news(event, [host])[host.pk]:
        raise NotWanted(OVERTAKEN)
    off = event.called_off
    return envelope.write(
        mail,
        Kind.HOST_NEWS.other_subject if off else kind.subject,
        Kind.HOST_NEWS if off else kind,
        name=host.name,
        why=event.local_called_off_why,
        goes_on=before == hosts.OFF,
        rounds=hosts.rounds_of(hosts.tables_of(host)),
        link=link("registrations:host", host_token_of(host)),
        hosts=True,
    )
