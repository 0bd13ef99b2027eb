"""What an organiser does for many people, ticked in the list."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from program.models import Event
from registrations.admin import words
from registrations.admin.pages import by
from registrations.admin.people.person_forms import ManyCancelForm
from registrations.admin.people.seat_forms import ManyMoveForm
from registrations.booking import holds
from registrations.models import Registration
from registrations.organising import by_hand, moving


@admin.action(description=_("Free the places that were not confirmed"), permissions=["act"])
def free_holds(
    admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Registration]
) -> None:
    """Rule 4: for an organiser who does not trust a flood of unconfirmed sign-ups."""
    holding = queryset.filter(holds_place=True)
    tell_freed(request, holds.free(holding, **by(request)))


def tell_freed(request: HttpRequest, freed: int) -> None:
    sentence = ngettext("%(count)s place is free again.", "%(count)s places are free again.", freed)
    messages.success(request, sentence % {"count": freed})


@admin.action(description=_("Send the link again"), permissions=["act"])
def resend_links(
    admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Registration]
) -> None:
    if _too_many(request, queryset):
        return
    sent, already = by_hand.resend_many(queryset, **by(request))
    sentence = ngettext("%(count)s link is on its way.", "%(count)s links are on their way.", sent)
    admin.message_user(request, sentence % {"count": sent})
    if already:
        sentence = ngettext(
            "%(count)s person is not mailed again: the link is on its way already.",
            "%(count)s people are not mailed again: the link is on its way already.",
            already,
        )
        admin.message_user(request, sentence % {"count": already}, messages.WARNING)


@admin.action(description=_("Cancel"), permissions=["act"])
def cancel_people(
    admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Registration]
) -> HttpResponse | None:
    """Asks first, on a page that says how many people it is about and asks whether to mail them."""
    if _too_many(request, queryset):
        return None
    acting = by(request)
    chosen = Registration.objects.filter(pk__in=queryset.values("pk"))
    coming = chosen.cancellable().filter(
        event__starts_at__gt=acting["at"], event__called_off_at=None
    )
    count = coming.count()
    asked = "people" in request.POST
    form = ManyCancelForm(count, request.POST if asked else None)
    if asked and form.is_valid():
        cancelled = by_hand.cancel_many(
            coming, why=form.cleaned_data["why"], mail=form.cleaned_data["mail"], **acting
        )
        sentence = ngettext(
            "%(count)s person is cancelled.", "%(count)s people are cancelled.", cancelled
        )
        admin.message_user(request, sentence % {"count": cancelled})
        return None
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Cancel"),
        "opts": Registration._meta,
        "form": form,
        "count": count,
        "people": list(_named(coming)),
        "chosen": list(coming.values_list("pk", flat=True)),
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return render(request, "admin/people/cancel_many.html", context, status=422 if asked else 200)


@admin.action(description=_("Move to a table"), permissions=["act"])
def move_people(
    admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Registration]
) -> HttpResponse | None:
    """Asks to which table, then shows who would leave what, and moves all of them or nobody."""
    if _too_many(request, queryset):
        return None
    chosen = Registration.objects.filter(pk__in=queryset.values("pk"))
    events = list(Event.objects.filter(registrations__in=chosen).distinct()[:2])
    if len(events) != 1:
        words = _("Choose people of one event: each has its own tables.")
        admin.message_user(request, words, messages.WARNING)
        return None
    event = events[0]
    asked = "table" in request.POST
    form = ManyMoveForm(event, request.POST if asked else None)
    planned = None
    if asked and form.is_valid():
        planned = moving.plan(event, chosen, form.cleaned_data["table"])
        seen = request.POST.get("seen", "")
        if planned.refusals:
            for sentence in planned.refusals:
                form.add_error("table", sentence)
            planned = None
        elif seen:
            values = {name: form.cleaned_data[name] for name in ("why", "mail")}
            key = form.cleaned_data["table"]
            if form.carries_out(
                lambda: moving.move_many(event, chosen, key, seen=seen, **values, **by(request))
            ):
                sentence = ngettext(
                    "%(count)s person has been moved.",
                    "%(count)s people have been moved.",
                    form.outcome,
                )
                admin.message_user(request, sentence % {"count": form.outcome})
                return None
    context = {
        **admin.admin_site.each_context(request),
        "title": _("Move to a table"),
        "opts": Registration._meta,
        "event": event,
        "form": form,
        "planned": planned,
        "chosen": list(chosen.values_list("pk", flat=True)),
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return render(
        request, "admin/people/move_many.html", context, status=422 if form.errors else 200
    )


def _named(people: QuerySet[Registration]) -> Iterator[str]:
    """Their names, with since when they are in for those who are."""
    inside = words.inside(people)
    for person in people.order_by("sort_key", "pk"):
        yield f"{person} ({inside[person.pk]})" if person.pk in inside else str(person)


def _too_many(request: HttpRequest, queryset: QuerySet[Registration]) -> bool:
    if queryset.count() <= by_hand.MOST:
        return False
    messages.error(
        request,
        _(
            "This works for %(most)s people at a time. Choose fewer. To tell everybody something, "
            "use ‘Mail’; to call the event off, use ‘When things go wrong’."
        )
        % {"most": by_hand.MOST},
    )
    return True
