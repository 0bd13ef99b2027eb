"""The first step of an event: what, when, where, and for how many people."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from program.admin.step_form import Data, Group, StepForm
from program.admin.timetable import hours_in_the_way
from program.admin.widgets import LAYOUT_HELP
from program.file.model import DEADLINES, Programme, VenueEntry
from program.file.refusals import day_before_choices_close, too_few_places
from program.file.rules import ADDRESS_ONCE, deadlines_refused, far_away_refused, hours_refused
from program.file.venues import venue_for
from program.models import Event, Venue
from program.models.event import wall_clock

# Fields of the form that are not columns: `starts_at` and `ends_at` are made from them.
HOURS = ("day", "starts", "ends")
# The columns of a venue, and its fields in the form.
VENUE = {
    name: f"venue_{name}"
    for name in ("name", "street", "postcode", "city", "getting_there", "getting_there_en")
}


def help_texts() -> dict[str, Any]:
    """The help of each field, as the definition of a programme has it."""
    return {field.column or name: field.help for name, field in Programme.definitions.items()}


def date_input() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


def time_input() -> forms.TimeInput:
    return forms.TimeInput({"type": "time"}, "%H:%M")


def venue_field(name: str, **kwargs: Any) -> forms.Field:
    """A column of the venue as a field of this form."""
    column: Any = Venue._meta.get_field(name)
    return cast(forms.Field, column.formfield(required=False, **kwargs))


class DayForm(StepForm):
    """One meeting is one day with two times: nobody types the date twice.

    A venue is chosen by its name. Fields left as they were, or empty, keep what is known of it.
    """

    day = forms.DateField(label=gettext_lazy("day"), widget=date_input())
    starts = forms.TimeField(label=gettext_lazy("from"), widget=time_input())
    ends = forms.TimeField(label=gettext_lazy("until"), widget=time_input())
    venue_name = venue_field(
        "name",
        label=gettext_lazy("venue"),
        widget=forms.TextInput({"list": "venues", "autocomplete": "off"}),
        help_text=gettext_lazy("Choose one that is known, or type the name of another."),
    )
    venue_street = venue_field("street")
    venue_postcode = venue_field("postcode")
    venue_city = venue_field("city", label=gettext_lazy("town"))
    venue_getting_there = venue_field("getting_there", help_text=LAYOUT_HELP)
    venue_getting_there_en = venue_field("getting_there_en", help_text=LAYOUT_HELP)

    video_url = forms.URLField(
        label=gettext_lazy("video link"), required=False, assume_scheme="https"
    )

    groups = (
        Group(gettext_lazy("What"), ["title", "lead"]),
        Group(gettext_lazy("When"), HOURS),
        Group(
            gettext_lazy("Where"),
            [VENUE[name] for name in ("name", "street", "postcode", "city", "getting_there")],
        ),
        Group(gettext_lazy("For how many people"), ["capacity"]),
        Group(
            gettext_lazy("Who organises it"),
            ["organiser", "organiser_email"],
        ),
        Group(gettext_lazy("What it is about"), ["text"]),
        Group(
            gettext_lazy("English, address and video"),
            ["bilingual", "slug", "video_url", "video_title"],
            folded=True,
        ),
    )

    class Meta:
        model = Event
        fields = [
            *("title", "title_en", "lead", "lead_en", "text", "text_en"),
            *("capacity", "organiser", "organiser_email"),
            *("bilingual", "slug", "video_url", "video_title", "video_title_en"),
        ]
        widgets = dict.fromkeys(["lead", "lead_en"], forms.Textarea({"rows": 2}))
        error_messages = {"slug": {"unique": ADDRESS_ONCE}}
        help_texts = {
            **help_texts(),
            "text": LAYOUT_HELP,
            "slug": gettext_lazy(
                "The last part of the page's address. Empty: made from the title. "
                "When you change it, links that people have stop working."
            ),
        }

    def __init__(self, data: Data = None, *, event: Event) -> None:
        super().__init__(data, event=event)
        self.fields["slug"].required = False
        if not event.pk:
            return
        # Once there is an event, its contact address is on the page of its team.
        del self.fields["organiser"], self.fields["organiser_email"]
        starts, ends = timezone.localtime(event.starts_at), timezone.localtime(event.ends_at)
        self.initial.update(day=starts.date(), starts=starts.time(), ends=ends.time())
        self.initial.update({field: getattr(event.venue, name) for name, field in VENUE.items()})
        taken = ngettext("%(taken)s is taken.", "%(taken)s are taken.", event.taken)
        self.fields["capacity"].help_text = taken % {"taken": event.taken}

    @cached_property
    def venues(self) -> list[str]:
        """The names of those that are known."""
        return list(Venue.objects.order_by("name").values_list("name", flat=True).distinct())

    @cached_property
    def changed_data(self) -> list[str]:
        """With the columns that store the day and the times."""
        changed: list[str] = super().changed_data
        moved = not {*HOURS}.isdisjoint(changed)
        return [*changed, *(["starts_at", "ends_at"] if moved else [])]

    @property
    def programme(self) -> Programme:
        """A new event as a file would describe it."""
        given = self.cleaned_data
        venue: dict[str, Any] = {**self.wanted_venue}
        names: tuple[str, ...] = ("slug", "title", "title_en", "lead", "lead_en", "text", "text_en")
        names += ("organiser", "organiser_email", "capacity", "starts", "ends")
        names += ("video_url", "video_title", "video_title_en")
        return Programme(
            date=given["day"],
            venue=VenueEntry(**venue),
            published=False,
            **{name: given[name] for name in names if name in given},
        )

    @cached_property
    def wanted_venue(self) -> dict[str, str]:
        """The columns of the venue as they should be.

        Choosing another one by its name brings what is known of it, except in the fields that
        were changed.
        """
        given = {name: self.cleaned_data.get(field, "") for name, field in VENUE.items()}
        known = None
        if VENUE["name"] in self.changed_data:
            known = Venue.objects.filter(name__iexact=given["name"]).order_by("pk").first()
        if known is None:
            return given
        typed = {
            name
            for name, field in VENUE.items()
            if name != "name" and field in self.changed_data and given[name]
        }
        return {name: given[name] if name in typed else getattr(known, name) for name in VENUE}

    def store(self, *, own: QuerySet[Event]) -> None:
        """Needs the lock on the events at the venue too."""
        super().store(own=own)
        if {*VENUE.values()}.isdisjoint(self.changed_data):
            return
        venue = venue_for(self.instance, self.wanted_venue, own=own)
        if venue.pk != self.instance.venue_id:
            self.instance.venue = venue
            self.instance.save(update_fields=["venue"])

    def clean_slug(self) -> str:
        if slug := self.cleaned_data["slug"] or self.instance.slug:
            return str(slug)
        title = self.cleaned_data.get("title", "")
        return Event.objects.free_slug(slugify(title) or _("event"))

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if refused := far_away_refused(day):
            raise ValidationError(refused)
        return day

    def clean_capacity(self) -> int:
        capacity: int = self.cleaned_data["capacity"]
        if message := too_few_places(capacity, self.instance.taken):
            raise ValidationError(message)
        return capacity

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self._complete_venue(values)
        day, starts, ends = (values.get(name) for name in HOURS)
        if starts and ends and (refused := hours_refused(starts, ends)):
            self.add_error("ends", refused)
        elif day and starts and ends and {*HOURS} & {*self.changed_data}:
            self.instance.starts_at = wall_clock(day, starts)
            self.instance.ends_at = wall_clock(day, ends)
            if self.instance.pk:
                for name, message in hours_in_the_way(self.instance, starts, ends):
                    self.add_error(name, message)
        if day and starts:
            given = {name: getattr(self.instance, f"{name}_at") for name in DEADLINES}
            for name, message in deadlines_refused(wall_clock(day, starts), given):
                fixed = name == "wishes_close" and day_before_choices_close(self.instance)
                self.add_error("day", fixed or message)
        return values

    def _complete_venue(self, values: dict[str, Any]) -> None:
        """Fields that a venue must have are asked for only if nobody knows it yet."""
        wanted = self.wanted_venue if values.get(VENUE["name"]) else {}
        missing = {
            "street": _("Fill in the street and number of this venue."),
            "postcode": _("Fill in the postcode of this venue."),
            "city": _("Fill in the town of this venue."),
        }
        if not wanted:
            self.add_error(VENUE["name"], _("Fill in where it is."))
        for name, sentence in missing.items():
            if wanted and not wanted[name]:
                self.add_error(VENUE[name], sentence)


class ContactForm(StepForm):
    """Who organises an event and where people write to; asked with the day of a new one only."""

    groups = (Group(gettext_lazy("Who organises it"), ["organiser", "organiser_email"]),)

    class Meta:
        model = Event
        fields = ["organiser", "organiser_email"]
        help_texts = help_texts()
