"""The pages beside the programme: one table session, all themes, all hosts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from django import forms
from django.db.models import Prefetch
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin.sheet import OUT_OF_THE_WAY, Data, OneLine, PartForm, Sheet, SheetRowForm, store
from program.admin.tables_sheet import seats_refused
from program.admin.widgets import LAYOUT_HELP, MarkdownWidget
from program.file.rules import SPEAKER_ONCE, THEME_ONCE
from program.models import Hosting, Slot, Speaker, TableSession, Theme

EMPTY_ROWS = 2


class SessionTextForm(PartForm):
    present = "title"

    class Meta:
        model = TableSession
        fields = ["title", "title_en", "text", "text_en"]
        widgets = {"title": OneLine(), "title_en": OneLine()}

    def __init__(self, data: Data, prefix: str, instance: TableSession) -> None:
        super().__init__(data, prefix, instance)
        for name in ("text", "text_en"):
            widget = MarkdownWidget()
            widget.label = str(capfirst(self.fields[name].label or ""))
            self.fields[name].widget = widget
            self.fields[name].help_text = LAYOUT_HELP


class ReservedForm(PartForm):
    present = "reserved"
    instance: Slot
    reserved = forms.IntegerField(
        label=gettext_lazy("seats reserved"),
        required=False,
        min_value=0,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )

    class Meta:
        model = Slot
        fields = ["reserved", "location_en"]

    def __init__(self, data: Data, prefix: str, instance: Slot) -> None:
        super().__init__(data, prefix, instance)
        # Zero is what most have, and an empty field is calmer.
        self.initial["reserved"] = self.instance.reserved or None

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        values["reserved"] = values.get("reserved") or 0
        if "reserved" in self.changed_data and not self.errors:
            refused = seats_refused(self.instance, self.instance.seats, values["reserved"])
            if refused:
                self.add_error("reserved", refused)
        return values


class WhereFromForm(PartForm):
    """Where a host comes from. Their name is on the page of all hosts."""

    present = "function"
    instance: Speaker

    class Meta:
        model = Speaker
        fields = ["function", "function_en", "organisation", "organisation_en"]
        widgets = {name: OneLine() for name in fields}


class SessionSheet(Sheet):
    """What the rows have no room for: text, English, reserved seats, what hosts do elsewhere."""

    def __init__(self, session: TableSession, data: Data = None, *, keep: bool = False) -> None:
        self.session = session
        super().__init__(session.event, data, keep=keep)

    def fill(self) -> None:
        data, session = self.data, self.session
        self.text = SessionTextForm(data, "session", session)
        slots = session.slots.select_related("round__agenda_item").order_by("round__number")
        self.slots = [ReservedForm(data, f"slot-{slot.pk}", slot) for slot in slots]
        for form in self.slots:
            form.instance.session = session
            form.name_fields(form.instance.round)
        self.hosts = [
            WhereFromForm(data, f"host-{hosting.speaker_id}", hosting.speaker)
            for hosting in session.hostings.select_related("speaker")
        ]
        for host in self.hosts:
            host.name_fields(host.instance.name)
        self.text.name_fields()
        for each in self.forms:
            each.keep_dutch(self.event)

    @property
    def forms(self) -> list[PartForm]:
        return [self.text, *self.slots, *self.hosts]

    @property
    def refused(self) -> list[Slot]:
        return [form.instance for form in self.slots if form.errors and form.instance.taken]

    def check(self) -> None:
        here = [form.instance.pk for form in self.hosts]
        others = self.event.speakers.exclude(pk__in=here).values_list("name", "organisation")
        refuse_twice(self.hosts, others)

    def store(self) -> None:
        make_way(self.hosts)
        for form in self.forms:
            store(form)


class ThemeRowForm(SheetRowForm):
    present = "title"
    emptied = ("number", "title")
    instance: Theme

    number = forms.IntegerField(
        label=gettext_lazy("number"),
        required=False,
        validators=Theme._meta.get_field("number").validators,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )

    class Meta:
        model = Theme
        fields = ["number", "title", "title_en", "text", "text_en"]
        help_texts = {"text": "", "text_en": ""}  # it stands above them all
        widgets = {name: OneLine() for name in ("title", "title_en")} | {
            name: forms.Textarea({"rows": 2}) for name in ("text", "text_en")
        }


class HostRowForm(SheetRowForm):
    present = "name"
    emptied = ("name",)
    instance: Speaker

    class Meta:
        model = Speaker
        fields = ["name", "organisation", "organisation_en", "function", "function_en"]
        widgets = {name: OneLine() for name in fields}

    @property
    def hostings(self) -> Iterable[Hosting]:
        return self.instance.hostings.all() if self.instance.pk else ()


FormT = TypeVar("FormT", bound=SheetRowForm)


class ListSheet(Sheet, Generic[FormT]):
    """All rows of one kind, with empty ones below them."""

    form: type[FormT]
    name = ""

    def stored(self) -> Iterable[Any]:
        """The rows that are stored."""
        raise NotImplementedError

    def fill(self) -> None:
        self.rows = [self.form(self.data, f"{self.name}-{row.pk}", row) for row in self.stored()]
        new = f"new-{self.name}"
        self.new_rows = [
            self.form(self.data, f"{new}-{number}")
            for number in self.more(new, self.form.present, EMPTY_ROWS)
        ]
        self.blank = self.form(None, f"{new}-__")
        for form in (*self.forms, self.blank):
            form.keep_dutch(self.event)
            form.name_fields(form.instance if form.instance.pk else _("new"))

    @property
    def forms(self) -> list[FormT]:
        return [*self.rows, *self.new_rows]

    @property
    def wanted(self) -> Sequence[FormT]:
        return [form for form in self.forms if form.wanted]

    def store(self) -> None:
        for form in sorted(self.forms, key=lambda form: not form.going):
            store(form, event=self.event)


class ThemesSheet(ListSheet[ThemeRowForm]):
    form = ThemeRowForm
    name = "theme"

    def stored(self) -> Iterable[Theme]:
        return self.event.themes.prefetch_related("sessions")

    def check(self) -> None:
        for form in self.rows:
            if form.going and (sessions := form.instance.sessions.all()):
                message = _(
                    "Sessions %(codes)s are part of this theme: give them another one first."
                )
                codes = ", ".join(session.code for session in sessions)
                form.say("gone", message % {"codes": codes})
        numbers = Counter(form.value("number") for form in self.wanted)
        last = max((number for number in numbers if number), default=0)
        for form in self.wanted:
            number = form.value("number")
            if number is None and "number" not in form.errors:
                last += 1
                form.instance.number = form.cleaned_data["number"] = last
            elif "number" in form.changed_data and numbers[number] > 1:
                form.say("number", THEME_ONCE.sentence(number))

    def store(self) -> None:
        """Two rows may trade what only one of them can have at a time."""
        for place, form in enumerate(self.rows, start=OUT_OF_THE_WAY):
            if form.wanted and "number" in form.changed_data:
                self.event.themes.filter(pk=form.instance.pk).update(number=place)
        super().store()


class HostsSheet(ListSheet[HostRowForm]):
    form = HostRowForm
    name = "host"

    def stored(self) -> Iterable[Speaker]:
        hostings = Hosting.objects.select_related("session").order_by("session__code")
        return self.event.speakers.prefetch_related(Prefetch("hostings", hostings))

    def check(self) -> None:
        refuse_twice(self.wanted)

    def store(self) -> None:
        make_way(form for form in self.rows if form.wanted)
        super().store()

    @property
    def notes(self) -> Iterator[str]:
        for form in self.rows:
            if form.going and (hostings := form.hostings):
                message = _("%(name)s will no longer host %(codes)s.")
                codes = ", ".join(hosting.session.code for hosting in hostings)
                yield message % {"name": form.instance.name, "codes": codes}


# What sets one host apart from another.
KNOWN_BY = {"name", "organisation"}


def refuse_twice(forms: Sequence[PartForm], others: Iterable[tuple[str, str]] = ()) -> None:
    """Two hosts of one name come from two organisations; ``others`` are not on the page."""
    times = Counter([*others, *map(_same, forms)])
    for form in forms:
        if times[_same(form)] > 1 and not KNOWN_BY.isdisjoint(form.changed_data):
            form.say("organisation", SPEAKER_ONCE.sentence(form.value("name")))


def make_way(forms: Iterable[PartForm]) -> None:
    """Two hosts may trade what only one of them can have at a time."""
    for form in forms:
        if changed := KNOWN_BY.intersection(form.changed_data):
            pk = form.instance.pk
            Speaker.objects.filter(pk=pk).update(**dict.fromkeys(changed, f"_{pk}"))


def _same(form: PartForm) -> tuple[str, str]:
    return form.value("name"), form.value("organisation")
