from re import findall

import pytest

from program.public.rings import event_ring, table_ring


def dots(svg):
    """Per stroke: how many dots its dashes make (the path ends half a step past the last)."""
    return {
        name: float(length) + 0.5
        for name, length in findall(r'class="(taken|free|hole)"[^>]+pathLength="([\d.]+)"', svg)
    }


@pytest.mark.parametrize("taken", [0, 1, 7, 11, 12])
def test_a_ring_has_a_chair_for_every_seat(taken):
    expected = {"taken": taken, "free": 12 - taken, "hole": 12 - taken}
    assert dots(table_ring("1a", 12, taken)) == {name: n for name, n in expected.items() if n}


def test_a_ring_is_as_long_to_write_for_two_seats_as_for_twenty():
    assert abs(len(table_ring("1a", 20, 10)) - len(table_ring("1a", 4, 2))) < 20


def test_many_chairs_become_a_band():
    assert "stroke-dasharray" in table_ring("1a", 24, 3)
    assert "stroke-dasharray" not in table_ring("1a", 25, 3)
    assert "stroke-dasharray" not in event_ring(1200, 3)


def test_a_full_table_looks_full_and_ones_own_looks_like_ones_own():
    names = [
        findall(r'class="([^"]+)"', svg)[0]
        for svg in (
            table_ring("1a", 8, 7),
            table_ring("1a", 8, 8),
            table_ring("1a", 8, 8, mine=True),
        )
    ]
    assert names == ["ring", "ring full", "ring mine"]
    assert table_ring("1a", 8, 3, mine=True).count('class="me"') == 1


@pytest.mark.parametrize(("seats", "taken"), [(0, 0), (1, 0), (1, 1), (3, 9)])
def test_odd_numbers_draw_something(seats, taken):
    assert table_ring("x", seats, taken).endswith("</svg>")
    assert event_ring(seats, taken).endswith("</svg>")


def test_a_code_cannot_break_out_of_the_drawing():
    assert "<b>" not in table_ring("<b>", 3, 1)


def test_chairs_stand_evenly_from_the_top_with_free_ones_last():
    paths = dict(findall(r'class="(taken|free|hole)" d="([^"]+)"', table_ring("1a", 4, 1)))
    # Four chairs at 45, 135, 225 and 315 degrees; each path runs half a step past its last.
    assert paths == {
        "taken": "M52.15 11.85A28.5 28.5 0 0 1 60.50 32.00",
        "free": "M52.15 52.15A28.5 28.5 0 1 1 32.00 3.50",
        "hole": "M52.15 52.15A28.5 28.5 0 1 1 32.00 3.50",
    }
