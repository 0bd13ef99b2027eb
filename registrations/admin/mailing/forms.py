"""What an organiser fills in to write to many: the text, and who gets it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundWidget
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin.widgets import MarkdownField, MarkdownWidget
from program.characters import clean_fields
from program.models import Event, Slot
from registrations.mail import placeholders
from registrations.mailing.audience import (
    Audience,
    Door,
    door_was_kept,
    questions_of,
    roles_of,
    statuses,
    tables_of,
)
from registrations.mailing.mailings import Words
from registrations.models import Mailing
from registrations.queries import roles


class LetterWidget(MarkdownWidget):
    """Room for a whole letter."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["rows"] = 14
        return context


class MomentWidget(forms.SplitDateTimeWidget):
    """A date and a time, each with its own label."""

    template_name = "admin/widgets/split_datetime.html"

    def __init__(self) -> None:
        super().__init__(
            date_format="%Y-%m-%d",
            time_format="%H:%M",
            date_attrs={"type": "date"},
            time_attrs={"type": "time"},
        )

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        labels = {"date_label": _("Date"), "time_label": _("Time")}
        return super().get_context(name, value, attrs) | labels


def in_subject(typed: str) -> None:
    """Raises ValidationError for placeholders that cannot stand in a subject."""
    if wrong := list(placeholders.problems(typed, placeholders.IN_SUBJECT)):
        raise ValidationError(wrong)


def in_text(typed: str) -> None:
    """Raises ValidationError for placeholders and links that cannot stand in a text."""
    if wrong := [*placeholders.problems(typed), *placeholders.link_problems(typed)]:
        raise ValidationError(wrong)


class WordsForm(forms.Form):
    """Subject and text, and when to send them if not at a button.

    In English too where the event is, and where a ready-made message has it.
    """

    use_required_attribute = False

    subject = forms.CharField(
        label=gettext_lazy("Subject"),
        max_length=200,
        validators=[in_subject],
        error_messages={"required": gettext_lazy("Write a subject: what is this mail about?")},
    )
    text = MarkdownField(
        label=gettext_lazy("Text"),
        widget=LetterWidget,
        validators=[in_text],
        error_messages={"required": gettext_lazy("Write a text.")},
    )
    subject_en = forms.CharField(
        label=gettext_lazy("Subject in English"),
        max_length=200,
        required=False,
        validators=[in_subject],
    )
    text_en = MarkdownField(
        label=gettext_lazy("Text in English"),
        widget=LetterWidget,
        required=False,
        validators=[in_text],
    )
    send_at = forms.SplitDateTimeField(
        label=gettext_lazy("Send by itself at"),
        required=False,
        widget=MomentWidget,
        error_messages={
            "invalid_date": gettext_lazy("Fill in a date, such as 30-11-2026."),
            "invalid_time": gettext_lazy("Fill in a time, such as 10.00."),
            "invalid": gettext_lazy("Fill in a date and a time."),
        },
    )

    def __init__(
        self, mailing: Mailing, data: Any = None, *, typed: Mapping[str, Any] | None = None
    ) -> None:
        stored = {name: getattr(mailing, name) for name in self.base_fields}
        super().__init__(data, initial=stored | dict(typed or {}))
        clean_fields(self.fields)
        if not (mailing.event.bilingual or mailing.text_en or mailing.subject_en):
            del self.fields["subject_en"], self.fields["text_en"]
        if mailing.kind != Mailing.Kind.OWN:
            del self.fields["send_at"]  # a ready-made message follows the start of the event

    def clean_send_at(self) -> datetime | None:
        send_at: datetime | None = self.cleaned_data["send_at"]
        if send_at and send_at <= timezone.now():
            raise ValidationError(
                _("This moment is over. Choose a later one, or leave it empty and press Send.")
            )
        return send_at

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("text_en") and values.get("subject_en") == "":
            self.add_error("subject_en", _("Write the subject in English too."))
        if values.get("subject_en") and values.get("text_en") == "":
            self.add_error("text_en", _("Write the text in English too, or empty the subject."))
        return values

    @property
    def words(self) -> Words:
        names = ("subject", "text", "subject_en", "text_en")
        return Words(**{name: self.cleaned_data.get(name, "") for name in names})


class Boxes(forms.TypedMultipleChoiceField):
    """Boxes to tick, none of them needed."""

    def __init__(
        self, label: Any, choices: Iterable[tuple[Any, Any]], coerce: Callable[[Any], Any] = int
    ) -> None:
        super().__init__(
            label=label,
            choices=choices,
            coerce=coerce,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            error_messages={
                "invalid_choice": _("One of these choices is no longer there. Choose again.")
            },
        )


class AudienceForm(forms.Form):
    """Who gets it: every group with ticks has to fit, by any one of them."""

    use_required_attribute = False

    def __init__(self, event: Event, audience: Audience, data: Any = None) -> None:
        super().__init__(data, initial=audience.stored() | {"picked": True})
        self.slots = tables_of(event, audience)
        self.by_hand = audience.people
        rounds = [(round_.pk, str(round_)) for round_ in event.rounds.order_by("number")]
        questions = [(one.pk, str(one)) for one in questions_of(event, audience)]
        tables = [(one.pk, _named(one)) for one in self.slots]
        doors = Door.choices if audience.door or door_was_kept(event) else []
        self.fields |= {
            "statuses": Boxes(_("Who"), statuses(event), str),
            "tables": Boxes(_("Sits at"), tables),
            "with_table": Boxes(_("Has a table in"), rounds),
            "without_table": Boxes(_("Has no table in"), rounds),
            "roles": Boxes(roles.heading(event), roles_of(event, audience), str),
            "unanswered": Boxes(_("Did not answer"), questions),
            "door": Boxes(_("At the door"), doors, str),
        }
        if self.by_hand:
            self.fields["picked"] = forms.BooleanField(
                label=_("Only the people picked in the list"), required=False
            )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("statuses") and not values.get("picked") and not self.errors:
            self.add_error("statuses", _("Tick at least one: who gets the message?"))
        return values

    @property
    def audience(self) -> Audience:
        values = dict(self.cleaned_data)
        picked = values.pop("picked", False)
        chosen = {name: tuple(keys) for name, keys in values.items()}
        return Audience(**chosen, people=self.by_hand if picked else ())

    def tables_by_round(self) -> Iterator[tuple[str, list[BoundWidget]]]:
        boxes = zip(self.slots, self["tables"], strict=True)
        for round_, group in groupby(boxes, key=lambda pair: pair[0].round):
            yield str(round_), [box for _slot, box in group]

    def groups(self) -> Sequence[forms.BoundField]:
        """The groups other than statuses and tables that have something to choose."""
        names = ("roles", "with_table", "without_table", "unanswered", "door")
        return [self[name] for name in names if len(self[name])]


def _named(slot: Slot) -> str:
    name = str(slot.session)
    return _("%(table)s (dropped out)") % {"table": name} if slot.dropped else name
