"""The log-in page in the other language leads on to the same page of staff."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.test import Client

from tests.eventsite.accounts import AGAIN, LOGIN, give_app, make_account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_second_factor")]

ENGLISH = f"/en{LOGIN}"
WANTED = "/admin/registrations/registration/?q=wijk&p=2"
LEADS_ON = f"{ENGLISH}?next=%2Fen%2Fadmin%2Fregistrations%2Fregistration%2F%3Fq%3Dwijk%26p%3D2"


def english(html: bytes) -> str | None:
    """Where the link to the English page goes."""
    root: Element = html5lib.parse(html, namespaceHTMLElements=False)
    (link,) = [one for one in root.iter("a") if one.get("hreflang")]
    assert (link.get("lang"), link.text) == ("en", "English")
    return link.get("href")


def test_the_other_language_leads_on_to_the_page_one_wanted_in_that_language(client: Client):
    page = client.get(LOGIN, {"next": WANTED})
    assert english(page.content) == LEADS_ON

    make_account()
    refused = client.post(LOGIN, {"login": "beheer", "password": "verkeerd", "next": WANTED})
    assert refused.status_code == 200
    assert english(refused.content) == LEADS_ON


def test_so_it_does_where_only_the_second_factor_is_asked(client: Client):
    user = make_account()
    give_app(user)
    client.force_login(user)

    page = client.get(AGAIN, {"next": WANTED})
    assert page.status_code == 200
    assert english(page.content) == LEADS_ON
    assert client.get(LEADS_ON)["Location"] == f"/en{WANTED}"


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org/", "//example.org/", "/\\example.org", "javascript:x()", ""]
)
def test_it_leads_to_no_other_site(client: Client, elsewhere: str):
    assert english(client.get(LOGIN, {"next": elsewhere}).content) == ENGLISH
