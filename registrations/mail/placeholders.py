"""What an organiser writes, with placeholders that become somebody's name, tables and links.

The Markdown is read once for everybody, and each person's own values come in afterwards, so that
nothing in a name is ever taken for Markdown, HTML or another placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from markdown_it.token import Token

from program import text as markdown

# The names are Dutch in both languages: one set to remember.
MEANINGS = {
    "voornaam": gettext_lazy("the first name"),
    "naam": gettext_lazy("the first and last name"),
    "tafels": gettext_lazy("the tables of this person, a line for each round"),
    "link": gettext_lazy("the link to the own page, to change tables for instance"),
    "annuleren": gettext_lazy("the link to cancel"),
    "evenement": gettext_lazy("the title of the event"),
    "datum": gettext_lazy("the day, with its date"),
    "tijd": gettext_lazy("from when till when"),
    "plaats": gettext_lazy("the venue, with its address"),
}
# A subject stands in lists and on locked screens, and is no place for names.
IN_SUBJECT = ("evenement", "datum", "tijd", "plaats")
LINKS = ("link", "annuleren")

_WHOLE = ("https://", "http://", "mailto:", "tel:")
_ONE = re.compile(r"\{\s*(\w+)\s*\}")
# Around the name of a placeholder, once the Markdown is read: characters that nobody types.
_OPEN, _SHUT = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([\\w-]+){_SHUT}")
_ADDRESS = re.compile(rf'(?<=href=")(?:\{{|%7B)({"|".join(LINKS)})(?:\}}|%7D)(?=")', re.I)
_LINK = re.compile(r"(<a [^>]*>)(.*?)(</a>)", re.DOTALL)
_STYLES = {
    "p": "margin: 0 0 16px",
    "a": "color: inherit",
    "ul": "margin: 0 0 16px; padding: 0 0 0 24px",
    "ol": "margin: 0 0 16px; padding: 0 0 0 24px",
    "li": "margin: 0 0 4px",
    "h2": "margin: 24px 0 12px; font-size: 19px; line-height: 26px; font-weight: 700",
    "h3": "margin: 20px 0 8px; font-size: 17px; line-height: 26px; font-weight: 700",
    "blockquote": "margin: 0 0 16px; padding: 0 0 0 16px; border-left: 3px solid #7d9087",
    "hr": "margin: 24px 0; border: 0; border-top: 1px solid #7d9087",
}
_TAG = re.compile(rf"<({'|'.join(_STYLES)})(?=[ >])")


def used(written: str) -> set[str]:
    """The placeholders in a text, known or not, in lower case."""
    return {name.lower() for name in _ONE.findall(written)}


def problems(written: str, allowed: Sequence[str] = tuple(MEANINGS)) -> Iterator[str]:
    """What is wrong with the placeholders, each as a sentence that says what to do."""
    for name in dict.fromkeys(_ONE.findall(written)):
        words = {"name": f"{{{name}}}", "allowed": _listed(allowed)}
        if name.lower() not in MEANINGS:
            yield (
                _(
                    "%(name)s is no placeholder. You can use %(allowed)s. Are the braces meant as "
                    "braces? Then write round ones, like (this)."
                )
                % words
            )
        elif name.lower() not in allowed:
            sentence = _(
                "%(name)s cannot stand in the subject: others see that in lists. "
                "You can use %(allowed)s there."
            )
            yield sentence % words


def link_problems(written: str) -> Iterator[str]:
    """A link leads to a complete address or is a placeholder for one; names are in neither."""
    for address in _addresses(markdown.parse(written)):
        found = _ONE.search(address)
        whole = found and found[0] == address
        if found and not (whole and found[1].lower() in LINKS):
            yield _(
                "%(name)s cannot stand in the address of a link. Only %(allowed)s can, and "
                "nothing beside it: [my page]({link})."
            ) % {"name": found[0], "allowed": _listed(LINKS)}
        elif not found and not address.startswith(_WHOLE):
            yield _(
                "The link to ‘%(address)s’ leads nowhere in a mail. Begin it with https://."
            ) % {"address": address}


def as_html(written: str, top: int = 2) -> SafeString:
    """Safe HTML with marks that ``fill`` knows; its highest heading is ``<h{top}>``."""
    html = str(markdown.render(written, top))
    html = _ADDRESS.sub(lambda found: mark(found[1].lower()), html)
    html = _LINK.sub(lambda link: link[1] + marked(link[2]) + link[3], html)
    return mark_safe(marked(html, make_links=True))  # noqa: S308 - cleaned by render


def styled(html: SafeString) -> SafeString:
    """The same for a mail, where every tag carries its own style."""
    with_styles = _TAG.sub(lambda tag: f'<{tag[1]} style="{_STYLES[tag[1]]}"', html)
    return mark_safe(with_styles)  # noqa: S308 - it was safe, and only styles were added


def as_text(written: str) -> str:
    """Plain text with the addresses of its links, and marks that ``fill`` knows."""
    return marked(_with_braces(markdown.plain(written, addresses=True)))


def marked(words: str, *, make_links: bool = False) -> str:
    """The words with marks in the place of the placeholders that we know."""

    def put(found: re.Match[str]) -> str:
        name = found[1].lower()
        if make_links and name in LINKS:
            return f'<a href="{mark(name)}">{mark(name)}</a>'
        return mark(name) if name in MEANINGS else found[0]

    return _ONE.sub(put, words)


def mark(name: str) -> str:
    return f"{_OPEN}{name}{_SHUT}"


def fill(words: str, values: Mapping[str, str]) -> str:
    """Put values in the place of marks. Marks that ``values`` does not know stay."""
    return _MARK.sub(lambda found: values.get(found[1], found[0]), words)


def for_html(values: Mapping[str, str]) -> dict[str, str]:
    return {name: escape(value).replace("\n", "<br>") for name, value in values.items()}


def _with_braces(words: str) -> str:
    """The placeholders in addresses as they were typed; Markdown writes their braces in code."""
    return re.sub(r"%7B(\s*\w+\s*)%7D", r"{\1}", words, flags=re.I)


def _addresses(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "link_open":
            yield _with_braces(str(token.attrGet("href") or ""))
        yield from _addresses(token.children or [])


def _listed(names: Sequence[str]) -> str:
    *others, last = [f"{{{name}}}" for name in names]
    return _("%(others)s and %(last)s") % {"others": ", ".join(others), "last": last}
