"""Every state of every page that people can meet, to be walked by the tests of what all share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from program.models import Event, Question, Slot
from registrations.booking import drawing as draws
from registrations.booking import signup
from registrations.booking.answers import Value
from registrations.models import Host, Registration
from registrations.organising import calling_off, colleagues, dropping, hosts
from registrations.queries.tokens import host_token_of, invitation_token_of, token_of
from tests.browser.conftest import Server
from tests.factories import (
    make_event,
    make_host,
    make_person,
    make_question,
    make_registration,
    make_slot,
)

Visit = Callable[[Page, str], None]
visits = count()
LOGIN, RESET = "/admin/account/login/", "/admin/account/password/reset/"
SUBMIT = "main form button:not([type=button]), main form [type=submit]"

POST = """([action, value]) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action });
    form.append(Object.assign(document.createElement("input"), { name: "x", value }));
    document.body.append(form);
    form.submit();
}"""


@dataclass(frozen=True)
class State:
    """A page as one meets it. ``visit`` takes the browser there; its second argument is what
    stands before every path: nothing in Dutch, '/en' in English."""

    name: str
    visit: Visit


def at(path: str) -> Visit:
    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)

    return visit


def sent(path: str, *choices: str) -> Visit:
    """The page's form, sent with these inputs chosen and nothing else filled in."""

    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        for choice in choices:
            # By script: a phone shows one round at a time.
            page.locator(choice).first.evaluate("one => { one.checked = true; }")
        page.locator(SUBMIT).first.click()

    return visit


def filled(path: str, typed: dict[str, str]) -> Visit:
    """The page's form, sent with these texts typed and no consent ticked."""

    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        for selector, text in typed.items():
            page.locator(selector).first.fill(text)
        page.locator("[name=special_needs_agree]").uncheck()
        page.locator(SUBMIT).first.click()

    return visit


def inbox(
    slug: str, email: str = "", *, wrong_codes: int = 0, elsewhere: str = "", **more: str
) -> Visit:
    """What comes after a sign-up with this address in the same browser; without one, after none."""
    name = f"{wrong_codes}{len(elsewhere)}"

    def visit(page: Page, prefix: str) -> None:
        form = f"{prefix}{slug}aanmelden/"
        page.context.clear_cookies(name="verstuurd")
        if email:
            # Each of these has a name of its own, and each visit an address: nobody asks too often.
            local, _at, domain = email.partition("@")
            person = {"first_name": "Noor", "last_name": f"Bakker {name}", "role": "raadslid"}
            person |= {"email": f"{local}{next(visits)}@{domain}", "agree": "on"}
            rounds = {"round_1": "", "round_2": ""}
            typed: dict[str, str | float | bool] = {**person, **rounds, **more}
            page.request.post(form, form=typed, max_redirects=0)
        page.goto(f"{form}controleer-je-mail/")
        for _time in range(wrong_codes):
            page.locator("[name=code]").fill("12 34 56")
            page.locator("form:has([name=code]) button").click()
        if elsewhere:
            page.locator("summary").click()
            page.locator("details [name=email]").fill(elsewhere)
            page.locator("details button").click()

    return visit


def of(registration: Registration, part: str = "") -> str:
    return f"/aanmelding/{token_of(registration)}/{part}"


def of_host(host: Host) -> str:
    return f"/gastheer/{host_token_of(host)}/"


def proposed(path: str) -> Visit:
    """The form of a host, sent with a line that is too long."""

    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        page.locator("[name=organisation]").fill("x" * 201)
        page.locator(SUBMIT).first.click()

    return visit


@contextmanager
def broken_database() -> Iterator[None]:
    """While a table is gone, pages that need it fail as pages with a bug do: with a 500."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registrations_seat RENAME TO registrations_gone")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE registrations_gone RENAME TO registrations_seat")


def make_states(site: Server) -> list[State]:
    """Fill the database, and say where to look. Needs the site's own database and an empty one."""
    now = timezone.now()
    call_command("load_demo", verbosity=0)
    event = Event.objects.get()
    Slot.objects.filter(session__code="1a", round__number=1).update(seats=1)
    person: dict[str, Any] = {"organisation": "Buurtkiep", "role": "raadslid", "listed": True}
    late = make_registration(event, confirmed=False, at=now - timedelta(hours=6))
    noor = make_registration(event, {1: "1a"}, at=now, **person)
    pending = make_registration(event, {2: "4"}, confirmed=False, at=now)
    leaving = make_registration(event, at=now)
    first = make_event(
        slug="eerst", starts_at=now.replace(minute=0) + timedelta(days=20), confirm_first=True
    )
    make_slot(first, "1a")
    not_held = make_registration(first, {1: "1a"}, confirmed=False, at=now)
    waiter = make_registration(event, {2: "4"}, waitlists={1: ["1a"]}, at=now)
    make_others(now)
    on_list = make_waiters("vol", now)
    over = make_waiters("vol-en-gesloten", now)
    Event.objects.filter(slug="vol-en-gesloten").update(waiting_closes_at=now, capacity=9)

    taking_part, asked, drawing = make_ranked(now)
    came, lost_draw = make_drawn(now)

    told = make_called_off(now)
    lost = Registration.objects.get(event__slug="vervallen")

    answered = make_answered("vragen", now)
    closed = make_answered("vragen-gesloten", now)
    Event.objects.filter(slug="vragen-gesloten").update(waiting_closes_at=now, changes_close_at=now)

    host = make_host(event, "1a", at=now)
    host_page = of_host(host)
    hosts.propose(host, None, {"function": "Wethouder"}, at=now)
    invitation = colleagues.invite(event, "els@gemeente.example", "reader", who="o", at=now)
    invited = f"/admin/account/uitnodiging/{invitation_token_of(invitation)}/"

    slug = f"/{event.slug}/"
    noor_page = of(noor)
    return [
        State("home", at("/")),
        State("event", at(slug)),
        State("full event", at("/vol/")),
        State("event not open yet", at("/straks/")),
        State("past event", at("/voorbij/")),
        State("table session", at(f"{slug}tafelsessie/1a/")),
        State("table session of a past event", at("/voorbij/tafelsessie/1a/")),
        State("form", at(f"{slug}aanmelden/")),
        State("form with errors", sent(f"{slug}aanmelden/")),
        State("form of a full event", at("/vol/aanmelden/")),
        State("form of a past event", at("/voorbij/aanmelden/")),
        State("inbox", inbox(slug)),
        State("check mail with address", inbox(slug, "noor@haarlem.example")),
        State("check mail with a likely typing error", inbox(slug, "noor@gmial.com")),
        State(
            "check mail, sent elsewhere", inbox(slug, "n@haarlem.example", elsewhere="noor@a.nl")
        ),
        State("check mail, no address", inbox(slug, "noor@haarlem.example", elsewhere="noor")),
        State("wrong code", inbox(slug, "noor@haarlem.example", wrong_codes=1)),
        State("no tries left", inbox(slug, "noor@haarlem.example", wrong_codes=5)),
        State("my link", at(f"{slug}mijn-link/")),
        State("my link with an error", sent(f"{slug}mijn-link/")),
        State("my link sent", at(f"{slug}mijn-link/?verstuurd=1")),
        State("who comes", at(f"{slug}wie-komen/")),
        State("nobody comes yet", at("/straks/wie-komen/")),
        State("confirm", at(of(pending))),
        State("confirm too late", at(of(late))),
        State("form where people confirm first", at("/eerst/aanmelden/")),
        State("check mail, nothing held", inbox("/eerst/", "eef@haarlem.example")),
        State("confirm, nothing held", at(of(not_held))),
        State("mine", at(noor_page)),
        State("mine, tables just changed", at(f"{noor_page}?klaar=tafels")),
        State("mine, just confirmed", at(f"{noor_page}?klaar=bevestigd")),
        State("mine, on the day", at(of(make_today(now)))),
        State("what is kept of me", at(f"{noor_page}gegevens/")),
        State("mine, waiting for a table", at(of(waiter))),
        State("tables, waiting for one", at(of(waiter, "tafels/"))),
        State("form with an entry and errors", sent(f"{slug}aanmelden/", "[name=wish_1]")),
        State("form of a full event with errors", sent("/vol/aanmelden/", "[name=round_1]")),
        State("inbox of a full event", inbox("/vol/")),
        State("check mail of a full event", inbox("/vol/", "els@haarlem.example", waiting="1")),
        State("on the waiting list", at(of(on_list))),
        State("on the waiting list, closed, a place is free", at(of(over))),
        State("tables asked for on the waiting list", at(of(on_list, "tafels/"))),
        State("cancel on the waiting list", at(of(on_list, "annuleren/"))),
        State("form with own questions", at("/vragen/aanmelden/")),
        State(
            "form with own questions and errors",
            filled("/vragen/aanmelden/", {"[name=special_needs]": "Geen noten"}),
        ),
        State("mine with answers", at(of(answered, "?klaar=antwoorden"))),
        State("mine with answers that stay", at(of(closed))),
        State("answers", at(of(answered, "antwoorden/"))),
        State(
            "answers with errors",
            filled(
                of(answered, "antwoorden/"),
                {"[name^=question_]": "", "[name=special_needs]": "Geen vis"},
            ),
        ),
        State("answers that stay", at(of(closed, "antwoorden/"))),
        State("host", at(host_page)),
        State("host, just proposed", at(f"{host_page}?klaar=voorstel")),
        State("host, called off", at(of_host(Host.objects.get(event=told.event_id)))),
        State("host, another text", at(f"{host_page}voorstel/1a/")),
        State("host, another function with errors", proposed(f"{host_page}voorstel/")),
        State("host, erase", at(f"{host_page}wissen/")),
        State("host, unknown link", at("/gastheer/onbekend/")),
        State("invited", at(invited)),
        State("invited, with errors", sent(invited)),
        State("invitation too old", at("/admin/account/uitnodiging/onbekend/")),
        State("event before its draw", at("/loting/")),
        State("event that is being drawn for", at("/loting-nu/")),
        State("table session before the draw", at("/loting/tafelsessie/1a/")),
        State("form with tables to rank", at("/loting/aanmelden/")),
        State("form with tables ranked and errors", ranked_wrongly("/loting/aanmelden/")),
        State("form while it is drawn", at("/loting-nu/aanmelden/")),
        State("inbox before the draw", inbox("/loting/")),
        State("check mail before the draw", inbox("/loting/", "eef@haarlem.example")),
        State("confirm before the draw", at(of(asked))),
        State("taking part in the draw", at(of(taking_part))),
        State("taking part, choices just saved", at(of(taking_part, "?klaar=tafels"))),
        State("taking part, being drawn", at(of(drawing))),
        State("choices", at(of(taking_part, "tafels/"))),
        State("choices with an error", ranked_wrongly(of(taking_part, "tafels/"))),
        State("cancel before the draw", at(of(taking_part, "annuleren/"))),
        State("event after its draw", at("/geloot/")),
        State("mine, after a draw", at(of(came))),
        State("waiting after a draw", at(of(lost_draw))),
        State("choices while waiting after a draw", at(of(lost_draw, "tafels/"))),
        State("event called off", at("/afgelast/")),
        State("form of an event called off", at("/afgelast/aanmelden/")),
        State("mine, called off", at(of(told))),
        State("mine, table dropped out", at(of(lost))),
        State("form with a table that dropped out", at("/vervallen/aanmelden/")),
        State("table session that dropped out", at("/vervallen/tafelsessie/1a/")),
        State("tables", at(f"{noor_page}tafels/")),
        State("tables with an error", twice_at_one_table(f"{noor_page}tafels/")),
        State("cancel", at(f"{noor_page}annuleren/")),
        State("cancelled", sent_or_done(of(leaving), "annuleren/")),
        State("erase", at(f"{noor_page}wissen/")),
        State("erased", erased(event)),
        State("unknown link", at("/aanmelding/onbekend/")),
        State("nothing saved", at("/opgeslagen/")),
        State("saved", saved(event)),
        State("privacy", at("/privacy/")),
        State("accessibility", at("/toegankelijkheid/")),
        State("not found", at("/er/is/niets/")),
        State("not found, of an event", at(f"{slug}tafelsessie/9z/")),
        State("the programme as data", at("/programma.json/")),
        State("sent by another site", elsewhere(site, f"{slug}aanmelden/", first_name="Noor")),
        State("pressed on another site", elsewhere(site, f"{noor_page}bevestigen/")),
        State("asked by another site", elsewhere(site, f"{noor_page}annuleren/")),
        State("not at this address", posted(slug)),
        State("too large", posted(f"{slug}aanmelden/", characters=3_000_000)),
        State("log-in without its token", without_token(LOGIN)),
        State("too many", too_many(f"{slug}mijn-link/")),
        State("something broke", something_broke(noor_page)),
        State("login", at(LOGIN)),
        State("login with errors", sent(LOGIN)),
        State("new password", at(RESET)),
        State("new password with an error", sent(RESET)),
        State("new password asked", at(f"{RESET}done/")),
        State("new password, link too old", at(f"{RESET}key/1-abc/")),
        State("new password chosen", at(f"{RESET}key/done/")),
        State("not for you", not_for_you(site)),
    ]


def make_others(now: datetime) -> None:
    """Events beside the demo: one without places, one of later, one of the past."""
    soon = now.replace(minute=0) + timedelta(days=20)
    for slug in ("vol", "vol-en-gesloten"):
        full = make_event(slug=slug, capacity=1, starts_at=soon)
        make_slot(full, "1a", seats=1)
        make_registration(full, {1: "1a"}, at=now)
    opens = now + timedelta(days=1)
    make_slot(make_event(slug="straks", starts_at=soon, signup_opens_at=opens), "1a")
    past = make_event(slug="voorbij", starts_at=soon - timedelta(days=40))
    Question.objects.create(event=past, question="Waar?", answer="Aan tafel.", position=1)
    make_slot(past, "1a")
    make_registration(past, {1: "1a"}, at=past.starts_at - timedelta(days=9), listed=True)


def make_today(now: datetime) -> Registration:
    """Somebody at an event that is going on."""
    today = make_event(slug="vandaag", starts_at=now - timedelta(hours=1))
    make_slot(today, "1a")
    return make_registration(today, {1: "1a"}, at=now - timedelta(days=2))


def make_answered(slug: str, now: datetime) -> Registration:
    """Somebody who answered all that an event asks."""
    event = make_event(
        slug=slug,
        starts_at=now.replace(minute=0) + timedelta(days=20),
        rounds=0,
        needs_question="Heb je een dieet, of hulp nodig om mee te doen?",
        notice="Er worden **foto's** gemaakt.\n\n- Lees de [huisregels](https://zaanstad.example).",
    )
    answers: dict[int, Value] = {
        make_question(event, "In welke wijk woon of werk je?", required=True).pk: "Poelenburg",
        make_question(event, "Wat wil je bespreken?", "long_text").pk: "Jongeren.\n\nEn ouderen.",
        make_question(event, "Hoe kom je?", "one", options=["Te voet", "Fiets"]).pk: "Fiets",
        make_question(event, "Wat eet je?", "several", options=["Soep", "Fruit"]).pk: ["Soep"],
        make_question(event, "Was je er eerder?", "yes_no", required=True).pk: True,
    }
    return make_registration(event, answers=answers, needs="Geen noten.\nEen rolstoel.", at=now)


def make_ranked(now: datetime) -> tuple[Registration, Registration, Registration]:
    """Two events whose tables are drawn. Somebody in each takes part; another is to confirm."""
    soon, closes = now.replace(minute=0) + timedelta(days=20), now + timedelta(days=5)
    people = []
    for slug in ("loting", "loting-nu"):
        event = make_event(slug=slug, starts_at=soon, wishes_close_at=closes)
        for code, number in (("1a", 1), ("2a", 1), ("3a", 1), ("1a", 2), ("2b", 2)):
            make_slot(event, code, number)
        for number in range(2):
            person = make_person(f"loting{number}@haarlem.example")
            ranked = {1: ["2a", "1a"], 2: ["2b", ""]}
            people.append(signup.sign_up(event, person, {}, ranked=ranked, at=now))
    mine, asked, drawing, _late = people
    signup.confirm(mine, at=now)
    signup.confirm(drawing, at=now - timedelta(hours=1))
    Event.objects.filter(slug="loting-nu").update(wishes_close_at=now)
    return mine, asked, drawing


def make_drawn(now: datetime) -> tuple[Registration, Registration]:
    """An event that was drawn. One of two got its place, the other left a round open and waits."""
    soon, closes = now.replace(minute=0) + timedelta(days=20), now + timedelta(days=5)
    event = make_event(slug="geloot", starts_at=soon, wishes_close_at=closes, capacity=1)
    for code, number in (("1a", 1), ("2a", 1), ("2b", 2)):
        make_slot(event, code, number)
    for number in range(2):
        person = make_person(f"geloot{number}@haarlem.example")
        mine = signup.sign_up(event, person, {}, ranked={1: ["2a", "1a"]}, at=now)
        signup.confirm(mine, at=now - timedelta(hours=1))
    Event.objects.filter(slug="geloot").update(wishes_close_at=now)
    draws.draw_event(event.pk, at=now)
    return event.registrations.confirmed().get(), event.registrations.waiting().get()


def ranked_wrongly(path: str) -> Visit:
    """Two tables with one number, which only pages without scripts can send."""

    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        for name in ("rank_1_1a", "rank_1_2a"):
            # By script: a list above the cards stands for them.
            page.locator(f"[name={name}]").evaluate("one => { one.value = '1'; }")
        page.locator(SUBMIT).last.click()

    return visit


def make_called_off(now: datetime) -> Registration:
    """An event that does not take place, and another with a table that does not, though
    somebody sat there."""
    soon = now.replace(minute=0) + timedelta(days=20)
    off, other = (make_event(slug=slug, starts_at=soon) for slug in ("afgelast", "vervallen"))
    told = make_registration(off, at=now)
    make_slot(off, "1a")
    make_host(off, "1a", at=now)
    calling_off.call_off(off, why="De zaal staat onder water.", who="o", at=now)
    for code in ("1a", "1b"):
        make_slot(other, code)
    make_registration(other, {1: "1a"}, at=now)
    dropping.drop(other, [other.slots.earliest("pk").pk], who="o", at=now)
    return told


def make_waiters(slug: str, now: datetime) -> Registration:
    """Two people on the waiting list of an event; returns the last one."""
    event = Event.objects.get(slug=slug)
    for _person in range(2):
        last = make_registration(event, {1: "1a"}, waiting_too=True, at=now)
    return last


def twice_at_one_table(path: str) -> Visit:
    def visit(page: Page, prefix: str) -> None:
        for number in (1, 2):
            # A phone shows the round that the address points at.
            page.goto(f"{prefix}{path}#ronde-{number}")
            page.locator(f"[name=round_{number}][value='6']").check()
        page.locator(SUBMIT).first.click()

    return visit


def sent_or_done(path: str, part: str) -> Visit:
    """What is there once the form has done its work, which it does but once."""

    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path + part)
        if page.locator(SUBMIT).count():
            page.locator(SUBMIT).first.click()
        page.goto(prefix + path)

    return visit


def erased(event: Event) -> Visit:
    def visit(page: Page, prefix: str) -> None:
        sent(of(make_registration(event, at=timezone.now()), "wissen/"))(page, prefix)

    return visit


def saved(event: Event) -> Visit:
    def visit(page: Page, prefix: str) -> None:
        page.goto(f"{prefix}/{event.slug}/")
        button = page.locator("form[data-save] button")
        if button.get_attribute("data-saved") is None:  # else a visit before this one did
            button.click()
        page.locator("[data-saved-count]:not(:empty)").wait_for()
        page.goto(f"{prefix}/opgeslagen/")

    return visit


def elsewhere(site: Server, path: str, **typed: str) -> Visit:
    """What a page that is not ours makes a browser send."""
    fields = "".join(f'<input name="{name}" value="{value}">' for name, value in typed.items())

    def visit(page: Page, prefix: str) -> None:
        page.goto("about:blank")
        action = f"{site.url}{prefix}{path}"
        page.set_content(
            f'<form method="post" action="{action}">{fields}<button>Win</button></form>'
        )
        page.locator("button").click()
        page.locator("main").wait_for()

    return visit


def posted(path: str, *, characters: int = 0) -> Visit:
    """What comes of a form on a page of ours that no page of ours has."""

    def visit(page: Page, prefix: str) -> None:
        page.goto(f"{prefix}/privacy/")
        with page.expect_navigation():
            page.evaluate(POST, [prefix + path, "x" * characters])

    return visit


def without_token(path: str) -> Visit:
    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        page.context.clear_cookies()
        page.locator(SUBMIT).first.click()

    return visit


def too_many(path: str) -> Visit:
    """One address may ask twenty times an hour."""

    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        typed: dict[str, str | float | bool] = {"email": "noor@haarlem.example"}
        for _time in range(20):
            page.request.post(prefix + path, form=typed, max_redirects=0)
        page.locator("[name=email]").fill(str(typed["email"]))
        page.locator(SUBMIT).first.click()

    return visit


def something_broke(path: str) -> Visit:
    def visit(page: Page, prefix: str) -> None:
        with broken_database():
            page.goto(prefix + path)

    return visit


def not_for_you(site: Server) -> Visit:
    """Staff without any right, at a page for those who have one."""
    client = Client()
    client.force_login(User.objects.create_user("stagiair", is_staff=True))
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site.url}

    def visit(page: Page, prefix: str) -> None:
        page.context.add_cookies([session])  # type: ignore[list-item]
        page.goto(f"{prefix}/admin/program/event/nieuw/")

    return visit
