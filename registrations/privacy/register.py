"""The register of personal data: for each field its purpose, who sees it, how long it stays.

The privacy page shows it. A test compares it with the models, so that no field is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

AFTER_THE_EVENT = _("Until a few weeks after the event. The sign-up form gives the date.")
ORGANISERS = _("The organisers of the event.")
ORGANISERS_AND_DOOR = _("The organisers of the event and the staff at the door.")
NOBODY = _("No one. Only the site itself uses it.")
EVERYBODY_IF_CHOSEN = _(
    "The organisers of the event and the staff at the door. Everyone, if you choose to be on the "
    "list ‘Who is coming?’."
)
AS_A_COUNT = _("We only keep a count. Without your name it says nothing about you.")


@dataclass(frozen=True)
class Kept:
    """One kind of data; ``fields`` are columns, as 'model.field'."""

    what: str | Promise
    purpose: str | Promise
    seen_by: str | Promise
    kept: str | Promise
    fields: tuple[str, ...]


def _columns(**models: str) -> tuple[str, ...]:
    """``guest="kind speaker"`` gives 'guest.kind' and 'guest.speaker'."""
    return tuple(f"{model}.{field}" for model, fields in models.items() for field in fields.split())


OF_ATTENDEES = (
    Kept(
        _("Your name"),
        _("To hold a place for you, and to find you at the door."),
        EVERYBODY_IF_CHOSEN,
        AFTER_THE_EVENT,
        _columns(
            registration=(
                "first_name last_name sort_key sort_name search_name name_confirmed "
                "name_corrected_at uuid form_digest"
            )
        ),
    ),
    Kept(
        _("Your e-mail address"),
        _("To check that it’s really you, and to e-mail you about your sign-up."),
        ORGANISERS,
        AFTER_THE_EVENT,
        _columns(registration="email email_refused_at", storedmail="to mailbox domain"),
    ),
    Kept(
        _("Your organisation, if you fill it in"),
        _("So that others know where you’re from."),
        EVERYBODY_IF_CHOSEN,
        AFTER_THE_EVENT,
        _columns(registration="organisation"),
    ),
    Kept(
        _("Your role"),
        _("To see whether different kinds of people are coming."),
        _("The organisers of the event. Everyone, if you choose to be on ‘Who is coming?’."),
        AS_A_COUNT,
        _columns(registration="role"),
    ),
    Kept(
        _("Your phone number, if you give it to the organisers"),
        _("To reach you if something changes at the last moment."),
        ORGANISERS,
        AFTER_THE_EVENT,
        _columns(registration="phone"),
    ),
    Kept(
        _("A note that the organisers keep about your sign-up"),
        _("To remember what you agreed with them, on the phone for instance."),
        ORGANISERS,
        AFTER_THE_EVENT,
        _columns(registration="note"),
    ),
    Kept(
        _("Your place and your tables"),
        _("So that no one else gets your seat."),
        ORGANISERS_AND_DOOR,
        AS_A_COUNT,
        _columns(
            registration=(
                "event status holds_place extra origin created_at hold_expires_at confirmed_at "
                "ended_at erased_at"
            ),
            seat="event registration slot round session how got_at waited_since",
        ),
    ),
    Kept(
        _("That you came in, when, and at which door"),
        _(
            "To know who is in the building and how many people came, and to thank those who "
            "were there."
        ),
        ORGANISERS_AND_DOOR,
        AS_A_COUNT,
        _columns(
            presence="event registration guest present at door_pass",
            doorop=(
                "event door_pass kind registration guest walk_in at received_at outcome was slot"
            ),
            doorundo="op ref",
        ),
    ),
    Kept(
        _("That you came in, as long as the organisers still have to approve it"),
        _("So that one phone cannot let everybody in."),
        ORGANISERS,
        _("Until they said yes or no, and a few weeks after the event at the latest."),
        _columns(
            heldtap=(
                "event door_pass registration guest walk_in kind why at first_name last_name "
                "organisation received_at refused_at"
            )
        ),
    ),
    Kept(
        _("The tables you’re waiting for"),
        _("To give you a seat when it’s your turn, and to tell you how you got it."),
        ORGANISERS,
        _(
            "Until you have the table or stop waiting. We keep what you asked for until we "
            "delete your data."
        ),
        _columns(
            waitlistentry="event registration slot round session since asked position ranked",
            abstention="event registration round",
        ),
    ),
    Kept(
        _("Your number and your lot, if tables are drawn"),
        _("So that everyone can check the draw, and you can find yourself in it."),
        _(
            "You and the organisers of the event. Everyone can see what each number ranked and "
            "got, but no names. Whoever knows at which tables you sat can often tell which number "
            "is yours."
        ),
        AFTER_THE_EVENT,
        _columns(registration="draw_number lot", draw="event file slots"),
    ),
    Kept(
        _("Your answers to the organisers’ own questions"),
        _("As the question says: to prepare the event."),
        ORGANISERS,
        AFTER_THE_EVENT,
        _columns(answer="event registration question value"),
    ),
    Kept(
        _("Your special needs, such as a diet, if you fill them in"),
        _("To take them into account. You agree to this separately."),
        _(
            "The organisers of the event. Without your name also those who cook or arrange the "
            "rooms, if the organisers invited them."
        ),
        _("Until seven days after the event at most. If you cancel, we delete them straight away."),
        _columns(specialneeds="registration text consented_at"),
    ),
    Kept(
        _("Your choice not to get messages to everyone"),
        _("To leave you in peace."),
        ORGANISERS,
        AFTER_THE_EVENT,
        _columns(registration="unsubscribed_at"),
    ),
    Kept(
        _("Your choice to be on the list ‘Who is coming?’"),
        _("To show your name there, and to the hosts of your tables, only if you want us to."),
        ORGANISERS,
        AFTER_THE_EVENT,
        _columns(registration="listed"),
    ),
    Kept(
        _("Your language"),
        _("To e-mail you in Dutch or in English."),
        NOBODY,
        AS_A_COUNT,
        _columns(registration="language"),
    ),
    Kept(
        _("The secret in your personal link"),
        _("To let you open your own page without an account."),
        NOBODY,
        _("Until your data is deleted. The link then stops working."),
        _columns(registration="secret"),
    ),
    Kept(
        _("Your code for the door: a number that stands for your sign-up, with a mark to check it"),
        _("To let you in without typing your name. It opens nothing else."),
        ORGANISERS_AND_DOOR,
        _("Nowhere: the site works it out each time. Without your data it stands for no one."),
        (),
    ),
    Kept(
        _("How often a wrong code was typed when confirming your sign-up"),
        _("So that no one can guess the code in your e-mail."),
        NOBODY,
        AS_A_COUNT,
        _columns(registration="code_tries"),
    ),
    Kept(
        _("What we promised when you signed up, and how often its mail went to another address"),
        _("To tell the browser that you signed up with the same each time."),
        NOBODY,
        AS_A_COUNT,
        _columns(registration="promise redirects"),
    ),
    Kept(
        _("What happened to your sign-up, and when"),
        _("So that we can explain later why you did or didn’t get a place."),
        ORGANISERS,
        _("We keep it, without your name and your address."),
        _columns(change="event registration what old new who why at"),
    ),
    Kept(
        _("The e-mails to you"),
        _("To send them, and to try again if that fails."),
        ORGANISERS,
        _(
            "An e-mail is only written when it is sent, and we keep no copy. We keep which "
            "e-mail it was, whether it was sent and what went wrong for as long as your name."
        ),
        _columns(
            storedmail=(
                "event registration kind language about created_at sent_at failed_at error mailing"
            )
        ),
    ),
)

# Speakers, guests and staff, and what staff write.
OF_OTHERS = (
    Kept(
        _("Messages from organisers to many people"),
        _("To send them, and to know who was sent what."),
        ORGANISERS,
        _(
            "Until a few weeks after the event. We keep that there was a message, when, and to how "
            "many people."
        ),
        _columns(
            mailing=(
                "event kind subject subject_en text text_en audience who created_at send_at "
                "queued_at people"
            )
        ),
    ),
    Kept(
        _("Name and organisation of guests: hosts, moderators, officials, press"),
        _("To let them in."),
        ORGANISERS_AND_DOOR,
        AFTER_THE_EVENT,
        _columns(
            guest=(
                "event first_name last_name sort_name sort_key search_name organisation kind "
                "speaker holds_place created_at erased_at removed_at"
            )
        ),
    ),
    Kept(
        _("The e-mail address and the page of table hosts, and the texts that they propose"),
        _("To tell them about their tables, and to let them propose their own text."),
        ORGANISERS,
        _(
            "Until a few weeks after the event. Hosts can delete it sooner themselves, on the page "
            "behind their link."
        ),
        _columns(
            host=(
                "event speaker name email language secret created_at invited_at email_refused_at "
                "told"
            ),
            proposal="event host session values proposed_at decided_at accepted",
            storedmail="host",
        ),
    ),
    Kept(
        _("The e-mail address of someone who is invited to help with an event"),
        _("To e-mail the invitation, which opens an account."),
        ORGANISERS,
        _("Until it is accepted or withdrawn, and a few weeks after the event at the latest."),
        _columns(
            invitation="event email role secret invited_by created_at expires_at",
            storedmail="invitation",
        ),
    ),
    Kept(
        _("The devices at the door: their name, and the account or pass they use"),
        _("To let them see the attendee list, and to stop that when a phone is lost."),
        ORGANISERS,
        _(
            "Until a few weeks after the event; then a number is left. The secret in them works "
            "until the event ends."
        ),
        _columns(
            doorpass=(
                "event label user for_account secret made_by made_at opened_at phones "
                "last_seen_at queued queued_on withdrawn_at taken_back_at"
            )
        ),
    ),
    Kept(
        _("Name, organisation and function of table hosts"),
        _("To tell visitors who will be at the table."),
        _("Everyone: it is part of the programme."),
        _("As long as the programme is on the site."),
        _columns(speaker="event name organisation organisation_en function function_en"),
    ),
    Kept(
        _("Accounts of organisers, and of others who work for an event"),
        _("To let them in, and to know who changed something."),
        _("The administrators of the site."),
        _("As long as they work for the organisation."),
        _columns(
            emailaddress="user email verified primary",
            emailconfirmation="email_address created sent key",
            user=(
                "username first_name last_name email password last_login date_joined is_active "
                "is_staff is_superuser"
            ),
        ),
    ),
    Kept(
        _("Whether an organiser wants a mail now and then of what happened to an event"),
        _("To send it, in the language they chose."),
        ORGANISERS,
        _(
            "Until they turn it off or no longer organise the event, and a few weeks after the "
            "event at the latest. Of each e-mail we keep for a month at most that it was sent."
        ),
        _columns(digest="event user often language told_until"),
    ),
    Kept(
        _("The passkeys and apps that organisers log in with, and their recovery codes"),
        _("To keep out anyone who only knows a password. The secrets are encrypted."),
        NOBODY,
        _("Until the organiser or an administrator removes them."),
        _columns(authenticator="user type data created_at last_used_at"),
    ),
    Kept(
        _("That an organiser is logged in, how, and with which browser"),
        _("So that they don’t have to log in on every page, and can see where they are logged in."),
        NOBODY,
        _("Until they log out, close the browser, or have been logged in for half a day."),
        _columns(session="session_key session_data expire_date"),
    ),
)

FIELDS = (*OF_ATTENDEES, *OF_OTHERS)

# Columns that say nothing about a person: keys, counters, and how a mail is sent.
NOT_PERSONAL = frozenset(
    _columns(
        abstention="id",
        answer="id",
        authenticator="id",
        change="id version",
        digest="id",
        doorop="id seq version",
        doorpass="id",
        doorundo="id",
        draw="id",
        emailaddress="id",
        emailconfirmation="id",
        guest="id version",
        heartbeat="name at",
        heldtap="id seq refs anyway table",
        host="id",
        invitation="id",
        mailing="id",
        presence="id version",
        proposal="id",
        registration="id version",
        restoration="id at backup_made_at",
        seat="id",
        speaker="id",
        specialneeds="id",
        storedmail="asked attempts id lease leased_until message_id send_after",
        user="id",
        waitlistentry="id",
    )
)
