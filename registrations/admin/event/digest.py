"""The page on which an organiser asks for a mail now and then about what happened."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from program.models import Event
from program.organisers import event_page, render_page
from registrations.admin.pages import see_other
from registrations.models import Digest
from registrations.organising import digests


class DigestForm(forms.Form):
    often = forms.ChoiceField(
        label=gettext_lazy("How often"),
        choices=[
            ("", gettext_lazy("never")),
            (Digest.Often.DAILY, gettext_lazy("every day at eight in the morning")),
            (Digest.Often.WEEKLY, gettext_lazy("every Monday at eight in the morning")),
        ],
        widget=forms.RadioSelect,
        required=False,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def digest(request: HttpRequest, event: Event) -> HttpResponse:
    user = User.objects.get(username=request.user.get_username())
    mine = Digest.objects.filter(event=event, user=user).first()
    initial = {"often": mine.often if mine else ""}
    form = DigestForm(request.POST if request.method == "POST" else None, initial=initial)
    no_address = not user.email
    if form.is_valid() and not (no_address and form.cleaned_data["often"]):
        digests.choose(
            event,
            user,
            form.cleaned_data["often"],
            language=get_language() or settings.LANGUAGE_CODE,
            at=timezone.now(),
        )
        messages.success(request, _("Your choice is saved."))
        return see_other("event-overview", event.pk)
    return render_page(
        request,
        "admin/digest.html",
        event,
        _("A mail about what happened"),
        status=422 if request.method == "POST" else 200,
        form=form,
        no_address=no_address,
        over=event.over(timezone.now()),
    )


pages: list[URLPattern] = [
    path("<int:pk>/samenvatting-per-mail/", event_page(digest), name="event-digest")
]
