"""When the admin refuses to displace people, it says who they are and what to do (rule 10)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from program.models import Event, Slot
from registrations.models import Registration

MOST_NAMES = 24


def say_who(request: HttpRequest, response: HttpResponse) -> None:
    """Say above a form that the admin refused who is in the way."""
    context = getattr(response, "context_data", None) or {}
    if not context.get("errors"):
        return
    form = context["adminform"].form
    if isinstance(form.instance, Event) and "capacity" in form.errors:
        messages.warning(request, _full(form.instance))
    for formset in context.get("inline_admin_formsets", []):
        for slot in _slots(formset):
            messages.warning(request, in_the_way(slot))


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


def _slots(formset: Any) -> Iterator[Slot]:
    """The slots with people, of rows that have an error or were to be deleted."""
    for form in formset.formset.forms:
        row = form.instance
        wrong = form.errors or getattr(form, "cleaned_data", {}).get(DELETION_FIELD_NAME)
        if wrong and isinstance(row, Slot) and row.pk:
            slot = Slot.objects.select_related("event", "session", "round").get(pk=row.pk)
            if slot.taken:
                yield slot


def _do_instead(event: Event) -> SafeString:
    return format_html(
        '{} <a href="{}">{}</a>',
        _("Move them to another table by hand. Or let the table drop out: they then choose again."),
        reverse("admin:event-trouble", args=[event.pk]),
        _("When things go wrong"),
    )


def _full(event: Event) -> SafeString:
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
