from datetime import time, timedelta

import pytest

from program.models import AgendaItem, TableSession, Theme
from program.public.grid import WIDEST, fits_a_bar, grid, in_order, timetable
from program.public.programme import natural
from tests.factories import START, make_event, make_slot

pytestmark = pytest.mark.django_db


def shape(event):
    """Each table session with the rounds in which it is held."""
    return [
        (cell.session.code, [column.round.number for column, _slot in cell.held])
        for cell in grid(event).cells
    ]


def test_a_session_stands_once_with_the_rounds_in_which_it_is_held():
    event = make_event(rounds=4)
    make_slot(event, "6", 2)
    make_slot(event, "3a", 1)
    make_slot(event, "6", 4)
    assert shape(event) == [("3a", [1]), ("6", [2, 4])]


def test_sessions_stand_by_theme_whatever_their_round():
    event = make_event()
    second = Theme.objects.create(event=event, number=2, title="Later")
    later = make_slot(event, "1", 1).session
    TableSession.objects.filter(pk=later.pk).update(theme=second)
    make_slot(event, "2", 2)
    assert shape(event) == [("2", [2]), ("1", [1])]


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


def test_a_day_of_many_lines_is_no_bar():
    event = make_event(starts_at=START - timedelta(hours=5), rounds=0)
    for hour in range(9, 14):
        for ends in (time(hour, 30), time(hour + 1)):
            starts = time(hour) if ends.minute else time(hour, 30)
            AgendaItem.objects.create(event=event, starts=starts, ends=ends, title=f"{starts}")
    assert fits_a_bar(timetable(event))
    AgendaItem.objects.create(event=event, starts=time(14), ends=time(14, 15), title="Lunch")
    assert not fits_a_bar(timetable(event))


def test_a_line_that_lasts_all_day_leaves_room_for_the_others_in_a_bar():
    event = make_event(starts_at=START - timedelta(hours=5), rounds=0)
    AgendaItem.objects.create(event=event, starts=time(9), ends=time(13), title="Ochtend")
    assert [line.quarters for line in timetable(event)] == [WIDEST]
