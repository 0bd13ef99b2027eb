"""What cannot be read of a spreadsheet, in sentences that serve every kind of it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from program.file.spreadsheet.layout import MOST_COLUMNS, MOST_ROWS


def too_many_cells(title: str) -> str:
    message = _(
        "The sheet ‘%(name)s’ is too large: %(rows)s rows and %(columns)s columns is the "
        "most. Take out what is far down or far to the right."
    )
    return message % {"name": title, "rows": MOST_ROWS, "columns": MOST_COLUMNS}


def hidden_sheet(title: str) -> str:
    return _("The sheet ‘%(name)s’ is hidden. Show it, or take it out.") % {"name": title}


def damaged() -> str:
    return _("This file is damaged. Open it in Excel or LibreOffice, save it, and try again.")


def holds_error(error: str) -> str:
    return _("This cell holds an error: %(error)s.") % {"error": error}


def formula_without_value() -> str:
    return _("The value of this formula is not in the file. Type the value itself.")


def merged_cell() -> str:
    return _("This cell is merged with another. Split them: each row needs its own.")
