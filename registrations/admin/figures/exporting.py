"""Registrations as a spreadsheet: the form that chooses, and the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from program.file.spreadsheet import ods
from program.models import Event
from program.organisers import events_of
from registrations.models import Registration, RegistrationQuerySet
from registrations.reports import export_columns, exports
from registrations.reports.export_columns import Cell

FILES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": ods.MIMETYPE,
    "csv": "text/csv; charset=utf-8",
}


class ExportForm(forms.Form):
    """What goes into the file; its name is that of the button that was pressed."""

    guests = forms.BooleanField(label=_("guests too"), required=False)

    def __init__(self, event: Event, data: QueryDict | None) -> None:
        super().__init__(data)
        self.fields["statuses"] = forms.MultipleChoiceField(
            label=_("Who"),
            choices=[(status.value, status.label_at(event)) for status in Registration.Status],
            widget=forms.CheckboxSelectMultiple,
            initial=[Registration.Status.CONFIRMED],
            error_messages={"required": _("Choose at least one kind.")},
        )
        self.fields["columns"] = forms.MultipleChoiceField(
            label=_("Columns"),
            choices=export_columns.choices(event),
            initial=export_columns.defaults(event),
            widget=forms.CheckboxSelectMultiple,
            error_messages={"required": _("Choose at least one column.")},
        )

    @property
    def wanted(self) -> exports.Wanted:
        return exports.Wanted(
            columns=frozenset(self.cleaned_data["columns"]),
            statuses=frozenset(self.cleaned_data["statuses"]),
            guests=self.cleaned_data["guests"],
        )


def download(
    event: Event, wanted: exports.Wanted, people: RegistrationQuerySet, file: str, *, who: str
) -> HttpResponseBase:
    """The file, noted in the history before the first row leaves."""
    count = people.count() + exports.guests_of(event, wanted).count()
    exports.note(event, wanted, file, count, who=who, at=timezone.now())
    rows = exports.table(event, wanted, people)
    # Holds nothing that anybody typed: it becomes a header, and a file on somebody's disk.
    name = f"aanmeldingen-{event.day:%Y-%m-%d}.{file}"
    if file == "csv":
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        lines = exports.csv_lines(rows)
        return StreamingHttpResponse(lines, content_type=FILES[file], headers=disposition)
    book = exports.WORKBOOKS[file](rows, str(_("People")))
    return FileResponse(book, as_attachment=True, filename=name, content_type=FILES[file])


def small_file(rows: Iterator[Sequence[Cell]], title: str, name: str) -> HttpResponse:
    """A table of numbers as a download, in the form that the end of its name says."""
    file = name.rpartition(".")[2]
    if file == "csv":
        content = b"".join(exports.csv_lines(rows))
    else:
        with exports.WORKBOOKS[file](rows, title) as book:
            content = book.read()
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=FILES[file], headers=headers)


@admin.action(description=_("Download as Excel"), permissions=["event"])
def export_selected(
    model_admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Registration]
) -> HttpResponseBase | None:
    return _export_selected(model_admin, request, queryset, "xlsx")


@admin.action(description=_("Download for LibreOffice"), permissions=["event"])
def export_selected_ods(
    model_admin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Registration]
) -> HttpResponseBase | None:
    return _export_selected(model_admin, request, queryset, "ods")


def _export_selected(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    queryset: QuerySet[Registration],
    file: str,
) -> HttpResponseBase | None:
    """The people who were ticked, with the columns that an export has by default."""
    keys = queryset.order_by().values_list("event", flat=True).distinct()
    events = list(events_of(request.user).filter(pk__in=keys)[:2])
    if len(events) != 1:
        words = _("Choose people of one event: each has its own rounds and questions.")
        model_admin.message_user(request, words, messages.WARNING)
        return None
    event = events[0]
    people = event.registrations.filter(pk__in=queryset.order_by().values("pk"), erased_at=None)
    statuses = frozenset(people.order_by().values_list("status", flat=True).distinct())
    wanted = exports.Wanted(frozenset(export_columns.defaults(event)), statuses)
    who = request.user.get_username()
    return download(event, wanted, people.order_by("sort_key", "pk"), file, who=who)
