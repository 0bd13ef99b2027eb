# ruff: noqa: DTZ001 - a file holds wall-clock times, without a time zone
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from io import BytesIO
from time import process_time
from tracemalloc import get_traced_memory, start, stop
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.utils import translation
from django.utils.html import escape
from openpyxl import Workbook, load_workbook

from program.file import files
from program.file.model import BadProgramme, Programme, RoleEntry, SignupQuestionEntry
from program.file.spreadsheet.differences import CellDifference, differences
from program.file.spreadsheet.layout import SHEETS, column_called
from program.file.spreadsheet.ods import ods_of
from program.file.spreadsheet.safety import guarded, unguarded
from program.file.spreadsheet.writing import SheetPage, pages
from program.file.spreadsheet.xlsx import xlsx_of
from registrations.management.commands.load_demo import FILE

DEMO = files.load_toml(FILE.read_bytes())
NONE: list[str] = []
NO_HEADING = "No heading is known here. The first row must hold the names of the columns."


def filled(programme: Programme) -> Programme:
    """As a spreadsheet says it: nothing is left out, and no seats are reserved."""
    return replace(
        programme,
        weekday="",
        notice="-- Foto’s\n\n=1+1",
        notice_en="",
        needs_question="@dieet?",
        needs_question_en="",
        extras_allowed=False,
        confirm_first=False,
        role_question="=Wie ben je?",
        role_question_en="",
        roles=[
            RoleEntry(code="inwoner", label="bewoner", label_en="resident"),
            RoleEntry(code="", label="-ondernemer", label_en=""),
        ],
        signup_opens=datetime(2016, 10, 1, 9, 30),
        sessions=[
            replace(session, slots=[replace(each, reserved=2) for each in session.slots])
            for session in programme.sessions
        ],
        signup_questions=[
            SignupQuestionEntry(
                question="Hoe kom je?",
                question_en="How?",
                kind="one",
                options=["te voet; of rolstoel", '"fiets"', "trein"],
                options_en=NONE,
                required=True,
            ),
            SignupQuestionEntry(question="Nog iets?", options=NONE, options_en=NONE),
        ],
    )


FULL = filled(DEMO)
XLSX = xlsx_of(pages(FULL))
ODS = ods_of(pages(FULL))
WRITERS = [xlsx_of, ods_of]


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


# There and back


@pytest.mark.parametrize("write", WRITERS)
def test_programme_comes_back_from_a_spreadsheet(write: Callable[..., bytes]):
    assert files.load(write(pages(FULL)), "x").programme == FULL


def test_same_programme_gives_the_same_cells_and_the_same_bytes():
    again = files.load(xlsx_of(pages(FULL)), "x").programme
    assert cells(xlsx_of(pages(again))) == cells(xlsx_of(pages(FULL)))
    assert ods_of(pages(again)) == ods_of(pages(FULL))


def cells(content: bytes) -> dict[str, list[tuple[object, ...]]]:
    book = load_workbook(BytesIO(content))
    return {sheet.title: list(sheet.values) for sheet in book.worksheets}


def test_every_time_of_the_day_survives_excel():
    clocks = [time(*divmod(minutes, 60)) for minutes in range(24 * 60)]
    lines = [replace(FULL.agenda[0], starts=clock, ends=clock) for clock in clocks]
    book = load_workbook(BytesIO(xlsx_of([pages(replace(FULL, agenda=lines))[1]])))
    assert [cell.value for cell in book["Programma"]["A"]][1:] == clocks


def test_table_in_a_round_without_a_timetable_line_is_written_and_reported_on_reading():
    without = replace(FULL, agenda=[item for item in FULL.agenda if item.round != 2])
    told = problems(xlsx_of(pages(without)), "x")
    assert told[0] == (
        "Sessies, row 3, column Ronde 2 plekken: There is no round 2 in the timetable."
    )
    assert len(told) == 9


def test_text_that_excel_has_no_room_for_is_refused_and_not_cut_off():
    long = replace(FULL, text="a" * 32_767)
    for write in WRITERS:
        assert files.load(write(pages(long)), "x").programme == long
    with pytest.raises(BadProgramme, match="too long for Excel: ‘aaaa"):
        xlsx_of(pages(replace(FULL, text="a" * 32_768)))


def test_characters_that_no_workbook_holds_are_left_out():
    odd = replace(FULL, text="a\ufffeb\uffffc\x0bd")
    for write in WRITERS:
        assert files.load(write(pages(odd)), "x").programme.text == "abcd"


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("text", ['- a\n  - b\n\n    code  <b> & "x"\tz', "a\n\n\nb", "é’€"])
def test_spaces_lines_and_signs_come_back(write: Callable[..., bytes], text: str):
    assert files.load(write(pages(replace(FULL, text=text))), "x").programme.text == text


def test_spaces_that_a_program_would_take_together_are_written_as_such():
    with ZipFile(BytesIO(ods_of(pages(replace(FULL, text="a\n  b  c\td"))))) as archive:
        xml = archive.read("content.xml").decode()
    assert '<text:p><text:s text:c="2"/>b<text:s text:c="2"/>c<text:tab/>d</text:p>' in xml


# Formulas (standards: = + - @ TAB CR NUL, and their full-width brothers)


@pytest.mark.parametrize("sign", "=+-@\t\r\0＝＋－＠")
def test_what_looks_like_a_formula_is_guarded_and_comes_back(sign: str):
    for text in (f"{sign}1+1", f"'{sign}x", f"''{sign}"):
        assert guarded(text) == f"'{text}"
        assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["", "'", "'s ochtends", "1-2", "a=b"])
def test_other_text_stays_as_it_is(text: str):
    assert guarded(text) == unguarded(text) == text


def test_no_cell_of_a_file_starts_like_a_formula():
    wild = replace(
        FULL,
        title="=cmd()",
        lead="+31 6",
        sessions=[replace(FULL.sessions[0], title="@home", text="-1", hosts=NONE)],
        speakers=[replace(FULL.speakers[0], name="=Jan", organisation="－x")],
    )
    texts = [
        value
        for rows in cells(xlsx_of(pages(wild))).values()
        for row in rows
        for value in row
        if isinstance(value, str)
    ]
    with ZipFile(BytesIO(ods_of(pages(wild)))) as archive:
        texts += re.findall(
            "<table:table-cell [^>]*><text:p>(.*?)</text:p>", archive.read("content.xml").decode()
        )
    assert [text for text in texts if text.startswith(tuple("=+-@＝＋－＠"))] == []
    assert {"'=cmd()", "&#x27;=cmd()"} <= set(texts)
    for write in WRITERS:
        assert files.load(write(pages(wild)), "x").programme == wild


# Parts of a programme


def only(*titles: str) -> bytes:
    return ods_of([page for page in pages(FULL) if page.title in titles])


def renamed(page: SheetPage, title: str) -> bytes:
    return ods_of([replace(page, title=title)])


def test_sheet_that_is_left_out_stays_as_it_is():
    base = replace(FULL, title="Stored", capacity=50)
    changed = replace(FULL.sessions[0], title="Nieuw")
    page = pages(replace(FULL, sessions=[changed, *FULL.sessions[1:]]))[3]
    read = files.load(ods_of([page]), "x", base).programme
    assert read == replace(base, sessions=[changed, *FULL.sessions[1:]])


@pytest.mark.parametrize("title", ["Tafelsessies (2)", "table sessions", "Blad1"])
def test_single_sheet_is_known_by_its_name_or_its_headings(title: str):
    book = load_workbook(BytesIO(XLSX))
    for other in set(book.sheetnames) - {"Sessies"}:
        del book[other]
    book["Sessies"].title = title
    assert files.load(saved(book), "x", FULL).programme == FULL


def test_column_that_is_left_out_stays_as_it_is():
    page = pages(FULL)[3]
    kept = [0, 1, 2, *range(7, len(page.headings))]
    small = replace(
        page,
        headings=[page.headings[index] for index in kept],
        columns=[page.columns[index] for index in kept],
        rows=[[row[index] for index in kept] for row in page.rows],
    )
    assert files.load(ods_of([small]), "x", FULL).programme == FULL


def test_row_of_the_event_that_is_left_out_stays_as_it_is():
    rows = [("Titel", "Nieuw"), ("Straat en nummer", "Plein 2")]
    page = replace(pages(FULL)[0], rows=rows, columns=pages(FULL)[0].columns[:2])
    read = files.load(ods_of([page]), "x", FULL).programme
    venue = replace(FULL.venue, street="Plein 2")
    assert read == replace(FULL, title="Nieuw", venue=venue)


def test_columns_of_a_round_that_are_left_out_leave_its_tables_alone():
    page = pages(FULL)[3]
    small = replace(
        page,
        headings=page.headings[:11],
        columns=page.columns[:11],
        rows=[row[:11] for row in page.rows],
    )
    assert page.headings[10] == "Ronde 1 plaats (Engels)"
    assert files.load(ods_of([small]), "x", FULL).programme == FULL


def test_row_that_is_left_out_is_taken_out():
    page = pages(FULL)[5]
    read = files.load(ods_of([replace(page, rows=page.rows[1:])]), "x", FULL).programme
    assert read == replace(FULL, questions=FULL.questions[1:])


def test_mistake_in_what_is_stored_is_reported_as_such():
    base = replace(FULL, agenda=[replace(FULL.agenda[0], ends=time(13))])
    told = problems(only("Vragen"), "x", base)
    assert told[0] == "What is stored: The end, 13:00, is not after the start, 14:00."


# A file by somebody else


def workbook(**sheets: Any) -> bytes:
    """The demo programme with these rows instead of its own."""
    book = load_workbook(BytesIO(XLSX))
    for title, rows in sheets.items():
        del book[title]
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def problems(content: bytes, name: str, base: Programme | None = None) -> list[str]:
    with pytest.raises(BadProgramme) as caught:
        files.load(content, name, base)
    return list(map(str, caught.value.mistakes))


def test_cells_are_read_however_excel_stored_them():
    book = load_workbook(BytesIO(XLSX))
    event = book["Evenement"]
    values = {str(row[0].value): row[1] for row in event.iter_rows(min_row=2)}
    values["Gepubliceerd"].value = True
    values["Datum"].value = "maandag 31 oktober 2016"
    values["Begin"].value = 14 / 24
    values["Aantal plekken"].value = "96"
    values["Aanmelden kan vanaf"].value = "1-10-2016 9.30 uur"
    assert files.load(saved(book), "x").programme == FULL


def test_code_that_excel_takes_for_a_number_stays_a_code():
    book = load_workbook(BytesIO(XLSX))
    (cell,) = (cell for cell in book["Sessies"]["A"] if cell.value == "4")
    cell.value = 4.0
    assert files.load(saved(book), "x").programme == FULL


def test_all_mistakes_are_reported_at_once_with_sheet_row_and_column():
    book = load_workbook(BytesIO(XLSX))
    sessions, speakers = book["Sessies"], book["Gastheren"]
    sessions["A3"] = "1A"
    sessions["B4"] = "vier"
    sessions["H2"] = -1
    sessions["E5"] = "Piet Onbekend"
    sessions["C6"] = date(2016, 10, 31)
    sessions["H7"] = None
    speakers["A2"] = None
    book["Evenement"]["B12"] = "binnenkort"
    book["Vragen bij aanmelden"]["C2"] = "raadsel"
    assert problems(saved(book), "x") == [
        "Evenement, row 12, Datum: This must be a date, such as 31-10-2016.",
        "Sessies, row 2, column Ronde 1 plekken: Ensure this value is greater than or equal to 0.",
        "Sessies, row 3, column Code: There is a session with code 1a already.",
        "Sessies, row 4, column Thema: This must be a whole number, such as 14.",
        "Sessies, row 6, column Titel: "
        "This must be a text. In a spreadsheet, give the cell the format Text first.",
        "Gastheren, row 2, column Naam: This is empty: fill it in.",
        "Vragen bij aanmelden, row 2, column Soort antwoord: "
        "Value 'raadsel' is not a valid choice.",
        "Vragen bij aanmelden, row 2, column Antwoorden: "
        "There is nothing to choose in a question of this kind.",
    ]


def test_place_without_seats_is_reported():
    book = load_workbook(BytesIO(XLSX))
    book["Sessies"]["H2"] = None
    assert problems(saved(book), "x") == [
        "Sessies, row 2, column Ronde 1 plekken: This is empty: fill it in."
    ]


@pytest.mark.parametrize(
    ("headings", "told"),
    [
        (
            ["Nummer", "Titels", "Titel (Engels)"],
            ["Thema's, row 1, column Titels: ‘Titels’ is not known here. Do you mean ‘Titel’?"],
        ),
        (
            ["Nummer", "Titel", "Titel"],
            ["Thema's, row 1, column Titel: ‘Titel’ stands there twice."],
        ),
        (["Nummer", "Tekst", ""], ["Thema's: ‘Titel’ is missing here."]),
        (
            ["a", "b", "c"],
            [f"Thema's: {NO_HEADING}"],
        ),
    ],
)
def test_heading_that_is_wrong_is_reported(headings: list[str], told: list[str]):
    content = workbook(**{"Thema's": [headings, *([n, f"T{n}", "", "x"] for n in range(1, 9))]})
    found = problems(content, "x")
    assert [one for one in found if one.startswith("Thema's")] == told


def test_heading_of_a_round_that_nobody_counts_to_is_not_read():
    (sessions,) = (sheet for sheet in SHEETS if sheet.part == "sessions")
    assert column_called(sessions, f"Ronde {'9' * 5000} plekken") is None


def test_heading_may_be_dutch_or_english_and_below_a_title():
    rows: list[list[Any]] = [
        ["Onze thema’s"],
        [],
        [" NUMMER", "title", "titel (engels)", "text", "text_en"],
    ]
    rows += [[t.number, t.title, t.title_en, t.text, t.text_en] for t in FULL.themes]
    assert files.load(workbook(**{"Thema's": rows}), "x").programme == FULL


def test_own_columns_and_sheets_are_passed_over_and_reported():
    book = load_workbook(BytesIO(XLSX))
    book["Gastheren"]["F1"] = "Gebeld?"
    book.create_sheet("Boodschappen")
    read = files.load(saved(book), "x")
    assert read.programme == FULL
    assert list(map(str, read.notes)) == [
        "Gastheren, row 1, column Gebeld?: This is not known here and is not read.",
        "Boodschappen: This sheet is not known and is not read.",
    ]


def test_empty_rows_are_passed_over():
    book = load_workbook(BytesIO(XLSX))
    book["Vragen"].insert_rows(3)
    book["Vragen"]["A40"] = "  "
    assert files.load(saved(book), "x").programme == FULL


def test_merged_cells_are_reported_where_they_hide_a_value():
    book = load_workbook(BytesIO(XLSX))
    book["Thema's"].merge_cells("B2:B3")
    assert problems(saved(book), "x") == [
        "Thema's, row 3, column Titel: "
        "This cell is merged with another. Split them: each row needs its own."
    ]


def with_merged(areas: bytes) -> bytes:
    """The workbook with merged cells on the sheet of themes; openpyxl is slow to merge many."""
    content = BytesIO()
    with ZipFile(BytesIO(XLSX)) as old, ZipFile(content, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            inside = old.read(name)
            if name == "xl/worksheets/sheet3.xml":
                merged = b"</sheetData><mergeCells>" + areas + b"</mergeCells>"
                inside = inside.replace(b"</sheetData>", merged)
            new.writestr(name, inside)
    return content.getvalue()


def test_merged_column_of_a_million_cells_is_read_at_once():
    content = with_merged(b'<mergeCell ref="B2:B1048576"/>')
    began = process_time()
    assert files.load(content, "x").programme == FULL
    assert process_time() - began < 15  # with an object for each cell it takes a minute


def test_areas_that_cover_each_other_are_no_workbook_of_any_program():
    areas = b'<mergeCell ref="A1:GR2000"/>' * 2
    assert problems(with_merged(areas), "x") == [f"The file: {DAMAGED}"]


def test_formula_without_a_value_and_an_error_are_reported():
    book = load_workbook(BytesIO(XLSX))
    book["Thema's"]["B2"] = "=1+1"
    book["Thema's"]["B3"] = "#REF!"
    assert problems(saved(book), "x") == [
        "Thema's, row 2, column Titel: "
        "The value of this formula is not in the file. Type the value itself.",
        "Thema's, row 3, column Titel: This cell holds an error: #REF!.",
    ]


def test_hidden_sheet_is_not_read_in_silence():
    book = load_workbook(BytesIO(XLSX))
    book["Gastheren"].sheet_state = "hidden"
    assert problems(saved(book), "x") == [
        "The file: The sheet ‘Gastheren’ is hidden. Show it, or take it out."
    ]


def test_new_event_needs_the_sheets_that_its_tables_refer_to():
    book = load_workbook(BytesIO(XLSX))
    for title in ("Programma", "Gastheren"):
        del book[title]
    assert problems(saved(book), "x") == [
        "The file: The sheet ‘Gastheren’ is missing.",
        "The file: The sheet ‘Programma’ is missing.",
    ]
    del book["Evenement"]
    assert problems(saved(book), "x") == ["The file: The sheet ‘Evenement’ is missing."]


def test_empty_template_says_what_to_fill_in():
    told = problems(xlsx_of(pages(None)), "x")
    assert told[0] == "Evenement, row 2, Adres van de pagina: This is empty: fill it in."
    assert len(told) == 12


# Files that are none


def zipped(**contents: bytes) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for name, inside in contents.items():
            archive.writestr(name, inside)
    return content.getvalue()


OLD = bytes.fromhex("d0cf11e0a1b11ae1")
DAMAGED = "This file is damaged. Open it in Excel or LibreOffice, save it, and try again."
NO_SHEET = (
    "This is not a programme, or it is damaged. Choose a file that ends in .xlsx, .ods or .toml."
)
TOO_LARGE = (
    "The sheet ‘%s’ is too large: 2000 rows and 200 columns is the most. "
    "Take out what is far down or far to the right."
)
TOO_LONG = "The sheet ‘%s’ has a cell with more than 32767 characters. Shorten its text."
PASSWORD = "This file has a password. Save it without one and try again."


def not_to_be_unpacked() -> bytes:
    """A zip whose list of files is whole, and a file in it is not."""
    content = zipped(**{"xl/workbook.xml": b"<workbook/>" * 99})
    with ZipFile(BytesIO(content)) as archive:
        (info,) = archive.infolist()
    start = content.index(b"xl/workbook.xml") + len(b"xl/workbook.xml")
    return content[:start] + b"\xff" * info.compress_size + content[start + info.compress_size :]


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "x">]><workbook>&b;</workbook>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "This file is empty."),
        (b"x" * 4_000_000, "This file is too large: one megabyte is the most."),
        (OLD + b"\0" * 600, "This file is from an old Excel. Save it as .xlsx and try again."),
        (OLD + "EncryptedPackage".encode("utf-16-le"), PASSWORD),
        (b"PK\3\4 and so on", DAMAGED),
        (xlsx_of(pages(None))[:-30], DAMAGED),
        (zipped(**{"xl/workbook.xml": b"<a"}), DAMAGED),
        (zipped(**{"xl/workbook.xml": BOMB}), DAMAGED),
        (zipped(**{"a": b"\0" * 11_000_000}), "This file is too large when unpacked."),
        (zipped(**{"word/document.xml": b""}), NO_SHEET),
        (zipped(**{"Vragen.csv": b"Vraag;Antwoord"}), NO_SHEET),
        (b"%PDF-1.4\0\0", NO_SHEET),
        (b"Code;Titel\n1a;Gesprek", NO_SHEET),
        (not_to_be_unpacked(), DAMAGED),
        (ods_of([])[:-30], DAMAGED),
        (ods_of([]), "No sheet is known here. Download a spreadsheet to see what they are called."),
    ],
)  # fmt: skip
def test_file_that_cannot_be_read_is_refused_with_a_sentence(content: bytes, message: str):
    assert problems(content, "bestand", FULL) == [f"The file: {message}"]


def test_workbook_with_cells_far_away_is_refused():
    book = load_workbook(BytesIO(XLSX))
    # The last row that Excel has: what lies between must not take minutes to pass.
    book["Vragen"]["A1048576"] = "ver weg"
    (message,) = problems(saved(book), "x")
    assert message.startswith("The file: The sheet ‘Vragen’ is too large: 2000 rows")


@pytest.mark.parametrize("cell", ["XFD20000", "XFD1048576"])
def test_words_in_opposite_corners_end_no_process(cell: str):
    """python-calamine makes room for all cells between them, and takes the process down with it."""
    book = load_workbook(BytesIO(XLSX))
    book["Vragen"][cell] = "ver weg"
    began = process_time()
    assert files.load(saved(book), "x").programme == FULL
    assert process_time() - began < 15


SHEET_3 = "xl/worksheets/sheet3.xml"


def changed(whole: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """A spreadsheet with something else in one of its files."""
    content = BytesIO()
    with ZipFile(BytesIO(whole)) as source, ZipFile(content, "w", ZIP_DEFLATED) as target:
        for each in source.namelist():
            inside = source.read(each)
            if each == name:
                assert old in inside
                inside = inside.replace(old, new, 1)
            target.writestr(each, inside)
    return content.getvalue()


@pytest.mark.parametrize("begin", [b"<c ", b"<mergeCell ", b"<x:c ", b'<c r="A1"><f>'])
def test_xml_that_looks_like_endless_cells_is_read_at_once(begin: bytes):
    """Expressions that look for the end of each took minutes, also with what is a comment."""
    comment = b"<!--" + begin * 40_000 + b"--></sheetData>"
    content = changed(XLSX, SHEET_3, b"</sheetData>", comment)
    began = process_time()
    assert files.load(content, "x").programme == FULL
    assert process_time() - began < 5


@pytest.mark.parametrize("cell", [b"<f>1+1</f>", b"<f/><v/>", b"<f>1+1</f><v></v>"])
def test_formula_is_told_however_its_empty_value_is_written(cell: bytes):
    written = b'<c r="B2" t="str">' + cell + b"</c>"
    (read,) = re.findall(rb'<c r="B2".*?</c>', ZipFile(BytesIO(XLSX)).read(SHEET_3))
    assert problems(changed(XLSX, SHEET_3, read, written), "x") == [
        "Thema's, row 2, column Titel: "
        "The value of this formula is not in the file. Type the value itself."
    ]


def shared(content: bytes, instead_of: bytes, text: bytes) -> bytes:
    """Cells with one text, which is in the workbook once, as Excel writes them."""
    result = BytesIO()
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    with ZipFile(BytesIO(content)) as old, ZipFile(result, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            override = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%s"/></Types>'
            inside = old.read(name).replace(b"</Types>", override % kind)
            inline = b't="inlineStr"><is><t>%s</t></is>' % instead_of
            new.writestr(name, inside.replace(inline, b't="s"><v>0</v>'))
        main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        strings = b'<sst xmlns="%s"><si><t>%s</t></si></sst>' % (main, text)
        new.writestr("xl/sharedStrings.xml", strings)
    return result.getvalue()


@pytest.mark.parametrize(
    ("length", "rows", "message"), [(200_000, 40, TOO_LONG), (30_000, 1900, TOO_LARGE)]
)
def test_long_text_that_many_cells_of_a_workbook_share_is_refused(
    length: int, rows: int, message: str
):
    content = workbook(Vragen=[["Vraag", "Antwoord"]] + [["VERVANG", "VERVANG"]] * rows)
    content = shared(content, b"VERVANG", b"a" * length)
    began = process_time()
    assert problems(content, "x") == ["The file: " + message % "Vragen"]
    assert process_time() - began < 10


# OpenDocument, as LibreOffice writes it


def ods(table: str, styles: str = "", more: dict[str, bytes] | None = None) -> bytes:
    """The sheet of themes, which is the third of seven, with these rows in place of its own."""
    content = BytesIO()
    with ZipFile(BytesIO(ODS)) as old, ZipFile(content, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            inside = old.read(name)
            if name == "content.xml":
                text = inside.decode()
                before, title, after = text.partition('table:name="Thema&#x27;s"')
                headings, end, rest = after.partition("</table:table-header-rows>")
                _rows, last, others = rest.partition("</table:table>")
                text = "".join((before, title, headings, end, table, last, others))
                where = "<office:automatic-styles>"
                inside = text.replace(where, where + styles).encode()
            new.writestr(name, (more or {}).get(name, inside))
    return content.getvalue()


def ods_row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def ods_cell(text: str = "", attributes: str = "") -> str:
    shown = f"<text:p>{text}</text:p>" if text else ""  # what is in it is XML already
    return f"<table:table-cell {attributes}>{shown}</table:table-cell>"


def themes(*, instead: dict[int, str] | None = None) -> list[str]:
    rows = {
        theme.number: ods_row(
            ods_cell(attributes=f'office:value-type="float" office:value="{theme.number}"'),
            ods_cell(escape(theme.title), 'office:value-type="string"'),
            ods_cell(escape(theme.title_en), 'office:value-type="string"'),
            ods_cell(escape(theme.text), 'office:value-type="string"'),
            ods_cell(escape(theme.text_en), 'office:value-type="string"'),
        )
        for theme in FULL.themes
    }
    return list((rows | (instead or {})).values())


def test_rows_that_libreoffice_repeats_to_the_end_of_the_sheet_cost_nothing():
    tail = 'table:number-rows-repeated="1048567"'
    wide = 'table:number-columns-repeated="16384"'
    began = process_time()
    rows = "".join(themes()) + ods_row("<table:covered-table-cell/>") * 3
    rows += ods_row(ods_cell(attributes=wide), attributes=tail)
    assert files.load(ods(rows), "x").programme == FULL
    assert process_time() - began < 5


@pytest.mark.parametrize(
    "far",
    [
        ods_row(ods_cell("x"), attributes='table:number-rows-repeated="1048576"'),
        ods_row(ods_cell("x", 'table:number-columns-repeated="16384"')),
        ods_row(attributes='table:number-rows-repeated="999999999"') + ods_row(ods_cell("x")),
    ],
)
def test_spreadsheet_with_cells_far_away_is_refused(far: str):
    began = process_time()
    (message,) = problems(ods("".join(themes()) + far), "x")
    assert message == "The file: " + TOO_LARGE % "Thema's"
    assert process_time() - began < 15


@pytest.mark.parametrize(
    ("length", "rows", "columns", "message"),
    [(200_000, 40, 1, TOO_LONG), (30_000, 1900, 1, TOO_LARGE), (30_000, 1, 100, TOO_LARGE)],
)
def test_long_text_that_is_repeated_is_refused(length: int, rows: int, columns: int, message: str):
    wide = f'table:number-columns-repeated="{columns}"'
    long = ods_row(ods_cell("a" * length, wide), attributes=f'table:number-rows-repeated="{rows}"')
    content = ods("".join(themes()) + long)
    assert len(content) < 20_000
    began = process_time()
    assert problems(content, "x") == ["The file: " + message % "Thema's"]
    assert process_time() - began < 3


def peak_while(read: Callable[[], object]) -> int:
    start()
    try:
        read()
        return get_traced_memory()[1]
    finally:
        stop()


def test_spaces_are_not_put_together_beyond_what_a_cell_holds():
    content = ods(ods_row(ods_cell('a<text:s text:c="1000"/>' * 100_000)))
    told: list[str] = []
    assert peak_while(lambda: told.extend(problems(content, "x"))) < 80_000_000
    assert told == ["The file: " + TOO_LONG % "Thema's"]


def test_spaces_to_the_end_of_the_sheet_are_no_text():
    blank = ods_cell('<text:s text:c="9"/>', 'table:number-columns-repeated="16384"')
    tail = ods_row(blank, attributes='table:number-rows-repeated="1048567"')
    assert files.load(ods("".join(themes()) + tail), "x").programme == FULL


def test_elements_outside_rows_are_forgotten_once_read():
    content = changed(
        ODS, "content.xml", b"<office:spreadsheet>", b"<office:spreadsheet>" + b"<x/>" * 200_000
    )
    assert peak_while(lambda: files.load(content, "x")) < 12_000_000


def test_row_with_more_in_it_than_any_program_writes_is_refused():
    message = "The file: This file is too large: 2000 rows and 200 columns is the most."
    for row in ("<table:table-cell/>" * 400_001, ods_cell("<x/>" * 900_000)):
        assert problems(ods(ods_row(row)), "x") == [message]


def test_long_heading_is_not_kept_with_each_cell():
    rows = [["Vraag" + "!" * 30_000, "Antwoord"], *([f"Vraag {n}", "Ja."] for n in range(1900))]
    content = workbook(Vragen=rows)
    assert peak_while(lambda: files.load(content, "x")) < 40_000_000


def test_what_a_cell_of_libreoffice_does_not_hold_is_reported():
    error = (
        'table:formula="of:=1/0" office:value-type="string" office:string-value="" '
        'calcext:value-type="error" '
        'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    )
    day = 'office:value-type="date" office:date-value="2016-10-31"'
    number = ods_cell(attributes='office:value-type="float" office:value="%d"')
    instead = {
        1: ods_row(number % 1, ods_cell(attributes='table:formula="of:=[.A1]"')),
        2: ods_row(number % 2, ods_cell("#DIV/0!", error)),
        3: ods_row(number % 3, "<table:covered-table-cell/>"),
        4: ods_row(number % 4, ods_cell("31", day)),
    }
    assert problems(ods("".join(themes(instead=instead))), "x") == [
        "Thema's, row 2, column Titel: "
        "The value of this formula is not in the file. Type the value itself.",
        "Thema's, row 3, column Titel: This cell holds an error: #DIV/0!.",
        "Thema's, row 4, column Titel: "
        "This cell is merged with another. Split them: each row needs its own.",
        "Thema's, row 5, column Titel: "
        "This must be a text. In a spreadsheet, give the cell the format Text first.",
    ]


def test_comment_on_a_cell_is_no_part_of_it_and_marks_in_it_are():
    title = escape(FULL.themes[0].title)
    cell = ods_cell(f'<text:span>{title}</text:span><text:s text:c="2"/>').replace(
        "<text:p>", "<office:annotation><text:p>Nakijken</text:p></office:annotation><text:p>", 1
    )
    number = ods_cell(attributes='office:value-type="float" office:value="1"')
    (theme, *_others) = files.load(
        ods("".join(themes(instead={1: ods_row(number, cell)}))), "x"
    ).programme.themes
    assert theme.title == FULL.themes[0].title


def test_hidden_sheet_of_a_spreadsheet_is_not_read_in_silence():
    style = (
        '<style:style style:name="ta9" style:family="table">'
        '<style:table-properties table:display="false"/></style:style>'
    )
    content = ods("".join(themes()), style)
    with ZipFile(BytesIO(content)) as archive:
        text = archive.read("content.xml").decode()
    hidden = text.replace('table:name="Thema', 'table:style-name="ta9" table:name="Thema')
    assert problems(ods("", more={"content.xml": hidden.encode()}), "x") == [
        "The file: The sheet ‘Thema's’ is hidden. Show it, or take it out."
    ]


@pytest.mark.parametrize(
    ("name", "inside", "message"),
    [
        ("content.xml", BOMB, DAMAGED),
        ("content.xml", b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', DAMAGED),
        ("content.xml", b"<a", DAMAGED),
        ("META-INF/manifest.xml", b"<manifest:encryption-data/>", PASSWORD),
        ("mimetype", b"application/vnd.oasis.opendocument.text", NO_SHEET),
    ],
)
def test_spreadsheet_that_cannot_be_read_is_refused(name: str, inside: bytes, message: str):
    assert problems(ods("", more={name: inside}), "x") == [f"The file: {message}"]


# What differs


def test_differences_are_those_that_two_spreadsheets_show():
    first, *others = FULL.sessions
    fewer = [replace(first.slots[0], seats=12, reserved=0)]
    new = replace(
        FULL,
        ends=time(18, 30),
        agenda=[replace(FULL.agenda[0], title="koffie"), *FULL.agenda[1:]],
        sessions=[replace(first, slots=fewer), *others[:-1]],
        questions=[],
    )
    assert differences(FULL, new) == [
        CellDifference("Evenement, Einde", "18:00", "18:30"),
        CellDifference("Programma, 14:00, Onderdeel", "ontvangst", "koffie"),
        CellDifference("Sessies, 1a, Ronde 1 plekken", "14", "12"),
        CellDifference("Sessies, 1a, Ronde 1 gereserveerd", "2", "0"),
    ]
    assert differences(FULL, FULL) == []


# How it looks


def test_workbook_is_ready_to_fill_in():
    book = load_workbook(BytesIO(xlsx_of(pages(FULL))))
    assert book.sheetnames == [
        "Evenement",
        "Programma",
        "Thema's",
        "Sessies",
        "Gastheren",
        "Vragen",
        "Vragen bij aanmelden",
        "Rollen",
        "Uitleg",
    ]
    sheet = book["Sessies"]
    assert sheet.freeze_panes == "B2"
    assert (sheet["A2"].number_format, sheet["F2"].alignment.wrap_text) == ("@", True)
    assert [(cell.value) for cell in sheet[1]] == [
        "Code",
        "Thema",
        "Titel",
        "Titel (Engels)",
        "Gastheren",
        "Tekst",
        "Tekst (Engels)",
        "Ronde 1 plekken",
        "Ronde 1 gereserveerd",
        "Ronde 1 plaats",
        "Ronde 1 plaats (Engels)",
        "Ronde 2 plekken",
        "Ronde 2 gereserveerd",
        "Ronde 2 plaats",
        "Ronde 2 plaats (Engels)",
    ]
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    assert (rules["H2:H500"].type, rules["H2:H500"].prompt) == (
        "whole",
        "A whole number. How many seats the table has in this round. Empty: it is not held.",
    )
    explained = list(book["Uitleg"].values)
    assert explained[1][:3] == ("Evenement", "Adres van de pagina", "yes")
