"""The colours of the site, for what no style sheet reaches: pictures and mails."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders


@cache
def light_colours() -> dict[str, str]:
    """By the names of tokens.css, where an organisation sets its own; as on a light page."""
    style_sheet = Path(str(finders.find("css/tokens.css"))).read_text(encoding="utf-8")
    on_screen, _media, _print = style_sheet.partition("@media")
    return dict(re.findall(r"--([\w-]+):\s*(?:light-dark\()?\s*(#\w{3,8})", on_screen))
