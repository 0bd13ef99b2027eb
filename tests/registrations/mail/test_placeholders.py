"""Placeholders: known ones become what they stand for, and nothing typed by visitors is obeyed."""

from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from registrations.mail import placeholders
from registrations.mail.placeholders import IN_SUBJECT, as_html, as_text, fill, for_html

EVIL = "<b>{link}</b> [x](http://kwaad.example) **&** \ue000link\ue001"
VALUES = {"voornaam": EVIL, "link": "https://site.example/?a=1&b=2", "tafels": "een\ntwee"}


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def html(written: str) -> str:
    return fill(as_html(written), for_html(VALUES)).strip()


def text(written: str) -> str:
    return fill(as_text(written), VALUES)


def test_name_is_no_markdown_html_or_placeholder():
    assert html("Ha {voornaam}") == (
        "<p>Ha &lt;b&gt;{link}&lt;/b&gt; [x](http://kwaad.example) **&amp;** \ue000link\ue001</p>"
    )
    assert text("Ha {voornaam}") == f"Ha {EVIL}"


def test_link_can_stand_by_itself_and_in_a_link():
    address = "https://site.example/?a=1&amp;b=2"
    assert html("{link}") == f'<p><a href="{address}">{address}</a></p>'
    assert html("[hier]({link})") == f'<p><a href="{address}" rel="noopener">hier</a></p>'
    assert html("[{LINK}]({link})") == f'<p><a href="{address}" rel="noopener">{address}</a></p>'
    assert text("Kijk [hier]({link}).") == "Kijk hier <https://site.example/?a=1&b=2>."


def test_tables_are_lines():
    assert html("{tafels}") == "<p>een<br>twee</p>"
    assert text("{tafels}") == "een\ntwee"


def test_spaces_and_capitals_do_not_matter():
    assert text("{ Tafels }") == "een\ntwee"


@pytest.mark.parametrize("written", ["{}", "{ }", "{ a b }", "}{", "{{ }}", "f() { return 1; }"])
def test_other_braces_stay(written):
    assert list(placeholders.problems(written)) == []
    assert text(written) == written.strip()


def test_unknown_placeholder_is_told_with_what_there_is():
    assert list(placeholders.problems("{vornaam} {voornaam} {vornaam}")) == [
        "{vornaam} is no placeholder. You can use {voornaam}, {naam}, {tafels}, {link}, "
        "{annuleren}, {evenement}, {datum}, {tijd} and {plaats}. Are the braces meant as braces? "
        "Then write round ones, like (this)."
    ]


def test_subject_takes_no_names():
    assert list(placeholders.problems("{evenement} {voornaam}", IN_SUBJECT)) == [
        "{voornaam} cannot stand in the subject: others see that in lists. "
        "You can use {evenement}, {datum}, {tijd} and {plaats} there."
    ]


def test_address_of_a_link_is_whole_or_a_placeholder_for_one():
    fine = "[a]({link}) [b](https://b.example) <mailto:c@c.example> [d]({ANNULEREN})"
    assert list(placeholders.link_problems(fine)) == []
    wrong = "[a](https://a.example/?n={voornaam}) [b]({naam}) [c](www.c.example) [d]({link}x)"
    names = [sentence.split(" ")[0] for sentence in placeholders.link_problems(wrong)]
    assert names == ["{voornaam}", "{naam}", "The", "{link}"]


def test_text_keeps_lists_and_addresses():
    written = (
        "# Kop\n\nEen **vet** woord\nen meer.\n\n- a\n- b [c](https://c.example)\n\n"
        "3. d\n4. e\n\n> f\n\n<https://g.example/a%20b>"
    )
    assert text(written) == (
        "Kop\n\nEen vet woord en meer.\n\n- a\n- b c <https://c.example>\n\n3. d\n4. e\n\nf\n\n"
        "https://g.example/a%20b"
    )


def test_mail_carries_its_styles_and_a_page_none():
    written = "# Kop\n\n[a](https://a.example)"
    assert "style=" not in as_html(written)
    styled = placeholders.styled(as_html(written))
    assert styled.count("style=") == 3


@given(st.text(max_size=80))
def test_whatever_is_typed_is_read_and_filled(written):
    list(placeholders.problems(written))
    list(placeholders.link_problems(written))
    assert "<script" not in html(written).lower()
    text(written)
