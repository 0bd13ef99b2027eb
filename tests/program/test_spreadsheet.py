# ruff: noqa: DTZ001 - a file holds wall-clock times, without a time zone
from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from io import BytesIO, StringIO
from time import process_time
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.utils import translation
from openpyxl import Workbook, load_workbook

from program.programme import BadProgramme, Programme, SignupQuestionEntry
from program.spreadsheet import files
from program.spreadsheet.cells import joined
from program.spreadsheet.csvs import csv_of, zip_of
from program.spreadsheet.differences import Difference, differences
from program.spreadsheet.layout import round_column
from program.spreadsheet.safety import guarded, unguarded
from program.spreadsheet.writing import pages
from program.spreadsheet.xlsx import xlsx_of
from program.toml import toml_file
from registrations.management.commands.load_demo import FILE

DEMO = toml_file.load(FILE.read_text(encoding="utf-8"))
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
        signup_opens=datetime(2016, 10, 1, 9, 30),
        sessions=[
            replace(session, sittings=[replace(each, reserved=2) for each in session.sittings])
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


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


# There and back


@pytest.mark.parametrize("write", [xlsx_of, zip_of])
def test_programme_comes_back_from_a_spreadsheet(write: Callable[..., bytes]):
    assert files.load(write(pages(FULL)), "x").programme == FULL


def test_same_programme_gives_the_same_cells_and_the_same_bytes():
    again = files.load(xlsx_of(pages(FULL)), "x").programme
    assert cells(xlsx_of(pages(again))) == cells(xlsx_of(pages(FULL)))
    assert zip_of(pages(again)) == zip_of(pages(FULL))


def cells(content: bytes) -> dict[str, list[tuple[object, ...]]]:
    book = load_workbook(BytesIO(content))
    return {sheet.title: list(sheet.values) for sheet in book.worksheets}


def test_every_time_of_the_day_survives_excel():
    clocks = [time(*divmod(minutes, 60)) for minutes in range(24 * 60)]
    lines = [replace(FULL.agenda[0], starts=clock, ends=clock) for clock in clocks]
    book = load_workbook(BytesIO(xlsx_of([pages(replace(FULL, agenda=lines))[1]])))
    assert [cell.value for cell in book["Programma"]["A"]][1:] == clocks


def test_table_in_a_round_without_a_timetable_line_is_written_and_told_on_reading():
    without = replace(FULL, agenda=[item for item in FULL.agenda if item.round != 2])
    told = problems(xlsx_of(pages(without)), "x")
    assert told[0] == (
        "Tafelsessies, row 3, column Ronde 2 plekken: There is no round 2 in the timetable."
    )
    assert len(told) == 9


def test_text_that_excel_has_no_room_for_is_refused_and_not_cut_off():
    long = replace(FULL, text="a" * 32_768)
    with pytest.raises(BadProgramme, match="too long for Excel: ‘aaaa"):
        xlsx_of(pages(long))
    assert files.load(zip_of(pages(long)), "x").programme == long


def test_characters_that_no_workbook_holds_are_left_out():
    odd = replace(FULL, text="a\ufffeb\uffffc\x0bd")
    assert files.load(xlsx_of(pages(odd)), "x").programme.text == "abcd"


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
    with ZipFile(BytesIO(zip_of(pages(wild)))) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode("utf-8-sig")
            texts += [value for row in csv.reader(StringIO(text), delimiter=";") for value in row]
    assert [text for text in texts if text.startswith(tuple("=+-@＝＋－＠"))] == []
    assert "'=cmd()" in texts
    assert files.load(xlsx_of(pages(wild)), "x").programme == wild


def test_names_in_one_cell_come_back_whatever_is_in_them():
    names = ["Jan; Piet", '"Joop" de Vries', "Noor", "Jan Smit ()"]
    page = pages(replace(FULL, sessions=[replace(FULL.sessions[0], hosts=names)]))[3]
    assert page.rows[0][4] == joined(names) == '"Jan; Piet"; """Joop"" de Vries"; Noor; Jan Smit ()'


# Parts of a programme


def only(*titles: str) -> bytes:
    return zip_of([page for page in pages(FULL) if page.title in titles])


def test_sheet_that_is_left_out_stays_as_it_is():
    base = replace(FULL, title="Stored", capacity=50)
    changed = replace(FULL.sessions[0], title="Nieuw")
    page = pages(replace(FULL, sessions=[changed, *FULL.sessions[1:]]))[3]
    read = files.load(csv_of(page), "Tafelsessies.csv", base).programme
    assert read == replace(base, sessions=[changed, *FULL.sessions[1:]])


@pytest.mark.parametrize("name", ["Tafelsessies (2).csv", "table sessions.CSV", "download.csv"])
def test_single_sheet_is_known_by_its_name_or_its_headings(name: str):
    page = pages(FULL)[3]
    assert files.load(csv_of(page), name, FULL).programme == FULL


def test_column_that_is_left_out_stays_as_it_is():
    page = pages(FULL)[3]
    kept = [0, 1, 2, *range(7, len(page.headings))]
    small = replace(
        page,
        headings=[page.headings[index] for index in kept],
        rows=[[row[index] for index in kept] for row in page.rows],
    )
    assert files.load(csv_of(small), "x.csv", FULL).programme == FULL


def test_row_of_the_event_that_is_left_out_stays_as_it_is():
    page = replace(pages(FULL)[0], rows=[("Titel", "Nieuw"), ("Straat en nummer", "Plein 2")])
    read = files.load(csv_of(page), "Evenement.csv", FULL).programme
    venue = replace(FULL.venue, street="Plein 2")
    assert read == replace(FULL, title="Nieuw", venue=venue)


def test_columns_of_a_round_that_are_left_out_leave_its_tables_alone():
    page = pages(FULL)[3]
    small = replace(page, headings=page.headings[:11], rows=[row[:11] for row in page.rows])
    assert page.headings[10] == "Ronde 1 plaats (Engels)"
    assert files.load(csv_of(small), "x.csv", FULL).programme == FULL


def test_row_that_is_left_out_is_taken_out():
    page = pages(FULL)[5]
    read = files.load(csv_of(replace(page, rows=page.rows[1:])), "Vragen.csv", FULL).programme
    assert read == replace(FULL, questions=FULL.questions[1:])


def test_mistake_in_what_is_stored_is_told_as_such():
    base = replace(FULL, agenda=[replace(FULL.agenda[0], ends=time(13))])
    told = problems(only("Vragen"), "x", base)
    assert told[0] == "What is stored: The end, 13:00, is not after the start, 14:00."


# A file by somebody else


def workbook(**sheets: Any) -> bytes:
    """The demo programme with these rows in place of what its sheets hold."""
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
    return [f"{problem.line}: {problem.message}" for problem in caught.value.problems]


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
    (cell,) = (cell for cell in book["Tafelsessies"]["A"] if cell.value == "4")
    cell.value = 4.0
    assert files.load(saved(book), "x").programme == FULL


def test_all_mistakes_are_told_at_once_with_sheet_row_and_column():
    book = load_workbook(BytesIO(XLSX))
    sessions, speakers = book["Tafelsessies"], book["Sprekers"]
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
        "Tafelsessies, row 2, column Ronde 1 plekken: "
        "‘Ronde 1 plekken’ must be between 0 and 32767.",
        "Tafelsessies, row 3, column Code: There is a table session with code 1a already.",
        "Tafelsessies, row 4, column Thema: This must be a whole number, such as 14.",
        "Tafelsessies, row 6, column Titel: "
        "This must be a text. Give the cell the format Text and type it again.",
        "Sprekers, row 2, column Naam: This cell is empty.",
        "Vragen bij aanmelden, row 2, column Soort antwoord: "
        "‘Soort antwoord’: Value 'raadsel' is not a valid choice.",
        "Vragen bij aanmelden, row 2, column Antwoorden: "
        "There is nothing to choose in a question of this kind.",
    ]


def test_place_without_seats_is_told():
    book = load_workbook(BytesIO(XLSX))
    book["Tafelsessies"]["H2"] = None
    assert problems(saved(book), "x") == [
        "Tafelsessies, row 2, column Ronde 1 plekken: This cell is empty."
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
def test_heading_that_is_wrong_is_told(headings: list[str], told: list[str]):
    content = workbook(**{"Thema's": [headings, *([n, f"T{n}", "", "x"] for n in range(1, 9))]})
    found = problems(content, "x")
    assert [one for one in found if one.startswith("Thema's")] == told


def test_heading_of_a_round_that_nobody_counts_to_is_not_read():
    assert round_column(f"Ronde {'9' * 5000} plekken") is None


def test_heading_may_be_dutch_or_english_and_below_a_title():
    rows: list[list[Any]] = [
        ["Onze thema’s"],
        [],
        [" NUMMER", "title", "titel (engels)", "text", "text_en"],
    ]
    rows += [[t.number, t.title, t.title_en, t.text, t.text_en] for t in FULL.themes]
    assert files.load(workbook(**{"Thema's": rows}), "x").programme == FULL


def test_own_columns_and_sheets_are_passed_over_and_told():
    book = load_workbook(BytesIO(XLSX))
    book["Sprekers"]["F1"] = "Gebeld?"
    book.create_sheet("Boodschappen")
    read = files.load(saved(book), "x")
    assert read.programme == FULL
    assert [f"{note.line}: {note.message}" for note in read.notes] == [
        "Sprekers, row 1, column Gebeld?: This is not known here and is not read.",
        "Boodschappen: This sheet is not known and is not read.",
    ]


def test_empty_rows_are_passed_over():
    book = load_workbook(BytesIO(XLSX))
    book["Vragen"].insert_rows(3)
    book["Vragen"]["A40"] = "  "
    assert files.load(saved(book), "x").programme == FULL


def test_merged_cells_are_told_where_they_hide_a_value():
    book = load_workbook(BytesIO(XLSX))
    book["Thema's"].merge_cells("B2:B3")
    assert problems(saved(book), "x") == [
        "Thema's, row 3, column Titel: "
        "This cell is merged with another. Split them: each row needs its own."
    ]


def with_merged(areas: bytes) -> bytes:
    """The workbook with merged cells on the sheet of themes; openpyxl needs long to merge many."""
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


def test_formula_without_a_value_and_an_error_are_told():
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
    book["Sprekers"].sheet_state = "hidden"
    assert problems(saved(book), "x") == [
        "The file: The sheet ‘Sprekers’ is hidden. Show it, or take it out."
    ]


def test_new_event_needs_the_sheets_that_its_tables_refer_to():
    book = load_workbook(BytesIO(XLSX))
    for title in ("Programma", "Sprekers"):
        del book[title]
    assert problems(saved(book), "x") == [
        "The file: The sheet ‘Programma’ is missing.",
        "The file: The sheet ‘Sprekers’ is missing.",
    ]
    del book["Evenement"]
    assert problems(saved(book), "x") == ["The file: The sheet ‘Evenement’ is missing."]


def test_empty_template_says_what_to_fill_in():
    told = problems(xlsx_of(pages(None)), "x")
    assert told[0] == "Evenement, row 2, Adres van de pagina: This cell is empty."
    assert len(told) == 12


# Files that are none


def zipped(**contents: bytes) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for name, inside in contents.items():
            archive.writestr(name, inside)
    return content.getvalue()


OLD = bytes.fromhex("d0cf11e0a1b11ae1")
DAMAGED = "This file is damaged. Open it in Excel, save it as .xlsx, and try again."
NO_SHEET = "This is no spreadsheet. Choose an .xlsx file, a .csv file or a .zip of them."
TOO_LARGE = (
    "The sheet ‘%s’ is too large: 2000 rows and 200 columns is the most. "
    "Take out what is far down or far to the right."
)
PASSWORD = "This file has a password. Save it without one and try again."


def not_to_be_unpacked() -> bytes:
    """A zip whose list of files is whole, and a file in it is not."""
    content = zipped(**{"Vragen.csv": b"Vraag;Antwoord\n" * 99})
    with ZipFile(BytesIO(content)) as archive:
        (info,) = archive.infolist()
    start = content.index(b"Vragen.csv") + len(b"Vragen.csv")
    return content[:start] + b"\xff" * info.compress_size + content[start + info.compress_size :]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "This file is empty."),
        (b"x" * 4_000_000, "This file is too large: one megabyte is the most."),
        (OLD + b"\0" * 600, "This file is of an old Excel. Save it as .xlsx and try again."),
        (OLD + "EncryptedPackage".encode("utf-16-le"), PASSWORD),
        (b"PK\3\4 and so on", DAMAGED),
        (xlsx_of(pages(None))[:-30], DAMAGED),
        (zipped(**{"xl/workbook.xml": b"<a"}), DAMAGED),
        (zipped(**{"word/document.xml": b""}), NO_SHEET),
        (zipped(**{"__MACOSX/Vragen.csv": b"x"}), NO_SHEET),
        (zipped(**{"Vragen.csv": b"\0" * 11_000_000}), "This file is too large when unpacked."),
        (b"%PDF-1.4\0\0", NO_SHEET),
        (b"a;b\n" * 2001, TOO_LARGE % "bestand"),
        (b"a;" * 201, TOO_LARGE % "bestand"),
        (zipped(**{"Vragen.csv": b"a;b\n" * 2001}), TOO_LARGE % "Vragen"),
        (not_to_be_unpacked(), DAMAGED),
        (b"naam,wat\n", "No sheet is known here. "
         "Download a spreadsheet to see what they are called."),
    ],
)  # fmt: skip
def test_file_that_cannot_be_read_is_refused_with_a_sentence(content: bytes, message: str):
    assert problems(content, "bestand", FULL) == [f"The file: {message}"]


@pytest.mark.parametrize("name", ["programma.pdf", "programma.xlsx", "brief.doc"])
def test_file_of_another_kind_is_refused_with_a_sentence(name: str):
    assert problems(b"Code;Titel\n1a;Gesprek", name) == [f"The file: {NO_SHEET}"]


def test_workbook_with_cells_far_away_is_refused():
    book = load_workbook(BytesIO(XLSX))
    # The last row that Excel has: what lies between must not take minutes to pass.
    book["Vragen"]["A1048576"] = "ver weg"
    (message,) = problems(saved(book), "x")
    assert message.startswith("The file: The sheet ‘Vragen’ is too large: 2000 rows")


def test_entities_in_a_workbook_are_refused():
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "x">]><workbook>&b;</workbook>'
    assert problems(zipped(**{"xl/workbook.xml": bomb}), "x", FULL) == [f"The file: {DAMAGED}"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_is_read_as_any_excel_writes_it(encoding: str, delimiter: str):
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    page = pages(FULL)[2]
    writer.writerows([page.headings, *page.rows])
    content = text.getvalue().encode(encoding)
    assert files.load(content, "Thema's.csv", FULL).programme == FULL


# What differs


def test_differences_are_those_that_two_spreadsheets_show():
    first, *others = FULL.sessions
    fewer = [replace(first.sittings[0], seats=12, reserved=0)]
    new = replace(
        FULL,
        ends=time(18, 30),
        agenda=[replace(FULL.agenda[0], title="koffie"), *FULL.agenda[1:]],
        sessions=[replace(first, sittings=fewer), *others[:-1]],
        questions=[],
    )
    assert differences(FULL, new) == [
        Difference("Evenement", "Einde", "", "18:00", "18:30"),
        Difference("Programma", "14:00", "Onderdeel", "ontvangst", "koffie"),
        Difference("Tafelsessies", "1a", "Ronde 1 plekken", "14", "12"),
        Difference("Tafelsessies", "1a", "Ronde 1 gereserveerd", "2", "0"),
    ]
    assert differences(FULL, FULL) == []


# How it looks


def test_workbook_is_ready_to_fill_in():
    book = load_workbook(BytesIO(xlsx_of(pages(FULL))))
    assert book.sheetnames == [
        "Evenement",
        "Programma",
        "Thema's",
        "Tafelsessies",
        "Sprekers",
        "Vragen",
        "Vragen bij aanmelden",
        "Uitleg",
    ]
    sheet = book["Tafelsessies"]
    assert sheet.freeze_panes == "B2"
    assert (sheet["A2"].number_format, sheet["F2"].alignment.wrap_text) == ("@", True)
    assert [(cell.value) for cell in sheet[1]] == [
        "Code",
        "Thema",
        "Titel",
        "Titel (Engels)",
        "Sprekers",
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
        "A whole number. How many seats the table has in this round. Empty: it does not sit.",
    )
    explained = list(book["Uitleg"].values)
    assert explained[1][:3] == ("Evenement", "Adres van de pagina", "yes")
