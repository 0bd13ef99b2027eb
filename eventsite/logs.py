"""Logs without secrets: personal links, links to choose a password, search words of door staff
and the rows that a database shows with an error are cut from every line.
"""

from __future__ import annotations

import logging
import re
from typing import Any

CUT = "[cut]"
_SLASH = r"(?:/|%2[Ff])"
_PART = r"(?:(?!%2[Ff])[^/\s?#&\"'<>])+"
_SECRETS = [
    # What follows in the path, also where a path is part of another address.
    re.compile(rf"(?<=aanmelding)({_SLASH}(?:geen-mail{_SLASH})?){_PART}"),
    re.compile(rf"(?<=gastheer)({_SLASH}){_PART}"),
    re.compile(rf"(?<=uitnodiging)({_SLASH}){_PART}"),
    re.compile(rf"(?<=voorbeeld)({_SLASH}){_PART}"),
    re.compile(rf"(?<=deur)({_SLASH}(?:{_PART}{_SLASH})?pas{_SLASH}){_PART}"),
    re.compile(rf"(reset{_SLASH}key{_SLASH}){_PART}"),
    re.compile(r"((?:[?&]|%3[Ff]|%26)q(?:=|%3[Dd]))[^&\s#\"'<>]+"),
    # A personal link's token by itself, as an error message may show it: secret, dot, signature.
    # Of the link that stops mail to many it is a number and a signature.
    re.compile(r"()(?<![\w-])(?:[\w-]{32}|[\w-]{22})\.[\w-]{43}(?![\w-])"),
    # PostgreSQL shows the row that broke a rule, with whatever is in it; it may have many lines.
    re.compile(r"(?s)(\nDETAIL:\s).*?(?=\n\n(?:The above exception|During handling of)|\Z)"),
]


def cut_secrets(text: str) -> str:
    """``text`` with each personal link, door pass and search word replaced by ``[cut]``."""
    for secret in _SECRETS:
        text = secret.sub(rf"\g<1>{CUT}", text)
    return text


class CuttingFormatter(logging.Formatter):
    """Cuts secrets from the whole line: message, arguments and traceback alike."""

    def format(self, record: logging.LogRecord) -> str:
        return cut_secrets(super().format(record))


def config(level: str = "INFO", **loggers: dict[str, Any]) -> dict[str, Any]:
    """A ``dictConfig`` with one handler, to stderr, that cuts secrets. No mail to admins:
    an error report holds what people typed.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "cutting": {
                "()": "eventsite.logs.CuttingFormatter",
                "format": "{asctime} {levelname} {name}: {message}",
                "style": "{",
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "cutting"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": loggers,
    }
