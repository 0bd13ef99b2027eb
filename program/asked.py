"""What may still change about an organiser's own question once people have answered it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from program.models import SignupQuestion
from program.models.questions import lines


def change_refused(question: SignupQuestion, *, kind: str, options: str) -> dict[str, str]:
    """By field, why the question cannot become this; empty if it can.

    Answers stay what people said: the kind stays, and so does every answer to choose that
    somebody chose. Others may be added, moved or taken out, and all may be translated anew.
    The row is read again, so ``question`` may hold new values already. To be sure that nobody
    answers meanwhile, hold the lock on the event.
    """
    stored = SignupQuestion.objects.filter(pk=question.pk).first()
    if stored is None or not stored.answers.exists():
        return {}
    if kind != stored.kind:
        return {
            "kind": _(
                "People have answered this question. Stop asking it, and ask another one instead."
            )
        }
    gone = sorted(_chosen(stored) - set(lines(options)))
    if not gone:
        return {}
    message = _("People chose ‘%(answer)s’. Leave that answer as it is; you can add others.")
    return {"options": message % {"answer": "’, ‘".join(gone)}}


def _chosen(question: SignupQuestion) -> set[str]:
    """The answers that somebody chose."""
    if question.kind not in SignupQuestion.WITH_OPTIONS:
        return set()
    values = question.answers.order_by().values_list("value", flat=True)
    return {text for value in values for text in ([value] if isinstance(value, str) else value)}
