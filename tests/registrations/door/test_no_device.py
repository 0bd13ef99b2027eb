"""What a phone that is no device of a door is told."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from registrations.door import passes
from tests.factories import NOW, make_event
from tests.registrations.door.tapping import make_pass

pytestmark = pytest.mark.django_db


def way_in(client: Client, path: str, method: str = "get") -> str:
    """Where staff arrive once they have logged in from this page."""
    page = getattr(client, method)(path).content.decode()
    found = re.search(r'href="/admin/login/\?next=([^"]*)"', page)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("path", "method"),
    [("", "get"), ("tik/", "post"), ("klaar/", "post"), ("begin/", "post"), ("afdrukken/", "get")],
)
def test_staff_who_log_in_arrive_where_the_server_answers(client: Client, path: str, method: str):
    """A worker that is still there would give its own page, and a form's address has none."""
    make_event(slug="buurt")

    assert way_in(client, f"/deur/buurt/{path}", method) == "/deur/buurt/%3Fq="
    assert client.get("/deur/buurt/?q=").status_code == 403


def test_pass_that_no_longer_works_is_in_no_other_address(client: Client):
    door_pass = make_pass(make_event())
    token = passes.link_token(door_pass)
    passes.withdraw(door_pass, who="organisator", at=NOW)

    assert way_in(client, f"/deur/pas/{token}/") == "/deur/"
