"""Writing to many in the admin: the text, who gets it, and how many people that are."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.models import Event
from program.organisers import acts, render_page
from registrations.admin.mailing.forms import AudienceForm, WordsForm
from registrations.admin.mailing.messages import find, get_or_post, see
from registrations.admin.pages import by
from registrations.errors import MailingChanged, RegistrationError
from registrations.mail import placeholders
from registrations.mailing import audience, mailings, ready_made
from registrations.mailing.audience import REGISTERED, Audience
from registrations.models import Mailing, Registration


@get_or_post
@acts
def new(request: HttpRequest, event: Event) -> HttpResponse:
    begun = Mailing(event=event, text=ready_made.greeting(), audience=REGISTERED.stored())
    return _form_page(request, event, begun, _("New message"))


@get_or_post
@acts
def edit(request: HttpRequest, event: Event, mailing: int) -> HttpResponse:
    row, _how_far = find(event, mailing)
    if row.queued_at:
        return see(event, row)
    return _form_page(request, event, row, _("Change message"))


@admin.action(description=gettext_lazy("Mail these people"), permissions=["event"])
def mail_them(
    _admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Registration]
) -> HttpResponse | None:
    """From the list of registrations: a new message for those who are ticked, of one event."""
    picked = list(queryset.order_by().values_list("event", "pk"))
    events = {event for event, _pk in picked}
    if len(events) != 1:
        messages.error(request, _("Pick people of one event: filter the list by event first."))
        return None
    event = Event.objects.get(pk=events.pop())
    chosen = Audience(people=tuple(sorted(pk for _event, pk in picked)))
    words = mailings.Words("{evenement}", ready_made.greeting())
    mailing = mailings.write(event, words, chosen, **by(request))
    return redirect("admin:event-mailing-edit", event.pk, mailing.pk)


def _form_page(request: HttpRequest, event: Event, mailing: Mailing, title: str) -> HttpResponse:
    asked = Audience.read(mailing.audience)
    posted = request.POST if request.method == "POST" else None
    counting = posted is not None and posted.get("do") == "count"
    whom = AudienceForm(event, asked, posted)
    # Counting looks at people only: an unfinished text is no mistake.
    typed = _typed(posted) if posted else {}
    words = WordsForm(mailing, typed=typed) if counting else WordsForm(mailing, posted)
    digest = posted.get("digest", "") if posted else mailing.digest
    if posted and not counting and words.is_valid() & whom.is_valid():
        try:
            saved = _save(request, event, mailing, words, whom)
            return see(event, saved)
        except MailingChanged:
            sentence = _(
                "Somebody else has changed this message. Below is what you typed: save it again to "
                "put it in place of theirs."
            )
            words.add_error(None, sentence)
            digest = mailing.digest
        except RegistrationError as error:
            words.add_error(None, str(error))
    chosen = whom.audience if posted and whom.is_valid() else asked
    wrong = [form[name] for form in (words, whom) for name in form.errors if name in form.fields]
    return render_page(
        request,
        "admin/mailing/form.html",
        event,
        title,
        status=422 if wrong or words.non_field_errors() else 200,
        mailing=mailing,
        digest=digest,
        words=words,
        whom=whom,
        wrong=wrong,
        reach=None if whom.errors else audience.reach(event, chosen),
        placeholders=[(f"{{{name}}}", means) for name, means in placeholders.MEANINGS.items()],
        picked=_names(event, asked),
    )


def _save(
    request: HttpRequest, event: Event, mailing: Mailing, words: WordsForm, whom: AudienceForm
) -> Mailing:
    send_at = words.cleaned_data.get("send_at")
    if mailing.pk:
        digest = request.POST.get("digest", "")
        return mailings.edit(mailing, words.words, whom.audience, send_at=send_at, digest=digest)
    return mailings.write(event, words.words, whom.audience, send_at=send_at, **by(request))


def _typed(posted: QueryDict) -> dict[str, Any]:
    """What was typed into the fields, to be shown as it is."""
    typed: dict[str, Any] = {name: posted.get(name, "") for name in WordsForm.base_fields}
    return typed | {"send_at": [posted.get("send_at_0", ""), posted.get("send_at_1", "")]}


def _names(event: Event, chosen: Audience) -> list[str]:
    """Those picked by hand, by name; the first hundred."""
    people = event.registrations.filter(pk__in=chosen.people, erased_at=None)
    return [str(person) for person in people[:100]] if chosen.people else []


pages = [
    path("<int:pk>/mail/nieuw/", new, name="event-mail-new"),
    path("<int:pk>/mail/<int:mailing>/wijzigen/", edit, name="event-mailing-edit"),
]
