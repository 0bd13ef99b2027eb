"""QR codes: on a page, in a mail, and as files."""

from __future__ import annotations

from io import BytesIO

import qrcode
from django.utils.safestring import SafeString, mark_safe
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.image.pil import PilImage
from qrcode.image.svg import SvgPathFillImage

MAIL, POSTER = 12, 30  # pixels a square; mail shows them at half that size


def svg(text: str, *, square: int = 10) -> SafeString:
    """For a page; ``square`` in tenths of a millimetre.

    On white, even where the page is dark: cameras read nothing else.
    """
    image: bytes = qrcode.make(text, image_factory=SvgPathFillImage, box_size=square).to_string()
    return mark_safe(image.decode())  # noqa: S308 - squares only: the text itself is not in it


def svg_file(text: str) -> bytes:
    """A drawing by itself, still read when a quarter of it is worn off."""
    image = qrcode.make(text, image_factory=SvgPathFillImage, error_correction=ERROR_CORRECT_Q)
    content: bytes = image.to_string(encoding="unicode").encode()
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + content


def png_file(text: str) -> bytes:
    """The same, some 1,200 pixels wide: sharp on a poster."""
    return _png(qrcode.make(text, box_size=POSTER, error_correction=ERROR_CORRECT_Q))


def png(text: str) -> bytes:
    """For a mail: mail programs show no SVG."""
    return _png(qrcode.make(text, image_factory=PilImage, box_size=MAIL))


def _png(image: PilImage) -> bytes:
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
