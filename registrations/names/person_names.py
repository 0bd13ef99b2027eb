"""Names as people write them: cleaned, put in order, and made comparable.

A name is stored as its owner typed it, capitals included; only what nobody can see is
taken out. Beside it stand two derived texts: the key that lists are ordered by, and the
normal form that searches compare.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import zip_longest

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

NAME_LENGTH = 100
SORT_LENGTH = 220
SEARCH_LENGTH = 600

# Longer input is refused unread: normalising a crafted megabyte takes minutes.
_READ_AT_MOST = 1000

# Unicode's Bidi_Control, line and paragraph separator, and the deprecated format characters.
_TURNING = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    "\u206a\u206b\u206c\u206d\u206e\u206f"
)
# Blank to the eye, though Unicode calls them letters, marks or symbols.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_BREAKS, _UNKNOWN = {"Cc", "Zl", "Zp"}, {"Cs", "Co"}
_JOINERS = frozenset("\u200c\u200d")
# Choose the shape of the letter before them: some Japanese and Mongolian names need them.
_SELECTORS = frozenset(map(chr, [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10)])) | frozenset(
    map(chr, range(0xE0100, 0xE01F0))
)

# Words that a search may leave out, as ``norm`` gives them; the door page compares by them too.
PARTICLES = frozenset(
    [
        *("van", "de", "den", "der", "het", "t", "s", "ter", "ten", "te", "in", "op", "aan", "bij"),
        *("voor", "uit", "onder", "over", "von", "zu", "da", "das", "do", "dos", "del", "di"),
        *("la", "le", "el", "al", "ben", "bin", "ibn", "ait", "abu"),
        *("vd", "vh", "vdr", "vanden", "vander"),
    ]
)
# Moved after the first name to sort lists, short forms ('v.d.') too; ben and its
# like are the beginning of the name itself.
_MOVED_BACK = (PARTICLES - {"ben", "bin", "ibn", "ait", "abu"}) | {
    *("d", "l", "v", "tot", "du", "des", "las", "los", "vom", "zum", "zur"),
}
# A dot with letters on both sides is an address, unless one letter ('J.P.', 'v.d.Berg') or a
# title ('dr.Jan') stands before it; so is a slash, unless it shortens a word ('v/d Berg').
_TITLES = "chr|dhr|dr|drs|ds|fr|ing|ir|joh|jr|mevr|mr|mw|ph|prof|sr|st|th|wed"
_WEB_ADDRESS = re.compile(
    rf"\bwww\.|(?<!\b[^\W\d_])/|/(?![^\W\d_]\b)"
    rf"|(?<![\w-])(?!(?:{_TITLES})\.)[^\W_][\w-]*[^\W_]\.[^\W\d_]{{2,}}",
    re.IGNORECASE,
)
_APOSTROPHE = "['`\u2018\u2019\u00b4\u02bc]"
_PARTICLE = re.compile(
    rf"(?:(?P<glued>[dl]{_APOSTROPHE}|{_APOSTROPHE}[ts]\b-?|(?:al|el)-)\s*|(?P<word>\S+)\s+)(?=\S)",
    re.IGNORECASE,
)

# What Unicode does not take apart; the last two are letters to Unicode, apostrophes to us.
_REPLACED = str.maketrans(
    {
        "\u0131": "i",  # the dotless i
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ς": "\u03c3",  # sigma: it ends a word, and more may follow in a search that is typed
        "\u02bb": " ",
        "\u02bc": " ",
    }
)

# Scripts that people do write together, and that nobody takes for one another.
_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
)


def clean_name(text: str) -> str:
    """A first or last name fit to store, at most 100 characters.

    Raises ValidationError, with a sentence that names the remedy, for control characters
    and line breaks, characters that turn the direction of writing, a web address, a name
    that is too long, and one in which nothing can be seen.
    """
    name = clean_line(text, NAME_LENGTH)
    if _WEB_ADDRESS.search(name):
        # Mail greets by name an address that nobody has proven yet: no advertising there.
        raise ValidationError(
            _("A name can’t contain a web address. Leave it out."), code="name_web_address"
        )
    if not name:
        raise ValidationError(
            _("There is no name here. Type at least one letter."), code="name_empty"
        )
    return name


def clean_line(text: str, limit: int = NAME_LENGTH) -> str:
    """One line of text fit to store, such as an organisation; ``limit`` in characters.

    Empty when nothing in it can be seen. Raises ValidationError as ``clean_name`` does.
    """
    text = text.strip()
    if len(text) > max(limit, _READ_AT_MOST):
        raise too_long(limit)
    _refuse_unfit(text)
    line = " ".join(unicodedata.normalize("NFC", _without_invisible(text)).split())
    if len(line) > limit:
        raise too_long(limit)
    return line if any(unicodedata.category(char)[0] in "LNPS" for char in line) else ""


def best_line(text: str, limit: int = NAME_LENGTH) -> str:
    """The part of a line that is fit to store, where nobody can be asked again; maybe nothing."""
    kept = [" " if char.isspace() else char for char in text[:_READ_AT_MOST]]
    fit = "".join(char for char in kept if _fit(char))
    return clean_line(unicodedata.normalize("NFC", fit).strip()[:limit], limit)


def norm(text: str) -> str:
    """What comparing goes by: lower-case words of letters and digits, without marks.

    The same in every language; words are joined by single spaces.
    """
    # Taken apart first, so that ǿ comes out the same in one character and in two.
    text = unicodedata.normalize("NFKD", text).lower().translate(_REPLACED)
    return " ".join(
        "".join(
            char if _is_letter_or_digit(char) else " " for char in text if not _is_mark(char)
        ).split()
    )


def columns(first_name: str, last_name: str, organisation: str = "") -> dict[str, str]:
    """What is stored of a name: as typed, as lists sort it and as searches compare it."""
    sorted_as = sort_name(first_name, last_name)
    return {
        "first_name": first_name,
        "last_name": last_name,
        "organisation": organisation,
        "sort_name": sorted_as,
        "sort_key": sort_key(sorted_as),
        "search_name": search_name(first_name, last_name, organisation),
    }


def search_name(first_name: str, last_name: str, organisation: str) -> str:
    """What admin and door search look in, at most 600 characters."""
    return norm(f"{first_name} {last_name} {organisation}")[:SEARCH_LENGTH].rstrip()


def sort_name(first_name: str, last_name: str) -> str:
    """'Berg, Jan van den': the name as lists sort it, at most 220 characters.

    Dutch order goes by the main word of the surname. Organisers edit this where it is
    wrong: somebody with a Belgian name is 'Van den Berg, Jan'.
    """
    particles, main = _split_surname(last_name)
    rest = f"{first_name} {particles}".strip()
    return ", ".join(filter(None, (main, rest)))[:SORT_LENGTH].rstrip(" ,")


def sort_key(sort_name: str) -> str:
    """What the database orders by: 'Çelik-van 't Hof, Gülşen' is 'celik van t hof , gulsen'.

    By its bytes, see ``models.person.KeyField``. Therefore only lower-case words without marks or
    apostrophes, and a space on both sides of the comma: a space comes before every letter, so
    'berg , jan' precedes 'berg smit , an'.
    """
    main, _comma, rest = sort_name.partition(",")
    parts = [norm(re.sub(_APOSTROPHE, "", part)) for part in (main, rest)]
    return " , ".join(filter(None, parts))[:SORT_LENGTH].rstrip(" ,")


def mixed_script(text: str) -> bool:
    """Whether letters stand together that pass for one another, such as Latin and Cyrillic.

    In a name this is only a hint for staff, for it may be honest; in a domain a reason to refuse.
    """
    scripts = {
        unicodedata.name(char, "UNKNOWN").split()[0]
        for char in unicodedata.normalize("NFKC", text)
        # Modifier letters, such as the apostrophe of Hawaii, belong to no one script.
        if unicodedata.category(char) in ("Lu", "Ll", "Lt", "Lo")
    }
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


def _split_surname(last_name: str) -> tuple[str, str]:
    """'van den Berg' as ('van den', 'Berg'); something always stays in the second part."""
    particles, main = [], last_name.strip()
    while found := _PARTICLE.match(main):
        word = found["glued"] or found["word"]
        if norm(word).replace(" ", "") not in _MOVED_BACK or not norm(main[found.end() :]):
            break
        particles.append(word)
        main = main[found.end() :]
    return " ".join(particles), main


def _refuse_unfit(text: str) -> None:
    if not _TURNING.isdisjoint(text):
        raise ValidationError(
            _(
                "This contains invisible characters that change the reading direction. Type it "
                "again instead of pasting it."
            ),
            code="direction",
        )
    categories = {unicodedata.category(char) for char in text}
    if categories & _BREAKS:
        raise ValidationError(
            _("This contains line breaks or tabs. Type it again, on one line."), code="control"
        )
    if categories & _UNKNOWN or any(map(_is_noncharacter, text)):
        raise unknown_character()


def _fit(char: str) -> bool:
    """Whether ``_refuse_unfit`` takes it."""
    refused = unicodedata.category(char) in _BREAKS | _UNKNOWN
    return not (refused or char in _TURNING or _is_noncharacter(char))


def _without_invisible(text: str) -> str:
    """Without what takes no room; joiners stay between letters, selectors after one."""
    seen = [
        char
        for char in text
        if char not in _BLANK and (char in _JOINERS or unicodedata.category(char) != "Cf")
    ]
    kept = ""
    for char, following in zip_longest(seen, seen[1:], fillvalue=""):
        after_letter = _is_of_a_letter(kept[-1:])
        if char in _JOINERS and not (after_letter and _is_of_a_letter(following)):
            continue
        if char in _SELECTORS and not after_letter:
            continue
        kept += char
    return kept


def _is_of_a_letter(char: str) -> bool:
    """A letter or a mark on it: in Indian scripts joiners follow a mark."""
    return (
        bool(char)
        and char not in _SELECTORS
        and (unicodedata.category(char)[0] == "L" or _is_mark(char))
    )


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def _is_letter_or_digit(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN"


def _is_noncharacter(char: str) -> bool:
    return ord(char) & 0xFFFE == 0xFFFE or "\ufdd0" <= char <= "\ufdef"


def unknown_character() -> ValidationError:
    return ValidationError(
        _("This contains a character that we can’t show. Type it again without that character."),
        code="unknown_character",
    )


def too_long(limit: int) -> ValidationError:
    return ValidationError(
        _("This is too long. Use %(limit)d characters at most."),
        code="too_long",
        params={"limit": limit},
    )
