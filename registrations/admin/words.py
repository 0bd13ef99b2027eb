"""What is stored of a registration, in sentences for organisers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from registrations.models import Change, Guest, Presence, Registration, StoredMail, history
from registrations.models.mail import LEFT, NOT_WANTED, OVERTAKEN, STOPPED, UNSUBSCRIBED
from registrations.queries import snapshots, waiting

What = Change.What
# The changes whose old and new are choices of tables, as ``tables.codes`` gives them.
_OF_TABLES = (
    *(What.SIGNED_UP, What.CONFIRMED, What.TABLES, What.MOVED, What.PROMOTED),
    *(What.CANCELLED, What.DROPPED),
)
_DONE = {
    "added": gettext_lazy("added"),
    "changed": gettext_lazy("changed"),
    "removed": gettext_lazy("removed"),
}
MOST_STEPS = 8  # names of changed rows in one sentence


def moment(at: datetime | None) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else ""


def status(registration: Registration, at: datetime) -> str:
    """What has become of a registration, and since when."""
    words = {
        "since": moment(registration.confirmed_at),
        "ended": moment(registration.ended_at),
        "until": moment(registration.hold_expires_at),
        "signed": moment(registration.created_at),
    }
    sentence: str | Promise = registration.meaning.told
    if registration.is_confirmed and registration.extra:
        sentence = _("Let in at the door as an extra, %(since)s.")
    elif registration.is_waiting:
        place, of = waiting.place_of(registration)
        words |= {"place": str(place), "of": str(of)}
    elif registration.is_pending and not registration.hold_over(at):
        sentence = _("Signed up for the waiting list %(signed)s, not confirmed yet.")
        if registration.holds_place:
            sentence = _(
                "Signed up %(signed)s, not confirmed yet. The place is held until %(until)s."
            )
    return str(sentence) % words


def flags(registration: Registration) -> list[str]:
    """What an organiser should see at a glance."""
    found = {
        _("mail refused"): registration.email_refused_at,
        _("name corrected"): registration.name_corrected_at,
        _("no e-mail address"): not registration.email and not registration.erased_at,
        _("extra"): registration.extra and registration.is_confirmed,
        _("wants no mail to all"): registration.unsubscribed_at,
        _("erased"): registration.erased_at,
    }
    return [words for words, shown in found.items() if shown]


def inside(people: Iterable[Registration]) -> dict[int, str]:
    """Since when people are in, by key, for those who are. One query."""
    found = Presence.objects.filter(registration__in=people, present=True)
    return {row.registration_id: _inside(row) for row in found if row.registration_id}


def _inside(presence: Presence) -> str:
    at = presence.at and timezone.localtime(presence.at)
    if at is None:
        return _("is in")
    same_day = at.date() == timezone.localdate()
    return _("is in since %(time)s") % {"time": time_format(at) if same_day else moment(at)}


def change(row: Change) -> str:
    """What happened, with its details."""
    details = _details(row)
    what = row.get_what_display()
    sentence = f"{what[:1].upper()}{what[1:]}"
    return f"{sentence}: {details}" if details else sentence


def who(row: Change) -> str:
    """Who did it. Staff appear under the name of their account."""
    ours = {
        history.ATTENDEE: _("the person"),
        history.WORKER: _("the site"),
        history.SETTLING: _("the waiting list"),
        history.MAIL_SERVER: _("the mail server"),
    }
    return ours.get(row.who, row.who)


def mail(row: StoredMail) -> tuple[str, bool]:
    """What became of a mail, and whether that is bad."""
    words = {"sent": moment(row.sent_at), "failed": moment(row.failed_at), "error": row.error}
    if row.sent_at and row.failed_at:
        return _("came back %(failed)s: the mail server said %(error)s") % words, True
    if row.sent_at:
        return _("sent %(sent)s") % words, False
    if row.error in NOT_WANTED:
        return _("not sent: %(reason)s") % {"reason": _not_wanted()[row.error]}, False
    if row.failed_at and row.error.startswith("5"):
        return _("refused %(failed)s: the mail server said %(error)s") % words, True
    if row.failed_at:
        return _("given up %(failed)s: %(error)s") % words, True
    if row.attempts:
        sentence = ngettext(
            "not sent yet, tried %(count)s time: %(error)s",
            "not sent yet, tried %(count)s times: %(error)s",
            row.attempts,
        )
        return sentence % (words | {"count": row.attempts}), True
    return _("about to be sent"), False


def _not_wanted() -> dict[str, str]:
    return {
        STOPPED: _("an organiser stopped it"),
        UNSUBSCRIBED: _("wants no mail to all"),
        LEFT: _("cancelled, or did not confirm in time"),
        OVERTAKEN: _("no longer so"),
    }


def _details(row: Change) -> str:
    if row.what in _OF_TABLES and row.registration_id:
        return _tables(row.old, row.new)
    match row.what, row.new:
        case What.WAITLISTS, entries:
            return _entries(entries)
        case What.LISTED, {"listed": listed}:
            return _("to be seen") if listed else _("not to be seen")
        case What.UNSUBSCRIBED, {"wants": wants}:
            return _("from now on") if wants else _("no more")
        case What.CALLED_OFF, {"called_off": off}:
            return _("not going ahead") if off else _("going ahead after all")
        case What.REFUSED | What.BOUNCED, {"mail": kind}:
            return str(dict(StoredMail.Kind.choices).get(kind, kind))
        case What.DROPPED, {"tables": [_one, *_more] as tables}:
            back = _("going ahead after all") if row.new.get("back") else ""
            return ", ".join([*(_table(one) for one in tables), *([back] if back else [])])
        case What.RESCHEDULED, _new if row.old:
            moved = snapshots.in_words(row.old, row.new)
            return "; ".join(f"{one.what}: {one.old} → {one.new}" for one in moved)
        case What.EDITED | What.PROGRAMME, {"steps": steps}:
            return _steps(steps)
        case What.GUEST, {"done": done, "kind": kind}:
            return f"{_DONE.get(done, done)}, {dict(Guest.Kind.choices).get(kind, kind)}"
        case What.MAILED, {"stopped": int(count)}:
            said = ngettext("%(count)s mail stopped", "%(count)s mails stopped", count)
            return said % {"count": count}
        case _what, {"people": int(count)}:
            said = ngettext("%(count)s person", "%(count)s people", count)
            return said % {"count": count}
        case What.WALKED_IN, {"extra": True}:
            return _("as an extra, for every place was taken")
        case What.CORRECTED, {"order": True}:
            return _("order in lists")
        case What.CORRECTED, {"letters": int(letters)}:
            said = ngettext(
                "%(letters)s letter from the name as confirmed",
                "%(letters)s letters from the name as confirmed",
                letters,
            )
            return said % {"letters": letters}
        case What.RESERVED, {"round": number, "code": code}:
            return _("got a reserved seat at table %(code)s in round %(round)s") % {
                "code": code,
                "round": number,
            }
    return ""


def _table(one: Mapping[str, Any]) -> str:
    return _("Table %(code)s in round %(round)s") % {"code": one["code"], "round": one["round"]}


def _steps(steps: Iterable[Mapping[str, Any]]) -> str:
    """The names of what was changed, but for people: history keeps only their keys.

    Changes of tables are told in full: how many seats there were is recorded nowhere else.
    """
    steps = list(steps)
    tables = [_seats(step) for step in steps if "table" in step]
    names = [str(step.get("name") or "") for step in steps]
    told = list(dict.fromkeys(name for name in names if name and not name.isdecimal()))
    more = ["…"] if len(told) > MOST_STEPS else []
    return "; ".join(filter(None, [", ".join([*told[:MOST_STEPS], *more]), *tables]))


def _seats(step: Mapping[str, Any]) -> str:
    """'Table 1a in round 1: seats 10 → 8, place', or what else was done to it."""
    numbers = [(_("seats"), step.get("seats")), (_("seats reserved"), step.get("reserved"))]
    parts = [f"{name} {_from(both)}" for name, both in numbers if both]
    if step["did"] != "changed":
        parts = [str(_DONE[step["did"]]), *([] if step["did"] == "removed" else parts)]
    elif not {"location", "location_en"}.isdisjoint(step.get("fields", ())):
        parts.append(_("place"))
    table = _table(step["table"])
    return f"{table}: {', '.join(parts)}" if parts else table


def _from(both: list[int | None]) -> str:
    old, new = both
    return str(new) if old is None else f"{old} → {new}"


def _tables(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """'round 1: 1a → 2b; round 2: none → 3c'."""
    rounds = sorted({*old, *new}, key=lambda number: (len(number), number))
    return "; ".join(_round(number, old, new) for number in rounds)


def _round(number: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    none = _("no table")
    before, after = old.get(number, none), new.get(number, none)
    told = str(after) if not old or before == after else f"{before} → {after}"
    return _("round %(number)s: %(tables)s") % {"number": number, "tables": told}


def _entries(entries: Mapping[str, Iterable[str]]) -> str:
    if not entries:
        return _("for none any more")
    return "; ".join(
        _("round %(number)s: %(tables)s") % {"number": number, "tables": ", ".join(codes)}
        for number, codes in sorted(entries.items())
    )
