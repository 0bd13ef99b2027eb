"""Colours that can be read: contrast as WCAG reckons it, and a whole house from a few colours.

An organisation chooses one colour or a few; all others follow from these, on a light page and on a
dark one, so that every pair in PAIRS is strong enough. Only what somebody chooses can be too weak:
``weak`` names it, with the nearest colour that will do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from math import atan2, cos, hypot, sin

WORDS, SHAPES = 4.5, 3.0  # the least contrast of text, and of what one must see to understand
# What has to stand out, from what.
PAIRS = [
    (WORDS, "ink", "paper wash tint"),
    (WORDS, "soft", "paper wash tint"),
    (WORDS, "brand", "paper wash tint"),
    (WORDS, "on-brand", "brand"),
    (WORDS, "on-field", "field"),
    (WORDS, "field-soft", "field"),
    (WORDS, "button-text", "on-field"),
    (WORDS, "error", "paper wash error-tint"),
    (SHAPES, "edge", "paper wash tint"),
    (SHAPES, "focus", "paper wash tint"),
    (SHAPES, "field-seat", "field"),
]
WHITE, BLACK = "#ffffff", "#000000"
# The grounds and greys of a house whose hue is that of its colour, as lightness and chroma (OKLCH).
LIGHT = {
    "wash": (0.967, 0.006),
    "tint": (0.948, 0.026),
    "ink": (0.225, 0.022),
    "soft": (0.445, 0.024),
    "edge": (0.565, 0.022),
    "hair": (0.875, 0.013),
}
DARK = {
    "paper": (0.19, 0.013),
    "wash": (0.235, 0.018),
    "tint": (0.31, 0.055),
    "ink": (0.955, 0.009),
    "soft": (0.77, 0.02),
    "edge": (0.635, 0.022),
    "hair": (0.345, 0.022),
}
ERRORS = {"error": ("#b3200f", "#ff9c8c"), "error-tint": ("#fdecea", "#3b1712")}
DARK_BRAND, DARK_FIELD = 0.81, 0.32  # lightness of a link and of the band on a dark page
GREY = 0.02  # chroma below which a colour has no hue worth taking over
STEP = 0.004  # of lightness

Scheme = dict[str, str]
_HEX = re.compile(r"#[0-9a-f]{6}")
_SHORT = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})")


@dataclass(frozen=True)
class Chosen:
    """What an organisation chose, as '#rrggbb' or '' for what follows from the rest.

    ``field`` is the band on top of a page with ``on_field`` on it; ``brand`` is links, buttons and
    tables, with ``on_brand`` on them. The last two are for a dark page. Without ``field`` and
    ``brand`` there is nothing that the others could go with: then it is false.
    """

    field: str = ""
    on_field: str = ""
    brand: str = ""
    on_brand: str = ""
    field_dark: str = ""
    brand_dark: str = ""

    def __bool__(self) -> bool:
        return bool(self.field or self.brand)


@dataclass(frozen=True)
class Weak:
    """A chosen colour that stands out too little from ``ground``; ``better`` is the nearest that
    does, and ``ratio`` what it has now.
    """

    name: str
    ground: str
    ratio: float
    better: str


def parse(text: str) -> str:
    """'#rrggbb' of a colour as people write it, such as 'FFF'. Raises ValueError."""
    match = _SHORT.fullmatch(text.strip().lower())
    if not match:
        raise ValueError(text)
    digits = match[1]
    return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))


def contrast(one: str, other: str) -> float:
    """Between 1 and 21, as WCAG 2 reckons it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = map(_linear, _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def too_weak(scheme: Mapping[str, str]) -> list[tuple[str, str, float]]:
    """The pairs of a scheme that cannot be told apart well enough, with their contrast."""
    return [
        (front, back, round(found, 2))
        for least, front, backs in PAIRS
        for back in backs.split()
        if (found := contrast(scheme[front], scheme[back])) < least
    ]


def weak(chosen: Chosen) -> list[Weak]:
    """What somebody chose and cannot be read; what was left open always can."""
    if not chosen:
        return []
    whole = completed(chosen)
    paper = schemes(replace(chosen, brand_dark=""))[1]["paper"]
    asked = [
        ("brand", chosen.brand, WHITE),
        ("on_brand", chosen.on_brand, whole.brand),
        ("on_field", chosen.on_field, whole.field),
        ("brand_dark", chosen.brand_dark, paper),
    ]
    return [
        Weak(name, ground, contrast(colour, ground), better)
        for name, colour, ground in asked
        if colour and (better := nearest(colour, ground)) != colour
    ]


def nearest(colour: str, ground: str, least: float = WORDS) -> str:
    """The colour itself if it stands out from ``ground``, else the nearest of its hue that does."""
    if contrast(colour, ground) >= least:
        return colour
    darker, lighter = (_moved(colour, way, _stands_out(ground, least)) for way in (-1, 1))
    found = [one for one in (darker, lighter) if contrast(one, ground) >= least]
    return min(found, key=lambda one: abs(_oklch(one)[0] - _oklch(colour)[0]))


def completed(chosen: Chosen) -> Chosen:
    """With all that was left open on a light page. One colour is enough.

    A band may be light. Links and buttons are on white, so they get a darker shade of it.
    """
    field = chosen.field or chosen.brand
    brand = chosen.brand or nearest(chosen.field, WHITE)
    return replace(
        chosen,
        field=field,
        brand=brand,
        on_field=chosen.on_field or _readable_on(field),
        on_brand=chosen.on_brand or _readable_on(brand),
    )


@lru_cache(maxsize=200)
def schemes(chosen: Chosen) -> tuple[Scheme, Scheme]:
    """All colours on a light page and on a dark one, by the names of tokens.css.

    Every pair is strong enough if ``weak`` finds nothing.
    """
    chosen = completed(chosen)
    light = {"paper": WHITE} | _grounds(LIGHT, chosen.brand)
    light |= {"brand": chosen.brand, "on-brand": chosen.on_brand}
    light |= _band(chosen.field, chosen.on_field)
    dark = _grounds(DARK, chosen.brand)
    brand = chosen.brand_dark or _dark_brand(chosen.brand, dark["paper"])
    dark |= {"brand": brand, "on-brand": _readable_on(brand)}
    field = chosen.field_dark or _dark_field(chosen.field)
    dark |= _band(field, _readable_on(field))
    for place, scheme in enumerate((light, dark)):
        scheme |= {name: both[place] for name, both in ERRORS.items()}
        _mend(scheme)
    light["focus"], dark["focus"] = light["ink"], WHITE
    return light, dark


def _grounds(levels: Mapping[str, tuple[float, float]], colour: str) -> Scheme:
    """With the hue of a colour; of a grey one without any."""
    _lightness, chroma, hue = _oklch(colour)
    share = 0.0 if chroma < GREY else 1.0
    return {name: _hex(level, share * some, hue) for name, (level, some) in levels.items()}


def _band(field: str, on_field: str) -> Scheme:
    """The band on top of a page: words, quieter words, and the chairs that are taken."""
    return {
        "field": field,
        "on-field": on_field,
        "button-text": field,
        "field-soft": _mixed(on_field, field, 0.8, WORDS),
        "field-seat": _mixed(on_field, field, 0.55, SHAPES),
    }


def _mend(scheme: Scheme) -> None:
    """Bring what lies under words nearer to the paper until a link on it can be read, and move
    what is still too weak on it away from it.
    """
    paper = scheme["paper"]
    for name in ("wash", "tint"):
        shares = (_between(scheme[name], paper, 1 - step / 20) for step in range(21))
        scheme[name] = next(
            ground
            for ground in shares
            if ground == paper
            or all(contrast(scheme[front], ground) >= WORDS for front in ("brand", "error"))
        )
    way = -1 if paper == WHITE else 1
    grounds = [scheme[name] for name in ("paper", "wash", "tint")]
    for name, least in (("ink", WORDS), ("soft", WORDS), ("edge", SHAPES)):
        scheme[name] = _moved(scheme[name], way, _stands_out_from_all(grounds, least))


def _dark_brand(brand: str, paper: str) -> str:
    lightness, chroma, hue = _oklch(brand)
    colour = _hex(max(lightness, DARK_BRAND), min(chroma, 0.13), hue)
    return _moved(colour, 1, _stands_out(paper, 7))


def _dark_field(field: str) -> str:
    lightness, chroma, hue = _oklch(field)
    return _hex(min(lightness, DARK_FIELD), min(chroma, 0.12), hue)


def _readable_on(ground: str) -> str:
    """White, or a near black of the same hue, or black: the first that can be read."""
    _lightness, chroma, hue = _oklch(ground)
    inks = (WHITE, _hex(0.24, min(chroma, 0.045), hue), BLACK)
    return next(ink for ink in inks if contrast(ink, ground) >= WORDS)


def _mixed(colour: str, ground: str, share: float, least: float) -> str:
    """The colour with some of the ground in it, as much as still stands out."""
    while share < 1 and contrast(_between(colour, ground, share), ground) < least:
        share += 0.02
    return _between(colour, ground, min(share, 1))


def _between(colour: str, other: str, share: float) -> str:
    pairs = zip(_rgb(colour), _rgb(other), strict=True)
    return _written(far + (near - far) * share for near, far in pairs)


def _stands_out(ground: str, least: float) -> Callable[[str], bool]:
    return _stands_out_from_all([ground], least)


def _stands_out_from_all(grounds: list[str], least: float) -> Callable[[str], bool]:
    return lambda colour: all(contrast(colour, ground) >= least for ground in grounds)


def _moved(colour: str, way: int, enough: Callable[[str], bool]) -> str:
    """Darker (-1) or lighter (1) until it is enough, or black or white."""
    if enough(colour):
        return colour
    lightness, chroma, hue = _oklch(colour)
    while 0 < lightness < 1:
        lightness += way * STEP
        found = _hex(min(max(lightness, 0), 1), chroma, hue)
        if enough(found):
            return found
    return WHITE if way > 0 else BLACK


def _rgb(colour: str) -> tuple[float, float, float]:
    """Each between 0 and 1."""
    if not _HEX.fullmatch(colour):
        raise ValueError(colour)
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _written(parts: Iterator[float]) -> str:
    return "#" + "".join(f"{round(min(max(part, 0), 1) * 255):02x}" for part in parts)


def _linear(part: float) -> float:
    # The gamma of sRGB.
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _curved(part: float) -> float:
    part = max(part, 0)
    return 12.92 * part if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)


def _oklch(colour: str) -> tuple[float, float, float]:
    """Lightness (0 to 1), chroma and hue as people see them (Ottosson's OKLab)."""
    red, green, blue = map(_linear, _rgb(colour))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    one = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    other = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, hypot(one, other), atan2(other, one)


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """With as much of its chroma as a screen can show."""
    while True:
        parts = _screen(lightness, chroma, hue)
        if chroma <= 0 or all(-0.0005 <= part <= 1.0005 for part in parts):
            return _written(_curved(part) for part in parts)
        chroma = chroma - 0.003 if chroma > 0.003 else 0.0


def _screen(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    one, other = chroma * cos(hue), chroma * sin(hue)
    long = (lightness + 0.3963377774 * one + 0.2158037573 * other) ** 3
    middle = (lightness - 0.1055613458 * one - 0.0638541728 * other) ** 3
    short = (lightness - 0.0894841775 * one - 1.2914855480 * other) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
