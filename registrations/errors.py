"""Every way a rule can say no. ``str()`` of each may be shown to the visitor."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


class RegistrationError(Exception):
    """A rule said no; the sentence says what happened and what to do."""

    message = _("This is not possible. Please write to the organisers.")
    # What organisers who act for somebody read, where that is something else.
    to_organisers: str | Promise = ""
    # The field of a form that it is about; '' for the whole form.
    field = ""

    def __str__(self) -> str:
        return str(self.message)

    @property
    def for_organisers(self) -> list[tuple[str, str]]:
        """As ``problems``, in the words for organisers."""
        return [("", str(self.to_organisers))] if self.to_organisers else self.problems

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Pairs of a form field and a sentence."""
        return [(self.field, str(self))]


class SignupNotOpen(RegistrationError):
    message = _("Sign-up has not opened yet. Come back later.")


class EventOver(RegistrationError):
    message = _("This event is over.")


class SignupClosed(RegistrationError):
    message = _("Sign-up has closed. Please write to the organisers.")


class CalledOff(SignupClosed):
    message = _("This event is called off. You need not do anything.")
    to_organisers = _("The event is called off. Nothing was changed.")


class EventFull(RegistrationError):
    message = _("The last place has just been taken. You are not signed up. Try again later.")
    to_organisers = _("All places are taken. Nothing was changed.")


class DoorFull(EventFull):
    message = _("Every place is taken. Nobody can come in without a sign-up any more.")


class WaitingOffered(EventFull):
    """There is no place to hold, but there is a waiting list (rule 8)."""

    message = _("All places are taken now. Send the form again to join the waiting list.")
    to_organisers = _(
        "All places are taken, or people wait for one. "
        "Send the form again to put this person on the waiting list."
    )


class ConfirmedTooLate(EventFull):
    message = _(
        "Your time to confirm has run out, and all places are taken now. "
        "You are not signed up. Try again later: people cancel."
    )
    to_organisers = _("All places are taken, and the waiting list is closed. Nothing was changed.")


class SeveralProblems(RegistrationError):
    """Several things may be wrong, each in a field of its own."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__(problems)
        self._problems = problems

    def __str__(self) -> str:
        return " ".join(sentence for _field, sentence in self._problems)

    @property
    def problems(self) -> list[tuple[str, str]]:
        return self._problems


class TablesRefused(SeveralProblems):
    """One or more tables cannot be had; nothing at all was taken (rule 2)."""


class AnswersRefused(SeveralProblems):
    """Answers do not fit what is asked, or no longer; nothing at all was stored (rule 2)."""


class AnswersClosed(RegistrationError):
    message = _("Answers can no longer be changed. Yours stay as they are.")
    to_organisers = _("Answers can no longer be changed: the time for changes is over.")


class AnsweredMeanwhile(RegistrationError):
    """For an organiser who acts for somebody on a page that is out of date."""

    message = _(
        "The answers of this person have changed in the meantime. Check them and save again."
    )


class ChangesClosed(RegistrationError):
    message = _("Tables can no longer be changed. Your own tables stay as they are.")


class RequestsClosed(RegistrationError):
    message = _(
        "The waiting list has closed, so you can no longer ask for other tables. "
        "What you asked for stays as it is."
    )


class EventStarted(RegistrationError):
    message = _("The event has started. Please talk to the staff at the door.")
    to_organisers = _("The event has started. From now on the door decides who comes in.")


class NotRegistered(RegistrationError):
    message = _("This sign-up is no longer valid. You can sign up again.")
    to_organisers = _("This sign-up is no longer valid. Sign this person up again.")


class HoldOver(RegistrationError):
    """The mail of a sign-up can go to another address as long as its hold was to last (rule 4)."""

    message = _("This sign-up can no longer be changed. Sign up again, with the right address.")
    field = "email"


class RedirectedOften(RegistrationError):
    """The mail of one hold goes to a few other addresses, so that it is no way to mail many."""

    message = _(
        "The e-mail about this sign-up has gone to a few other addresses already. Sign up again, "
        "or ask the organisers."
    )
    field = "email"


class WrongCode(RegistrationError):
    """Not the code of the mail; ``left`` is how often another one can be typed."""

    def __init__(self, left: int) -> None:
        super().__init__(left)
        self.left = left
        self.field = "code" if left else ""

    def __str__(self) -> str:
        if not self.left:
            return str(_("This code is not right. From now on only the link in the e-mail works."))
        return ngettext(
            "This code is not right. You can try %(left)s more time.",
            "This code is not right. You can try %(left)s more times.",
            self.left,
        ) % {"left": self.left}


class LinkUnknown(RegistrationError):
    """No registration belongs to this link, or no longer."""

    message = _("This link does not work any more. Ask for a new one.")


class TooManyRequests(RegistrationError):
    """A ceiling was reached; ``seconds`` is how long to wait before trying again."""

    seconds = 0


class BusyNetwork(TooManyRequests):
    message = _("We received a very large number of forms from your network. Yours was not sent.")
    seconds = 600


class BusyAddress(TooManyRequests):
    message = _(
        "We received many requests for this e-mail address. Yours was not sent. "
        "Look in your inbox first."
    )
    seconds = 3_600


class BusyAccount(TooManyRequests):
    message = _("You have tried this very often.")
    seconds = 600


class MailingSent(RegistrationError):
    message = _("This message has been sent off already. Make a new one to write again.")


class MailingChanged(RegistrationError):
    message = _("Somebody else changed this message meanwhile. Look at it again before you go on.")


class NobodyToMail(RegistrationError):
    message = _("Nobody gets this message. Choose other people.")


class MailingTooLate(RegistrationError):
    message = _("The time for this message is over. Write one of your own.")


class MailingTooEarly(RegistrationError):
    message = _("The event is not over yet. Thank people afterwards.")


class MailingOfCalledOff(RegistrationError):
    message = _("The event is called off. Write a message of your own.")


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

    field = "namesake"
    message = _(
        "Somebody of this name is registered already. Is this somebody else? Then tick "
        "‘Somebody else of the same name’ and send the form again."
    )


class StillInTheQueue(RegistrationError):
    message = _(
        "Nobody is passed over: a place that comes free goes by itself to whoever has waited "
        "longest. Once the waiting list has closed you can give a free place away by hand."
    )


class HasLink(RegistrationError):
    message = _(
        "Somebody with this address has an active sign-up, and can erase everything with the "
        "link in the mail. Send that link again, or cancel that sign-up first."
    )


class NoSeatToMove(RegistrationError):
    message = _("Only somebody who is registered can be given another table.")


class MovedMeanwhile(RegistrationError):
    """Somebody else, the person or the waiting list was quicker."""

    message = _(
        "The tables of this person have changed in the meantime. Check them and save again."
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
