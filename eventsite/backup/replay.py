"""What happened after a backup and must stay so is done again, by the site's ordinary actions.

In this order, since each makes the next smaller: links, passes, accounts and rights that are gone;
what door devices had sent; people who cancelled, and between them the draws; people who were
erased; mails that went.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Count, F

from eventsite.backup.sealed import BadBackup
from program.models import Event, Slot
from registrations.booking import changing, drawing, locking, waiting
from registrations.booking.places import differences
from registrations.door import judging, passes, taking_back
from registrations.drawing.draw import Refused
from registrations.mail import strangers
from registrations.mailing import mailings, unsubscribing
from registrations.models import (
    Digest,
    DoorPass,
    Guest,
    Heartbeat,
    HeldTap,
    Host,
    Invitation,
    Registration,
    RegistrationQuerySet,
    Restoration,
    Seat,
    SpecialNeeds,
    StoredMail,
    history,
)
from registrations.organising import digests, guests
from registrations.privacy import erasure
from registrations.privacy.journal import (
    OVERLAP,
    Facts,
    addresses,
    digest,
    ident,
    keys_of,
)

# Further than any event gets: calendars and door devices keep what has the highest version.
FURTHER = 1_000_000
WHO = history.WORKER


class Miscounted(BadBackup):
    """Places and people of the backup do not agree; as a sentence for each."""


def begin(*, made_at: datetime, at: datetime, recount: bool = False) -> list[str]:
    """Make the restored database ready for ``again``; nobody uses it yet.

    Returns what was miscounted in the backup and is put right. Raises Miscounted unless told to
    ``recount``.
    """
    Session.objects.all().delete()
    Heartbeat.objects.all().delete()
    Restoration.objects.create(at=at, backup_made_at=made_at)
    wrong = differences()
    if wrong and not recount:
        raise Miscounted("\n".join(wrong))
    if wrong:
        _recount()
    for event in Event.objects.all():
        _further(event)
    return wrong


def again(facts: Facts, *, made_at: datetime, at: datetime) -> Counter[str]:
    """Returns how often each was done. Works in the restored database.

    Raises Miscounted if places and people do not agree afterwards.
    """
    since = made_at - OVERLAP
    done: Counter[str] = Counter()
    done["withdrawn or removed"] = _things(facts, at)
    done["door devices taken back again"] = _take_back(facts, at)
    # Who cancelled before choices closed was not drawn for; who did so later was.
    before, after = _cancelled(facts, since)
    done["cancelled again"] = sum(_cancel_one(person, at) for person in before)
    done["drawn again"] = _draw(at)
    done["cancelled again"] += sum(_cancel_one(person, at) for person in after)
    done["erased again"] = _erase(facts, at)
    done["taken off mail to many again"] = _unsubscribe(facts, since)
    done["mails not sent again"] = _mails(facts, made_at, at)
    if wrong := differences():
        raise Miscounted("\n".join(wrong))
    return +done


@transaction.atomic
def _recount() -> None:
    """Seats of those who hold no place go; then counters say what there is."""
    extras = Registration.objects.confirmed().filter(extra=True)
    seats = Seat.objects.exclude(registration__in=Registration.objects.holding() | extras)
    seats.delete()
    for event in Event.objects.all():
        people = event.registrations.holding().count() + event.guests.holding().count()
        # More people than places: then there are as many places as people.
        Event.objects.filter(pk=event.pk).update(taken=people, capacity=max(event.capacity, people))
    tables = Slot.objects.annotate(counted=Count("table_seats")).exclude(taken=F("counted"))
    for slot in tables:
        room = max(slot.seats, slot.reserved + slot.counted)
        Slot.objects.filter(pk=slot.pk).update(taken=slot.counted, seats=room)


@transaction.atomic
def _further(event: Event) -> None:
    """Whoever remembers an event from before, sees it as new: devices, calendars, processes."""
    event = Event.objects.locked(event.pk)
    Event.objects.filter(pk=event.pk).update(version=F("version") + FURTHER, programme_key=uuid4())
    for rows in (event.registrations.all(), event.guests.all()):
        rows.update(version=event.version + FURTHER)


def _things(facts: Facts, at: datetime) -> int:
    count = 0
    for door_pass in DoorPass.objects.working():
        if ("pass", ident(door_pass, door_pass.made_at)) in facts.gone:
            passes.withdraw(door_pass, who=WHO, at=at)
            count += 1
    for tap in HeldTap.objects.waiting().select_related("event"):
        if ("tap", tap.pk.hex) in facts.gone:
            _forget_tap(tap, at)
            count += 1
    for host in Host.objects.all():
        if ("host", ident(host, host.created_at)) in facts.gone:
            host.delete()
            count += 1
        elif host.secret and ("host link", digest(host.secret)) in facts.gone:
            Host.objects.filter(pk=host.pk).update(secret="", invited_at=None)
            count += 1
    for invitation in Invitation.objects.all():
        if ("invitation", digest(invitation.secret)) in facts.gone:
            invitation.delete()
            count += 1
    for guest in Guest.objects.filter(erased_at=None):
        if ("guest", ident(guest, guest.created_at)) in facts.gone:
            guests.remove(guest, who=WHO, at=at)
            count += 1
    return count + _of_people(facts, at) + sum(map(int, _of_staff(facts)))


def _of_people(facts: Facts, at: datetime) -> int:
    count = 0
    gone = [secret for kind, secret in facts.gone if kind == "link"]
    people = Registration.objects.filter(erased_at=None).exclude(secret="")
    old_links = set(gone)
    for person in people.only("pk", "secret"):
        if digest(person.secret) in old_links:
            Registration.objects.filter(pk=person.pk).update(secret="")
            count += 1
    for person in Registration.objects.filter(listed=True).only("pk", "created_at", "event"):
        if ("listed", ident(person, person.created_at)) in facts.gone:
            changing.set_listed(person, False, at=at)
            count += 1
    for needs in SpecialNeeds.objects.select_related("registration"):
        person = needs.registration
        if ("needs", ident(person, person.created_at)) in facts.gone:
            changing.erase_needs(person, at=at)
            count += 1
    return count


@transaction.atomic
def _forget_tap(tap: HeldTap, at: datetime) -> None:
    """An organiser judged it: the name in it does not come back, nor the question."""
    event = Event.objects.locked(tap.event_id)
    event.bump()
    judging.forget(event, [tap.pk], at=at)


def _take_back(facts: Facts, at: datetime) -> int:
    count = 0
    for door_pass in DoorPass.objects.filter(taken_back_at=None).select_related("event"):
        if ident(door_pass, door_pass.made_at) in facts.taken_back:
            taking_back.take_back_all(door_pass, who=WHO, at=at)
            count += 1
    return count


def _people(which: Iterable[str]) -> RegistrationQuerySet:
    """Those of these identities. A number by itself may be somebody else's by now."""
    wanted = set(which)
    numbers = [one.partition("@")[0] for one in sorted(wanted)]
    found: list[int] = []
    for start in range(0, len(numbers), 500):
        rows = Registration.objects.filter(pk__in=numbers[start : start + 500]).only(
            "pk", "created_at"
        )
        found += [row.pk for row in rows if ident(row, row.created_at) in wanted]
    return Registration.objects.filter(pk__in=found)


def _of_staff(facts: Facts) -> Iterator[bool]:
    """True for each thing that is taken away once more."""
    for factor in Authenticator.objects.select_related("user"):
        name = ident(factor, factor.created_at)
        if ("factor", name) in facts.gone:
            factor.delete()
            yield True
        elif factor.type == Authenticator.Type.RECOVERY_CODES:
            used = factor.data.get("used_mask", 0)
            spent = [which for kind, which in facts.gone if kind == "code"]
            now = used
            for which in spent:
                owner, _space, number = which.rpartition(" ")
                if owner == name:
                    now |= 1 << int(number)
            if now != used:
                factor.data["used_mask"] = now
                factor.save(update_fields=["data"])
                yield True
    for account in SocialAccount.objects.all():
        if ("login", ident(account, account.date_joined)) in facts.gone:
            account.delete()
            yield True
    for chosen in Digest.objects.select_related("user"):
        name = ident(chosen.user, chosen.user.date_joined)
        if ("digest", f"{name} {chosen.event_id}") in facts.gone:
            chosen.delete()
            yield True
    for user in User.objects.all():
        name = ident(user, user.date_joined)
        if ("person", name) in facts.gone:
            user.delete()  # with name and address, second factors and rights
            yield True
            continue
        if not facts.gone.isdisjoint(addresses(user)):
            # Whoever has that mailbox could ask for a new password.
            EmailAddress.objects.filter(user=user).delete()
            user.email = ""
            user.save(update_fields=["email"])
            yield True
        if user.is_active and ("account", name) in facts.gone:
            user.is_active = False
            user.save(update_fields=["is_active"])
            yield True
        if ("password", f"{name} {digest(user.password)}") in facts.gone:
            user.set_unusable_password()
            user.save(update_fields=["password"])
            yield True
        for right in ("is_staff", "is_superuser"):
            if getattr(user, right) and ("right", f"{name} {right}") in facts.gone:
                setattr(user, right, False)
                user.save(update_fields=[right])
                yield True
        for group in Group.objects.filter(user=user):
            if ("right", f"{name} group {group.name}") in facts.gone:
                user.groups.remove(group)
                yield True
        for permission in Permission.objects.filter(user=user):
            if ("right", f"{name} permission {permission.codename}") in facts.gone:
                user.user_permissions.remove(permission)
                yield True
        for members in ("organisers", "door_staff", "readers"):
            for event in Event.objects.filter(**{members: user}):
                if ("right", f"{name} {members} {event.pk}") in facts.gone:
                    getattr(event, members).remove(user)
                    yield True


def _cancelled(facts: Facts, since: datetime) -> tuple[list[Registration], list[Registration]]:
    """Those to be cancelled again: before the draw of their event, or after it.

    Who cancelled before the backup and has a place in it was let in again by somebody.
    """
    people = _people(_since(facts.cancelled, since)).cancellable().select_related("event")
    before: list[Registration] = []
    after: list[Registration] = []
    for person in people.order_by("pk"):
        closes = person.event.wishes_close_at
        late = closes is not None and facts.cancelled[ident(person, person.created_at)] >= closes
        (after if late else before).append(person)
    return before, after


def _draw(at: datetime) -> int:
    """Draw what was to be drawn by now: with the same choices it comes out the same (rule 16)."""
    try:
        return drawing.draw_due(at)
    except Refused:
        return 0  # the worker tries again and is reported; nothing was written


def _unsubscribe(facts: Facts, since: datetime) -> int:
    people = _people(_since(facts.unsubscribed, since)).filter(unsubscribed_at=None, erased_at=None)
    count = 0
    for person in people.select_related("event"):
        if unsubscribing.wants_mail(person):  # else it was done with another of that address
            unsubscribing.set_wants_mail(
                person, False, at=facts.unsubscribed[ident(person, person.created_at)]
            )
            count += 1
    return count


def _since(facts: dict[str, datetime], since: datetime) -> list[str]:
    return [which for which, at in facts.items() if at >= since]


@transaction.atomic
def _cancel_one(person: Registration, at: datetime) -> bool:
    """Also once the event has started: they cancelled before."""
    event, fresh = locking.locked(person)
    if not fresh.meaning.active:
        return False  # cancelled with another of the same address
    changing.give_back(fresh, who=WHO, why="", mail=False, at=at)
    locking.settle_free(event, at=at)
    return True


def _erase(facts: Facts, at: datetime) -> int:
    before = Registration.objects.filter(erased_at=None).count()
    # Of events whose time is up, all at once and with their figures kept.
    erasure.erase_due(at)
    erasure.erase_unanswered(at)
    erasure.erase_needs_due(at)
    for person in _people(facts.erased).filter(erased_at=None):
        erasure.erase(person, who=WHO, at=at)
    return before - Registration.objects.filter(erased_at=None).count()


def _mails(facts: Facts, made_at: datetime, at: datetime) -> int:
    """Those of the backup that have gone since; and those that the worker would make once more."""
    unsent = StoredMail.objects.waiting().order_by("pk")
    count = 0
    if not facts.sent:
        return 0
    for mail in unsent.filter(asked=False):
        if mail.message_id in facts.sent:
            count += _gone(mail, facts.sent[mail.message_id][1])
    there = set(StoredMail.objects.values_list("message_id", flat=True))
    went = Counter(
        key
        for number, (key, moment) in facts.sent.items()
        if moment >= made_at and number not in there
    )
    strangers.answer(at)
    waiting.tell_waiters(at)
    mailings.queue_due(at)
    digests.queue_due(at)
    for mail in unsent.filter(asked=False).select_related(
        "registration", "mailing", "host", "invitation"
    ):
        key = next((one for one in keys_of(mail) if went[one]), None)
        if key:
            went[key] -= 1
            count += _gone(mail, at)
    return count


def _gone(mail: StoredMail, at: datetime) -> int:
    same = StoredMail.objects.waiting().filter(pk=mail.pk)
    return same.update(sent_at=at, lease="", leased_until=None, error="", about={})
