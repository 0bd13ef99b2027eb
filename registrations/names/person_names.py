"""Names as people write them: cleaned, put in order, and made comparable.

A name is stored as its owner typed it, capitals included; only what nobody can see is
taken out. Beside it stand two derived texts: the key that lists are ordered by, and the
normal form that searches compare.
"""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from program.characters import is_fit, is_mark, refuse_unfit, without_invisible

NAME_LENGTH = 100
SORT_LENGTH = 220
SEARCH_LENGTH = 600

# Longer input is refused unread: normalising a crafted megabyte takes minutes.
_READ_AT_MOST = 1000

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
# After one letter too, if what follows is an ending that is nobody's name ('x.com'): not 'de', as
# in 'J.de Vries', and not 'top' or 'link'.
_ENDINGS = "com|net|org|info|biz|edu|gov|nl|eu|co|io|me|us|uk|xyz|app|dev|online|shop|site|ru"
_WEB_ADDRESS = re.compile(
    rf"@|\bwww\.|(?<!\b[^\W\d_])/|/(?![^\W\d_]\b)|\w\.(?:{_ENDINGS})\b"
    rf"|(?<![\w-])(?!(?:{_TITLES})\.)[^\W_][\w-]*[^\W_]\.[^\W\d_]{{2,}}",
    re.IGNORECASE,
)
# What browsers take for a dot or a slash, beside what NFKC makes one.
_DOTS_AND_SLASHES = str.maketrans({"\u3002": ".", "\u2044": "/", "\u2215": "/", "\u29f8": "/"})
# Of 'Jan2' and 'Henk 1985' four: a telephone number has more.
_MOST_DIGITS = 4
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
    and line breaks, characters that turn the direction of writing, a web address or a telephone
    number, a name that is too long, and one in which nothing can be seen.
    """
    name = clean_line(text, NAME_LENGTH)
    # Lists and mails show a name to others: no advertising there.
    shown = unicodedata.normalize("NFKC", name).translate(_DOTS_AND_SLASHES)
    if _WEB_ADDRESS.search(shown):
        raise ValidationError(
            _("A name can’t contain a web address. Leave it out."), code="name_web_address"
        )
    if sum(unicodedata.category(char) == "Nd" for char in shown) > _MOST_DIGITS:
        raise ValidationError(
            _("A name can’t contain a telephone number. Leave it out."), code="name_number"
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
    refuse_unfit(text)
    line = " ".join(unicodedata.normalize("NFC", without_invisible(text)).split())
    if len(line) > limit:
        raise too_long(limit)
    return line if any(unicodedata.category(char)[0] in "LNPS" for char in line) else ""


def best_line(text: str, limit: int = NAME_LENGTH) -> str:
    """The part of a line that is fit to store, where nobody can be asked again; maybe nothing."""
    kept = [" " if char.isspace() else char for char in text[:_READ_AT_MOST]]
    fit = "".join(char for char in kept if is_fit(char))
    return clean_line(unicodedata.normalize("NFC", fit).strip()[:limit], limit)


def norm(text: str) -> str:
    """What comparing goes by: lower-case words of letters and digits, without marks.

    The same in every language; words are joined by single spaces.
    """
    # Taken apart first, so that ǿ comes out the same in one character and in two.
    text = unicodedata.normalize("NFKD", text).lower().translate(_REPLACED)
    return " ".join(
        "".join(
            char if _is_letter_or_digit(char) else " " for char in text if not is_mark(char)
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


def _is_letter_or_digit(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN"


def too_long(limit: int) -> ValidationError:
    return ValidationError(
        _("This is too long. Use %(limit)d characters at most."),
        code="too_long",
        params={"limit": limit},
    )
