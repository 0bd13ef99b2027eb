"""The page of a host: their day, who comes, what they propose, and nothing of anybody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from program.models import Event
from registrations.models import Change, Host, Proposal, StoredMail
from registrations.organising import calling_off, hosts
from registrations.privacy.download import HOST_COLUMNS
from registrations.queries.tokens import host_token_of
from tests.factories import make_event, make_host, make_registration, make_slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    event = make_event(starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a", 1, location="Raadzaal, tafel 7")
    make_slot(event, "1b", 2)
    event.sessions.update(text="Was zo.")
    make_registration(
        event, {1: "1a"}, first_name="Zichtbare", organisation="Buurtkiep", listed=True
    )
    make_registration(event, {1: "1a"}, last_name="Verborgen", organisation="Zwijgplicht")
    make_registration(event, {1: "1a"}, last_name="Onbevestigd", listed=True, confirmed=False)
    make_registration(event, {2: "1b"}, first_name="Elders", listed=True)
    return event


@pytest.fixture
def host(event: Event) -> Host:
    return make_host(event, "1a")


def page(host: Host, rest: str = "") -> str:
    return f"/gastheer/{host_token_of(host)}/{rest}"


def test_a_host_sees_their_day_and_those_who_agreed_to_be_seen(client, host):
    answer = client.get(page(host))

    text = " ".join(answer.text.split())
    for seen in ("Raadzaal, tafel 7", "Gesprek 1a", "Zichtbare van der Meulen", "Buurtkiep"):
        assert seen in text, seen
    assert "Mensen die komen: 2. Plekken: 10." in text
    assert "En nog 1 persoon, die de naam liever niet laat zien." in text
    for hidden in ("Verborgen", "Zwijgplicht", "Onbevestigd", "Elders", "Gesprek 1b"):
        assert hidden not in text, hidden
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"
    assert "noindex" in answer["X-Robots-Tag"]


def test_the_page_is_in_english_too(client, host):
    assert "you host a table" in client.get(f"/en{page(host)}").text


def test_opening_pages_changes_nothing(client, host):
    def rows() -> list[object]:
        models = (Host, Proposal, Change, StoredMail)
        return [list(model.objects.order_by("pk").values()) for model in models]

    before = rows()
    for rest in ("", "voorstel/", "voorstel/1a/", "wissen/", "gegevens.json"):
        assert client.get(page(host, rest)).status_code == 200
        assert client.head(page(host, rest)).status_code == 200
    assert rows() == before


def test_a_host_proposes_english_where_the_event_is_bilingual(client, event, host):
    assert "text_en" not in client.get(page(host, "voorstel/1a/")).text

    Event.objects.update(bilingual=True)
    assert "text_en" in client.get(page(host, "voorstel/1a/")).text


def test_a_link_that_was_changed_or_withdrawn_opens_nothing(client, host):
    token = host_token_of(host)
    others = [token[:-1] + ("A" if token[-1] != "A" else "B"), host.secret, "x"]
    assert [client.get(f"/gastheer/{each}/").status_code for each in others] == [404] * 3

    hosts.withdraw_link(host, who="olga", at=timezone.now())
    answer = client.get(page(host))
    assert answer.status_code == 404
    assert "Deze link werkt niet meer" in answer.text
    assert answer["X-Request-ID"] in answer.text


def test_a_proposal_changes_nothing_public(client, event, host):
    public = f"/{event.slug}/tafelsessie/1a/"
    answer = client.post(page(host, "voorstel/1a/"), {"text": "Wordt\r\n\r\nzo."})

    assert (answer.status_code, answer.url) == (303, f"{page(host)}?klaar=voorstel")
    assert Proposal.objects.get().values["text"] == "Wordt\n\nzo."
    shown = client.get(answer.url).text
    assert "Je voorstel ligt bij de organisatoren." in shown
    assert "De organisatoren hebben nog niet geantwoord." in shown
    for path in (public, f"/{event.slug}/", f"/{event.slug}/programma.json"):
        assert "Wordt" not in client.get(path).text
    assert "Wordt" in client.get(page(host, "voorstel/1a/")).text

    proposal = Proposal.objects.get()
    seen = hosts.fingerprint(proposal)
    hosts.accept(proposal, seen=seen, who="olga", at=timezone.now())
    assert "Wordt" in client.get(public).text
    assert "namen je voorstel over" in client.get(page(host)).text


def test_markup_in_a_proposal_is_text_on_every_page(client, event, host):
    client.post(page(host, "voorstel/1a/"), {"text": "<script>alert(1)</script> [x](javascript:1)"})
    proposal = Proposal.objects.get()
    seen = hosts.fingerprint(proposal)
    hosts.accept(proposal, seen=seen, who="olga", at=timezone.now())

    for path in (page(host), f"/{event.slug}/tafelsessie/1a/"):
        shown = client.get(path).text
        assert "<script>alert" not in shown
        assert 'href="javascript' not in shown


def test_a_wrong_proposal_is_shown_again_with_what_was_typed(client, host):
    answer = client.post(page(host, "voorstel/"), {"function": "f" * 201, "organisation": "Buurt"})

    assert answer.status_code == 422
    assert "Functie: " in answer.text
    assert 'value="Buurt"' in answer.text
    assert not Proposal.objects.exists()


def test_the_same_words_are_no_proposal(client, host):
    answer = client.post(page(host, "voorstel/1a/"), {"text": "  Was zo.\r\n"})

    assert answer.url == f"{page(host)}?klaar=gelijk"
    assert not Proposal.objects.exists()


def test_nobody_proposes_for_a_session_of_another(client, host):
    assert client.get(page(host, "voorstel/1b/")).status_code == 404
    assert client.post(page(host, "voorstel/1b/"), {"text": "x"}).status_code == 404
    assert not Proposal.objects.exists()


def test_no_other_site_proposes(host):
    elsewhere = Client(headers={"Sec-Fetch-Site": "cross-site"})

    assert elsewhere.post(page(host, "voorstel/1a/"), {"text": "x"}).status_code == 403
    assert elsewhere.post(page(host, "wissen/")).status_code == 403
    assert Host.objects.exists()
    assert not Proposal.objects.exists()


def test_a_host_reads_and_erases_all_that_is_kept(client, event, host):
    client.post(page(host, "voorstel/"), {"function": "Wethouder"})
    told = client.get(page(host, "gegevens.json")).json()
    assert set(told) == {*HOST_COLUMNS, "event", "proposals", "mail", "kept_until"}
    personal = {"secret", "told", "speaker", "event", "id"}
    assert {field.name for field in Host._meta.concrete_fields} == personal | {*HOST_COLUMNS}
    text = client.get(page(host)).text
    assert host.email in text
    assert "Wethouder" in text

    gone = client.post(page(host, "wissen/"))

    assert "Je adres is gewist" in gone.text
    assert client.get(page(host)).status_code == 404
    assert not Host.objects.exists()
    assert not StoredMail.objects.filter(kind="host").exists()
    assert event.speakers.filter(name=host.name).exists()


def test_called_off_the_page_tells_so_and_names_nobody(client, event, host):
    calling_off.call_off(event, why="De zaal is niet vrij.", who="olga", at=timezone.now())

    text = client.get(page(host)).text
    assert "De zaal is niet vrij." in text
    assert "Zichtbare" not in text
    assert "voorstel/" not in text
    assert client.post(page(host, "voorstel/1a/"), {"text": "x"}).status_code == 422
    assert client.get(page(host, "voorstel/1a/")).status_code == 303


def test_after_the_day_there_are_numbers_and_no_names(client, event, host):
    began = timezone.now() - timedelta(days=1)
    Event.objects.filter(pk=event.pk).update(
        starts_at=began, ends_at=began + timedelta(hours=4), signup_closes_at=None
    )

    text = client.get(page(host)).text
    assert "2 mensen hadden een plek." in text
    assert "Zichtbare" not in text
    assert "Stel een andere tekst voor" not in text


def test_a_host_who_left_the_programme_sees_no_table(client, event, host):
    event.speakers.filter(pk=host.speaker_id).delete()

    text = client.get(page(host)).text
    assert "je hebt op dit moment geen tafel" in text
    assert "Zichtbare" not in text
    assert client.get(page(host, "voorstel/1a/")).status_code == 404


def test_a_draft_is_shown_without_links_to_pages_that_nobody_can_open(client, event, host):
    Event.objects.filter(pk=event.pk).update(published=False)

    text = client.get(page(host)).text
    assert "nog niet openbaar" in text
    assert f'href="/{event.slug}/' not in text


def test_many_people_take_no_more_queries(client, event, host):
    def queries() -> int:
        client.get(page(host))
        with CaptureQueriesContext(connection) as found:
            client.get(page(host))
        return len(found)

    few = queries()
    for number in range(5):
        make_registration(event, {1: "1a"}, first_name=f"Kim{'abcde'[number]}", listed=True)
    assert queries() == few
