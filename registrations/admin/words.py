"""What is stored of a registration, in sentences for organisers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from registrations.drawing.report import How, Result
from registrations.models import (
    Change,
    ColleagueRole,
    Guest,
    Presence,
    Registration,
    StoredMail,
    history,
)
from registrations.models.mail import (
    LEFT,
    NOT_WANTED,
    OVERTAKEN,
    STOPPED,
    TOO_MANY,
    UNSUBSCRIBED,
)
from registrations.queries import receipts, snapshots, waiting

What = Change.What
# The changes whose old and new are choices of tables, as ``tables.codes`` gives them.
_OF_TABLES = (
    *(What.SIGNED_UP, What.CONFIRMED, What.TABLES, What.MOVED, What.PROMOTED),
    *(What.CANCELLED, What.DROPPED, What.EXTRA, What.DRAWN),
)
_DONE = {
    "added": gettext_lazy("added"),
    "changed": gettext_lazy("changed"),
    "removed": gettext_lazy("removed"),
}
# Fields of forms that are not columns, each with the columns that it is stored in.
_FIELDS: Mapping[str, tuple[str | Promise, tuple[str, ...]]] = {
    "day": (gettext_lazy("day"), ("starts_at", "ends_at")),
    "starts": (gettext_lazy("from"), ("starts_at", "ends_at")),
    "ends": (gettext_lazy("until"), ("starts_at", "ends_at")),
    "retired": (gettext_lazy("not asked any more"), ("retired_at",)),
}
_MODELS = {"tables": ["tablesession", "theme"]}  # rows of the page with all tables
_BY_HOSTS = {
    "addresses": gettext_lazy("addresses filled in"),
    "mailed": gettext_lazy("links mailed"),
    "withdrawn": gettext_lazy("link withdrawn"),
    "erased": gettext_lazy("address erased"),
    "proposed": gettext_lazy("proposal sent"),
    "taken back": gettext_lazy("proposal withdrawn"),
    "accepted": gettext_lazy("proposal accepted"),
    "declined": gettext_lazy("proposal declined"),
}
_BY_COLLEAGUES = {
    "invited": gettext_lazy("invited"),
    "mailed": gettext_lazy("invitation mailed again"),
    "withdrawn": gettext_lazy("invitation withdrawn"),
    "accepted": gettext_lazy("invitation accepted"),
    "taken off": gettext_lazy("removed from the team"),
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
        sentence = _("Has had an extra place, on top of those of the event, since %(since)s.")
        if registration.origin == Registration.Origin.DOOR:
            sentence = _("Let in at the door as an extra, %(since)s.")
    elif registration.in_draw:
        sentence = _(
            "Takes part in the draw since %(since)s. Choices can be changed until %(closes)s."
        )
        words |= {"closes": moment(registration.event.wishes_close_at)}
    elif registration.is_waiting:
        place, of = waiting.place_of(registration)
        words |= {"place": str(place), "of": str(of)}
    elif registration.is_pending and not registration.hold_over(at):
        sentence = _unconfirmed(registration)
    return str(sentence) % words


def _unconfirmed(registration: Registration) -> str:
    """Of somebody who signed up or was put on a list by an organiser, and has yet to confirm."""
    invited = registration.origin == Registration.Origin.FILE
    if registration.event.draw_to_come and not registration.holds_place:
        if invited:
            return _("Asked to take part in the draw %(signed)s, not confirmed yet.")
        return _("Signed up for the draw %(signed)s, not confirmed yet.")
    if registration.confirms_first and not registration.holds_place:
        return _("Signed up %(signed)s, not confirmed yet. No place is held until then.")
    match registration.holds_place, invited:
        case True, True:
            return _("Asked to come %(signed)s, not confirmed yet. Held until %(until)s.")
        case True, False:
            return _("Signed up %(signed)s, not confirmed yet. The place is held until %(until)s.")
        case False, True:
            return _("Asked for the waiting list %(signed)s, not confirmed yet.")
        case _other:
            return _("Signed up for the waiting list %(signed)s, not confirmed yet.")


def flags(registration: Registration) -> list[str]:
    """What an organiser should see at a glance."""
    found = {
        _("mail refused"): registration.email_refused_at,
        _("name corrected"): registration.name_corrected_at,
        _("no e-mail address"): not registration.email and not registration.erased_at,
        _("extra"): registration.extra and registration.is_confirmed,
        _("wants no mail to all"): registration.unsubscribed_at,
        _("erased"): registration.erased_at,
        # In this order they are next.
        _("lot %(lot)s") % {"lot": registration.lot}: registration.lot and registration.is_waiting,
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
    if row.what == What.WAITING and row.new.get("draw"):
        return _("Takes part in the draw")
    details = _details(row)
    what = row.get_what_display()
    sentence = f"{what[:1].upper()}{what[1:]}"
    return f"{sentence}: {details}" if details else sentence


def got(result: Result) -> str:
    """What the draw gave somebody in a round."""
    match result.how, result.wish:
        case How.WISH, int(wish):
            return receipts.nth_choice(wish)
        case How.FILLED, _nth:
            return _("a table where there was room")
        case How.BY_WISH, _nth:
            return _("no table, as they asked")
    return _("nothing of their list")


@dataclass
class HistoryLine:
    """``times`` equal changes one after another, the newest of which is ``change``."""

    change: Change
    what: str
    who: str
    first: datetime
    times: int = 1


def history_lines(changes: Iterable[Change]) -> list[HistoryLine]:
    """What happened, and by whom; the same thing seventeen times on one day is one line."""
    lines: list[HistoryLine] = []
    for row in changes:
        line = HistoryLine(row, change(row), who(row), row.at)
        before = lines[-1] if lines else None
        if before and _same(before) == _same(line):
            before.times, before.first = before.times + 1, min(before.first, row.at)
        else:
            lines.append(line)
    return lines


def _same(line: HistoryLine) -> tuple[object, ...]:
    return line.what, line.who, line.change.why, timezone.localdate(line.change.at)


def who(row: Change) -> str:
    """Who did it. Staff appear under the name of their account."""
    ours = {
        history.ATTENDEE: _("the person"),
        history.HOST: _("the host"),
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
        TOO_MANY: _("too many e-mails to this address; they can ask for it again later"),
    }


def _details(row: Change) -> str:
    if row.new.get("told") is True and row.registration_id:
        return _("told by an organiser")
    if row.what in _OF_TABLES and row.registration_id:
        return _tables(row.old, row.new)
    match row.what, row.new:
        case What.WAITLISTS, entries:
            return _entries(entries)
        case What.RANKED, ranking:
            return _ranking(ranking)
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
        case What.HOST, {"done": done, **about}:
            said = str(_BY_HOSTS.get(done, done))
            return f"{said}, {about['code']}" if "code" in about else said
        case What.COLLEAGUE, {"done": done, "role": role}:
            roles = dict(ColleagueRole.choices)
            return f"{_BY_COLLEAGUES.get(done, done)}, {roles.get(role, role)}"
        case What.MAILED, {"stopped": int(count)}:
            said = ngettext("%(count)s mail stopped", "%(count)s mails stopped", count)
            return said % {"count": count}
        case What.TAPS_JUDGED, {"accepted": int(count)}:
            return _("%(count)s accepted") % {"count": count}
        case What.TAPS_JUDGED, {"refused": int(count)}:
            return _("%(count)s refused") % {"count": count}
        case _what, {"people": int(count)}:
            said = ngettext("%(count)s person", "%(count)s people", count)
            return said % {"count": count}
        case What.WALKED_IN, {"extra": True}:
            return _("as an extra, for every place was taken")
        case What.CORRECTED, {"order": True}:
            return _("order in lists")
        case What.DETAILS, {"fields": names}:
            return _names(names)
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


def _names(columns: Iterable[str]) -> str:
    """What was changed, but never into what."""
    fields = Registration._meta.get_field
    return ", ".join(str(getattr(fields(name), "verbose_name", name)) for name in columns)


def _table(one: Mapping[str, Any]) -> str:
    return _("Table %(code)s in round %(round)s") % {"code": one["code"], "round": one["round"]}


def _steps(steps: Iterable[Mapping[str, Any]]) -> str:
    """The names of what was changed, but for people: history keeps only their keys.

    Changes of tables are told in full: how many seats there were is recorded nowhere else.
    """
    steps = list(steps)
    parts = [_named("", [_changed(step) for step in steps if step["did"] == "changed"])]
    for did in ("added", "removed"):
        names = [_name(step) for step in steps if step["did"] == did]
        parts.append(_named(str(_DONE[did]), names))
    parts += [_seats(step) for step in steps if "table" in step]
    return "; ".join(filter(None, parts))


def _named(did: str, names: Iterable[str]) -> str:
    """'added: Wonen, Zorg'"""
    told = list(dict.fromkeys(filter(None, names)))
    more = ["…"] if len(told) > MOST_STEPS else []
    words = ", ".join([*told[:MOST_STEPS], *more])
    return f"{did}: {words}" if did and words else words


def _name(step: Mapping[str, Any]) -> str:
    name = str(step.get("name") or "")
    return "" if name.isdecimal() else name


def _changed(step: Mapping[str, Any]) -> str:
    """'Wijkavond (title, day)': which row it was, and what of it changed."""
    fields = _fields(step.get("model", ""), step.get("fields", ()))
    name = _name(step)
    return f"{name} ({', '.join(fields)})" if name and fields else name


def _fields(model: str, names: Iterable[str]) -> list[str]:
    """As their forms call them; a column that only stores what another field says is left out."""
    names = list(names)
    stored = {column for name in names if name in _FIELDS for column in _FIELDS[name][1]}
    labels = (_label(model, name) for name in names if name not in stored)
    return list(dict.fromkeys(filter(None, labels)))


def _label(model: str, name: str) -> str:
    if name in _FIELDS:
        return str(_FIELDS[name][0])
    for each in _MODELS.get(model, [model]):
        with suppress(LookupError, FieldDoesNotExist):
            return str(apps.get_model("program", each)._meta.get_field(name).verbose_name)
    return ""


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
    # A draw also says whether they got a place.
    numbers = filter(str.isdecimal, {*old, *new})
    rounds = sorted(numbers, key=lambda number: (len(number), number))
    return "; ".join(_round(number, old, new) for number in rounds)


def _round(number: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    none = _("no table")
    before, after = old.get(number, none), new.get(number, none)
    told = str(after) if not old or before == after else f"{before} → {after}"
    return _("round %(number)s: %(tables)s") % {"number": number, "tables": told}


def _ranking(ranking: Mapping[str, Iterable[str]]) -> str:
    """'round 1: 3a, 2, rather no table'; nothing ranked is wherever there is room."""
    if not any(ranking.values()):
        return _("wherever there is room")
    return "; ".join(
        _("round %(number)s: %(tables)s")
        % {"number": number, "tables": ", ".join(code or _("rather no table") for code in codes)}
        for number, codes in sorted(ranking.items())
    )


def _entries(entries: Mapping[str, Iterable[str]]) -> str:
    if not entries:
        return _("for none any more")
    return "; ".join(
        _("round %(number)s: %(tables)s") % {"number": number, "tables": ", ".join(codes)}
        for number, codes in sorted(entries.items())
    )
