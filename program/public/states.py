"""Whether one can sign up for an event now, and if not, why not."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from program.models import Event


class SignupState(StrEnum):
    NOT_OPEN = "not_open"
    OPEN = "open"
    # Before a draw: people put tables in order, and then everybody waits for what comes out.
    RANKING = "ranking"
    DRAWING = "drawing"
    FULL = "full"
    CLOSED = "closed"
    OVER = "over"
    CALLED_OFF = "called_off"

    @property
    def lively(self) -> bool:
        """Whether it still matters where there is room: not once it is over or called off."""
        return self not in (SignupState.OVER, SignupState.CALLED_OFF)

    @property
    def shows_seats(self) -> bool:
        """Whether a visitor can still have one of the seats that are left, now or soon."""
        return self in (
            *(SignupState.NOT_OPEN, SignupState.OPEN, SignupState.FULL),
            *(SignupState.RANKING, SignupState.DRAWING),
        )


def signup_state(event: Event, at: datetime) -> SignupState:
    if event.called_off:
        return SignupState.CALLED_OFF
    if event.over(at):
        return SignupState.OVER
    if at >= event.signup_closes:
        return SignupState.CLOSED
    if not event.signup_open(at):
        return SignupState.NOT_OPEN
    if event.draw_to_come:
        return SignupState.RANKING if event.ranking_open(at) else SignupState.DRAWING
    return SignupState.OPEN if event.places_left > 0 else SignupState.FULL


def standing(event: Event, at: datetime) -> str:
    """Where an event is in its life, in a word for its organisers."""
    if event.called_off:
        return _("called off")
    if event.over(at):
        return _("past")
    return _("published") if event.published else _("draft")
