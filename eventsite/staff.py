"""The site for staff: Django's admin behind a log-in with a second factor."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from eventsite import second_factor
from eventsite.sessions import seconds_left
from eventsite.unsaved import kept, typed
from program.public.house_style import site_name

View = Callable[..., HttpResponseBase]


def is_staff_session(request: HttpRequest) -> bool:
    """Whether staff pages may be shown: to staff who logged in and, unless the site asks for
    none, showed a second factor. Costs one query. What they may do there is checked elsewhere.
    """
    user = request.user
    if not (user.is_active and user.is_staff):
        return False
    return not settings.REQUIRE_SECOND_FACTOR or second_factor.is_shown(request)


def staff_required(view: View) -> View:
    """For every page of staff outside the admin."""
    return never_cache(guarded(view, is_staff_session))


def guarded(view: View, may_see: Callable[[HttpRequest], bool]) -> View:
    """``view`` for sessions that may see it; others are shown their way in."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if may_see(request):
            return view(request, *args, **kwargs)
        return way_in(request, request.get_full_path())

    return page


def way_in(request: HttpRequest, to: str) -> HttpResponse:
    """Where a session goes that may not see staff pages (yet); ``to`` is what it asked for."""
    user = request.user
    if not user.is_authenticated:
        return redirect_to_login(to)
    if not user.is_staff:
        return render(request, "eventsite/not_staff.html", {"title": _("No access")}, status=403)
    if second_factor.has_factor(user):
        return redirect_to_login(to, resolve_url("mfa_reauthenticate"))
    return redirect("mfa_index")


def to(name: str) -> View:
    """A view that only leads to another address."""
    return RedirectView.as_view(pattern_name=name)


class StaffSite(AdminSite):
    """Django's admin, without log-in, log-out and password pages of its own."""

    # Pages about one event have tabs; a list of database tables beside them helps nobody.
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return is_staff_session(request)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """With the name of the site, and the seconds after which somebody is logged out."""
        context: dict[str, Any] = super().each_context(request)
        context["site_header"] = context["site_title"] = site_name()
        if context["has_permission"]:
            context["session_ends_in"] = seconds_left(request.session)
        return context

    def admin_view(self, view: View, cacheable: bool = False) -> Any:
        """What somebody sends after being logged out is kept for them."""
        inner: View = super().admin_view(view, cacheable)

        @wraps(inner)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated and (fields := typed(request)):
                return kept(request, fields, logged_in=False)
            return inner(request, *args, **kwargs)

        return page

    def still_in(self, request: HttpRequest) -> HttpResponse:
        """For a page that stays open: asking keeps the session, as every page does."""
        return JsonResponse({"seconds": seconds_left(request.session)})

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self.has_permission(request):
            return redirect("admin:index")
        return way_in(request, request.GET.get("next") or resolve_url("admin:index"))

    def get_urls(self) -> list[Any]:
        """Django's addresses lead to the pages that we have instead. Two are left out: nothing
        uses them, and one told all staff the address of any draft.
        """
        unused = ("view_on_site", "autocomplete")
        return [
            path("ingelogd/", self.admin_view(self.still_in), name="still-in"),
            path("logout/", to("account_logout"), name="logout"),
            path("password_change/", to("account_change_password"), name="password_change"),
            path("password_change/done/", to("mfa_index"), name="password_change_done"),
            *(each for each in super().get_urls() if getattr(each, "name", "") not in unused),
        ]
