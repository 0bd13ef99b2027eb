"""How much mail strangers can make us send to one mailbox, and to one domain (rule 5).

It is judged when a mail leaves, by what has been sent by then: so the count is exact, also after a
mail server was down for days. What is over a ceiling is dropped. It does not wait its turn, for
then a minute of mischief would mean days of mail.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Q, Sum

from program.models import Event
from registrations.mail.envelope import NotWanted
from registrations.models import StoredMail
from registrations.models.mail import TOO_MANY, UNANSWERED, StoredMailQuerySet
from registrations.names.addresses import domain_key, email_key, mail_domain
from registrations.names.mail_domains import PROVIDERS

logger = logging.getLogger(__name__)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# To one mailbox, over all events, spellings and kinds of mail.
AN_HOUR, A_DAY = 5, 10
# To one domain in an hour, or twice the places of all coming events if that is more: a whole town
# hall may sign up within minutes. In a day four times that.
DOMAIN_AN_HOUR, DOMAIN_DAY = 500, 4
# A provider has the mailboxes of half a town, and guards them itself.
PROVIDER_TIMES = 10


def count(mail: StoredMail) -> StoredMail:
    """Let a mail, not saved yet, count for its mailbox and its domain."""
    mail.mailbox, mail.domain = email_key(mail.to), domain_key(mail.to)
    return mail


def refuse(mail: StoredMail, at: datetime) -> None:
    """Raises NotWanted if so many mails that count have gone to its mailbox or domain already."""
    if not mail.mailbox:
        return
    same = StoredMail.objects.filter(mailbox=mail.mailbox).exclude(pk=mail.pk)
    # Of two workers that have a mail for it in hand, the one with the older mail goes first: else
    # both would drop theirs.
    in_flight = Q(sent_at=None, failed_at=None, leased_until__gt=at, pk__lt=mail.pk)
    for time, most in ((HOUR, AN_HOUR), (DAY, A_DAY)):
        if same.filter(in_flight | _arrived(at - time)).count() >= most:
            raise NotWanted(TOO_MANY)
    domain = StoredMail.objects.filter(domain=mail.domain)
    times = PROVIDER_TIMES if mail_domain(mail.to) in PROVIDERS else 1
    for time, turns in ((HOUR, 1), (DAY, DOMAIN_DAY)):
        sent = domain.filter(sent_at__gt=at - time)
        if _over(sent, DOMAIN_AN_HOUR * turns * times) and _over(
            sent, 2 * _places(at) * turns * times
        ):
            logger.error("mail %s (%s): too many to one domain", mail.pk, mail.kind)
            raise NotWanted(TOO_MANY)


def _arrived(since: datetime) -> Q:
    """Sent since then, or left without an answer: mostly a server has taken those too."""
    unanswered = Q(error__startswith=UNANSWERED)
    to_come = Q(sent_at=None, failed_at=None, send_after__gt=since)
    return Q(sent_at__gt=since) | (unanswered & (Q(failed_at__gt=since) | to_come))


def _over(sent: StoredMailQuerySet, most: int) -> bool:
    """Whether there are that many; counts no further."""
    return sent.order_by()[:most].count() >= most


def _places(at: datetime) -> int:
    """In all events to come."""
    coming = Event.objects.published().filter(ends_at__gt=at)
    return int(coming.aggregate(places=Sum("capacity"))["places"] or 0)
