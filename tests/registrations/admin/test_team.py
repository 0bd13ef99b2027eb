"""The team page: colleagues, hosts and their proposals; and what those who read along see."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from program.models import Event
from program.organisers import event_page, render_page
from registrations.models import Guest, Host, Invitation, Presence, Proposal, StoredMail
from registrations.organising import colleagues, hosts
from tests.factories import (
    NOW,
    make_event,
    make_guest,
    make_host,
    make_organiser,
    make_proposal,
    make_reader,
    make_registration,
    make_slot,
)

pytestmark = pytest.mark.django_db

ELS = "els@gemeente.example"


@pytest.fixture
def event() -> Event:
    soon = timezone.now() + timedelta(days=14)
    event = make_event(title="Avond", needs_question="Wat moeten we weten?", starts_at=soon)
    make_slot(event, "1a")
    make_slot(event, "1b", 2)
    event.sessions.update(text="Was zo.")
    return event


@pytest.fixture
def me(event: Event) -> User:
    return make_organiser(event)


@pytest.fixture
def staff(client: Client, me: User) -> Client:
    client.force_login(me)
    return client


def path(event: Event, rest: str = "team/") -> str:
    return f"/admin/program/event/{event.pk}/{rest}"


def fields(event: Event, **emails: str) -> dict[str, str]:
    """The form as the page shows it, with other addresses by code."""
    form: dict[str, str] = {}
    for speaker in event.speakers.all():
        host = Host.objects.filter(speaker=speaker).first()
        was = host.email if host else ""
        code = speaker.sessions.get().code
        name = f"email_{speaker.pk}"
        form |= {name: emails.get(code, was), f"initial-{name}": was}
    return form


def test_an_organiser_invites_withdraws_and_invites_again(staff, event):
    answer = staff.post(path(event), {"do": "invite", "email": ELS, "role": "door"}, follow=True)

    assert "De uitnodiging is onderweg naar els@gemeente.example." in answer.text
    assert "nog niet aangenomen" in answer.text
    invitation = Invitation.objects.get()
    one = path(event, f"team/uitnodiging/{invitation.pk}/")
    staff.post(one, {"do": "again"})
    assert Invitation.objects.get().secret != invitation.secret
    staff.post(one, {"do": "withdraw"})
    assert not Invitation.objects.exists()


def test_the_page_is_the_same_whether_or_not_the_address_has_an_account(staff, event):
    User.objects.create_user("els", ELS)
    seen = []
    for email in (ELS, "kan@gemeente.example"):
        form = {"do": "invite", "email": email, "role": "reader"}
        seen.append(staff.post(path(event), form, follow=True).text.replace(email, "…"))
        Invitation.objects.get().delete()

    def without_keys(page: str) -> list[str]:
        return [line for line in page.splitlines() if not re.search("csrf|/uitnod|<time", line)]

    assert without_keys(seen[0]) == without_keys(seen[1])


def test_a_wrong_invitation_is_shown_again(staff, event):
    answer = staff.post(path(event), {"do": "invite", "email": "els", "role": ""})

    assert answer.status_code == 422
    assert "Kies wat deze collega doet." in answer.text
    assert 'value="els"' in answer.text
    assert not Invitation.objects.exists()


def test_a_colleague_is_taken_off_and_nobody_takes_themselves_off(staff, event, me):
    other, door = make_organiser(event), User.objects.create_user("deur1", is_staff=True)
    event.door_staff.add(door)

    staff.post(path(event, f"team/collega/{other.pk}/"), {"role": "organiser"})
    staff.post(path(event, f"team/collega/{door.pk}/"), {"role": "door"})
    answer = staff.post(path(event, f"team/collega/{me.pk}/"), {"role": "organiser"}, follow=True)

    assert list(event.organisers.all()) == [me]
    assert not event.door_staff.exists()
    assert "Laat een ander jou weghalen" in answer.text


def test_only_a_colleague_of_the_event_is_taken_off(staff, event):
    """And nothing tells which accounts there are."""
    stranger = make_organiser(make_event())

    for number in (stranger.pk, 999_999):
        one = path(event, f"team/collega/{number}/")
        assert staff.post(one, {"role": "organiser"}).status_code == 404
        assert staff.post(one, {"role": "x"}).status_code == 303


def test_addresses_are_saved_in_one_form_and_new_hosts_mailed(staff, event):
    form = fields(event, **{"1a": "een@buurt.example", "1b": "twee@buurt.example"})

    answer = staff.post(path(event), form | {"do": "save"}, follow=True)
    assert "De adressen zijn opgeslagen." in answer.text
    assert not StoredMail.objects.exists()
    answer = staff.post(path(event), fields(event) | {"do": "mail"}, follow=True)

    assert "Opgeslagen. 2 gastheren krijgen nu mail." in answer.text
    assert {mail.to for mail in StoredMail.objects.all()} == {
        "een@buurt.example",
        "twee@buurt.example",
    }
    assert "mailto:?bcc=een@buurt.example,twee@buurt.example" in answer.text
    staff.post(path(event), fields(event) | {"do": "mail"})
    assert StoredMail.objects.count() == 2


def test_a_wrong_address_saves_nothing_and_keeps_what_was_typed(staff, event):
    form = fields(event, **{"1a": "een@buurt.example", "1b": "twee"})

    answer = staff.post(path(event), form | {"do": "mail"})

    assert answer.status_code == 422
    assert 'value="een@buurt.example"' in answer.text
    assert "Gastheer 1b: " in answer.text
    assert not Host.objects.exists()


def test_two_organisers_keep_each_others_addresses(staff, event):
    mine, theirs = fields(event), fields(event)
    first, second = (f"email_{speaker.pk}" for speaker in event.speakers.order_by("pk"))
    staff.post(path(event), theirs | {first: "een@buurt.example", "do": "save"})

    staff.post(path(event), mine | {second: "twee@buurt.example", "do": "save"})

    assert [host.email for host in Host.objects.order_by("pk")] == [
        "een@buurt.example",
        "twee@buurt.example",
    ]


def test_an_address_stays_as_long_as_its_proposal_waits(staff, event):
    host = make_host(event, "1a")
    hosts.propose(host, None, {"function": "Wethouder"}, at=NOW)

    answer = staff.post(path(event), fields(event, **{"1a": ""}) | {"do": "save"})

    assert answer.status_code == 422
    assert "beantwoord eerst het voorstel" in answer.text
    assert Host.objects.exists()


def test_buttons_of_a_host(staff, event):
    host = make_host(event, "1a")
    one = path(event, f"team/gastheer/{host.pk}/")

    staff.post(one, {"do": "withdraw"})
    assert Host.objects.get().secret == ""
    staff.post(one, {"do": "mail"})
    assert Host.objects.get().secret not in ("", host.secret)
    answer = staff.post(one, {"do": "forget"}, follow=True)
    assert "Deze gastheer staat in het programma." in answer.text
    Host.objects.update(speaker=None)
    staff.post(one, {"do": "forget"})
    assert not Host.objects.exists()


def test_a_link_can_be_withdrawn_as_long_as_it_works(staff, event):
    host = make_host(event, "1a")
    button = f"Trek de link in van {host.name}"
    Host.objects.update(email_refused_at=timezone.now())
    assert button in staff.get(path(event)).text
    Host.objects.update(email_refused_at=None, speaker=None)
    assert button in staff.get(path(event)).text
    Host.objects.update(speaker=host.speaker_id)
    over = timezone.now() - timedelta(hours=1)
    Event.objects.update(starts_at=over - timedelta(hours=2), ends_at=over)
    assert button in staff.get(path(event)).text

    staff.post(path(event, f"team/gastheer/{host.pk}/"), {"do": "withdraw"})
    assert button not in staff.get(path(event)).text


def test_a_host_has_a_language_where_the_event_is_bilingual(staff, event):
    host = make_host(event, "1a")
    assert f"language_{host.speaker_id}" not in staff.get(path(event)).text

    Event.objects.update(bilingual=True)
    assert f"language_{host.speaker_id}" in staff.get(path(event)).text


def test_nobody_is_invited_nor_stored_once_the_addresses_are_erased(staff, event):
    make_host(event, "1a")
    page = staff.get(path(event)).text
    assert 'value="invite"' in page
    assert 'value="save"' in page
    invitation = colleagues.invite(event, ELS, "door", who="o", at=timezone.now())
    form = fields(event, **{"1b": "twee@buurt.example"})
    long_ago = timezone.now() - timedelta(days=60)
    Event.objects.update(starts_at=long_ago, ends_at=long_ago + timedelta(hours=2))

    page = staff.get(path(event)).text
    for button in ("invite", "save", "again"):
        assert f'value="{button}"' not in page
    assert "kan er niemand meer worden uitgenodigd" in " ".join(page.split())
    for rest, sent in (
        ("team/", {"do": "invite", "email": "jan@gemeente.example", "role": "door"}),
        (f"team/uitnodiging/{invitation.pk}/", {"do": "again"}),
        ("team/", form | {"do": "mail"}),
    ):
        answer = staff.post(path(event, rest), sent, follow=True)
        assert "zijn gewist" in answer.text, rest
    assert (Invitation.objects.get().secret, Host.objects.count()) == (invitation.secret, 1)


def test_a_proposal_is_on_the_overview_compared_and_accepted(staff, event):
    host, session = make_host(event, "1a"), event.sessions.get(code="1a")
    text = "Wordt *zo*. <script>alert(1)</script>"
    proposal = make_proposal(host, session, at=NOW, **{"text": text})

    overview = staff.get(path(event, "overzicht/")).text
    assert "1 voorstel van een gastheer wacht op je antwoord." in overview
    one = path(event, f"team/voorstel/{proposal.pk}/")
    assert one in staff.get(path(event)).text
    page = staff.get(one)
    assert "Was zo." in page.text
    assert "Wordt <em>zo</em>." in page.text
    assert "<script>alert" not in page.text

    event.sessions.update(text="Intussen anders.")
    seen = page.context["seen"]
    refused = staff.post(one, {"do": "accept", "seen": seen})
    assert refused.status_code == 422
    assert "Intussen anders." in refused.text
    staff.post(one, {"do": "accept", "seen": refused.context["seen"]})
    session.refresh_from_db()
    assert session.text == text
    assert staff.get(one).status_code == 404
    assert "wacht op je antwoord" not in staff.get(path(event, "overzicht/")).text


def test_declining_leaves_the_programme_alone(staff, event):
    host = make_host(event, "1a")
    proposal = make_proposal(host, None, at=NOW, function="Wethouder")
    one = path(event, f"team/voorstel/{proposal.pk}/")

    staff.post(one, {"do": "decline", "seen": staff.get(one).context["seen"]})

    assert not event.speakers.exclude(function="").exists()
    assert not Proposal.objects.open().exists()


@pytest.mark.parametrize("do", ["accept", "decline"])
def test_a_proposal_that_changed_since_it_was_shown_is_compared_again(staff, event, do):
    host = make_host(event, "1a")
    proposal = make_proposal(host, None, at=NOW, function="Wethouder")
    one = path(event, f"team/voorstel/{proposal.pk}/")
    seen = staff.get(one).context["seen"]
    make_proposal(host, None, at=NOW, function="Koning")

    refused = staff.post(one, {"do": do, "seen": seen})

    assert refused.status_code == 422
    assert "Koning" in refused.text
    assert "Vergelijk opnieuw." in refused.text
    assert Proposal.objects.open().exists()
    assert not event.speakers.exclude(function="").exists()
    staff.post(one, {"do": do, "seen": refused.context["seen"]})
    assert not Proposal.objects.open().exists()


def test_a_proposal_that_went_with_its_host_is_said_to_be_gone(staff, event):
    host = make_host(event, "1a")
    proposal = make_proposal(host, None, at=NOW, function="Wethouder")
    one = path(event, f"team/voorstel/{proposal.pk}/")
    seen = staff.get(one).context["seen"]
    hosts.erase(host, at=NOW)

    answer = staff.post(one, {"do": "accept", "seen": seen}, follow=True)

    assert "Dit voorstel is er niet meer" in answer.text
    assert staff.get(one).status_code == 404


def test_nothing_of_another_event_is_touched(staff, event):
    other = make_event()
    make_slot(other, "1a")
    host = make_host(other, "1a")
    proposal = make_proposal(host, None, at=NOW, function="Wethouder")

    for rest in (f"team/gastheer/{host.pk}/", f"team/voorstel/{proposal.pk}/"):
        assert staff.post(path(event, rest), {"do": "forget"}).status_code == 404
    assert Host.objects.exists()


def test_the_page_takes_as_many_queries_for_one_host_as_for_many(staff, event):
    def queries() -> int:
        staff.get(path(event))
        with CaptureQueriesContext(connection) as found:
            staff.get(path(event))
        return len(found)

    make_host(event, "1a")
    few = queries()
    for number in range(5):
        make_slot(event, f"3{number}")
        make_host(event, f"3{number}", f"h{number}@buurt.example")
        make_organiser(event)
    assert queries() == few


# Those who read along


@pytest.fixture
def reader(client: Client, event: Event) -> Client:
    make_registration(
        event,
        {1: "1a"},
        first_name="Zwijgplicht",
        organisation="Zwijgplicht",
        email="zwijgplicht@buurt.example",
        needs="Vegetarisch",
    )
    make_registration(event, {1: "1a"}, last_name="Zwijgplicht", needs="vegetarisch")
    make_registration(event, last_name="Zwijgplicht", needs="Rolstoel")
    make_guest(event, "Zwijgplicht", "Zwijgplicht", kind=Guest.Kind.PRESS)
    client.force_login(make_reader(event))
    return client


READABLE = ("overzicht/", "lijsten/", *(f"lijsten/{name}/" for name in ("aantallen",)))


def test_readers_see_numbers_and_needs_and_nobodys_name(reader, event):
    shown = {
        rest: reader.get(path(event, rest))
        for rest in (*READABLE, "lijsten/tafelborden/", "lijsten/zonder-namen/")
    }

    assert {rest: answer.status_code for rest, answer in shown.items()} == dict.fromkeys(shown, 200)
    for rest, answer in shown.items():
        assert "wijgplicht" not in answer.text, rest
    needs = " ".join(shown["lijsten/zonder-namen/"].text.split())
    assert '<bdi>Vegetarisch</bdi></th> <td class="at">2</td>' in needs
    assert '<bdi>Rolstoel</bdi></th> <td class="at">1</td>' in needs
    assert "3 mensen zijn aangemeld." in shown["overzicht/"].text


def test_pages_for_readers_lead_to_no_page_that_is_closed_to_them(reader, event):
    """Neither while it is on nor when it is over, with somebody in and somebody missing."""
    person = event.registrations.first()
    presence = Presence.objects.create(
        event=event, registration=person, present=True, at=timezone.now()
    )
    for starts_at in (timezone.now() + timedelta(days=1), timezone.now() - timedelta(days=2)):
        ends_at = starts_at + timedelta(hours=2)
        Event.objects.update(starts_at=starts_at, ends_at=ends_at)
        Presence.objects.filter(pk=presence.pk).update(at=starts_at)
        to_see, seen = {path(event, "overzicht/")}, set()
        while to_see:
            link = to_see.pop()
            seen.add(link)
            page = reader.get(link)
            assert page.status_code in (200, 302), link
            if page.status_code == 200 and page["Content-Type"].startswith("text/html"):
                assert "wijgplicht" not in page.text, link
                found = set(re.findall(r'href="(/[^"#]*)', page.text))
                to_see |= {html.unescape(one) for one in found if one.startswith("/admin/")} - seen
            elif link.endswith("/bestand/"):
                assert b"wijgplicht" not in b"".join(page)
        assert path(event, "lijsten/") in seen
    assert path(event, "samenvatting/bestand/") in seen


def test_a_page_knows_its_reader_also_if_it_fetches_the_event_anew(reader, event, rf):
    def view(request: HttpRequest, event: Event) -> HttpResponse:
        again = Event.objects.select_related("venue").get(pk=event.pk)
        return render_page(request, "admin/event_page.html", again, "Pagina")

    def shown(user: User) -> str:
        request = rf.get(path(event, "overzicht/"))
        request.user, request.session = user, {}
        page = event_page(view, readers=True)(request, pk=event.pk)
        assert isinstance(page, HttpResponse)
        return page.content.decode()

    assert path(event) in shown(make_organiser(event))
    assert path(event) not in shown(event.readers.get())
    assert path(event, "lijsten/") in shown(event.readers.get())


def test_readers_send_nothing(reader, event):
    for rest in (*READABLE, "team/", "gasten/"):
        assert reader.post(path(event, rest), {"file": "csv"}).status_code in (403, 404), rest
    for name in ("deelnemers", "badges", "bijzonderheden", "tafels"):
        assert reader.get(path(event, f"lijsten/{name}/")).status_code == 404


def test_a_reader_without_the_group_reads_nothing(reader, event):
    event.readers.get().groups.clear()

    assert reader.get(path(event, "overzicht/")).status_code == 404


def test_readers_start_with_their_events(reader, event):
    start = reader.get("/admin/")

    assert path(event, "overzicht/") in start.text
    assert "wijgplicht" not in start.text
