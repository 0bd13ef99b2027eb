"""How rules say no to organisers; the sentences are for them alone."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext_lazy as _

from registrations.errors import RegistrationError


class NotPublished(RegistrationError):
    message = _("This event is a draft. Publish it first: whoever is added gets a link to it.")


class Erased(RegistrationError):
    message = _("This person was erased. There is nothing left to change.")


class RegisteredAlready(RegistrationError):
    message = _(
        "Somebody with this e-mail address is registered already. Look that sign-up up and "
        "change it."
    )


class SameName(RegistrationError):
    """To be asked again with a yes: two people may have one name."""

    message = _(
        "Somebody of this name is registered already. Is this somebody else? Then tick "
        "‘Somebody else of the same name’ and send the form again."
    )

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [("namesake", str(self.message))]


class StillInTheQueue(RegistrationError):
    message = _(
        "Nobody is passed over: a place that comes free goes by itself to whoever has waited "
        "longest. Once the waiting list has closed you can give a free place away by hand."
    )


class HasLink(RegistrationError):
    message = _(
        "Somebody with this address has a sign-up that goes on, and can erase everything with the "
        "link in the mail. Send that link again, or cancel that sign-up first."
    )


class NoSeatToMove(RegistrationError):
    message = _("Only somebody who is registered can be given another table.")


class MovedMeanwhile(RegistrationError):
    """Somebody else, the person or the waiting list was quicker."""

    message = _(
        "Meanwhile the tables of this person have changed. Look which ones they are now, and "
        "save again."
    )


class NothingToMail(RegistrationError):
    message = _("There is no link to send: this sign-up was cancelled, or has no e-mail address.")


class LinkUnderWay(RegistrationError):
    """The same mail is waiting or has just left: the button was pressed twice."""

    def __init__(self, stored_at: datetime, sent_at: datetime | None) -> None:
        super().__init__(stored_at, sent_at)
        self.stored_at, self.sent_at = stored_at, sent_at

    def __str__(self) -> str:
        if self.sent_at:
            sentence = _("The link was sent at %(time)s. Wait a minute before you send another.")
            return sentence % {"time": time_format(timezone.localtime(self.sent_at))}
        stored = timezone.localtime(self.stored_at)
        sentence = _(
            "This link is on its way already, since %(moment)s. A second one adds nothing."
        )
        return sentence % {"moment": date_format(stored, "SHORT_DATETIME_FORMAT")}


class NothingChanged(RegistrationError):
    message = _("This is what it says already. Nothing was changed.")


class NameNotFixed(RegistrationError):
    message = _("Only the name of somebody who is registered or waits can be corrected.")


class AnotherName(RegistrationError):
    """More than a typing error (rule 3); ``letters`` is how far it is from what was confirmed."""

    def __init__(self, letters: int, most: int) -> None:
        super().__init__(letters, most)
        self.letters, self.most = letters, most

    def __str__(self) -> str:
        return _(
            "This differs in %(letters)s letters from the name as it was confirmed. A typing "
            "error is %(most)s at most. Is it somebody else? Then cancel this sign-up, and sign "
            "the other person up: the place goes to whoever waits longest."
        ) % {"letters": self.letters, "most": self.most}


class OtherWords(RegistrationError):
    message = _(
        "The order in lists has the same words as the name, such as ‘Berg, Jan van den’ "
        "or ‘Van den Berg, Jan’."
    )


class AddressProven(RegistrationError):
    message = _(
        "This address was confirmed by its owner and is never changed. Cancel this sign-up, and "
        "sign the person up with the other address."
    )


class NoPlaceForGuest(RegistrationError):
    message = _(
        "All places are taken. Add this guest without a place, or give the event more places."
    )
