"""When the admin refuses to displace people, it says who they are and what to do (rule 10)."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from program.models import Event, Slot
from registrations.models import Registration

MOST_NAMES = 24


def in_the_way(slot: Slot) -> SafeString:
    """Those who sit at a table that should shrink, move or go, and what to do about it."""
    people = Registration.objects.filter(table_seats__slot=slot).order_by("sort_key", "pk")
    named = list(people[:MOST_NAMES])
    more = people.count() - len(named)
    page = "admin:registrations_registration_change"
    names = format_html_join(
        ", ",
        '<a href="{}"><bdi>{}</bdi></a>',
        ((reverse(page, args=[one.pk]), one.name or _("erased")) for one in named),
    )
    return format_html(
        "{} {}{}. {}",
        _("Table %(code)s in round %(round)s has:")
        % {"code": slot.session.code, "round": slot.round.number},
        names,
        f" + {more}" if more else "",
        _do_instead(slot.event),
    )


def _do_instead(event: Event) -> SafeString:
    return format_html(
        '{} <a href="{}">{}</a>',
        _("Move them to another table by hand. Or let the table drop out: they then choose again."),
        reverse("admin:event-trouble", args=[event.pk]),
        _("When things go wrong"),
    )


def full(event: Event) -> SafeString:
    """Who holds the places of an event, when there should be fewer."""
    pending = event.registrations.pending().holding().count()
    people = f"{reverse('admin:registrations_registration_changelist')}?event__id__exact={event.pk}"
    unconfirmed = _("Of the places taken %(count)s are not confirmed yet: those you can free.")
    return format_html(
        '{} <a href="{}">{}</a> · <a href="{}">{}</a>',
        unconfirmed % {"count": pending} if pending else "",
        people,
        _("Who has a place"),
        reverse("admin:event-trouble", args=[event.pk]),
        _("When things go wrong"),
    )
