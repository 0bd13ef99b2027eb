"""The shared list of names.json: who must be found, in which order, and nobody else.

Read by the tests of the server's search and of the device's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

_READ = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))

# Pairs of a query and a name: who is meant when there is nobody else, and who is not.
MEANT: list[tuple[str, str]] = [(query, name) for query, name in _READ["meant"]]
NOT_MEANT: list[tuple[str, str]] = [(query, name) for query, name in _READ["not_meant"]]

# Key, name, organisation. The key is the name itself, so that a failure reads well.
PEOPLE: list[tuple[str, str, str]] = [(name, name, where) for name, where in _READ["people"]]


class Case(NamedTuple):
    query: str
    sure: list[str]
    alike: list[str]


CASES = [Case(**case) for cases in _READ["cases"].values() for case in cases]
