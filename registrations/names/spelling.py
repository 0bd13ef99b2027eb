"""How far apart two spellings of a name are, whatever their case and accents (rule 3)."""

from __future__ import annotations

import unicodedata

MOST = 2  # letters that a correction may change

# Alphabets that write accents on a letter. Elsewhere a mark is a vowel: नी and न are no spellings
# of one name.
_ACCENTED = ("LATIN", "GREEK", "CYRILLIC")
# Accents that Unicode does not take off, and signs that look the same on paper.
_SAME = str.maketrans("øłđħŧı\u2018\u2019\u02bc\u00b4`\u2010\u2011\u2013", "oldhti'''''---")


def distance(one: str, other: str) -> int:
    """The Damerau distance of two names, in letters: 'Jansen' and 'Jasnen' are 1 apart.

    Each letter left out, put in or replaced counts for one, and so does each pair of neighbours
    that is swapped, even with other corrections between them. A space is a letter too.
    """
    return _damerau(folded(one), folded(other))


def folded(name: str) -> str:
    """What the distance is measured on: lower case, without accents, single spaces."""
    kept: list[str] = []
    base = " "
    for char in _taken_apart(name):
        if unicodedata.category(char) != "Mn":
            base = char
        elif unicodedata.name(base, "").startswith(_ACCENTED):
            continue
        kept.append(char)
    return " ".join("".join(kept).translate(_SAME).split())


def _taken_apart(name: str) -> str:
    """As Unicode compares without regard to case: taking apart may bring capitals to light.

    '㍱' is 'hPa' to NFKD. Signs that look the same go first: some are a space and a mark to NFKD.
    """
    lower = unicodedata.normalize("NFD", name).casefold().translate(_SAME)
    lower = unicodedata.normalize("NFKD", lower).casefold()
    return unicodedata.normalize("NFKD", lower)


def _damerau(one: str, other: str) -> int:
    """Lowrance and Wagner's table, bordered by a row and a column that are never the minimum."""
    never = len(one) + len(other)
    rows: list[list[int]] = [[never] * (len(other) + 2), [never, *range(len(other) + 1)]]
    last_row_with: dict[str, int] = {}
    for row_number, mine in enumerate(one, start=1):
        above = rows[-1]
        row = [never, row_number]
        last_match = 0
        for column, theirs in enumerate(other, start=1):
            row_with = last_row_with.get(theirs, 0)
            between = (row_number - row_with - 1) + (column - last_match - 1)
            row.append(
                min(
                    above[column] + (mine != theirs),
                    above[column + 1] + 1,
                    row[column] + 1,
                    rows[row_with][last_match] + between + 1,
                )
            )
            if mine == theirs:
                last_match = column
        last_row_with[mine] = row_number
        rows.append(row)
    return rows[-1][-1]
