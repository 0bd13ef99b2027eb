"""What organisers do for people by hand: move several, give extras, correct details."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from program.models import Event
from registrations.booking import changing
from registrations.door import rows
from registrations.models import Registration, StoredMail
from registrations.queries.tables import codes
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_guest, make_organiser, make_registration, make_slot
from tests.program.admin.filling_in import Form, filled_in

pytestmark = pytest.mark.django_db
PEOPLE = "/en/admin/registrations/registration/"


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    event = make_event(capacity=3, starts_at=timezone.now() + timedelta(days=10))
    for code, seats in (("1a", 4), ("1b", 2)):
        make_slot(event, code, seats=seats)
    return event


@pytest.fixture
def organiser(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


@pytest.fixture
def people(event: Event) -> list[Registration]:
    names = ("Anna", "Bram", "Cor")
    return [sign_up(event, {1: "1a"}, first_name=name) for name in names]


def sign_up(event: Event, *tables: Any, **person: Any) -> Registration:
    return make_registration(event, *tables, at=timezone.now(), **person)


def move(client: Client, people: list[Registration], **typed: object) -> Any:
    chosen = {"action": "move_people", "_selected_action": [one.pk for one in people]}
    return client.post(PEOPLE, {**chosen, **typed})


def table(event: Event, code: str) -> int:
    return event.slots.get(session__code=code).pk


# Moving


def test_first_it_asks_to_which_table(organiser, event, people):
    page = move(organiser, people[:2])

    assert page.status_code == 200
    assert "You chose 2 people." in page.content.decode()


def test_then_it_shows_who_moves_and_then_they_do(organiser, event, people):
    seen = move(organiser, people[:2], table=table(event, "1b"), mail="on")
    text = seen.content.decode()

    assert "2 people move to 1b Gesprek 1b, Round 1." in text
    assert "leaves 1a Gesprek 1a" in text
    assert codes(people[0]) == {"1": "1a"}, "not yet"
    StoredMail.objects.all().delete()
    values = {**Form(text).values, "_selected_action": [one.pk for one in people[:2]]}
    assert organiser.post(PEOPLE, values).status_code == 302
    assert [codes(one) for one in people] == [{"1": "1b"}, {"1": "1b"}, {"1": "1a"}]
    assert StoredMail.objects.filter(kind="tables").count() == 2


def test_too_few_seats_are_told_and_nobody_moves(organiser, event, people):
    page = move(organiser, people, table=table(event, "1b"), mail="on")

    assert page.status_code == 422
    assert "has 2 free seats. You need 3." in page.content.decode()
    assert [codes(one) for one in people] == [{"1": "1a"}] * 3


def test_what_changed_meanwhile_moves_nobody(organiser, event, people):
    seen = move(organiser, people[:2], table=table(event, "1b"), mail="on")
    changing.change_tables(people[0], {}, at=timezone.now())
    values = Form(seen.content.decode()).values

    answer = organiser.post(PEOPLE, {**values, "_selected_action": [one.pk for one in people[:2]]})

    assert answer.status_code == 422
    assert codes(people[1]) == {"1": "1a"}


def test_people_of_two_events_are_not_moved_at_once(organiser, event, people):
    other = make_event(starts_at=timezone.now() + timedelta(days=10))
    other.organisers.set(event.organisers.all())

    answer = move(organiser, [*people, sign_up(other)])

    assert answer.status_code == 302
    page = organiser.get(PEOPLE).content.decode()
    assert "Choose people of one event: each has its own tables." in page


def test_people_of_others_are_not_moved(organiser, event):
    other = make_event(starts_at=timezone.now() + timedelta(days=10))
    make_slot(other, "1a")
    stranger = sign_up(other)

    move(organiser, [stranger], table=table(other, "1a"), seen="x")

    assert codes(stranger) == {}


# Details


def test_details_are_filled_in_on_one_page(organiser, event, people):
    path = f"{PEOPLE}{people[0].pk}/gegevens/"
    typed = {"organisation": "Oss", "role": "student", "phone": "06 1234", "note": "Later"}

    assert organiser.post(path, filled_in(organiser, path) | typed).status_code == 303

    page = organiser.get(f"{PEOPLE}{people[0].pk}/change/").content.decode()
    for text in ("Oss", "student", "06 1234", "Later"):
        assert text in page


def test_the_person_reads_what_is_kept_but_door_lists_do_not_have_it(organiser, event, people):
    noor = people[0]
    Registration.objects.filter(pk=noor.pk).update(phone="06 1234", note="Komt later")

    mine = Client().get(f"/en/aanmelding/{token_of(noor)}/gegevens/").content.decode()
    door = str(list(rows.rows(event, since=0)))

    assert "06 1234" in mine
    assert "Komt later" in mine
    assert "06 1234" not in door
    assert "Komt later" not in door


def test_a_phone_number_leaves_in_an_export_only_if_chosen_and_a_note_never(organiser, event):
    noor = sign_up(event)
    Registration.objects.filter(pk=noor.pk).update(phone="06 1234", note="Komt later")
    path = f"/en/admin/program/event/{event.pk}/lijsten/"

    def export(*columns: str) -> str:
        typed = {"statuses": ["confirmed"], "columns": columns, "file": "csv"}
        return b"".join(organiser.post(path, typed)).decode()

    form = organiser.get(path).context["form"]
    every = [key for key, _name in form.fields["columns"].choices]
    assert "phone" not in form.fields["columns"].initial
    assert "06 1234" not in export(*form.fields["columns"].initial)
    assert "06 1234" in export(*every)
    assert "Komt later" not in export(*every)


# Extras


def test_somebody_who_waits_is_offered_an_extra_only_when_it_is_full(organiser, event, people):
    waits = sign_up(event, waiting_too=True)

    answer = organiser.post(f"{PEOPLE}{waits.pk}/extra/", {"why": "De burgemeester."})

    assert answer.status_code == 303
    page = organiser.get(f"{PEOPLE}{waits.pk}/change/").content.decode()
    assert "Has had an extra place, on top of those of the event" in page
    other = organiser.get(f"{PEOPLE}{people[0].pk}/change/")
    assert "extra" not in [one.name for one in other.context["actions"]]
    found = organiser.get(f"{PEOPLE}?special=extra").context["cl"].queryset
    assert list(found) == [waits]


def add(client: Client, event: Event, **typed: Any) -> Any:
    form = {"first_name": "Aaltje", "last_name": "Kok", "language": "nl", "why": "Belde op."}
    return client.post(f"/en/admin/program/event/{event.pk}/mensen/toevoegen/", {**form, **typed})


def test_somebody_who_phones_for_a_full_event_can_get_an_extra(organiser, event, people):
    add(organiser, event, waiting="on", extra="on", phone="06 5678", round_1="1a")

    aaltje = event.registrations.get(first_name="Aaltje")
    assert (aaltje.status, aaltje.extra, aaltje.phone) == ("confirmed", True, "06 5678")
    assert codes(aaltje) == {"1": "1a"}


def test_an_extra_is_offered_too_once_the_waiting_list_has_closed(organiser, event, people):
    Event.objects.update(waiting_closes_at=timezone.now() - timedelta(minutes=1))

    add(organiser, event, extra="on")

    assert event.registrations.get(first_name="Aaltje").extra is True


def test_without_the_tick_they_join_the_waiting_list(organiser, event, people):
    add(organiser, event, waiting="on")

    assert event.registrations.get(first_name="Aaltje").is_waiting


def test_with_places_left_no_extra_is_offered(organiser, event):
    page = organiser.get(f"/en/admin/program/event/{event.pk}/mensen/toevoegen/").content.decode()

    assert 'name="extra"' not in page


# One list to look in


def test_who_is_looked_for_is_found_among_the_guests_too(organiser, event, people):
    guest = make_guest(event, "Ria", "Smolders")

    found = organiser.get(f"{PEOPLE}?q=smolders").content.decode()

    assert f"/en/admin/program/event/{event.pk}/gasten/{guest.pk}/" in found
    assert "Smolders" not in organiser.get(f"{PEOPLE}?q=anna").content.decode()
