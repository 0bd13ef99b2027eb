"""Who organises an event, and where people write to."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from program.admin.day_form import help_texts
from program.admin.step_form import Group, StepForm
from program.models import Event


class ContactForm(StepForm):
    groups = (Group(gettext_lazy("Who organises it"), ["organiser", "organiser_email"]),)

    class Meta:
        model = Event
        fields = ["organiser", "organiser_email"]
        help_texts = help_texts()
