"""The pages that stop mail to many: by a link of its own in each such mail, or one's own page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from registrations import tokens
from registrations.errors import LinkUnknown
from registrations.mailing import unsubscribing
from registrations.models import Registration
from registrations.personal import button
from registrations.views import see_other


# Mail programs post here by themselves (RFC 8058), without cookies, and are not to be redirected.
# Whoever has the link may stop the mail, wherever the request comes from; it does nothing else.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def no_mail(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, since mail scanners follow links; POST acts."""
    try:
        registration = tokens.find_no_mail(token)
    except LinkUnknown:
        return render(request, "registrations/link_unknown.html", status=404)
    if request.method == "POST":
        unsubscribing.set_wants_mail(registration, False, at=timezone.now())
    context = {
        "event": registration.event,
        "wants": unsubscribing.wants_mail(registration),
    }
    return render(request, "registrations/no_mail.html", context)


@button
def choose(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    """Stop mail to many, or let it come again, on one's own page."""
    unsubscribing.set_wants_mail(registration, bool(request.POST.get("wants")), at=timezone.now())
    return see_other("registrations:mine", token, query="?klaar=berichten")
