"""A file that cannot be read at all."""

from __future__ import annotations

from django.utils.translation import gettext as _

from program.programme import BadProgramme, Place, Problem

MOST_ROWS, MOST_COLUMNS = 2000, 200  # of a sheet


class Unreadable(BadProgramme):
    """Nothing of the file was read; the one problem says why and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__([Problem(Place(_("The file")), message)])


def too_many_cells(title: str) -> str:
    message = _(
        "The sheet ‘%(name)s’ is too large: %(rows)s rows and %(columns)s columns is the "
        "most. Take out what is far down or far to the right."
    )
    return message % {"name": title, "rows": MOST_ROWS, "columns": MOST_COLUMNS}


def damaged() -> str:
    return _("This file is damaged. Open it in Excel, save it as .xlsx, and try again.")
