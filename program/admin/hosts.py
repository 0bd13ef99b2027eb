"""Who hosts a table session: chosen by typing a name, known or new."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin.forms import InOrderForm, going
from program.admin.locking import PartsOfEvent
from program.file.rules import named_twice, several_called
from program.models import Hosting, Speaker, TableSession

NAMES = "speaker-names"  # the id of the list of names that the browser offers


def names_of(event_id: int) -> list[str]:
    """What to type for each speaker of an event: the name, if need be with the organisation."""
    speakers = list(Speaker.objects.filter(event=event_id))
    names = [speaker.name for speaker in speakers]
    return [
        longer(speaker) if names.count(speaker.name) > 1 else speaker.name for speaker in speakers
    ]


class HostForm(InOrderForm):
    """A new row takes a name; who hosts already is changed on a page of their own."""

    who = forms.CharField(
        label=capfirst(gettext_lazy("name")),
        max_length=400,
        widget=forms.TextInput(attrs={"list": NAMES, "class": "vTextField", "autocomplete": "off"}),
    )
    function = forms.CharField(
        label=capfirst(gettext_lazy("function")),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    organisation = forms.CharField(
        label=capfirst(gettext_lazy("organisation")),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    class Meta:
        model = Hosting
        fields = ["position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            return
        speaker = self.instance.speaker
        self.initial["who"] = speaker.name
        for name in ("function", "organisation"):
            self.initial[name] = getattr(speaker, name)
        for name in ("who", "function", "organisation"):
            self.fields[name].disabled = True


class HostFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        hosts: list[Speaker] = []
        for form in self.forms:
            if "who" not in getattr(form, "cleaned_data", {}) or going(form):
                continue
            speaker = form.instance.speaker if form.instance.pk else self.speaker(form)
            if speaker and (speaker in hosts or self.same(speaker, hosts)):
                form.add_error("who", named_twice(speaker.name))
            elif speaker:
                hosts.append(speaker)
                form.instance.speaker = speaker

    def same(self, speaker: Speaker, hosts: list[Speaker]) -> bool:
        new = [(one.name, one.organisation) for one in hosts if not one.pk]
        return not speaker.pk and (speaker.name, speaker.organisation) in new

    def speaker(self, form: Any) -> Speaker | None:
        """Whoever is meant, known or new and not stored yet; None if that is not clear."""
        who, organisation = form.cleaned_data["who"], form.cleaned_data["organisation"]
        known = [one for one in self.speakers() if who in (one.name, longer(one))]
        if organisation:
            known = [one for one in known if one.organisation == organisation]
        if len(known) > 1:
            form.add_error("who", several_called(who, known[0].organisation))
            return None
        if known:
            return known[0]
        function = form.cleaned_data["function"]
        if len(who) > 200:
            form.add_error("who", _("This name is too long."))
            return None
        return Speaker(
            event_id=self.instance.event_id, name=who, organisation=organisation, function=function
        )

    def speakers(self) -> list[Speaker]:
        if not hasattr(self, "_speakers"):
            self._speakers = list(Speaker.objects.filter(event=self.instance.event_id))
        return self._speakers

    def store_speakers(self) -> None:
        """Before the rows that name them."""
        for form in self.forms:
            if form.has_changed() and not going(form):
                speaker = form.instance.speaker
                if not speaker.pk:
                    speaker.save(force_insert=True)


def longer(speaker: Speaker) -> str:
    return f"{speaker.name} ({speaker.organisation or '…'})"


class HostingInline(PartsOfEvent):
    model = Hosting
    form = HostForm
    formset = HostFormSet
    related = ["speaker"]
    fields = ["who", "function", "organisation", "position", "more"]
    readonly_fields = ["more"]
    about = gettext_lazy(
        "Type a name: somebody known, or somebody new with a function and an organisation."
    )

    def get_extra(self, request: HttpRequest, obj: TableSession | None = None, **_: Any) -> int:
        return 1 if obj and obj.hostings.all() else 2

    @admin.display(description=gettext_lazy("particulars"))
    def more(self, hosting: Hosting) -> str:
        if not hosting.pk:
            return ""
        address = reverse("admin:program_speaker_change", args=[hosting.speaker_id])
        return format_html('<a href="{}">{}</a>', address, _("Change"))
