"""Pages of a staff account: logging in, the second factor, the password.

Most are allauth's with our templates. Each is behind one of three doors, named in account_urls.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.views import LoginView, LogoutView, PasswordResetFromKeyView
from allauth.core.internal.httpkit import authenticated_user
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from eventsite import guessing, provided, second_factor, security_log
from eventsite.account_forms import AskPasswordForm
from eventsite.accounts import AccountAdapter
from eventsite.sessions import end_sessions, open_sessions
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


def of_the_site(view: View) -> View:
    """What opens an account of this site itself. Those of the organisation have it elsewhere."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if provided.belongs(request.user):
            return redirect("mfa_index")
        return view(request, *args, **kwargs)

    return page


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
            # Whose it is, is looked up later, out of sight (registrations/mail/strangers.py).
            security_log.note("link to a password asked", request)
            strangers.ask_password(email, language=get_language() or "nl", at=timezone.now())
            return see_other("account_reset_password_done")
    except TooManyRequests as error:
        return too_many(request, error)
    context = {"form": form, "title": _("Choose a new password")}
    status = 422 if form.errors else 200
    return render(request, "account/password_reset.html", context, status=status)


class LogIn(LoginView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """``organisation`` has accounts of its own that open this site, if it is not empty."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"organisation": settings.OIDC_NAME if settings.OIDC_ISSUER else ""}


class ChoosePassword(PasswordResetFromKeyView):
    """The link of the mail proves whose browser this is, also while strangers are guessing."""

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        guessing.remember(self.request, response, self.reset_user)
        adapter = AccountAdapter(self.request)
        adapter.forget_wrong_passwords(self.request, self.reset_user.username)
        return response


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


@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Where somebody is logged in, and the button that ends it everywhere but here."""
    user, here = authenticated_user(request), request.session.session_key
    if request.method == "POST":
        ended = end_sessions(user.pk, but=here)
        said = ngettext(
            "You are logged out in one other place.",
            "You are logged out in %(count)s other places.",
            ended,
        )
        messages.success(request, said % {"count": ended})
        return redirect("mfa_index")
    sessions = sorted(open_sessions(user.pk), key=lambda session: session.key != here)
    context = {"sessions": sessions, "here": here, "title": _("Where you are logged in")}
    return render(request, "account/end_sessions.html", context)


class AccountPage(IndexView):
    """What somebody logs in with, and where those without a second factor set one up."""

    template_name = "mfa/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        found = context["authenticators"]
        context["must_set_up"] = not is_staff_session(self.request)
        context["organisation"] = settings.OIDC_NAME if provided.belongs(self.request.user) else ""
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
