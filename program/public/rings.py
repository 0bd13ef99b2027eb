"""Round tables drawn as SVG: one chair per seat, filled when taken, open when free.

The drawings are decoration; the words beside them say the same. A ring is three strokes,
however many chairs it has: dots of a dashed line, and the holes in those that are free.
"""

from __future__ import annotations

from functools import partial
from math import cos, pi, sin, tau

from django.utils.html import format_html
from django.utils.safestring import SafeString

# Above these numbers of chairs dots would run together: the ring becomes one band.
MOST_CHAIRS = 24
MOST_DOTS = 120
THINNEST = 1.1  # the line round an open chair, in units of the drawing


def table_ring(code: str, seats: int, taken: int, *, mine: bool = False) -> SafeString:
    """One table with its code; of the taken chairs that of the reader stands out if ``mine``."""
    full = taken >= seats
    name = "ring mine" if mine else "ring full" if full else "ring"
    size = {1: 17, 2: 17, 3: 14, 4: 11, 5: 9}.get(len(code), 6)
    return format_html(
        '<svg class="{}" viewBox="0 0 64 64" aria-hidden="true">{}'
        '<circle class="table" cx="32" cy="32" r="17.5"/>'
        '<text x="32" y="32" dy=".36em" font-size="{}">{}</text>{}</svg>',
        name,
        chairs(seats, taken, radius=28.5, centre=32, most=MOST_CHAIRS),
        size,
        code,
        my_chair(seats, taken) if mine else "",
    )


def event_ring(capacity: int, taken: int) -> SafeString:
    """All places of an event, round an empty middle."""
    return format_html(
        '<svg class="ring" viewBox="0 0 200 200" aria-hidden="true">{}</svg>',
        chairs(capacity, taken, radius=94, centre=100, most=MOST_DOTS),
    )


def chairs(seats: int, taken: int, *, radius: float, centre: float, most: int) -> SafeString:
    """Taken chairs, then free ones with their holes; as a band when there are more than ``most``.

    A free chair and its hole follow the same path, so that they lie on each other in any browser.
    """
    if seats < 1:
        return SafeString("")
    taken = min(taken, seats)
    step, free = tau / seats, seats - taken
    band = seats > most
    width = radius / 8 if band else min(radius * step * 0.64, radius / 5.6)
    hole = width - 2 * min(max(THINNEST, radius / 65), width / 4)
    circle = partial(stroke, step=step, radius=radius, centre=centre, band=band)
    return format_html(
        "{}{}{}",
        circle("taken", 0, taken, width) if taken else "",
        circle("free", taken, free, width) if free else "",
        circle("hole", taken, free, hole, inset=(width - hole) / 2) if free else "",
    )


def stroke(
    name: str,
    first: int,
    count: int,
    width: float,
    *,
    step: float,
    radius: float,
    centre: float,
    band: bool,
    inset: float = 0,
) -> SafeString:
    """``count`` chairs from the ``first`` on, clockwise from the top; ``step`` in radians."""
    if band:
        # Round ends: half a width short of the chairs' space, and half a unit between bands.
        short = 0 if count * step > tau - 0.001 else (width / 2 + inset + 0.5) / radius
        path = arc(first * step + short, max(count * step - 2 * short, 0.001), radius, centre)
        dashes = SafeString("")
    else:
        # Half a step past the last chair: a dot on the very end of a path might fall off.
        path = arc((first + 0.5) * step, (count - 0.5) * step, radius, centre)
        # Dashes of no length, one a step: with round ends they are dots.
        dashes = format_html(' pathLength="{}" stroke-dasharray="0 1"', f"{count - 0.5:g}")
    return format_html(
        '<path class="{}" d="{}" stroke-width="{}"{}/>', name, path, f"{width:.2f}", dashes
    )


def my_chair(seats: int, taken: int) -> SafeString:
    """The last of the taken chairs, larger."""
    angle = tau * (max(taken, 1) - 0.5) / max(seats, 1) - pi / 2
    x, y = 32 + 28.5 * cos(angle), 32 + 28.5 * sin(angle)
    return format_html('<circle class="me" cx="{}" cy="{}" r="4"/>', f"{x:.2f}", f"{y:.2f}")


def arc(start: float, length: float, radius: float, centre: float) -> str:
    """A path along the circle, clockwise; radians, from the top."""
    length = min(length, tau - 0.001)
    (x1, y1), (x2, y2) = (
        (centre + radius * sin(angle), centre - radius * cos(angle))
        for angle in (start, start + length)
    )
    large = int(length > pi)
    return f"M{x1:.2f} {y1:.2f}A{radius:g} {radius:g} 0 {large} 1 {x2:.2f} {y2:.2f}"
