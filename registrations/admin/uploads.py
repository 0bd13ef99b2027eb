"""A file that staff send, and send again from the page that shows what is in it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext as _

from program.file import files
from program.file.model import UnreadableFile


@dataclass(frozen=True)
class Upload:
    """A file: from the form, or passed on by the page that showed what is in it."""

    name: str
    content: bytes

    @classmethod
    def of(cls, request: HttpRequest) -> Upload:
        """Raises BadProgramme if there is none or it is too large."""
        if file := request.FILES.get("file"):
            if (file.size or 0) > files.MOST_BYTES:
                raise UnreadableFile(files.too_large())
            return cls(file.name or "", file.read())
        try:
            content = b64decode(request.POST.get("content", ""), validate=True)
        except ValueError:
            content = b""
        if not content:
            raise UnreadableFile(_("Choose a file first."))
        return cls(request.POST.get("name", ""), content)

    @property
    def encoded(self) -> str:
        return b64encode(self.content).decode()
