"""The sign-up form of an event to try out before anybody can sign up; nothing is kept."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from program.models import Event
from program.public import preview
from program.public.programme import slots_of
from program.public.states import SignupState
from registrations.errors import RegistrationError
from registrations.public.forms import SignUpForm, add_problems, judge_tables, sign_up_form
from registrations.public.views import CHOICE, choice_in, choose
from registrations.queries import waiting


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def try_out(request: HttpRequest, token: str) -> HttpResponse:
    """Like signing up, with the same forms and the same sentences, for those with the link."""
    event = preview.event_of(token)
    slots, queues = slots_of(event), waiting.Queues(event, at=timezone.now())
    here, about = reverse("registrations:try-out", args=[token]), {"preview": token}
    if request.method == "POST":
        form = sign_up_form(event)(event, slots, queues, request.POST)
        form.sent_to = here
        if _right(form):
            return render(request, "registrations/tried_out.html", {"event": event, **about})
        return _page(request, form, token, status=422)
    chosen = None
    if not event.draw_to_come and any(CHOICE.fullmatch(name) for name in request.GET):
        choice = choice_in(request, event, slots, queues, None, SignupState.OPEN)
        choice.sent_to = here
        if not choice.is_bound or choice.errors:
            return choose(request, choice, **about)
        chosen = choice.cleaned_data
    form = sign_up_form(event)(event, slots, queues, initial=chosen or {})
    form.sent_to = here
    return _page(request, form, token)


def address(event: Event) -> str:
    return reverse("registrations:try-out", args=[preview.token_of(event)])


def page_of(request: HttpRequest, event: Event) -> SafeString:
    """The form as it is now, to be shown beside the one in which it is made."""
    queues = waiting.Queues(event, at=timezone.now())
    form = sign_up_form(event)(event, slots_of(event), queues)
    context = _context(form, preview.token_of(event))
    return preview.main_of(render_to_string("registrations/sign_up.html", context, request))


def _right(form: SignUpForm) -> bool:
    """Whether this would be a sign-up; says what is wrong, with a rule of ours too."""
    try:
        agreed = form.cleaned_data.get("waiting", False) if form.is_valid() else False
        judge_tables(form, waiting_too=agreed)
    except RegistrationError as error:
        add_problems(form, error)
    return not form.errors


def _page(request: HttpRequest, form: SignUpForm, token: str, *, status: int = 200) -> HttpResponse:
    return render(request, "registrations/sign_up.html", _context(form, token), status=status)


def _context(form: SignUpForm, token: str) -> dict[str, object]:
    return {"event": form.event, "form": form, "queues": form.queues, "preview": token}
