"""The team of an event: who organises it, colleagues with their roles, hosts and their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from program.models import Event, Speaker
from program.organisers import acts, render_page
from registrations.admin.pages import by, see_other
from registrations.admin.people.person_forms import Data, StaffForm, address_field
from registrations.errors import (
    ProposalDecided,
    ProposalWaiting,
    RegistrationError,
)
from registrations.forms.plain import LineField
from registrations.mail.staff_mail import MAY
from registrations.models import ColleagueRole, Host, Invitation, Proposal, StoredMail
from registrations.names.addresses import SENTENCES, clean_email
from registrations.organising import colleagues, hosts
from registrations.organising.hosts import Contact

# In the form the role that may do least stands first: nobody invites an organiser by accident.
LEAST_FIRST = (ColleagueRole.READER, ColleagueRole.DOOR, ColleagueRole.ORGANISER)
FIELDS: dict[str, str | Promise] = {
    "text": gettext_lazy("Text"),
    "text_en": gettext_lazy("Text in English"),
    "organisation": gettext_lazy("Organisation"),
    "organisation_en": gettext_lazy("Organisation in English"),
    "function": gettext_lazy("Function"),
    "function_en": gettext_lazy("Function in English"),
}


class InviteForm(StaffForm):
    """An address and a role."""

    email = address_field(required=True)
    role = forms.ChoiceField(
        label=gettext_lazy("What this colleague does"),
        choices=[(role, capfirst(role.label)) for role in LEAST_FIRST],
        error_messages={"required": gettext_lazy("Choose what this colleague does.")},
    )


class HostAddressesForm(StaffForm):
    """An address for each host. Only what was changed on the page is stored, so that two
    organisers who fill it in at the same time keep each other's.
    """

    def __init__(self, event: Event, rows: Iterable[HostRow], data: Data = None) -> None:
        super().__init__(data)
        self.rows = list(rows)
        for row in self.rows:
            self._add(row, "email", _email_field(row))
            if event.bilingual and row.host:
                self._add(row, "language", _language_field(row))

    def _add(self, row: HostRow, name: str, field: forms.Field) -> None:
        key = f"{name}_{row.speaker.pk}"
        self.fields[key] = field
        setattr(row, name, self[key])

    @property
    def contacts(self) -> dict[int, Contact]:
        """Those that were changed, by the key of the speaker."""
        found = {}
        for row in self.rows:
            email, language = f"email_{row.speaker.pk}", f"language_{row.speaker.pk}"
            if {email, language} & {*self.changed_data}:
                known = row.host.language if row.host else settings.LANGUAGE_CODE
                found[row.speaker.pk] = Contact(
                    self.cleaned_data[email], self.cleaned_data.get(language, known)
                )
        return found


@dataclass
class HostRow:
    """A host of the programme, with what is known of them; the fields are the form's."""

    speaker: Speaker
    host: Host | None
    sessions: list[str]
    proposals: list[Proposal]
    email: forms.BoundField | None = None
    language: forms.BoundField | None = None

    @property
    def waiting(self) -> list[Proposal]:
        return [one for one in self.proposals if one.decided_at is None]

    @property
    def to_mail(self) -> bool:
        """Whether they have an address that works, and were not mailed yet."""
        return bool(self.host and not self.host.invited_at and not self.host.email_refused_at)


@dataclass(frozen=True)
class Colleague:
    user: User
    role: ColleagueRole
    own: bool  # whether it is the place of the one who looks, which somebody else has to end

    @property
    def name(self) -> str:
        return self.user.get_full_name() or self.user.get_username()


@acts
@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest, event: Event) -> HttpResponse:
    """POST invites a colleague, or stores addresses of hosts and mails those not mailed yet."""
    do = request.POST.get("do", "")
    inviting, acting = do == "invite", by(request)
    invite = InviteForm(request.POST if inviting else None)
    contacts = HostAddressesForm(
        event, _host_rows(event), request.POST if do in ("save", "mail") else None
    )
    if inviting and invite.is_valid():
        email, role = (invite.cleaned_data[name] for name in ("email", "role"))
        return _done(
            request,
            event,
            lambda: colleagues.invite(event, email, role, **acting),
            _("The invitation is on its way to %(email)s.") % {"email": email},
        )
    if contacts.is_bound and contacts.is_valid():
        try:
            hosts.save_contacts(event, contacts.contacts, **acting)
        except ProposalWaiting as error:
            contacts.add_error(f"email_{error.speaker}", str(error))
            return _page(request, event, invite, contacts)
        except RegistrationError as error:
            messages.error(request, str(error))
            return see_other("event-team", event.pk)
        if do == "mail":
            _mail_new(request, event)
        else:
            messages.success(request, _("The addresses are saved."))
        return see_other("event-team", event.pk)
    if request.method == "POST" and not (inviting or contacts.is_bound):
        return see_other("event-team", event.pk)
    return _page(request, event, invite, contacts)


def _page(
    request: HttpRequest, event: Event, invite: InviteForm, contacts: HostAddressesForm
) -> HttpResponse:
    at = timezone.now()
    return render_page(
        request,
        "admin/team.html",
        event,
        _("Team"),
        status=422 if invite.errors or contacts.errors else 200,
        colleagues=list(_colleagues(event, request)),
        invitations=list(_invitations(event, at)),
        invite=invite,
        roles=[(capfirst(role.label), MAY[role]) for role in LEAST_FIRST],
        days=colleagues.WORKS.days,
        contacts=contacts,
        to_mail=sum(row.to_mail for row in contacts.rows),
        write_to=quote(",".join(row.host.email for row in contacts.rows if row.host), safe="@,"),
        left=event.hosts.filter(speaker=None),
        waiting=event.proposals.open().select_related("host", "session"),
        over=event.over(at),
        erased=event.kept_until <= at,
    )


@acts
@require_POST
def invitation(request: HttpRequest, event: Event, number: int) -> HttpResponse:
    """Mail it again with a new link, or withdraw it."""
    found = get_object_or_404(event.invitations, pk=number)
    acting = by(request)
    if request.POST.get("do") == "again":
        said = _("The invitation has been mailed again. The old link no longer works.")
        return _done(request, event, lambda: colleagues.resend(found, **acting), said)
    said = _("The invitation has been withdrawn.")
    return _done(request, event, lambda: colleagues.withdraw(found, **acting), said)


@acts
@require_POST
def take_off(request: HttpRequest, event: Event, number: int) -> HttpResponse:
    if request.POST.get("role") not in ColleagueRole.values:
        return see_other("event-team", event.pk)
    role = ColleagueRole(request.POST["role"])
    # Of others it does not say whether they have an account.
    user = get_object_or_404(getattr(event, role.members), pk=number)
    me, at = request.user, timezone.now()
    return _done(
        request,
        event,
        lambda: colleagues.take_off(event, user, role, by=me, at=at),
        _("This colleague no longer works for the event."),
    )


@acts
@require_POST
def host(request: HttpRequest, event: Event, number: int) -> HttpResponse:
    """Mail one host the link, withdraw it, or forget somebody who left the programme."""
    found: Host = get_object_or_404(event.hosts, pk=number)
    acting = by(request)
    match request.POST.get("do"):
        case "mail" if not found.email_refused_at:
            said = _("The link is on its way.")
            return _done(
                request, event, lambda: hosts.mail_links(event, [found.pk], **acting), said
            )
        case "withdraw":
            said = _("The link no longer works. Mail this host again to give them a new one.")
            return _done(request, event, lambda: hosts.withdraw_link(found, **acting), said)
        case "forget":
            return _done(
                request,
                event,
                lambda: hosts.forget(found, **acting),
                _("The address has been erased."),
            )
    return see_other("event-team", event.pk)


@acts
@require_http_methods(["GET", "HEAD", "POST"])
def proposal(request: HttpRequest, event: Event, number: int) -> HttpResponse:
    """What a host proposes beside what the programme says, to accept or decline.

    Whoever answers one that is no longer open, which its host can see to, reads so on the team
    page; the page itself is gone by then.
    """
    error, do = None, request.POST.get("do")
    if do in ("accept", "decline"):
        try:
            return _answer(request, event, number, accepts=do == "accept")
        except ProposalDecided as gone:
            messages.error(request, str(gone))
            return see_other("event-team", event.pk)
        except RegistrationError as refused:
            error = str(refused)
    found = get_object_or_404(_open(event), pk=number)
    was = hosts.now(found.host, found.session)
    return render_page(
        request,
        "admin/team_proposal.html",
        event,
        _("Proposal by %(name)s") % {"name": found.host.name},
        status=422 if error else 200,
        proposal=found,
        error=error,
        differences=[
            (FIELDS[name], name, text, found.values.get(name, text))
            for name, text in was.items()
            if found.values.get(name, text) != text
        ],
        seen=hosts.fingerprint(found),
    )


def _open(event: Event) -> QuerySet[Proposal]:
    return event.proposals.open().select_related("host__speaker", "session")


def _answer(request: HttpRequest, event: Event, number: int, *, accepts: bool) -> HttpResponse:
    """Raises ProposalDecided, ProposalOutdated, SpeakerTwice."""
    found = _open(event).filter(pk=number).first()
    if found is None:
        raise ProposalDecided
    answer = {"seen": request.POST.get("seen", ""), **by(request)}
    if accepts:
        hosts.accept(found, **answer)
        messages.success(request, _("The proposal is in the programme now."))
    else:
        hosts.decline(found, **answer)
        messages.success(request, _("Declined. The programme stays as it is."))
    return see_other("event-team", event.pk)


def _done(request: HttpRequest, event: Event, act: Callable[[], object], said: str) -> HttpResponse:
    try:
        act()
    except RegistrationError as error:
        messages.error(request, " ".join(sentence for _field, sentence in error.for_organisers))
    else:
        messages.success(request, said)
    return see_other("event-team", event.pk)


def _mail_new(request: HttpRequest, event: Event) -> None:
    keys = event.hosts.reachable().filter(invited_at=None).values_list("pk", flat=True)
    try:
        count = hosts.mail_links(event, list(keys), **by(request))
    except RegistrationError as error:
        messages.error(request, " ".join(sentence for _field, sentence in error.for_organisers))
        return
    said = ngettext(
        "Saved. %(count)s host is being mailed.", "Saved. %(count)s hosts are being mailed.", count
    )
    messages.success(request, said % {"count": count})


def _colleagues(event: Event, request: HttpRequest) -> Iterator[Colleague]:
    me = request.user
    for role in ColleagueRole:
        members = getattr(event, role.members).order_by("last_name", "first_name", "username")
        for user in members:
            own = role == ColleagueRole.ORGANISER and user == me and not me.is_superuser
            yield Colleague(user, role, own)


def _invitations(event: Event, at: datetime) -> Iterator[tuple[Invitation, bool, bool]]:
    """Each with whether it has expired, and whether its mail did not arrive."""
    failed = StoredMail.objects.failed().filter(invitation__event=event)
    keys = set(failed.values_list("invitation", flat=True))
    for one in event.invitations.all():
        yield one, one.expired(at), one.pk in keys


def _host_rows(event: Event) -> list[HostRow]:
    """The hosts in the order of the programme. Four queries, however many there are."""
    known = {
        host.speaker_id: host
        for host in event.hosts.exclude(speaker=None).prefetch_related("proposals")
    }
    rows = []
    for speaker in event.speakers.prefetch_related("hostings__session"):
        host = known.get(speaker.pk)
        if host:
            host.event = event
        sessions = sorted(str(hosting.session) for hosting in speaker.hostings.all())
        proposals = list(host.proposals.all()) if host else []
        rows.append(HostRow(speaker, host, sessions, proposals))
    return rows


def _email_field(row: HostRow) -> LineField:
    return LineField(
        clean_email,
        label=row.speaker.name,
        sentences={code: f"{row.speaker.name}: {sentence}" for code, sentence in SENTENCES.items()},
        widget=forms.EmailInput(
            attrs={
                "aria-label": _("E-mail address of %(name)s") % {"name": row.speaker.name},
                "spellcheck": "false",
                "autocomplete": "off",
            }
        ),
        initial=row.host.email if row.host else "",
        show_hidden_initial=True,
    )


def _language_field(row: HostRow) -> forms.ChoiceField:
    label = _("Language of %(name)s") % {"name": row.speaker.name}
    return forms.ChoiceField(
        label=label,
        choices=settings.LANGUAGES,
        widget=forms.Select(attrs={"aria-label": label}),
        initial=row.host.language if row.host else settings.LANGUAGE_CODE,
        show_hidden_initial=True,
    )


pages = [
    path("<int:pk>/team/", team, name="event-team"),
    path("<int:pk>/team/uitnodiging/<int:number>/", invitation, name="event-team-invitation"),
    path("<int:pk>/team/collega/<int:number>/", take_off, name="event-team-off"),
    path("<int:pk>/team/gastheer/<int:number>/", host, name="event-team-host"),
    path("<int:pk>/team/voorstel/<int:number>/", proposal, name="event-team-proposal"),
]
