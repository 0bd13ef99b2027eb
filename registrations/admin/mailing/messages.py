"""Mail to many in the admin: see it as somebody gets it, send it, and follow it."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from program.models import Event
from program.organisers import acts, render_page
from program.public.calendars import moment
from registrations.admin import words
from registrations.admin.pages import by, see_other
from registrations.errors import RegistrationError
from registrations.mail import letters
from registrations.mailing import audience, mailings, ready_made
from registrations.mailing.audience import Audience
from registrations.mailing.mailings import Progress
from registrations.models import Mailing
from registrations.models.person import called

MOST_FAILURES = 200  # that a page names
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@get_or_post
@acts
def mail(request: HttpRequest, event: Event) -> HttpResponse:
    """What was written for this event, and what most events need."""
    at = timezone.now()
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        if kind not in ready_made.KINDS:
            raise Http404
        try:
            return see(event, mailings.prepare(event, kind, **by(request)))
        except RegistrationError as error:
            messages.error(request, str(error))
            return see(event)
    rows = mailings.with_progress(event.mailings.all())
    there = {mailing.kind for mailing, _progress in rows}
    missing = [kind for kind in ready_made.KINDS if kind not in there]
    return render_page(
        request,
        "admin/mailing/list.html",
        event,
        _("Mail"),
        rows=[
            (row, letters.subject_of(event, row), state(event, row, progress, at))
            for row, progress in rows
        ],
        ready=[_ready(event, kind, at) for kind in missing if not event.called_off],
    )


@get_or_post
@acts
def one(request: HttpRequest, event: Event, mailing: int) -> HttpResponse:
    """Before it is sent: how it looks and who gets it. Afterwards: how far it is."""
    row, progress = find(event, mailing)
    if request.method == "POST":
        return _do(request, event, row)
    if row.queued_at is None:
        return _check_page(request, event, row, progress)
    failed = mailings.failures(row)
    return render_page(
        request,
        "admin/mailing/sent.html",
        event,
        _title(row),
        mailing=row,
        subject=letters.subject_of(event, row),
        progress=progress,
        state=state(event, row, progress, timezone.now()),
        failures=[(mail, words.mail(mail)[0]) for mail in failed[:MOST_FAILURES]],
        more=max(progress.failed - MOST_FAILURES, 0),
        audience=audience.words(event, Audience.read(row.audience)),
    )


def state(event: Event, mailing: Mailing, progress: Progress, at: datetime) -> str:
    """How a message stands, in words."""
    if mailing.queued_at is None:
        if mailing.send_at is None:
            return _("Draft")
        if event.called_off:
            return _("Does not go out: the event is called off")
        if ready_made.too_late(event, mailing.kind, at):
            return _("Did not go out: its time is over")
        return _("Goes out by itself on %(moment)s") % {"moment": moment(mailing.send_at)}
    numbers = {"sent": progress.sent, "people": mailing.people}
    if progress.waiting:
        return _("Is being sent: %(sent)s of %(people)s") % numbers
    if progress.stopped:
        return _("Stopped: %(sent)s of %(people)s were sent") % numbers
    count = mailing.people - progress.failed - progress.unsubscribed - progress.left
    sentence = ngettext("Sent to %(count)s person", "Sent to %(count)s people", count)
    return sentence % {"count": count}


def _check_page(
    request: HttpRequest, event: Event, mailing: Mailing, progress: Progress
) -> HttpResponse:
    chosen = Audience.read(mailing.audience)
    people = audience.people(event, chosen)
    reach = audience.reach(event, chosen)
    asked = request.GET.get("q", "").strip()
    number = _number(request.GET.get("nr", ""), reach.people)
    if asked:
        found = people.filter(called(asked)).first()
    else:
        found = people[number - 1 : number].first() if reach.people else None
    return render_page(
        request,
        "admin/mailing/check.html",
        event,
        _title(mailing),
        mailing=mailing,
        state=state(event, mailing, progress, timezone.now()),
        late=ready_made.too_late(event, mailing.kind, timezone.now()),
        reach=reach,
        audience=audience.words(event, chosen),
        before_draw=audience.before_draw(event, chosen, mailing.send_at or timezone.now()),
        untold=bool(chosen.door) and not audience.door_was_kept(event),
        person=found,
        asked=asked,
        number=number,
        before=number - 1,
        after=number + 1 if number < reach.people else 0,
        example=letters.example(event, mailing, found),
    )


def _do(request: HttpRequest, event: Event, mailing: Mailing) -> HttpResponse:
    """What the button that was pressed says."""
    digest = request.POST.get("digest", "")
    try:
        match request.POST.get("do"):
            case "send":
                sent = mailings.send(mailing, digest=digest, **by(request))
                sentence = ngettext(
                    "The message goes to %(count)s person.",
                    "The message goes to %(count)s people.",
                    sent,
                )
                messages.success(request, sentence % {"count": sent})
            case "proof":
                _proof(request, event, mailing)
            case "stop":
                stopped = mailings.stop(mailing, **by(request))
                sentence = ngettext(
                    "%(count)s mail is not sent any more.",
                    "%(count)s mails are not sent any more.",
                    stopped,
                )
                messages.success(request, sentence % {"count": stopped})
            case "again":
                mailing = mailings.again(mailing, **by(request))
                messages.success(request, _("Here is a copy. It is a draft."))
            case "remove" if _to_be_asked(request, mailing):
                return _ask_to_remove(request, event, mailing)
            case "remove":
                mailings.remove(mailing, digest=digest)
                messages.success(request, _("The message is removed. Nobody got it."))
                return see(event)
    except RegistrationError as error:
        messages.error(request, str(error))
    return see(event, mailing)


def _to_be_asked(request: HttpRequest, mailing: Mailing) -> bool:
    """Whether this may be removed but nobody said that they are sure."""
    as_seen = request.POST.get("digest", "") in ("", mailing.digest)
    return as_seen and mailing.queued_at is None and "sure" not in request.POST


def _ask_to_remove(request: HttpRequest, event: Event, mailing: Mailing) -> HttpResponse:
    return render_page(
        request,
        "admin/mailing/remove.html",
        event,
        _("Remove this message?"),
        mailing=mailing,
        subject=letters.subject_of(event, mailing),
        state=state(event, mailing, Progress(), timezone.now()),
        audience=audience.words(event, Audience.read(mailing.audience)),
    )


def _proof(request: HttpRequest, event: Event, mailing: Mailing) -> None:
    people = audience.people(event, Audience.read(mailing.audience))
    like = people.filter(pk=_number(request.POST.get("like", "")))
    user = User.objects.get_by_natural_key(request.user.get_username())
    if user.email:
        mailings.send_proof(event, mailing, like.first(), user, at=timezone.now())
        sentence = _("A proof is on its way to %(email)s.")
        messages.success(request, sentence % {"email": user.email})


def find(event: Event, pk: int) -> tuple[Mailing, Progress]:
    """Raises Http404 for a message of another event."""
    for found in mailings.with_progress(event.mailings.filter(pk=pk)):
        return found
    raise Http404


def see(event: Event, mailing: Mailing | None = None) -> HttpResponse:
    if mailing is None:
        return see_other("event-mail", event.pk)
    return see_other("event-mailing", event.pk, mailing.pk)


def _ready(event: Event, kind: str, at: datetime) -> dict[str, object]:
    """A message that most events need and this one lacks, for the page that offers it."""
    draft = ready_made.draft(event, kind)
    return {
        "kind": kind,
        "label": Mailing.Kind(kind).label,
        "moment": ready_made.moment(event, kind) or at,
        "late": ready_made.too_late(event, kind, at),
        "before_draw": audience.before_draw(
            event, Audience.read(draft.audience), ready_made.moment(event, kind)
        ),
    }


def _title(mailing: Mailing) -> str:
    kind = Mailing.Kind(mailing.kind)
    return _("Message") if kind == Mailing.Kind.OWN else str(kind.label).capitalize()


def _number(typed: str, most: int | None = None) -> int:
    """From 1 to ``most``; 1 for what is no number."""
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 1
    return max(1, min(number, most) if most else number)


pages = [
    path("<int:pk>/mail/", mail, name="event-mail"),
    path("<int:pk>/mail/<int:mailing>/", one, name="event-mailing"),
]
