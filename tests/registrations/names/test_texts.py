"""Longer texts, cleaned."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from registrations.names.texts import clean_text


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (
            "  Ik kom  met\r\neen hond. \r\n\r\n\r\n\r\nHij is lief.\n",
            "Ik kom met\neen hond.\n\nHij is lief.",
        ),
        ("a\tb\rc", "a b\nc"),
        ("cafe\u0301", "café"),
        ("\u200b\n\u2800", ""),
    ],
)
def test_clean_text_keeps_paragraphs_and_leaves_out_what_nobody_sees(typed: str, stored: str):
    assert clean_text(typed, 100) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("a\x00b", "unknown_character"),
        ("a\u2028b", "unknown_character"),
        ("a\u202eb", "direction"),
        ("a" * 101, "too_long"),
        ("a\n" * 51 + "b", "too_long"),
        (" \n" * 1_000_000 + "a", None),
        ("a" * 1_000_000, "too_long"),
    ],
)
def test_clean_text_refuses_what_cannot_be_shown_or_is_too_long(typed: str, code: str | None):
    if code is None:
        assert clean_text(typed, 100) == "a"
        return
    with pytest.raises(ValidationError) as refused:
        clean_text(typed, 100)
    assert refused.value.code == code
