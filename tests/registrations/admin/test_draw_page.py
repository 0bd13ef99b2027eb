"""The page about the draw of an event: before it, on trial, and after it."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core import serializers
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from program.models import Event
from registrations.admin.figures.draw import how
from registrations.booking import signup
from registrations.booking.drawing import draw_event
from registrations.drawing import draw as draw_module
from registrations.drawing.report import Shares
from registrations.models import Change, Draw, Registration, StoredMail
from registrations.reports import draws
from registrations.reports.draws import Fairness
from tests.factories import (
    NOW,
    make_event,
    make_guest,
    make_organiser,
    make_person,
    make_reader,
    make_slot,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("later")]

CLOSES = NOW + timedelta(days=2)
FIGURES = ("turns", "first", "second", "nothing", "middle", "most", "waiting")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """People look at it before choices close."""
    set_clock(monkeypatch, NOW + timedelta(hours=1))


def set_clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)


def make_draw(*, seats: int = 2, rounds: int = 1, codes: str = "abc", **fields: Any) -> Event:
    fields.setdefault("wishes_close_at", CLOSES)
    event = make_event(rounds=rounds, **fields)
    for number in range(1, rounds + 1):
        for code in codes:
            make_slot(event, code, number, seats=seats)
    return event


def rank(event: Event, *codes: str, at: datetime = NOW, **person: Any) -> Registration:
    """Somebody who ranks these tables of round 1, and confirms."""
    ranked = {1: codes} if codes else {}
    registration = signup.sign_up(event, make_person(**person), {}, ranked=ranked, at=at)
    return signup.confirm(registration, at=at)


def page(event: Event) -> str:
    with translation.override("en"):
        return reverse("admin:event-draw", args=[event.pk])


def organiser_of(*events: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(*events))
    return client


def words(html: str) -> str:
    html = re.sub(r"<svg.*?</svg>", " ", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def read(client: Client, event: Event) -> str:
    return words(client.get(page(event)).content.decode())


def stored() -> str:
    """All rows of the database but the log-in of whoever looks."""
    models = [m for m in apps.get_models() if m._meta.app_label in ("program", "registrations")]
    return json.dumps(
        [
            json.loads(serializers.serialize("json", m._default_manager.order_by("pk")))
            for m in models
        ]
    )


def test_tables_stand_by_how_often_they_are_asked_for():
    event = make_draw()
    event.slots.filter(session__code="a").update(seats=1)
    event.slots.filter(session__code="b").update(seats=6)
    for choices in (("b", "a"), ("b", "c"), ("b",), ("a", ""), ()):
        rank(event, *choices)

    said = read(organiser_of(event), event)

    assert "5 take part" in said
    assert "100 places to draw" in said
    rows = re.findall(r"\b([abc]) Gesprek \1 (\d+) (\d+) (\d+) (\S+)", said)
    assert rows == [
        ("a", "1", "1", "2", "1.0×"),
        ("b", "6", "3", "3", "0.5×"),
        ("c", "2", "0", "1", "0.0×"),
    ]
    assert "1 person chose nothing here, and gets a table wherever there is room." in said
    assert "1 would rather have no table than one that is not on their list." in said
    assert "There are 9 seats to draw." in said


def test_a_table_without_seats_says_so():
    event = make_draw(codes="a", seats=0)
    rank(event, "a")

    assert "a Gesprek a 0 1 1 no seats" in read(organiser_of(event), event)


def test_it_says_that_not_everybody_gets_a_place():
    event = make_draw(capacity=1)
    rank(event, "a")
    client = organiser_of(event)
    assert "More people take part than there are places." not in read(client, event)

    rank(event, "a")

    assert "More people take part than there are places." in read(client, event)


def test_a_trial_shows_how_fair_it_would_be():
    event = make_draw(seats=1, capacity=3)
    for _number in range(4):
        rank(event, "a", "b", "c")

    said = words(organiser_of(event).post(page(event), {}).content.decode())

    assert re.search(
        r"Drawn in \d+\.\d seconds\. No better result for everybody together is possible", said
    )
    assert "First choice 33 % (1 of 3 times) First or second choice 67 % (2 of 3 times)" in said
    assert "Points per person: half of them at most 2 Points per person: anyone at most 5" in said
    assert "The day of half of the people cost 2 or less, and nobody’s more than 5." in said
    assert "Last time" not in said


def test_a_trial_with_nobody_proves_nothing():
    event = make_draw()

    said = words(organiser_of(event).post(page(event), {}).content.decode())

    assert "Nobody takes part yet, so there is nothing to draw." in said
    assert "0 people" not in said
    assert "0 would rather" not in said
    assert "The draw in figures" not in said
    assert "No better result" not in said


def test_a_trial_stores_nothing_and_tells_nobody():
    event = make_draw(seats=1, capacity=3)
    for _number in range(4):
        rank(event, "a", "b")
    client = organiser_of(event)
    before = stored()

    assert client.post(page(event), {}).status_code == 200
    a = event.slots.get(session__code="a")
    answer = client.post(page(event), {"places": "1", f"seats_{a.pk}": "9"})

    assert answer.status_code == 200
    assert stored() == before


def test_a_trial_never_draws_with_the_seed_of_the_event(monkeypatch: pytest.MonkeyPatch):
    """It would show what is to come."""
    event = make_draw()
    rank(event, "a")
    really, seeds = draw_module.draw, []

    def drawn(problem, seed, **more):
        seeds.append(seed)
        return really(problem, seed, **more)

    monkeypatch.setattr(draw_module, "draw", drawn)

    for _trial in range(2):
        draws.trial(event, seats={})

    assert len({*seeds, event.draw_seed}) == 3


def given_seed(html: str) -> str:
    """That of the trial which is shown, as the second button hands it over."""
    found: set[str] = set(re.findall(r'name="seed"\s+value="([^"]*)"', html))
    (seed,) = found
    return seed


def gave(html: str) -> str:
    """What a trial gave, without how long that took and beside what it stands."""
    said = words(html).split("What this trial gave")[1].split("What people ask for")[0]
    return said[said.index("No better result") :]


LOTS = {
    "same": "The lots are those of last time, so luck makes no difference.",
    "new": "The lots are new, so part of the difference from last time is luck.",
}


def post(client: Client, event: Event, **typed: str) -> str:
    return client.post(page(event), typed).content.decode()


def handed_out(html: str) -> str:
    found = re.search(r'name="last" value="([^"]*)"', html)
    assert found
    return unescape(found[1])


def contested_event() -> Event:
    """Each lot gives other people their first choice, and other figures."""
    event = make_draw(seats=1, capacity=5, codes="abcdef")
    for codes in ("abc", "a", "ab", "bac", "ba", "cb", "", "acf"):
        rank(event, *codes)
    return event


def test_the_same_lots_and_seats_give_the_same():
    event = contested_event()
    client = organiser_of(event)
    first = post(client, event)
    assert not any(said in words(first) for said in LOTS.values())

    again = post(client, event, seed=given_seed(first))

    assert gave(again) == gave(first)
    assert given_seed(again) == given_seed(first)
    assert LOTS["same"] in words(again)


def test_with_the_same_lots_only_the_seats_make_a_difference(monkeypatch: pytest.MonkeyPatch):
    event = contested_event()
    a = event.slots.get(session__code="a")
    client = organiser_of(event)
    really, drawn = draw_module.draw, []

    def draw(problem, seed, **more):
        drawn.append(really(problem, seed, **more))
        return drawn[-1]

    monkeypatch.setattr(draw_module, "draw", draw)
    first = post(client, event)

    more = post(
        client, event, seed=given_seed(first), last=handed_out(first), **{f"seats_{a.pk}": "4"}
    )

    assert f"{LOTS['same']} With the seats and places that you filled in." in words(more)
    assert "This time Last time" in words(more)
    assert [one.came for one in drawn] == [drawn[0].came] * 2
    assert drawn[0].seats != drawn[1].seats


def test_the_first_button_draws_new_lots():
    event = contested_event()
    client = organiser_of(event)
    assert 'name="seed"' not in client.get(page(event)).content.decode()
    first = post(client, event)

    other = post(client, event, last=handed_out(first))

    assert given_seed(other) != given_seed(first)
    assert LOTS["new"] in words(other)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "5eed",
        "g" * 64,
        "A" * 64,
        "a" * 63,
        "a" * 65,
        "a" * 64 + "\n",
        "\0",
        "٣" * 64,
        "the event's",
    ],
)
def test_anything_but_the_seed_of_a_trial_draws_new_lots(wrong: str):
    """The seed of the event would show what is to come."""
    event = make_draw()
    rank(event, "a")
    client = organiser_of(event)
    last = handed_out(post(client, event))
    value = event.draw_seed if wrong == "the event's" else wrong

    html = post(client, event, seed=value, last=last)

    assert re.fullmatch("[0-9a-f]{64}", given_seed(html))
    assert given_seed(html) not in (value, event.draw_seed)
    assert event.draw_seed not in html
    assert LOTS["new"] in words(html)


def test_nothing_in_a_trial_follows_from_the_seed_of_the_event(monkeypatch: pytest.MonkeyPatch):
    """Not even by the numbers of the tables, which decide between results that are as good."""
    event = contested_event()
    really, problems = draw_module.draw, []

    def draw(problem, seed, **more):
        problems.append(problem)
        return really(problem, seed, solver=False)

    monkeypatch.setattr(draw_module, "draw", draw)

    for number in range(20):
        event.draw_seed = f"{number}"
        draws.trial(event, seats={}, seed="5eed" * 16)

    assert problems == problems[:1] * 20


def test_a_wrong_number_keeps_the_lots_for_the_next_try():
    event = make_draw()
    rank(event, "a")
    client = organiser_of(event)
    seed = given_seed(post(client, event))

    wrong = post(client, event, seed=seed, places="-1")

    assert given_seed(wrong) == seed
    assert 'name="seed"' not in post(client, event, seed=event.draw_seed, places="-1")


def test_a_trial_with_other_seats_and_places():
    event = make_draw(seats=1, capacity=3)
    for _number in range(4):
        rank(event, "a", "b", "c")
    a = event.slots.get(session__code="a")
    client = organiser_of(event)

    said = words(client.post(page(event), {"places": "4", f"seats_{a.pk}": "4"}).content.decode())

    assert "First choice 100 % (4 of 4 times)" in said
    assert "Wait for a place 0" in said
    make_guest(event, holds_place=True)
    Event.objects.update(taken=1)
    assert "Wait for a place 1" in words(client.post(page(event), {"places": "4"}).content.decode())
    assert "With the seats and places that you filled in. Nothing is stored" in said


def test_the_last_trial_stands_beside_the_next():
    event = make_draw(seats=1, capacity=3)
    for _number in range(4):
        rank(event, "a", "b", "c")
    a = event.slots.get(session__code="a")
    client = organiser_of(event)
    html = client.post(page(event), {}).content.decode()
    found = re.search(r'name="last" value="([^"]*)"', html)
    assert found

    said = words(
        client.post(
            page(event), {"last": unescape(found[1]), f"seats_{a.pk}": "3"}
        ).content.decode()
    )

    assert "This time Last time First choice 100 % (3 of 3 times) 33 % (1 of 3 times)" in said


@pytest.mark.parametrize(
    "last",
    [
        *("nonsense", "{}", "[]", '{"turns": 1}', "[" * 900, "9" * 5000, "\0"),
        *(json.dumps(dict.fromkeys(FIGURES, value)) for value in (-1, "1", 0.5, True, 10**9, None)),
    ],
)
def test_figures_that_the_page_did_not_hand_out_are_passed_over(last: str):
    event = make_draw()
    rank(event, "a")

    answer = organiser_of(event).post(page(event), {"last": last})

    assert answer.status_code == 200
    assert "Last time" not in answer.content.decode()


def test_seats_that_are_no_number_are_refused_in_a_sentence():
    event = make_draw()
    rank(event, "a")
    a = event.slots.get(session__code="a")

    answer = organiser_of(event).post(page(event), {f"seats_{a.pk}": "-1", "places": "veel"})

    assert answer.status_code == 422
    said = words(answer.content.decode())
    assert "Nothing was drawn yet." in said
    assert "Table a in round 1: give a whole number of seats." in said
    assert "Give a whole number, 0 or more." in said
    assert f'href="#id_seats_{a.pk}"' in answer.content.decode()


def test_one_trial_at_a_time():
    event = make_draw()
    rank(event, "a")
    client = organiser_of(event)
    cache.add(draws._TRYING, True)

    answer = client.post(page(event), {})

    assert answer.status_code == 429
    assert "Another trial is being drawn right now." in answer.content.decode()
    cache.delete(draws._TRYING)
    assert client.post(page(event), {}).status_code == 200
    assert client.post(page(event), {}).status_code == 200


def test_a_trial_of_nobody_is_a_trial():
    event = make_draw(codes="")

    said = words(organiser_of(event).post(page(event), {}).content.decode())

    assert "What this trial gave" in said
    assert "There are no tables yet, so there is nothing to choose." in said


def test_readers_see_figures_and_no_trial():
    event = make_draw()
    rank(event, "b")
    client = Client()
    client.force_login(make_reader(event))

    html = client.get(page(event)).content.decode()

    assert "b Gesprek b 2 1 1 0.5×" in words(html)
    assert "on trial" not in html
    assert "Change seats" not in html
    assert client.post(page(event), {}).status_code == 403


@pytest.mark.parametrize(
    ("method", "gap", "seconds", "said"),
    [
        ("solver", 0.0, None, "No better result for everybody together is possible"),
        ("solver", 0.0313, None, "A better result may exist: at most 3.2 % better."),
        ("solver", 0.9, 10.04, "Drawn in 10.0 seconds."),
        ("solver", 0.9, 10.0, "its time was up, so there may be a better result."),
        ("solver", 0.1, 10.0, "The real draw has up to a minute, a trial ten seconds."),
        ("draft", None, None, "whoever had conceded most chose next."),
    ],
)
def test_it_says_how_good_the_result_is(
    method: str, gap: float | None, seconds: float | None, said: str
):
    shares = {1: Shares((3, 1), 0, 0, 0)}
    with translation.override("en"):
        sentences = " ".join(how(Fairness(shares, [0, 0, 0, 2], 0, method, gap, seconds)))

    assert said in sentences
    assert ("real draw" in sentences) == (seconds is not None)


def test_who_may_only_look_at_events_draws_nothing():
    event = make_draw()
    rank(event, "b")
    user = User.objects.create_user("kijker", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_event"))
    event.organisers.add(user)
    client = Client()
    client.force_login(user)

    html = client.get(page(event)).content.decode()

    assert "b Gesprek b 2 1 1 0.5×" in words(html)
    assert "on trial" not in html
    assert client.post(page(event), {}).status_code == 403


def test_what_came_out_is_shown_with_what_checks_it():
    event = make_draw(seats=1, capacity=3)
    for _number in range(4):
        rank(event, "a", "b", "c")
    draw_event(event.pk, at=CLOSES)
    event.refresh_from_db()

    html = organiser_of(event).get(page(event)).content.decode()

    said = words(html)
    assert "3 got a place 1 got none and waited" in said
    assert "First choice 33 % (1 of 3 times)" in said
    assert "The day of half of the people cost 2 or less, and nobody’s more than 5." in said
    assert event.draw_seed in said
    assert Draw.objects.get().file["seed_hash"] in said
    assert f"python manage.py recount {event.slug}-uitslag.json" in said
    assert f"/{event.slug}/uitslag.json" in html
    assert "confirmed after choices closed" not in said
    assert "on trial" not in html


def test_who_confirmed_too_late_is_counted():
    event = make_draw()
    rank(event, "a")
    signed_up = signup.sign_up(
        event, make_person(), {}, ranked={1: ["a"]}, at=CLOSES - timedelta(minutes=5)
    )
    draw_event(event.pk, at=CLOSES)
    signup.confirm(signed_up, at=CLOSES + timedelta(minutes=5))

    said = read(organiser_of(event), event)

    assert "1 person signed up in time but confirmed after choices closed." in said


def test_once_erased_only_the_day_of_the_draw_is_left():
    event = make_draw()
    rank(event, "a")
    draw_event(event.pk, at=CLOSES)
    Draw.objects.all().delete()

    said = read(organiser_of(event), event)

    assert "The choices and the result were erased" in said


def test_an_event_without_a_draw_leads_to_where_it_is_chosen():
    event = make_event()

    html = organiser_of(event).get(page(event)).content.decode()

    assert "whoever signs up first has the first choice" in html
    with translation.override("en"):
        assert reverse("admin:event-sign-up", args=[event.pk]) in html


def test_the_tab_is_there_for_events_with_a_draw_alone():
    event, other = make_draw(), make_event()
    client = organiser_of(event, other)

    def tabs(of: Event) -> bool:
        with translation.override("en"):
            overview = reverse("admin:event-overview", args=[of.pk])
        return f'href="{page(of)}"' in client.get(overview).content.decode()

    assert (tabs(event), tabs(other)) == (True, False)


def test_a_late_draw_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    event = make_draw()
    rank(event, "a")
    set_clock(monkeypatch, CLOSES + timedelta(minutes=5))
    client = organiser_of(event)
    assert "Choices have closed. The draw is made within a few minutes" in read(client, event)

    set_clock(monkeypatch, CLOSES + timedelta(minutes=11))

    said = read(client, event)
    assert "The draw is late" in said
    assert "so it probably stands still" in said


def test_an_event_that_passed_without_a_draw_says_so(monkeypatch: pytest.MonkeyPatch):
    event = make_draw()
    set_clock(monkeypatch, event.starts_at + timedelta(minutes=5))
    assert "The event has started without a draw" in read(organiser_of(event), event)

    set_clock(monkeypatch, event.ends_at + timedelta(minutes=5))

    said = read(organiser_of(event), event)
    assert "The event is over, and nothing was drawn." in said
    assert "The draw is late" not in said


def test_as_many_queries_for_many_people_and_tables():
    few, many = make_draw(), make_draw(codes="abcdefgh", rounds=3)
    rank(few, "a")
    for _number in range(6):
        rank(many, "a", "b", "c")

    def queries(event: Event) -> int:
        client = organiser_of(event)
        client.get(page(event))
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.post(page(event), {})
        return len(found)

    assert queries(few) == queries(many)


def test_the_worker_tells_and_a_trial_does_not():
    """What the test of a trial compares would show it."""
    event = make_draw()
    rank(event, "a")
    before = stored()

    draw_event(event.pk, at=CLOSES)

    assert stored() != before
    assert StoredMail.objects.filter(kind=StoredMail.Kind.DRAWN).exists()
    assert Change.objects.filter(what=Change.What.DRAWN).exists()


def test_a_round_with_fewer_seats_than_people_is_said_before_and_in_a_trial():
    event = make_draw(seats=1)
    for _number in range(4):
        rank(event, "a")
    client = organiser_of(event)
    short = "In round 1 there are 3 seats for 4 people: 1 too few to give everybody a table."
    assert short in read(client, event)
    slot = event.slots.get(session__code="a")

    def said_of_the_trial(**typed: str) -> str:
        said = words(client.post(page(event), typed).content.decode())
        return said.split("What this trial gave")[1].split("What people ask for")[0]

    assert "too few" not in said_of_the_trial(**{f"seats_{slot.pk}": "2"})
    few = "In round 1 there are 2 seats for 4 people: 2 too few"
    assert few in said_of_the_trial(**{f"seats_{slot.pk}": "0"})
    assert "too few" not in said_of_the_trial(places="2")
