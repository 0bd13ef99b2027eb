"""The shape of what visitors type; actions check the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from crispy_forms.layout import Submit
from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from program.models import Event, Slot
from program.public.cross_origin import refused
from program.public.programme import fetch_hosts
from registrations.booking import signup
from registrations.booking.answers import Answers
from registrations.errors import RegistrationError
from registrations.forms.own_questions import AGREE, OwnQuestions
from registrations.forms.plain import FormPart, LineField, Piece, PlainForm, Text
from registrations.forms.ranking import RankingChoice
from registrations.forms.tables import TableChoice
from registrations.names.addresses import SENTENCES, clean_email
from registrations.names.person_names import clean_line, clean_name
from registrations.queries import roles
from registrations.queries.rankings import Ranked
from registrations.queries.waiting import Queues, Wait

Data = Mapping[str, Any] | None


# Nobody can agree to these on another site: they are ticked here, or not at all.
CONSENTS = ("agree", "listed", AGREE)


def typed(request: HttpRequest) -> QueryDict | None:
    """What fills a form: what was sent, or, only to be shown again, what another site sent."""
    if request.method == "POST":
        return request.POST
    if (fields := refused(request)) is not None:
        fields = fields.copy()
        for name in CONSENTS:
            fields.pop(name, None)
    return fields


def email_field(help_text: Text = "") -> LineField:
    return LineField(
        clean_email,
        label=_("E-mail address"),
        help_text=help_text,
        sentences=SENTENCES
        | {"required": _("Enter your e-mail address, such as name@municipality.nl.")},
        widget=forms.EmailInput(
            attrs={"autocomplete": "email", "maxlength": "254", "spellcheck": "false"}
        ),
    )


def role_field(event: Event) -> forms.ChoiceField:
    """The event's question about roles, with the answers that it has."""
    choices = [(role.code, role.local_label) for role in roles.asked(event)]
    missing = format_lazy(
        _("Choose from the list at ‘{question}’."), question=event.local_role_question
    )
    return forms.ChoiceField(
        label=event.local_role_question,
        choices=[("", _("choose from the list")), *choices],
        error_messages={"required": missing, "invalid_choice": missing},
        widget=forms.Select(attrs={"autocomplete": "organization-title", "aria-required": "true"}),
    )


class SignUpForm(TableChoice, OwnQuestions):
    """A personal sign-up (rule 3 in docs/rules.md)."""

    first_name = LineField(
        clean_name,
        label=_("First name"),
        sentences={
            "required": _("Fill in your first name."),
            "name_empty": _("Fill in your first name."),
            "too_long": _("Make your first name shorter: 100 characters at most."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "given-name", "spellcheck": "false"}),
    )
    last_name = LineField(
        clean_name,
        label=_("Last name"),
        sentences={
            "required": _("Fill in your last name."),
            "name_empty": _("Fill in your last name."),
            "too_long": _("Make your last name shorter: 100 characters at most."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "family-name", "spellcheck": "false"}),
    )
    email = email_field()
    organisation = LineField(
        clean_line,
        label=_("Organisation"),
        sentences={
            "too_long": _("Make the name of your organisation shorter: 100 characters at most."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    agree = forms.BooleanField(
        label=_("My place is for me alone. If I can’t come, I’ll cancel."),
        error_messages={
            "required": _("Tick the box to show that you know your place is personal.")
        },
    )
    listed = forms.BooleanField(
        label=_("You can show my name on ‘Who is coming?’"),
        help_text=_(
            "With your role and organisation. The hosts of your tables see it too. You can turn it "
            "off later."
        ),
        required=False,
    )
    # Sent by a page that has announced the waiting list (rule 8).
    waiting = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        event: Event,
        slots: Iterable[Slot],
        queues: Queues,
        data: Data = None,
        *,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.event = event
        self._you = self.about_you
        if roles.asked(event):
            self.fields["role"] = role_field(event)
            self._you = (*self.about_you, "role")
        self.own = self.add_questions(event)
        self.add_rounds(slots, queues)
        tables = [name for name in self.fields if name.startswith(("round_", "wish_"))]
        self.order_fields([*tables, *self.own, *self._you])

    @property
    def for_the_list(self) -> bool:
        return self.queues.offered

    def parts(self) -> Iterable[object]:
        waits = self.for_the_list
        if self.rounds:
            yield self._tables_part()
        yield from self.question_part(self.own)
        yield FormPart(
            _("You"),
            Piece("registrations/_all_required.html"),
            *self._you,
            "agree",
            *([Piece("registrations/_for_the_list.html")] if waits else []),
            Piece("registrations/_listed.html"),
            *([Piece("registrations/_notice.html")] if self.event.notice else []),
            Piece("registrations/_privacy_note.html"),
            Submit("", _("Put me on the waiting list") if waits else _("Sign up")),
            Piece("registrations/_what_next.html"),
        )

    @property
    def after_tables(self) -> str:
        """A link to the first question that comes after the tables."""
        bound = self[[*self.own, *self._you][0]]
        return f"#{getattr(bound, 'target', '') or bound.id_for_label}"

    def _tables_part(self) -> Piece:
        """What was chosen, or all tables once more if something is wrong with that."""
        if self.choice_stands:
            return Piece("registrations/_chosen_tables.html")
        fetch_hosts(self.slots)
        return Piece("registrations/_choose_tables.html")

    about_you: tuple[str, ...] = ("first_name", "last_name", "email", "organisation")

    @property
    def erased_on(self) -> date:
        """The day on which names and addresses are removed (rule 12)."""
        return self.event.erased_on


class RankedSignUpForm(RankingChoice, SignUpForm):
    """A sign-up for an event whose places and tables are drawn (rule 16)."""

    def _tables_part(self) -> Piece:
        fetch_hosts(self.slots)
        return Piece("registrations/_rank_tables.html")


def sign_up_form(event: Event) -> type[SignUpForm]:
    return RankedSignUpForm if event.draw_to_come else SignUpForm


class RankForm(RankingChoice):
    """Another order for somebody who takes part in the draw, or waits for a place after it.

    ``ranked`` is the present one.
    """

    def __init__(
        self,
        event: Event,
        slots: Iterable[Slot],
        queues: Queues,
        data: Data = None,
        *,
        ranked: Ranked,
    ) -> None:
        initial = {f"round_{number}": list(codes) for number, codes in ranked.items()}
        super().__init__(data, initial=initial)
        self.event = event
        self.add_rounds(slots, queues)

    def parts(self) -> Iterable[object]:
        fetch_hosts(self.slots)
        yield Piece("registrations/_rank_again.html")


class ChangeTablesForm(TableChoice):
    """Other tables for somebody who is registered.

    ``current`` is round number -> code, ``waits`` are the tables that they wait for. With
    ``asks`` they wait for a place in the event: then both are requests, and nothing is theirs yet.
    """

    def __init__(
        self,
        event: Event,
        slots: Iterable[Slot],
        queues: Queues,
        data: Data = None,
        *,
        current: Mapping[int, str],
        waits: Sequence[Wait] = (),
        asks: bool = False,
    ) -> None:
        current_by_name = {f"round_{number}": code for number, code in current.items()}
        super().__init__(data)
        self.event = event
        self.asks = asks
        self.add_rounds(slots, queues, mine={} if asks else current_by_name, waits=waits)
        for bound in self.rounds:
            self.initial[bound.name] = current_by_name.get(bound.name, "")

    @property
    def for_the_list(self) -> bool:
        return self.asks

    def parts(self) -> Iterable[object]:
        fetch_hosts(self.slots)
        yield Piece("registrations/_change_tables.html")


class AnswersForm(OwnQuestions):
    """Other answers for somebody who is registered; ``told`` are the present ones."""

    def __init__(self, event: Event, told: Answers, data: Data = None) -> None:
        super().__init__(data)
        self.own = self.add_questions(event, told)

    def parts(self) -> Iterable[object]:
        yield from self.question_part(self.own, Submit("", _("Save my answers")))


class EmailForm(PlainForm):
    """An address alone."""

    email = email_field()


class MyLinkForm(PlainForm):
    """An address to mail a personal link to."""

    email = email_field(_("The address you signed up with."))

    def parts(self) -> Iterable[object]:
        yield FormPart("", "email", Submit("", _("E-mail me my link")))


def judge_tables(form: TableChoice, *, waiting_too: bool, mine: Collection[int] = ()) -> None:
    """What only the rules can tell of the tables in a form. Raises TablesRefused."""
    event = form.event
    if form.ranked is None:
        tables = form.tables, form.waitlists
        signup.judge_tables(event, *tables, waiting_too=waiting_too, mine=mine)
    else:
        signup.judge_ranking(event, form.ranked)


def add_problems(form: PlainForm, error: RegistrationError) -> None:
    """Show in the form why a rule said no."""
    if isinstance(form, TableChoice):
        form.look_again()
    for name, sentence in error.problems:
        form.add_error(name if name in form.fields else None, sentence)
