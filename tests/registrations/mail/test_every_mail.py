"""What is true of every mail there is: its first words, its lines, its links, its colours."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import chain
from typing import Any

import html5lib
import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from program.models import Event, TableSession
from registrations.booking import changing, drawing, holds, signup
from registrations.mail import mails, staff_mail, strangers
from registrations.mail.envelope import WrittenMail
from registrations.mail.text import WIDTH, first_sentences, wrapped
from registrations.mailing import mailings
from registrations.mailing.audience import REGISTERED
from registrations.models import Registration, StoredMail
from registrations.organising import (
    by_hand,
    calling_off,
    colleagues,
    corrections,
    digests,
    dropping,
    hosts,
)
from registrations.organising.hosts import Contact
from tests.eventsite.test_look import tokens
from tests.factories import (
    NOW,
    make_event,
    make_organiser,
    make_person,
    make_registration,
    make_slot,
)
from tests.mailed import OWN_PICTURE, message_of, words_of
from tests.registrations.organising.test_rescheduled import change

HOUR = timedelta(hours=1)
WHO: dict[str, Any] = {"who": "organisator", "at": NOW}
BY_HAND: dict[str, Any] = WHO | {"why": "per telefoon"}
SESSIONS = {
    "1a": ("Breda Begroot: inwoners beslissen mee over geld voor de wijk", "Breda Decides"),
    "2a": ("Buurtbedrijven en wat een gemeente daarvoor kan doen", "Community businesses"),
    "2b": ("Van klagen naar doen", "From complaining to doing"),
    "5a": ("Dorpen aan zet", "Villages take the lead"),
}
TITLES = {title for both in SESSIONS.values() for title in both}
MESSAGE = """\
Beste {voornaam},

Morgen is het zover. Dit zijn je tafels:

{tafels}

1. Neem een vriend of een vriendin mee die graag meepraat over de toekomst van de wijk.
2. Kijk vooraf [de video](https://video.example/over-de-wijken-van-de-stad-en-wat-daar-gebeurt/123)

[Mijn dag]({link})
"""


def an_event(**fields: Any) -> Event:
    """Four tables, two of them with one seat; titles as long as real ones."""
    fields = {
        "title": "Werken in de wijk",
        "title_en": "Working in the neighbourhood",
        "notice": "Er worden foto’s gemaakt. Wil je niet op de foto? Zeg het bij de deur.",
        "notice_en": "There will be photos. Would you rather not be in them? Say so at the door.",
    } | fields
    event = make_event(**fields)
    for code, number, seats in (("1a", 1, 1), ("2a", 1, 5), ("2b", 2, 1), ("5a", 2, 5)):
        make_slot(event, code, number, seats=seats, location="Burgerzaal, tafel 9")
    for code, (title, title_en) in SESSIONS.items():
        session = TableSession.objects.filter(event=event, code=code)
        session.update(title=title, title_en=title_en)
    return event


def full(event: Event, language: str) -> Registration:
    """Somebody who has the only place."""
    Event.objects.filter(pk=event.pk).update(capacity=1)
    event.refresh_from_db()
    return make_registration(event, {1: "1a", 2: "2b"}, language=language)


def newest(kind: str) -> StoredMail:
    return StoredMail.objects.filter(kind=kind).latest("pk")


def every_mail(language: str) -> Iterator[tuple[str, StoredMail]]:
    """A mail of each kind, and of each other turn that it takes, with what it is about."""
    event = an_event()
    full_1a = make_registration(event, {1: "1a", 2: "2b"}, language=language)
    pending = make_registration(
        event, {1: "2a"}, waitlists={1: ["1a"]}, confirmed=False, language=language
    )
    strangers.answer(NOW)
    yield "confirm", newest("confirm")
    noor = signup.confirm(pending, at=NOW)
    yield "registered, waiting for a table", newest("registered")
    make_registration(event, {}, email=noor.email, confirmed=False, language=language)
    strangers.answer(NOW)
    yield "already", newest("already")
    strangers.ask_link(event, noor.email, language=language, at=NOW)
    strangers.answer(NOW)
    yield "link", newest("link")
    by_hand.mail_link(noor, **WHO)
    yield "link, sent by an organiser", newest("link")
    corrections.correct_name(noor, "Noor", "van der Molen", **BY_HAND)
    yield "corrected", newest("corrected")
    noor = changing.change_tables(noor, {1: "2a", 2: "5a"}, {1: ["1a"], 2: ["2b"]}, at=NOW)
    yield "tables", newest("tables")
    mails.store(noor, StoredMail.Kind.WAITING_OVER, at=event.waiting_closes)
    yield "waiting over, for a table", newest("waiting_over")
    dropping.drop(event, [event.slots.get(session__code="2b").pk], **WHO)
    yield "dropped, waited for", newest("dropped")
    yield "dropped", full_1a.mails.get(kind="dropped")
    changing.cancel(full_1a, at=NOW + HOUR)
    yield "cancelled", newest("cancelled")
    yield "moved", noor.mails.get(kind="moved")
    message = mailings.write(
        event, mailings.Words("Morgen: {evenement}", MESSAGE), REGISTERED, **WHO
    )
    mailings.send(message, **WHO)
    yield "mailing", newest("mailing")
    user = User.objects.create_user(f"olga-{language}", "olga@gemeente.example", "secret")
    mailings.send_proof(event, message, noor, user, at=NOW)
    yield "mailing, a proof", newest("mailing")

    event = an_event()
    noor = make_registration(event, {1: "1a"}, language=language, email="noor@haarlem.example")
    place = event.slots.filter(session__code="1a")
    change(event, lambda: place.update(location="Foyer, tafel 2"))
    yield "rescheduled, a table", newest("rescheduled")
    later = {"starts_at": event.starts_at + HOUR, "ends_at": event.ends_at + HOUR}
    change(event, lambda: Event.objects.filter(pk=event.pk).update(**later))
    yield "rescheduled", newest("rescheduled")
    by_hand.add(event, make_person(language=language), {1: "2a"}, namesake=True, **BY_HAND)
    yield "added", newest("added")
    changing.cancel(noor, who="organisator", at=NOW)
    yield "cancelled, by an organiser", newest("cancelled")
    late = make_registration(event, {1: "1a"}, confirmed=False, language=language)
    holds.free_expired(NOW + 2 * HOUR)
    strangers.ask_link(event, late.email, language=language, at=NOW + 2 * HOUR)
    strangers.answer(NOW + 2 * HOUR)
    yield "confirm, too late", newest("confirm")
    Event.objects.filter(pk=event.pk).update(confirm_first=True)
    event.refresh_from_db()
    late = make_registration(event, {1: "2a"}, confirmed=False, language=language)
    strangers.answer(NOW)
    yield "confirm, nothing held", newest("confirm")
    holds.free_expired(NOW + 24 * HOUR)
    strangers.ask_link(event, late.email, language=language, at=NOW + 24 * HOUR)
    strangers.answer(NOW + 24 * HOUR)
    yield "confirm, nothing held, too late", newest("confirm")
    calling_off.call_off(event, why="De zaal is niet vrij.", why_en="The hall is taken.", **WHO)
    yield "called off", newest("called_off")
    going = event.registrations.confirmed().latest("pk")
    strangers.ask_link(event, going.email, language=language, at=NOW + 2 * HOUR)
    strangers.answer(NOW + 2 * HOUR)
    yield "link, called off", newest("link")
    StoredMail.objects.filter(kind="called_off").update(sent_at=NOW)
    calling_off.go_on(event, who="organisator", at=NOW + HOUR)
    yield "rescheduled, goes on", newest("rescheduled")

    event = an_event()
    first = full(event, language)
    waits: dict[str, Any] = {"waiting_too": True, "language": language}
    make_registration(event, {1: "1a"}, **waits)
    noor = make_registration(event, {1: "2a"}, waitlists={1: ["1a"]}, confirmed=False, **waits)
    strangers.answer(NOW)
    yield "confirm, on the list", newest("confirm")
    noor = signup.confirm(noor, at=NOW + HOUR)
    yield "waiting", newest("waiting")
    joins: dict[str, Any] = BY_HAND | {"namesake": True, "waiting_too": True}
    by_hand.add(event, make_person(language=language), {1: "2a"}, **joins)
    yield "added, on the list", newest("added")
    make_registration(event, {}, email=noor.email, confirmed=False, **waits)
    strangers.answer(NOW)
    yield "already, on the list", newest("already")
    strangers.ask_link(event, noor.email, language=language, at=NOW)
    strangers.answer(NOW)
    yield "link, on the list", newest("link")
    mails.store(noor, StoredMail.Kind.WAITING_OVER, at=event.waiting_closes)
    yield "waiting over, for a place", newest("waiting_over")
    changing.cancel(first, at=NOW + HOUR)
    yield "promoted", newest("promoted")
    changing.cancel(noor, at=NOW + HOUR)
    yield "cancelled, on the list", newest("cancelled")
    make_registration(an_event(capacity=1), {}, confirmed=False)
    event = Event.objects.latest("pk")
    mails.store_holds_warning(event, at=NOW)
    StoredMail.objects.filter(kind="holds").update(language=language)
    yield "holds", newest("holds")

    closes = NOW + 24 * HOUR
    event = an_event(capacity=1, wishes_close_at=closes)
    for ranked in ({1: ["1a", "2a"], 2: ["5a", ""]}, {1: ["1a"]}):
        person = make_person(language=language)
        signup.confirm(signup.sign_up(event, person, {}, ranked=ranked, at=NOW), at=NOW)
    yield "ranked", newest("ranked")
    drawing.draw_due(closes)
    came = event.registrations.confirmed().get()
    yield "drawn", came.mails.get(kind="drawn")
    yield "drawn, on the list", event.registrations.waiting().get().mails.get(kind="drawn")

    event = an_event()
    organiser = make_organiser(event, email="anja@gemeente.example")
    digests.choose(event, organiser, "daily", language=language, at=NOW)
    make_registration(event, {1: "1a"}, at=NOW + HOUR)
    digests.queue_due(NOW + 24 * HOUR)
    yield "digest", newest("digest")

    speakers = event.speakers.filter(hostings__session__code__in=["1a", "5a"])
    for speaker, letter in zip(speakers, "ab", strict=True):
        speaker.name = f"Ria Smolders {letter.upper()}"
        speaker.save()
    contacts = {one.pk: Contact(f"h{one.pk}@buurt.example", language) for one in speakers}
    mailed = hosts.save_contacts(event, contacts, **WHO)
    hosts.mail_links(event, [host.pk for host in mailed], **WHO)
    yield "host", newest("host")
    StoredMail.objects.filter(kind="host").update(sent_at=NOW)
    slots = event.slots.filter(session__code="5a")
    dropping.drop(event, [slot.pk for slot in slots], **WHO)
    yield "host news, no table", newest("host_news")
    StoredMail.objects.filter(kind="host_news").update(sent_at=NOW, about={})
    change(event, lambda: event.slots.update(location="Foyer, tafel 2"))
    yield "host news", newest("host_news")
    StoredMail.objects.filter(kind="host_news").update(sent_at=NOW, about={})
    calling_off.call_off(event, why="De zaal is niet vrij.", why_en="The hall is taken.", **WHO)
    yield "host news, called off", newest("host_news")
    StoredMail.objects.filter(kind="host_news").update(sent_at=NOW, about={})
    calling_off.go_on(event, who="organisator", at=NOW + HOUR)
    yield "host news, goes on", newest("host_news")

    for role in ("organiser", "door", "reader"):
        colleagues.invite(event, "els@gemeente.example", role, **WHO)
        StoredMail.objects.filter(kind="account").update(language=language)
        yield f"account, invitation, {role}", newest("account")
    staff_mail.store_notice(user, "Je wachtwoord is gewijzigd.", at=NOW)
    yield "account, a notice", newest("account")
    staff_mail.password_link(user, language=language, at=NOW).save()
    yield "account, another password", newest("account")
    user.set_unusable_password()
    user.save()
    staff_mail.password_link(user, language=language, at=NOW).save()
    yield "account, new", newest("account")


@dataclass(frozen=True)
class Sent:
    """A mail as it is written and as it goes to the mail server."""

    kind: str
    language: str
    said: WrittenMail
    raw: bytes

    @property
    def parsed(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def text(self) -> str:
        """What arrives as plain text."""
        part = self.parsed.get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def page(self) -> Any:
        return html5lib.parse(self.said.html, namespaceHTMLElements=False)


def ranked_mails(language: str) -> Iterator[tuple[str, StoredMail]]:
    """What is told where tables are ranked until a day, and then drawn (rule 16)."""
    event = an_event(wishes_close_at=NOW + timedelta(days=7))
    ranked = {1: ["2a", "1a"], 2: ["5a", ""]}
    person = make_person(language=language)
    mine = signup.sign_up(event, person, {}, ranked=ranked, at=NOW)
    late = signup.sign_up(event, make_person(language=language), {}, ranked={}, at=NOW)
    strangers.answer(NOW)
    yield "confirm, for a draw", mine.mails.get(kind="confirm")
    mine = signup.confirm(mine, at=NOW)
    yield "ranked", newest("ranked")
    signup.sign_up(event, make_person(mine.email), {}, ranked={}, at=NOW)
    strangers.answer(NOW)
    yield "already, in a draw", newest("already")
    by_hand.add(
        event, make_person(language=language), {1: "1a"}, waiting_too=True, namesake=True, **BY_HAND
    )
    yield "added, to a draw", newest("added")
    by_hand.mail_link(mine, **WHO)
    yield "link, of somebody in a draw", newest("link")
    changing.cancel(mine, at=NOW)
    yield "cancelled, before a draw", newest("cancelled")
    signup.confirm(late, at=NOW + timedelta(days=7, minutes=1))
    yield "waiting for a draw to be over", newest("waiting")


@pytest.fixture(scope="module")
def every(django_db_setup: None, django_db_blocker: Any) -> dict[str, Sent]:
    """Made once, for it takes seconds; nothing of it stays in the database."""
    sent = {}
    with django_db_blocker.unblock(), transaction.atomic():
        for language in ("nl", "en"):
            for name, mail in chain(every_mail(language), ranked_mails(language)):
                said = words_of(mail)
                # The same words: a link for a password has the second in it.
                raw = message_of(mail, said).message().as_bytes()
                sent[f"{name} ({mail.language})"] = Sent(mail.kind, mail.language, said, raw)
        transaction.set_rollback(True)
    return sent


def faults(every: dict[str, Sent], look: Callable[[Sent], object]) -> dict[str, object]:
    """What is wrong, by the name of the mail."""
    found = {name: look(sent) for name, sent in every.items()}
    return {name: fault for name, fault in found.items() if fault}


def links(text: str) -> set[str]:
    return set(re.findall(r"https?://[^\s\"<>]+", html.unescape(text)))


def test_no_kind_of_mail_is_missing_here(every):
    assert {sent.kind for sent in every.values()} == set(StoredMail.Kind.values)
    assert len(every) > 60


def test_no_mail_counts_back_from_a_time_that_is_past(every):
    assert faults(every, lambda sent: re.findall(r"-\d+ minu", sent.text)) == {}
    late = every["confirm, nothing held, too late (nl)"]
    assert "Pas daarna krijg je een plek, als die er nog is" in " ".join(late.text.split())


def test_an_inbox_shows_a_sentence_beside_the_subject(every):
    def look(sent: Sent) -> str:
        texts = (" ".join(text.split()) for text in sent.page.find("body").itertext())
        first = next(filter(None, texts))
        return "" if re.match(r"\w.* .*\w\w[.!?](\s|$)", first) else first

    assert faults(every, look) == {}


@pytest.mark.django_db
def test_what_an_inbox_shows_is_words_and_no_markup():
    make_registration(an_event(title="<b>Werken</b> & leren"), {})
    said = words_of(newest("registered")).html
    assert "Je bent aangemeld voor &lt;b&gt;Werken&lt;/b&gt; &amp; leren op" in said
    assert "<b>Werken" not in said


def test_the_ring_is_drawn_where_no_inbox_and_no_voice_reads_it(every):
    def look(sent: Sent) -> bool:
        rings = [each for each in sent.page.iter() if "●" in (each.text or "")]
        return [ring.get("aria-hidden") for ring in rings] != ["true"]

    assert faults(every, look) == {}
    assert faults(every, lambda sent: "●" in sent.text) == {}


def test_lines_of_text_are_short_and_addresses_whole(every):
    def look(sent: Sent) -> list[str]:
        long = [line for line in sent.text.split("\n") if len(line) > WIDTH]
        return [line for line in long if not re.fullmatch(r"\s*<?https?://\S+>?", line)]

    assert WIDTH <= 78
    assert faults(every, look) == {}
    assert faults(every, lambda sent: links(sent.text) ^ links(sent.said.text)) == {}
    assert faults(every, lambda sent: sent.text.split() != sent.said.text.split()) == {}
    assert faults(every, lambda sent: max(map(len, sent.raw.split(b"\n"))) > 998) == {}
    assert faults(every, lambda sent: "\n-- \n" not in sent.text) == {}


def test_text_and_page_hold_the_same_addresses_of_this_site_alone(every):
    assert faults(every, lambda sent: links(sent.text) ^ links(sent.said.html)) == {}
    others = {
        address
        for sent in every.values()
        for address in links(sent.text)
        if not address.startswith("http://testserver/")
    }
    assert all(address.startswith("https://video.example/") for address in others)


def test_pages_ask_nothing_from_elsewhere_and_say_their_language(every):
    asking = r"<(?:img|link|script|style|iframe|object|form)\b|src=|url\(|@import"

    def look(sent: Sent) -> list[str]:
        page = OWN_PICTURE.sub("", sent.said.html) if sent.said.picture else sent.said.html
        return re.findall(asking, page)

    assert faults(every, look) == {}
    assert faults(every, lambda sent: sent.page.get("lang") != sent.language) == {}


def test_mails_about_a_place_bring_a_picture_of_the_door_code(every):
    """With the mail, as part of its page: mail programs show that without asking anybody."""

    def look(sent: Sent) -> bool:
        pages = [part for part in sent.parsed.walk() if part.get_content_subtype() == "related"]
        shown = [[each.get_content_type() for each in page.iter_parts()] for page in pages]
        return shown != ([["text/html", "image/png"]] if sent.said.picture else [])

    assert faults(every, look) == {}
    with_picture = {name.split(" (")[0] for name, sent in every.items() if sent.said.picture}
    assert with_picture == {"registered, waiting for a table", "promoted", "added", "drawn"}
    mail = every["promoted (nl)"].parsed
    (picture,) = (part for part in mail.walk() if part.get_content_type() == "image/png")
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<deurcode>", "inline")
    assert picture.get_content()[:4] == b"\x89PNG"
    assert len(picture.get_content()) < 1_000


def test_sessions_go_by_their_titles_which_lead_to_their_pages(every):
    def without_title(sent: Sent) -> list[str]:
        words = re.sub(r"https?://\S+", "", sent.text)
        return re.findall(r"\b(?:1a|2a|2b|5a)\b(?! in (?:ronde|round) \d, ‘|, ‘).*", words)

    def without_link(sent: Sent) -> list[str]:
        page = sent.page
        linked = {each.find("strong") for each in page.iter("a")}
        titles = [each for each in page.iter("strong") if each.text in TITLES]
        return [each.text for each in titles if each not in linked]

    assert faults(every, without_title) == {}
    assert faults(every, without_link) == {}
    tables = every["registered, waiting for a table (nl)"]
    addresses = {each.get("href") for each in tables.page.iter("a")}
    assert sum("/tafelsessie/" in address for address in addresses) == 2


def test_mails_show_whose_they_are(every, settings):
    def look(sent: Sent) -> bool:
        band = sent.page.find(".//td[@bgcolor]")
        first = next(filter(None, (text.strip() for text in band.itertext())))
        return (band.get("bgcolor"), first) != (tokens(0)["field"], settings.ORGANISATION_NAME)

    assert faults(every, look) == {}


def test_subjects_fit_a_line(every):
    assert faults(every, lambda sent: len(sent.said.subject) > 70) == {}


def test_sentences_are_short(every):
    """Fifteen words on average, in the running text of any mail (D5)."""

    def look(sent: Sent) -> float:
        running = re.sub(r"^(?:- |  ).*$|https?://\S+", "", sent.said.text, flags=re.M)
        sentences = [each.split() for each in re.split(r"[.!?:](?:\s|$)|\n\n", running)]
        lengths = [len(each) for each in sentences if len(each) > 2]
        average = sum(lengths) / len(lengths)
        return average if average > 15 else 0

    assert faults(every, look) == {}


@pytest.mark.django_db
def test_mails_lead_to_the_place_on_the_page_of_the_event(client: Client):
    event = an_event()
    noor = make_registration(event, {1: "1a"})
    said = words_of(newest("registered"))
    address = f"http://testserver/{event.slug}/#waar"
    assert address in links(said.text) & links(said.html)
    where = html5lib.parse(client.get(address).content, namespaceHTMLElements=False)
    (place,) = (each for each in where.iter() if each.get("id") == "waar")
    assert "Stadhuisplein 100" in "".join(place.itertext())
    assert any("openstreetmap" in each.get("href") for each in place.iter("a"))

    changing.cancel(noor, at=NOW)
    assert address not in links(words_of(newest("cancelled")).text)


def test_following_lines_hang_under_the_words_of_their_item():
    words = "woorden " * 12
    assert wrapped(f"- {words}").split("\n")[1].startswith("  woorden")
    assert wrapped(f"10. {words}").split("\n")[1].startswith("    woorden")
    assert wrapped(f"  {words}").split("\n")[1].startswith("  woorden")
    assert wrapped(words).split("\n")[1].startswith("woorden")
    assert wrapped("Dag\n" + " " * 100 + "\nNoor") == "Dag\n\nNoor"


def test_an_address_and_a_hyphenated_word_are_never_broken():
    address = "https://gemeente.example/" + "een-twee-drie/" * 8
    assert wrapped(f"Kijk op {address} voor meer.").split("\n") == [
        "Kijk op",
        address,
        "voor meer.",
    ]


def test_first_sentences_are_not_a_greeting_nor_a_heading():
    assert first_sentences("Beste J. de Vries,\n\nKop\n\nHet is\nzover. Kom je?\n") == (
        "Het is zover. Kom je?"
    )
    assert first_sentences("Beste Noor,\n\nTot morgen") == "Beste Noor,"
