"""A few mails an hour to one address, however often strangers ask for them (rule 5)."""

from __future__ import annotations

from datetime import datetime, timedelta

from registrations.models import StoredMail

Kind = StoredMail.Kind

# What a stranger can make us send: at most this many in an hour to one address.
BY_STRANGERS = (Kind.CONFIRM, Kind.ALREADY, Kind.LINK)
MOST = 5
HOUR = timedelta(hours=1)


def send_after_for(email: str, at: datetime, kinds: tuple[Kind, ...] = BY_STRANGERS) -> datetime:
    """From when one more mail that strangers can trigger may go to this address.

    Mostly ``at`` itself; later once the fifth-last one goes out less than an hour before it.
    One query, of the same shape for every address.
    """
    # What was only asked for is no mail yet, and may never be one.
    mails = StoredMail.objects.exclude(kind=Kind.LINK, registration=None)
    fifth_last = (
        mails.filter(to__iexact=email, kind__in=kinds, send_after__gt=at - HOUR)
        .order_by("-send_after")
        .values_list("send_after", flat=True)[MOST - 1 : MOST]
    )
    return max([at, *(moment + HOUR for moment in fifth_last)])
