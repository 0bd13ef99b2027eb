"""Which tests run where: on both databases or once, and before each commit.

``make test`` runs everything on SQLite but the browser tests, which run on PostgreSQL, as most
sites do. What follows runs on both: there the two can differ.
"""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent

ON_BOTH = (
    # Locks, counters and constraints, the order of rows, what a transaction sees of another.
    "registrations/booking/",
    "registrations/door/",
    "registrations/models/",
    "registrations/organising/",
    "registrations/privacy/",
    # The outbox: due dates, leases, and workers that are killed or cut off.
    "registrations/mail/",
    "registrations/management/",
    "registrations/mailing/",
    "registrations/public/test_double_click.py",
    "registrations/public/test_check_mail.py",
    "registrations/public/test_nobody_learns.py",
    # How many statements others wait for.
    "registrations/public/test_parts.py",
    "registrations/public/test_query_counts.py",
    # Choices in order, and what a draw made of them.
    "registrations/public/test_ranking_pages.py",
    # That a draw on trial writes nothing; what people ask for, counted.
    "registrations/admin/test_before_the_draw.py",
    "registrations/admin/test_draw_page.py",
    # Queries of some size: searches and filters, counts by hour and by answer, long lists read
    # in parts.
    "registrations/admin/test_people.py",
    "registrations/admin/test_overview.py",
    "registrations/admin/test_waves.py",
    "registrations/queries/",
    "registrations/reports/test_exports.py",
    "registrations/reports/test_figures.py",
    # The order of names in a list; the rest of these asks no database.
    "registrations/names/",
    # What the models refuse, and a programme written as a whole.
    "program/models/",
    "program/file/test_rules.py",
    "program/file/test_save.py",
    "program/file/test_from_db.py",
    # What breaks breaks differently.
    "faults/",
    # The main chain of the site, in a browser.
    "browser/test_chain.py",
)

# `make test-fast`: the rules themselves. Pages and admin come with `make test`.
FAST = (
    "test_structure.py",
    "program/file/",
    "program/models/",
    "registrations/booking/",
    "registrations/door/",
    "registrations/drawing/",
    "registrations/mail/",
    "registrations/models/",
    "registrations/names/",
    "registrations/organising/",
    "registrations/privacy/",
    "registrations/queries/",
    "registrations/settling/",
)
# Not these of them: they take seconds.
SLOW = (
    "program/file/test_spreadsheet.py",
    "registrations/organising/test_called_off.py",
    "registrations/door/test_passes.py",
    "registrations/door/test_pages.py",
    "registrations/mail/test_waiting_mails.py",
    "registrations/booking/test_waiting_random.py",
    "registrations/door/test_evening.py",
    "registrations/settling/test_properties.py",
)


def mark(item: pytest.Item) -> None:
    """Marks by folder: ``browser``, ``both`` and ``fast``."""
    place = item.path.relative_to(TESTS).as_posix()
    browser = place.startswith("browser/")
    if browser:
        item.add_marker(pytest.mark.browser)
    if item.get_closest_marker("postgres") or (
        place.startswith(ON_BOTH) and (browser or asks_the_database(item))
    ):
        item.add_marker(pytest.mark.both)
    if place.startswith(FAST) and not (place.startswith(SLOW) or starts_processes(item)):
        item.add_marker(pytest.mark.fast)


def asks_the_database(item: pytest.Item) -> bool:
    fixtures: list[str] = getattr(item, "fixturenames", [])
    return item.get_closest_marker("django_db") is not None or "db" in fixtures


def starts_processes(item: pytest.Item) -> bool:
    return item.get_closest_marker("processes") is not None


def has_real_clock(item: pytest.Item) -> bool:
    """Whether others than the process of the test look at the clock too."""
    place = item.path.relative_to(TESTS).as_posix()
    return starts_processes(item) or place.startswith(("browser/", "faults/", "benchmarks/"))
