"""How allauth works here: nobody signs up, mail waits for the worker, secrets are locked away."""

from __future__ import annotations

import base64
import secrets
import time
from typing import Any

import qrcode
from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
)
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathFillImage

from eventsite import guessing, provided, second_factor, security_log
from eventsite.boxes import box
from program.public.house_style import site_name
from registrations.mail import staff_mail
from registrations.public import limits

CODES = "mfa/email/recovery_codes_generated"
# What happened to an account, by allauth's name for it: the sentence of its mail and its message.
CHANGES: dict[str, str | Promise] = {
    "account/email/password_changed": _("Your password was changed."),
    "account/email/password_reset": _("Your password was changed."),
    "mfa/email/totp_activated": _("An app with codes was added."),
    "mfa/email/totp_deactivated": _("The app with codes was removed."),
    "mfa/email/webauthn_added": _("A passkey was added."),
    "mfa/email/webauthn_removed": _("A passkey was removed."),
    CODES: _("New recovery codes were made. The old ones are void."),
}
WRONG_CODE = _(
    "This does not fit, or was used before. Take the next code of your app, or try again."
)
TOO_OFTEN = _("This went wrong too often. Wait ten minutes, then try again.")
WRONG_TOO_OFTEN = _(
    "Too many wrong passwords. Wait ten minutes, log in with a passkey, or choose a new password"
    " with ‘No password, or forgotten?’."
)
TRIED_BY_MANY = _(
    "Wrong passwords were filled in too often. Log in with a passkey or on a device that you used"
    " before, or choose a new password. Or wait an hour, then try again."
)


class AccountAdapter(DefaultAccountAdapter):
    """Accounts with a password."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _(
            "This user name and this password do not belong together. Check both, or choose a new"
            " password."
        ),
        "too_many_login_attempts": TOO_OFTEN,  # codes too
        "too_many_passwords": WRONG_TOO_OFTEN,
        "rate_limited": TOO_OFTEN,
        "tried_by_many": TRIED_BY_MANY,
        "incorrect_password": _("This is not your password. Try again."),
        "enter_current_password": _("This is not your current password. Try again."),
    }

    def pre_login(
        self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any
    ) -> HttpResponse | None:
        """Those who are in the organisation's own list come in by that alone: somebody who is
        taken off it has no other way in.
        """
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        if response or not isinstance(user, User) or not provided.belongs(user):
            return response
        if provided.came_that_way(request, user):
            return None
        clear_login(request)
        note = "refused: belongs to the provider"
        security_log.note(note, request, account=user.pk, bad=True)
        said = str(provided.OTHER_DOOR) % {"name": settings.OIDC_NAME}
        context = {"title": _("You are not logged in"), "said": said}
        return render(request, "account/organisation_failed.html", context, status=403)

    def get_login_stages(self) -> list[str]:
        """No second factor of ours after the provider's."""
        stages: list[str] = super().get_login_stages()
        records = self.request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
        if records and records[-1]["method"] == provided.METHOD:
            stages.remove("allauth.mfa.stages.AuthenticateStage")
        return stages

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """What allauth counts by; it asks for an address for nothing else here."""
        return limits.network_mark(request)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Count per user name and network, then over all networks and all names (guessing)."""
        name = str(credentials.get("username") or "")
        try:
            counted = self._count(request, name)
        except ValidationError:
            account = security_log.account_of(name)
            security_log.note("too many wrong passwords", request, account=account, bad=True)
            raise
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user:
            guessing.take_back(counted)
        return user

    def _count(self, request: HttpRequest, name: str) -> list[str]:
        """What to take back if the password is right. Raises ValidationError."""
        try:
            super().pre_authenticate(request, username=_here(request, name))
        except ValidationError:
            raise self.validation_error("too_many_passwords") from None
        try:
            return guessing.count(request, name)
        except guessing.TooManyGuesses:
            raise self.validation_error("tried_by_many") from None

    def forget_wrong_passwords(self, request: HttpRequest, name: str) -> None:
        """Of this network; those of all networks together stand in ``guessing``."""
        self._delete_login_attempts_cached_email(request, username=_here(request, name))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counted before."""

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> Any:
        response = super().post_login(request, user, **kwargs)
        if isinstance(user, User):
            guessing.remember(request, response, user)
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not just after logging in: a new account would ask twice for its password."""
        records = get_authentication_records(self.request, self.request.user)
        timeout: int = account_settings.REAUTHENTICATION_TIMEOUT
        if records and time.time() - records[-1]["at"] < timeout:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_reauthentication_methods(
        self, user: AbstractBaseUser | AnonymousUser
    ) -> list[dict[str, Any]]:
        """A password is not enough where a second factor is asked for."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if settings.REQUIRE_SECOND_FACTOR and not second_factor.is_shown(self.request):
            factors = [method for method in methods if method["id"] != "reauthenticate"]
            return factors or methods
        return methods

    def send_notification_mail(
        self, template_prefix: str, user: AbstractBaseUser, *args: Any, **kwargs: Any
    ) -> None:
        what = CHANGES.get(template_prefix)
        if what and isinstance(user, User):
            staff_mail.store_notice(user, what, at=timezone.now())

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        message: str | None = None,
        **kwargs: Any,
    ) -> None:
        """The same sentence as in the mail. What a page shows itself is not repeated above it:
        that somebody logged in or out, and new recovery codes.
        """
        name = (message_template or "").replace("/messages/", "/email/").removesuffix(".txt")
        said = message or ("" if name == CODES else CHANGES.get(name))
        if said:
            messages.add_message(request, level, str(said))


def _here(request: HttpRequest, name: str) -> str:
    return f"{name.lower()} {limits.network_mark(request)}"


class SecondFactorAdapter(DefaultMFAAdapter):
    """Apps with codes, passkeys and recovery codes."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": WRONG_CODE}

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def get_totp_issuer(self) -> str:
        return self._get_site_name()

    def _get_site_name(self) -> str:
        name = site_name()
        return name if name == "Tafelronde" else f"Tafelronde {name}"

    _get_user_identifier = get_totp_label

    def build_totp_svg(self, url: str) -> str:
        """On white, even where the page is dark: cameras read nothing else."""
        svg: bytes = qrcode.make(url, image_factory=SvgPathFillImage).to_string()
        return svg.decode()

    def generate_authenticator_name(self, user: AbstractBaseUser, kind: str) -> str:
        day = formats.date_format(timezone.localdate(), "j F Y")
        return str(_("Passkey of %(day)s")) % {"day": day}

    def encrypt(self, text: str) -> str:
        return box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            # Its key is gone: a random secret, so that no code fits any more.
            return base64.b32encode(secrets.token_bytes(20)).decode()
