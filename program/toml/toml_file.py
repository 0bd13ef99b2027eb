"""Reads a programme from a TOML file: what it says, and what is wrong with its shape."""

from __future__ import annotations

import re
import tomllib

from django.utils.translation import gettext as _

from program.checks import findings
from program.entries import programme_from
from program.programme import BadProgramme, Problem, Programme
from program.toml.lines import lines_of
from program.toml.table import Table


def load(text: str) -> Programme:
    """A programme without mistakes. Raises BadProgramme with all of them at once."""
    programme, problems = read(text)
    if programme is not None:
        problems += findings(programme)
    if programme is None or problems:
        raise BadProgramme(sorted(problems))
    return programme


def read(text: str) -> tuple[Programme | None, list[Problem]]:
    """What the file says, and the mistakes in its shape; None if it is no TOML at all."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [_syntax(error, text)]
    problems: list[Problem] = []
    return programme_from(Table(values, (), lines_of(text), problems)), problems


def _syntax(error: tomllib.TOMLDecodeError, text: str) -> Problem:
    why, _at, where = str(error).partition(" (at ")
    number = re.match(r"line (\d+)", where)
    line = int(number[1]) if number else text.rstrip().count("\n") + 1
    message = _("This line is not written as TOML wants it: %(why)s.")
    return Problem(line, message % {"why": why})
