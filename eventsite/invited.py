"""The page at which a colleague accepts an invitation, with an account or by making one."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from eventsite.account_forms import InvitedForm
from registrations.errors import AccountMeanwhile, LinkUnknown, TooManyRequests
from registrations.mail.staff_mail import MAY
from registrations.models import Invitation
from registrations.organising import colleagues
from registrations.organising.colleagues import NewAccount
from registrations.public import limits
from registrations.public.views import too_many
from registrations.queries import tokens


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, since mail scanners follow links; POST accepts.

    Whoever has an account with the address of the invitation accepts with that one alone.
    """
    at = timezone.now()
    try:
        if request.method == "POST":
            limits.count_network(request)
        found = tokens.find_invitation(token, at=at)
        accounts = colleagues.accounts_of(found)
        me = next((account for account in accounts if account == request.user), None)
        if me:
            return _with_account(request, found, me)
        if request.user.is_authenticated or accounts:
            closed = bool(accounts) and not any(account.is_active for account in accounts)
            return _page(request, found, closed=closed)
        return _without_account(request, found)
    except TooManyRequests as error:
        return too_many(request, error)
    except LinkUnknown:
        title = _("This invitation no longer works")
        return render(request, "account/invitation_unknown.html", {"title": title}, status=404)


def _with_account(request: HttpRequest, found: Invitation, me: User) -> HttpResponse:
    if request.method != "POST":
        return _page(request, found, accepts=True)
    colleagues.accept(found, me, at=timezone.now())
    return redirect("admin:index")


def _without_account(request: HttpRequest, found: Invitation) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = InvitedForm(data, user_name=colleagues.free_user_name(found.email))
    if not form.is_valid():
        return _page(request, found, form=form, status=422 if form.errors else 200)
    account = NewAccount(
        form.cleaned_data["first_name"],
        form.cleaned_data["last_name"],
        form.cleaned_data["password1"],
    )
    try:
        user = colleagues.accept_anew(found, account, at=timezone.now())
    except AccountMeanwhile:
        return redirect(request.path)  # which now asks them to log in
    login = Login(user=user, redirect_url=resolve_url("admin:index"))
    # They have just proven their address and chosen the password; the second factor comes next.
    response: HttpResponse = perform_password_login(request, {"username": user.username}, login)
    return response


def _page(
    request: HttpRequest, found: Invitation, *, status: int = 200, **context: object
) -> HttpResponse:
    title = _("Will you help with %(event)s?") % {"event": found.event}
    context = {"title": title, "invitation": found, "may": MAY[found.role], **context}
    return render(request, "account/invitation.html", context, status=status)
