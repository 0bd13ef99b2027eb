"""From a file of any kind to a programme, and back."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath
from zipfile import ZipFile

from django.utils.translation import gettext as _

from program.file import toml
from program.file.model import BadProgramme, Mistake, Programme, UnreadableFile
from program.file.parse import entry_of
from program.file.rules import mistakes_in
from program.file.spreadsheet import reading
from program.file.spreadsheet.delimited import grid_in_csv
from program.file.spreadsheet.layout import MOST_COLUMNS, MOST_ROWS, ROUNDS
from program.file.spreadsheet.ods import MIMETYPE, grids_in_ods, ods_of
from program.file.spreadsheet.reading import SheetGrid, damaged
from program.file.spreadsheet.writing import pages
from program.file.spreadsheet.xlsx import grids_in_xlsx, xlsx_of
from program.file.warnings import warnings_about

# A programme of a hundred tables with long texts in two languages is a fifth of this.
MOST_BYTES = 1_000_000
MOST_UNPACKED = 10_000_000
# Elements of XML, in all sheets together: some 100,000 cells; and in whatever else a file has.
MOST_TAGS, MOST_OTHER_TAGS = 400_000, 50_000
MIMETYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": MIMETYPE,
}
_OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")


@dataclass(frozen=True)
class LoadedFile:
    """A programme without mistakes, and what may have been overlooked."""

    programme: Programme
    notes: list[Mistake]


def load(content: bytes, name: str, base: Programme | None = None) -> LoadedFile:
    """Read TOML, or a spreadsheet; ``name`` is that of the file.

    What a spreadsheet leaves out stays as in ``base``, the programme so far; a TOML file is all
    of it. Raises BadProgramme with all mistakes at once, each with its place.
    """
    mistakes: list[Mistake] = []
    notes: list[Mistake] = []
    if len(content) > MOST_BYTES:
        raise UnreadableFile(too_large())
    if PurePath(name).suffix.lower() == ".toml":
        base = None
        raw = toml.raw_programme(content, mistakes)
    else:
        grids = _grids(content, _no_programme())
        raw = reading.raw_programme(grids, mistakes, notes, new=base is None)
    programme = entry_of(Programme, raw, mistakes, base) if raw else None
    if programme is not None:
        mistakes += mistakes_in(programme)
    if programme is None or mistakes:
        raise BadProgramme(mistakes)
    return LoadedFile(programme, sorted({*notes, *warnings_about(programme)}))


def load_toml(content: bytes) -> Programme:
    """A programme that is kept under version control. Raises BadProgramme."""
    return load(content, "x.toml").programme


def written(
    programme: Programme | None, kind: str, *, rounds: int = ROUNDS, english: bool = True
) -> bytes:
    """An .xlsx or .ods spreadsheet, to fill in if there is no programme. Raises UnreadableFile."""
    sheets = pages(programme, rounds=rounds, english=english)
    return {"xlsx": xlsx_of, "ods": ods_of}[kind](sheets)


def too_large() -> str:
    return _("This file is too large: one megabyte is the most.")


def list_in(content: bytes) -> SheetGrid:
    """The first sheet with anything in it, of a spreadsheet or a .csv file.

    Raises UnreadableFile.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableFile(too_large())
    if not content.strip():
        raise UnreadableFile(_empty())
    is_text = not content.startswith((b"PK", _OLD_EXCEL))
    grids = [grid_in_csv(content)] if is_text else _grids(content, _no_spreadsheet())
    filled = [grid for grid in grids if grid.rows]
    if not filled:
        raise UnreadableFile(_empty())
    return filled[0]


def _grids(content: bytes, unknown: str) -> list[SheetGrid]:
    """``unknown`` is what to say of a file that is not a spreadsheet."""
    if not content.strip():
        raise UnreadableFile(_empty())
    if content.startswith(_OLD_EXCEL):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise UnreadableFile(_with_password())
        raise UnreadableFile(_("This file is from an old Excel. Save it as .xlsx and try again."))
    if not content.startswith(b"PK"):
        raise UnreadableFile(unknown)
    try:
        with ZipFile(BytesIO(content)) as archive:
            return _grids_in(archive, content, unknown)
    except BadProgramme:
        raise
    except Exception as error:  # whatever a broken file makes a reader stumble over
        raise UnreadableFile(damaged()) from error


def _grids_in(archive: ZipFile, content: bytes, unknown: str) -> list[SheetGrid]:
    infos = archive.infolist()
    names = {info.filename for info in infos}
    if sum(info.file_size for info in infos) > MOST_UNPACKED or len(infos) > 1000:
        raise UnreadableFile(_("This file is too large when unpacked."))
    manifest = "META-INF/manifest.xml"
    encrypted = manifest in names and b"encryption-data" in archive.read(manifest)
    if encrypted or any(info.flag_bits & 1 for info in infos):
        raise UnreadableFile(_with_password())
    _count_tags(archive, names)
    if "xl/workbook.xml" in names:
        return grids_in_xlsx(content)
    if "content.xml" in names and b"opendocument.spreadsheet" in archive.read("mimetype"):
        return grids_in_ods(archive)
    raise UnreadableFile(unknown)


def _count_tags(archive: ZipFile, names: set[str]) -> None:
    """Before anything is made of them: a reader takes microseconds for each, even if it is empty.

    Raises UnreadableFile.
    """
    sheets = other = 0
    for name in names:
        tags = archive.read(name).count(b"<")
        if name == "content.xml" or name.startswith(("xl/worksheets/", "xl/sharedStrings")):
            sheets += tags
        else:
            other += tags
    if sheets > MOST_TAGS or other > MOST_OTHER_TAGS:
        message = _("This file is too large: %(rows)s rows and %(columns)s columns is the most.")
        raise UnreadableFile(message % {"rows": MOST_ROWS, "columns": MOST_COLUMNS})


def _empty() -> str:
    return _("This file is empty.")


def _no_spreadsheet() -> str:
    return _(
        "This is not a list, or it is damaged. Choose a file that ends in .xlsx, .ods or .csv."
    )


def _with_password() -> str:
    return _("This file has a password. Save it without one and try again.")


def _no_programme() -> str:
    return _(
        "This is not a programme, or it is damaged. "
        "Choose a file that ends in .xlsx, .ods or .toml."
    )
