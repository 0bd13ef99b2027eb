"""Mail that anybody can ask for by typing an address: a sign-up, a link, a new password.

Nobody may learn from it who is registered (rule 5) or works here. So a page only notes down what
was asked: one row, the same for every address. The worker looks later whether there is a mail to
send, and which, out of sight of the person who asked. Of those that strangers cause, few go to one
mailbox (``ceilings``); what organisers bring in or send themselves does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from program.models import Event
from registrations.mail import ceilings, envelope, mails, staff_mail
from registrations.models import Registration, StoredMail

Kind = StoredMail.Kind
Status = Registration.Status


def ask_to_confirm(registration: Registration, *, at: datetime) -> None:
    """Somebody signed up: they are asked to confirm, unless their address is registered already."""
    mails.to_person(registration, Kind.CONFIRM, at=at, asked=True).save()


def ask_all_to_confirm(people: Iterable[Registration], *, at: datetime) -> None:
    """As ``ask_to_confirm``, for many whom an organiser put on the list at once."""
    StoredMail.objects.bulk_create(
        mails.to_person(one, Kind.CONFIRM, at=at, asked=True) for one in people
    )


def ask_link(event: Event, email: str, *, language: str, at: datetime) -> None:
    """Somebody asked for the link that belongs to ``email``."""
    envelope.new(Kind.LINK, email, at=at, event=event, language=language, asked=True).save()


def ask_password(email: str, *, language: str, at: datetime) -> None:
    """Somebody asked for a new password for ``email``."""
    envelope.new(Kind.ACCOUNT, email, at=at, language=language, asked=True).save()


def answer(at: datetime, *, stopped: Callable[[], bool] = lambda: False) -> int:
    """Put mails in the place of what was asked, as far as there are any; returns how many.

    The oldest first, until ``stopped``. One that fails holds up no other and stays for the next
    time; the first error is raised at the end.
    """
    answered, errors = 0, []
    for key in StoredMail.objects.asked().order_by("pk").values_list("pk", flat=True):
        if stopped():
            break
        try:
            answered += _answer(key, at)
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return answered


def ask_again(mail: StoredMail) -> None:
    """The one who was registered already has left since: the sign-up that asked comes first now."""
    newcomer = Registration.objects.filter(pk=mail.about.get("newcomer")).first()
    # They may have asked for the mail at another address by now.
    if newcomer and newcomer.is_pending and newcomer.email.lower() == mail.to.lower():
        ask_to_confirm(newcomer, at=mail.created_at)


@transaction.atomic
def _answer(key: int, at: datetime) -> int:
    asked = StoredMail.objects.asked()
    event = asked.filter(pk=key).values_list("event", flat=True).first()
    if event:
        # Nobody gets another address, or is erased, between the look and the mail.
        Event.objects.locked(event)
    question = asked.select_related("event", "registration").filter(pk=key).first()
    if question is None:
        return 0  # another worker was quicker
    same = asked.filter(pk=key)
    if question.kind == Kind.ACCOUNT:
        # Somebody who pressed the button twice meant one mail.
        same = asked.filter(kind=Kind.ACCOUNT, to__iexact=question.to)
    gone, _rows = same.delete()
    if not gone:
        return 0  # another worker was quicker
    answered = 0
    newcomer = question.registration
    by_staff = newcomer is not None and newcomer.origin != Registration.Origin.SITE
    for mail in _mails(question):
        mail.send_after = at
        (mail if by_staff else ceilings.count(mail)).save()
        answered += 1
    return answered


def _mails(question: StoredMail) -> Iterator[StoredMail]:
    event, at = question.event, question.created_at
    if event is None:
        for user in User.objects.filter(email__iexact=question.to, is_active=True):
            yield staff_mail.password_link(user, language=question.language, at=at)
        return
    person = _of(event, question.to)
    if newcomer := question.registration:
        if not newcomer.secret:
            return  # replaced by another sign-up: nothing confirms this one
        if person is None or not person.counts:
            yield mails.to_person(newcomer, Kind.CONFIRM, at=at)
        elif person != newcomer:
            about = {"newcomer": newcomer.pk}
            yield mails.to_person(person, Kind.ALREADY, at=at, about=about)
    elif person:
        # Once an event is called off or has begun there is nothing to confirm, but there is still
        # data to see.
        nothing_to_confirm = event.called_off or event.started(at)
        kind = Kind.LINK if person.counts or nothing_to_confirm else Kind.CONFIRM
        yield mails.to_person(person, kind, at=at)


def _of(event: Event, email: str) -> Registration | None:
    """The registration that stands for a person; else their newest one yet to be confirmed.

    One without a secret was replaced by a later one, and has no link to mail.
    """
    people = event.registrations.of_address(email)
    unconfirmed = people.filter(status__in=[Status.PENDING, Status.EXPIRED]).exclude(secret="")
    return people.counting().first() or unconfirmed.order_by("-pk").first()
