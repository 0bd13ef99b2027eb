"""A programme in and out of a spreadsheet, and a copy of an event: pages for organisers."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.characters import clean_fields
from program.file import files
from program.file.from_db import programme_of
from program.file.model import BadProgramme, Mistake, Programme
from program.file.refusals import PeopleInTheWay
from program.file.save import SaveOutcome
from program.file.spreadsheet.differences import differences
from program.file.spreadsheet.layout import MOST_ROUNDS, ROUNDS
from program.models import Event
from program.models.slugs import not_reserved
from program.organisers import acts, event_page, events_of, may_add, must_add, render_page
from registrations.admin.event.dry_run_page import SEEN, may_tell
from registrations.admin.event.dry_run_page import page as dry_run_page
from registrations.admin.event.refusals import in_the_way
from registrations.admin.pages import by
from registrations.admin.uploads import Upload
from registrations.organising import programmes


class CopyForm(forms.Form):
    day = forms.DateField(
        label=gettext_lazy("Date"),
        widget=forms.DateInput({"type": "date", "class": "vDateField"}, "%Y-%m-%d"),
    )
    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=200, widget=AdminTextInputWidget
    )
    title_en = forms.CharField(
        label=gettext_lazy("Title (English)"),
        max_length=200,
        required=False,
        widget=AdminTextInputWidget,
    )
    slug = forms.SlugField(
        label=gettext_lazy("Address of the page"),
        widget=AdminTextInputWidget,
        validators=[not_reserved],
        help_text=gettext_lazy(
            "The last part of the web address: small letters, digits and hyphens."
        ),
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        clean_fields(self.fields)
        if not event.bilingual:
            del self.fields["title_en"]
        slug = Event.objects.free_slug(event.slug)
        self.initial.update(title=event.title, title_en=event.title_en, slug=slug)


class TemplateForm(forms.Form):
    """What the empty spreadsheet has room for."""

    rounds = forms.IntegerField(
        label=gettext_lazy("How many rounds"),
        min_value=1,
        max_value=MOST_ROUNDS,
        initial=ROUNDS,
        widget=forms.NumberInput({"class": "vSmall"}),
    )
    english = forms.BooleanField(
        label=gettext_lazy("With columns for the English texts"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""


def upload(request: HttpRequest, event: Event | None = None) -> HttpResponse:
    """A programme from a spreadsheet: of ``event``, or of a new one."""
    if request.method != "POST":
        return _page(request, event)
    try:
        return _loaded(request, event)
    except BadProgramme as error:
        slots = error.slots if isinstance(error, PeopleInTheWay) else []
        who = [in_the_way(slot) for slot in slots]
        return _page(request, event, status=422, mistakes=error.mistakes, who=who)


def _title(event: Event | None) -> str:
    return _("Spreadsheet") if event else _("New event from a file")


def _loaded(request: HttpRequest, event: Event | None) -> HttpResponse:
    """Show what the file would do; when sent from the page that shows it, do it."""
    given = Upload.of(request)
    base = programme_of(event) if event else None
    loaded = files.load(given.content, given.name, base)
    programme = loaded.programme
    _check_address(event, programme)
    acting: dict[str, Any] = {"own": events_of(request.user), **by(request)}
    agreed = request.POST.get(SEEN, "")
    if agreed and event is None:
        organisers = User.objects.filter(username=request.user.get_username())
        outcome = programmes.make_event(programme, organisers=organisers, **acting)
        return _saved(request, outcome)
    seen = programmes.see_first(programme, agreed, tell=may_tell(request), **acting)
    if seen.done:
        return _saved(request, seen.result)
    return dry_run_page(
        request,
        "admin/program/event/file_seen.html",
        event,
        _title(event),
        seen,
        outcome=seen.result,
        differences=differences(base, programme) if base else [],
        warnings=loaded.notes,
        sent_again=[("name", given.name), ("content", given.encoded)],
    )


def _check_address(event: Event | None, programme: Programme) -> None:
    if event is None:
        programmes.refuse_taken_address(programme)
    elif programme.slug != event.slug:
        message = _("This file is about another event: the address of this one is ‘%(slug)s’.")
        raise BadProgramme([Mistake(programme.at("slug"), message % {"slug": event.slug})])


def _saved(request: HttpRequest, outcome: SaveOutcome) -> HttpResponse:
    sentence = _("‘%(event)s’ is loaded.") if outcome.changed else _("Nothing has changed.")
    messages.success(request, sentence % {"event": outcome.event})
    return redirect("admin:event-file", outcome.event.pk)


def _page(
    request: HttpRequest, event: Event | None, *, status: int = 200, **context: Any
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "event": event,
        "title": _title(event),
        "opts": Event._meta,
        "template": TemplateForm(),
        **context,
    }
    template = "admin/program/event/" + ("file.html" if event else "new_from_file.html")
    return render(request, template, context, status=status)


def download(request: HttpRequest, event: Event, *, kind: str) -> HttpResponse:
    programme = programme_of(event)
    english = event.bilingual or programme.in_english
    try:
        return _attachment(programme, event.slug, kind, english=english)
    except BadProgramme as error:
        return _page(request, event, status=422, mistakes=error.mistakes)


def empty(request: HttpRequest, *, kind: str) -> HttpResponse:
    """A spreadsheet with nothing but headings and explanations."""
    form = TemplateForm(request.GET if "rounds" in request.GET else {"rounds": ROUNDS})
    if not form.is_valid():
        return _page(request, None, status=422, template=form)
    return _attachment(None, "programma", kind, **form.cleaned_data)


def _attachment(programme: Programme | None, name: str, kind: str, **columns: Any) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    content = files.written(programme, kind, **columns)
    return HttpResponse(content, content_type=files.MIMETYPES[kind], headers=headers)


def copy(request: HttpRequest, event: Event) -> HttpResponse:
    """The same programme on another day."""
    form = CopyForm(request.POST or None, event=event)
    mistakes: list[Mistake] = []
    if form.is_valid():
        try:
            made = programmes.copy_event(event, **form.cleaned_data, **by(request))
        except BadProgramme as error:
            mistakes = error.mistakes
        else:
            sentence = _("‘%(event)s’ is copied. Nobody sees the copy until you publish it.")
            messages.success(request, sentence % {"event": event})
            return redirect("admin:event-day", made.pk)
    return render_page(
        request,
        "admin/program/event/copy.html",
        event,
        _("Copy this event"),
        status=422 if form.errors or mistakes else 200,
        form=form,
        mistakes=mistakes,
    )


pages: list[URLPattern] = [
    path("nieuw-uit-bestand/", may_add(upload), name="event-new"),
    path("<int:pk>/bestand/", acts(upload), name="event-file"),
    path("<int:pk>/kopie/", event_page(must_add(copy)), name="event-copy"),
]
for kind in files.MIMETYPES:
    empty_page = may_add(partial(empty, kind=kind))
    download_page = event_page(partial(download, kind=kind))
    pages += [
        path(f"nieuw-uit-bestand/leeg.{kind}", empty_page, name=f"event-empty-{kind}"),
        path(f"<int:pk>/bestand/{kind}/", download_page, name=f"event-file-{kind}"),
    ]
