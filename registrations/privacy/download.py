"""Everything that is stored about a person, for that person (rule 12 in docs/rules.md)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import F

from registrations.booking import answers
from registrations.models import DoorOp, Host, Presence, Registration, SpecialNeeds, history
from registrations.queries import door_codes, receipts

Outcome = DoorOp.Outcome
COLUMNS = (
    *("status", "first_name", "last_name", "sort_name", "sort_key", "search_name"),
    *("name_confirmed", "name_corrected_at", "email", "organisation", "phone", "note", "language"),
    *("listed", "uuid", "origin", "extra", "unsubscribed_at", "created_at"),
    *("hold_expires_at", "confirmed_at", "ended_at", "email_refused_at", "code_tries", "redirects"),
    *("draw_number", "lot"),
)
HOST_COLUMNS = (*("name", "email", "language", "created_at", "invited_at"), "email_refused_at")
PROPOSAL_COLUMNS = ("values", "proposed_at", "decided_at", "accepted")


def my_data(registration: Registration) -> dict[str, Any]:
    """All personal columns, seats, history and mail, ready for JSON.

    Other sign-ups of the same address come along: holding the link proves the address.
    """
    others = registration.event.registrations.of_address(registration.email)
    return _data(registration) | {
        "other_sign_ups": [_data(other) for other in others.exclude(pk=registration.pk)]
    }


def _data(registration: Registration) -> dict[str, Any]:
    seats = registration.table_seats.select_related("slot", "round", "session")
    entries = registration.waitlist_entries.select_related("round", "session")
    return {
        "event": registration.event.local_title,
        **{name: getattr(registration, name) for name in COLUMNS},
        "role": registration.role.code if registration.role else "",
        "tables": [
            {
                "round": seat.round.number,
                "code": seat.session.code,
                "title": seat.session.local_title,
                "place": seat.slot.local_location,
                "how": seat.how,
                "got_at": seat.got_at,
                "waited_since": seat.waited_since,
            }
            for seat in seats
        ],
        "asked": [
            {
                "round": entry.round.number,
                "code": entry.session.code,
                "title": entry.session.local_title,
                "wait": not entry.asked,
            }
            for entry in entries.requests()
        ],
        "rather_no_table": list(
            registration.abstentions.order_by("round__number").values_list(
                "round__number", flat=True
            )
        ),
        "draw": list(_drawn(registration)),
        "wishes": [
            {
                "round": entry.round.number,
                "code": entry.session.code,
                "title": entry.session.local_title,
                "since": entry.since,
            }
            for entry in entries.counting()
        ],
        "answers": [
            {"question": answer.question.question, "answer": answer.value}
            for answer in registration.answers.select_related("question")
        ],
        "special_needs": list(
            SpecialNeeds.objects.filter(registration=registration).values("text", "consented_at")
        ),
        "came_in_at": Presence.objects.filter(registration=registration, present=True)
        .values_list("at", flat=True)
        .first(),
        "at_the_door": [*_taps(registration)],
        # Of staff not the account: its name is half of a log-in.
        "history": [
            row | {"who": row["who"] if row["who"] in history.NO_STAFF else history.STAFF}
            for row in registration.changes.values("what", "old", "new", "who", "why", "at")
        ],
        "mail": list(registration.mails.values("kind", "to", "created_at", "sent_at", "failed_at")),
        "door_code": door_codes.of_registration(registration) if registration.is_confirmed else "",
        "kept_until": registration.event.kept_until,
        "special_needs_kept_until": answers.needs_kept_until(registration.event),
    }


def _drawn(registration: Registration) -> Iterator[dict[str, Any]]:
    """What somebody chose in a draw, round by round, and what they got; '' is no table."""
    receipt = receipts.of_person(registration)
    for line in receipt.rounds if receipt else ():
        yield {
            "round": line.number,
            "chose": [one.slot.session.code if one.slot else "" for one in line.choices],
            "got": line.slot.session.code if line.slot else "",
        }


def _taps(registration: Registration) -> Iterator[dict[str, Any]]:
    """What was tapped on them at the door, and what an organiser has to judge or refused of it."""
    label, code = F("door_pass__label"), F("slot__session__code")
    columns = ("kind", "at", "received_at")
    yield from registration.door_ops.values(*columns, "outcome", "was", device=label, code=code)
    for row in registration.held_taps.values(*columns, "refused_at", device=label):
        outcome = Outcome.REFUSED if row["refused_at"] else Outcome.HELD
        yield {**row, "outcome": outcome}


def host_data(host: Host) -> dict[str, Any]:
    """Everything that is kept of a host beside the programme, ready for JSON."""
    return {
        "event": host.event.local_title,
        **{name: getattr(host, name) for name in HOST_COLUMNS},
        "proposals": [
            {
                "session": proposal.session.code if proposal.session else None,
                **{name: getattr(proposal, name) for name in PROPOSAL_COLUMNS},
            }
            for proposal in host.proposals.select_related("session")
        ],
        "mail": list(host.mails.values("kind", "to", "created_at", "sent_at", "failed_at")),
        "kept_until": host.event.kept_until,
    }
