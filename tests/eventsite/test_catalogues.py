"""Every text has its Dutch, and the check would notice if one had not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils.translation import gettext as _
from django.utils.translation import override

from program.file.spreadsheet.layout import SHEETS

PO = """
msgid ""
msgstr ""
"Language: nl\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""


@pytest.fixture
def catalogue(settings, tmp_path: Path) -> Path:
    """The only catalogue, for texts of a project with one template and one module."""
    settings.BASE_DIR = tmp_path
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    for app in ("eventsite", "program", "registrations", "templates", "locale/nl/LC_MESSAGES"):
        (tmp_path / app).mkdir(parents=True)
    (tmp_path / "program" / "views.py").write_text(
        'a = _("Round")\nb = ngettext_lazy("%(n)s seat", "%(n)s seats", n)\n'
    )
    (tmp_path / "templates" / "page.html").write_text(
        '{% load i18n %}\n  {% if a %}\n      {% translate "When" context "mail" %}\n'
        "    {% endif %}\n{% blocktranslate trimmed %}\n  Two\n  lines\n{% endblocktranslate %}"
    )
    path = tmp_path / "locale" / "nl" / "LC_MESSAGES" / "django.po"
    path.write_text(PO)
    return path


def check() -> list[str]:
    """What the check says, without the path before each line."""
    try:
        call_command("catalogues", check=True)
    except CommandError as error:
        return [line.partition("django.po: ")[2] for line in str(error).splitlines()]
    return []


def test_update_finds_texts_in_python_and_templates(catalogue):
    call_command("catalogues", update=True)

    assert check() == [
        "untranslated: 'Round'",
        "untranslated: ('%(n)s seat', '%(n)s seats')",
        "untranslated: 'When'",
        "untranslated: 'Two lines'",
    ]


def test_check_is_content_with_a_complete_catalogue(catalogue):
    translated = {
        'msgid "Round"\nmsgstr ""': 'msgid "Round"\nmsgstr "Ronde"',
        'msgid "When"\nmsgstr ""': 'msgid "When"\nmsgstr "Wanneer"',
        'msgid "Two lines"\nmsgstr ""': 'msgid "Two lines"\nmsgstr "Twee regels"',
        'msgstr[0] ""\nmsgstr[1] ""': 'msgstr[0] "%(n)s plek"\nmsgstr[1] "%(n)s plekken"',
    }
    call_command("catalogues", update=True)
    text = catalogue.read_text()
    for empty, full in translated.items():
        text = text.replace(empty, full)
    catalogue.write_text(text)

    assert check() == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('msgid "Gone"\nmsgstr "Weg"\n', "no longer used: 'Gone'"),
        ('#, fuzzy\nmsgid "Round"\nmsgstr "Rond"\n', "fuzzy: 'Round'"),
        (
            '#, python-format\nmsgid "%(n)s seat"\nmsgid_plural "%(n)s seats"\n'
            'msgstr[0] "%(x)s plek"\nmsgstr[1] "%(n)s plekken"\n',
            "('%(n)s seat', '%(n)s seats'): ",
        ),
    ],
)
def test_check_names_what_is_wrong(catalogue, entry, said):
    catalogue.write_text(
        f"{PO}\n#, python-format\n{entry}" if "(n)" in entry else PO + "\n" + entry
    )

    assert any(line.startswith(said) for line in check())


def test_check_names_what_is_missing(catalogue):
    assert "missing: 'Round'" in check()


def test_site_speaks_dutch():
    """Fails where `make catalogues` was forgotten."""
    with override("nl"):
        assert _("Accessibility") == "Toegankelijkheid"


def test_our_dutch_goes_before_djangos():
    """Django's 'aanmelden' for logging in is signing up here."""
    with override("nl"):
        assert _("Log in") == "Inloggen"


# In these quotation marks are part of what is quoted, or of what Django and a landed migration say.
OTHER_MARKS = (
    'a list of texts, such as ["one", "two"]',
    'a time, such as "14:00"',
    "successfully",
    "Are you sure you want to delete the",
)
STRAIGHT = re.compile(r"(?<![\w=\"’])['\"]\w|[\w.?}]['\"](?!\w)")


def test_quotation_marks_are_of_one_kind():
    """‘…’ in both languages; an apostrophe stands within or behind a word."""
    with (settings.BASE_DIR / "locale/nl/LC_MESSAGES/django.po").open("rb") as file:
        catalogue = read_po(file, locale="nl")
    wrong = []
    for message in catalogue:
        ids = [message.id] if isinstance(message.id, str) else [*message.id]
        strings = [message.string] if isinstance(message.string, str) else [*(message.string or ())]
        if any(other in ids[0] for other in OTHER_MARKS):
            continue
        texts = [re.sub(r"<[^>]*>", "", text) for text in (*ids, *strings)]
        wrong += [text for text in texts if re.search("[“”„]", text) or STRAIGHT.search(text)]
    assert wrong == []


# What organisers read: their pages and mails, and the words that models and files give to them.
OF_STAFF = re.compile(
    r"^templates/admin/|/admin/|^eventsite/(admin|staff)\.py|^program/(file|models)/|"
    r"^registrations/(errors\.py|(models|organising|reports|mailing)/)"
)
# One word for one thing: session, table, host, seat or place, reserved, special needs.
OTHER_WORDS = re.compile(
    r"\b(slugs?|markdown|query|tag(ged|ging)|speakers?|table sessions?|tables? in a round|"
    r"set aside|chairs?)\b",
    re.IGNORECASE,
)
OTHER_DUTCH = re.compile(
    r"\b(slugs?|markdown|query|(ge)?tagg?\w*|sprekers?|stoel(en)?|tafelsessies?|"
    r"tafels? in een ronde|apart (ge)?houd\w*|bijzondere (behoeften?|wensen))\b|^apart$",
    re.IGNORECASE,
)


def test_staff_read_one_word_for_one_thing():
    with (settings.BASE_DIR / "locale/nl/LC_MESSAGES/django.po").open("rb") as file:
        catalogue = read_po(file, locale="nl")
    wrong = []
    for message in catalogue:
        if not any(OF_STAFF.search(path) for path, _line in message.locations):
            continue
        ids = [message.id] if isinstance(message.id, str) else [*message.id]
        strings = [message.string] if isinstance(message.string, str) else [*(message.string or ())]
        for others, texts in ((OTHER_WORDS, ids), (OTHER_DUTCH, strings)):
            plain = [re.sub(r"%\(\w+\)s|\{\w+\}", "", text) for text in texts]
            wrong += [text for text in plain if others.search(text)]
    assert wrong == []


def test_spreadsheet_has_the_same_words():
    names = [sheet.nl for sheet in SHEETS]
    names += [column.nl for sheet in SHEETS for column in sheet.columns if column.written]
    assert [name for name in names if OTHER_DUTCH.search(name)] == []
