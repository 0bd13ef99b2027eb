"""Numbers as rectangles, lines and words: horizontal bars, and columns along a time axis.

Only their positions are computed here. A template writes them as SVG
(templates/admin/overview/_drawing.html), and a style sheet gives them their looks
(static/staff/overview.css).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

# In units of the drawing, which is as wide as a phone's page so that its words stay readable.
WIDTH, ROW, THICK = 360, 26, 16
HEIGHT, TOP, BELOW = 210, 10, 28  # of columns; below them stand the names
LETTER = 9  # the width of one, in words 14 units high; most fonts are narrower
GAP = 8
BESIDE, LONGEST = 16, 40  # letters of a label that stands beside its bar, or above it
FEWEST_STEPS = 5


@dataclass(frozen=True)
class Series:
    """Numbers of one kind, one for each label; ``look`` is the class that they are drawn in."""

    name: str
    look: str
    values: Sequence[int]


@dataclass(frozen=True)
class Bars:
    """Horizontal bars, from the top: after each label the numbers of the series in a row."""

    labels: Sequence[str]
    series: Sequence[Series]

    @property
    def totals(self) -> list[int]:
        return [sum(numbers) for numbers in zip(*(one.values for one in self.series), strict=True)]


@dataclass(frozen=True)
class Rect:
    look: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    look: str
    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Text:
    """``look`` says which part of the words stands at ``x``: start, middle or end."""

    look: str
    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Drawing:
    height: float
    lines: Sequence[Line]
    rects: Sequence[Rect]
    texts: Sequence[Text]
    width: float = WIDTH


def bars(drawn: Bars, *, numbers: bool = False, alike: Sequence[Bars] = ()) -> Drawing:
    """With ``numbers`` each bar ends in its total. All that are ``alike`` share one scale."""
    alike = [drawn, *alike]
    letters = max(len(label) for one in alike for label in one.labels)
    most = max(total for one in alike for total in one.totals)
    beside = letters <= BESIDE
    left, head = (LETTER * letters + GAP, 0) if beside else (1, ROW - GAP)
    # Room for the number behind the longest bar.
    right = GAP + LETTER * len(str(most)) if numbers else 1
    unit = (WIDTH - left - right) / (most or 1)
    lines, rects, texts = [], [], []
    for row, (label, total) in enumerate(zip(drawn.labels, drawn.totals, strict=True)):
        top = row * (head + ROW) + head
        middle = top + ROW / 2
        if beside:
            texts.append(Text("end", left - GAP, middle, label))
        else:
            texts.append(Text("start", 0, top - GAP / 2, _cut(label)))
        lines.append(Line("axis", left, top, left, top + ROW))
        begin = float(left)
        for one in drawn.series:
            width = one.values[row] * unit
            if width:
                rects.append(Rect(one.look, begin, top + (ROW - THICK) / 2, width, THICK))
            begin += width
        if numbers and total:
            texts.append(Text("start", begin + GAP / 2, middle, str(total)))
    return Drawing((head + ROW) * len(drawn.labels), lines, rects, texts)


def columns(labels: Sequence[str], above: Series, below: Series | None = None) -> Drawing:
    """Columns from left to right: one kind upwards, the other downwards from the same line.

    They have their labels below them as far as there is room.
    """
    up, down = above.values, below.values if below else [0] * len(labels)
    scale = _scale(max(up, default=0), max(down, default=0))
    left = GAP + LETTER * max(len(str(abs(number))) for number in scale)
    unit = (HEIGHT - TOP - BELOW) / (scale[-1] - scale[0])
    zero = TOP + scale[-1] * unit
    step = (WIDTH - left) / len(labels)
    thick = min(step * 0.8, 2 * THICK)
    lines, texts = [], []
    for number in scale:
        y = zero - number * unit
        lines.append(Line("guide" if number else "axis", left, y, WIDTH, y))
        texts.append(Text("end", left - GAP / 2, y, str(abs(number))))
    middles = [left + (place + 0.5) * step for place in range(len(labels))]
    rects = [
        Rect(look, middle - thick / 2, top, thick, size * unit)
        for middle, risen, fallen in zip(middles, up, down, strict=True)
        for look, top, size in (
            (above.look, zero - risen * unit, risen),
            (below.look if below else "", zero, fallen),
        )
        if size
    ]
    for place in _named(labels, middles):
        lines.append(Line("tick", middles[place], HEIGHT - BELOW, middles[place], HEIGHT - 22))
        texts.append(Text("middle", middles[place], HEIGHT - 10, labels[place]))
    return Drawing(HEIGHT, lines, rects, texts)


def in_order(values: Sequence[int], look: str, least: str, most: str) -> Drawing:
    """Everybody's number from least to most, as a hill; ``least`` and ``most`` name its ends.

    As many rectangles as there are different numbers, however many people there are.
    """
    scale = _scale(max(values), 0)
    left = GAP + LETTER * len(str(scale[-1]))
    zero, unit = HEIGHT - BELOW, (HEIGHT - TOP - BELOW) / scale[-1]
    step = (WIDTH - left) / len(values)
    lines, texts, rects = [], [], []
    for number in scale:
        y = zero - number * unit
        lines.append(Line("guide" if number else "axis", left, y, WIDTH, y))
        texts.append(Text("end", left - GAP / 2, y, str(number)))
    begin = float(left)
    for number, people in sorted(Counter(values).items()):
        if number:
            high = number * unit
            rects.append(Rect(look, begin, zero - high, people * step, high))
        begin += people * step
    texts += [Text("start", left, HEIGHT - 10, least), Text("end", WIDTH, HEIGHT - 10, most)]
    return Drawing(HEIGHT, lines, rects, texts)


def _scale(highest: int, deepest: int) -> list[int]:
    """Round whole numbers from the deepest column to the highest, some five of them."""
    steps = (size * 10**power for power in count() for size in (1, 2, 5))
    step = next(step for step in steps if step * FEWEST_STEPS >= highest + deepest)
    return list(range(-step * -(-deepest // step), step * max(-(-highest // step), 1) + 1, step))


def _named(labels: Sequence[str], middles: Sequence[float]) -> Iterator[int]:
    """The places of the labels that are shown: each as soon as it fits beside the last."""
    room, begin = LETTER * max(map(len, labels)), 0.0
    for place, middle in enumerate(middles):
        if len(labels) == 1 or begin <= middle - room / 2 <= WIDTH - room:
            yield place
            begin = middle + room / 2 + GAP


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"
