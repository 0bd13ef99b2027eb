"""The personal link: a secret of 192 bits, signed; and what is made of it.

That is the code that confirms, and the link that only stops mail to many. The secret alone, read
from a leaked database, opens nothing without the signing key.
"""

from __future__ import annotations

import secrets
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from django.core.signing import BadSignature, Signer

from registrations.errors import LinkUnknown
from registrations.models import Host, Invitation, Registration
from registrations.names.keys import digests


def new_secret() -> str:
    return secrets.token_urlsafe(24)


def token_of(registration: Registration) -> str:
    """The secret part of the address of a personal page."""
    return _signer().sign(registration.secret)


def code_of(registration: Registration) -> str:
    """The six digits that confirm a sign-up where the link cannot be followed.

    Stored nowhere: they are made of the secret and the address, so another address has others.
    A million of them is few, which is why only a few can be tried (``code_tries``).
    """
    return codes_of(registration)[0]


def codes_of(registration: Registration) -> list[str]:
    """What may be typed: the code, and those that a mail told under an earlier SECRET_KEY."""
    of_whom = f"{registration.secret} {registration.email.lower()}"
    made = digests("registrations.tokens.code", of_whom)
    return [f"{int.from_bytes(digest[:8]) % 1_000_000:06}" for digest in made]


def find(token: str) -> Registration:
    """The registration behind a personal link. Raises LinkUnknown; erased people have none."""
    secret = _secret_of(token, _signer())
    try:
        return Registration.objects.select_related("event__venue", "role").get(secret=secret)
    except Registration.DoesNotExist:
        raise LinkUnknown from None


def no_mail_token_of(registration: Registration) -> str:
    """The secret part of the address that stops mail to many.

    Mail programs hand it to their servers, so it holds no part of the personal link, and lives
    as long as the mail does: until the person is erased.
    """
    number = urlsafe_b64encode(registration.uuid.bytes).decode().rstrip("=")
    return _no_mail_signer().sign(number)


def find_no_mail(token: str) -> Registration:
    """The person whose mail to stop. Raises LinkUnknown; erased people get none anyway."""
    try:
        number = uuid.UUID(bytes=urlsafe_b64decode(_no_mail_signer().unsign(token) + "=="))
        people = Registration.objects.select_related("event__venue").filter(erased_at=None)
        return people.get(uuid=number)
    except (BadSignature, Registration.DoesNotExist):
        raise LinkUnknown from None


def host_token_of(host: Host) -> str:
    """The secret part of the address of a host's page. It opens nothing else."""
    return _host_signer().sign(host.secret)


def find_host(token: str) -> Host:
    """Raises LinkUnknown, also once the link is withdrawn or the address erased."""
    secret = _secret_of(token, _host_signer())
    found = Host.objects.select_related("event__venue", "speaker").filter(secret=secret).first()
    if found is None:
        raise LinkUnknown
    return found


def invitation_token_of(invitation: Invitation) -> str:
    """The secret part of the address at which a colleague accepts."""
    return _invitation_signer().sign(invitation.secret)


def find_invitation(token: str, *, at: datetime) -> Invitation:
    """Raises LinkUnknown, also once it was used, withdrawn, mailed again or too old."""
    secret = _secret_of(token, _invitation_signer())
    works = Invitation.objects.select_related("event").filter(expires_at__gt=at)
    found = works.filter(secret=secret).first()
    if found is None:
        raise LinkUnknown
    return found


def _secret_of(token: str, signer: Signer) -> str:
    """What was signed. Raises LinkUnknown."""
    try:
        secret = signer.unsign(token)
    except BadSignature:
        raise LinkUnknown from None
    if not secret:
        raise LinkUnknown
    return secret


def _signer() -> Signer:
    return Signer(salt="registrations.tokens", sep=".")


def _no_mail_signer() -> Signer:
    return Signer(salt="registrations.tokens.no-mail", sep=".")


def _host_signer() -> Signer:
    return Signer(salt="registrations.tokens.host", sep=".")


def _invitation_signer() -> Signer:
    return Signer(salt="registrations.tokens.invitation", sep=".")
