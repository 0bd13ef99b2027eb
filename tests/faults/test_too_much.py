"""Forms and files that bring far more than any organiser's are refused early, with the limit.

Measured in processor time, so that a busy machine changes nothing; each took from ten seconds to
half an hour before there was a limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.test import Client
from django.utils import translation
from openpyxl import Workbook

from program.file import files
from program.file.model import BadProgramme, UnreadableFile
from program.models import Event
from tests.factories import make_event, make_organiser
from tests.program.admin.filling_in import filled_in

pytestmark = pytest.mark.django_db

LIMIT = 6  # seconds of the processor; the slowest takes one
MOST = files.MOST_UNPACKED - 200_000
XLSX = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ODS = "urn:oasis:names:tc:opendocument:xmlns:"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@contextmanager
def soon() -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < LIMIT


def xlsx(sheet: bytes = b"", after: bytes = b"", **parts: bytes) -> bytes:
    """A workbook with these rows, and whole parts by the name of their file."""
    book, plain, made = Workbook(), BytesIO(), BytesIO()
    book.save(plain)
    whole = f'<worksheet xmlns="{XLSX}"><sheetData>'.encode() + sheet + b"</sheetData>" + after
    changed = {"xl/worksheets/sheet1.xml": whole + b"</worksheet>"} if sheet or after else {}
    changed |= {f"xl/{name}.xml": content for name, content in parts.items()}
    with ZipFile(plain) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        for name in {*old.namelist(), *changed}:
            new.writestr(name, changed[name] if name in changed else old.read(name))
    return made.getvalue()


def ods(body: bytes) -> bytes:
    made = BytesIO()
    spaces = " ".join(f'xmlns:{name}="{ODS}{name}:1.0"' for name in ("office", "table", "text"))
    with ZipFile(made, "w", ZIP_DEFLATED) as new:
        new.writestr("mimetype", files.MIMETYPES["ods"])
        new.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>".encode()
            + b'<table:table table:name="x">'
            + body
            + b"</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return made.getvalue()


def times(piece: bytes, most: int = MOST) -> bytes:
    return piece * (most // len(piece))


SHEETS: dict[str, Callable[[], bytes]] = {
    "a million empty rows": lambda: xlsx(times(b"<row/>")),
    "as many rows as may be looked at": lambda: xlsx(b"<row/>" * 190_000),
    "numbered rows": lambda: xlsx(b"".join(b'<row r="%d"/>' % row for row in range(1, 500_000))),
    "a million cells": lambda: xlsx(b"<row>" + times(b"<c/>") + b"</row>"),
    "wide rows": lambda: xlsx(times(b"<row>" + b"<c/>" * 190 + b"</row>")),
    "what no program knows": lambda: xlsx(times(b"<a/>")),
    "deep": lambda: xlsx(times(b"<a>", MOST // 3) + times(b"</a>", MOST // 3)),
    "merged": lambda: xlsx(after=b"<mergeCells>" + times(b'<mergeCell ref="A1:B2"/>')),
    "styles": lambda: xlsx(
        styles=f'<styleSheet xmlns="{XLSX}"><cellXfs>'.encode()
        + times(b"<xf/>")
        + b"</cellXfs></styleSheet>"
    ),
    "words": lambda: xlsx(
        sharedStrings=f'<sst xmlns="{XLSX}">'.encode() + times(b"<si/>") + b"</sst>"
    ),
    "large cell": lambda: xlsx(
        b'<row><c t="inlineStr"><is><t>' + times(b"x") + b"</t></is></c></row>"
    ),
    "bomb": lambda: xlsx(b" " * 100_000_000),
    "ods rows": lambda: ods(times(b"<table:table-row/>")),
    "ods cells": lambda: ods(
        b"<table:table-row>" + times(b"<table:table-cell/>") + b"</table:table-row>"
    ),
    "ods repeated": lambda: ods(
        b'<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        b'table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
        b"</table:table-row>"
    ),
    "ods repeated, empty": lambda: ods(
        times(b'<table:table-row table:number-rows-repeated="1048576"/>', 500_000)
    ),
    "ods paragraphs": lambda: ods(
        b"<table:table-row><table:table-cell>"
        + times(b"<text:p/>")
        + b"</table:table-cell></table:table-row>"
    ),
    "ods deep": lambda: ods(times(b"<a>", MOST // 3) + times(b"</a>", MOST // 3)),
    "csv rows": lambda: b"a;b\n" * 240_000,
    "csv columns": lambda: b";" * 990_000,
    "csv quotes": lambda: b'"' * 990_000,
}
TOMLS: dict[str, Callable[[], bytes]] = {
    "deep": lambda: b"a = " + b"[" * 400_000 + b"]" * 400_000,
    "dots": lambda: b".".join([b"a"] * 400_000) + b" = 1",
    "quoted dots": lambda: b" . ".join([b'"a b"'] * 100_000) + b" = 1",
    "dots inside": lambda: b"a = {" + b".".join([b"a"] * 400_000) + b" = 1}",
    "names": lambda: b"\n".join(b"a%d = 1" % number for number in range(80_000)),
    "tables": lambda: b"[[sessions]]\n" * 75_000,
    "many sessions": lambda: b"".join(
        b"[[sessions]]\ncode = '%d'\ntitle = 'x'\n" % number for number in range(3_000)
    ),
}


@pytest.mark.parametrize("name", SHEETS)
def test_spreadsheet_that_is_too_much(name: str):
    content = SHEETS[name]()
    kind = "x.csv" if name.startswith("csv") else "x.ods" if name.startswith("ods") else "x.xlsx"
    with soon(), pytest.raises(BadProgramme):
        files.load(content, kind)
    with soon(), suppress(UnreadableFile):
        assert len(files.list_in(content).rows) <= 2_000


@pytest.mark.parametrize("name", TOMLS)
def test_programme_in_toml_that_is_too_much(name: str):
    with soon(), pytest.raises(BadProgramme):
        files.load(TOMLS[name](), "x.toml")


@pytest.fixture
def event() -> Event:
    return make_event(title="Bijeenkomst")


@pytest.fixture
def organiser(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


REFUSED = "There are too many rows: you can add at most 100 at once. Nothing was saved."


@pytest.mark.parametrize("claimed", ["5000", "1000000000", "150"])
def test_form_that_claims_too_many_rows(organiser: Client, event: Event, claimed: str):
    path = f"/en/admin/program/event/{event.pk}/aanmelden/"
    sent = filled_in(organiser, path)
    counts = [name for name in sent if name.endswith("-TOTAL_FORMS")]
    assert counts
    for name in counts:
        with soon():
            answer = organiser.post(path, sent | {name: claimed})
        assert answer.status_code == 400
        assert REFUSED in answer.content.decode()


@pytest.mark.parametrize("claimed", ["", "-1", "0", "2", "x", "9" * 5_000])
def test_form_with_a_count_that_is_false(organiser: Client, event: Event, claimed: str):
    """Refused, asked about, or taken where it does no harm. What is stored stays."""
    path = f"/en/admin/program/event/{event.pk}/aanmelden/"
    sent, roles = filled_in(organiser, path), list(event.roles.values_list("pk", "label"))
    for name in [name for name in sent if name.endswith(("-TOTAL_FORMS", "-INITIAL_FORMS"))]:
        with soon():
            answer = organiser.post(path, sent | {name: claimed})
        assert answer.status_code in (200, 303, 400, 422), name
        assert list(event.roles.values_list("pk", "label")) == roles


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ("themas/", "new-theme-%d-title"),
        ("gastheren/", "new-host-%d-name"),
        ("", "new-line-%d-title"),
    ],
)
def test_sheet_with_too_many_rows(organiser: Client, event: Event, part: str, field: str):
    path = f"/en/admin/program/event/{event.pk}/programma/{part}"
    with soon():
        answer = organiser.post(path, {field % row: "x" for row in range(9_000)})
    assert answer.status_code == 400
    assert REFUSED in answer.content.decode()
