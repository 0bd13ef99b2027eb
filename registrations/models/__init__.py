"""Who comes, what happened to it, and the mail that tells them."""

from registrations.models.history import Change
from registrations.models.mail import StoredMail
from registrations.models.registration import Registration, RegistrationQuerySet
from registrations.models.seat import Seat, Wish

__all__ = ["Change", "Registration", "RegistrationQuerySet", "Seat", "StoredMail", "Wish"]
