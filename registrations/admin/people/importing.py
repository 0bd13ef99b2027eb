"""People from a spreadsheet or an attendee list: columns matched, seen, and then asked by mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from program.file import files
from program.file.model import BadProgramme
from program.file.parse import blank
from program.models import Event
from program.organisers import event_page, render_page
from registrations.admin.pages import by, must_change_people
from registrations.admin.people.person_forms import StaffForm
from registrations.admin.uploads import Upload
from registrations.errors import RegistrationError
from registrations.organising import importing
from registrations.organising.importing import Cells, Fate, ImportPlan, ListRow

COLUMN = "column_"  # and its index
EXAMPLES = 3
LONGEST_EXAMPLE = 60
MOST_SHOWN = 200  # people in one list of the page


class ColumnsForm(StaffForm):
    """What each column of the list holds; a column may be left out."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language of the mail"),
        choices=settings.LANGUAGES,
        initial=settings.LANGUAGE_CODE,
        required=False,
    )

    def __init__(self, rows: Sequence[Cells], top: int, data: Mapping[str, Any]) -> None:
        self.headings = rows[top]
        self.below = rows[top + 1 :]
        guessed = importing.guess(self.headings)
        # The first time, the page holds what the headings say.
        sent = any(name.startswith(COLUMN) for name in data)
        given = {f"{COLUMN}{index}": name for index, name in guessed.items()}
        super().__init__(data if sent else {"language": settings.LANGUAGE_CODE, **given})
        choices = [("", _("not used")), *((one.name, one.words) for one in importing.FIELDS)]
        for index in self.used:
            self.fields[f"{COLUMN}{index}"] = forms.ChoiceField(
                label=self.heading(index), choices=choices, required=False
            )

    @property
    def used(self) -> Iterator[int]:
        """The columns with a heading or anything below it."""
        widest = max((len(row) for row in (self.headings, *self.below)), default=0)
        for index in range(widest):
            cells = [row[index] for row in (self.headings, *self.below) if index < len(row)]
            if not all(map(blank, cells)):
                yield index

    def heading(self, index: int) -> str:
        cell = self.headings[index] if index < len(self.headings) else None
        numbered = _("Column %(number)s") % {"number": index + 1}
        return numbered if blank(cell) else str(cell).strip()[:LONGEST_EXAMPLE]

    def columns_shown(self) -> Iterator[tuple[forms.BoundField, str]]:
        """Each column with what stands in its first rows."""
        for index in self.used:
            cells = [row[index] for row in self.below if index < len(row) and not blank(row[index])]
            texts = [str(cell).strip()[:LONGEST_EXAMPLE] for cell in cells[:EXAMPLES]]
            yield self[f"{COLUMN}{index}"], " · ".join(texts)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        chosen = list(self.columns.values())
        if "email" not in chosen:
            self.add_error(None, _("Say which column holds the e-mail address."))
        if "name" not in chosen and not {"first_name", "last_name"} <= set(chosen):
            self.add_error(None, _("Say which columns hold the first name and the last name."))
        for one in importing.FIELDS:
            if chosen.count(one.name) > 1:
                message = _("‘%(field)s’ is chosen for two columns. Choose it once.")
                self.add_error(None, message % {"field": one.words})
        return values

    @property
    def columns(self) -> dict[int, str]:
        return {
            int(name.removeprefix(COLUMN)): value
            for name, value in self.cleaned_data.items()
            if name.startswith(COLUMN) and value
        }


@event_page
@require_http_methods(["GET", "HEAD", "POST"])
def import_people(request: HttpRequest, event: Event) -> HttpResponse:
    must_change_people(request)
    if request.method != "POST":
        return _page(request, event)
    try:
        given = Upload.of(request)
        grid = files.list_in(given.content)
    except BadProgramme as error:
        return _page(request, event, status=422, mistakes=error.mistakes)
    top = importing.top_of(grid.rows)
    form = ColumnsForm(grid.rows, top, request.POST)
    planned, refused = None, ""
    if form.is_valid():
        language = form.cleaned_data["language"] or settings.LANGUAGE_CODE

        def rows() -> list[ListRow]:
            return importing.read(grid.rows, top, form.columns, event, language=language)

        acting = by(request)
        try:
            if "ask" in request.POST:
                seen = request.POST.get("seen", "")
                done = importing.bring_in(event, rows(), seen=seen, **acting)
                return _asked(request, event, done)
        except RegistrationError as error:
            refused = str(error)
        try:
            planned = importing.look(event, rows(), at=acting["at"])
        except RegistrationError as error:
            refused = str(error)
    return render_page(
        request,
        "admin/people/import_seen.html",
        event,
        _("Import a list"),
        status=422 if form.errors or refused else 200,
        form=form,
        planned=planned,
        refused=refused,
        fates=_shown(planned) if planned else (),
        places=len(planned.those(Fate.PLACE)) if planned else 0,
        sent_again=[("name", given.name), ("content", given.encoded)],
    )


def _asked(request: HttpRequest, event: Event, done: ImportPlan) -> HttpResponse:
    count = len(done.invited)
    sentence = ngettext(
        "%(count)s person is asked by mail to confirm.",
        "%(count)s people are asked by mail to confirm.",
        count,
    )
    messages.success(request, sentence % {"count": count})
    people = reverse("admin:registrations_registration_changelist")
    return HttpResponse(
        status=303, headers={"Location": f"{people}?event__id__exact={event.pk}&origin__exact=file"}
    )


def _shown(planned: ImportPlan) -> list[tuple[Fate, int, list[ListRow], int]]:
    """Each fate with how many it is, the first of them, and how many more there are."""
    return [
        (fate, count, planned.those(fate)[:MOST_SHOWN], max(count - MOST_SHOWN, 0))
        for fate, count in planned.counts
    ]


def _page(request: HttpRequest, event: Event, *, status: int = 200, **context: Any) -> HttpResponse:
    title = _("Import a list")
    return render_page(request, "admin/people/import.html", event, title, status=status, **context)


pages = [path("<int:pk>/mensen/importeren/", import_people, name="event-import-people")]
