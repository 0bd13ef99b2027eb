"""How a page looks: the house style of its event, over that of the site, over our own.

Colours and shapes stand in a style sheet of their own, since pages may have none in them (CSP). All
of it follows from the colours in its address, so every machine can make it and no browser needs to
ask for it twice. An image is found by a key that is made of its bytes.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import astuple, dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from time import monotonic

from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import Error as DatabaseProblem
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from program.colours import Chosen, Scheme, parse, schemes
from program.models import Event, HouseStyle, StyleImage
from program.public.page_cache import Page, same_for_everybody
from program.public.programme import kept_programme

SITE_SECONDS = 5  # how long a process goes on with the style of the site that it read
FOR_EVER = "public, max-age=31536000, immutable"
NONE = "x"  # in the address of a style sheet: a colour that nobody chose
NOTHING = Chosen()
# Beside the colours: what an image in place of our logo needs.
SHAPES = (
    "@layer components{"
    ".house-logo{display:block;width:auto;max-width:min(14rem,60vw);height:auto;max-height:3rem;"
    "object-fit:contain}"
    ".house-logo.plate{max-height:3.5rem;padding:.375rem .5rem;border-radius:var(--corner);"
    "background:#fff}"
    "}"
)


@dataclass(frozen=True)
class Image:
    address: str
    mime_type: str
    width: int
    height: int


@dataclass(frozen=True)
class Style:
    """``name`` is on top of the page; without a logo or an icon they are ours."""

    name: str
    chosen: Chosen = NOTHING
    logo: Image | None = None
    logo_has_name: bool = False
    logo_on_white: bool = True
    icon: Image | None = None

    @property
    def sheet(self) -> str:
        """The address of its style sheet; '' if it needs none."""
        return _sheet_address(self.chosen) if self.chosen or self.logo else ""

    @cached_property
    def light(self) -> Scheme:
        """Its colours on a light page, for what no style sheet reaches: pictures and mails."""
        return {**light_colours(), **(schemes(self.chosen)[0] if self.chosen else {})}


class Known:
    """The row of the site, as this process last read it."""

    row: HouseStyle | None = None
    read_at: float | None = None

    def read(self) -> HouseStyle | None:
        if self.read_at is None or monotonic() - self.read_at >= SITE_SECONDS:
            with suppress(DatabaseProblem):  # the colours of before are right, or good enough
                self.set(HouseStyle.objects.shown().of_site().first())
        return self.row

    def set(self, row: HouseStyle | None) -> None:
        self.row, self.read_at = row, monotonic()

    def forget(self) -> None:
        self.read_at = None


KNOWN = Known()


def style_of(event: Event | None) -> Style:
    """Of a page about an event, or about none."""
    return _joined(event, _own(event), KNOWN.read())


def style_in_memory() -> Style:
    """Of the site, without asking the database, which may be what is broken."""
    return _joined(None, None, KNOWN.row)


def site_name() -> str:
    """What the site is called: as an administrator wrote it, else ORGANISATION_NAME."""
    return style_of(None).name


def _own(event: Event | None) -> HouseStyle | None:
    if event is None or event.pk is None or event.house_style_id is None:
        return None
    return kept_programme(event).house_style


def _joined(event: Event | None, own: HouseStyle | None, of_site: HouseStyle | None) -> Style:
    rows = [row for row in (own, of_site) if row]
    site = of_site.name if of_site and of_site.name else settings.ORGANISATION_NAME
    name = (own and own.name) or (event and event.organiser) or site
    chosen = next((row.chosen for row in rows if row.chosen), NOTHING)
    with_logo = next((row for row in rows if row.logo), None)
    icon = next((row.icon for row in rows if row.icon), None)
    if with_logo is None:
        return Style(name, chosen, icon=_image(icon))
    # A logo with the name of the organisation in it says nothing of another one.
    has_name = with_logo.logo_has_name and (with_logo is own or name == site)
    return Style(
        name, chosen, _image(with_logo.logo), has_name, with_logo.logo_on_white, _image(icon)
    )


def _image(image: StyleImage | None) -> Image | None:
    if image is None:
        return None
    address = reverse("house-image", args=[image.key, image.extension])
    return Image(address, image.mime_type, image.width, image.height)


@cache
def light_colours() -> Scheme:
    """Our own, where nobody chose any: as tokens.css has them on a light page."""
    tokens = Path(str(finders.find("css/tokens.css"))).read_text(encoding="utf-8")
    on_screen, _media, _print = tokens.partition("@media")
    return dict(re.findall(r"--([\w-]+):\s*(?:light-dark\()?\s*(#\w{3,8})", on_screen))


@lru_cache(maxsize=200)
def style_sheet(chosen: Chosen) -> str:
    """Custom properties by the names of tokens.css, and the shapes.

    On paper the tokens stay, for a band of ink helps nobody there; but a poster is to be seen.
    ``:host`` is the page that stands beside the form in which it is made.
    """
    if not chosen:
        return SHAPES
    light, dark = schemes(chosen)
    lines = [f"--{name}:light-dark({light[name]},{dark[name]});" for name in light]
    colours = "".join([*lines, "--under:var(--paper)"])
    poster = (
        f"--poster:{light['field']};--on-poster:{light['on-field']};--poster-brand:{light['brand']}"
    )
    screen = f"@media screen{{:root,:host{{{colours}}}}}"
    return f"@layer tokens{{{screen}:root{{{poster}}}}}{SHAPES}"


@lru_cache(maxsize=200)
def _sheet_address(chosen: Chosen) -> str:
    colours = "-".join(colour.removeprefix("#") or NONE for colour in astuple(chosen))
    return reverse("house-sheet", args=[colours, _version(style_sheet(chosen))])


def _version(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@require_safe
def sheet(request: HttpRequest, colours: str, version: str) -> HttpResponse:
    """Not kept among the pages: anybody can make up colours, until the others are pushed out."""
    parts = ["" if part == NONE else parse(part) for part in colours.split("-")]
    chosen = Chosen(*parts)
    address = _sheet_address(chosen)
    if request.path != address:  # of a page that another release made
        return HttpResponseRedirect(address, headers={"Cache-Control": "no-store"})
    return _sheet(chosen).answer(request)


@lru_cache(maxsize=50)
def _sheet(chosen: Chosen) -> Page:
    """Compressed as pages are."""
    headers = {"Content-Type": "text/css; charset=utf-8", "Cache-Control": FOR_EVER}
    return Page(HttpResponse(style_sheet(chosen), headers=headers), began=0.0)


@same_for_everybody
@require_safe
def image(request: HttpRequest, key: str, extension: str) -> HttpResponse:
    found = get_object_or_404(StyleImage, pk=key)
    if found.extension != extension:
        raise Http404
    headers = {"Cache-Control": FOR_EVER, "Content-Disposition": "inline"}
    # An image is no page, whatever it may hold: nothing in it runs or loads.
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return HttpResponse(bytes(found.content), content_type=found.mime_type, headers=headers)
