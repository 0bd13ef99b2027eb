"""Logos and icons that staff send: opened, drawn anew and stored without anything else in them."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import IO, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from program.models import StyleImage

MOST_BYTES = 2_000_000  # of a file
MOST_PIXELS = 25_000_000
MOST_STORED = 150_000  # bytes: a page with a logo stays light
FORMATS = ("PNG", "JPEG", "WEBP")


class Kind(NamedTuple):
    """How large it is kept: twice as large as it is shown, for sharp screens."""

    width: int
    height: int
    square: bool = False


LOGO = Kind(480, 160)
ICON = Kind(192, 192, square=True)
SMALLEST = 16  # pixels, either way


def drawn_anew(file: IO[bytes], kind: Kind, *, size: int | None = None) -> StyleImage:
    """Not saved. Raises ValidationError with what to do."""
    if (size or 0) > MOST_BYTES:
        raise ValidationError(
            _("This file is too large: at most %(most)s MB. Save a smaller version of the image.")
            % {"most": MOST_BYTES // 1_000_000}
        )
    image = _fitted(_opened(file.read(MOST_BYTES)), kind)
    content, mime_type = _encoded(image)
    return StyleImage(
        key=hashlib.sha256(content).hexdigest()[:32],
        mime_type=mime_type,
        width=image.width,
        height=image.height,
        content=content,
    )


def _opened(content: bytes) -> Image.Image:
    start = content.lstrip()[:400].lower()
    if start.startswith((b"<svg", b"<?xml", b"<!doctype svg")) or b"<svg" in start:
        raise ValidationError(
            _(
                "An SVG file can contain a program, so it’s refused. Save the image as PNG, at "
                "least 500 pixels wide."
            )
        )
    try:
        image = Image.open(BytesIO(content), formats=FORMATS)
        # Before it is unpacked: a small file can hold a picture as large as a house.
        if image.width * image.height > MOST_PIXELS:
            raise ValidationError(_("This image has too many pixels. Save a smaller version."))
        image.load()
    except ValidationError:
        raise
    # Whatever Pillow raises about a file that somebody broke: there are many kinds.
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise ValidationError(
            _("This can’t be read as an image. Choose a PNG, JPEG or WebP file.")
        ) from None
    if min(image.size) < SMALLEST:
        raise ValidationError(_("This image is too small: at least 16 by 16 pixels."))
    return image


def _fitted(image: Image.Image, kind: Kind) -> Image.Image:
    """Upright, without colour profile, place or author, and no larger than it will be seen."""
    upright = ImageOps.exif_transpose(image)
    plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    if plain.mode == "RGBA":
        # What nobody sees around a logo only makes the logo smaller.
        seen = plain.getchannel("A").getbbox()
        if seen is None:
            raise ValidationError(_("Nothing can be seen in this image. Choose another one."))
        plain = plain.crop(seen)
    if kind.square and plain.width != plain.height:
        side = max(plain.size)
        plain = ImageOps.pad(plain.convert("RGBA"), (side, side), color=(0, 0, 0, 0))
    plain.thumbnail((kind.width, kind.height), Image.Resampling.LANCZOS)
    clean = Image.new(plain.mode, plain.size)
    clean.paste(plain)
    return clean


def _encoded(image: Image.Image) -> tuple[bytes, str]:
    """PNG, which keeps letters sharp; a photograph as WebP."""
    for format_, mime_type, options in (
        ("PNG", "image/png", {"optimize": True}),
        ("WEBP", "image/webp", {"quality": 88}),
        ("WEBP", "image/webp", {"quality": 60}),
    ):
        content = BytesIO()
        image.save(content, format_, **options)
        if content.tell() <= MOST_STORED:
            return content.getvalue(), mime_type
    raise ValidationError(
        _("This image has too much detail. Save a smaller version, and try again.")
    )
