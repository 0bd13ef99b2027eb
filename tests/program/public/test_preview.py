"""The link to a draft: alive until it is published, and of no use for anything else."""

from __future__ import annotations

import pytest
from django.test import Client

from eventsite.logs import cut_secrets
from program.models import Event
from program.public.preview import preview_url
from tests.factories import make_event, make_organiser, make_slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> Event:
    event = make_event(published=False, title="Geheim plan")
    make_slot(event, "1a")
    make_slot(event, "1b")
    return event


def test_draft_is_invisible_but_by_its_link(client: Client, draft: Event):
    for path in ("", "tafelsessie/1a/", "agenda.ics", "programma.json", "aanmelden/"):
        assert client.get(f"/{draft.slug}/{path}").status_code == 404
    assert b"Geheim plan" not in client.get("/").content + client.get("/sitemap.xml").content
    assert b"Geheim plan" in client.get(preview_url(draft)).content


def test_preview_says_so_and_leads_nowhere_that_is_closed(client: Client, draft: Event):
    link = preview_url(draft)
    for path in (link, f"{link}tafelsessie/1a/"):
        page = client.get(path).content.decode()
        assert "voorbeeld" in page.lower()
        assert f'href="/{draft.slug}/' not in page
        assert f"/{draft.slug}/aanmelden/" not in page
        assert "data-save=" not in page
    assert f'href="{link}tafelsessie/1b/"' in client.get(f"{link}tafelsessie/1a/").content.decode()
    assert client.get(f"{link}tafelsessie/9/").status_code == 404


def test_preview_is_kept_nowhere_and_sets_no_cookie(client: Client, draft: Event):
    response = client.get(preview_url(draft))
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"
    assert not response.cookies
    assert "ld+json" not in response.content.decode()
    assert 'rel="canonical"' not in response.content.decode()


def test_preview_in_english_has_the_same_key(client: Client, draft: Event):
    link = preview_url(draft)
    assert f'href="/en{link}"' in client.get(link).content.decode()
    assert client.get(f"/en{link}").status_code == 200


def test_preview_leads_to_the_event_once_it_is_published(client: Client, draft: Event):
    link = preview_url(draft)
    Event.objects.update(published=True)
    assert client.get(link)["Location"] == f"/{draft.slug}/"
    session = client.get(f"{link}tafelsessie/1a/")
    assert session["Location"] == f"/{draft.slug}/tafelsessie/1a/"


def test_no_other_key_opens_a_draft(client: Client, draft: Event):
    link = preview_url(draft)
    other = make_event(published=False)
    wrong = [
        link[:-2] + ("a/" if link[-2] != "a" else "b/"),
        f"/voorbeeld/{draft.pk}/",
        link.replace(f"/{draft.pk}.", f"/{other.pk}."),
    ]
    assert [client.get(path).status_code for path in wrong] == [404, 404, 404]


def test_preview_link_stays_out_of_the_log(draft: Event):
    line = f'"GET /en{preview_url(draft)}tafelsessie/1a/ HTTP/1.1" 200'
    assert cut_secrets(line) == '"GET /en/voorbeeld/[cut]/tafelsessie/1a/ HTTP/1.1" 200'


def test_organiser_finds_the_link_on_the_page_of_the_event(client: Client, draft: Event):
    client.force_login(make_organiser(draft))
    page = client.get(f"/admin/program/event/{draft.pk}/dag/").content.decode()
    assert f'href="{preview_url(draft)}"' in page
    session = draft.sessions.get(code="1a")
    path = f"/admin/program/event/{draft.pk}/programma/{session.pk}/"
    page = client.get(path).content.decode()
    assert f'href="{preview_url(draft)}tafelsessie/1a/"' in page
    Event.objects.update(published=True)
    page = client.get(f"/admin/program/event/{draft.pk}/dag/").content.decode()
    assert "/voorbeeld/" not in page
