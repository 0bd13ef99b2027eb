"""How allauth works here: nobody signs up, mail waits for the worker, secrets are locked away."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from typing import Any

import qrcode
from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathFillImage

from eventsite import second_factor
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


class AccountAdapter(DefaultAccountAdapter):
    """Accounts with a password."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _(
            "This user name and this password do not belong together. Check both, or choose a new"
            " password."
        ),
        "too_many_login_attempts": TOO_OFTEN,
        "rate_limited": TOO_OFTEN,
        "incorrect_password": _("This is not your password. Try again."),
        "enter_current_password": _("This is not your current password. Try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return limits.network(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count per user name and network: nobody else can lock somebody out."""
        name = f"{credentials.get('username', '')} {limits.network(request)}"
        super().pre_authenticate(request, username=name)

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


class SecondFactorAdapter(DefaultMFAAdapter):
    """Apps with codes, passkeys and recovery codes."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": WRONG_CODE}

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def get_totp_issuer(self) -> str:
        return self._get_site_name()

    def _get_site_name(self) -> str:
        name: str = settings.ORGANISATION_NAME
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
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            # SECRET_KEY has changed: a random secret, so that no code fits any more.
            return base64.b32encode(secrets.token_bytes(20)).decode()


def _box() -> Fernet:
    """A leaked database alone opens nothing, as with personal links."""
    key = hashlib.sha256(f"second factor {settings.SECRET_KEY}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
