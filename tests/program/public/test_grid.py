from datetime import time, timedelta

import pytest

from program.models import AgendaItem, TableSession, Theme
from program.public.grid import fits_a_bar, grid, in_order, natural, timetable
from tests.factories import START, make_event, make_slot

pytestmark = pytest.mark.django_db


def shape(event):
    """Per theme: per table session its code, its first column, how many it spans; and the gaps."""
    return [
        (
            [(cell.session.code, cell.column.place, cell.span) for cell in row.cells],
            [column.place for column in row.empty],
        )
        for row in grid(event).rows
    ]


def test_two_sessions_of_a_theme_in_one_round_stay_in_its_column():
    event = make_event()
    make_slot(event, "3a", 1)
    make_slot(event, "3c", 2)
    make_slot(event, "3b", 2)
    assert shape(event) == [([("3a", 1, 1), ("3b", 2, 1), ("3c", 2, 1)], [])]


def test_a_session_in_both_rounds_is_one_capsule():
    event = make_event()
    first, second = make_slot(event, "6", 1), make_slot(event, "6", 2)
    (cell,) = grid(event).cells
    assert (cell.slots, cell.span) == ([first, second], 2)
    assert [(place, slot) for _column, place, slot in cell.again] == [(2, second)]


def test_a_capsule_counts_its_places_from_its_own_first_round():
    event = make_event(rounds=4)
    make_slot(event, "6", 2)
    make_slot(event, "6", 4)
    (cell,) = grid(event).cells
    assert (cell.column.place, cell.span, [place for _c, place, _s in cell.again]) == (2, 3, [3])


def test_a_round_without_a_table_of_the_theme_is_empty_unless_a_capsule_covers_it():
    event = make_event(rounds=4)
    make_slot(event, "6", 1)
    make_slot(event, "6", 3)
    assert shape(event) == [([("6", 1, 3)], [4])]


def test_a_theme_without_tables_is_left_out():
    event = make_event()
    Theme.objects.create(event=event, number=2, title="Nog leeg")
    make_slot(event, "1")
    assert [row.theme.number for row in grid(event).rows] == [1]


def test_codes_sort_as_people_count():
    event = make_event()
    for code in ("10", "9b", "9a", "2"):
        make_slot(event, code)
    assert [session.code for session in in_order(event)] == ["2", "9a", "9b", "10"]
    assert [one.session.code for one in grid(event).columns[0].slots] == [*("2", "9a", "9b", "10")]


def test_codes_of_letters_sort_too():
    assert sorted(["b", "1", "a2", "a10"], key=natural) == ["1", "a2", "a10", "b"]


def test_a_session_without_a_slot_has_no_cell():
    event = make_event()
    session = TableSession.objects.create(
        event=event, theme=event.themes.get(), code="9", title="Later"
    )
    make_slot(event, "1")
    assert grid(event).cell_of(session) is None


def test_more_than_four_rounds_become_a_list():
    assert grid(make_event(rounds=4)).wide
    assert not grid(make_event(rounds=5)).wide


def test_the_timetable_shows_the_break_that_no_line_names():
    event = make_event()  # rounds at 15.00-15.45 and 16.00-16.45
    lines = timetable(event)
    assert [
        (f"{line.starts_at:%H:%M}-{line.ends_at:%H:%M}", bool(line.item), line.quarters)
        for line in lines
    ] == [("15:00-15:45", True, 3), ("15:45-16:00", False, 1), ("16:00-16:45", True, 3)]
    assert [line.round and line.round.number for line in lines] == [1, None, 2]


def test_lines_side_by_side_make_no_break_and_no_bar():
    event = make_event(rounds=0)
    for starts, ends in ((time(14), time(16)), (time(14), time(14, 30)), (time(15), time(15, 30))):
        AgendaItem.objects.create(event=event, starts=starts, ends=ends, title=f"{starts}-{ends}")
    lines = timetable(event)
    assert len(lines) == 3
    assert all(line.item for line in lines)
    assert not fits_a_bar(lines)


def test_a_long_day_is_no_bar():
    event = make_event(starts_at=START - timedelta(hours=5), rounds=0)
    AgendaItem.objects.create(event=event, starts=time(9), ends=time(13), title="Ochtend")
    assert fits_a_bar(timetable(event))
    AgendaItem.objects.create(event=event, starts=time(13), ends=time(13, 15), title="Lunch")
    assert not fits_a_bar(timetable(event))
