"""What every page may name. Looks at no session, user or token."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from program.public.cross_origin import refused
from program.public.house_style import site_name


def site(request: HttpRequest) -> dict[str, object]:
    """``not_sent``: the page answers a form that another site sent and that was ignored."""
    not_sent = refused(request) is not None
    return {
        "site_name": SimpleLazyObject(site_name),
        "not_sent": not_sent,
        "title_start": _("Not sent · ") if not_sent else "",
    }
