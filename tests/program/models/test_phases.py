from datetime import timedelta

import pytest

from program.models import Event, Phase
from tests.factories import START, make_event

DAY = timedelta(days=1)
END = START + timedelta(hours=4)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "published", "phase"),
    [
        (START - 9 * DAY, False, Phase.IN_THE_MAKING),
        (START, False, Phase.IN_THE_MAKING),
        (START - DAY, True, Phase.OPEN),
        (START - timedelta(hours=3), True, Phase.TODAY),
        (END - timedelta(seconds=1), True, Phase.TODAY),
        (END, True, Phase.OVER),
        (END, False, Phase.OVER),
        (END + 30 * DAY - timedelta(seconds=1), True, Phase.OVER),
        (END + 30 * DAY, True, Phase.ARCHIVED),
    ],
)
def test_an_event_is_in_one_phase(at, published, phase):
    event = make_event(published=published, retention_days=30)

    assert event.phase(at) == phase
    assert Event.objects.erasable(at).exists() == (phase == Phase.ARCHIVED)


@pytest.mark.django_db
def test_names_are_kept_for_a_week_after_another_day():
    changed = END + 29 * DAY
    event = make_event(retention_days=30, dates_changed_at=changed)
    before = changed + 7 * DAY - timedelta(seconds=1)

    assert event.kept_until == changed + 7 * DAY
    assert (event.phase(before), event.phase(event.kept_until)) == (Phase.OVER, Phase.ARCHIVED)
    assert not Event.objects.erasable(before).exists()
    assert list(Event.objects.erasable(event.kept_until)) == [event]
