"""Numbers as SVG: bars beside each other, and columns along a line of days.

pygal reckons; what it draws is then taken through a sieve, since its own styles and scripts
are inline and our policy allows none. How it looks is in static/staff/overview.css.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import pygal
from django.utils.safestring import SafeString, mark_safe
from pygal.etree import etree
from pygal.style import Style

# In the units of the drawing, which is as wide as a phone's page: words in it stay readable.
WIDTH, BAR, MARGIN, HEIGHT = 420, 26, 6, 220
FONT = 14
LONGEST_LABEL = 27
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"

_TAGS = frozenset({"svg", "g", "rect", "path", "text"})
_KEPT = frozenset({"class", "viewBox", "xmlns", "transform", "d", "x", "y", "width", "height"})
_STYLE = Style(
    font_family="sans-serif",
    label_font_size=FONT,
    major_label_font_size=FONT,
    value_font_size=FONT,
    no_data_font_size=FONT,
)


@dataclass(frozen=True)
class Series:
    """Numbers of one kind, one for each label; ``look`` is the class that they are drawn in."""

    name: str
    look: str
    values: Sequence[int]


@dataclass(frozen=True)
class Bars:
    """Lying bars, top down: behind each label the numbers of the series, one after another."""

    title: str
    labels: Sequence[str]
    series: Sequence[Series]

    @property
    def longest(self) -> int:
        bars = zip(*(one.values for one in self.series), strict=True)
        return max((sum(numbers) for numbers in bars), default=0)


def bars(drawn: Bars, *, numbers: bool = False, alike: Sequence[Bars] = ()) -> SafeString:
    """With ``numbers`` each bar ends in one. All that are ``alike`` get one scale."""
    alike = [drawn, *alike]
    room = max(len(_cut(label)) for one in alike for label in one.labels)
    chart = pygal.HorizontalStackedBar(
        height=2 * MARGIN + BAR * len(drawn.labels),
        range=(0, max(one.longest for one in alike) or 1),
        print_values=numbers,
        print_zeroes=False,
        print_values_position="top",
        show_x_labels=False,
        value_formatter=lambda value: f"{value:.0f}",
        # Room for the number behind the longest bar.
        margin_right=4 * FONT if numbers else MARGIN,
        **_common(),
    )
    # It draws from the bottom up, and reckons the room for a label by its letters: bars begin
    # at one line where labels are equally long.
    chart.x_labels = [_cut(label).rjust(room, NO_BREAK_SPACE) for label in reversed(drawn.labels)]
    for one in drawn.series:
        # A bar of nothing would still have an outline.
        chart.add(one.name, [value or None for value in reversed(one.values)])
    return _svg(chart, drawn.title, drawn.series)


def columns(
    title: str, labels: Sequence[str], above: Series, below: Series, *, named: Sequence[str]
) -> SafeString:
    """Columns from left to right: one kind upwards, the other downwards; some have their label."""
    chart = pygal.StackedBar(
        height=HEIGHT,
        show_minor_x_labels=False,
        truncate_label=-1,
        x_labels_major=list(named),
        show_y_guides=True,
        value_formatter=lambda value: f"{abs(value):.0f}",
        # Half a person never signs up.
        y_labels=_scale(above.values, below.values),
        **_common(),
    )
    chart.x_labels = labels
    chart.add(above.name, [value or None for value in above.values])
    chart.add(below.name, [-value or None for value in below.values])
    return _svg(chart, title, [above, below])


def _common() -> dict[str, object]:
    return {
        "css": [],
        "js": [],
        "no_prefix": True,
        "disable_xml_declaration": True,
        "width": WIDTH,
        "margin": MARGIN,
        "show_legend": False,
        # It would say so in English; the numbers beneath say it too.
        "no_data_text": "",
        "style": _STYLE,
    }


def _scale(above: Sequence[int], below: Sequence[int]) -> list[int]:
    """Round whole numbers from the deepest column to the highest, some five of them."""
    highest, deepest = max(above, default=0), max(below, default=0)
    steps = (size * 10**power for power in count() for size in (1, 2, 5))
    step = next(step for step in steps if step * 5 >= highest + deepest)
    return list(range(-step * -(-deepest // step), step * -(-highest // step) + step, step))


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def _svg(chart: pygal.Graph, title: str, series: Sequence[Series]) -> SafeString:
    root = _sieve(chart.render_tree())
    root.attrib.update({"class": "plot", "role": "img", "aria-label": title})
    for group in root.iter("g"):
        for place, one in enumerate(series):
            if f"serie-{place}" in group.get("class", "").split():
                group.set("class", one.look)
    svg: str = etree.tostring(root, encoding="unicode")
    return mark_safe(svg)  # noqa: S308 - sieved above; words in it are escaped


def _sieve(node: etree.Element) -> etree.Element:
    """Only shapes and words that are seen: no styles, scripts, comments, or names for them."""
    for child in list(node):
        if child.tag in _TAGS:
            _sieve(child)
        if child.tag not in _TAGS or _unseen(child):
            node.remove(child)
    for name in set(node.attrib) - _KEPT:
        del node.attrib[name]
    return node


def _unseen(node: etree.Element) -> bool:
    words = set(node.get("class", "").split())
    if node.tag == "g":
        return len(node) == 0 or "tooltip-overlay" in words
    nothing = "0.0" in (node.get("width", "0.0"), node.get("height", "0.0"))
    return node.tag == "rect" and (nothing or "background" in words)
