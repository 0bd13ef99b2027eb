"""Measured lines as an SVG drawing for docs/: both axes logarithmic, each line named at its end.

Read on light and on dark paper. Colour is never alone: lines also differ by their dashes, the shape
of their marks and their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from pathlib import Path
from xml.sax.saxutils import escape

DOCS = Path(__file__).resolve().parents[2] / "docs"
WIDTH, HEIGHT = 780, 500
LEFT, RIGHT, TOP, BOTTOM = 86, 220, 92, 64  # around the lines, for words
APART = 18  # between the names of two lines
STYLE = """
    .paper { fill: #ffffff } text { fill: #4a5b53; font-size: 15px }
    .title { fill: #13201a; font-size: 20px; font-weight: 700 }
    .guide { stroke: #dfe7e3 } .axis { stroke: #7b8a83 }
    .line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
    .dashed { stroke-dasharray: 7 5 }
    .one { stroke: #00633f } .mark.one, .name.one { fill: #00633f }
    .other { stroke: #a04400 } .mark.other, .name.other { fill: #a04400 }
    .name { stroke: none }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #13201a } text { fill: #b5c4bc } .title { fill: #ffffff }
      .guide { stroke: #2b3b33 } .axis { stroke: #7b8a83 }
      .one { stroke: #6fd3a6 } .mark.one, .name.one { fill: #6fd3a6 }
      .other { stroke: #f3a96b } .mark.other, .name.other { fill: #f3a96b }
      .name { stroke: none }
    }
"""


@dataclass(frozen=True)
class Line:
    """Points from left to right; both numbers are more than zero, the second in milliseconds.

    ``other`` lines are drawn in the second colour, with square marks.
    """

    name: str
    points: Sequence[tuple[float, float]]
    other: bool = False
    dashed: bool = False


def write(file: str, title: str, description: str, across: str, up: str, lines: list[Line]) -> None:
    """Draw these into a file of docs/. ``across`` and ``up`` name the axes."""
    drawn = "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
            ' aria-labelledby="title desc"'
            " font-family=\"system-ui, 'Segoe UI', 'Liberation Sans', Arial, sans-serif\">",
            f'  <title id="title">{escape(title)}</title>',
            f'  <desc id="desc">{escape(description)}</desc>',
            f"  <style>{STYLE}  </style>",
            f'  <rect class="paper" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
            f'  <text class="title" x="24" y="38">{escape(title)}</text>',
            f'  <text x="24" y="66">{escape(up)}</text>',
            f'  <text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 16}" text-anchor="middle">'
            f"{escape(across)}</text>",
            *_Scales(lines).drawn(lines),
            "</svg>\n",
        ]
    )
    (DOCS / file).write_text(drawn, encoding="utf-8")


class _Scales:
    """Where a number stands: across those that were measured, up whole powers of ten."""

    def __init__(self, lines: list[Line]) -> None:
        self.across = sorted({x for line in lines for x, _y in line.points})
        heights = [y for line in lines for _x, y in line.points]
        self.lowest, self.highest = floor(log10(min(heights))), ceil(log10(max(heights)))

    def x(self, number: float) -> float:
        first, last = log10(self.across[0]), log10(self.across[-1])
        return LEFT + (log10(number) - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(self, number: float) -> float:
        share = (log10(number) - self.lowest) / (self.highest - self.lowest)
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)

    def drawn(self, lines: list[Line]) -> Iterator[str]:
        yield from self._axes()
        for line in lines:
            yield from self._line(line)
        yield from self._names(lines)

    def _axes(self) -> Iterator[str]:
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        for power in range(self.lowest, self.highest + 1):
            y = self.y(10**power)
            look = "axis" if power == self.lowest else "guide"
            yield f'  <path class="{look}" d="M{LEFT} {y:.1f}H{right}"/>'
            words = _time(10**power)
            yield f'  <text x="{LEFT - 10}" y="{y + 5:.1f}" text-anchor="end">{words}</text>'
        for number in self.across:
            x = self.x(number)
            yield f'  <path class="axis" d="M{x:.1f} {bottom}v6"/>'
            yield f'  <text x="{x:.1f}" y="{bottom + 23}" text-anchor="middle">{number:,.0f}</text>'

    def _line(self, line: Line) -> Iterator[str]:
        places = [(self.x(x), self.y(y)) for x, y in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        dashes = " dashed" if line.dashed else ""
        yield f'  <polyline class="line {_look(line)}{dashes}" points="{path}"/>'
        for x, y in places:
            if line.other:
                where = f'x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"'
                yield f'  <rect class="mark {_look(line)}" {where}/>'
            else:
                yield f'  <circle class="mark {_look(line)}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'

    def _names(self, lines: list[Line]) -> Iterator[str]:
        ends = sorted((self.y(line.points[-1][1]), line.name, line) for line in lines)
        right = WIDTH - RIGHT
        for (end, name, line), y in zip(ends, _apart([end for end, *_ in ends]), strict=True):
            yield f'  <path class="axis" d="M{right + 6} {end:.1f}L{right + 20} {y:.1f}"/>'
            where = f'x="{right + 25}" y="{y + 5:.1f}"'
            yield f'  <text class="name {_look(line)}" {where}>{escape(name)}</text>'


def _apart(heights: list[float]) -> list[float]:
    """These, from the top, moved as little as keeps them apart: neighbours share their middle."""
    groups: list[tuple[float, int]] = []  # the sum of where each would begin, and of how many
    for place, height in enumerate(heights):
        total, number = height - place * APART, 1
        while groups and groups[-1][0] / groups[-1][1] > total / number:
            above, more = groups.pop()
            total, number = total + above, number + more
        groups.append((total, number))
    begins = [total / number for total, number in groups for _name in range(number)]
    return [begin + place * APART for place, begin in enumerate(begins)]


def _look(line: Line) -> str:
    return "other" if line.other else "one"


def _time(milliseconds: float) -> str:
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds:g} ms"
