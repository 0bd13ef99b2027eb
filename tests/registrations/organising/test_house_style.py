"""A house style is changed under the event's lock, copied with it, and leaves nothing behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection

from program.models import Event, HouseStyle, StyleImage
from program.public.house_style import KNOWN
from registrations.admin import words
from registrations.models import Change
from registrations.organising import house_style, programmes, throwing_away
from tests.conftest import PATIENCE
from tests.factories import NOW, make_event, make_slot

pytestmark = pytest.mark.django_db


def image(key: str) -> StyleImage:
    return StyleImage(key=key * 32, mime_type="image/png", width=9, height=9, content=b"x")


def change(event: Event, **values: object) -> bool:
    return house_style.change_of_event(event, values, who="els", at=NOW)


def images() -> set[str]:
    return {one.key[0] for one in StyleImage.objects.all()}


def test_a_change_is_stamped_and_told_in_the_history():
    event = make_event()
    before = event.version, event.programme_key

    assert change(event, field="#154273", logo=image("a"))

    event.refresh_from_db()
    assert event.version == before[0] + 1
    assert event.programme_key != before[1]
    line = event.changes.get()
    assert (line.what, line.who, line.version) == (Change.What.EDITED, "els", event.version)
    assert words.change(line) == f"Programma bewerkt: {event} (huisstijl)"


def test_the_same_again_changes_nothing():
    event = make_event()
    change(event, field="#154273", logo=image("a"))
    version = Event.objects.get().version

    assert not change(event, field="#154273", logo=image("a"))

    assert (Event.objects.get().version, Change.objects.count()) == (version, 1)


def test_an_image_that_nobody_has_any_more_is_thrown_away():
    event, other = make_event(), make_event()
    change(event, logo=image("a"), icon=image("b"))
    change(other, logo=image("a"))

    change(event, logo=image("c"), icon=None)
    assert images() == {"a", "b", "c"}  # the worker's
    house_style.throw_away_images()
    assert images() == {"a", "c"}

    change(other, logo=None)
    assert house_style.throw_away_images() == 1
    assert images() == {"c"}
    assert house_style.throw_away_images() == 0


def test_a_style_with_nothing_left_is_gone():
    event = make_event()
    change(event, field="#154273", logo=image("a"))

    change(event, field="", logo=None)

    assert Event.objects.get().house_style is None
    assert not HouseStyle.objects.exists()
    house_style.throw_away_images()
    assert images() == set()


def test_the_site_has_one_that_no_event_changes():
    event = make_event()
    assert house_style.change_of_site({"field": "#154273"})
    assert house_style.change_of_site({"name": "Gemeente Oss"})
    change(event, field="#e3000f")

    site = HouseStyle.objects.get(is_site=True)
    assert (site.field, site.name) == ("#154273", "Gemeente Oss")
    assert HouseStyle.objects.count() == 2


def test_a_change_of_the_site_is_seen_at_once(django_capture_on_commit_callbacks):
    KNOWN.set(None)
    with django_capture_on_commit_callbacks(execute=True):
        house_style.change_of_site({"field": "#154273"})

    row = KNOWN.read()
    assert row is not None
    assert row.field == "#154273"


def test_a_copy_has_the_same_style_in_a_row_of_its_own():
    event = make_event(slug="wijk")
    make_slot(event, "1a", 1)
    change(event, field="#154273", logo=image("a"))

    copy = programmes.copy_event(
        Event.objects.get(),
        slug="wijk-2",
        title="Nog eens",
        day=date(2027, 3, 1),
        who="els",
        at=NOW,
    )
    change(copy, field="#e3000f", logo=None)

    rows = dict(Event.objects.values_list("slug", "house_style__field"))
    assert rows == {"wijk": "#154273", "wijk-2": "#e3000f"}
    assert images() == {"a"}


def test_an_event_that_is_thrown_away_takes_its_style_with_it():
    event = make_event(published=False)
    change(event, field="#154273", logo=image("a"))

    throwing_away.throw_away(event, who="els", at=NOW)

    assert not HouseStyle.objects.exists()
    house_style.throw_away_images()
    assert images() == set()


def test_ticks_of_a_logo_that_is_not_there_change_nothing():
    event = make_event()

    assert not change(event, logo_has_name=True, logo_on_white=False)
    assert not house_style.change_of_site({"logo_has_name": True, "logo_on_white": False})

    assert not event.changes.exists()
    assert not HouseStyle.objects.exists()


def two_at_once(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """What both raised, or nothing."""
    failed: list[object] = []
    together = threading.Barrier(2)

    def run(act: Callable[[], object]) -> None:
        together.wait(PATIENCE)
        try:
            act()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


@pytest.mark.django_db(transaction=True)
def test_two_administrators_may_make_the_style_of_the_site_at_once():
    for _time in range(5):
        HouseStyle.objects.all().delete()
        assert not two_at_once(
            lambda: house_style.change_of_site({"field": "#154273"}),
            lambda: house_style.change_of_site({"brand": "#154273"}),
        )
        site = HouseStyle.objects.get()
        assert (site.field, site.brand) == ("#154273", "#154273")


@pytest.mark.django_db(transaction=True)
def test_an_image_is_taken_up_and_thrown_away_at_once():
    """An event has it no more, another one gets it, and the worker is just looking."""
    first, second = make_event(), make_event()
    for _time in range(5):
        change(first, logo=image("a"))
        change(second, logo=None)
        change(first, logo=None)
        assert not two_at_once(
            lambda: change(second, logo=image("a")), lambda: house_style.throw_away_images()
        )
        assert images() == {"a"}
        assert Event.objects.get(pk=second.pk).house_style is not None
