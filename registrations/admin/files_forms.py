"""What somebody fills in to copy an event."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.utils.translation import gettext_lazy as _

from program.models import Event
from program.slugs import not_reserved


class CopyForm(forms.Form):
    day = forms.DateField(
        label=_("Date"),
        widget=forms.DateInput({"type": "date", "class": "vDateField"}, "%Y-%m-%d"),
    )
    title = forms.CharField(label=_("Title"), max_length=200, widget=AdminTextInputWidget)
    title_en = forms.CharField(
        label=_("Title (English)"), max_length=200, required=False, widget=AdminTextInputWidget
    )
    slug = forms.SlugField(
        label=_("Address of the page"),
        widget=AdminTextInputWidget,
        validators=[not_reserved],
        help_text=_("The last part of the web address: small letters, digits and hyphens."),
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.initial.update(title=event.title, title_en=event.title_en, slug=_free_slug(event.slug))


def _free_slug(slug: str) -> str:
    """The next address that is free: bijeenkomst-2 after bijeenkomst."""
    stem = re.sub(r"-\d{1,2}$", "", slug)[:45]
    taken = set(Event.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(free for number in count(2) if (free := f"{stem}-{number}") not in taken)
