"""The pages behind a host's link: their tables, their day, and what they propose.

The link opens nothing else. Reading a page changes nothing: mail scanners read too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial, wraps
from typing import Any

from crispy_forms.layout import Submit
from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from program.models import Event, Speaker, TableSession
from registrations.errors import LinkUnknown, RegistrationError
from registrations.forms.plain import FormPart, LineField, PlainForm
from registrations.models import Host, Proposal
from registrations.names.person_names import clean_line
from registrations.names.texts import clean_text
from registrations.organising import hosts as actions
from registrations.privacy.download import host_data
from registrations.public.forms import add_problems, typed
from registrations.public.views import see_other
from registrations.queries import hosts, tokens

View = Callable[..., HttpResponse]

LONGEST_TEXT, LONGEST_LINE = 10_000, 200


def _text(label: Any, help_text: Any = "") -> LineField:
    return LineField(
        partial(clean_text, limit=LONGEST_TEXT),
        label=label,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 12, "class": "grows"}),
        sentences={},
    )


def _line(label: Any) -> LineField:
    return LineField(partial(clean_line, limit=LONGEST_LINE), label=label, sentences={})


class ProposalForm(PlainForm):
    """Columns of the programme as a host would like them; English ones for a bilingual event.

    ``was`` is what the programme says, ``earlier`` what the host proposed before.
    """

    def __init__(
        self, event: Event, was: Mapping[str, str], earlier: Mapping[str, str], data: Any = None
    ) -> None:
        super().__init__(data, initial={**was, **earlier})
        self.was = was
        for name in [*self.fields]:
            if name.endswith("_en") and not (event.bilingual or was.get(name)):
                del self.fields[name]

    def parts(self) -> Iterable[object]:
        yield FormPart("", *self.fields, Submit("", _("Send my proposal")))

    @property
    def proposed(self) -> dict[str, str]:
        """What differs from the programme in more than white space."""
        return {name: text for name, text in self.cleaned_data.items() if text != self._now(name)}

    def _now(self, name: str) -> str:
        try:
            return str(self.fields[name].clean(self.was.get(name, "")))
        except ValidationError:
            return self.was.get(name, "")


class SessionProposalForm(ProposalForm):
    text = _text(
        gettext_lazy("Text"),
        gettext_lazy(
            "An empty line starts a new paragraph. A line that begins with - is a point of a list."
        ),
    )
    text_en = _text(gettext_lazy("Text in English"))


class SpeakerProposalForm(ProposalForm):
    organisation = _line(gettext_lazy("Organisation"))
    organisation_en = _line(gettext_lazy("Organisation in English"))
    function = _line(gettext_lazy("Function"))
    function_en = _line(gettext_lazy("Function in English"))


def behind_link(view: View) -> View:
    """Give the view the host of the link, or say that the link does not work."""

    @wraps(view)
    def found(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        try:
            host = tokens.find_host(token)
        except LinkUnknown:
            return render(request, "registrations/host_link_unknown.html", status=404)
        return view(request, host, token, **kwargs)

    return never_cache(found)


@require_safe
@behind_link
def page(request: HttpRequest, host: Host, token: str) -> HttpResponse:
    """Where to be when, who comes, and what they proposed. A handful of queries."""
    event = host.event
    over = event.over(timezone.now())
    slots = [] if event.called_off else hosts.tables_of(host)
    # After the day a host no longer needs the names.
    tables = hosts.with_people(slots, named=not over)
    day, without_time = hosts.day_of(event, tables)
    context = _about(host, token) | {
        "day": day,
        "tables": tables,
        "without_time": without_time,
        "over": over,
        "can_propose": _can_propose(host),
        "texts": list(_texts(host)),
        "kept": host_data(host),
        "kept_until": event.kept_until,
        "done": request.GET.get("klaar", ""),
    }
    return render(request, "registrations/host.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@behind_link
def propose(request: HttpRequest, host: Host, token: str, code: str = "") -> HttpResponse:
    """Another text for a session of theirs, or without a code for their own function."""
    event = host.event
    session = get_object_or_404(_sessions(host), code=code) if code else None
    if host.speaker is None:
        raise Http404
    if request.method != "POST" and not _can_propose(host):
        return see_other("registrations:host", token)
    was = actions.now(host, session)
    waiting = host.proposals.open().filter(session=session).first()
    kind = SessionProposalForm if session else SpeakerProposalForm
    form = kind(event, was, waiting.values if waiting else {}, typed(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.propose(host, session, form.proposed, at=timezone.now())
            done = "voorstel" if made else "gelijk"
            return see_other("registrations:host", token, query=f"?klaar={done}")
        except RegistrationError as error:
            add_problems(form, error)
    context = _about(host, token) | {
        "session": session,
        "form": form,
        "waiting": waiting,
    }
    status = 422 if form.errors else 200
    return render(request, "registrations/host_propose.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@behind_link
def erase(request: HttpRequest, host: Host, token: str) -> HttpResponse:
    if request.method != "POST":
        return render(request, "registrations/host_erase.html", _about(host, token))
    actions.erase(host, at=timezone.now())
    # Nothing is left to redirect to: the link has just stopped working.
    return render(request, "registrations/host_erased.html", _about(host, ""))


@require_safe
@behind_link
def data(request: HttpRequest, host: Host, token: str) -> HttpResponse:
    response = JsonResponse(host_data(host), json_dumps_params={"ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="mijn-gegevens.json"'
    return response


def _about(host: Host, token: str) -> dict[str, Any]:
    """What every page needs; while the event is a draft, none links to the public pages."""
    event = host.event
    return {"event": event, "host": host, "token": token, "preview": not event.published}


def _can_propose(host: Host) -> bool:
    event = host.event
    stopped = event.called_off or event.started(timezone.now())
    return host.speaker is not None and not stopped


def _sessions(host: Host) -> Any:
    return TableSession.objects.filter(event=host.event, hostings__speaker=host.speaker)


def _texts(
    host: Host,
) -> Iterable[tuple[TableSession | None, TableSession | Speaker, Proposal | None]]:
    """What they may propose, as it is now, each with their newest proposal."""
    if host.speaker is None:
        return
    proposals = {proposal.session_id: proposal for proposal in host.proposals.all()}
    for session in _sessions(host).order_by("theme__number", "code"):
        yield session, session, proposals.get(session.pk)
    yield None, host.speaker, proposals.get(None)
