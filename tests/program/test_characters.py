"""One definition of what a text may hold: in names, in forms of the admin and in files."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from program.characters import clean_paragraphs
from registrations.names.person_names import clean_line
from registrations.names.texts import clean_text

REFUSED = [
    "\x00",
    "\x07",
    "\x1b",
    "\x85",
    "\u2028",
    "\u202e",
    "\u2066",
    "\u200f",
    "\ue000",
    "\ufffe",
]
LEFT_OUT = ["\u200b", "\u2060", "\ufeff", "\u00ad", "\u3164"]


@pytest.mark.parametrize("char", REFUSED)
def test_texts_lines_and_paragraphs_refuse_the_same(char: str):
    for clean in (clean_paragraphs, clean_line, lambda text: clean_text(text, 100)):
        with pytest.raises(ValidationError):
            clean(f"Raad{char}zaal")


@pytest.mark.parametrize("char", LEFT_OUT)
def test_what_nobody_sees_is_left_out_alike(char: str):
    for clean in (clean_paragraphs, clean_line, lambda text: clean_text(text, 100)):
        assert clean(f"Raad{char}zaal") == "Raadzaal"


@pytest.mark.parametrize(
    "text",
    ["Één\nTwee\n\n\tDrie", "👩‍👧 en 👁️‍🗨️", "1️⃣ Welkom", "क्‍ष", "می‌خواهم", "‘Wijk’ – € 3"],
)
def test_texts_of_organisers_keep_lines_tabs_and_emoji(text: str):
    assert clean_paragraphs(text) == text
