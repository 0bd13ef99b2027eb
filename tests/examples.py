"""How many examples the property tests try: always the same ones, or any number of new ones.

``make test`` repeats the same examples, so that a test that passed fails only for a change.
``make explore`` sets EXAMPLES and draws other ones each time.
"""

from __future__ import annotations

import os

from hypothesis import settings

EXPLORING = int(os.environ.get("EXAMPLES") or 0)

settings.register_profile("repeat", derandomize=True, deadline=None, database=None)
settings.register_profile("explore", max_examples=EXPLORING or 100, deadline=None, print_blob=True)
settings.load_profile("explore" if EXPLORING else "repeat")


def examples(number: int) -> int:
    """For ``max_examples``: so many in ``make test``, what was asked for when exploring."""
    return EXPLORING or number
