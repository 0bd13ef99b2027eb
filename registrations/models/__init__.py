"""Who comes, what happened to it, and the mail that tells them."""

from registrations.models.history import Change
from registrations.models.mail import StoredMail
from registrations.models.registration import Registration, RegistrationQuerySet, Seat

__all__ = ["Change", "Registration", "RegistrationQuerySet", "Seat", "StoredMail"]
