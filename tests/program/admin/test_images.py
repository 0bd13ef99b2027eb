"""Logos that staff send: only pixels are kept, and only of what can be shown."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from program.admin import images
from program.admin.images import ICON, LOGO, drawn_anew
from program.models import StyleImage


def file_of(image: Image.Image, format_: str = "PNG", **options: object) -> BytesIO:
    file = BytesIO()
    image.save(file, format_, **options)
    file.seek(0)
    return file


def opened(image: StyleImage) -> Image.Image:
    return Image.open(BytesIO(image.content))


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_kept_as_pixels_no_larger_than_needed(format_: str):
    found = drawn_anew(file_of(Image.new("RGB", (2000, 500), "#154273"), format_), LOGO)

    assert (found.width, found.height) == opened(found).size == (480, 120)
    assert found.mime_type == "image/png"
    assert len(found.key) == 32


def test_nothing_else_that_was_in_the_file_is_kept():
    about = PngInfo()
    about.add_text("Author", "Noor van den Berg")
    exif = Image.Exif()
    exif[0x8298] = "Noor van den Berg"
    image = Image.new("RGB", (300, 100), "red")

    for file in (
        file_of(image, pnginfo=about, exif=exif, icc_profile=b"Noor van den Berg"),
        file_of(image, "JPEG", exif=exif, comment=b"Noor van den Berg"),
        BytesIO(file_of(image).getvalue() + b"<script>Noor van den Berg</script>"),
    ):
        assert b"Noor" not in drawn_anew(file, LOGO).content


def test_a_photograph_that_lies_on_its_side_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    found = drawn_anew(file_of(Image.new("RGB", (300, 100), "red"), "JPEG", exif=exif), LOGO)

    assert found.width < found.height


def test_what_nobody_sees_around_a_logo_is_cut_off():
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (100, 150, 300, 250))

    found = drawn_anew(file_of(image), LOGO)

    assert (found.width, found.height) == (200, 100)


def test_an_icon_becomes_square():
    found = drawn_anew(file_of(Image.new("RGB", (300, 100), "red")), ICON)

    assert opened(found).size == (192, 192)
    assert opened(found).getpixel((96, 2)) == (0, 0, 0, 0)


def test_a_photograph_is_kept_small():
    noise = Image.effect_noise((900, 300), 120).convert("RGB")

    found = drawn_anew(file_of(noise), LOGO)

    assert len(found.content) <= images.MOST_STORED
    assert found.mime_type == "image/webp"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (SVG, "SVG"),
        (b'\xef\xbb\xbf  <?xml version="1.0"?>' + SVG, "SVG"),
        (b"<!-- logo -->" + SVG, "SVG"),
        (b"", "PNG"),
        (b"GIF89a" + b"\0" * 100, "PNG"),
        (b"%PDF-1.7", "PNG"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "PNG"),
        (file_of(Image.new("RGB", (300, 100))).getvalue()[:80], "PNG"),
        (file_of(Image.new("RGB", (300, 100)), "BMP").getvalue(), "PNG"),
        (file_of(Image.new("RGB", (8, 300))).getvalue(), "16"),
        (file_of(Image.new("1", (6000, 6000))).getvalue(), "pixels"),
    ],
)
def test_what_is_no_image_or_more_than_one_is_refused(content: bytes, why: str):
    with pytest.raises(ValidationError, match=why):
        drawn_anew(BytesIO(content), LOGO)


def test_a_large_file_is_refused_unread():
    with pytest.raises(ValidationError, match="2 MB"):
        drawn_anew(BytesIO(b""), LOGO, size=images.MOST_BYTES + 1)


def test_an_image_without_a_visible_pixel_is_refused():
    with pytest.raises(ValidationError):
        drawn_anew(file_of(Image.new("RGBA", (300, 100), (0, 0, 0, 0))), LOGO)
