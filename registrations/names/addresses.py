"""E-mail addresses: what we can mail to, written in one way."""

from __future__ import annotations

import re
from contextlib import suppress

import idna
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registrations.names.keys import digests
from registrations.names.person_names import mixed_script

EMAIL_LENGTH = 254
LOCAL_LENGTH = 64

# Longer input is refused unread: what comes after takes longer the longer the text is.
_READ_AT_MOST = 1000
# Whitespace, which pasting brings along, and what takes no room.
_EDGES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u00ad\u200b\u2060\ufeff"
_WORD = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_WORD}(?:\.{_WORD})*", re.IGNORECASE)
# The last label starts with a letter: 1.2.3.4 is no domain name.
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])")

# Domains whose mail goes to the same mailboxes as that of another one.
_OTHER_NAMES = {
    "googlemail.com": "gmail.com",
    "protonmail.com": "proton.me",
    "protonmail.ch": "proton.me",
    "pm.me": "proton.me",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
}

SENTENCES = {
    "email_shape": _("Enter your e-mail address, such as name@municipality.nl."),
    "email_domain": _("Enter the part after the @ in full, such as municipality.nl."),
    "email_too_long": _("This e-mail address is too long. Use one with 254 characters at most."),
    "email_local_too_long": _(
        "The part before the @ is too long. Use an address with 64 characters there at most."
    ),
    "email_letters": _(
        "We can’t e-mail an address with a letter such as é before the @. Enter another address."
    ),
    "email_numbers": _(
        "We can’t e-mail an address with numbers instead of a name after the @. Enter another "
        "address, such as name@municipality.nl."
    ),
    "email_mixed": _(
        "The part after the @ mixes letters of several alphabets. "
        "Type it again instead of pasting it."
    ),
}


def clean_email(text: str) -> str:
    """The address as it is stored: the part before the @ as typed, the domain in ASCII.

    At most 254 characters, 64 of them before the @. Raises ValidationError, with a
    sentence that names the remedy, for whatever cannot be mailed and for a domain that
    mixes alphabets: it passes for another one. Internationalised domains are stored in
    their IDNA form (UTS 46).
    """
    if len(text) > _READ_AT_MOST:
        raise _refused("email_too_long")
    email = text.strip(_EDGES)
    if len(email) > EMAIL_LENGTH:
        raise _refused("email_too_long")
    local, at, domain = email.rpartition("@")
    if not at or not local or not domain or '"' in local or "@" in local:
        raise _refused("email_shape")
    if not local.isascii() and local.isprintable() and " " not in local:
        # Our mail path has no SMTPUTF8, nor do many mail servers of offices.
        raise _refused("email_letters")
    if not _LOCAL.fullmatch(local):
        raise _refused("email_shape")
    if len(local) > LOCAL_LENGTH:
        raise _refused("email_local_too_long")
    email = f"{local}@{_clean_domain(domain)}"
    if len(email) > EMAIL_LENGTH:
        raise _refused("email_too_long")
    return email


def mailbox(email: str) -> str:
    """One spelling for all that end in the same mailbox: for limits only.

    Who is registered goes by the address itself (rule 3). What stands behind a plus is left out,
    and so are capitals and dots: most servers tell 'j.smit' from 'jsmit', and the two share
    their few mails an hour, for nobody can know which servers do not.
    """
    local = email.strip().lower().rpartition("@")[0]
    local = local.partition("+")[0].replace(".", "") or local
    return f"{local}@{mail_domain(email)}"


def mail_domain(email: str) -> str:
    """What stands behind the @, in ASCII and under one name."""
    domain = email.strip().lower().rpartition("@")[2].rstrip(".")
    with suppress(UnicodeError):
        domain = idna.encode(domain, uts46=True).decode("ascii")
    return _OTHER_NAMES.get(domain, domain)


def email_key(email: str) -> str:
    """What limits count a mailbox by, however it is spelled: 64 hexadecimal characters that do
    not give the address away.
    """
    return _hidden("registrations.email_key", mailbox(email))


def domain_key(email: str) -> str:
    """What limits count a domain by: 64 hexadecimal characters."""
    return _hidden("registrations.domain_key", mail_domain(email))


def address_keys(email: str) -> list[str]:
    """The same for one address alone: capitals make no difference, as in rule 3. First that of
    today, then those that it had under an earlier SECRET_KEY.
    """
    return [digest.hex() for digest in digests("registrations.address_key", email.lower())]


def _hidden(salt: str, text: str) -> str:
    return digests(salt, text)[0].hex()


def _clean_domain(domain: str) -> str:
    if domain.startswith("[") or re.fullmatch(r"[\d.]+", domain):
        raise _refused("email_numbers")
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode("ascii")
        readable = idna.decode(ascii_domain)
    except UnicodeError:
        raise _refused("email_domain") from None
    if mixed_script(readable):
        raise _refused("email_mixed")
    if not _DOMAIN.fullmatch(ascii_domain):
        raise _refused("email_domain")
    return ascii_domain


def _refused(code: str) -> ValidationError:
    return ValidationError(SENTENCES[code], code=code)
