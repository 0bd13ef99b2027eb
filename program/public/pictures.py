"""The picture that a messenger shows of a shared link: what it is, when, where and by whom.

It is made of words alone, so each is drawn once for all who ask for it. Drawing takes a while: at
most QUEUE threads of a process draw or wait for it, so that pages always find one that is free.
The colours are those of the event's house style, the letters our own: nothing depends on the fonts
of the server.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from functools import cache, lru_cache
from io import BytesIO
from math import cos, pi, sin, tau
from pathlib import Path
from threading import BoundedSemaphore, Lock
from unicodedata import category, normalize

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from PIL import Image, ImageColor, ImageDraw, ImageFont

from program.models import Event, TableSession
from program.public.calendars import hours
from program.public.house_style import Style, site_name, style_of

NAME = "deelplaatje.png"  # below the page that it stands for
WIDTH, HEIGHT = 1200, 630
SCALE = 2  # drawn larger and made smaller again, for smooth edges
EDGE = 20  # steps from the field to another colour, along the edges of what is drawn on it
COMPRESSION = 6  # of zlib: the last tenth of the bytes would take as long as all the rest
MOST_BYTES = 32_000_000  # in the memory of a process: more than a thousand pictures

MARGIN = 72
COLUMN = 650  # how wide the words beside the ring may be
SIZES = range(84, 28, -4)  # of a title: the largest in which it fits
LEADING = 1.08
STEP = 25
CENTRE, RADIUS = (954, 306), 168
CHAIRS, FREE = 16, 1

FONTS = Path(__file__).resolve().parent.parent / "fonts"
BOLD, MEDIUM = "Inter-Bold.ttf", "Inter-Medium.ttf"
WRITING = (
    "L",
    "M",
    "N",
)  # letters, their marks, and numbers: without one a text says another thing

DRAWN: dict[Picture, bytes] = {}  # in the order in which they were drawn
DRAWING = Lock()
QUEUE = BoundedSemaphore(2)  # one thread that draws, and one that waits
Spot = tuple[float, float]


@dataclass(frozen=True)
class Colours:
    """Of a strong field with words and chairs on it, as at the top of a page."""

    field: str
    on_field: str
    field_soft: str
    field_seat: str

    @classmethod
    def of(cls, style: Style) -> Colours:
        return cls(
            *(style.light[name] for name in ("field", "on-field", "field-soft", "field-seat"))
        )


@dataclass(frozen=True)
class Picture:
    """Everything that is in a picture; two that say the same are the same."""

    title: str
    by: str
    colours: Colours  # of the house style
    about: str = ""  # above the title: what it is part of
    lines: tuple[str, ...] = ()  # below it: when and where
    seal: str = ""  # in the middle of the ring
    under_seal: str = ""
    table: bool = False  # the ring is that of a table, and its seal a code

    @property
    def version(self) -> str:
        """Another one for each picture, for those who keep what they fetched from an address."""
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()[:8]


def event_picture(event: Event) -> Picture:
    style = style_of(event)
    return Picture(
        event.local_title,
        style.name,
        Colours.of(style),
        lines=(_when(event), _where(event)),
        seal=date_format(event.day, "j"),
        under_seal=date_format(event.day, "F Y"),
    )


def session_picture(session: TableSession) -> Picture:
    event = session.event
    style = style_of(event)
    return Picture(
        session.local_title,
        style.name,
        Colours.of(style),
        about=event.local_title,
        lines=(date_format(event.day, "DATE_FORMAT"), _where(event)),
        seal=session.code,
        table=True,
    )


def home_picture() -> Picture:
    return Picture(_("Take a seat"), site_name(), Colours.of(style_of(None)))


def in_words(picture: Picture) -> str:
    """What it says, for those who cannot see it."""
    if picture.table:
        head = f"{picture.seal} {picture.title}", picture.about
    else:
        head = picture.title, f"{picture.seal} {picture.under_seal}".strip()
    return " · ".join(part for part in (*head, *picture.lines, picture.by) if part)


def png(picture: Picture) -> bytes | None:
    """Drawn the first time. None for those who come while one is drawing and another waits."""
    if known := DRAWN.get(picture):
        return known
    if not QUEUE.acquire(blocking=False):
        return None
    try:
        with DRAWING:
            file = DRAWN.get(picture)
            if file is None:
                file = _drawn_anew(picture)
                _keep(picture, file)
            return file
    finally:
        QUEUE.release()


def _keep(picture: Picture, file: bytes) -> None:
    DRAWN[picture] = file
    size = sum(map(len, DRAWN.values()))
    while size > MOST_BYTES:
        size -= len(DRAWN.pop(next(iter(DRAWN))))


def _drawn_anew(picture: Picture) -> bytes:
    colours = picture.colours
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), colours.field)
    pen = Pen(ImageDraw.Draw(image), colours)
    _draw_ring(pen, picture)
    _draw_words(pen, picture)
    small = image.reduce(SCALE)
    file = BytesIO()
    few = small.quantize(palette=_palette(colours), dither=Image.Dither.NONE)
    few.save(file, "PNG", compress_level=COMPRESSION)
    return file.getvalue()


@lru_cache(maxsize=50)
def _palette(colours: Colours) -> Image.Image:
    """The few colours that a picture has, for a quarter of the bytes."""
    field = ImageColor.getrgb(colours.field)
    steps: list[int] = []
    for other in map(ImageColor.getrgb, (colours.on_field, colours.field_soft, colours.field_seat)):
        for step in range(EDGE + 1):
            parts = zip(field, other, strict=True)
            steps += [round(near + (far - near) * step / EDGE) for near, far in parts]
    image = Image.new("P", (1, 1))
    image.putpalette(steps)
    return image


@dataclass(frozen=True)
class Pen:
    """Draws in units of the finished picture."""

    draw: ImageDraw.ImageDraw
    colours: Colours

    def dot(self, at: Spot, radius: float, colour: str) -> None:
        self.draw.circle([part * SCALE for part in at], radius * SCALE, fill=colour)

    def write(self, words: str, at: Spot, font: str, size: int, colour: str, anchor: str) -> None:
        x, y = at
        where = (x * SCALE, y * SCALE)
        self.draw.text(where, words, fill=colour, font=_font(font, size), anchor=anchor)


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / name, size * SCALE)


def _draw_ring(pen: Pen, picture: Picture) -> None:
    """A round table with its chairs, the last of them free; a code stands on the table."""
    colours = pen.colours
    _chairs(pen, CENTRE, RADIUS, chairs=CHAIRS, free=FREE)
    x, y = CENTRE
    inside = RADIUS * 1.2
    if picture.table:
        pen.dot(CENTRE, RADIUS * 0.66, colours.on_field)
        size = _largest(picture.seal, BOLD, inside * 0.85, range(132, 24, -4))
        pen.write(picture.seal, CENTRE, BOLD, size, colours.field, "mm")
    elif picture.seal:
        pen.write(picture.seal, (x, y - 24), BOLD, 156, colours.on_field, "mm")
        size = _largest(picture.under_seal, MEDIUM, inside, range(32, 18, -2))
        pen.write(picture.under_seal, (x, y + 76), MEDIUM, size, colours.field_soft, "mm")


def _chairs(pen: Pen, centre: Spot, radius: float, *, chairs: int, free: int) -> None:
    colours, width = pen.colours, radius * tau / chairs * 0.32
    for number in range(chairs):
        angle = tau * (number + 0.5) / chairs - pi / 2
        at = centre[0] + radius * cos(angle), centre[1] + radius * sin(angle)
        taken = number < chairs - free
        pen.dot(at, width, colours.field_seat if taken else colours.on_field)
        if not taken:
            pen.dot(at, width * 0.72, colours.field)


def _draw_words(pen: Pen, picture: Picture) -> None:
    """The organisation on top, when and where at the foot, the title between them."""
    colours = pen.colours
    _chairs(pen, (MARGIN + 18, MARGIN + 18), 15, chairs=8, free=1)
    whole = WIDTH - MARGIN
    _line(pen, picture.by, (MARGIN + 52, MARGIN + 18), whole, BOLD, 30, colours.on_field, "lm")
    foot, right = HEIGHT - MARGIN, whole
    for words in reversed(picture.lines):
        _line(pen, words, (MARGIN, foot), right, MEDIUM, 32, colours.field_soft, "ls")
        foot, right = foot - 44, MARGIN + COLUMN
    top = MARGIN + 84
    if picture.about and writable(picture.about):
        right = MARGIN + COLUMN
        _line(pen, picture.about, (MARGIN, top), right, MEDIUM, 28, colours.field_soft, "lt")
        top += 48
    title = writable(picture.title)
    size, lines = _fitted(title, foot - top)
    for words in lines:
        pen.write(words, (MARGIN - size * 0.04, top), BOLD, size, colours.on_field, "la")
        top += round(size * LEADING)


def _line(
    pen: Pen, words: str, at: Spot, right: float, font: str, size: int, colour: str, anchor: str
) -> None:
    """One line, cut short if it would go beyond ``right``."""
    shown = _shortened(writable(words), font, size, right - at[0])
    pen.write(shown, at, font, size, colour, anchor)


def writable(text: str) -> str:
    """The text in letters that we have, without signs that we lack; "" if a letter is among them.

    Half a name or title says something else than all of it.
    """
    text = " ".join(normalize("NFC", text).split())
    if any(category(sign).startswith(WRITING) and not _drawn(sign) for sign in text):
        return ""
    return " ".join("".join(sign for sign in text if sign == " " or _drawn(sign)).split())


@lru_cache(maxsize=2000)
def _drawn(sign: str) -> bool:
    """Whether the fonts have it: what they lack is drawn as nothing, for so they were cut."""
    if category(sign).startswith("M"):
        sign = f"o{sign}"
        return bool(_font(BOLD, 30).getmask(sign) != _font(BOLD, 30).getmask("o"))
    return _font(BOLD, 30).getmask(sign).getbbox() is not None


def _fitted(title: str, room: float) -> tuple[int, list[str]]:
    """The largest size in which the title fits, and its lines. Words stay whole."""
    for size in SIZES:
        lines = list(_wrapped(title, size))
        wide = max((_width(line, BOLD, size) for line in lines), default=0)
        if wide <= COLUMN and len(lines) * size * LEADING <= room:
            return size, _balanced(title, size, lines)
    size = SIZES[-1]
    most = int(room / (size * LEADING))
    lines = list(_wrapped(title, size))
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return size, [_shortened(line, BOLD, size, COLUMN) for line in lines]


def _balanced(title: str, size: int, lines: list[str]) -> list[str]:
    """As many lines, about as long as one another: no last word by itself."""
    for column in range(COLUMN, COLUMN // 2, -STEP):
        narrower = list(_wrapped(title, size, column))
        wide = max((_width(line, BOLD, size) for line in narrower), default=0)
        if len(narrower) > len(lines) or wide > column:
            break
        lines = narrower
    return lines


def _wrapped(title: str, size: int, column: float = COLUMN) -> Iterator[str]:
    line = ""
    for word in title.split():
        longer = f"{line} {word}".strip()
        if line and _width(longer, BOLD, size) > column:
            yield line
            longer = word
        line = longer
    if line:
        yield line


def _shortened(words: str, font: str, size: int, room: float) -> str:
    """Whole, or with '…' after the last word that fits; of one long word what fits of it."""
    if _width(words, font, size) <= room:
        return words
    pieces = words.split()
    while len(pieces) > 1:
        pieces.pop()
        shorter = " ".join(pieces) + "…"
        if _width(shorter, font, size) <= room:
            return shorter
    (word,) = pieces
    while _width(f"{word}…", font, size) > room:
        word = word[:-1]
    return f"{word}…"


def _largest(words: str, font: str, room: float, sizes: range) -> int:
    return next((size for size in sizes if _width(words, font, size) <= room), sizes[-1])


def _width(words: str, font: str, size: int) -> float:
    return _font(font, size).getlength(words) / SCALE


def _when(event: Event) -> str:
    if event.called_off:
        return _("Called off")
    starts, ends = timezone.localtime(event.starts_at), timezone.localtime(event.ends_at)
    return f"{date_format(starts, 'l')} {hours(starts, ends)}"


def _where(event: Event) -> str:
    return f"{event.venue.name}, {event.venue.city}"
