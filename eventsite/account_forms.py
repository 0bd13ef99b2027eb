"""allauth's forms in our words: a label above each field, and errors that name the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from cryptography.exceptions import InvalidSignature
from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from eventsite import second_factor, security_log
from program.characters import clean_fields

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Per field its label, its hint, and what is said when it is left empty.
FIELDS: dict[str, tuple[StrOrPromise, StrOrPromise, StrOrPromise]] = {
    "first_name": (_("First name"), "", _("Fill in your first name.")),
    "last_name": (_("Last name"), "", _("Fill in your last name.")),
    "login": (_("User name"), "", _("Fill in your user name.")),
    "password": (_("Password"), "", _("Fill in your password.")),
    "oldpassword": (_("Your current password"), "", _("Fill in your current password.")),
    "password1": (
        _("New password"),
        _(
            "At least 12 characters, and not only digits, your name or a single word. A few words"
            " in a row are easy to remember."
        ),
        _("Fill in a new password."),
    ),
    "password2": (_("New password, once more"), "", _("Fill in the new password once more.")),
    "email": (_("E-mail address"), "", _("Fill in your e-mail address, such as name@example.org.")),
    "code": (_("Code"), "", _("Fill in a code.")),
    "name": (
        _("Name of the passkey"),
        _("To recognise it by, such as ‘my phone’."),
        _("Fill in a name."),
    ),
}


def _name(completes: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": completes, "spellcheck": "false"})


def _password() -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": "new-password"})


class Plain(forms.Form):
    """No placeholders as labels, and no checks by the browser."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clean_fields(self.fields)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if field.required and not field.widget.is_hidden:
                field.widget.attrs["aria-required"] = "true"
            if name in FIELDS:
                field.label, field.help_text, field.error_messages["required"] = FIELDS[name]


class LoginForm(Plain, account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}


class PasswordAgainForm(Plain, account.ReauthenticateForm):
    pass


class TwiceTheSame(forms.Form):
    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = forms.Form.clean(self) or {}
        first, second = typed.get("password1"), typed.get("password2")
        if first and second and first != second:
            sentence = _("The two new passwords differ. Fill in the same one twice.")
            self.add_error("password2", sentence)
        return typed


class ChangePasswordForm(Plain, TwiceTheSame, account.ChangePasswordForm):
    pass


class ChoosePasswordForm(Plain, TwiceTheSame, account.ResetPasswordKeyForm):
    pass


class InvitedForm(TwiceTheSame, Plain):
    """Whoever accepts an invitation without an account; the site chooses the user name."""

    first_name = forms.CharField(max_length=100, widget=_name("given-name"))
    last_name = forms.CharField(max_length=100, widget=_name("family-name"))
    password1 = forms.CharField(widget=_password(), strip=False)
    password2 = forms.CharField(widget=_password(), strip=False)

    def __init__(self, *args: Any, user_name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user_name = user_name

    def clean_password1(self) -> str:
        password: str = self.cleaned_data["password1"]
        names = {name: self.cleaned_data.get(name, "") for name in ("first_name", "last_name")}
        password_validation.validate_password(password, User(username=self.user_name, **names))
        return password


class AskPasswordForm(Plain):
    email = forms.EmailField(
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"invalid": _("This is no e-mail address. It looks like name@example.org.")},
    )


class Digits(Plain):
    """A code of six or eight digits; a telephone shows the keys for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class UsedOnce(Digits, mfa.BaseAuthenticateForm):
    """Takes each code of the app only once."""

    def clean_code(self) -> str:
        code: str = super().clean_code()
        app = self.authenticator.type == Authenticator.Type.TOTP
        if app and not second_factor.spend(self.authenticator, code):
            self._emit_authentication_failed(self.authenticator)
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(UsedOnce, mfa.AuthenticateForm):
    pass


class CodeAgainForm(UsedOnce, mfa.ReauthenticateForm):
    pass


class ActivateAppForm(Digits, totp.ActivateTOTPForm):
    pass


# What the library raises for an answer that no browser gives, or that another key signed.
MADE_UP = (AttributeError, InvalidSignature, KeyError, TypeError, ValueError)


class Passkey(webauthn.AuthenticateWebAuthnForm):
    """A passkey that was shown, and the log if it is none of ours."""

    def clean_credential(self) -> Authenticator:
        try:
            shown: Authenticator = super().clean_credential()
        except (forms.ValidationError, *MADE_UP) as error:
            account = self.user.pk if self.user else None
            security_log.note("wrong passkey", context.request, account=account, bad=True)
            if isinstance(error, forms.ValidationError):
                raise
            raise get_adapter().validation_error("incorrect_code") from None
        return shown


class PasskeyForm(Passkey, webauthn.LoginWebAuthnForm):
    pass


class PasskeyAgainForm(Passkey, webauthn.ReauthenticateWebAuthnForm):
    pass


class AddPasskeyForm(Plain, webauthn.AddWebAuthnForm):
    """A passkey opens the site by itself, so its device has to know who holds it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["passwordless"]  # no choice: the page asks for nothing else

    def clean(self) -> dict[str, Any]:
        try:
            return dict(super().clean())
        except MADE_UP:
            raise get_adapter().validation_error("incorrect_code") from None
