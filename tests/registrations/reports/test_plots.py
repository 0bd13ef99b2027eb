"""Plots as they stand on the page: to scale, in words that are escaped, with nothing inline."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from registrations.reports import plots
from registrations.reports.plots import Bars, Drawing, Series


def svg_of(drawing: Drawing, title: str = "Titel") -> str:
    context = {"drawing": drawing, "title": title, "number": 1}
    return render_to_string("admin/overview/_drawing.html", context)


def numbers(drawing: Drawing, look: str, *names: str) -> list[tuple[float, ...]]:
    """These attributes of the rectangles with that look, from left to right and top down."""
    rects = ElementTree.fromstring(svg_of(drawing)).iter("rect")
    found = [one for one in rects if one.get("class") == look]
    return [tuple(float(one.get(name, "")) for name in names) for one in found]


def texts(drawing: Drawing) -> list[str]:
    found = ElementTree.fromstring(svg_of(drawing)).iter("text")
    return [(text.text or "").strip() for text in found]


def people(*values: int) -> list[Series]:
    return [Series("mensen", "taken", values)]


def test_drawing_has_no_style_script_or_link_and_its_words_are_escaped():
    drawing = plots.bars(Bars(["<b>a</b> & b"], people(3)), numbers=True)
    svg = svg_of(drawing, "<Rollen>")

    tags = {one.tag for one in ElementTree.fromstring(svg).iter()}
    assert tags == {"svg", "title", "desc", "line", "rect", "text"}
    assert re.findall(r"\b(style|on\w+|href|fill|stroke)=", svg) == []
    assert texts(drawing) == ["<b>a</b> & b", "3"]


def test_drawing_is_one_picture_with_a_name_and_a_description():
    root = ElementTree.fromstring(svg_of(plots.bars(Bars(["a"], people(3))), "<Rollen>"))

    said = {one.get("id"): one.text for one in root if one.tag in ("title", "desc")}
    assert root.get("role") == "img"
    assert said[root.get("aria-labelledby")] == "<Rollen>"
    assert said[root.get("aria-describedby")] == "De getallen staan in de tabel eronder."


@pytest.mark.parametrize("language", ["nl", "en"])
def test_numbers_have_a_point_in_any_language(language: str):
    with translation.override(language):
        svg = svg_of(plots.columns(["1 dec"] * 7, *people(*range(7))))

    assert re.findall(r' (?:[xy][12]?|width|height)="(?![0-9.]+")[^"]*"', svg) == []


def test_bars_stand_in_the_order_given_each_as_long_as_its_number():
    series = [Series("bezet", "taken", [4, 2]), Series("vrij", "free", [0, 6])]
    drawing = plots.bars(Bars(["1a", "1b"], series))

    (first, second), (free,) = (numbers(drawing, look, "x", "width") for look in ("taken", "free"))
    assert texts(drawing) == ["1a", "1b"]
    assert first[1] / second[1] == pytest.approx(2, abs=0.01)
    assert free[1] / second[1] == pytest.approx(3, abs=0.01)
    # The one begins where the other ends, and all within the drawing.
    assert first[0] == second[0]
    assert free[0] == pytest.approx(sum(second), abs=0.02)
    assert sum(free) <= drawing.width
    rows = [y for look in ("taken", "free") for (y,) in numbers(drawing, look, "y")]
    assert rows == [5, 31, 31]


def test_bars_end_in_their_number():
    drawing = plots.bars(Bars(["Gemeente Oss", "UWV"], people(12, 1)), numbers=True)

    assert texts(drawing) == ["Gemeente Oss", "12", "UWV", "1"]


def test_long_names_stand_above_their_bars_and_are_cut_where_the_drawing_ends():
    short, long = (
        plots.bars(Bars([name, "UWV"], people(12, 1)))
        for name in ("Gemeente Oss", "Stichting Werkplaats voor Wijkondernemers en anderen")
    )

    assert texts(long) == ["Stichting Werkplaats voor Wijkonderneme…", "UWV"]
    # Beside a bar it has the height of the bar, above it it has not; a bar has the width for it.
    assert [text.y for text in short.texts] == [y + 8 for (y,) in numbers(short, "taken", "y")]
    assert all(
        text.y < y for text, (y,) in zip(long.texts, numbers(long, "taken", "y"), strict=True)
    )
    assert numbers(long, "taken", "width") > numbers(short, "taken", "width")


def test_plots_that_are_alike_have_one_scale_and_begin_at_one_line():
    alike = [Bars(["1a · 12 van 12"], people(12)), Bars(["1b"], people(3))]
    ((x, long),), ((begin, short),) = (
        numbers(plots.bars(one, alike=alike), "taken", "x", "width") for one in alike
    )

    assert long == pytest.approx(4 * short, abs=0.05)
    assert x == begin


def test_columns_go_up_and_down_from_one_line_to_scale():
    drawing = plots.columns(
        ["1 dec", "2 dec", "3 dec"],
        Series("aangemeld", "taken", [3, 0, 1]),
        Series("geannuleerd", "gone", [0, 2, 0]),
    )

    up, down = (numbers(drawing, look, "y", "height") for look in ("taken", "gone"))
    (line,) = {round(y + height, 1) for y, height in up}
    assert [height / up[1][1] for _y, height in up] == pytest.approx([3, 1], abs=0.01)
    assert down[0] == pytest.approx((line, 2 * up[1][1]), abs=0.1)
    assert texts(drawing) == ["2", "1", "0", "1", "2", "3", "1 dec", "2 dec", "3 dec"]


@pytest.mark.parametrize(
    ("most", "scale"),
    [
        (0, ["0", "1"]),
        (4, ["0", "1", "2", "3", "4"]),
        (7, ["0", "2", "4", "6", "8"]),
        (23, ["0", "5", "10", "15", "20", "25"]),
        (980, ["0", "200", "400", "600", "800", "1000"]),
    ],
)
def test_axis_has_a_few_round_numbers_that_reach_the_highest_column(most: int, scale: list[str]):
    drawing = plots.columns(["1 dec"], *people(most))

    assert texts(drawing) == [*scale, "1 dec"]
    assert all(y >= 0 for (y,) in numbers(drawing, "taken", "y"))


def test_days_are_named_as_far_as_there_is_room():
    labels = [f"{day} december 2026" for day in range(1, 32)]
    drawing = plots.columns(labels, *people(*[1] * 31))

    middles = [text.x for text in drawing.texts if text.look == "middle"]
    room = max(map(len, labels)) * plots.LETTER
    assert len(middles) == 2
    assert middles[1] - middles[0] >= room
    assert middles[0] - room / 2 >= 0
    assert middles[1] + room / 2 <= drawing.width


def test_plot_of_nothing_but_noughts_can_be_drawn():
    drawings = [plots.bars(Bars(["1a"], people(0)), numbers=True), plots.columns(["1"], *people(0))]

    assert [numbers(one, "taken", "x") for one in drawings] == [[], []]
    assert texts(drawings[0]) == ["1a"]
