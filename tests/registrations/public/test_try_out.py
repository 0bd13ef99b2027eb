"""Trying out the sign-up form of a draft: it answers as the real one, and keeps nothing."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client

from program.models import Event
from program.public.preview import token_of
from registrations.models import Registration, StoredMail
from tests.factories import make_event, make_slot

pytestmark = pytest.mark.django_db

PERSON = {
    **{"first_name": "Jan", "last_name": "de Wit", "email": "jan@example.nl"},
    **{"role": "inwoner", "agree": "on", "round_1": "1a", "round_2": ""},
}


@pytest.fixture
def draft() -> Event:
    event = make_event(published=False)
    make_slot(event, "1a")
    return event


def path_of(event: Event) -> str:
    return f"/en/voorbeeld/{token_of(event)}/aanmelden/"


def test_form_of_a_draft_is_tried_and_nothing_is_kept(draft: Event):
    page = Client().get(path_of(draft)).text
    assert "You’re trying out the form." in page
    answer = Client().post(path_of(draft), PERSON)
    assert (answer.status_code, "This sign-up would go through." in answer.text) == (200, True)
    assert not Registration.objects.exists()
    assert not StoredMail.objects.exists()
    assert mail.outbox == []
    draft.refresh_from_db()
    assert draft.taken == 0
    assert not answer.cookies


def test_mistake_is_told_as_at_the_real_sign_up(draft: Event):
    answer = Client().post(path_of(draft), PERSON | {"last_name": "", "round_1": "9z"})
    assert answer.status_code == 422
    assert "Fill in your last name." in answer.text


def test_tables_are_chosen_within_the_trial(draft: Event):
    chosen = Client().get(path_of(draft), {"round_1": "1a", "verder": "1"}).text
    assert f'href="{path_of(draft)}?round_1=1a' in chosen
    again = Client().get(path_of(draft), {"round_1": "1a", "wijzig": "1"}).text
    assert f'action="{path_of(draft)}"' in again


def test_link_that_nobody_gave_opens_nothing(draft: Event):
    assert Client().get("/en/voorbeeld/1.abc/aanmelden/").status_code == 404


def test_preview_leads_to_the_form(draft: Event):
    page = Client().get(f"/en/voorbeeld/{token_of(draft)}/").text
    assert f'href="{path_of(draft)}"' in page
