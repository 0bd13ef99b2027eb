"""What every page may name. Looks at no session, user or token."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, str]:
    return {"site_name": settings.ORGANISATION_NAME}
