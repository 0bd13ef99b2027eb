"""The journal: what must stay as it is when an old backup is put back, kept outside the database.

A backup knows nothing of what came after it: who was erased or cancelled, which mails have gone,
which links, passes and passwords no longer work. Each worker writes that to a file, and
``manage.py restore`` does it again. The file names nobody: it has numbers of rows, digests of
secrets, and moments. Lines are on the disk before the worker goes on, and go after ``KEPT``.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import Group, User

from program.models import Event
from registrations.models import (
    Change,
    Digest,
    DoorPass,
    Guest,
    HeldTap,
    Host,
    Invitation,
    Registration,
    Restoration,
    SpecialNeeds,
    StoredMail,
)
from registrations.names.keys import digests

# How far back it goes: names are erased 30 days after an event, and no backup is kept for longer.
# A term of 90 days leaves room for whoever keeps names for longer. docs/privacy.md names it.
KEPT = timedelta(days=90)
# Once so often it says that it is complete, also when nothing happens.
MARK_EVERY = timedelta(hours=1)
# A change may be committed some time after the moment that it bears: others had the lock.
OVERLAP = timedelta(minutes=15)
# Things are looked at as a whole, so less often than facts.
THINGS_EVERY = timedelta(minutes=1)
# As many as allauth makes, and more.
RECOVERY_CODES = 16

Thing = tuple[str, str]  # a kind and which one
Key = tuple[str, ...]
Line = dict[str, Any]
MOMENTS = ("erased", "cancelled", "unsubscribed", "taken_back")


@dataclass
class Facts:
    """What the lines of a journal come to.

    ``erased``, ``cancelled``, ``unsubscribed`` and ``taken_back`` (door passes) have the last
    moment of each. ``gone`` were there once and are no more: people on public lists, special
    needs, links, door passes and taps that wait, invitations, hosts and guests, accounts with all
    that opens them, their rights and mails. ``sent`` has the key of each mail by its Message-ID,
    and when it went. From ``begins`` until ``last`` the journal misses nothing.
    """

    begins: datetime | None = None
    last: datetime | None = None
    timeline: str = ""
    erased: dict[str, datetime] = field(default_factory=dict)
    cancelled: dict[str, datetime] = field(default_factory=dict)
    unsubscribed: dict[str, datetime] = field(default_factory=dict)
    taken_back: dict[str, datetime] = field(default_factory=dict)
    sent: dict[str, tuple[Key, datetime]] = field(default_factory=dict)
    here: set[Thing] = field(default_factory=set)
    gone: set[Thing] = field(default_factory=set)

    def add(self, line: Line) -> None:
        at = datetime.fromisoformat(line["at"])
        what, which = line["what"], line.get("id", "")
        if what == "timeline":
            # Facts are as old as what they tell of; this line is as old as the first look, or
            # as what was pruned last.
            if self.begins is None or line.get("pruned"):
                self.begins = at
            if which != self.timeline:
                # What was lost with a restore is not gone in the sense of this file.
                self.timeline, self.here = which, set()
        elif what == "here":
            self.here.add((line["kind"], which))
            self.gone.discard((line["kind"], which))
        elif what == "gone":
            self.here.discard((line["kind"], which))
            self.gone.add((line["kind"], which))
        elif what == "sent":
            self.sent[which] = tuple(line["key"]), at
        elif what in MOMENTS:
            getattr(self, what)[which] = at
        if what in ("timeline", "mark"):
            self.last = at

    def knows(self, what: str, which: str, at: datetime) -> bool:
        """Also of this time: whoever cancelled may have come back and cancelled once more."""
        known: datetime | None = getattr(self, what).get(which)
        return known is not None and known >= at

    def newer_than(self, earlier: Facts) -> Facts:
        """What ``earlier`` had not, to be done on top of that."""
        more = Facts(self.begins, self.last, self.timeline, gone=self.gone - earlier.gone)
        for what in (*MOMENTS, "sent"):
            known = getattr(earlier, what)
            new = {key: at for key, at in getattr(self, what).items() if known.get(key) != at}
            setattr(more, what, new)
        return more


def read(folder: Path) -> Facts:
    """All files of the folder together. A line that was cut off by a power failure is passed over.

    Raises OSError.
    """
    facts = Facts()
    for line in _all_lines(folder):
        facts.add(line)
    return facts


def _all_lines(folder: Path) -> list[Line]:
    lines = [line for path in folder.glob("*.jsonl") for line in _lines(path)]
    return sorted(lines, key=_moment)


def _moment(line: Line) -> datetime:
    return datetime.fromisoformat(line["at"])


def _lines(path: Path) -> Iterator[Line]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                line = json.loads(text)
                datetime.fromisoformat(line["at"])
            except (ValueError, KeyError, TypeError):
                continue
            yield line


class Journal:
    """The file of this machine, and what it says so far."""

    def __init__(self, folder: Path | None = None) -> None:
        """Raises OSError if the folder cannot be made or read."""
        self.folder = folder or Path(settings.JOURNAL)
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _as_around(self.folder)
        self.path = self.folder / f"{socket.gethostname()}.jsonl"
        self.facts = read(self.folder)
        # Workers before this one may have looked at another database.
        self.looked_at: datetime | None = None
        self.things_at: datetime | None = None
        self.pruned_at: datetime | None = None

    def note(self, at: datetime, *, everything: bool = False) -> int:
        """Write down what has happened since the last time; returns how many lines that took.

        ``everything``: look at things as well, even if that was done a moment ago. Raises OSError:
        what could not be written is written the next time.
        """
        since = self.looked_at - OVERLAP if self.looked_at else at - KEPT
        restored = Restoration.objects.order_by("-at").first()
        timeline = str(restored.pk) if restored else ""
        lines: list[Line] = []
        here = self.facts.here
        if timeline != self.facts.timeline or self.facts.begins is None:
            lines.append({"what": "timeline", "id": timeline})
            here, everything = set(), True
        lines += _new_facts(self.facts, since)
        looks = everything or self.things_at is None or at - self.things_at >= THINGS_EVERY
        if looks:
            now = set(things(here))
            lines += _told("here", now - here)
            lines += _told("gone", here - now)
        marked = self.facts.last
        if everything or marked is None or at - marked >= MARK_EVERY:
            lines.append({"what": "mark"})
        for line in lines:
            line.setdefault("at", at.isoformat())
        self._append(lines)
        for line in lines:
            self.facts.add(line)
        self.looked_at = at
        self.things_at = at if looks else self.things_at
        self._prune(at)
        return len(lines)

    def _append(self, lines: list[Line]) -> None:
        if not lines:
            return
        text = _text(lines)
        with _alone(self.folder):
            new = not self.path.exists()
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                size = os.fstat(file).st_size
                if size and os.pread(file, 1, size - 1) != b"\n":
                    text = b"\n" + text  # the last line was cut off
                written = 0
                while written < len(text):
                    written += os.write(file, text[written:])
                os.fsync(file)
            finally:
                os.close(file)
            if new:
                _as_around(self.path)
                _sync(self.folder)

    def _prune(self, at: datetime) -> None:
        """Once a day, forget what is older than ``KEPT``, on the disk and in memory.

        What is there now is written down anew, so that it is known when it goes. Files that nobody
        writes to any more, of machines that are gone, go whole. Raises OSError.
        """
        day, until = timedelta(days=1), at - KEPT
        if self.facts.begins is None or self.facts.begins > until - day:
            return
        if self.pruned_at and at - self.pruned_at < day:
            return  # it is the file of another machine that begins earlier
        self.pruned_at = at
        with _alone(self.folder):
            lines = _all_lines(self.folder)
            before = [line for line in lines if line["what"] == "timeline"]
            before = [line for line in before if _moment(line) <= until]
            moment = {"at": until.isoformat()}
            begin: Line = moment | {"what": "timeline", "pruned": True}
            begin["id"] = before[-1]["id"] if before else ""
            kept = [begin, *(moment | line for line in _told("here", self.facts.here))]
            if self.path.exists():
                kept += [line for line in _lines(self.path) if _moment(line) > until]
            beside = self.path.with_suffix(".tmp")
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(_text(kept))
                file.flush()
                os.fsync(file.fileno())
            _as_around(beside)
            os.replace(beside, self.path)
            for path in self.folder.glob("*.jsonl"):
                if path != self.path and path.stat().st_mtime < until.timestamp():
                    path.unlink()
            _sync(self.folder)
        self.facts = read(self.folder)


def _text(lines: Iterable[Line]) -> bytes:
    return "".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines).encode()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """``backup`` writes to the same file as the worker, which may be making that anew."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network disks know no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _as_around(path: Path) -> None:
    """What root makes (``manage.py backup``) is for the account of the site, as its folder is."""
    if os.geteuid() == 0:
        around = path.parent.stat()
        os.chown(path, around.st_uid, around.st_gid)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _told(what: str, found: Iterable[Thing]) -> list[Line]:
    return [{"what": what, "kind": kind, "id": which} for kind, which in sorted(found)]


def _new_facts(known: Facts, since: datetime) -> Iterator[Line]:
    """Those of ``since`` and later.

    People are called by what erasure leaves them: their number and the moment that they came.
    """
    people = Registration.objects.order_by()
    cancelled = people.filter(status=Registration.Status.CANCELLED)
    for what, moment, made, rows in (
        ("erased", "erased_at", "created_at", people),
        ("cancelled", "ended_at", "created_at", cancelled),
        ("unsubscribed", "unsubscribed_at", "created_at", people),
        ("taken_back", "taken_back_at", "made_at", DoorPass.objects.order_by()),
    ):
        recent = rows.filter(**{f"{moment}__gte": since}).values_list("pk", made, moment)
        for pk, made_at, at in recent:
            which = _ident(pk, made_at)
            if not known.knows(what, which, at):
                yield {"at": at.isoformat(), "what": what, "id": which}
    mails = StoredMail.objects.filter(sent_at__gte=since).order_by("pk")
    for mail in mails.select_related("registration", "mailing", "host", "invitation"):
        if mail.message_id not in known.sent and mail.sent_at:
            at = mail.sent_at.isoformat()
            yield {"at": at, "what": "sent", "id": mail.message_id, "key": keys_of(mail)[0]}


def keys_of(mail: StoredMail) -> list[Key]:
    """Whom a mail is for and what about, so that one made anew is known for the same.

    The first is what the journal has now, the others what it had under keys of before. What a draw
    gave is part of it: drawn again with another result, people are told once more.
    """
    if mail.registration and mail.kind == StoredMail.Kind.DRAWN:
        drawn = ident(mail.registration, mail.registration.created_at)
        return [(str(mail.kind), drawn, one) for one in _drawn(mail.registration, drawn)]
    if mail.registration:
        whom = [ident(mail.registration, mail.registration.created_at)]
    elif mail.host:
        whom = [f"host {ident(mail.host, mail.host.created_at)}"]
    else:
        whom = _of_address(mail.to)
    about = ident(mail.mailing, mail.mailing.created_at) if mail.mailing else ""
    return [(str(mail.kind), one, about) for one in whom]


def _drawn(registration: Registration, whom: str) -> list[str]:
    """What the draw gave somebody, so that nobody can read which table that is."""
    lines = registration.changes.filter(what=Change.What.DRAWN).order_by("pk")
    gave = json.dumps(list(lines.values_list("new", flat=True)), sort_keys=True)
    return [one.hex()[:24] for one in digests("registrations.journal", f"{whom} {gave}")]


def _of_address(address: str) -> list[str]:
    """Others can guess an address, so it takes a key to reckon this: one for each key there is."""
    return [one.hex()[:24] for one in digests("registrations.journal", address.lower())]


def addresses(user: User) -> list[Thing]:
    """Where mail for this account goes, under each key."""
    name = ident(user, user.date_joined)
    return [("address", f"{name} {one}") for one in _of_address(user.email)] if user.email else []


def things(known: Container[Thing] = ()) -> Iterator[Thing]:
    """What opens something, or shows something of somebody, as the database has it now.

    An address that is ``known`` under an older key is called so still: it has not gone.
    """
    for door_pass in DoorPass.objects.working():
        yield "pass", ident(door_pass, door_pass.made_at)
    for tap in HeldTap.objects.waiting().order_by().values_list("pk", flat=True):
        yield "tap", tap.hex
    for host in Host.objects.all():
        yield "host", ident(host, host.created_at)
        if host.secret:
            yield "host link", digest(host.secret)
    for invitation in Invitation.objects.all():
        yield "invitation", digest(invitation.secret)
    for guest in Guest.objects.filter(erased_at=None).order_by().only("pk", "created_at"):
        yield "guest", ident(guest, guest.created_at)
    people = Registration.objects.filter(erased_at=None).order_by()
    for pk, at, secret, listed in people.values_list("pk", "created_at", "secret", "listed"):
        if secret:
            yield "link", digest(secret)
        if listed:
            yield "listed", _ident(pk, at)
    needs = SpecialNeeds.objects.order_by()
    for pk, at in needs.values_list("registration", "registration__created_at"):
        yield "needs", _ident(pk, at)
    yield from _of_staff(known)


def _of_staff(known: Container[Thing]) -> Iterator[Thing]:
    for user in User.objects.all():
        name = ident(user, user.date_joined)
        yield "person", name
        if found := addresses(user):
            yield next((one for one in found if one in known), found[0])
        if not user.is_active:
            continue
        yield "account", name
        yield "password", f"{name} {digest(user.password)}"
        for right in ("is_staff", "is_superuser"):
            if getattr(user, right):
                yield "right", f"{name} {right}"
    groups = Group.user_set.through.objects.order_by()
    for pk, at, group in groups.values_list("user", "user__date_joined", "group__name"):
        yield "right", f"{_ident(pk, at)} group {group}"
    for members in ("organisers", "door_staff", "readers"):
        rows = getattr(Event, members).through.objects.order_by()
        for pk, at, event in rows.values_list("user", "user__date_joined", "event"):
            yield "right", f"{_ident(pk, at)} {members} {event}"
    rights = User.user_permissions.through.objects.order_by()
    columns = ("user", "user__date_joined", "permission__codename")
    for pk, at, codename in rights.values_list(*columns):
        yield "right", f"{_ident(pk, at)} permission {codename}"
    for pk, at, event in Digest.objects.values_list("user", "user__date_joined", "event"):
        yield "digest", f"{_ident(pk, at)} {event}"
    for account in SocialAccount.objects.all():
        yield "login", ident(account, account.date_joined)
    for factor in Authenticator.objects.filter(user__is_active=True):
        name = ident(factor, factor.created_at)
        yield "factor", name
        if factor.type == Authenticator.Type.RECOVERY_CODES:
            used = factor.data.get("used_mask", 0)
            yield from (("code", f"{name} {n}") for n in range(RECOVERY_CODES) if not used >> n & 1)


def ident(row: Any, made_at: datetime) -> str:
    """A number comes back after a restore, but not at the same moment."""
    return _ident(row.pk, made_at)


def _ident(pk: int, made_at: datetime) -> str:
    return f"{pk}@{made_at.astimezone(UTC).isoformat()}"


def digest(secret: str) -> str:
    """Of what nobody can guess: no key is needed, and none can get lost."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]
