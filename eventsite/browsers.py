"""What somebody logs in with, such as 'Safari on an iPhone', so that they know it again.

A browser says a lot of itself. Only two words of ours are kept of it, in the session, and they
end with it.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

KEPT = "browser"
# The first that a browser says: most of them name others too.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
DEVICES: dict[str, Promise] = {
    "iPhone": gettext_lazy("an iPhone"),
    "iPad": gettext_lazy("an iPad"),
    "Android": gettext_lazy("an Android device"),
    "Windows": gettext_lazy("a Windows computer"),
    "Macintosh": gettext_lazy("a Mac or an iPad"),  # an iPad calls itself a Mac
    "CrOS": gettext_lazy("a Chromebook"),
    "Linux": gettext_lazy("a Linux computer"),
}


def browser_of(user_agent: str) -> list[str]:
    """A word of BROWSERS and one of DEVICES; nothing for what is neither."""
    words = [
        next((word for word in words if word in user_agent), "") for words in (BROWSERS, DEVICES)
    ]
    return words if all(words) else []


def in_words(session: dict[str, Any]) -> str:
    """'Safari on an iPhone', of the data of a session."""
    match session.get(KEPT):
        case [browser, device] if browser in BROWSERS and device in DEVICES:
            words = {"browser": BROWSERS[browser], "device": DEVICES[device]}
            return _("%(browser)s on %(device)s") % words
    return _("An unknown browser")


@receiver(user_logged_in)
def _keep(request: HttpRequest, **kwargs: Any) -> None:
    session: SessionBase = request.session
    session[KEPT] = browser_of(request.headers.get("User-Agent", ""))
