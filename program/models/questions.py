"""What visitors often ask, and what an organiser asks them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from program.models.bilingual import Local, in_dutch
from program.models.constraints import SMALL
from program.models.event import event_key


class SignupQuestionQuerySet(models.QuerySet["SignupQuestion"]):
    def asked(self) -> SignupQuestionQuerySet:
        """Those on the sign-up form; a retired one keeps its answers and is no longer asked."""
        return self.filter(retired_at=None)


class SignupQuestion(models.Model):
    """A question of the organiser's own in the sign-up form."""

    class Kind(models.TextChoices):
        TEXT = "text", _("a line of text")
        LONG_TEXT = "long_text", _("a longer text")
        ONE = "one", _("one choice")
        SEVERAL = "several", _("several choices")
        YES_NO = "yes_no", _("yes or no")

    WITH_OPTIONS = (Kind.ONE, Kind.SEVERAL)

    event = event_key("signup_questions")
    position = models.PositiveSmallIntegerField(_("order"), default=0, validators=SMALL)
    kind = models.CharField(_("kind of answer"), max_length=10, choices=Kind, default=Kind.TEXT)
    question = models.CharField(_("question"), max_length=300)
    question_en = models.CharField(_("question (English)"), max_length=300, blank=True)
    options = models.TextField(
        _("answers to choose from"), blank=True, help_text=_("One on each line.")
    )
    options_en = models.TextField(
        _("answers to choose from (English)"),
        blank=True,
        help_text=_("As many lines, in the same order."),
    )
    required = models.BooleanField(_("has to be answered"), default=False)
    retired_at = models.DateTimeField(_("not asked any more since"), null=True, blank=True)

    local_question = Local("question")

    objects = SignupQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question at sign-up")
        verbose_name_plural = _("questions at sign-up")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "question"], name="signup_question_once"),
            models.UniqueConstraint(fields=["event", "id"], name="signup_question_of_event"),
            models.CheckConstraint(
                condition=~Q(kind__in=["one", "several"]) | ~Q(options=""),
                name="signup_question_has_options",
            ),
        ]

    def __str__(self) -> str:
        return self.local_question

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The answers to choose from: what is stored, and how it reads in this language.

        The Dutch text itself is stored, so that neither the visitor's language nor another
        order changes what somebody said. Unless there are as many English lines, all are Dutch.
        """
        stored = lines(self.options)
        english = lines(Local("options").__get__(self))
        if not self.options_en or len(english) != len(stored):
            return [(line, in_dutch(line)) for line in stored]
        return list(zip(stored, english, strict=True))


def lines(text: str) -> list[str]:
    """Each distinct line once, in order, without empty lines and needless spaces."""
    tidy = (" ".join(line.split()) for line in text.splitlines())
    return list(dict.fromkeys(line for line in tidy if line))


class Question(models.Model):
    """A frequently asked question with its answer."""

    event = event_key("questions")
    position = models.PositiveSmallIntegerField(_("order"), default=0, validators=SMALL)
    question = models.CharField(_("question"), max_length=300)
    question_en = models.CharField(_("question (English)"), max_length=300, blank=True)
    answer = models.TextField(_("answer"))
    answer_en = models.TextField(_("answer (English)"), blank=True)

    local_question = Local("question")
    local_answer = Local("answer")

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "question"], name="question_once"),
        ]

    def __str__(self) -> str:
        return self.local_question
