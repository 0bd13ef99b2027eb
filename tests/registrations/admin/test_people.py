"""The pages of organisers about people: the list, one person, and what can be done to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from program.models import Event, SignupQuestion
from registrations.admin.event import events as admin_events
from registrations.admin.people import actions
from registrations.admin.people import people as admin_people
from registrations.admin.words import inside
from registrations.booking import changing, holds
from registrations.models import (
    Answer,
    Change,
    Guest,
    Presence,
    Registration,
    Seat,
    SpecialNeeds,
    StoredMail,
)
from registrations.names import person_names
from registrations.organising import by_hand, guests
from registrations.privacy import erasure
from registrations.queries.tables import codes
from registrations.queries.tokens import token_of
from tests.factories import (
    AMSTERDAM,
    make_event,
    make_organiser,
    make_question,
    make_registration,
    make_slot,
)
from tests.mailed import DONE
from tests.program.admin.filling_in import Form, filled_in

pytestmark = pytest.mark.django_db
PEOPLE = "/en/admin/registrations/registration/"
ACTIONS = {action.name: action.path for action in actions.ACTIONS}


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    event = make_event(starts_at=timezone.now() + timedelta(days=10))
    make_slot(event, "1a", seats=2)
    make_slot(event, "1b", seats=2)
    make_slot(event, "2b", 2)
    return event


@pytest.fixture
def organiser(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


@pytest.fixture
def noor(event: Event) -> Registration:
    return sign_up(event, {1: "1a"}, email="noor@haarlem.example", organisation="Buurthuis")


def sign_up(event: Event, *tables: Any, **person: Any) -> Registration:
    return make_registration(event, *tables, at=timezone.now(), **person)


def action(client: Client, registration: Registration, name: str, **typed: Any) -> Any:
    return client.post(f"{PEOPLE}{registration.pk}/{ACTIONS[name]}/", typed)


def page(client: Client, registration: Registration) -> str:
    answer = client.get(f"{PEOPLE}{registration.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def offered(client: Client, registration: Registration) -> list[str]:
    answer = client.get(f"{PEOPLE}{registration.pk}/change/")
    return [one.name for one in answer.context["actions"]]


def found(client: Client, query: str) -> list[Registration]:
    return list(client.get(f"{PEOPLE}?{query}").context["cl"].queryset)


def add(client: Client, event: Event, **typed: Any) -> Any:
    form = {
        "first_name": "Aaltje",
        "last_name": "Kok",
        "language": "nl",
        "why": "Belde op.",
        "round_1": "",
        "round_2": "",
    }
    path = f"/en/admin/program/event/{event.pk}/mensen/toevoegen/"
    return client.post(path, form | typed)


# Whose people one sees


def every_path(event: Event, registration: Registration, guest: Guest) -> list[str]:
    of_event = f"/en/admin/program/event/{event.pk}/"
    return [
        f"{PEOPLE}{registration.pk}/change/",
        *(f"{PEOPLE}{registration.pk}/{path}/" for path in ACTIONS.values()),
        f"{of_event}mensen/toevoegen/",
        f"{of_event}mensen/importeren/",
        f"{of_event}gasten/",
        f"{of_event}gasten/{guest.pk}/",
        f"{of_event}gasten/{guest.pk}/weg/",
        f"{of_event}gasten/gastheren/",
    ]


def test_people_of_other_organisers_are_not_there(organiser: Client):
    theirs = make_event()
    person = make_registration(theirs)
    guest = guests.add(theirs, guests.Details("Jan", "Burg"), who="x", at=timezone.now())

    for path in every_path(theirs, person, guest):
        assert organiser.get(path).status_code in (404, 405), path
        assert organiser.post(path, {"why": "x"}).status_code in (404, 405), path
    assert found(organiser, "") == []
    person.refresh_from_db()
    assert person.is_confirmed


def test_door_staff_and_visitors_get_no_page_about_people(event: Event, noor: Registration):
    guest = guests.add(event, guests.Details("Jan", "Burg"), who="x", at=timezone.now())
    door = get_user_model().objects.create_user("deur", is_staff=True)
    event.door_staff.add(door)
    client = Client()
    client.force_login(door)

    for path in every_path(event, noor, guest):
        assert client.get(path).status_code in (403, 404, 405), path
        assert Client().get(path).status_code == 302, path


def test_those_who_left_the_group_of_organisers_get_no_page(event: Event, noor: Registration):
    guest = guests.add(event, guests.Details("Jan", "Burg"), who="x", at=timezone.now())
    user = make_organiser(event)
    user.groups.clear()
    client = Client()
    client.force_login(user)

    of_event = [*event_pages(event), *every_path(event, noor, guest)]
    assert {client.get(path).status_code for path in of_event} <= {403, 404, 405}
    assert {client.post(path).status_code for path in of_event} <= {403, 404, 405}


def event_pages(event: Event) -> list[str]:
    """Of every page about one event that needs nothing else in its address."""
    return [
        f"/en/admin/program/event/{str(page.pattern).replace('<int:pk>', str(event.pk))}"
        for page in admin_events.pages
        if str(page.pattern).startswith("<int:pk>") and str(page.pattern).count("<") == 1
    ]


def test_those_who_may_only_look_are_offered_nothing(event: Event, noor: Registration):
    user = make_organiser(event)
    user.groups.clear()
    user.user_permissions.add(
        *user.user_permissions.model.objects.filter(
            codename__in=["view_event", "view_registration"]
        )
    )
    client = Client()
    client.force_login(user)

    assert offered(client, noor) == []
    assert action(client, noor, "cancel").status_code == 403
    assert add(client, event).status_code == 403
    for page in ("mail/", "mail/nieuw/", "deur/", "programma/", "misgaat/", "bestand/"):
        path = f"/en/admin/program/event/{event.pk}/{page}"
        assert (client.get(path).status_code, client.post(path).status_code) == (403, 403), page
    lists = f"/en/admin/program/event/{event.pk}/lijsten/"
    assert (client.get(lists).status_code, client.post(lists).status_code) == (200, 403)


# The list


def test_list_is_narrowed_by_what_organisers_ask_for(organiser: Client, event: Event):
    sits = sign_up(event, {1: "1a"}, organisation="Buurthuis", role="raadslid")
    none = sign_up(event)
    pending = sign_up(event, {2: "2b"}, confirmed=False)
    Registration.objects.filter(pk=none.pk).update(email_refused_at=timezone.now())
    SpecialNeeds.objects.create(registration=sits, text="x", consented_at=timezone.now())
    table = event.slots.get(session__code="1a").pk

    assert found(organiser, f"table={table}") == [sits]
    assert found(organiser, f"table={'9' * 30}") == [sits, none, pending]
    assert organiser.get(PEOPLE, {"event__id__exact": "9" * 5_000}).status_code < 500
    assert found(organiser, f"round={'9' * 5_000}") == [sits, none, pending]
    assert found(organiser, "round=1") == [sits]
    assert found(organiser, "round=-1") == [none, pending]
    assert found(organiser, "organisation=Buurthuis") == [sits]
    assert found(organiser, "role=raadslid") == [sits]
    assert found(organiser, "status__exact=pending") == [pending]
    assert found(organiser, "origin__exact=hand") == []
    assert found(organiser, "email_refused_at__isempty=0") == [none]
    assert found(organiser, "special=no-tables") == [none]
    assert found(organiser, "special=needs") == [sits]
    assert found(organiser, "special=waits") == []
    assert found(organiser, f"event__id__exact={event.pk}") == [sits, none, pending]


@pytest.mark.parametrize("query", ["zoe", "çelik", "Chelik", "ZOË C", "jong z", "buurth", "zoe@"])
def test_people_are_found_as_at_the_door(organiser: Client, event: Event, query: str):
    sign_up(event, first_name="Jan", last_name="Bakker")
    zoe = sign_up(
        event,
        first_name="Zoë",
        last_name="Çelik-de Jong",
        organisation="Buurthuis",
        email="zoe@haarlem.example",
    )

    assert found(organiser, f"q={query}") == [zoe]


def test_misspelled_names_are_not_looked_for_among_too_many(
    organiser: Client, event: Event, monkeypatch: pytest.MonkeyPatch
):
    """Comparing every name with what was typed would take seconds."""
    jan = sign_up(event, first_name="Jan", last_name="Bakker")
    els = sign_up(event, first_name="Els", last_name="Kok")
    told = "Among more than 1 people misspellings are not looked for."
    assert found(organiser, "q=bakkre") == [jan]

    monkeypatch.setattr(admin_people, "MOST_COMPARED", 1)

    assert found(organiser, "q=bakkre") == []
    assert told in organiser.get(f"{PEOPLE}?q=bakkre").content.decode()
    assert found(organiser, "q=bakker") == [jan]
    assert told not in organiser.get(f"{PEOPLE}?q=bakker").content.decode()
    # Whoever was erased has no name to compare.
    erasure.erase(els, at=timezone.now())
    assert found(organiser, "q=bakkre") == [jan]


def test_list_and_search_of_5000_people_ask_as_much_as_those_of_few(
    organiser: Client, event: Event
):
    sign_up(event, {1: "1a"}, last_name="Kok")
    paths = [
        PEOPLE,
        f"{PEOPLE}?q=Kok",
        f"{PEOPLE}?event__id__exact={event.pk}&round=1&special=waits&organisation=Huis 1",
    ]
    few = [questions(organiser, path) for path in paths]
    crowd(event, 5_000)

    assert [questions(organiser, path) for path in paths] == few
    assert len(found(organiser, "q=kok 77")) > 0


def questions(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def crowd(event: Event, people: int) -> None:
    """Rows past the actions: what is counted here is reading."""
    at = timezone.now()
    made = Registration.objects.bulk_create(
        Registration(
            event=event,
            status="confirmed",
            holds_place=True,
            confirmed_at=at,
            created_at=at,
            email=f"kok{number}@haarlem.example",
            **person_names.columns("Aaltje", f"Kok {number}", f"Huis {number % 50}"),
        )
        for number in range(people)
    )
    slot = event.slots.get(session__code="1b")
    Seat.objects.bulk_create(
        Seat(
            event=event,
            registration=one,
            slot=slot,
            round_id=slot.round_id,
            session_id=slot.session_id,
            got_at=at,
        )
        for one in made
    )


# One person


def test_page_tells_everything_of_a_person_and_no_link(
    organiser: Client, event: Event, noor: Registration
):
    question = SignupQuestion.objects.create(event=event, question="Vegetarisch?", kind="yes_no")
    Answer.objects.create(event=event, registration=noor, question=question, value=True)
    SpecialNeeds.objects.create(registration=noor, text="Rolstoel", consented_at=timezone.now())
    changing.change_tables(noor, {1: "1b", 2: "2b"}, at=timezone.now())
    mail = StoredMail.objects.get(kind="registered")
    StoredMail.objects.filter(pk=mail.pk).update(
        failed_at=timezone.now(), error="550 5.1.1", **DONE
    )

    said = page(organiser, noor)

    for words in (
        "Noor van der Meulen",
        "Registered since",
        "1b Gesprek 1b",
        "Vegetarisch?",
        "Rolstoel",
        "round 1: 1a → 1b; round 2: no table → 2b",
        "the mail server said 550 5.1.1",
        "Buurthuis",
    ):
        assert words in said, words
    assert token_of(noor) not in said
    assert "Noor" not in said.split("</title>")[0]


def test_names_are_shown_as_text(organiser: Client, event: Event):
    crafted = sign_up(event, first_name="<b>Jan</b>", last_name="{{ x }}")

    for answer in (page(organiser, crafted), organiser.get(f"{PEOPLE}{crafted.pk}/naam/")):
        said = answer if isinstance(answer, str) else answer.content.decode()
        assert "<b>Jan" not in said
        assert "&lt;b&gt;Jan" in said


def test_what_is_offered_fits_how_somebody_stands(organiser: Client, event: Event):
    confirmed = sign_up(event)
    pending = sign_up(event, confirmed=False)
    cancelled = changing.cancel(sign_up(event), at=timezone.now())

    assert offered(organiser, confirmed) == ["tables", "details", "name", "order", "link", "cancel"]
    assert offered(organiser, pending) == [
        *("confirm", "details", "order", "address", "link", "cancel"),
    ]
    assert offered(organiser, cancelled) == ["details", "order", "erase"]
    Event.objects.update(called_off_at=timezone.now())
    assert offered(organiser, confirmed) == ["details", "name", "order", "link"]
    assert offered(organiser, pending) == ["details", "order", "address", "link"]
    past = timezone.now() - timedelta(days=1)
    Event.objects.update(called_off_at=None, starts_at=past - timedelta(hours=4), ends_at=past)
    assert offered(organiser, confirmed) == ["details", "name", "order", "link"]


def test_page_of_what_is_not_offered_leads_back(organiser: Client, noor: Registration):
    answer = organiser.get(f"{PEOPLE}{noor.pk}/bevestigen/")

    assert answer.status_code == 303
    assert answer["Location"] == f"{PEOPLE}{noor.pk}/change/"


def test_every_page_about_a_person_asks_as_much_for_a_long_history(
    organiser: Client, noor: Registration
):
    path = f"{PEOPLE}{noor.pk}/change/"
    short = questions(organiser, path)
    for table in ("1b", "1a", "1b"):
        changing.change_tables(noor, {1: table}, at=timezone.now())

    assert questions(organiser, path) == short


# What can be done


def test_correcting_a_name_asks_why_and_refuses_somebody_else(
    organiser: Client, noor: Registration
):
    name = {"first_name": "Noor", "last_name": "van der Muelen"}
    without = action(organiser, noor, "name", **name)
    other = action(organiser, noor, "name", first_name="Piet", last_name="Bakker", why="Ruil.")
    done = action(organiser, noor, "name", **name, why="Typefout.")

    assert (without.status_code, other.status_code, done.status_code) == (422, 422, 303)
    assert "Say why" in without.content.decode()
    assert "cancel this sign-up" in other.content.decode()
    noor.refresh_from_db()
    assert (noor.name, noor.name_confirmed) == ("Noor van der Muelen", "Noor van der Meulen")
    change = noor.changes.latest("pk")
    assert (change.who, change.why) == (Change.objects.latest("pk").who, "Typefout.")
    assert change.who.startswith("organisator")


def test_moving_somebody_offers_free_and_reserved_seats(organiser: Client, noor: Registration):
    event = noor.event
    event.slots.filter(session__code="1b").update(reserved=2)

    asked = organiser.get(f"{PEOPLE}{noor.pk}/tafels/").content.decode()
    full = action(organiser, noor, "tables", round_1="1b", round_2="")
    done = action(organiser, noor, "tables", round_1="1b+", round_2="2b", mail="on")

    assert 'value="1b+"' in asked
    assert 'value="1b"' not in asked
    assert (full.status_code, done.status_code) == (422, 303)
    assert codes(noor) == {"1": "1b", "2": "2b"}
    assert event.slots.get(session__code="1b").reserved == 1
    assert noor.mails.latest("pk").kind == "tables"


def test_page_that_is_out_of_date_moves_nobody_back(organiser: Client, noor: Registration):
    stale = organiser.get(f"{PEOPLE}{noor.pk}/tafels/").context["form"]["seen"].value()
    changing.change_tables(noor, {1: "1b"}, at=timezone.now())

    refused = action(organiser, noor, "tables", round_1="1a", round_2="2b", seen=stale)

    assert refused.status_code == 422
    assert "This person’s tables have changed in the meantime" in refused.content.decode()
    assert codes(noor) == {"1": "1b"}
    assert "{&quot;1&quot;: &quot;1b&quot;}" in refused.content.decode()
    again = action(organiser, noor, "tables", round_1="1b", round_2="2b", seen='{"1": "1b"}')
    assert again.status_code == 303
    assert codes(noor) == {"1": "1b", "2": "2b"}


def test_cancelling_somebody_who_is_in_says_so_and_does_it(
    organiser: Client, event: Event, noor: Registration
):
    path = f"{PEOPLE}{noor.pk}/{ACTIONS['cancel']}/"
    assert "This person is in" not in organiser.get(path).content.decode()
    at = timezone.now()
    Presence.objects.create(event=event, registration=noor, present=True, at=at)

    page = organiser.get(path).content.decode()
    assert f"This person is in since {timezone.localtime(at):%H:%M}." in page
    other = organiser.get(path.replace(ACTIONS["cancel"], ACTIONS["link"])).content.decode()
    assert "is in since" not in other
    many = choose(organiser, "cancel_people", [noor, sign_up(event)]).content.decode()
    assert many.count(f"(is in since {timezone.localtime(at):%H:%M})") == 1

    assert action(organiser, noor, "cancel").status_code == 303
    noor.refresh_from_db()
    assert noor.is_cancelled


def test_since_when_somebody_is_in_has_a_day_if_it_is_another(event: Event, noor: Registration):
    row = Presence.objects.create(event=event, registration=noor, present=True)
    assert inside([noor]) == {noor.pk: "is in"}
    Presence.objects.update(at=datetime(2026, 1, 2, 19, 4, tzinfo=AMSTERDAM))
    assert inside([noor]) == {noor.pk: "is in since 2 January 2026, 19:04"}
    Presence.objects.filter(pk=row.pk).update(present=False)
    assert inside([noor]) == {}


def test_events_of_one_title_are_told_apart_by_their_day(organiser: Client, event: Event):
    later = timezone.localtime(event.starts_at + timedelta(days=7))
    copy = make_event(title=event.title, starts_at=later)
    copy.organisers.set(event.organisers.all())
    sign_up(copy)
    days = [f"{event.title}, {at:%-d %B %Y}" for at in (timezone.localtime(event.starts_at), later)]

    for path in (PEOPLE, "/en/admin/registrations/storedmail/"):
        page = organiser.get(path).content.decode()
        for day in days:
            assert f">{day}</a>" in page, path  # in the filter
        assert re.search(f'<td class="field-(dated|for)_event[^"]*">{days[1]}<', page), path


def test_cancelling_asks_whether_to_mail(organiser: Client, noor: Registration):
    assert action(organiser, noor, "cancel", why="Belde af.").status_code == 303

    noor.refresh_from_db()
    assert noor.is_cancelled
    assert not noor.mails.filter(kind="cancelled").exists()


def test_pending_person_is_confirmed_with_a_reason(organiser: Client, event: Event):
    pending = sign_up(event, {1: "1a"}, confirmed=False)

    assert action(organiser, pending, "confirm").status_code == 422
    assert action(organiser, pending, "confirm", why="Mail kwam niet aan.").status_code == 303
    pending.refresh_from_db()
    assert pending.is_confirmed


def test_address_is_checked_and_saved(organiser: Client, event: Event):
    assert add(organiser, event).status_code == 303
    aaltje = event.registrations.get()

    wrong = action(organiser, aaltje, "address", email="geen adres")
    done = action(organiser, aaltje, "address", email="aaltje@haarlem.example")

    assert (wrong.status_code, done.status_code) == (422, 303)
    assert list(StoredMail.objects.values_list("kind", "to")) == [
        ("added", "aaltje@haarlem.example")
    ]


def test_order_in_lists_and_the_link_are_a_button_away(organiser: Client, noor: Registration):
    assert action(organiser, noor, "order", sort_name="Van der Meulen, Noor").status_code == 303
    assert action(organiser, noor, "link").status_code == 303

    noor.refresh_from_db()
    assert noor.sort_key == "van der meulen , noor"
    assert noor.mails.latest("pk").kind == "link"


# Adding


def test_somebody_who_phones_is_added_with_tables_and_an_entry(organiser: Client, event: Event):
    sign_up(event, {1: "1a"})
    sign_up(event, {1: "1a"})

    answer = add(organiser, event, round_1="1b", round_2="2b", wish_1=["1a"], email="a@b.example")

    aaltje = event.registrations.get(last_name="Kok")
    assert answer["Location"] == f"{PEOPLE}{aaltje.pk}/change/"
    assert (aaltje.origin, codes(aaltje)) == ("hand", {"1": "1b", "2": "2b"})
    assert list(aaltje.waitlist_entries.values_list("session__code", flat=True)) == ["1a"]


def test_adding_keeps_what_was_typed_when_something_is_wrong(organiser: Client, event: Event):
    answer = add(organiser, event, why="", last_name="", email="x")

    assert answer.status_code == 422
    said = answer.content.decode()
    assert 'value="Aaltje"' in said
    for words in ("Say why", "Fill in the last name", "name@municipality.nl"):
        assert words in said, words
    assert not event.registrations.exists()


def test_notice_is_there_to_be_said_by_phone(organiser: Client, event: Event):
    event.notice_en = "**Photos** are taken."
    event.notice = "Er worden foto's gemaakt."
    event.save(update_fields=["notice", "notice_en"])

    path = f"/en/admin/program/event/{event.pk}/mensen/toevoegen/"
    assert "<strong>Photos</strong> are taken." in organiser.get(path).content.decode()


def test_namesake_is_asked_about_once(organiser: Client, event: Event):
    path = f"/en/admin/program/event/{event.pk}/mensen/toevoegen/"
    assert "namesake" not in organiser.get(path).content.decode()
    add(organiser, event)

    again = add(organiser, event)
    assert again.status_code == 422
    assert 'name="namesake"' in again.content.decode()
    assert add(organiser, event, namesake="on").status_code == 303
    assert event.registrations.count() == 2


def test_full_event_announces_the_waiting_list_before_it_puts_anybody_there(
    organiser: Client, event: Event
):
    Event.objects.filter(pk=event.pk).update(capacity=1)
    sign_up(event, {1: "1a"})

    announced = add(organiser, event, round_1="1a")
    assert announced.status_code == 422
    again = Form(announced.content.decode()).values
    path = f"/en/admin/program/event/{event.pk}/mensen/toevoegen/"
    assert organiser.post(path, again).status_code == 303
    assert event.registrations.get(last_name="Kok").is_waiting


def test_page_of_a_full_event_adds_to_the_waiting_list_at_once(organiser: Client, event: Event):
    Event.objects.filter(pk=event.pk).update(capacity=1)
    sign_up(event, {1: "1a"})
    path = f"/en/admin/program/event/{event.pk}/mensen/toevoegen/"
    page = organiser.get(path).content.decode()
    typed = {"first_name": "Aaltje", "last_name": "Kok", "why": "By phone"}

    assert page.count('name="waiting"') == 1
    assert organiser.post(path, Form(page).values | typed).status_code == 303
    assert event.registrations.get(last_name="Kok").is_waiting


# Many


def choose(client: Client, action: str, chosen: list[Registration], **typed: Any) -> Any:
    form = {"action": action, "_selected_action": [one.pk for one in chosen]}
    return client.post(PEOPLE, form | typed)


def test_many_are_cancelled_only_after_a_page_that_counts_them(organiser: Client, event: Event):
    people = [sign_up(event), sign_up(event)]
    gone = changing.cancel(sign_up(event), at=timezone.now())

    asked = choose(organiser, "cancel_people", [*people, gone])
    assert asked.status_code == 200
    assert asked.context["count"] == 2
    assert event.registrations.confirmed().count() == 2

    stale = choose(organiser, "cancel_people", people, people=3, mail="on")
    assert stale.status_code == 422
    assert 'name="people" value="2"' in stale.content.decode()  # so that the next try works
    done = choose(organiser, "cancel_people", people, people=2, why="Dubbel.", mail="on")
    assert done.status_code == 302
    assert event.registrations.confirmed().count() == 0
    assert StoredMail.objects.filter(kind="cancelled").count() == 3


def test_links_are_mailed_to_those_chosen(organiser: Client, event: Event):
    people = [sign_up(event), sign_up(event)]
    sign_up(event)

    choose(organiser, "resend_links", people)
    choose(organiser, "resend_links", people)

    assert StoredMail.objects.filter(kind="link").count() == 2
    told = organiser.get(PEOPLE).content.decode()
    assert "2 people are not mailed again: the link is on its way already." in told


def test_second_press_on_the_link_says_so(organiser: Client, event: Event):
    noor = sign_up(event)
    assert action(organiser, noor, "link").status_code == 303
    again = action(organiser, noor, "link")
    assert again.status_code == 422
    assert "This link is already on its way, since" in again.content.decode()
    assert StoredMail.objects.filter(kind="link").count() == 1


def test_too_many_at_a_time_are_refused(
    organiser: Client, event: Event, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(by_hand, "MOST", 1)
    people = [sign_up(event), sign_up(event)]

    assert choose(organiser, "cancel_people", people).status_code == 302
    choose(organiser, "resend_links", people)
    assert not StoredMail.objects.filter(kind="link").exists()


# Guests


def test_guests_are_added_changed_and_removed(organiser: Client, event: Event):
    path = f"/en/admin/program/event/{event.pk}/gasten/"
    empty = organiser.post(path, {"last_name": "", "kind": "press"})
    added = organiser.post(path, {"first_name": "Jan", "last_name": "Burg", "kind": "press"})
    guest = event.guests.get()
    typed = {"last_name": "Burgers", "kind": "press", "holds_place": "on"}
    changed = organiser.post(f"{path}{guest.pk}/", typed)

    assert (empty.status_code, added.status_code, changed.status_code) == (422, 303, 303)
    guest.refresh_from_db()
    assert (guest.name, guest.holds_place) == ("Burgers", True)
    assert "Burgers" in organiser.get(path).content.decode()
    assert organiser.post(f"{path}gastheren/").status_code == 303
    assert event.guests.filter(kind="host").count() == 3
    assert organiser.post(f"{path}{guest.pk}/weg/").status_code == 303
    assert "Burgers" not in organiser.get(path).content.decode()
    assert organiser.get(f"{path}{guest.pk}/").status_code == 404


def test_guest_with_a_place_is_refused_where_none_is_left(organiser: Client, event: Event):
    Event.objects.filter(pk=event.pk).update(capacity=0)

    answer = organiser.post(
        f"/en/admin/program/event/{event.pk}/gasten/",
        {"last_name": "Burg", "kind": "press", "holds_place": "on"},
    )

    assert answer.status_code == 422
    assert "All places are taken" in answer.content.decode()


def test_nothing_about_people_is_in_the_log_of_the_admin(organiser: Client, event: Event):
    add(organiser, event, email="aaltje@haarlem.example")
    aaltje = event.registrations.get()
    action(organiser, aaltje, "name", first_name="Aaltje", last_name="Koks", why="Typefout.")
    action(organiser, aaltje, "cancel", why="Belde af.")

    assert LogEntry.objects.count() == 0
    for change in Change.objects.all():
        assert "Kok" not in f"{change.old}{change.new}{change.who}{change.why}"


# Answers and erasing, for those who cannot do so by a link


def test_answers_told_by_phone_are_filled_in_with_their_consent(organiser: Client, event: Event):
    event.needs_question = "Heb je een dieet?"
    event.save(update_fields=["needs_question"])
    lunch = make_question(event, "Lunch je mee?", "yes_no", required=True)
    added = add(organiser, event, first_name="Aaltje", last_name="Kok")
    registration = event.registrations.get()
    assert added["Location"] == f"{PEOPLE}{registration.pk}/antwoorden/"
    assert "answers" in offered(organiser, registration)
    typed = {f"question_{lunch.pk}": "ja", "special_needs": "Geen noten.", "why": "Belde op."}

    missing = action(organiser, registration, "answers", why="Belde op.")
    unasked = action(organiser, registration, "answers", **typed)
    saved = action(organiser, registration, "answers", **typed, special_needs_agree="on")

    assert (missing.status_code, unasked.status_code, saved.status_code) == (422, 422, 303)
    assert 'href="#id_question' in missing.content.decode()
    assert "Ask whether organisers may read this" in unasked.content.decode()
    assert Answer.objects.get().value is True
    assert SpecialNeeds.objects.get().text == "Geen noten."
    change = Change.objects.latest("pk")
    assert (change.what, change.why, change.new) == ("answered", "Belde op.", {})
    assert change.who.startswith("organisator")
    assert "Geen noten." in page(organiser, registration)


def test_page_that_is_out_of_date_brings_no_needs_back(organiser: Client, event: Event):
    event.needs_question = "Heb je een dieet?"
    event.save(update_fields=["needs_question"])
    lunch = make_question(event, "Lunch je mee?", "yes_no")
    registration = sign_up(event, needs="Geen noten.")
    path = f"{PEOPLE}{registration.pk}/antwoorden/"
    typed = {**filled_in(organiser, path), f"question_{lunch.pk}": "ja"}
    assert typed["special_needs"] == "Geen noten."
    changing.erase_needs(registration, at=timezone.now())

    refused = organiser.post(path, typed)

    assert refused.status_code == 422
    assert "This person’s answers have changed in the meantime" in refused.content.decode()
    assert not SpecialNeeds.objects.exists()
    typed = {**filled_in(organiser, path), f"question_{lunch.pk}": "ja"}
    assert organiser.post(path, typed).status_code == 303
    assert Answer.objects.get().value is True
    assert not SpecialNeeds.objects.exists()


def test_answers_are_offered_only_as_long_as_there_is_something_to_change(
    organiser: Client, event: Event, noor: Registration
):
    assert "answers" not in offered(organiser, noor)
    question = make_question(event, "Lunch je mee?", "yes_no")
    assert "answers" in offered(organiser, noor)
    event.changes_close_at = event.waiting_closes_at = timezone.now()
    event.save(update_fields=["changes_close_at", "waiting_closes_at"])

    assert "answers" not in offered(organiser, noor)
    late = action(organiser, noor, "answers", **{f"question_{question.pk}": "ja"})
    assert late.status_code == 422
    assert "the time for changes is over" in late.content.decode()


def test_somebody_without_a_link_is_erased_by_an_organiser(organiser: Client, event: Event):
    add(organiser, event, first_name="Aaltje", last_name="Kok", round_1="1a")
    registration = event.registrations.get()

    asked = organiser.get(f"{PEOPLE}{registration.pk}/wissen/")
    assert event.registrations.get().name == "Aaltje Kok"
    assert action(organiser, registration, "erase").status_code == 303
    assert action(organiser, registration, "erase").status_code == 303

    assert "You can’t undo this" in asked.content.decode()
    registration.refresh_from_db()
    event.refresh_from_db()
    assert (registration.name, registration.status, event.taken) == ("", "cancelled", 0)
    assert "Kok" not in page(organiser, registration)
    assert "Sorted as" not in page(organiser, registration)
    assert offered(organiser, registration) == []
    erased = Change.objects.get(what="erased")
    assert erased.who.startswith("organisator")
    assert not Change.objects.exclude(why="").exists()


def test_erasing_an_old_sign_up_takes_no_place_of_the_same_address(organiser: Client, event: Event):
    comes = sign_up(event, email="noor@haarlem.example")
    old = sign_up(event, email="Noor@haarlem.example", confirmed=False)
    holds.free(event.registrations.filter(pk=old.pk), who="x", at=timezone.now())
    assert "erase" not in offered(organiser, old)

    # Nor does a page that was opened before.
    for one in (old, comes):
        refused = action(organiser, one, "erase")
        assert refused.status_code == 422
        assert "has an active sign-up" in refused.content.decode()
    comes.refresh_from_db()
    assert (comes.is_confirmed, comes.erased_at) == (True, None)

    assert action(organiser, comes, "cancel").status_code == 303
    assert action(organiser, old, "erase").status_code == 303
    assert not event.registrations.filter(erased_at=None).exists()


def test_somebody_erased_during_the_event_has_no_name_or_address_to_correct(
    organiser: Client, event: Event
):
    add(organiser, event)
    aaltje = event.registrations.get()
    now = timezone.now()
    times = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=1)}
    Event.objects.filter(pk=event.pk).update(**times)
    action(organiser, aaltje, "erase")

    assert {"name", "address"}.isdisjoint(offered(organiser, aaltje))
    # Nor does a page that was opened before.
    typed = {"first_name": "A", "last_name": "B", "why": "Typefout."}
    assert "This person’s data has been erased." in action(organiser, aaltje, "name", **typed).text
