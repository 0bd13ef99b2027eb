"""Mail to staff: a link to a password, what changed in an account, invitations, and news."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.utils import formats, translation
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from program.models import Event
from program.organisers import events_of
from program.public.calendars import moment
from registrations.mail import envelope
from registrations.mail.envelope import NotWanted, WrittenMail, link
from registrations.models import ColleagueRole, Digest, Invitation, StoredMail
from registrations.models.mail import OVERTAKEN
from registrations.queries.tokens import invitation_token_of

ACCOUNT, DIGEST = StoredMail.Kind.ACCOUNT, StoredMail.Kind.DIGEST
TO_STAFF = (ACCOUNT, DIGEST)
KEPT = timedelta(days=30)
# What each role may do, as the invitation says it.
MAY: dict[str, Promise] = {
    ColleagueRole.ORGANISER: _("You can see and change everything about this event."),
    ColleagueRole.DOOR: _("You tick people off at the door."),
    ColleagueRole.READER: _("You see numbers and special needs, but no names or addresses."),
}


def password_link(
    user: User, *, at: datetime, language: str = settings.LANGUAGE_CODE
) -> StoredMail:
    """A mail, not saved, with the link by which to choose a password, the first one or another.

    It works once, and for PASSWORD_RESET_TIMEOUT seconds from when it leaves.
    """
    return envelope.new(ACCOUNT, user.email, at=at, language=language, about={"user": user.pk})


def store_notice(user: User, what: str | Promise, *, at: datetime) -> None:
    """Tell somebody what changed in their account: if it was not them, they should know.

    ``what`` is said in the language of the mail, not in that of the page where it happened.
    """
    if not user.email:
        return
    mail = envelope.new(ACCOUNT, user.email, at=at)
    with translation.override(mail.language):
        mail.about = {"user": user.pk, "what": str(what)}
    mail.save()


def store_invitation(invitation: Invitation, *, at: datetime) -> None:
    """Ask somebody to become a colleague. The mail is the same whoever has an account."""
    envelope.new(ACCOUNT, invitation.email, at=at, invitation=invitation).save()


def write(mail: StoredMail, *, at: datetime) -> WrittenMail:
    """Raises NotWanted if the account is gone, a link would open that of somebody else, or nobody
    waits for it any more.
    """
    if mail.invitation:
        return _invitation(mail, mail.invitation, at)
    user = User.objects.filter(pk=mail.about.get("user")).first()
    if user is None:
        raise NotWanted(OVERTAKEN)
    name = user.get_full_name() or user.username
    if what := mail.about.get("what"):
        subject = _("Something has changed in your account for %(site)s")
        account = link("mfa_index")
        return envelope.write(
            mail, subject, "staff_notice", name=name, user=user, what=what, link=account
        )
    if not user.is_active or user.email != mail.to:
        raise NotWanted(OVERTAKEN)
    new = not user.has_usable_password()
    if not new and at >= mail.created_at + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT):
        raise NotWanted(OVERTAKEN)  # a link that was asked for would have been dead by now
    subject = _("Your account for %(site)s") if new else _("Choose a new password for %(site)s")
    key = user_pk_to_url_str(user), default_token_generator.make_token(user)
    return envelope.write(
        mail,
        subject,
        "staff_password",
        name=name,
        user=user,
        new=new,
        days=settings.PASSWORD_RESET_TIMEOUT // 86_400,
        link=link("account_reset_password_from_key", *key),
        again=link("account_reset_password"),
    )


def _invitation(mail: StoredMail, invitation: Invitation, at: datetime) -> WrittenMail:
    """Raises NotWanted if it was mailed anew since, to this address or another, or has run out."""
    event = invitation.event
    anew = invitation.email != mail.to or invitation.created_at > mail.created_at
    if anew or invitation.expires_at <= at:
        raise NotWanted(OVERTAKEN)
    subject = _("Will you help with %(event)s?")
    title = " ".join(event.local_title.split())
    return envelope.write(
        mail,
        str(subject).replace("%(event)s", Truncator(title).chars(50).replace("%", "%%")),
        "staff_invitation",
        by=invitation.invited_by,
        title=title,
        day=formats.date_format(event.day),
        may=MAY[invitation.role],
        until=moment(invitation.expires_at),
        link=link("account_invitation", invitation_token_of(invitation)),
    )


def digest_wanted(digest: Digest) -> bool:
    """Whether somebody may still have it, and can: an organiser with an address."""
    user, own = digest.user, events_of(digest.user)
    return user.is_active and bool(user.email) and own.filter(pk=digest.event_id).exists()


def write_digest(mail: StoredMail) -> WrittenMail:
    """What happened to an event, in numbers. Raises NotWanted if it was turned off since."""
    digests = Digest.objects.select_related("event", "user")
    digest = digests.filter(pk=mail.about.get("digest")).first()
    if digest is None or digest.user.email != mail.to or not digest_wanted(digest):
        raise NotWanted(OVERTAKEN)
    event, user = digest.event, digest.user
    waiting = event.registrations.waiting().count()
    stand = _("Now %(taken)s of %(places)s places are taken. Waiting: %(waiting)s.")
    if event.draw_to_come:
        stand = _("In the draw by now: %(waiting)s. Places: %(places)s.")
    full = sum(slot.full for slot in event.slots.going_on())
    full_words = ngettext("%(n)s table is full.", "%(n)s tables are full.", full)
    return envelope.write(
        mail,
        DIGEST.subject,
        name=user.get_full_name() or user.username,
        since=moment(datetime.fromisoformat(mail.about["since"])),
        lines=list(_news(event, mail.about["news"])),
        stand=stand % {"taken": event.taken, "places": event.capacity, "waiting": waiting},
        full=full_words % {"n": full} if full else "",
        proposals=_proposals(event),
        team=link("admin:event-team", event.pk),
        admin=link("admin:event-overview", event.pk),
        digest_link=link("admin:event-digest", event.pk),
    )


def _proposals(event: Event) -> str:
    waiting = event.proposals.open().count()
    words = ngettext(
        "%(count)s proposal of a host waits for your answer.",
        "%(count)s proposals of hosts wait for your answer.",
        waiting,
    )
    return words % {"count": waiting} if waiting else ""


def _news(event: Event, counts: Mapping[str, int]) -> Iterator[dict[str, str]]:
    """Each kind of news in words, with the list of the people that it is about."""
    people = f"{link('admin:registrations_registration_changelist')}?event__id__exact={event.pk}"
    for name, count in counts.items():
        words, where = {
            "signed_up": (
                ngettext("%(n)s person signed up", "%(n)s people signed up", count),
                "&status__exact=confirmed",
            ),
            "in_draw": (
                ngettext(
                    "%(n)s person takes part in the draw",
                    "%(n)s people take part in the draw",
                    count,
                ),
                "",
            ),
            "drawn": (
                ngettext(
                    "the draw was made, for %(n)s person",
                    "the draw was made, for %(n)s people",
                    count,
                ),
                "",
            ),
            "waiting": (
                ngettext(
                    "%(n)s person joined the waiting list",
                    "%(n)s people joined the waiting list",
                    count,
                ),
                "&status__exact=waiting",
            ),
            "promoted": (
                ngettext(
                    "%(n)s person got a place from the waiting list",
                    "%(n)s people got a place from the waiting list",
                    count,
                ),
                "&status__exact=confirmed",
            ),
            "cancelled": (
                ngettext("%(n)s person cancelled", "%(n)s people cancelled", count),
                "&special=left",
            ),
            "refused": (
                ngettext("mail to %(n)s person came back", "mail to %(n)s people came back", count),
                "&email_refused_at__isempty=0",
            ),
        }[name]
        yield {"words": words % {"n": count}, "link": people + where}


def forget_old(at: datetime) -> int:
    """Delete what is known of mails to staff of over a month ago; returns how many."""
    old = StoredMail.objects.filter(kind__in=TO_STAFF, created_at__lt=at - KEPT)
    deleted, _rows = old.delete()
    return deleted
