"""What is kept of speakers, guests and staff, and of what staff write."""

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
