"""Pages of a staff account: logging in, the second factor, the password.

Most are allauth's with our templates. Each is behind one of three doors, named in account_urls.
"""

from __future__ import annotations

from typing import Any

from allauth.account.views import LogoutView
from allauth.core.internal.httpkit import authenticated_user
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from eventsite import second_factor
from eventsite.account_forms import AskPasswordForm
from eventsite.staff import View, guarded, is_staff_session
from registrations.errors import TooManyRequests
from registrations.mail import strangers
from registrations.public import limits
from registrations.public.views import see_other, too_many

Type = Authenticator.Type


def setting_up(view: View) -> View:
    """For staff, even without a second factor; those who have one show it first."""
    return guarded(
        view,
        lambda request: (
            (request.user.is_staff and not second_factor.has_factor(request.user))
            or is_staff_session(request)
        ),
    )


def showing_again(view: View) -> View:
    """For staff who have a factor, to show it."""
    return guarded(
        view, lambda request: request.user.is_staff and second_factor.has_factor(request.user)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def ask_password(request: HttpRequest) -> HttpResponse:
    """The answer, and the work, are the same whether or not somebody has this address."""
    form = AskPasswordForm(request.POST if request.method == "POST" else None)
    try:
        if request.method == "POST":
            limits.count_network(request)
        if form.is_valid():
            email = form.cleaned_data["email"]
            limits.count_address(email)
            strangers.ask_password(email, language=get_language() or "nl", at=timezone.now())
            return see_other("account_reset_password_done")
    except TooManyRequests as error:
        return too_many(request, error)
    context = {"form": form, "title": _("Choose a new password")}
    status = 422 if form.errors else 200
    return render(request, "account/password_reset.html", context, status=status)


@require_safe
def qr(request: HttpRequest) -> HttpResponse:
    """The secret of the app that is being set up, for its camera."""
    secret = request.session.get(SECRET_SESSION_KEY)
    if not secret or not request.user.is_authenticated:
        raise Http404
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    return HttpResponse(svg, "image/svg+xml")


class Logout(LogoutView):
    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"cache"'
        return response


class AccountPage(IndexView):
    """What somebody logs in with, and where those without a second factor set one up."""

    template_name = "mfa/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        found = context["authenticators"]
        context["must_set_up"] = not is_staff_session(self.request)
        context["has_factor"] = Type.TOTP in found or Type.WEBAUTHN in found
        return context


class ShowFactor(AuthenticateView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        owner = Authenticator.objects.filter(user=self.stage.login.user)
        kinds = set(owner.values_list("type", flat=True))
        return context | {"has_app": Type.TOTP in kinds, "has_passkey": Type.WEBAUTHN in kinds}


class ActivateApp(ActivateTOTPView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret = context["form"].secret
        parts = [secret[at : at + 4] for at in range(0, len(secret), 4)]
        return context | {"secret": " ".join(parts)}

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        second_factor.just_set_up(self.request, Type.TOTP, form.cleaned_data["code"])
        return response


class AddPasskey(AddWebAuthnView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        # Begun once more as passwordless: a passkey is kept and guarded by its device.
        options = webauthn.begin_registration(authenticated_user(self.request), passwordless=True)
        return context | {"js_data": {"creation_options": options}}

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        second_factor.just_set_up(self.request, Type.WEBAUTHN)
        return response
