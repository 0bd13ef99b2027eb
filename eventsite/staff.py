"""The site for staff: Django's admin behind the second factor."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache


class StaffSite(AdminSite):
    """Until second factors exist, requiring one closes every page of it, the login page too."""

    site_header = site_title = "Tafelronde"
    # What is about one event has tabs, and a list of tables of the database helps nobody there.
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return not settings.REQUIRE_SECOND_FACTOR and super().has_permission(request)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if settings.REQUIRE_SECOND_FACTOR:
            return closed(request)
        return super().login(request, extra_context)


@never_cache
def closed(request: HttpRequest) -> HttpResponse:
    return render(request, "eventsite/second_factor.html", status=403)
