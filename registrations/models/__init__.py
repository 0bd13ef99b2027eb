"""Who comes, what happened to it, and the mail that tells them."""

from registrations.models.answers import Answer, SpecialNeeds
from registrations.models.digest import Digest
from registrations.models.door import DoorOp, DoorPass, DoorUndo, HeldTap, Presence
from registrations.models.draw import Abstention, Draw
from registrations.models.guest import Guest
from registrations.models.history import Change
from registrations.models.host import Host, HostQuerySet, Proposal, ProposalQuerySet
from registrations.models.invitation import ColleagueRole, Invitation
from registrations.models.mail import StoredMail
from registrations.models.mailing import Mailing
from registrations.models.registration import Registration, RegistrationQuerySet
from registrations.models.running import Heartbeat, Restoration
from registrations.models.seat import Seat, WaitlistEntry, WaitlistEntryQuerySet

__all__ = [
    "Abstention",
    "Answer",
    "Change",
    "ColleagueRole",
    "Digest",
    "DoorOp",
    "DoorPass",
    "DoorUndo",
    "Draw",
    "Guest",
    "Heartbeat",
    "HeldTap",
    "Host",
    "HostQuerySet",
    "Invitation",
    "Mailing",
    "Presence",
    "Proposal",
    "ProposalQuerySet",
    "Registration",
    "RegistrationQuerySet",
    "Restoration",
    "Seat",
    "SpecialNeeds",
    "StoredMail",
    "WaitlistEntry",
    "WaitlistEntryQuerySet",
]
