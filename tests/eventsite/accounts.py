"""Staff accounts as their owners use them: a password, an app with codes, a log-in."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.models import User
from django.test import Client

PASSWORD = "een heel lang wachtwoord"
ACCOUNT = "/admin/account/"
LOGIN = f"{ACCOUNT}login/"
SHOW = f"{ACCOUNT}login/code/"
AGAIN = f"{ACCOUNT}again/code/"
PERIOD = 30  # seconds that a code of an app lasts


def make_account(name: str = "beheer", **fields: Any) -> User:
    defaults: dict[str, Any] = {
        "is_staff": True,
        "is_superuser": True,
        "email": f"{name}@gemeente.example",
    }
    return User.objects.create_user(name, password=PASSWORD, **(defaults | fields))


def give_app(user: User) -> str:
    """An app with codes and its recovery codes, set up before; returns the secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def recovery_codes(user: User) -> list[str]:
    codes = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    found: list[str] = codes.wrap().get_unused_codes()
    return found


def code_at(secret: str, seconds: float) -> str:
    """What the app shows at ``seconds`` after 1970."""
    return format_hotp_value(hotp_value(secret, int(seconds) // PERIOD))


def give_password(client: Client, user: User, password: str = PASSWORD) -> Any:
    return client.post(LOGIN, {"login": user.username, "password": password})


def log_in(client: Client, user: User, secret: str, seconds: float) -> Any:
    give_password(client, user)
    return client.post(SHOW, {"code": code_at(secret, seconds)})
