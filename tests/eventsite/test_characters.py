"""Every text field of the admin, whichever page it is on: what no text may hold is never stored."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import NoReverseMatch

from program.models import Event
from tests.eventsite.test_permissions import address, event, names, things  # noqa: F401
from tests.factories import make_question

pytestmark = pytest.mark.django_db

# Refused, refused, and left out.
UNFIT = ["\x07", "\u202e", "\u200b"]
# Sends nobody anywhere, and holds no field of an admin page.
NOT_ADMIN = ("admin:logout", "admin:jsi18n", "admin:login", "admin:password")


class Forms(HTMLParser):
    """The forms of a page that are sent by POST: where to, what they hold, which are texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, list[str]], list[str]]] = []
        self.form: tuple[str, dict[str, list[str]], list[str]] | None = None
        self.area = self.select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            posts = given.get("method", "").lower() == "post"
            self.form = (given.get("action", ""), {}, []) if posts else None
            if self.form:
                self.forms.append(self.form)
        if self.form is None or not name:
            return
        _action, values, texts = self.form
        kind = given.get("type", "text")
        if tag == "textarea":
            self.area = name
            values[name] = [""]
            texts.append(name)
        elif tag == "select":
            self.select = name
            values[name] = []
        elif tag == "input" and kind in ("text", "search", "email", "url", "tel"):
            values[name] = [given.get("value", "")]
            texts.append(name)
        elif tag == "input" and (kind not in ("checkbox", "radio", "submit") or "checked" in given):
            values.setdefault(name, []).append(given.get("value", "on"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self.form and self.area:
            values = self.form[1]
            values[self.area] = [values[self.area][0] + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        if tag == "textarea":
            self.area = ""


def stored(wanted: list[str]) -> list[str]:
    """Places in the database where one of these stands, with what is around it."""
    places = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table == "django_session":
                continue
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    text = str(value)
                    if any(one in text or ascii(one)[1:-1] in text for one in wanted):
                        places.append(f"{table}.{column}: {text[:60]!a}")
    return places


def test_no_text_field_of_the_admin_stores_what_cannot_be_shown(
    event: Event,  # noqa: F811
    things: dict[str, object],  # noqa: F811
):
    """Each text field by itself, so that no other field's refusal hides it.

    Of rows alike the first one, and of UNFIT one for each field in turn: they share one definition
    (``tests/program/test_characters.py``), and the question is whether the field uses it.
    """
    make_question(event, "Wijk?")
    Event.objects.filter(pk=event.pk).update(bilingual=True, needs_question="Dieet?")
    client = Client()
    user = User.objects.create_superuser("beheer", "beheer@gemeente.example", "x")
    client.force_login(user)
    tried: list[str] = []
    for name in names():
        if not name.startswith("admin:") or name.startswith(NOT_ADMIN):
            continue
        try:
            page = address(name, things)
        except NoReverseMatch:
            continue
        answer = client.get(page)
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        for action, values, texts in Forms(answer.text).forms:
            for text in texts:
                field = f"{name} {re.sub(r'[0-9]+', '#', text)}"
                if field in tried:
                    continue
                char = UNFIT[len(tried) % len(UNFIT)]
                tried.append(field)
                sent = values | {text: [f"{values[text][0]}veld{char}{len(tried)}"]}
                said = client.post(action or page, sent)
                assert said.status_code < 500, f"{field} {char!a}"
                # At once: the next one may store what stood there before.
                assert stored(UNFIT) == [], f"{field} {char!a}"
        client.force_login(user)

    assert len(tried) > 60, "the pages have their fields"
    for page in ("admin:event-style", "admin:site-style"):
        assert {f"{page} name", f"{page} text"} <= set(tried)
