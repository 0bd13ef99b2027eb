"""What people answered to the organiser's own questions."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from program.models import Event, SignupQuestion
from program.models.constraints import same_event
from registrations.models.registration import Registration


class Answer(models.Model):
    """One answer; a question that has any cannot be deleted, only retired."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(SignupQuestion, on_delete=models.PROTECT, related_name="answers")
    # A text, a list of the options chosen, or true or false.
    value = models.JSONField(_("answer"))

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["question__position", "question_id"]
        constraints = [
            models.UniqueConstraint(fields=["registration", "question"], name="answer_once"),
            same_event("registration", name="answer_registration_of_event"),
            same_event("question", name="answer_question_of_event"),
        ]

    def __str__(self) -> str:
        return str(self.question)


class SpecialNeeds(models.Model):
    """Diet, access: with a consent of their own, for organisers only (rule 12).

    A row of its own, so that it is in no list or export by accident, and goes as a whole.
    """

    registration = models.OneToOneField(
        Registration, on_delete=models.CASCADE, related_name="special_needs"
    )
    text = models.TextField(_("special needs"))
    consented_at = models.DateTimeField(_("agreed at"))

    class Meta:
        verbose_name = _("special needs")
        verbose_name_plural = _("special needs")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="special_needs_say_something"),
        ]

    def __str__(self) -> str:
        return str(self.registration)
