"""What the settings make of the variables of OpenID Connect. Imports nothing of Django."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

# As eventsite.provided and registrations.organising.groups call them.
RIGHTS = ("administrator", "Organisatoren", "Deur", "Lezers")
NEEDED = ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_GROUPS")
# The provider is trusted to ask for a second factor: its tokens do not say so.
BY_PROVIDER = "provider"
# Never leaves the machine: for tests, and for trying it out.
OWN_MACHINE = ("127.0.0.1", "localhost", "::1")


def groups(pairs: Iterable[str]) -> list[tuple[str, str]]:
    """'raadhuis:Organisatoren' as the group at the provider and the right that it gives."""
    split = [pair.rpartition(":") for pair in pairs if pair.strip()]
    return [(group.strip(), right.strip()) for group, _colon, right in split]


def missing(settings: Mapping[str, Any]) -> str:
    """Why the site cannot start with these, in one line; empty if it can."""
    for name in NEEDED:
        if not settings[name]:
            return f"{name} is missing: OIDC_ISSUER needs it (docs/login.md)."
    issuer = urlsplit(settings["OIDC_ISSUER"])
    if issuer.scheme != "https" and issuer.hostname not in OWN_MACHINE:
        return "OIDC_ISSUER is no https address."
    if "openid" not in settings["OIDC_SCOPES"]:
        return "OIDC_SCOPES needs openid."
    for group, right in settings["OIDC_GROUPS"]:
        if not group or right not in RIGHTS:
            return (
                f"OIDC_GROUPS: {group}:{right} is not GROUP:RIGHT, with one of {', '.join(RIGHTS)}."
            )
    factor = settings["OIDC_SECOND_FACTOR"]
    if not factor and settings["REQUIRE_SECOND_FACTOR"]:
        return (
            "OIDC_SECOND_FACTOR is missing: amr:mfa, acr:LEVEL, or 'provider' if your provider"
            " never lets anybody in without a second factor (docs/login.md)."
        )
    if factor not in ("", BY_PROVIDER) and not all(factor.partition(":")):
        return "OIDC_SECOND_FACTOR is not CLAIM:VALUE, such as amr:mfa, and not 'provider'."
    return ""
