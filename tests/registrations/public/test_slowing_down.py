"""A network whose sign-ups nobody confirms has to pause; a town hall never notices."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import timezone

from program.models import Event
from registrations.booking import holds
from registrations.models import Registration
from registrations.public import limits
from registrations.queries.tokens import code_of, token_of
from tests.factories import make_event, make_slot

pytestmark = pytest.mark.django_db
FORM = "/wijk/aanmelden/"
PAGE = "/wijk/aanmelden/controleer-je-mail/"
HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = timezone.now()
        monkeypatch.setattr(timezone, "now", lambda: self.now)

    def __iadd__(self, seconds: int) -> Clock:
        self.now += timedelta(seconds=seconds)
        return self


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def event(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Event:
    monkeypatch.setattr(limits, "UNCONFIRMED", 3)
    event = make_event(slug="wijk", starts_at=clock.now + timedelta(days=14), capacity=3)
    make_slot(event, "1a", seats=1_000)
    return event


def typed(number: int, **more: str) -> dict[str, str]:
    return {
        "first_name": f"Noor{number}",
        "last_name": "Bakker",
        "email": f"p{number}@haarlem.example",
        "role": "inwoner",
        "round_1": "1a",
        "round_2": "",
        "waiting": "1",
        "agree": "on",
    } | more


def sign_up(number: int, network: str = HERE) -> Any:
    return Client(REMOTE_ADDR=network).post(FORM, typed(number))


def statuses(numbers: range, network: str = HERE) -> list[int]:
    return [sign_up(number, network).status_code for number in numbers]


def confirm(number: int) -> None:
    one = Registration.objects.get(email=f"p{number}@haarlem.example")
    answer = Client(REMOTE_ADDR=ELSEWHERE).post(f"/aanmelding/{token_of(one)}/bevestigen/")
    assert answer.status_code == 303


def test_three_hundred_people_behind_one_address_all_succeed(event, monkeypatch):
    monkeypatch.undo()
    Event.objects.update(starts_at=timezone.now() + timedelta(days=14), capacity=300)

    assert statuses(range(300)) == [303] * 300
    assert Registration.objects.pending().holding().count() == 300


def test_beyond_the_ceiling_one_is_let_through_after_each_pause_and_those_grow(event, clock):
    assert statuses(range(3)) == [303] * 3
    waits = []
    for number in range(3, 8):
        assert sign_up(number).status_code == 303
        refused = sign_up(number + 100)
        assert refused.status_code == 429
        waits.append(int(refused["Retry-After"]))
        clock += waits[-1] - 1
        assert sign_up(number + 100).status_code == 429
        clock += 1

    assert waits == [60, 120, 240, 480, 600]
    assert Registration.objects.count() == 8


def test_what_others_have_to_confirm_costs_nobody_a_query(event, rf, django_assert_num_queries):
    statuses(range(4), ELSEWHERE)

    with django_assert_num_queries(0):
        limits.slow_down(rf.get(FORM, REMOTE_ADDR=HERE), event)


def test_ceiling_goes_on_when_a_new_hour_begins(event, clock):
    clock += limits.HOUR - clock.now.timestamp() % limits.HOUR - 1
    assert statuses(range(3)) == [303] * 3
    clock += 2
    assert statuses(range(3, 5)) == [303, 429]


def test_the_page_of_a_pause_says_what_to_do_and_keeps_what_was_typed(event):
    statuses(range(4))
    refused = sign_up(4)

    assert "Vanaf jouw netwerk kwamen heel veel aanmeldingen" in refused.text
    assert "Probeer een ander netwerk" in refused.text
    assert 'name="first_name" value="Noor4"' in refused.text


def test_each_that_is_confirmed_makes_room_for_another(event):
    assert statuses(range(3)) == [303] * 3
    for number in range(3):
        confirm(number)
        confirm(number)  # twice is once

    assert statuses(range(3, 6)) == [303] * 3
    assert statuses(range(6, 8)) == [303, 429]


def test_the_code_makes_room_too(event):
    statuses(range(2))
    client = Client(REMOTE_ADDR=HERE)
    typed = {
        "first_name": "Els",
        "last_name": "Bakker",
        "email": "els@haarlem.example",
        "role": "inwoner",
        "round_1": "1a",
        "round_2": "",
        "agree": "on",
    }
    client.post(FORM, typed)
    mine = Registration.objects.latest("pk")
    assert client.post(PAGE, {"code": code_of(mine)}).status_code == 303

    assert statuses(range(3, 6)) == [303, 303, 429]


def test_another_network_and_another_event_are_counted_by_themselves(event, clock):
    statuses(range(5))
    other = make_event(slug="buurt", starts_at=event.starts_at, capacity=3)
    make_slot(other, "1a")

    assert statuses(range(5, 8), ELSEWHERE) == [303] * 3
    request = Client(REMOTE_ADDR=HERE)
    typed = {"first_name": "A", "last_name": "B", "email": "a@b.example", "role": "inwoner"}
    typed |= {"round_1": "1a", "round_2": "", "agree": "on"}
    assert request.post("/buurt/aanmelden/", typed).status_code == 303


def test_a_network_holds_no_more_than_half_the_places(event, monkeypatch):
    monkeypatch.setattr(limits, "UNCONFIRMED", 300)
    Event.objects.update(capacity=20)

    assert statuses(range(12)) == [303] * 11 + [429]
    assert sign_up(12, ELSEWHERE).status_code == 303


def test_what_holds_nothing_counts_too_but_not_so_soon(event, monkeypatch):
    monkeypatch.setattr(limits, "UNCONFIRMED", 8)
    monkeypatch.setattr(limits, "FEWEST_HELD", 2)
    Event.objects.update(capacity=4, confirm_first=True)

    assert statuses(range(10)) == [303] * 9 + [429]


def test_only_what_is_held_now_counts(event, clock):
    """Not what came free, nor what the same browser sent again."""
    statuses(range(3))
    holds.free(Registration.objects.all(), who="o", at=clock.now)
    assert statuses(range(3, 4)) == [303]

    client = Client(REMOTE_ADDR=HERE)
    for number in range(4):
        clock += 61
        assert client.post(FORM, typed(5, organisation=f"Buurt {number}")).status_code == 303


def test_of_two_after_a_pause_one_is_let_through(event, clock, monkeypatch):
    """Also if both looked at the same moment."""
    statuses(range(3))
    get = cache.get

    def too_early(key: str, default: Any = None, **more: Any) -> Any:
        return default if key.startswith("pauses") else get(key, default, **more)

    monkeypatch.setattr(cache, "get", too_early)

    assert sorted(statuses(range(3, 5))) == [303, 429]


def test_a_form_sent_twice_counts_once(event):
    for _time in range(5):
        assert sign_up(1).status_code == 303

    assert statuses(range(2, 4)) == [303] * 2


def test_a_cache_that_is_away_hinders_nobody(event, monkeypatch):
    def away(*_args: object, **_more: object) -> None:
        raise ValueError

    monkeypatch.setattr(cache, "incr", away)
    monkeypatch.setattr(cache, "get", lambda _key, default=None: default)
    monkeypatch.setattr(cache, "get_many", lambda _keys: {})

    assert statuses(range(6)) == [303] * 6
    confirm(1)


def test_the_log_has_a_line_a_pause_without_names_or_addresses(event, caplog):
    with caplog.at_level(logging.INFO, logger="security"):
        statuses(range(8))

    (record,) = [one for one in caplog.records if one.name == "security"]
    line = record.getMessage()
    # As in the lines about log-ins of that network.
    mark = limits.mark_of_the_day(RequestFactory().get("/", REMOTE_ADDR=HERE))
    assert line == f"unconfirmed: event={event.pk} network={mark}"
    for secret in (HERE, "haarlem", "Noor", "Bakker"):
        assert secret not in line


# Codes


def wrong_codes(network: str, times: int) -> list[int]:
    """Each with a sign-up of its own, so that its five tries are not what stops it."""
    found = []
    for _time in range(times):
        client = Client(REMOTE_ADDR=network)
        number = Registration.objects.count() + 1_000
        client.post(
            FORM,
            {
                "first_name": "Els",
                "last_name": "Bakker",
                "email": f"els{number}@haarlem.example",
                "role": "inwoner",
                "round_1": "1a",
                "round_2": "",
                "waiting": "1",
                "agree": "on",
            },
        )
        found.append(client.post(PAGE, {"code": "000000"}).status_code)
    return found


@pytest.fixture
def few_codes(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNCONFIRMED", 1_000)
    monkeypatch.setattr(limits, "NETWORK_CODES", 3)
    monkeypatch.setattr(limits, "EVENT_CODES", 5)


def test_wrong_codes_are_counted_over_all_sign_ups_of_a_network(few_codes):
    assert wrong_codes(HERE, 4) == [422, 422, 422, 429]
    assert wrong_codes(ELSEWHERE, 1) == [422]


def test_and_over_all_networks_of_an_event(few_codes):
    networks = [f"203.0.113.{number}" for number in range(7)]

    assert [wrong_codes(one, 1)[0] for one in networks] == [422] * 5 + [429] * 2


def test_then_a_right_code_is_not_taken_either_and_the_link_still_works(few_codes):
    wrong_codes(HERE, 3)
    client = Client(REMOTE_ADDR=HERE)
    client.post(FORM, {
        "first_name": "Els", "last_name": "Bakker", "email": "els@haarlem.example",
        "role": "inwoner", "round_1": "1a", "round_2": "", "waiting": "1", "agree": "on",
    })  # fmt: skip
    mine = Registration.objects.latest("pk")

    refused = client.post(PAGE, {"code": code_of(mine)})

    assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
    assert "Gebruik de link in de mail" in refused.text
    mine.refresh_from_db()
    assert mine.is_pending
    assert mine.code_tries == 0
    client.post(f"/aanmelding/{token_of(mine)}/bevestigen/")
    mine.refresh_from_db()
    assert mine.confirmed_at


def test_the_log_says_once_that_there_are_too_many(few_codes, caplog):
    with caplog.at_level(logging.INFO, logger="security"):
        wrong_codes(HERE, 5)

    (record,) = [one for one in caplog.records if one.name == "security"]
    assert record.getMessage().startswith("wrong codes: event=")
    for secret in (HERE, "haarlem", "000000", "Els"):
        assert secret not in record.getMessage()
