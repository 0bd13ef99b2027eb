"""Until when: the order that the deadlines of an event keep (rule 9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from program.dates import far_away


def out_of_order(
    start: datetime,
    *,
    signup_opens: datetime | None,
    signup_closes: datetime | None,
    waiting_closes: datetime | None,
    changes_close: datetime | None,
) -> Iterator[tuple[str, str]]:
    """What is wrong, as pairs of a deadline's name and a sentence. Left out is None."""
    given = {
        "signup_opens": signup_opens,
        "signup_closes": signup_closes,
        "waiting_closes": waiting_closes,
        "changes_close": changes_close,
    }
    for name, moment in given.items():
        if moment and far_away(moment.date()):
            yield name, _("This date is too far away.")
    if signup_opens and signup_opens > (signup_closes or start):
        yield "signup_opens", _("Sign-up opens after it closes.")
    if signup_closes and signup_closes > start:
        yield "signup_closes", _("Sign-up closes after the event starts.")
    if changes_close and changes_close > start:
        yield "changes_close", _("Changes close after the event starts.")
    if waiting_closes and waiting_closes > (changes_close or start):
        yield "waiting_closes", _("The waiting lists close after changes close.")
