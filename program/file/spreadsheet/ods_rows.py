"""One long table as an OpenDocument spreadsheet, written row by row: never whole in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.template.loader import render_to_string
from django.utils.html import escape

from program.file.spreadsheet.ods import MIMETYPE, cell_of
from program.file.spreadsheet.safety import guarded, storable
from program.file.spreadsheet.writing import CellContent

CHARACTER = 0.2  # centimetres, about
STYLES = {"date": "moment", "float": "number"}


def write(
    file: IO[bytes],
    title: str,
    widths: Sequence[int],
    rows: Iterable[Sequence[CellContent]],
) -> None:
    """The first of ``rows`` is the headings. ``widths`` of the columns are in characters."""
    around = {"title": title, "widths": [f"{width * CHARACTER:.1f}cm" for width in widths]}
    head, _here, foot = render_to_string("program/file/rows.xml", around).partition("<!-- rows -->")
    with ZipFile(file, "w") as archive:
        # The first file tells what the whole is, and has to be readable as it stands.
        archive.writestr(ZipInfo("mimetype"), MIMETYPE, ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", render_to_string("program/file/manifest.xml"))
        info = ZipInfo("content.xml")
        info.compress_type = ZIP_DEFLATED
        with archive.open(info, "w", force_zip64=True) as content:
            content.write(head.encode())
            for number, row in enumerate(rows):
                cells = (_heading(value) if number == 0 else _cell(value) for value in row)
                line = f"<table:table-row>{''.join(cells)}</table:table-row>"
                if number == 0:
                    line = f"<table:table-header-rows>{line}</table:table-header-rows>"
                content.write(f"{line}\n".encode())
            content.write(foot.encode())


def _heading(value: CellContent) -> str:
    text = escape(guarded(storable(str(value))))
    return (
        '<table:table-cell table:style-name="head" office:value-type="string">'
        f"<text:p>{text}</text:p></table:table-cell>"
    )


def _cell(value: CellContent) -> str:
    cell = cell_of(value)
    kind = str(cell["type"])
    if not kind:
        return "<table:table-cell/>"
    style = f' table:style-name="{STYLES.get(kind, "words")}" office:value-type="{kind}"'
    if "holds" in cell:
        return f'<table:table-cell{style} office:{cell["holds"]}="{cell["value"]}"/>'
    lines = "".join(f"<text:p>{line}</text:p>" for line in cell["paragraphs"])
    return f"<table:table-cell{style}>{lines}</table:table-cell>"
