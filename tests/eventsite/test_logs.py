"""No personal link, door pass or search word in any line of the logs."""

from __future__ import annotations

import io
import logging
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from eventsite.logs import CuttingFormatter, cut_secrets
from eventsite.urls import urlpatterns as all_urls
from registrations.models import Registration
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_registration, make_slot


def breaks(request: HttpRequest, token: str) -> HttpResponse:
    """As a bug would: the token is in the path, in the message and in the exception's cause."""
    try:
        reverse("registrations:mine", args=[token, token])
    except Exception as error:
        raise RuntimeError(f"{request.get_full_path()} broke on {token}") from error
    return HttpResponse()


urlpatterns = [
    path("aanmelding/<str:token>/breekt/", breaks),
    path("deur/pas/<str:token>/breekt/", breaks),
    *all_urls,
]
handler404 = "eventsite.views.not_found"
handler500 = "eventsite.views.server_error"


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the site's own handler writes, here instead of to stderr."""
    (handler,) = [h for h in logging.root.handlers if isinstance(h.formatter, CuttingFormatter)]
    stream = io.StringIO()
    monkeypatch.setattr(handler, "stream", stream)
    return stream


@pytest.mark.django_db
@pytest.mark.urls("tests.eventsite.test_logs")
def test_pages_that_fail_log_no_token(log):
    event = make_event(starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a", 1)
    token = token_of(make_registration(event, at=timezone.now()))
    client = Client(raise_request_exception=False)
    answers = [
        client.get(f"/aanmelding/{token}/nergens/"),
        client.get(f"/aanmelding/{token}x/"),
        client.get(f"/en/aanmelding/{token}/nergens/?next=/aanmelding/{token}/"),
        client.post(f"/aanmelding/{token}/tafels/", {"round_1": "nonsense"}),
        client.get(f"/aanmelding/{token}/breekt/"),
        client.get(f"/deur/pas/{token}/breekt/"),
        client.get("/deur/nergens/?q=jansen&p=2"),
        client.get("/nergens/", headers={"host": f"{token}.example"}),
    ]

    secret, signature = token.split(".")
    written = log.getvalue()
    assert [answer.status_code for answer in answers] == [404, 404, 404, 422, 500, 500, 403, 400]
    assert "Traceback" in written
    assert "NoReverseMatch" in written
    assert secret not in written
    assert signature not in written
    assert "jansen" not in written


@pytest.mark.parametrize(
    ("line", "cut"),
    [
        ("GET /aanmelding/abc.def/tafels/", "GET /aanmelding/[cut]/tafels/"),
        ("'/en/aanmelding/abc'", "'/en/aanmelding/[cut]'"),
        ("next=%2Faanmelding%2Fabc%2Ftafels", "next=%2Faanmelding%2F[cut]%2Ftafels"),
        ("/deur/pas/abc/?a=b", "/deur/pas/[cut]/?a=b"),
        ("/deur/wijk/pas/abc/", "/deur/wijk/pas/[cut]/"),
        ("/deur/wijk/?q=van+den+berg&p=2", "/deur/wijk/?q=[cut]&p=2"),
        ("/deur/wijk/?p=2&q=a%20b HTTP/1.1", "/deur/wijk/?p=2&q=[cut] HTTP/1.1"),
        ("%3Fq%3Djansen", "%3Fq%3D[cut]"),
        ("GET /gastheer/abc.def/voorstel/1a/", "GET /gastheer/[cut]/voorstel/1a/"),
        ("next=%2Fen%2Fgastheer%2Fabc", "next=%2Fen%2Fgastheer%2F[cut]"),
        ("/admin/account/uitnodiging/abc/", "/admin/account/uitnodiging/[cut]/"),
        ("?next=/admin/account/uitnodiging/abc/", "?next=/admin/account/uitnodiging/[cut]/"),
        ("/wijk/aanmelden/", "/wijk/aanmelden/"),
        ("", ""),
    ],
)
def test_cut_secrets_cuts_what_is_secret_and_no_more(line, cut):
    assert cut_secrets(line) == cut


@given(st.text(alphabet=st.sampled_from("abcXYZ019_-.:%"), min_size=1, max_size=80))
def test_cut_secrets_leaves_nothing_of_a_path_token(token):
    cut = cut_secrets(f"GET /aanmelding/zz{token}zz/ HTTP/1.1")

    assert cut == "GET /aanmelding/[cut]/ HTTP/1.1"


@pytest.mark.django_db
def test_row_that_broke_a_rule_is_not_logged(log):
    noor = make_registration(make_event())
    broken = {"status": "pending", "email": "a\n\nb@prive.example"}
    try:
        with transaction.atomic():
            Registration.objects.filter(pk=noor.pk).update(**broken)
    except IntegrityError:
        logging.getLogger("registrations").exception("it broke")

    assert "it broke" in log.getvalue()
    assert "prive.example" not in log.getvalue()
    assert "Noor" not in log.getvalue()


def test_only_the_row_is_cut_from_an_error_of_the_database():
    told = "IntegrityError: no\nDETAIL:  Failing row (Noor,\n\nb@a.example)"
    after = "\n\nThe above exception was the direct cause of the following exception:\n\nmore"

    assert cut_secrets(told + after) == "IntegrityError: no\nDETAIL: [cut]" + after
    assert cut_secrets(told) == "IntegrityError: no\nDETAIL: [cut]"
