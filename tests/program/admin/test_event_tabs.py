"""The tabs of an event's pages: each page of the admin about an event is under one of them."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from registrations.mailing import mailings
from registrations.mailing.audience import REGISTERED
from registrations.mailing.mailings import Words
from tests.factories import NOW, make_event, make_organiser, make_registration, make_slot

pytestmark = pytest.mark.django_db


def test_every_page_of_an_event_is_under_its_tab():
    event = make_event(starts_at=NOW.replace(year=2090))
    slot = make_slot(event, "1a")
    person = make_registration(event)
    words = Words("Over", "Hallo")
    mailing = mailings.write(event, words, REGISTERED, who="o", at=NOW)
    client = Client()
    client.force_login(make_organiser(event))
    own, people = f"/en/admin/program/event/{event.pk}", "/en/admin/registrations/registration"

    under = {
        f"{own}/overzicht/": ("page", "Overview"),
        f"{own}/kopie/": ("true", "Day and place"),
        f"{own}/programma/": ("page", "Programme"),
        f"{own}/programma/{slot.session_id}/": ("true", "Programme"),
        f"{own}/programma/themas/": ("true", "Programme"),
        f"{own}/programma/gastheren/": ("true", "Programme"),
        f"{people}/?event__id__exact={event.pk}": ("page", "People"),
        f"{people}/{person.pk}/change/": ("true", "People"),
        f"{people}/{person.pk}/naam/": ("true", "People"),
        f"{own}/mensen/toevoegen/": ("true", "People"),
        f"{own}/gasten/": ("page", "Guests"),
        f"{own}/mail/": ("page", "Mail"),
        f"{own}/mail/nieuw/": ("true", "Mail"),
        f"{own}/mail/{mailing.pk}/": ("true", "Mail"),
        f"{own}/mail/{mailing.pk}/wijzigen/": ("true", "Mail"),
        f"{own}/lijsten/": ("page", "Lists"),
        f"{own}/delen/": ("page", "Share"),
        f"{own}/deur/": ("page", "Door"),
        f"{own}/misgaat/": ("page", "When things go wrong"),
        f"{own}/misgaat/afgelasten/": ("true", "When things go wrong"),
    }
    assert {path: current_of(client, path) for path in under} == under


def current_of(client: Client, path: str) -> tuple[str, str]:
    tabs = re.findall(r'<nav class="event-tabs".*?</nav>', client.get(path).text, re.S)
    ((kind, words),) = re.findall(r'aria-current="(\w+)"\s*>([^<]+)<', "".join(tabs))
    return kind, re.sub(r"^\d&nbsp;", "", words.strip()).strip()


def test_every_event_of_ones_own_is_one_step_away_on_the_same_page():
    event, other, foreign = (make_event(title=title) for title in ("Een", "Twee", "Drie"))
    client = Client()
    user = make_organiser(event)
    other.organisers.add(user)
    client.force_login(user)

    page = client.get(f"/en/admin/program/event/{event.pk}/gasten/").text

    assert f'href="/en/admin/program/event/{other.pk}/gasten/"' in page
    assert f"/event/{foreign.pk}/" not in page
