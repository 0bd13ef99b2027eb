"""What is stored of a registration and of an event, in sentences for organisers."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from registrations.admin import words
from registrations.models import Change, StoredMail, history
from tests.factories import NOW

What = Change.What
PLAIN = {
    **{What.CONFIRMED: "Confirmed", What.WAITING: "Joined the waiting list"},
    **{What.EXPIRED: "Expired", What.ERASED: "Erased", What.RESENT: "Link mailed again"},
    **{What.REPLACED: "Replaced by a new sign-up"},
    **{What.PROGRAMME: "Programme loaded", What.EDITED: "Programme edited"},
    **{What.COPIED: "Event copied", What.ADDED: "Signed up by an organiser"},
    **{What.ADDRESSED: "E-mail address filled in", What.ANSWERED: "Answers changed"},
    **{What.REDIRECTED: "Mail asked for at another address"},
    **{What.GUEST: "Guest added, changed or removed", What.LOOKED: "Door list opened"},
    **{What.RESCHEDULED: "Time or place changed", What.CHECKED_IN: "Came in"},
    **{What.CHECK_UNDONE: "Undone: not in", What.PASS_MADE: "Door pass made"},
    **{What.WALKED_IN: "Came in without a sign-up", What.PASS_WITHDRAWN: "Door pass withdrawn"},
}
# Of somebody's own history, with what it holds before and after.
OF_TABLES: list[tuple[What, Any, Any, str]] = [
    (What.EXTRA, {}, {"1": "1a"}, "Got an extra place: round 1: 1a"),
    (What.SIGNED_UP, {}, {"1": "1a"}, "Signed up: round 1: 1a"),
    (What.CONFIRMED, {}, {"2": "1a"}, "Confirmed: round 2: 1a"),
    (What.TABLES, {"1": "1a"}, {"1": "2b"}, "Tables changed: round 1: 1a → 2b"),
    (What.MOVED, {"1": "1a"}, {"1": "2b"}, "Moved to another table: round 1: 1a → 2b"),
    (What.PROMOTED, {}, {"1": "1a"}, "Got a place from the waiting list: round 1: 1a"),
    (What.CANCELLED, {"1": "1a"}, {}, "Cancelled: round 1: 1a → no table"),
    (What.DRAWN, {}, {"1": "1a"}, "Drawn: round 1: 1a"),
    (What.DROPPED, {"1": "1a"}, {}, "Table dropped out: round 1: 1a → no table"),
]
OTHERS: list[tuple[What, Any, str]] = [
    (What.WAITLISTS, {"1": ["1a", "1b"]}, "Waits for other tables: round 1: 1a, 1b"),
    (What.WAITLISTS, {}, "Waits for other tables: for none any more"),
    (What.WAITING, {"draw": True}, "Takes part in the draw"),
    (
        What.RANKED,
        {"1": ["2b", "1a", ""], "2": ["1a"]},
        "Ranked tables for the draw: round 1: 2b, 1a, rather no table; round 2: 1a",
    ),
    (What.RANKED, {}, "Ranked tables for the draw: wherever there is room"),
    (What.DRAWN, {"people": 3, "places": 2, "method": "solver"}, "Drawn: 3 people"),
    (What.LISTED, {"listed": True}, "Seen or not on ‘Who is coming?’: to be seen"),
    (What.UNSUBSCRIBED, {"wants": False}, "Wants mail to all, or not: no more"),
    (What.UNSUBSCRIBED, {"wants": True}, "Wants mail to all, or not: from now on"),
    (What.REFUSED, {"mail": "link"}, "Mail refused: your link"),
    (What.BOUNCED, {"mail": "link", "status": "5.1.1"}, "Mail came back: your link"),
    (What.DETAILS, {"fields": ["role", "phone"]}, "Details changed: role, phone number"),
    (What.IMPORTED, {"people": 3, "waiting": 1}, "Brought in from a list: 3 people"),
    (What.CORRECTED, {"order": True}, "Name corrected: order in lists"),
    (What.CORRECTED, {"letters": 1}, "Name corrected: 1 letter from the name as confirmed"),
    (
        What.RESERVED,
        {"round": 1, "code": "1a"},
        "Seats reserved or released: got a reserved seat at table 1a in round 1",
    ),
    (What.CALLED_OFF, {"called_off": True, "people": 3}, "Called off: not going ahead"),
    (What.CALLED_OFF, {"called_off": False}, "Called off: going ahead after all"),
    (What.DROPPED, {"tables": [], "people": 2}, "Table dropped out: 2 people"),
    (
        What.DROPPED,
        {"tables": [{"code": "1a", "round": 2}], "back": True},
        "Table dropped out: Table 1a in round 2, going ahead after all",
    ),
    (
        What.GUEST,
        {"done": "added", "kind": "press"},
        "Guest added, changed or removed: added, press",
    ),
    (
        What.EDITED,
        {"steps": [{"did": "changed", "name": "Thema"}, {"did": "added", "name": "7"}]},
        "Programme edited: Thema",
    ),
    (
        What.EDITED,
        {
            "steps": [
                {
                    "did": "changed",
                    "model": "event",
                    "name": "Avond",
                    "fields": ["title", "day", "starts_at", "ends_at", "gone_since"],
                },
                {"did": "added", "model": "theme", "name": "Wonen", "fields": []},
                {"did": "changed", "model": "tables", "name": "1a", "fields": ["code", "number"]},
            ]
        },
        "Programme edited: Avond (title, day), 1a (code, number); added: Wonen",
    ),
    (
        What.PROGRAMME,
        {"steps": [{"did": "changed", "model": "event", "name": "A", "fields": ["starts_at"]}]},
        "Programme loaded: A (starts at)",
    ),
    (What.HOST, {"done": "mailed", "hosts": 2}, "Page of a host: links mailed"),
    (
        What.HOST,
        {"done": "accepted", "host": 7, "code": "1a"},
        "Page of a host: proposal accepted, 1a",
    ),
    (
        What.COLLEAGUE,
        {"done": "invited", "role": "reader"},
        "Colleague: invited, reads along",
    ),
    (What.WAITING_OVER, {"people": 1}, "Waiting lists closed: 1 person"),
    (What.MAILED, {"mailing": 1, "kind": "own", "people": 3}, "Mail sent to people: 3 people"),
    (What.MAILED, {"mailing": 1, "stopped": 1}, "Mail sent to people: 1 mail stopped"),
    (What.EXPORTED, {"file": "csv", "people": 2}, "List exported: 2 people"),
    (What.TAPS_JUDGED, {"accepted": 3}, "Taps from a door device accepted or refused: 3 accepted"),
    (What.TAPS_JUDGED, {"refused": 1}, "Taps from a door device accepted or refused: 1 refused"),
    (
        What.DEVICE_UNDONE,
        {"pass": 1, "people": 2},
        "Everything from a door device undone: 2 people",
    ),
    (What.PRINTED, {"list": "badges", "people": 2}, "List printed: 2 people"),
]


@pytest.fixture(autouse=True)
def _english():
    with override("en"):
        yield


def test_every_kind_of_change_is_told_in_a_sentence():
    told = {what: words.change(Change(what=what)) for what in PLAIN}
    assert told == PLAIN
    others = {what for what, *_more in (*OF_TABLES, *OTHERS)}
    assert others | PLAIN.keys() == {*What}


@pytest.mark.parametrize(("what", "old", "new", "sentence"), OF_TABLES)
def test_tables_are_told_as_they_were_and_became(what: What, old: Any, new: Any, sentence: str):
    assert words.change(Change(registration_id=1, what=what, old=old, new=new)) == sentence


@pytest.mark.parametrize(("what", "new", "sentence"), OTHERS)
def test_change_tells_what_it_was_about(what: What, new: Any, sentence: str):
    assert words.change(Change(what=what, new=new)) == sentence


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("stopped", "not sent: an organiser stopped it"),
        ("unsubscribed", "not sent: wants no mail to all"),
        ("left", "not sent: cancelled, or did not confirm in time"),
    ],
)
def test_mail_that_nobody_wants_is_nothing_bad(error: str, sentence: str):
    assert words.mail(StoredMail(failed_at=NOW, error=error)) == (sentence, False)


def test_mail_that_was_tried_says_how_often():
    once, twice = (words.mail(StoredMail(attempts=n, error="451"))[0] for n in (1, 2))
    assert once == "not sent yet, tried 1 time: 451"
    assert twice == "not sent yet, tried 2 times: 451"


def test_mail_that_came_back_is_not_told_as_sent():
    came_back = StoredMail(sent_at=NOW, failed_at=NOW, error="5.1.1")
    sentence = "came back 23 November 2026, 14:00: the mail server said 5.1.1"
    assert words.mail(came_back) == (sentence, True)
    assert words.who(Change(who=history.MAIL_SERVER)) == "the mail server"
