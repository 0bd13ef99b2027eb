"""The page behind the personal link where one answers the organiser's questions anew."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from registrations import actions, answers
from registrations.errors import RegistrationError
from registrations.forms import AnswersForm, add_problems
from registrations.models import Registration
from registrations.personal import behind_link
from registrations.views import see_other


@require_http_methods(["GET", "HEAD", "POST"])
@behind_link
def change_answers(request: HttpRequest, registration: Registration, token: str) -> HttpResponse:
    if "wissen" in request.POST:
        actions.erase_needs(registration, at=timezone.now())
        return see_other("registrations:mine", token, query="?klaar=gewist")
    event, sent = registration.event, request.method == "POST"
    mine = answers.of_person(registration)
    counts = registration.status in Registration.COUNTING
    if not sent and not (counts and (mine.asked or mine.told.needs)):
        return see_other("registrations:mine", token)
    form = AnswersForm(event, mine.told, request.POST if sent else None)
    if form.is_valid():
        try:
            actions.change_answers(registration, form.told, at=timezone.now())
            return see_other("registrations:mine", token, query="?klaar=antwoorden")
        except RegistrationError as error:
            add_problems(form, error)
    context = {
        "event": event,
        "registration": registration,
        "token": token,
        "form": form,
        "mine": mine,
        "can_change": counts and mine.asked and timezone.now() < event.changes_close,
    }
    status = 422 if form.errors else 200
    return render(request, "registrations/answers.html", context, status=status)
