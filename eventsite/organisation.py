"""Pages at which staff log in with their organisation's own account, there and back."""

from __future__ import annotations

from functools import wraps

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from eventsite import oidc, provided, security_log
from eventsite.oidc import NotLoggedIn
from eventsite.staff import View
from registrations.errors import TooManyRequests
from registrations.public import limits
from registrations.public.views import too_many


def there_is_one(view: View) -> View:
    """No page at all unless a provider is configured."""

    @wraps(view)
    def page(request: HttpRequest) -> HttpResponseBase:
        if not settings.OIDC_ISSUER:
            raise Http404
        return view(request)

    return page


@there_is_one
@never_cache
@require_POST
def go(request: HttpRequest) -> HttpResponse:
    """On the way to the provider.

    Not a redirect: 'form-action' of our policy also holds for where a form is redirected to, and
    Chromium stops there. So this is a page that goes on by itself, and that has a link.
    """
    try:
        limits.count_network(request)
        address = oidc.begin(request, then=get_next_redirect_url(request))
    except TooManyRequests as error:
        return too_many(request, error)
    except NotLoggedIn as error:
        return _not_logged_in(request, error)
    title = _("On to %(name)s") % {"name": settings.OIDC_NAME}
    context = {"title": title, "address": address, "name": settings.OIDC_NAME}
    return render(request, "account/organisation_go.html", context)


@there_is_one
@never_cache
@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """Back from the provider.

    The one GET that changes something: that is how the protocol has it. The state, which works
    once and only in the browser that began, stands in for the token of a form.
    """
    language = settings.LANGUAGE_CODE
    try:
        state = oidc.take_state(request)
        language = state["language"]
        user = provided.let_in(oidc.finish(request, state))
    except NotLoggedIn as error:
        with override(language):
            return _not_logged_in(request, error)
    record_authentication(request, user, provided.METHOD, provider=settings.OIDC_ISSUER)
    with override(language):
        return perform_login(request, Login(user=user, redirect_url=state.get("next")))


def _not_logged_in(request: HttpRequest, error: NotLoggedIn) -> HttpResponse:
    security_log.note("not logged in at the provider", request, why=error.reason, bad=True)
    context = {"title": _("You are not logged in"), "said": str(error)}
    return render(request, "account/organisation_failed.html", context, status=error.status)
