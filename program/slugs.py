"""Addresses that an event may not take, since the site itself uses them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

RESERVED_SLUGS = (
    "aanmelding",
    "aanmelden",
    "admin",
    "deur",
    "en",
    "healthz",
    "nl",
    "opgeslagen",
    "postvak",
    "privacy",
    "static",
    "taal",
    "tafelsessie",
    "toegankelijkheid",
)


def not_reserved(slug: str) -> None:
    """Raises ValidationError for a slug at which the site has a page of its own."""
    if slug in RESERVED_SLUGS:
        raise ValidationError(
            _("The address “%(slug)s” belongs to the site itself. Choose another one."),
            params={"slug": slug},
        )
