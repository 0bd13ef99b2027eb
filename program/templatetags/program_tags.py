"""What the site's templates say and draw: words for places and times, rings of chairs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from urllib.parse import quote, urlencode

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse, translate_url
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from program.models import Event, Hosting, Slot, TableSession, Venue
from program.models.bilingual import Dutch
from program.public import rings
from program.public.house_style import Style, style_of
from program.public.saved import read
from program.text import render

register = template.Library()

# What a language calls itself, wherever the reader comes from.
OWN_NAMES = {"nl": "Nederlands", "en": "English"}
MOST_EVENTS = 5
LINKEDIN = "https://www.linkedin.com/sharing/share-offsite/"


@dataclass(frozen=True)
class Translation:
    """The current page in another language."""

    code: str
    name: str
    path: str

    @property
    def address(self) -> str:
        return f"{settings.SITE_URL}{self.path}"


@register.simple_tag(takes_context=True)
def translations(context: Context, query: bool = True) -> list[Translation]:
    """The page in the other languages of the site; nothing where there is no such page.

    With what its address asks for, as somebody goes on reading; without, for search engines.
    """
    request: HttpRequest | None = context.get("request")
    if request is None or request.resolver_match is None:
        return []
    path = request.get_full_path() if query else request.path
    return _translations(path, get_language() or "")


@lru_cache(maxsize=1000)
def _translations(path: str, language: str) -> list[Translation]:
    """Finding a page by its address is slow, and each page asks more than once."""
    return [
        Translation(code, OWN_NAMES[code], other)
        for code, _name in settings.LANGUAGES
        if code != language and (other := translate_url(path, code)) != path
    ]


@register.filter
def instant(moment: datetime) -> str:
    """For the attribute of a <time>, which has no room for microseconds."""
    return timezone.localtime(moment).isoformat(timespec="seconds")


@register.simple_tag(takes_context=True)
def saved_count(context: Context) -> str:
    """How many events this browser saved; empty for none."""
    request: HttpRequest | None = context.get("request")
    return str(len(read(request)) or "") if request else ""


@register.filter
def markdown(text: str) -> SafeString:
    """An organiser's Markdown as safe HTML."""
    return render(text, lang="nl" if isinstance(text, Dutch) else "")


@register.filter
def lang(text: str) -> str:
    """An organiser's words; if they are Dutch on an English page, in an element that says so.

    For texts of ``Local`` between tags; an attribute has no room for an element.
    """
    # No span: style sheets pick those.
    return format_html('<bdi lang="nl">{}</bdi>', text) if isinstance(text, Dutch) else text


@register.filter
def capital(text: str) -> str:
    """As ``lang``, with a capital."""
    return lang(type(text)(capfirst(text)))


@register.filter
def places_left(free: int) -> str:
    """'4 places left', or 'full': of an event."""
    if free < 1:
        return _("full")
    return ngettext("%(free)s place left", "%(free)s places left", free) % {"free": free}


@register.filter
def room_at(slot: Slot) -> str:
    """'4 seats left', 'last seat', 'full', or that the table does not take place."""
    if slot.dropped:
        return _("not going ahead")
    if slot.full:
        return _("full")
    if slot.seats_left == 1:
        return _("last seat")
    return ngettext("%(free)s seat left", "%(free)s seats left", slot.seats_left) % {
        "free": slot.seats_left
    }


@register.filter
def seats_at(slot: Slot) -> str:
    """'6 seats': before a draw nobody is earlier than anybody else."""
    if slot.dropped or slot.full:
        return room_at(slot)
    return ngettext("%(seats)s seat", "%(seats)s seats", slot.seats_left) % {
        "seats": slot.seats_left
    }


@register.filter
def day(on: date) -> SafeString:
    """'maandag 7 december 2026', as a time element."""
    return format_html(
        '<time datetime="{}">{}</time>', on.isoformat(), date_format(on, "DATE_FORMAT")
    )


@register.filter
def moment(at: datetime) -> SafeString:
    """'7 december om 14.00 uur', as a time element."""
    local = timezone.localtime(at)
    words = _("%(day)s at %(time)s") % {
        "day": date_format(local, "MONTH_DAY_FORMAT"),
        "time": time_format(local),
    }
    return format_html('<time datetime="{}">{}</time>', instant(local), words)


@register.filter
def clock(at: datetime) -> SafeString:
    """'15.00', as a time element."""
    local = timezone.localtime(at)
    return format_html('<time datetime="{}">{}</time>', instant(local), time_format(local))


@register.simple_tag
def time_range(starts_at: datetime, ends_at: datetime) -> SafeString:
    """'15.00–15.45 uur', as two time elements."""
    return _time_range(starts_at, ends_at, get_language())


# The same few hours stand at every table of an event.
@lru_cache(maxsize=1000)
def _time_range(starts_at: datetime, ends_at: datetime, language: str) -> SafeString:
    hours = format_html(_("{starts}–{ends}"), starts=clock(starts_at), ends=clock(ends_at))
    return format_html('<span class="hours">{}</span>', hours)


@register.filter
def hosts(hostings: Iterable[Hosting]) -> str:
    """'Simon Franssen en Peter Noten, gemeente Oss': names with the organisation once."""
    groups = [
        (_(" and ").join(hosting.speaker.name for hosting in group), organisation)
        for organisation, group in groupby(
            hostings, key=lambda hosting: hosting.speaker.local_organisation
        )
    ]
    return _(", and ").join(", ".join(part for part in group if part) for group in groups)


@register.simple_tag
def map_url(venue: Venue) -> str:
    return f"https://www.openstreetmap.org/search?{query(query=venue.address)}"


@register.simple_tag
def route_url(venue: Venue) -> str:
    return f"https://www.openstreetmap.org/directions?{query(to=venue.address)}"


@register.simple_tag
def transit_url(venue: Venue) -> str:
    """By train and bus, from wherever somebody is; OpenStreetMap plans no such routes."""
    where = query(api="1", travelmode="transit", destination=venue.address)
    return f"https://www.google.com/maps/dir/?{where}"


@register.simple_tag
def share_links(title: str, address: str) -> list[dict[str, str]]:
    """Where to share an address: plain links that tell nobody until they are followed."""
    both = f"{title} {address}"
    return [
        {"name": _("e-mail"), "url": f"mailto:?{query(subject=title, body=address)}"},
        {"name": "WhatsApp", "url": f"https://wa.me/?{query(text=both)}"},
        {"name": "LinkedIn", "url": f"{LINKEDIN}?{query(url=address)}"},
        {"name": "Mastodon", "url": f"https://share.joinmastodon.org/#{query(text=both)}"},
    ]


def query(**pairs: str) -> str:
    # A plus sign for a space would be read as a plus sign in a mail.
    return urlencode(pairs, quote_via=quote)


@register.simple_tag(takes_context=True)
def link_to(context: Context, thing: Event | TableSession) -> str:
    """The page of an event or a table session; in the preview of a draft, its preview."""
    token = context.get("preview")
    if not token:
        return thing.get_absolute_url()
    if isinstance(thing, TableSession):
        return reverse("program:preview-session", args=[token, thing.code])
    return reverse("program:preview", args=[token])


@register.simple_tag
def next_events() -> list[Event]:
    """The next few events that everybody may see. One query."""
    return list(Event.objects.published().coming(timezone.now())[:MOST_EVENTS])


@register.filter
def part(event: Event | None) -> str:
    """What every part of a page differs by that is kept: the programme, and the language."""
    return f"{event.pk} {event.programme_key} {get_language()}" if event else str(get_language())


@register.simple_tag
def ring(slot: Slot, code: str, mine: bool = False) -> SafeString:
    """The table of a slot with its chairs; a reserved one counts as taken."""
    taken = slot.seats if slot.dropped else slot.taken + slot.reserved
    return rings.table_ring(code, slot.seats, taken, mine=mine)


@register.simple_tag
def event_ring(event: Event, all_taken: bool = False) -> SafeString:
    """The places of an event; all alike once nobody can sign up any more."""
    return rings.event_ring(event.capacity, event.capacity if all_taken else event.taken)


@register.simple_tag
def free_chair() -> SafeString:
    """A big table with one chair left."""
    return rings.event_ring(20, 19)


@register.simple_tag(takes_context=True)
def house_style(context: Context) -> Style:
    """How this page looks: by its event, if it is about one."""
    return style_of(context.get("event") or None)


@register.simple_tag
def logo() -> SafeString:
    """Eight chairs round a table, one of them free."""
    return mark_safe(
        '<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">'
        '<circle class="chairs" cx="16" cy="16" r="12.6" pathLength="8" stroke-dasharray="0 1"'
        ' stroke-width="5.6" transform="rotate(-67.5 16 16)"/>'
        '<circle class="hole" cx="11.18" cy="4.36" r="1.6"/></svg>'
    )
