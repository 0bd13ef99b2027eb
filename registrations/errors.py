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

    message = _("This isn’t possible. Please e-mail the organisers.")
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
    message = _("Sign-up hasn’t opened yet. Please come back later.")


class EventOver(RegistrationError):
    message = _("This event is over.")


class SignupClosed(RegistrationError):
    message = _("Sign-up has closed. Please e-mail the organisers.")


class CalledOff(SignupClosed):
    message = _("This event has been called off. You don’t need to do anything.")
    to_organisers = _("The event has been called off. Nothing was changed.")


class EventFull(RegistrationError):
    message = _("The last place has just been taken, so you’re not signed up. Try again later.")
    to_organisers = _("All places are taken. Nothing was changed.")


class DoorFull(EventFull):
    message = _("Every place is taken. No one else can come in without a sign-up.")


class WaitingOffered(EventFull):
    """There is no place to hold, but there is a waiting list (rule 8)."""

    message = _("All places are taken now. Send the form again to join the waiting list.")
    to_organisers = _(
        "All places are taken, or people are waiting for one. Send the form again to put this "
        "person on the waiting list."
    )


class ConfirmedTooLate(EventFull):
    message = _(
        "You’ve run out of time to confirm, and all places are taken now, so you’re not signed "
        "up. Try again later: people do cancel."
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


class RoleGone(RegistrationError):
    """An organiser stopped asking it while the form was open."""

    field = "role"
    message = _("The list to choose from has just changed. Choose again and send the form again.")


class AnswersClosed(RegistrationError):
    message = _("You can no longer change your answers. They stay as they are.")
    to_organisers = _("Answers can no longer be changed: the time for changes is over.")


class AnsweredMeanwhile(RegistrationError):
    """For an organiser who acts for somebody on a page that is out of date."""

    message = _("This person’s answers have changed in the meantime. Check them and save again.")


class ChangesClosed(RegistrationError):
    message = _("You can no longer change tables. Your own tables stay as they are.")


class DrawUnderWay(RegistrationError):
    message = _("The tables are being drawn right now. Try again in a few minutes.")


class RankingClosed(RegistrationError):
    """The form is from before the draw."""

    message = _(
        "The tables have been drawn since you opened this page. Now you can choose from what is "
        "left."
    )


class DrawToCome(RegistrationError):
    """Nobody gets ahead of a draw (rule 16)."""

    message = _(
        "Places and tables are given out by a draw. This person takes part in it like everybody "
        "else."
    )


class TablesDrawnFirst(RegistrationError):
    """For somebody who has a place ahead of the draw: no table comes ahead of it (rule 16)."""

    message = _(
        "The tables are drawn first. After that you can choose from the tables that still have "
        "room. Until then your own tables stay as they are."
    )


class RequestsClosed(RegistrationError):
    message = _(
        "The waiting list has closed, so you can’t ask for other tables any more. What you asked "
        "for stays as it is."
    )


class EventStarted(RegistrationError):
    message = _("The event has started. Please talk to the staff at the door.")
    to_organisers = _(
        "The event has started. From now on, the staff at the door decide who comes in."
    )


class NotRegistered(RegistrationError):
    message = _("This sign-up is no longer valid. You can sign up again.")
    to_organisers = _("This sign-up is no longer valid. Sign this person up again.")


class HoldOver(RegistrationError):
    """The mail of a sign-up can go to another address as long as its hold was to last (rule 4)."""

    message = _("You can no longer change this sign-up. Sign up again with the right address.")
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
            return str(_("That code isn’t right. From now on, only the link in the e-mail works."))
        return ngettext(
            "That code isn’t right. You can try %(left)s more time.",
            "That code isn’t right. You can try %(left)s more times.",
            self.left,
        ) % {"left": self.left}


class LinkUnknown(RegistrationError):
    """No registration belongs to this link, or no longer."""

    message = _("This link no longer works. Ask for a new one.")


class AccountMeanwhile(LinkUnknown):
    """The address of an invitation has an account by now, which is to accept it."""


class NotTheirSession(RegistrationError):
    message = _("You no longer host this session. Please e-mail the organisers.")


class ProposalDecided(RegistrationError):
    message = _(
        "This proposal is no longer there: it was answered or withdrawn meanwhile. Nothing was "
        "changed."
    )


class ProposalOutdated(RegistrationError):
    message = _(
        "The proposal or the programme has changed since you opened this page. Nothing was "
        "changed. Compare again."
    )


class SpeakerTwice(RegistrationError):
    message = _(
        "The programme already has a host with this name and this organisation. Put that host at "
        "the table instead, then decline this proposal."
    )


class ProposalWaiting(RegistrationError):
    """Forgetting the address of a host would forget a proposal that nobody has answered."""

    message = _("%(name)s: first answer the proposal, then leave the address out.")

    def __init__(self, name: str, speaker: int | None) -> None:
        super().__init__()
        self.name, self.speaker = name, speaker

    def __str__(self) -> str:
        return str(self.message) % {"name": self.name}


class StillHosting(RegistrationError):
    message = _("This host is in the programme. Leave the address out in the list of hosts.")


class AddressesErased(RegistrationError):
    """The event's time is up (rule 12): what is stored now would be erased within the hour."""

    message = _(
        "The names and addresses of this event are erased, so no new ones are kept. Nothing was "
        "changed."
    )


class LastOrganiser(RegistrationError):
    message = _("This is the only organiser. First invite another one.")


class OwnPlace(RegistrationError):
    message = _("Somebody else has to take you off: you could not come back.")


class TooManyRequests(RegistrationError):
    """A ceiling was reached; ``seconds`` is how long to wait before trying again, at most as long
    as the class says.
    """

    seconds = 0

    def __init__(self, left: int | None = None) -> None:
        super().__init__(left)
        if left is not None:
            self.seconds = left


class BusyNetwork(TooManyRequests):
    message = _(
        "We’ve had a very large number of forms from your network, so we didn’t send yours."
    )
    seconds = 600


class UnconfirmedNetwork(TooManyRequests):
    """A network sends sign-ups that nobody confirms; each pause is longer than the last."""

    message = _(
        "We’ve had a very large number of sign-ups from your network that nobody has confirmed, "
        "so we didn’t send yours. Try another network, such as your phone’s."
    )


class BusyCodes(TooManyRequests):
    message = _(
        "A lot of wrong codes were typed, so we take no more codes for now. Use the link in the "
        "e-mail: that always works."
    )
    seconds = 3_600


class BusyAddress(TooManyRequests):
    message = _(
        "We’ve had a lot of requests for this e-mail address, so we didn’t send yours. Check "
        "your inbox first."
    )
    seconds = 3_600


class BusyAccount(TooManyRequests):
    message = _("You’ve tried this too many times.")
    seconds = 600


class MailingSent(RegistrationError):
    message = _("This message has already been sent. Make a new one to write again.")


class MailingChanged(RegistrationError):
    message = _(
        "Someone else has changed this message in the meantime. Look at it again before you go on."
    )


class NobodyToMail(RegistrationError):
    message = _("No one gets this message. Choose other people.")


class MailingTooLate(RegistrationError):
    message = _("It’s too late for this message. Write one of your own.")


class MailingTooEarly(RegistrationError):
    message = _("The event isn’t over yet. Thank people afterwards.")


class MailingOfCalledOff(RegistrationError):
    message = _("The event has been called off. Write your own message.")


class NotPublished(RegistrationError):
    message = _("This event is a draft. Publish it first: the people you add get a link to it.")


class Erased(RegistrationError):
    message = _("This person’s data has been erased. There is nothing left to change.")


class RegisteredAlready(RegistrationError):
    message = _(
        "Someone with this e-mail address is already signed up. Find that sign-up and change it."
    )


class SameName(RegistrationError):
    """To be asked again with a yes: two people may have one name."""

    field = "namesake"
    message = _(
        "Someone with this name is already signed up. Is this someone else? Then tick ‘Someone "
        "else with the same name’ and send the form again."
    )


class StillInTheQueue(RegistrationError):
    message = _(
        "No one is passed over: a place that comes free goes automatically to the person who "
        "is next in the queue. Once the waiting list has closed, you can give away a free place "
        "yourself."
    )


class HasLink(RegistrationError):
    message = _(
        "Someone with this address has an active sign-up, and can erase everything with the link "
        "in the e-mail. Send that link again, or cancel that sign-up first."
    )


class NoSeatToMove(RegistrationError):
    message = _("You can only give another table to someone who has a place.")


class MovedMeanwhile(RegistrationError):
    """Somebody else, the person or the waiting list was quicker."""

    message = _("This person’s tables have changed in the meantime. Check them and save again.")


class DetailsMeanwhile(RegistrationError):
    """Another organiser was quicker."""

    message = _("These details have changed in the meantime. Check them and save again.")


class ManyNotMoved(RegistrationError):
    """Several people were to go to one table, and not all of them can: nobody was moved."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(sentences)
        self.sentences = sentences

    def __str__(self) -> str:
        return " ".join([*self.sentences, str(_("Nobody was moved."))])


class ImportChanged(RegistrationError):
    """Somebody signed up, or a place was taken, since the organiser looked."""

    message = _("Something changed while you looked. Nothing is done yet: this is how it is now.")


class NothingToMail(RegistrationError):
    message = _("There is no link to send: this sign-up was cancelled or has no e-mail address.")


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
        sentence = _("This link is already on its way, since %(moment)s. A second one won’t help.")
        return sentence % {"moment": date_format(stored, "SHORT_DATETIME_FORMAT")}


class NothingChanged(RegistrationError):
    message = _("It already says this. Nothing was changed.")


class NameNotFixed(RegistrationError):
    message = _(
        "You can only correct the name of someone who has a place or is on the waiting list."
    )


class AnotherName(RegistrationError):
    """More than a typing error (rule 3); ``letters`` is how far it is from what was confirmed."""

    def __init__(self, letters: int, most: int) -> None:
        super().__init__(letters, most)
        self.letters, self.most = letters, most

    def __str__(self) -> str:
        return _(
            "This differs in %(letters)s letters from the name as it was confirmed. A typing "
            "error is %(most)s at most. Is it someone else? Then cancel this sign-up and sign "
            "the other person up. The place goes to whoever is next in the queue."
        ) % {"letters": self.letters, "most": self.most}


class OtherWords(RegistrationError):
    message = _(
        "The name in lists must have the same words as the name itself, such as ‘Berg, Jan van "
        "den’ or ‘Van den Berg, Jan’."
    )


class AddressProven(RegistrationError):
    message = _(
        "The person confirmed this address, so it can’t be changed. Cancel this sign-up and sign "
        "the person up with the other address."
    )


class NoPlaceForGuest(RegistrationError):
    message = _(
        "All places are taken. Add this guest without a place, or give the event more places."
    )


class EventStays(RegistrationError):
    """An event that is more than a draft is not thrown away."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason
