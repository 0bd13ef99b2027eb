"""What is kept about somebody, in plain words: made of the same data as the file for programs.

A key of ``my_data`` that has no words here fails a test, so that page, text and JSON tell the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from textwrap import indent
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from program.models import Event
from program.models.bilingual import in_dutch
from program.public.programme import kept_programme
from program.templatetags.program_tags import lang
from registrations.models import Change, DoorOp, Registration, Seat, StoredMail, history
from registrations.queries.waiting import why

What = Change.What
Data = Mapping[str, Any]

# Where the words of organisers are no sentence for the person.
_HAPPENED: dict[str, str | Promise] = {
    What.EXPIRED: gettext_lazy("not confirmed in time"),
    What.LISTED: gettext_lazy("your choice for ‘Who is coming?’"),
    What.UNSUBSCRIBED: gettext_lazy("your choice about messages to everyone"),
    What.RANKED: gettext_lazy("you put tables in another order"),
    What.DRAWN: gettext_lazy("tables were drawn"),
    What.WAITLISTS: gettext_lazy("you asked for other tables, or wait for them"),
}
# What chooses between two sentences about what happened.
SAID_ABOVE = ("draw", "place")
_BY: dict[str, str | Promise] = {
    history.ATTENDEE: gettext_lazy("by you"),
    history.WORKER: gettext_lazy("by the site"),
    history.SETTLING: gettext_lazy("by the waiting list"),
    history.MAIL_SERVER: gettext_lazy("by the mail server"),
    "staff": gettext_lazy("by the organisers or the staff at the door"),
}


@dataclass(frozen=True)
class KeptLine:
    """One thing that is kept, and what it is."""

    label: str
    texts: list[str]


@dataclass(frozen=True)
class Part:
    title: str
    lines: list[KeptLine]


@dataclass(frozen=True)
class SignUp:
    """Everything of one sign-up; only those beside the present one have a heading."""

    heading: str
    parts: list[Part]


def in_words(data: Data, event: Event) -> list[SignUp]:
    """``data`` is what ``my_data`` gives: first the present sign-up, in the order of the form."""
    words = _Words(event)
    return [
        SignUp("", words.parts(data)),
        *(
            SignUp(
                _("Another sign-up with your address, from %(moment)s")
                % {"moment": _moment(other["created_at"])},
                words.parts(other),
            )
            for other in data["other_sign_ups"]
        ),
    ]


def as_text(sign_ups: Iterable[SignUp]) -> str:
    """The same words for a file that opens everywhere."""
    lines = [_("What we keep about you")]
    for sign_up in sign_ups:
        lines += ["", "", sign_up.heading.upper()] if sign_up.heading else []
        for part in sign_up.parts:
            lines += ["", "", part.title, "-" * len(part.title)]
            for line in part.lines:
                texts = [_plain(text) for text in line.texts]
                if len(texts) == 1 and "\n" not in texts[0]:
                    lines.append(f"{_plain(line.label)}: {texts[0]}")
                else:
                    lines += [f"{_plain(line.label)}:", *(indent(text, "  ") for text in texts)]
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return unescape(strip_tags(text)) if isinstance(text, SafeString) else text


class _Words:
    """Says the data of one sign-up. Table sessions go by their titles, in the reader's language."""

    def __init__(self, event: Event) -> None:
        self.event = event
        kept = kept_programme(event)
        self.titles = {one.code: one.local_title for one in kept.sessions}
        self.roles = {role.code: lang(role.local_label) for role in kept.roles}
        self.role_question = (
            lang(event.local_role_question) if event.role_question else _("You’re coming as")
        )

    def parts(self, data: Data) -> list[Part]:
        found = [
            Part(_("You"), _lines(self._you(data))),
            Part(_("Your tables"), _lines(self._tables(data))),
            Part(_("Tables you’re waiting for"), _lines(self._waits(data))),
            Part(_("The draw"), _lines(self._draw(data))),
            Part(_("Your answers"), _lines(self._answers(data))),
            Part(_("What you agreed to"), _lines(self._agreements(data))),
            Part(_("Your sign-up"), _lines(self._sign_up(data))),
            Part(_("What happened, and when"), _lines(self._history(data))),
            Part(_("E-mails to you"), _lines(self._mail(data))),
            Part(_("At the door"), _lines(self._door(data))),
            Part(_("What the site works out from this"), _lines(self._by_itself(data))),
            Part(_("How long we keep it"), _lines(self._kept(data))),
        ]
        return [part for part in found if part.lines]

    def _sign_up(self, data: Data) -> Iterator[tuple[str, Any]]:
        yield _("Event"), lang(in_dutch(data["event"]))
        yield _("Now"), Registration.Status(data["status"]).label_at(self.event)
        yield _("Signed up"), data["created_at"]
        yield _("How"), _label(Registration.Origin, data["origin"])
        # Not every sign-up holds a place until then: before a draw none does.
        yield _("To be confirmed before"), data["hold_expires_at"]
        yield _("Confirmed"), data["confirmed_at"]
        yield _("Cancelled, or not confirmed in time"), data["ended_at"]
        yield _("Wrong codes typed when confirming"), data["code_tries"] and str(data["code_tries"])
        yield (
            _("Times the mail went to another address"),
            data["redirects"] and str(data["redirects"]),
        )
        if data["extra"]:
            yield _("Extra"), _("You got a place on top of those of the event: all were taken.")

    def _you(self, data: Data) -> Iterator[tuple[str, Any]]:
        yield _("First name"), data["first_name"]
        yield _("Last name"), data["last_name"]
        yield _("Name you first confirmed"), data["name_confirmed"]
        yield _("Name corrected"), data["name_corrected_at"]
        yield _("E-mail address"), data["email"]
        yield _("E-mails were refused"), data["email_refused_at"]
        yield _("Organisation"), data["organisation"]
        yield self.role_question, self.roles.get(data["role"], "")
        yield _("Phone number"), data["phone"]
        yield _("Note of the organisers"), data["note"]
        yield _("Language of our e-mails"), dict(settings.LANGUAGES).get(data["language"])

    def _tables(self, data: Data) -> Iterator[tuple[str, Any]]:
        for table in data["tables"]:
            seat = Seat(**{name: table[name] for name in ("how", "got_at", "waited_since")})
            place = lang(in_dutch(table["place"]))
            yield _round(table["round"]), [self._session(table), place, why(seat)]

    def _waits(self, data: Data) -> Iterator[tuple[str, Any]]:
        for wish in data["wishes"]:
            since = _("You have been waiting for it since %(moment)s.") % {
                "moment": _moment(wish["since"])
            }
            yield _round(wish["round"]), [self._session(wish), since]
        for request in data["asked"]:
            if self._ranked(data) and not request["wait"]:
                continue  # told with the draw
            beside = _("You’d like to wait for it if it’s full.")
            asked = beside if request["wait"] else _("You asked for it.")
            yield _round(request["round"]), [self._session(request), asked]

    def _draw(self, data: Data) -> Iterator[tuple[str, Any]]:
        yield _("Your number in the draw"), data["draw_number"] and str(data["draw_number"])
        yield _("Your lot"), data["lot"] and str(data["lot"])
        for number, choices in self._ranking(data).items():
            yield _("Your choices in round %(number)s") % {"number": number}, choices
        for line in data["draw"]:
            chose = [self._called(code) for code in line["chose"]] or [_("wherever there is room")]
            got = _("You got: %(table)s") % {"table": self._called(line["got"])}
            yield _round(line["round"]), [*chose, got]

    def _ranked(self, data: Data) -> bool:
        """Whether the tables asked for are choices in an order."""
        return data["draw_number"] is not None or self.event.draw_to_come

    def _ranking(self, data: Data) -> dict[int, list[str]]:
        """What stands in somebody's lists now, by round number."""
        found: dict[int, list[str]] = {}
        for request in data["asked"]:
            if self._ranked(data) and not request["wait"]:
                found.setdefault(request["round"], []).append(self._session(request))
        for number in data["rather_no_table"]:
            found.setdefault(number, []).append(_("Rather no table than another one."))
        return dict(sorted(found.items()))

    def _called(self, code: str) -> str:
        return f"{code} {self.titles.get(code, '')}".strip() or _("no table")

    def _answers(self, data: Data) -> Iterator[tuple[str, Any]]:
        for one in data["answers"]:
            yield lang(in_dutch(one["question"])), _answer(one["answer"])
        for needs in data["special_needs"]:
            agreed = _("You agreed to this on %(moment)s.")
            consent = agreed % {"moment": _moment(needs["consented_at"])}
            yield _("Special needs"), [needs["text"], consent]

    def _agreements(self, data: Data) -> Iterator[tuple[str, Any]]:
        yield _("Your name on ‘Who is coming?’"), bool(data["listed"])
        yield _("You stopped messages to everyone"), data["unsubscribed_at"]

    def _history(self, data: Data) -> Iterator[tuple[str, Any]]:
        for row in data["history"]:
            happened = _happened(row["what"], row["new"])
            by = str(_BY.get(row["who"], row["who"]))
            details = [text for text in self._details(row["what"], row["old"], row["new"]) if text]
            reason = [_("Reason: %(why)s") % {"why": row["why"]}] if row["why"] else []
            yield _moment(row["at"]), [f"{capfirst(happened)}, {by}", *details, *reason]

    def _details(self, what: str, old: Data, new: Data) -> Iterator[str]:
        match what, new:
            case _what, {"listed": bool(yes)} | {"wants": bool(yes)}:
                yield _("yes") if yes else _("no")
            case _what, {"mail": kind}:
                yield _label(StoredMail.Kind, kind)
            case What.DROPPED, {"told": True}:
                yield _("the organisers told you")
            case What.CORRECTED, {"letters": int(letters)}:
                said = ngettext(
                    "%(letters)s letter changed", "%(letters)s letters changed", letters
                )
                yield said % {"letters": letters}
            case What.DETAILS, {"fields": names}:
                fields = Registration._meta.get_field
                yield ", ".join(str(getattr(fields(name), "verbose_name", name)) for name in names)
            case What.CORRECTED, {"order": True}:
                yield _("the order in lists")
            case What.WALKED_IN, {"extra": extra}:
                yield _("when all places were taken") if extra else ""
            case _other:
                for key, value in old.items():
                    yield format_html(_("before: {}"), self._detail(key, value))
                for key, value in new.items():
                    if key in SAID_ABOVE:
                        continue
                    detail = self._detail(key, value)
                    yield format_html(_("after: {}"), detail) if old else detail

    def _detail(self, key: str, value: Any) -> str:
        """'round 1: Breda Begroot (session 1a)', and whatever else may once be written down."""
        if not key.isdecimal():
            return f"{key}: {value}"
        codes = value if isinstance(value, list) else [value]
        said = [
            self._session({"code": code, "title": code}) if code else _("rather no table")
            for code in codes
        ]
        return format_html(
            "{}: {}", _round(key), format_html_join("; ", "{}", ((one,) for one in said))
        )

    def _mail(self, data: Data) -> Iterator[tuple[str, Any]]:
        for mail in data["mail"]:
            what = capfirst(_label(StoredMail.Kind, mail["kind"]))
            yield _moment(mail["created_at"]), [what, mail["to"], *self._delivery(mail)]

    def _delivery(self, mail: Data) -> Iterator[str]:
        """What became of a mail; one that was sent can still come back."""
        if mail["sent_at"]:
            yield _("Sent %(moment)s.") % {"moment": _moment(mail["sent_at"])}
        if mail["failed_at"]:
            said = _("Came back %(moment)s.") if mail["sent_at"] else _("Given up %(moment)s.")
            yield said % {"moment": _moment(mail["failed_at"])}
        if not (mail["sent_at"] or mail["failed_at"]):
            yield _("It is still to be sent.")

    def _door(self, data: Data) -> Iterator[tuple[str, Any]]:
        yield _("You came in"), data["came_in_at"]
        for tap in data["at_the_door"]:
            what = capfirst(_label(DoorOp.Kind, tap["kind"]))
            outcome = _label(DoorOp.Outcome, tap["outcome"])
            received = _("Reached us %(moment)s.") % {"moment": _moment(tap["received_at"])}
            said = [f"{what}: {outcome}", tap["device"], received]
            if tap.get("code"):
                said.insert(1, self._session({"code": tap["code"], "title": tap["code"]}))
            if tap.get("was"):
                was = _label(Registration.Status, tap["was"])
                said.insert(1, _("Your sign-up until then: %(status)s.") % {"status": was})
            yield _moment(tap["at"]), said

    def _by_itself(self, data: Data) -> Iterator[tuple[str, Any]]:
        yield _("Your name in lists"), data["sort_name"]
        yield _("To sort lists"), data["sort_key"]
        yield _("To find you at the door"), data["search_name"]
        yield _("Number of your sign-up"), str(data["uuid"])
        yield _("Your code for the door"), data["door_code"]

    def _kept(self, data: Data) -> Iterator[tuple[str, Any]]:
        yield _("Your name, your address and your answers"), _until(data["kept_until"])
        if data["special_needs"]:
            yield _("Your special needs"), _until(data["special_needs_kept_until"])
        yield (
            _("After that"),
            _("We only keep a count: one sign-up with its role and its tables, without a name."),
        )

    def _session(self, table: Data) -> str:
        """'Breda Begroot (session 1a)'; a session that is gone by what was stored of it."""
        code = str(table["code"])
        title = self.titles.get(code) or in_dutch(str(table["title"]))
        session = _("session %(code)s") % {"code": code}
        return format_html("{} ({})", lang(title), session)


def _happened(what: str, new: Data) -> str:
    match what, new:
        case What.WAITING, {"draw": True}:
            return _("takes part in the draw")
        case What.DRAWN, {"place": True}:
            return _("tables were drawn, and you got a place")
    return str(_HAPPENED.get(what) or _label(What, what))


def _lines(pairs: Iterable[tuple[str, Any]]) -> list[KeptLine]:
    """What is empty is not kept, so not said."""
    found = [KeptLine(label, _texts(value)) for label, value in pairs]
    return [line for line in found if line.texts]


def _texts(value: Any) -> list[str]:
    if isinstance(value, bool):
        return [_("Yes") if value else _("No")]
    if isinstance(value, datetime):
        return [_moment(value)]
    texts = value if isinstance(value, list) else [value]
    return [text for text in texts if text]


def _answer(value: Any) -> Any:
    """As the organisers stored it; choices are in Dutch."""
    return [lang(in_dutch(text)) for text in value] if isinstance(value, list) else value


def _round(number: int | str) -> str:
    return _("Round %(number)s") % {"number": number}


def _label(choices: Any, value: str) -> str:
    return str(dict(choices.choices).get(value, value))


def _until(at: datetime) -> str:
    return _("until %(day)s") % {"day": date_format(timezone.localtime(at))}


def _moment(at: datetime | None) -> str:
    if at is None:
        return ""
    local = timezone.localtime(at)
    return _("%(day)s at %(time)s") % {"day": date_format(local), "time": time_format(local)}
