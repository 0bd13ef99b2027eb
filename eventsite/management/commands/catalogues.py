"""The translations: compiled, brought up to date or checked, without GNU gettext."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

KEYWORDS = DEFAULT_KEYWORDS | {
    f"{name}_lazy": DEFAULT_KEYWORDS[name]
    for name in ("gettext", "ngettext", "pgettext", "npgettext")
}
KEYWORDS["gettext_noop"] = None


class Command(BaseCommand):
    help = "Compiles locale/*/LC_MESSAGES/django.po."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        does = parser.add_mutually_exclusive_group()
        does.add_argument("--update", action="store_true", help="add new texts, drop unused ones")
        does.add_argument("--check", action="store_true", help="fail on any text without its Dutch")

    def handle(self, *args: Any, update: bool, check: bool, **options: Any) -> None:
        paths = sorted(path for folder in settings.LOCALE_PATHS for path in folder.rglob("*.po"))
        problems: list[str] = []
        for path in paths:
            with path.open("rb") as file:
                catalogue = read_po(file)
            if update:
                catalogue.update(texts(), no_fuzzy_matching=True)
                with path.open("wb") as file:
                    write_po(file, catalogue, width=100, include_lineno=False, ignore_obsolete=True)
            elif check:
                problems += [f"{path}: {problem}" for problem in found_wrong(catalogue)]
            else:
                with path.with_suffix(".mo").open("wb") as file:
                    write_mo(file, catalogue)
        if problems:
            raise CommandError("\n".join(problems))


def texts() -> Catalog:
    """Every text in our code and templates that asks for a translation."""
    catalogue = Catalog(charset="utf-8")
    for path, source in sources():
        # Left-aligned, for Babel reads a template as if it were Python and minds its indents.
        aligned = (
            "\n".join(line.lstrip() for line in source.splitlines())
            if path.suffix != ".py"
            else source
        )
        for line, message, comments, context in extract(
            "python", BytesIO(aligned.encode()), keywords=KEYWORDS, comment_tags=["Translators:"]
        ):
            place = [(str(path.relative_to(settings.BASE_DIR)), line)]
            catalogue.add(message, locations=place, auto_comments=comments, context=context)
    return catalogue


def sources() -> Iterator[tuple[Path, str]]:
    """The files that may hold texts; a template is turned into what extractors can read."""
    for app in ("eventsite", "program", "registrations"):
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text()
    for path in sorted((settings.BASE_DIR / "templates").rglob("*.*")):
        yield path, templatize(path.read_text(), origin=str(path))


def found_wrong(catalogue: Catalog) -> Iterator[str]:
    """What keeps ``catalogue`` from being complete, a line each."""
    wanted = {(message.context, message.id) for message in texts() if message.id}
    present = {(message.context, message.id): message for message in catalogue if message.id}
    for key in sorted(wanted - present.keys(), key=str):
        yield f"missing: {key[1]!r}"
    for key in sorted(present.keys() - wanted, key=str):
        yield f"no longer used: {key[1]!r}"
    for message in present.values():
        if message.fuzzy:
            yield f"fuzzy: {message.id!r}"
        strings = [message.string] if isinstance(message.string, str) else message.string
        if not strings or not all(strings):
            yield f"untranslated: {message.id!r}"
        for error in message.check(catalogue):
            yield f"{message.id!r}: {error}"
