"""The register of personal data: per field what for, who sees it and how long it stays.

The privacy page shows it. A test compares it with the models, so that no field is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

AFTER_THE_EVENT = _("Until some weeks after the event; the form tells the date.")
ORGANISERS = _("The organisers of the event.")
ORGANISERS_AND_DOOR = _("The organisers of the event and the people at the door.")
NOBODY = _("Nobody; the site uses it by itself.")


@dataclass(frozen=True)
class Kept:
    """One kind of data; ``fields`` are columns, as 'model.field'."""

    what: str | Promise
    purpose: str | Promise
    seen_by: str | Promise
    kept: str | Promise
    fields: tuple[str, ...]


OF_ATTENDEES = (
    Kept(
        _("Your name"),
        _("To keep a place for you, and to find you at the door."),
        _(
            "The organisers of the event and the people at the door. Everybody, if you choose to "
            "be on the list ‘Who is coming?’."
        ),
        AFTER_THE_EVENT,
        (
            "registration.first_name",
            "registration.last_name",
            "registration.sort_key",
            "registration.sort_name",
            "registration.search_name",
            "registration.name_confirmed",
            "registration.name_corrected_at",
            "registration.uuid",
        ),
    ),
    Kept(
        _("Your e-mail address"),
        _("To check that it is you who signs up, and to mail you about your sign-up."),
        ORGANISERS,
        AFTER_THE_EVENT,
        ("registration.email", "registration.email_refused_at", "storedmail.to"),
    ),
    Kept(
        _("Your organisation, if you fill it in"),
        _("So that others know from where you come."),
        _(
            "The organisers of the event and the people at the door. Everybody, if you choose to "
            "be on the list ‘Who is coming?’."
        ),
        AFTER_THE_EVENT,
        ("registration.organisation",),
    ),
    Kept(
        _("Your role"),
        _("To see whether all sorts of people come."),
        _("The organisers of the event. Everybody, if you choose to be on ‘Who is coming?’."),
        _("As a count it stays; without your name it says nothing about you."),
        ("registration.role",),
    ),
    Kept(
        _("Your place and your tables"),
        _("So that nobody else gets your chair."),
        ORGANISERS_AND_DOOR,
        _("As a count it stays; without your name it says nothing about you."),
        (
            "registration.event",
            "registration.status",
            "registration.holds_place",
            "registration.extra",
            "registration.origin",
            "registration.created_at",
            "registration.hold_expires_at",
            "registration.confirmed_at",
            "registration.ended_at",
            "registration.erased_at",
            "seat.event",
            "seat.registration",
            "seat.slot",
            "seat.round",
            "seat.session",
            "seat.how",
            "seat.got_at",
            "seat.waited_since",
        ),
    ),
    Kept(
        _("That you came in, when, and at which door"),
        _("To know who is in the building and how many came, and to thank who was there."),
        ORGANISERS_AND_DOOR,
        _("As a count it stays; without your name it says nothing about you."),
        (
            *("presence.event", "presence.registration", "presence.guest", "presence.present"),
            *("presence.at", "presence.door_pass"),
            *("doorop.event", "doorop.door_pass", "doorop.kind", "doorop.registration"),
            *("doorop.guest", "doorop.walk_in", "doorop.at", "doorop.received_at"),
            *("doorop.outcome", "doorundo.op", "doorundo.ref"),
        ),
    ),
    Kept(
        _("The tables that you wait for"),
        _("To give you a seat when it is your turn, and to tell you how you got it."),
        ORGANISERS,
        _("Until you have the table, stop waiting, cancel, or your data are erased."),
        (
            "waitlistentry.event",
            "waitlistentry.registration",
            "waitlistentry.slot",
            "waitlistentry.round",
            "waitlistentry.session",
            "waitlistentry.since",
            "waitlistentry.asked",
            "waitlistentry.position",
        ),
    ),
    Kept(
        _("Your answers to the organiser's own questions"),
        _("What the question says: to prepare the event."),
        ORGANISERS,
        AFTER_THE_EVENT,
        ("answer.event", "answer.registration", "answer.question", "answer.value"),
    ),
    Kept(
        _("Your special needs, such as a diet, if you fill them in"),
        _("To provide for them. You agree to this apart."),
        ORGANISERS,
        _("At most seven days after the event; if you cancel, until then."),
        ("specialneeds.registration", "specialneeds.text", "specialneeds.consented_at"),
    ),
    Kept(
        _("Your choice to get no mail that goes to everybody"),
        _("To leave you in peace."),
        ORGANISERS,
        AFTER_THE_EVENT,
        ("registration.unsubscribed_at",),
    ),
    Kept(
        _("Your choice to be on the list ‘Who is coming?’"),
        _("To show your name there only if you want that."),
        ORGANISERS,
        AFTER_THE_EVENT,
        ("registration.listed",),
    ),
    Kept(
        _("Your language"),
        _("To mail you in Dutch or in English."),
        NOBODY,
        _("As a count it stays; without your name it says nothing about you."),
        ("registration.language",),
    ),
    Kept(
        _("The secret in your personal link"),
        _("To let you in on your own page without an account."),
        NOBODY,
        _("Until your data are erased. The link stops working then."),
        ("registration.secret",),
    ),
    Kept(
        _("What happened to your sign-up, and when"),
        _("To explain afterwards why you did or did not get a place."),
        ORGANISERS,
        _("It stays, without your name and your address."),
        (
            "change.event",
            "change.registration",
            "change.what",
            "change.old",
            "change.new",
            "change.who",
            "change.why",
            "change.at",
        ),
    ),
    Kept(
        _("The mails to you"),
        _("To send them, and to try again if that fails."),
        ORGANISERS,
        _(
            "The text goes as soon as the mail is sent, or when we give up because it cannot be "
            "delivered. Whether it was sent, and what went wrong, stays as long as your name."
        ),
        (
            "storedmail.event",
            "storedmail.registration",
            "storedmail.kind",
            "storedmail.language",
            "storedmail.subject",
            "storedmail.text",
            "storedmail.html",
            "storedmail.calendar",
            "storedmail.created_at",
            "storedmail.sent_at",
            "storedmail.failed_at",
            "storedmail.error",
            "storedmail.mailing",
            "storedmail.unsubscribe",
        ),
    ),
)

# Speakers, guests and staff, and what staff write.
OF_OTHERS = (
    Kept(
        _("Messages of organisers to many people"),
        _("To send them, and to know what was sent to whom."),
        ORGANISERS,
        _("It stays, without names and addresses."),
        (
            "mailing.event",
            "mailing.kind",
            "mailing.subject",
            "mailing.subject_en",
            "mailing.text",
            "mailing.text_en",
            "mailing.audience",
            "mailing.who",
            "mailing.created_at",
            "mailing.send_at",
            "mailing.queued_at",
            "mailing.people",
        ),
    ),
    Kept(
        _("Name and organisation of guests: hosts, moderators, officials, press"),
        _("To let them in."),
        ORGANISERS_AND_DOOR,
        AFTER_THE_EVENT,
        (
            "guest.event",
            "guest.first_name",
            "guest.last_name",
            "guest.sort_name",
            "guest.sort_key",
            "guest.search_name",
            "guest.organisation",
            "guest.kind",
            "guest.speaker",
            "guest.holds_place",
            "guest.created_at",
            "guest.erased_at",
        ),
    ),
    Kept(
        _("The devices at the door: their name, and whose account or pass they use"),
        _("To let them see the attendee list, and to stop that when a phone is lost."),
        ORGANISERS,
        _("As long as the event is on the site; the secret in them works until the event ends."),
        (
            *("doorpass.event", "doorpass.label", "doorpass.user", "doorpass.for_account"),
            *("doorpass.secret", "doorpass.made_by", "doorpass.made_at", "doorpass.opened_at"),
            *("doorpass.phones", "doorpass.last_seen_at", "doorpass.queued", "doorpass.queued_on"),
            "doorpass.withdrawn_at",
        ),
    ),
    Kept(
        _("Name, organisation and function of who hosts a table"),
        _("To tell visitors with whom they sit."),
        _("Everybody: it is part of the programme."),
        _("As long as the programme is on the site."),
        (
            "speaker.event",
            "speaker.name",
            "speaker.organisation",
            "speaker.organisation_en",
            "speaker.function",
            "speaker.function_en",
        ),
    ),
    Kept(
        _("Accounts of organisers"),
        _("To let them in, and to know who changed something."),
        _("The administrators of the site."),
        _("As long as somebody is an organiser."),
        (
            # Two tables that come with the log-in and stay empty.
            *("emailaddress.user", "emailaddress.email", "emailaddress.verified"),
            *("emailaddress.primary", "emailconfirmation.email_address"),
            *("emailconfirmation.created", "emailconfirmation.sent", "emailconfirmation.key"),
            "user.username",
            "user.first_name",
            "user.last_name",
            "user.email",
            "user.password",
            "user.last_login",
            "user.date_joined",
            "user.is_active",
            "user.is_staff",
            "user.is_superuser",
        ),
    ),
    Kept(
        _("The passkeys and apps with which organisers log in, and their recovery codes"),
        _("To let nobody in who only knows a password. The secrets are encrypted."),
        NOBODY,
        _("Until the organiser or an administrator removes them."),
        (
            "authenticator.user",
            "authenticator.type",
            "authenticator.data",
            "authenticator.created_at",
            "authenticator.last_used_at",
        ),
    ),
    Kept(
        _("That an organiser is logged in, and how"),
        _("So that they need not log in on every page."),
        NOBODY,
        _("Until they log out, close the browser, or have been in for half a day."),
        ("session.session_key", "session.session_data", "session.expire_date"),
    ),
)

FIELDS = (*OF_ATTENDEES, *OF_OTHERS)

# Columns that say nothing about a person: keys, counters, and how a mail is sent.
NOT_PERSONAL = frozenset(
    {
        "answer.id",
        "authenticator.id",
        "change.id",
        "change.version",
        "doorop.id",
        "doorop.seq",
        "doorop.version",
        "doorpass.id",
        "doorundo.id",
        "emailaddress.id",
        "emailconfirmation.id",
        "guest.id",
        "guest.version",
        "mailing.id",
        "presence.id",
        "presence.version",
        "registration.calendar_sequence",
        "registration.id",
        "registration.version",
        "seat.id",
        "speaker.id",
        "specialneeds.id",
        "storedmail.attempts",
        "storedmail.calendar_method",
        "storedmail.id",
        "storedmail.lease",
        "storedmail.leased_until",
        "storedmail.message_id",
        "storedmail.reply_to",
        "storedmail.send_after",
        "user.id",
        "waitlistentry.id",
    }
)
