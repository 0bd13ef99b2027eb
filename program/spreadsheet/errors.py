"""A file that cannot be read at all."""

from __future__ import annotations

from django.utils.translation import gettext as _

from program.programme import BadProgramme, Place, Problem


class Unreadable(BadProgramme):
    """Nothing of the file was read; the one problem says why and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__([Problem(Place(_("The file")), message)])


def damaged() -> str:
    return _("This file is damaged. Open it in Excel, save it as .xlsx, and try again.")
