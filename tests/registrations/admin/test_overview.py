from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from program.models import Event
from registrations.booking import changing
from registrations.models import Registration, StoredMail
from registrations.privacy import erasure
from tests.factories import (
    NOW,
    make_crowd,
    make_event,
    make_guest,
    make_organiser,
    make_question,
    make_registration,
    make_slot,
)
from tests.mailed import DONE
from tests.registrations.door.tapping import make_pass, send, tap

pytestmark = pytest.mark.django_db


def page(event: Event) -> str:
    """In English: its words are those of the code."""
    with translation.override("en"):
        return reverse("admin:event-overview", args=[event.pk])


def organiser_of(*events: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(*events))
    return client


def full_event() -> Event:
    event = make_event(capacity=10_000)
    for code, round_number in (("1a", 1), ("1b", 1), ("1a", 2), ("2", 2)):
        make_slot(event, code, round_number, seats=4000)
    make_question(event, "Eet je mee?", "yes_no")
    return event


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_overview_says_the_figures_first():
    event = make_event(capacity=2)
    make_slot(event, "1a", seats=4)
    make_registration(event, {1: "1a"}, role="student", organisation="Gemeente Oss")
    make_registration(event)
    make_registration(event, waiting_too=True)

    shown = words(organiser_of(event).get(page(event)).text)

    assert "2 of 2 places 0 places left 1 waits 2 people are registered." in shown
    assert "1 person has no table yet." in shown
    assert "Round 1: 1 of 4 seats taken free" in shown
    assert "Table Seats Taken Reserved Free Waiting 1a Gesprek 1a 4 1 0 3 0" in shown
    assert "student" in shown
    assert "Gemeente Oss" in shown


def test_each_plot_has_its_numbers_as_a_table():
    event = full_event()
    make_crowd(event, 3)

    html = organiser_of(event).get(page(event)).text

    plots = re.findall(r'<title id="plot-\d+">([^<]+)</title>', html)
    tables = re.findall(r'visually-hidden">: ([^<]+)<', html)
    assert plots == tables
    assert len(plots) == 7


def test_places_of_every_kind_and_the_waiting_list_are_one_plot():
    event = make_event(capacity=6)
    make_registration(event)
    make_registration(event)
    make_registration(event, confirmed=False)
    make_guest(event, holds_place=True)
    Event.objects.update(taken=4)

    shown = words(organiser_of(event).get(page(event)).text)

    assert "The numbers : 4 of 6 places What People registered 2 guests with a place 1" in shown
    assert "not confirmed yet 1 free 2" in shown


def test_an_empty_event_has_an_overview_too():
    event = make_event(rounds=0)

    response = organiser_of(event).get(page(event))

    assert response.status_code == 200
    assert "0 of 100 places" in words(response.text)


def test_what_needs_attention_links_to_where_it_is_mended():
    event = make_event(capacity=3)
    make_registration(event, confirmed=False)
    make_registration(event)
    Registration.objects.confirmed().update(email_refused_at=event.starts_at)
    StoredMail.objects.filter(kind="registered").update(failed_at=event.starts_at, **DONE)
    StoredMail.objects.filter(kind="holds").update(
        failed_at=event.starts_at, error="stopped", **DONE
    )
    client = organiser_of(event)

    html = client.get(page(event)).text

    (attention,) = re.findall(r'<section class="attention".*?</section>', html, re.S)
    links = dict(re.findall(r'href="([^"]+)">\s*([^<]+?)\s*<', attention))
    assert len(links) >= 3
    (unreached,) = (link for link in links if "registration/" in link)
    listed = client.get(unreached.replace("&amp;", "&")).context["cl"].result_list
    assert [row.is_confirmed for row in listed] == [True]  # and not the other one
    assert {client.get(link.replace("&amp;", "&")).status_code for link in links} == {200}
    assert "1 of 3" in words(attention)
    assert "1 person did not get our mail" in words(attention)
    assert "1 mail failed" in words(attention)


def test_a_figure_that_links_to_a_list_counts_the_people_on_it():
    event = make_event(capacity=5)
    make_slot(event, "1a", seats=4)
    make_registration(event)
    make_registration(event, confirmed=False)
    changing.cancel(make_registration(event), at=NOW)
    changing.cancel(make_registration(event, confirmed=False), at=NOW)
    extra = make_registration(event)
    Registration.objects.filter(pk=extra.pk).update(extra=True, holds_place=False, origin="door")
    Event.objects.update(capacity=3)
    make_registration(event, waiting_too=True, confirmed=False)
    client = organiser_of(event)

    html = client.get(page(event)).text

    (sentences,) = re.findall(r'<ul class="sentences".*?</ul>', html, re.S)
    links = re.findall(r'href="([^"]+)">\s*(\d+)', sentences)
    listed = [
        client.get(link.replace("&amp;", "&")).context["cl"].result_count for link, _count in links
    ]
    assert listed == [int(count) for _link, count in links]
    assert len(links) == 3
    assert "1 person is registered." in words(sentences)  # the extra is told of apart


def test_what_needs_attention_leads_to_a_list_of_just_that():
    event = make_event()
    make_registration(event)
    changing.cancel(make_registration(event), at=NOW)
    Registration.objects.update(email_refused_at=NOW)
    StoredMail.objects.filter(kind="confirm").update(sent_at=NOW, **DONE)
    StoredMail.objects.filter(kind="registered").update(failed_at=NOW, error="554", **DONE)
    StoredMail.objects.filter(kind="cancelled").update(failed_at=NOW, error="stopped", **DONE)
    for hours in (0, 2):
        new = make_registration(event, confirmed=False)
        new.mails.update(send_after=timezone.now() - timedelta(hours=hours))
    client = organiser_of(event)

    html = client.get(page(event)).text

    (attention,) = re.findall(r'<section class="attention".*?</section>', html, re.S)
    links = re.findall(r'href="([^"]+__exact=[^"]+)">\s*(\d+)', attention)
    listed = [
        client.get(link.replace("&amp;", "&")).context["cl"].result_count for link, _count in links
    ]
    assert listed == [int(count) for _link, count in links]
    assert len(links) == 3


def test_overview_is_of_ones_own_events_only():
    event = make_event()
    client = organiser_of(make_event())

    assert client.get(page(event)).status_code == 404
    assert Client().get(page(event)).status_code == 302
    assert organiser_of(event).post(page(event)).status_code == 405


def test_overview_has_nothing_inline():
    event = full_event()
    make_crowd(event, 5)

    html = organiser_of(event).get(page(event)).text

    assert re.findall(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=", html) == []


def test_overview_says_when_names_are_erased():
    event = make_event(starts_at=timezone.now() + timedelta(days=5), retention_days=10)
    client = organiser_of(event)
    until = event.ends_at + timedelta(days=10)
    with translation.override("en"):
        day = date_format(timezone.localdate(until))

    assert f"are erased on {day}" in words(client.get(page(event)).text)

    Event.objects.update(starts_at=NOW - timedelta(days=90), ends_at=NOW - timedelta(days=80))
    assert "were erased on" in words(client.get(page(event)).text)


def test_those_who_did_not_come_are_listed_in_all_and_per_table():
    event = make_event()
    table = make_slot(event, "1a")
    make_slot(event, "2a", 2)
    came = make_registration(event, {1: "1a", 2: "2a"})
    make_registration(event, {1: "1a"})
    make_registration(event, {1: "1a"})
    make_registration(event)
    changing.cancel(make_registration(event, {1: "1a"}), at=NOW)
    make_registration(make_event())
    client = organiser_of(event)
    assert "no-show" not in client.get(page(event)).text

    send(make_pass(event), tap("in", came))
    html = client.get(page(event)).text

    assert "3 of 4 people are not in. See who signed up and did not come" in words(html)
    links = [
        link.replace("&amp;", "&")
        for link in re.findall(r'href="([^"]+special=no-show[^"]*)"', html)
    ]
    listed = [client.get(link).context["cl"].result_count for link in links]
    assert [link.partition("table=")[2] for link in links] == ["", str(table.pk)]
    assert listed == [3, 2]


def test_an_event_in_the_archive_promises_no_answers():
    event = make_event()
    why = make_question(event, "Waarom kom je?")
    make_registration(event, answers={why.pk: "Voor mijn wijk"})
    client = organiser_of(event)
    assert "you find it in the export" in client.get(page(event)).text

    past = NOW - timedelta(days=90)
    Event.objects.update(starts_at=past, ends_at=past + timedelta(hours=4))
    erasure.erase_due(timezone.now())

    html = client.get(page(event)).text
    assert "you find it in the export" not in html
    assert "1 person is registered." in words(html)
