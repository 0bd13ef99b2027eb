"""What organisers see and may do before a draw, and what they see of people after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from program.file.to_do import to_do
from program.models import Event
from registrations.admin import words
from registrations.admin.figures.attention import notices
from registrations.booking import changing, signup
from registrations.booking.drawing import draw_event as draw
from registrations.errors import DrawToCome, DrawUnderWay
from registrations.mailing import audience, mailings
from registrations.models import Change, Registration, StoredMail
from registrations.organising import by_hand, calling_off, digests, dropping, importing
from registrations.organising.importing import Fate
from registrations.privacy.register import FIELDS
from registrations.queries import rankings
from registrations.reports import export_columns
from tests.factories import NOW, make_event, make_organiser, make_person, make_registration
from tests.mailed import words_of
from tests.program.admin.filling_in import filled_in
from tests.registrations.drawn import AFTER, CLOSES, draw_event, rank

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _before(monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(monkeypatch, NOW + timedelta(hours=1))


def set_clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)


@pytest.fixture
def event() -> Event:
    return draw_event()


def organiser_of(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def text(html: str) -> str:
    html = re.sub(r"<svg.*?</svg>", " ", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def read(client: Client, name: str, *args: int, query: str = "") -> str:
    return text(client.get(reverse(f"admin:{name}", args=args) + query).content.decode())


def person_page(client: Client, person: Registration) -> str:
    return read(client, "registrations_registration_change", person.pk)


# People


def test_a_person_takes_part_and_stands_nowhere_in_line(event: Event):
    rank(event, {1: ["a"]})
    noor = rank(event, {1: ["b", "a", ""]})

    said = person_page(organiser_of(event), noor)

    assert "Takes part in the draw since 23 November 2026, 14:00." in said
    assert "Choices can be changed until 30 November 2026, 14:00." in said
    assert "waiting list" not in said
    assert re.search(
        r"Choices Round 1, \S+ b Gesprek b a Gesprek a rather no table "
        r"Round 2, \S+ wherever there is room",
        said,
    )
    assert "Tables asked for" not in said


def test_before_the_draw_nothing_is_offered_that_passes_others(event: Event):
    event.capacity = 1
    event.save()
    noor, client = rank(event, {1: ["a"]}), organiser_of(event)
    Event.objects.update(taken=1)

    html = client.get(
        reverse("admin:registrations_registration_change", args=[noor.pk])
    ).content.decode()

    assert "../extra/" not in html
    assert "../bevestigen/" not in html
    assert "../annuleren/" in html
    said = read(client, "registration-cancel", noor.pk)
    assert "This person no longer takes part in the draw, and their choices are gone." in said
    with pytest.raises(DrawToCome):
        by_hand.confirm(noor, who="o", why="x", at=NOW)


def test_who_has_yet_to_confirm_signed_up_for_the_draw(event: Event):
    noor = rank(event, {1: ["a"]}, confirmed=False)
    assert (
        words.status(noor, NOW)
        == "Signed up for the draw 23 November 2026, 14:00, not confirmed yet."
    )

    Registration.objects.update(origin=Registration.Origin.FILE)

    noor = Registration.objects.get()
    said = "Asked to take part in the draw 23 November 2026, 14:00, not confirmed yet."
    assert words.status(noor, NOW) == said


def test_who_confirms_too_late_takes_no_part(event: Event):
    late = rank(event, {1: ["a"]}, confirmed=False, at=CLOSES - timedelta(minutes=5))
    from_now = by_hand.confirm(late, who="o", why="x", at=CLOSES + timedelta(seconds=1))

    assert not from_now.in_draw
    assert "On the waiting list" in words.status(from_now, CLOSES)


def test_the_list_of_people_says_that_they_take_part(event: Event):
    rank(event, {1: ["a"]})
    client = organiser_of(event)

    said = read(
        client, "registrations_registration_changelist", query=f"?event__id__exact={event.pk}"
    )

    assert said.count("takes part in the draw") == 2  # a row, and the filter
    assert "on the waiting list" not in said


def test_before_the_draw_there_are_no_places_to_free(event: Event):
    rank(event, {1: ["a"]}, confirmed=False)
    client = organiser_of(event)
    people = f"?event__id__exact={event.pk}"
    free = "Free the places that were not confirmed"

    assert free not in read(client, "registrations_registration_changelist", query=people)
    said = read(client, "event-trouble", event.pk)
    assert "Until the draw a sign-up holds no place, so there is none to free." in said
    assert "Nobody who signed up still has to confirm." not in said, "for somebody has"
    assert "you can choose that a sign-up holds no place" not in said
    draw(event.pk, at=AFTER)
    assert free in read(client, "registrations_registration_changelist", query=people)


def test_elsewhere_people_wait_as_ever():
    event = make_event(capacity=1)
    make_registration(event)
    waits = make_registration(event, waiting_too=True)
    client = organiser_of(event)

    assert "On the waiting list since" in person_page(client, waits)
    said = read(
        client, "registrations_registration_changelist", query=f"?event__id__exact={event.pk}"
    )
    assert said.count("on the waiting list") == 2
    assert "draw" not in said


def test_after_the_draw_a_person_has_a_lot_and_what_each_round_gave(event: Event):
    people = [rank(event, {1: ["a"], 2: ["d", ""]}) for _number in range(3)]
    draw(event.pk, at=AFTER)
    client = organiser_of(event)

    found = [
        re.search(
            r"The draw Lot (\d) of 3 Number in the result (\d+) Round 1 (.*?) Round 2 (.*?) Tables",
            person_page(client, one),
        )
        for one in people
    ]

    assert sorted(one[1] for one in found if one) == ["1", "2", "3"]
    assert {one[2] for one in found if one} == {
        str(one.draw_number) for one in event.registrations.all()
    }
    assert sorted(one[3] for one in found if one) == [
        "a table where there was room",
        "first choice",
        "first choice",
    ]
    assert sorted(one[4] for one in found if one) == [
        "first choice",
        "first choice",
        "no table, as they asked",
    ]
    (register,) = (kept for kept in FIELDS if "registration.draw_number" in kept.fields)
    assert "organisers" in str(register.seen_by)


def test_who_got_no_place_keeps_choices_and_waits_by_lot():
    event = draw_event(capacity=1)
    for _number in range(2):
        rank(event, {1: ["b", "a"]})
    draw(event.pk, at=AFTER)
    (out,) = event.registrations.waiting()

    said = person_page(organiser_of(event), out)

    assert "number 1 of 1" in said
    assert "Choices Round 1" in said
    assert "Lot 2 of 2" in said
    assert re.search(r"Round 2, \S+ nothing chosen: no table in this round", said)
    assert "wherever there is room" not in said.partition("History")[0]
    client = organiser_of(event)
    people = f"?event__id__exact={event.pk}"
    said = read(client, "registrations_registration_changelist", query=people)
    assert said.count("lot 2") == 1
    assert "lot 1" not in said


def test_history_tells_what_was_ranked_and_what_the_draw_gave(event: Event):
    noor = rank(event, {1: ["b"]})
    changing.rank(noor, {1: ["b", "a", ""], 2: ["c"]}, at=NOW)
    changing.rank(noor, {}, at=NOW)
    draw(event.pk, at=AFTER)

    lines = [words.change(row) for row in Change.objects.order_by("pk")]

    assert "Ranked tables for the draw: round 1: b, a, rather no table; round 2: c" in lines
    assert "Ranked tables for the draw: wherever there is room" in lines
    assert "Drawn: 1 person" in lines
    assert any(re.fullmatch(r"Drawn: round 1: \w; round 2: \w", line) for line in lines)
    row = Change.objects.get(what="drawn", registration=noor)
    row.new |= {"place": True}
    assert re.fullmatch(r"Drawn: round 1: \w; round 2: \w", words.change(row))


# Adding and importing


def fill_in(client: Client, event: Event, **values: str) -> str:
    path = reverse("admin:event-person-add", args=[event.pk])
    sent = {
        "first_name": "Noor",
        "last_name": "Smit",
        "why": "belde",
        "language": "nl",
        "waiting": "True",
        **values,
    }
    answer = client.post(path, sent, follow=True)
    return text(answer.content.decode())


def test_somebody_who_phones_takes_part_in_the_draw(event: Event):
    client = organiser_of(event)
    form = read(client, "event-person-add", event.pk)
    assert "This person takes part in the draw like everybody else" in form
    assert "Round 1: first choice" in form or "Ronde 1: first choice" in form
    assert "extra place" not in form

    said = fill_in(client, event, round_1="a", email="noor@haarlem.example")

    assert "Added: this person takes part in the draw." in said
    noor = Registration.objects.get()
    assert (noor.in_draw, bool(noor.draw_number)) == (True, True)
    draw(event.pk, at=AFTER)
    noor.refresh_from_db()
    assert noor.is_confirmed
    assert "a" in [seat.session.code for seat in noor.table_seats.all()]


def test_who_phones_while_it_is_drawn_has_to_wait(event: Event, monkeypatch: pytest.MonkeyPatch):
    set_clock(monkeypatch, AFTER)

    said = read(organiser_of(event), "event-person-add", event.pk)

    assert "being drawn right now. Wait a few minutes, and then add this person." in said
    assert "put more tables in order" not in said


def test_nobody_is_given_an_extra_place_before_the_draw(event: Event):
    with pytest.raises(DrawToCome):
        by_hand.add(event, make_person(), {}, extra=True, who="o", why="x", at=NOW)


def test_a_list_is_asked_to_take_part_in_the_draw(event: Event):
    rows = [importing.ListRow(2, make_person()), importing.ListRow(3, make_person())]

    planned = importing.look(event, rows, at=CLOSES - timedelta(days=1))

    assert planned.counts == [(Fate.DRAW, 2)]
    assert planned.until == CLOSES
    done = importing.bring_in(
        event, rows, seen=planned.fingerprint, who="o", at=CLOSES - timedelta(days=1)
    )
    assert len(done.invited) == 2
    assert event.registrations.filter(holds_place=True).count() == 0


def test_no_list_is_brought_in_while_tables_are_drawn(event: Event):
    with pytest.raises(DrawUnderWay):
        importing.look(event, [importing.ListRow(2, make_person())], at=AFTER)


def test_the_page_of_a_list_says_what_it_asks(event: Event):
    client = organiser_of(event)
    assert "Then they take part in the draw like everybody else" in read(
        client, "event-import-people", event.pk
    )
    path = reverse("admin:event-import-people", args=[event.pk])
    lines = b"Voornaam;Achternaam;E-mail\r\nAaltje;Kok;aaltje@haarlem.example\r\n"

    answer = client.post(path, {"file": SimpleUploadedFile("a.csv", lines)})

    said = text(answer.content.decode())
    assert "1 person : is asked by mail to confirm, and then takes part in the draw" in said


# Mail, exports, digests


def test_messages_and_files_call_them_by_what_they_do(event: Event):
    rank(event, {1: ["a"]})

    to_waiting = audience.Audience(statuses=("waiting",))
    assert audience.words(event, to_waiting) == ["takes part in the draw"]
    assert ("waiting", "takes part in the draw") in audience.statuses(event)
    (column,) = [one for one in export_columns.columns(event) if one.key == "status"]
    assert column.value(event.registrations.get()) == "takes part in the draw"
    client = organiser_of(event)
    assert "takes part in the draw" in read(client, "event-mail-new", event.pk)
    assert "takes part in the draw" in read(client, "event-lists", event.pk)


def test_a_reminder_that_goes_before_the_draw_says_whom_it_misses():
    event = draw_event(starts_at=CLOSES + timedelta(days=3))
    rank(event, {1: ["a"]})
    client = organiser_of(event)
    misses = "those who take part in it have no place yet"

    page = read(client, "event-mail", event.pk)

    week, day = page.partition("eminder a week before")[2].split("eminder a day before")[:2]
    assert misses in week.partition("Prepare")[0]
    assert misses not in day
    ready = {
        kind: mailings.prepare(event, kind, who="o", at=NOW + timedelta(hours=1))
        for kind in ("week", "day")
    }
    assert misses in read(client, "event-mailing", event.pk, ready["week"].pk)
    assert misses not in read(client, "event-mailing", event.pk, ready["day"].pk)
    # Those who take part are among its readers.
    ready["week"].audience = {"statuses": ["confirmed", "waiting"]}
    ready["week"].save()
    assert misses not in read(client, "event-mailing", event.pk, ready["week"].pk)
    draw(event.pk, at=AFTER)
    ready["week"].audience = {"statuses": ["confirmed"]}
    ready["week"].save()
    assert misses not in read(client, "event-mailing", event.pk, ready["week"].pk)


def test_a_digest_tells_of_the_draw(event: Event):
    rank(event, {1: ["a"]}, at=NOW)
    late = rank(event, {1: ["a"]}, confirmed=False, at=CLOSES - timedelta(minutes=5))
    hour = timedelta(hours=1)
    assert digests.news(event, NOW - hour, NOW + hour) == {"in_draw": 1}

    by_hand.confirm(late, who="o", why="x", at=CLOSES + timedelta(seconds=1))
    draw(event.pk, at=AFTER)

    news = digests.news(event, CLOSES - hour, CLOSES + hour)
    assert news["drawn"] == 1
    assert news["waiting"] == 1
    assert "in_draw" not in news


def test_a_digest_is_told_in_words(event: Event):
    rank(event, {1: ["a"]})
    anja = make_organiser(event, email="anja@gemeente.example")
    digests.choose(event, anja, "daily", language="en", at=NOW - timedelta(days=1))

    assert digests.queue_due(NOW + timedelta(days=1)) == 1

    said = words_of(StoredMail.objects.get(kind="digest")).text
    assert "1 person takes part in the draw" in said
    assert "In the draw by now: 1. Places: 100." in said
    assert "waiting list" not in said


# Figures


def test_the_overview_counts_who_takes_part(event: Event):
    rank(event, {1: ["a"]})
    # Whoever confirms too late comes after the draw.
    signup.confirm(rank(event, {1: ["a"]}, confirmed=False), at=CLOSES)

    said = read(organiser_of(event), "event-overview", event.pk)

    assert "0 of 100 places 100 places to draw 1 takes part in the draw" in said
    assert "places left" not in said
    assert "What they ask for, and a draw on trial" in said
    assert "1 waits" not in said
    assert "100 places to draw" in said
    assert "to draw 100" in said
    assert "places left" not in said
    draw(event.pk, at=AFTER)
    said = read(organiser_of(event), "event-overview", event.pk)
    assert "98 places left" in said, "the late one has a place by now"
    assert "What the draw gave, and how fair it was" in said
    assert "0 wait" in said


def test_a_round_with_too_few_seats_needs_attention():
    event = draw_event(8)
    client = organiser_of(event)
    short = "In round 2 there are 6 seats for 8 people: 2 too few to give everybody a table."
    for page in ("event-overview", "event-publish"):
        said = read(client, page, event.pk)
        assert said.count(short) == 1, page
        assert "Round 2 has 6 seats for 8 people." not in said, "once is enough"

    event.slots.filter(session__code="e").update(seats=4)
    said = read(client, "event-overview", event.pk)
    assert "In round 2 there are" not in said
    assert "In round 1 there are 6 seats" in said

    dropping.drop(event, [event.slots.get(session__code="e").pk], who="o", why="", at=NOW)
    said = read(client, "event-overview", event.pk)
    assert "In round 2 there are 4 seats for 8 people: 4 too few to give everybody a table." in said
    Event.objects.filter(pk=event.pk).update(wishes_close_at=None)
    assert "too few to give" not in read(client, "event-overview", event.pk)


def test_a_late_draw_needs_attention(event: Event):
    def told(at: datetime) -> list[str]:
        return [notice.sentence for notice in notices([event], at)[event.pk]]

    assert told(CLOSES + timedelta(minutes=9)) == []
    late = CLOSES + timedelta(minutes=10)
    (sentence,) = told(late)
    assert "nothing has been drawn. Does the worker run?" in sentence
    calling_off.call_off(event, who="o", at=NOW)
    event.refresh_from_db()
    assert told(late) == []
    assert told(event.ends_at) == []


# When things go wrong


def test_a_table_that_drops_out_leaves_the_choices_of_those_who_ranked_it(event: Event):
    noor, bert = rank(event, {1: ["a", "b"]}), rank(event, {1: ["c"]})
    a = event.slots.get(session__code="a")
    client = organiser_of(event)

    said = read(client, "event-drop", event.pk, query=f"?tafel={a.pk}")

    assert "It goes out of the choices of those who ranked it." in said
    assert "Let it drop out and mail 1 person" in said
    assert "0 people have a seat" not in said
    assert "Round 1: on the list of 1 person" in said
    overview = read(client, "event-trouble", event.pk)
    assert "It goes out of the choices of those who ranked it." in overview
    assert "choose again" not in overview
    assert "Table Round On the list of a Gesprek a Round 1 1 person" in overview
    dropping.drop(event, [a.pk], who="o", at=NOW)
    assert rankings.of_person(noor).codes == {"1": ["b"]}
    assert StoredMail.objects.get(kind="dropped").registration == noor
    draw(event.pk, at=AFTER)
    assert "b" in [seat.session.code for seat in noor.table_seats.all()]
    assert "c" in [seat.session.code for seat in bert.table_seats.all()]


def test_pages_promise_no_time_to_change_once_choices_have_closed(
    event: Event, monkeypatch: pytest.MonkeyPatch
):
    rank(event, {1: ["a", "b"]})
    a = event.slots.get(session__code="a")
    set_clock(monkeypatch, CLOSES + timedelta(minutes=1))
    client = organiser_of(event)

    pages = [
        read(client, "event-trouble", event.pk),
        read(client, "event-drop", event.pk, query=f"?tafel={a.pk}"),
    ]
    for said in pages:
        assert "It goes out of the choices of those who ranked it. They get one mail." in said
        assert "can change their choices" not in said
    said = read(client, "event-person-add", event.pk)
    assert "The tables are being drawn right now. Wait a few minutes" in said
    assert "more tables in order until" not in said


def test_it_is_foreseen_that_a_round_has_too_few_seats(event: Event):
    for _each in range(5):
        rank(event, {1: ["a"], 2: ["d"]})
    a = event.slots.get(session__code="a")
    client = organiser_of(event)
    short = "In round 1 there are 4 seats for 5 people: 1 too few to give everybody a table."
    assert "too few to give" not in read(client, "event-draw", event.pk)

    said = read(client, "event-drop", event.pk, query=f"?tafel={a.pk}")
    assert said.count("too few to give") == said.count(short) == 1
    dropping.drop(event, [a.pk], who="o", at=NOW)

    assert short in read(client, "event-draw", event.pk)
    Event.objects.update(capacity=4)
    assert "too few to give" not in read(client, "event-draw", event.pk)


def test_a_table_that_takes_place_after_all_is_back_in_the_choices(event: Event):
    rank(event, {1: ["a", "b"]})
    a = event.slots.get(session__code="a")
    dropping.drop(event, [a.pk], who="o", at=NOW)
    client, query = organiser_of(event), f"?tafel={a.pk}"

    said = read(client, "event-take-place", event.pk, query=query)

    assert "It is back in the choices of 1 person who ranked it." in said
    assert "Nobody gets a seat back" not in said
    assert "can be chosen again" not in said


def test_an_event_with_choices_can_be_called_off_and_go_on(event: Event):
    rank(event, {1: ["a"]})

    said = read(organiser_of(event), "event-call-off", event.pk)

    assert "1 person" in said
    assert "Nothing is drawn. The choices that people made are kept." in said
    calling_off.call_off(event, who="o", at=NOW)
    said = read(organiser_of(event), "event-go-on", event.pk)
    assert "Everybody’s choices stand. The draw follows after" in said
    assert draw(event.pk, at=AFTER) == 0
    event.refresh_from_db()
    calling_off.go_on(event, who="o", at=AFTER)
    assert draw(event.pk, at=AFTER) == 1


# Setting up


def sign_up_step(client: Client, event: Event, **values: str) -> tuple[int, str]:
    path = reverse("admin:event-sign-up", args=[event.pk])
    answer = client.post(path, {**filled_in(client, path), **values})
    return answer.status_code, text(answer.content.decode())


def test_another_moment_is_refused_once_somebody_signed_up(event: Event):
    client = organiser_of(event)
    assert sign_up_step(client, event, wishes_close_at="2026-12-01T14:00")[0] == 303
    event.refresh_from_db()
    path = reverse("admin:event-sign-up", args=[event.pk])
    before = filled_in(client, path)
    rank(event, {1: ["a"]})

    answer = client.post(path, {**before, "given_out": "first"})

    assert answer.status_code == 422
    sentence = "1 person has signed up knowing how places are given out, so this stays as it is."
    assert sentence in text(answer.content.decode())


def test_the_way_is_chosen_with_a_day_or_without(event: Event):
    client = organiser_of(event)

    assert sign_up_step(client, event, given_out="first")[0] == 303
    event.refresh_from_db()
    assert event.wishes_close_at is None

    status, said = sign_up_step(client, event, given_out="draw")
    assert status == 422
    assert "Fill in until when people can make their choices." in said

    status, said = sign_up_step(client, event, given_out="draw", wishes_close_at="2026-11-23T13:00")
    assert status == 422
    assert "This moment is over: choose a later one." in said

    values = {"wishes_close_at": "2026-12-01T14:00", "wishes_a_round": "4"}
    assert sign_up_step(client, event, given_out="draw", **values)[0] == 303
    event.refresh_from_db()
    assert event.wishes_close_at == CLOSES + timedelta(days=1)
    assert (event.wishes_a_round, bool(event.draw_seed)) == (4, True)


def test_saving_something_else_leaves_the_draw_alone(event: Event):
    rank(event, {1: ["a"]})
    client = organiser_of(event)

    status, _said = sign_up_step(client, event, notice="Er worden foto’s gemaakt.")

    assert status == 303
    before = event.wishes_close_at
    event.refresh_from_db()
    assert (event.wishes_close_at, event.notice) == (before, "Er worden foto’s gemaakt.")


def test_the_page_says_beforehand_that_the_way_stays(event: Event):
    client = organiser_of(event)
    path = reverse("admin:event-sign-up", args=[event.pk])
    way = {"given_out", "wishes_close_at", "wishes_a_round"}
    said = read(client, "event-sign-up", event.pk)
    assert "so this stays as it is" not in said
    assert "after that the way, the day and the number of choices are fixed" in said
    assert "Before a draw nothing is held" in said
    assert way <= filled_in(client, path).keys()

    rank(event, {1: ["a"]})

    sentence = "1 person has signed up knowing how places are given out, so this stays as it is."
    assert sentence in read(client, "event-sign-up", event.pk)
    assert not way & filled_in(client, path).keys(), "they cannot be typed in"
    draw(event.pk, at=AFTER)
    said = read(client, "event-sign-up", event.pk)
    assert "The tables have been drawn, so this stays as it is." in said
    assert not way & filled_in(client, path).keys()


def test_what_stays_as_it_is_cannot_be_filled_in(event: Event):
    client = organiser_of(event)
    path = reverse("admin:event-sign-up", args=[event.pk])
    older = filled_in(client, path)
    fields = r'<(?:input|select)[^>]* name="(given_out|wishes_close_at|wishes_a_round)"[^>]*>'
    rank(event, {1: ["a"]})

    html = client.get(path).content.decode()
    shown = [found[0] for found in re.finditer(fields, html)]
    assert len(shown) == 4
    assert all(" disabled" in one for one in shown)
    # A browser sends nothing of these, which changes nothing.
    sent = {k: v for k, v in older.items() if not re.fullmatch("given_out|wishes_.*", k)}
    assert client.post(path, {**sent, "notice": "Neem je pas mee."}).status_code == 303
    before = (event.wishes_close_at, event.wishes_a_round)
    event.refresh_from_db()
    assert (event.wishes_close_at, event.wishes_a_round) == before
    assert event.notice == "Neem je pas mee."
    # A page from before it was fixed is answered in a sentence.
    assert client.post(path, {**older, "wishes_a_round": "2"}).status_code == 422


def test_who_was_added_by_an_organiser_is_seen_before_it_is_saved(event: Event):
    by_hand.add(event, make_person(), {}, waiting_too=True, who="o", why="x", at=NOW)
    client = organiser_of(event)

    status, said = sign_up_step(client, event, given_out="first")

    assert status == 200
    assert "Choices can be made until" in said
    assert "first come, first served" in said


def test_a_day_before_choices_close_is_refused_in_a_sentence(event: Event):
    client = organiser_of(event)
    path = reverse("admin:event-day", args=[event.pk])

    answer = client.post(path, {**filled_in(client, path), "day": "2026-11-29"})

    assert answer.status_code == 422
    said = text(answer.content.decode())
    assert "Choices have to close before the waiting lists do, so before" in said


def test_once_choices_stand_no_refusal_sends_the_organiser_round(event: Event):
    """The day can't be put before them, nor they before the day: both pages say what can be."""
    rank(event, {1: ["a"]})
    client = organiser_of(event)
    path = reverse("admin:event-day", args=[event.pk])

    answer = client.post(path, {**filled_in(client, path), "day": "2026-11-29"})

    said = text(answer.content.decode())
    assert answer.status_code == 422
    assert "People can make their choices until Monday 30 November 2026, 14:00, and that" in said
    assert "call this event off and make a copy of it for the other day" in said
    assert "Choices have to close" not in said
    page = read(client, "event-sign-up", event.pk)
    assert "You can still move the event to another day, if choices close before it." in page
    status, said = sign_up_step(client, event, waiting_closes_at="2026-11-30T13:00")
    assert status == 422
    assert "Choose a time after that." in said
    assert "Choices have to close" not in said
    draw(event.pk, at=AFTER)
    assert "You can still move the event" not in read(client, "event-sign-up", event.pk)


def test_fewer_seats_and_places_can_be_saved_before_the_draw(event: Event):
    event.slots.update(location="")
    for _number in range(3):
        rank(event, {1: ["a"]})
    client = organiser_of(event)
    path = reverse("admin:event-tables", args=[event.pk])
    sent = filled_in(client, path)
    seats = [
        name for name, value in sent.items() if re.fullmatch(r"(?!initial).*-seats", name) and value
    ]

    answer = client.post(path, {**sent, **dict.fromkeys(seats, "1")})

    assert answer.status_code == 303
    assert {slot.seats for slot in event.slots.all()} == {1}
    draw(event.pk, at=AFTER)
    assert all(slot.taken <= 1 for slot in event.slots.all())


def test_a_draft_whose_choices_close_in_the_past_is_not_published(event: Event):
    """As a copy can be: its moment moves along with the day."""
    Event.objects.filter(pk=event.pk).update(
        published=False, wishes_close_at=NOW - timedelta(days=1)
    )
    event.refresh_from_db()

    assert [one.sentence for one in to_do(event) if one.mistake] == [
        "Choices close in the past, so nobody could make any. Choose a later moment."
    ]
