"""The code that people may show at the door instead of saying their name.

It opens no page and is stored nowhere. It is the key of somebody's row in the door's list, with a
mark that only this site can make for it: a device of the same event can tell that the code is real
and whose it is, also without a network, and nobody can guess another one. To anybody else it says
nothing. The list decides what it is worth: it has no row for those who were erased.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode

from program.models import Event
from registrations.models import Registration
from registrations.names.keys import digests

# Capitals and digits alone, and few of them, make the smallest and coarsest QR code there is: a
# cheap phone reads it off a cracked screen.
PREFIX = "TR:"
# Characters of 5 bits each. Somebody who guesses has to stand at the door for every guess.
MARK = 10


def keys_of(event: Event) -> list[bytes]:
    """What the devices of an event check codes with; those of another event have other keys.

    The first makes new codes. The others made those that people took along under an earlier
    SECRET_KEY.
    """
    return digests("registrations.queries.door_codes", str(event.pk))


def of_registration(registration: Registration) -> str:
    """'TR:R12-ABCDEFGHIJ'. ``static/js/door/codes.js`` reads it."""
    row = f"R{registration.pk}"
    mark = hmac.new(keys_of(registration.event)[0], row.encode(), hashlib.sha256).digest()
    return f"{PREFIX}{row}-{b32encode(mark).decode()[:MARK]}"
