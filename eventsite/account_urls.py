"""Addresses of a staff account, below /admin/account/. Nothing else of allauth can be reached.

Three doors: open to everybody; ``setting_up`` and ``showing_again`` for staff on their way in;
``staff_required`` for those who are in.
"""

from __future__ import annotations

from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path, re_path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from eventsite import account_views as own
from eventsite import invited, organisation
from eventsite.account_views import of_the_site, setting_up, showing_again
from eventsite.staff import View, staff_required, to


def page(view: Any, title: str | Promise) -> View:
    shown: View = never_cache(view.as_view(extra_context={"title": title}))
    return shown


urlpatterns = [
    # Open
    path("login/", page(own.LogIn, _("Log in")), name="account_login"),
    path("organisatie/", organisation.go, name="account_organisation"),
    path("organisatie/terug/", organisation.back, name="account_organisation_back"),
    path(
        "login/passkey/", page(webauthn.LoginWebAuthnView, _("Log in")), name="mfa_login_webauthn"
    ),
    path("login/code/", page(own.ShowFactor, _("Your second factor")), name="mfa_authenticate"),
    path("logout/", page(own.Logout, _("Log out")), name="account_logout"),
    path(
        "inactive/",
        page(account.AccountInactiveView, _("This account is closed")),
        name="account_inactive",
    ),
    path("password/reset/", never_cache(own.ask_password), name="account_reset_password"),
    path(
        "password/reset/done/",
        page(account.PasswordResetDoneView, _("Check your inbox")),
        name="account_reset_password_done",
    ),
    path(
        "password/reset/key/done/",
        page(account.PasswordResetFromKeyDoneView, _("You have a new password")),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        page(own.ChoosePassword, _("Choose a password")),
        name="account_reset_password_from_key",
    ),
    path("uitnodiging/<str:token>/", invited.invitation, name="account_invitation"),
    # On the way in
    path("", setting_up(page(own.AccountPage, _("My account"))), name="mfa_index"),
    path(
        "app/",
        setting_up(of_the_site(page(own.ActivateApp, _("Set up an app")))),
        name="mfa_activate_totp",
    ),
    path("app/qr.svg", setting_up(of_the_site(never_cache(own.qr))), name="account_qr"),
    path(
        "passkeys/add/",
        setting_up(of_the_site(page(own.AddPasskey, _("Add a passkey")))),
        name="mfa_add_webauthn",
    ),
    path(
        "again/password/",
        setting_up(page(account.ReauthenticateView, _("Your password once more"))),
        name="account_reauthenticate",
    ),
    path(
        "again/code/",
        showing_again(page(mfa.ReauthenticateView, _("Your second factor"))),
        name="mfa_reauthenticate",
    ),
    path(
        "again/passkey/",
        showing_again(page(webauthn.ReauthenticateWebAuthnView, _("Your second factor"))),
        name="mfa_reauthenticate_webauthn",
    ),
    # In
    path(
        "password/change/",
        staff_required(of_the_site(page(account.PasswordChangeView, _("Change your password")))),
        name="account_change_password",
    ),
    path(
        "sessions/",
        staff_required(own.end_other_sessions),
        name="account_end_sessions",
    ),
    # For those who log in with a passkey and never had a password.
    path("password/set/", to("account_reset_password"), name="account_set_password"),
    path(
        "app/remove/",
        staff_required(of_the_site(page(totp.DeactivateTOTPView, _("Remove the app")))),
        name="mfa_deactivate_totp",
    ),
    path("passkeys/", to("mfa_index"), name="mfa_list_webauthn"),
    path(
        "passkeys/<int:pk>/remove/",
        staff_required(of_the_site(page(webauthn.RemoveWebAuthnView, _("Remove the passkey")))),
        name="mfa_remove_webauthn",
    ),
    path(
        "codes/",
        staff_required(of_the_site(page(codes.ViewRecoveryCodesView, _("Recovery codes")))),
        name="mfa_view_recovery_codes",
    ),
    path(
        "codes/new/",
        staff_required(of_the_site(page(codes.GenerateRecoveryCodesView, _("New recovery codes")))),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "codes/recovery-codes.txt",
        staff_required(of_the_site(page(codes.DownloadRecoveryCodesView, _("Recovery codes")))),
        name="mfa_download_recovery_codes",
    ),
]
