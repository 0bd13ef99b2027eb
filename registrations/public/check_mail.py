"""'Check your inbox': what comes after signing up, until the address is proven (rule 4).

What stands here must not depend on whether the address is registered (rule 5). So it is drawn
from what this browser sent, and never from what became of that.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta

from crispy_forms.layout import Submit
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from program.models import Event
from program.public.calendars import day_and_time
from program.public.programme import published_event
from registrations.booking import holds, signup
from registrations.errors import RegistrationError, TooManyRequests, WrongCode
from registrations.forms.plain import FormPart, LineField, PlainForm
from registrations.models.registration import CODE_TRIES
from registrations.names.mail_domains import better
from registrations.public import just_sent, limits
from registrations.public.forms import EmailForm, add_problems, typed
from registrations.public.just_sent import JustSent
from registrations.public.views import see_other, too_many
from registrations.queries import tokens, waiting

# What people put between the digits, or paste along with them.
BETWEEN = re.compile(r"[\s.\-\u00ad\u200b\u2060\ufeff]")


def clean_code(text: str) -> str:
    """The six digits, however they were grouped."""
    code = BETWEEN.sub("", unicodedata.normalize("NFKC", text[:100]))
    if not re.fullmatch(r"[0-9]{6}", code):
        raise ValidationError("", code="code_shape")
    return code


class TypedCodeForm(PlainForm):
    """The code of the mail, instead of following its link."""

    code = LineField(
        clean_code,
        label=_("Code from the e-mail"),
        sentences=dict.fromkeys(
            ("required", "code_shape"), _("Type the six digits from our e-mail, such as 123 456.")
        ),
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "spellcheck": "false",
                "maxlength": "20",
            }
        ),
    )

    def parts(self) -> list[object]:
        return [FormPart("", "code", Submit("", _("Confirm with the code")))]


class OtherAddressForm(EmailForm):
    """Where the mail is to go instead."""

    def parts(self) -> list[object]:
        return [FormPart("", "email", Submit("", _("Send it there")))]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check_mail(request: HttpRequest, slug: str) -> HttpResponse:
    event, at = published_event(slug), timezone.now()
    sent = just_sent.read(request, event, at=at)
    if sent is None:
        return _page_of_anybody(request, event, at)
    fields = typed(request) or QueryDict()
    code = TypedCodeForm(fields if "code" in fields else None)
    address = OtherAddressForm(fields if "email" in fields else None)
    if request.method == "POST":
        try:
            limits.count_network(request)
            if code.is_bound and code.is_valid():
                return _confirm(request, sent, code.cleaned_data["code"], at)
            if address.is_bound and address.is_valid():
                return _mail_elsewhere(sent, address.cleaned_data["email"], at)
        except TooManyRequests as error:
            return too_many(request, error)
        except RegistrationError as error:
            add_problems(code if code.is_bound else address, error)
            sent.registration.refresh_from_db(fields=["code_tries"])
    return _page(request, event, sent, code, address)


def _confirm(request: HttpRequest, sent: JustSent, code: str, at: datetime) -> HttpResponse:
    event = sent.registration.event
    limits.check_codes(request, event)
    try:
        registration = signup.confirm_by_code(sent.registration, code, at=at)
    except WrongCode:
        limits.count_wrong_code(request, event)
        raise
    mine = see_other("registrations:mine", tokens.token_of(registration), query="?klaar=bevestigd")
    return just_sent.forget(mine)


def _mail_elsewhere(sent: JustSent, email: str, at: datetime) -> HttpResponse:
    limits.count_address(email)
    before = sent.registration.email.lower()
    registration = signup.mail_elsewhere(sent.registration, email, at=at)
    again = "opnieuw" if registration.email.lower() == before else "ander"
    slug = registration.event.slug
    response = see_other("registrations:check-mail", slug, query=f"?verstuurd={again}")
    return just_sent.remember(response, registration, at=at)


def _page(
    request: HttpRequest,
    event: Event,
    sent: JustSent,
    code: TypedCodeForm,
    address: OtherAddressForm,
) -> HttpResponse:
    email, at = sent.registration.email, timezone.now()
    same_day = timezone.localdate(sent.promise.until) == timezone.localdate()
    context = {
        "event": event,
        "email": email,
        "until": timezone.localtime(sent.promise.until),
        "until_words": "" if same_day else day_and_time(sent.promise.until),
        "with_place": sent.promise.with_place,
        # From when on it may come free if many places are held, if that is before its time.
        "may_end": timezone.localtime(sent.promise.may_end) if sent.promise.may_shorten else None,
        "may_have_ended": sent.promise.may_shorten and at >= sent.promise.may_end,
        "confirm_first": sent.promise.confirm_first,
        "waiting_open": at < event.waiting_closes,
        "draw": _draw(event, at),
        "meant": better(email, also=[event.organiser_email]),
        "code_form": code,
        "address_form": address,
        # What is wrong with it stands above the page.
        "form": code if code.errors else address,
        "no_tries": not sent.registration.code_tries_left,
        "tries": CODE_TRIES,
        "just_sent": request.GET.get("verstuurd", "") if request.method != "POST" else "",
    }
    status = 422 if code.errors or address.errors else 200
    return render(request, "registrations/check_mail.html", context, status=status)


def _page_of_anybody(request: HttpRequest, event: Event, at: datetime) -> HttpResponse:
    """For a browser that sent nothing, or some time ago: from the event alone."""
    lasts = min(holds.lasts(event, held=holds.held(event)), max(event.starts_at - at, timedelta(0)))
    context = {
        "event": event,
        "minutes": int(lasts.total_seconds() // 60),
        "queues": waiting.Queues(event, at=at),
        "draw": _draw(event, at),
        # A code, or another address, of a sign-up that we no longer know.
        "forgotten": request.method == "POST",
    }
    status = 422 if context["forgotten"] else 200
    return render(request, "registrations/check_mail.html", context, status=status)


def _draw(event: Event, at: datetime) -> str:
    """How far a draw to come is, if there is one."""
    if not event.draw_to_come:
        return ""
    return "open" if event.ranking_open(at) else "under_way"
