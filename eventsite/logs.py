"""Logs without secrets: personal links, links to choose a password, search words of door staff,
addresses of mail and the rows that a database shows with an error are cut from every line. Of an
error there is its kind and its place: what it says may be what somebody typed.

Each line names the request that it is about, by a number that error pages show as well.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import traceback
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

NONE = "-"
_number: ContextVar[str] = ContextVar("request_number", default="")
# What these say is about code and machines, and never what somebody typed.
TELLING = {
    *("AttributeError", "ImportError", "ModuleNotFoundError", "NameError", "UnboundLocalError"),
    *("ImproperlyConfigured", "OperationalError", "TemplateDoesNotExist", "TemplateSyntaxError"),
}

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
    # What a browser brings back from the provider of its organisation.
    re.compile(r"((?:[?&]|%3[Ff]|%26)(?:code|state)(?:=|%3[Dd]))[^&\s#\"'<>]+"),
    # A personal link's token by itself, as an error message may show it: secret, dot, signature.
    # Of the link that stops mail to many it is a number and a signature.
    re.compile(r"()(?<![\w-])(?:[\w-]{32}|[\w-]{22})\.[\w-]{43}(?![\w-])"),
    # An address of mail, also as it stands in an address of a page.
    re.compile(r"()[\w.+'%-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"),
    # PostgreSQL shows the row that broke a rule, with whatever is in it; it may have many lines.
    re.compile(r"(?s)(\nDETAIL:\s).*?(?=\n\n(?:The above exception|During handling of)|\Z)"),
]


def cut_secrets(text: str) -> str:
    """``text`` with each personal link, door pass and search word replaced by ``[cut]``."""
    for secret in _SECRETS:
        text = secret.sub(rf"\g<1>{CUT}", text)
    return text


def request_number() -> str:
    """The number of the request that is being answered; empty if there is none."""
    return _number.get()


def number_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., Any]:
    """The first middleware: each request has a number, in logs, in a header and on error pages.

    Always our own, which is easy to read out. A proxy finds it in the answer, for its own log.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        number = _new_number()
        # Until the next one of this thread: what Django logs of an answer comes after this.
        _number.set(number)
        response = get_response(request)
        response["X-Request-ID"] = number
        return response

    return middleware


def _new_number() -> str:
    """Twelve digits: easy to read out on the telephone."""
    digits = f"{secrets.randbelow(10**12):012}"
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"


class CuttingFormatter(logging.Formatter):
    """Cuts secrets from the whole line: message, arguments and traceback alike."""

    def format(self, record: logging.LogRecord) -> str:
        record.request_number = request_number() or NONE
        return cut_secrets(super().format(_without_traceback(record)))

    def formatException(self, info: Any) -> str:
        return "".join(_trace(info[1]))


class JsonFormatter(CuttingFormatter):
    """One JSON object a line, for programs that collect logs. Times are UTC."""

    def format(self, record: logging.LogRecord) -> str:
        record = _without_traceback(record)
        told = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": request_number() or NONE,
            "process": record.process,
            "message": cut_secrets(record.getMessage()),
        }
        if record.exc_info and record.exc_info[1]:
            told["error"] = cut_secrets(self.formatException(record.exc_info))
        return json.dumps(told, ensure_ascii=False)


def _without_traceback(record: logging.LogRecord) -> logging.LogRecord:
    """A request that was refused is no fault of the code: where it was found out tells nothing."""
    status = getattr(record, "status_code", 0)
    if 400 <= status < 500:
        record.exc_info = record.exc_text = None
    return record


def _trace(error: BaseException) -> Iterator[str]:
    """As Python writes it, the cause first, without what most errors say."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before:
        yield from _trace(before)
        direct = "The above exception was the direct cause of the following exception:"
        during = "During handling of the above exception, another exception occurred:"
        yield f"\n{direct if error.__cause__ else during}\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    name = type(error).__name__
    yield f"{name}: {error}\n" if name in TELLING else f"{name}\n"


def config(level: str = "INFO", form: str = "text", **loggers: dict[str, Any]) -> dict[str, Any]:
    """A ``dictConfig`` with one handler, to stderr, that cuts secrets. No mail to admins:
    an error report holds what people typed. ``form``: text or json.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {
                "()": "eventsite.logs.CuttingFormatter",
                "format": "{asctime} {levelname} {request_number} {name}: {message}",
                "style": "{",
            },
            "json": {"()": "eventsite.logs.JsonFormatter"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json" if form == "json" else "text",
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": loggers,
    }
