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
    "gastheer",
    "healthz",
    "metrics",
    "nl",
    "opgeslagen",
    "postvak",
    "privacy",
    "readyz",
    "static",
    "taal",
    "tafelsessie",
    "toegankelijkheid",
    "voorbeeld",
)
# Django takes what begins like this, in either case, for a language code ("en-GB") and looks
# for the page in that language.
LANGUAGE_BEGINNINGS = ("en-", "nl-")


def not_reserved(slug: str) -> None:
    """Raises ValidationError for a slug at which no event could be found."""
    if slug.lower().startswith(LANGUAGE_BEGINNINGS):
        raise ValidationError(
            _(
                "The address ‘%(slug)s’ begins like a language code. "
                "Begin it with another word, such as ‘event-%(slug)s’."
            ),
            params={"slug": slug},
        )
    if slug.lower() in RESERVED_SLUGS:
        raise ValidationError(
            _("The address ‘%(slug)s’ belongs to the site itself. Choose another one."),
            params={"slug": slug},
        )
