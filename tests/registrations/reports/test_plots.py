"""What pygal draws must fit a policy that allows nothing inline."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from registrations.reports import plots
from registrations.reports.plots import Bars, Series

SVG = "{http://www.w3.org/2000/svg}"


def bars_of(svg: str, look: str) -> list[ElementTree.Element]:
    groups = [g for g in ElementTree.fromstring(svg).iter(f"{SVG}g") if g.get("class") == look]
    return [rect for group in groups for rect in group.iter(f"{SVG}rect")]


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_bars_have_no_style_script_or_comment():
    svg = plots.bars(Bars("<Rollen>", ["a & b"], [Series("mensen", "taken", [3])]), numbers=True)

    assert set(re.findall(r"<(/?\w+|!|\?)", svg)) <= {
        *("svg", "/svg", "g", "/g", "rect", "text", "/text", "path")
    }
    assert re.findall(r"\b(style|id|on\w+|href)=", svg) == []
    assert svg.startswith(
        '<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 420 38" role="img"'
        ' aria-label="&lt;Rollen&gt;">'
    )


def test_bars_stand_in_the_order_given_each_as_long_as_its_number():
    series = [Series("bezet", "taken", [4, 2]), Series("vrij", "free", [0, 6])]
    svg = plots.bars(Bars("Plekken", ["1a", "1b"], series))

    taken = sorted(bars_of(svg, "taken"), key=lambda rect: float(rect.get("y", "")))
    (free,) = bars_of(svg, "free")
    widths = [float(rect.get("width", "")) for rect in (*taken, free)]

    labels = ElementTree.fromstring(svg).iter(f"{SVG}text")
    by_height = sorted(labels, key=lambda text: float(text.get("y", "")))
    assert [text.text for text in by_height] == ["1a", "1b"]
    assert [width / widths[1] for width in widths] == pytest.approx([2, 1, 3])


def test_bars_end_in_their_number_and_long_names_are_cut():
    name = "Stichting Werkplaats voor Wijkondernemers"
    svg = plots.bars(Bars("Van", [name, "UWV"], [Series("mensen", "taken", [12, 1])]), numbers=True)

    assert sorted(text.strip() for text in texts(svg)) == [
        "1",
        "12",
        "Stichting Werkplaats voor …",
        "UWV",
    ]


def test_plots_that_are_alike_have_one_scale_and_begin_at_one_line():
    first = Bars("Ronde 1", ["1a · 12 van 12"], [Series("bezet", "taken", [12])])
    second = Bars("Ronde 2", ["1b"], [Series("bezet", "taken", [3])])
    alike = [first, second]
    (long,), (short,) = (bars_of(plots.bars(one, alike=alike), "taken") for one in alike)

    assert float(long.get("width", "")) == pytest.approx(4 * float(short.get("width", "")))
    begin = [re.search(r'transform="[^"]+"', plots.bars(one, alike=alike)) for one in alike]
    assert [found and found[0] for found in begin] == ['transform="translate(133, 6)"'] * 2


def test_columns_go_up_and_down_from_one_line_in_whole_numbers():
    days = ["1 dec", "2 dec", "3 dec"]
    svg = plots.columns(
        "Per dag",
        days,
        Series("aangemeld", "taken", [3, 0, 1]),
        Series("geannuleerd", "gone", [0, 2, 0]),
        named=days[::2],
    )

    up, down = bars_of(svg, "taken"), bars_of(svg, "gone")
    line = {round(float(r.get("y", "")) + float(r.get("height", ""))) for r in up}

    assert (len(up), len(down)) == (2, 1)
    assert line == {round(float(down[0].get("y", "")))}
    assert texts(svg) == ["2", "1", "0", "1", "2", "3", "1 dec", "3 dec"]


def test_a_plot_of_nothing_but_noughts_can_be_drawn():
    nothing = Series("aangemeld", "taken", [0])

    assert bars_of(plots.bars(Bars("Leeg", ["1a"], [nothing])), "taken") == []
    assert bars_of(plots.columns("Leeg", ["1 dec"], nothing, nothing, named=[]), "taken") == []


def test_bars_of_nothing_say_nothing_in_english():
    svg = plots.bars(Bars("Vervoer", ["Fiets"], [Series("mensen", "taken", [0])]), numbers=True)

    assert [text for text in texts(svg) if text] == ["Fiets"]
