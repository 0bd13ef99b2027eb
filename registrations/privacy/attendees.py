"""What is kept of people who sign up."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from registrations.privacy.kept import (
    AFTER_THE_EVENT,
    NOBODY,
    ORGANISERS,
    ORGANISERS_AND_DOOR,
    Kept,
)

FIELDS = (
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
