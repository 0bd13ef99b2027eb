"""Prints the register of personal data as a table for a register of processing (art. 30 AVG)."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation
from django.utils.translation import gettext as _

from registrations.privacy.register import OF_ATTENDEES, OF_OTHERS, Kept


def as_markdown() -> str:
    """In the language of the moment; each column of the database stands in it once."""
    parts = ((_("Attendees"), OF_ATTENDEES), (_("Hosts, guests and staff"), OF_OTHERS))
    return "\n\n".join(f"### {title}\n\n{_table(kept)}" for title, kept in parts)


def _table(kept: tuple[Kept, ...]) -> str:
    head = (_("What"), _("Purpose"), _("Who sees it"), _("How long"), _("Columns"))
    rows = [
        (str(one.what), str(one.purpose), str(one.seen_by), str(one.kept), _columns(one))
        for one in kept
    ]
    lines: Iterator[tuple[str, ...]] = iter([head, ("---",) * len(head), *rows])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _columns(one: Kept) -> str:
    """'`registration`: email, phone': by table, in the order of the register."""
    by_table: dict[str, list[str]] = {}
    for field in one.fields:
        table, _dot, column = field.partition(".")
        by_table.setdefault(table, []).append(column)
    return "; ".join(f"`{table}`: {', '.join(names)}" for table, names in by_table.items()) or "–"


class Command(BaseCommand):
    help = "Print what is kept of people, why, for whom and how long, as a table in Markdown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        languages = [code for code, _name in settings.LANGUAGES]
        parser.add_argument("--language", choices=languages, default=settings.LANGUAGE_CODE)

    def handle(self, **options: Any) -> None:
        with translation.override(options["language"]):
            self.stdout.write(as_markdown())
