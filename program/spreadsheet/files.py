"""From a file to a programme and back."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _

from program.checks import findings
from program.hints import hints
from program.programme import BadProgramme, Problem, Programme
from program.spreadsheet.csvs import grid_of, grids_in_zip
from program.spreadsheet.errors import Unreadable, damaged
from program.spreadsheet.grids import Grid, Told
from program.spreadsheet.reading import read
from program.spreadsheet.workbooks import grids_in_workbook

# A programme of a hundred tables with long texts in two languages is a fifth of this.
MOST_BYTES = 1_000_000
MOST_UNPACKED = 10_000_000
_TEXT = ("", ".csv", ".tsv", ".txt")
_OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True)
class Loaded:
    """A programme without mistakes, and what may have been overlooked."""

    programme: Programme
    notes: list[Problem]


def load(content: bytes, name: str, base: Programme | None = None) -> Loaded:
    """Read a workbook, a CSV file, or a zip of CSV files; ``name`` is that of the file.

    What is not in it stays as in ``base``, the programme that is there already. Raises
    BadProgramme with all mistakes at once, each with its sheet, row and column.
    """
    told = Told()
    programme = read(_grids(content, name), base, told)
    if programme is not None:
        told.problems += findings(programme)
    if programme is None or told.problems:
        raise BadProgramme(sorted(set(told.problems)))
    return Loaded(programme, sorted({*told.notes, *hints(programme)}))


def too_large() -> str:
    return _("This file is too large: one megabyte is the most.")


def _grids(content: bytes, name: str) -> list[Grid]:
    if len(content) > MOST_BYTES:
        raise Unreadable(too_large())
    if content.startswith(_OLD_EXCEL):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise Unreadable(_("This file has a password. Save it without one and try again."))
        raise Unreadable(_("This file is of an old Excel. Save it as .xlsx and try again."))
    if content.startswith(b"PK"):
        return _grids_in_archive(content)
    if not content.strip():
        raise Unreadable(_("This file is empty."))
    if PurePath(name).suffix.lower() not in _TEXT:
        raise _no_spreadsheet()
    return [grid_of(content, PurePath(name).stem)]


def _grids_in_archive(content: bytes) -> list[Grid]:
    try:
        with ZipFile(BytesIO(content)) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > MOST_UNPACKED or len(infos) > 1000:
                raise Unreadable(_("This file is too large when unpacked."))
            if any(info.flag_bits & 1 for info in infos):
                raise Unreadable(_("This file has a password. Save it without one and try again."))
            names = {info.filename for info in infos}
            if "xl/workbook.xml" in names:
                return grids_in_workbook(content)
            if grids := grids_in_zip(archive):
                return grids
    except (BadZipFile, zlib.error, OSError, NotImplementedError, EOFError) as error:
        raise Unreadable(damaged()) from error
    raise _no_spreadsheet()


def _no_spreadsheet() -> Unreadable:
    return Unreadable(
        _("This is no spreadsheet. Choose an .xlsx file, a .csv file or a .zip of them.")
    )
