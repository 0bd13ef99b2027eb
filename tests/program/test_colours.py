"""One colour makes a whole house in which everything can be read; what cannot be is refused."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from program.colours import (
    WHITE,
    WORDS,
    Chosen,
    Weak,
    completed,
    contrast,
    nearest,
    parse,
    schemes,
    too_weak,
    weak,
)

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
SPREAD = [
    "#{:02x}{:02x}{:02x}".format(*parts) for parts in product((0, 70, 140, 200, 255), repeat=3)
]


def mended(chosen: Chosen) -> Chosen:
    """With the better colour in place of each that is too weak."""
    fields = {name: getattr(chosen, name) for name in chosen.__dataclass_fields__}
    return Chosen(**fields | {one.name: one.better for one in weak(chosen)})


def test_contrast_is_reckoned_as_wcag_does():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("colour", SPREAD)
def test_one_colour_is_enough_for_pages_that_can_be_read(colour: str):
    chosen = Chosen(field=colour)

    assert weak(chosen) == []
    assert [too_weak(scheme) for scheme in schemes(chosen)] == [[], []]
    assert schemes(chosen)[0]["field"] == colour, "a band takes dark words or light ones"


def test_a_light_band_gives_links_and_buttons_a_darker_shade_of_it():
    brand = completed(Chosen(field="#ffd400")).brand

    red, green, blue = (int(brand[at : at + 2], 16) for at in (1, 3, 5))
    assert red > green > blue, "still yellow"
    assert WORDS <= contrast(brand, WHITE) < WORDS + 0.15, "no darker than it has to be"
    assert completed(Chosen(field="#154273")).brand == "#154273", "dark enough as it is"


@given(st.builds(Chosen, *[COLOURS | st.just("")] * 6))
def test_any_choice_ends_in_pages_that_can_be_read(chosen: Chosen):
    if not (chosen.field or chosen.brand):
        return
    chosen = mended(mended(chosen))

    assert weak(chosen) == []
    assert [too_weak(scheme) for scheme in schemes(chosen)] == [[], []]


def test_a_link_too_light_on_white_is_refused_with_the_nearest_that_is_not():
    (found,) = weak(Chosen(brand="#4c9be8"))

    assert (found.name, found.ground) == ("brand", WHITE)
    assert found.ratio == pytest.approx(2.9, abs=0.1)
    assert WORDS <= contrast(found.better, WHITE) < WORDS + 0.15, "no darker than it has to be"


@pytest.mark.parametrize(
    ("chosen", "name"),
    [
        (Chosen(field="#154273", on_field="#0b5fa5"), "on_field"),
        (Chosen(field="#154273", on_brand="#e3000f"), "on_brand"),
        (Chosen(field="#154273", brand_dark="#154273"), "brand_dark"),
    ],
)
def test_each_pair_that_somebody_chooses_is_judged(chosen: Chosen, name: str):
    (found,) = weak(chosen)

    assert isinstance(found, Weak)
    assert found.name == name
    assert contrast(found.better, found.ground) >= WORDS > found.ratio


def test_a_colour_that_can_be_read_stays_as_it_is():
    assert nearest("#154273", WHITE) == "#154273"
    assert weak(Chosen(field="#154273", brand="#0b5fa5")) == []


def test_words_on_a_band_are_white_if_they_can_be():
    assert completed(Chosen(field="#154273")).on_field == WHITE
    assert contrast(completed(Chosen(field="#ffc917", brand="#154273")).on_field, WHITE) > 15


def test_greys_take_the_hue_of_the_house_and_none_from_a_grey_house():
    blue, grey = schemes(Chosen(field="#154273"))[0], schemes(Chosen(field="#333333"))[0]

    assert blue["wash"][1:3] < blue["wash"][5:7], "a blue wash"
    assert len({grey["wash"][at : at + 2] for at in (1, 3, 5)}) == 1


@pytest.mark.parametrize(
    ("written", "colour"), [("#0B5FA5", "#0b5fa5"), (" 0b5fa5 ", "#0b5fa5"), ("#fff", "#ffffff")]
)
def test_a_colour_is_read_as_people_write_it(written: str, colour: str):
    assert parse(written) == colour


@pytest.mark.parametrize("written", ["", "blauw", "#12345", "#1234567", "#12345g", "#fff;}"])
def test_what_is_no_colour_is_refused(written: str):
    with pytest.raises(ValueError, match=r".*"):
        parse(written)
