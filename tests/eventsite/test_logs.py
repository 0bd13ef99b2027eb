"""No personal link, door pass or search word in any line of the logs."""

from __future__ import annotations

import io
import json
import logging
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from eventsite import logs
from eventsite.logs import CuttingFormatter, JsonFormatter, cut_secrets
from eventsite.urls import urlpatterns as all_urls
from registrations.door import passes
from registrations.models import Registration
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_registration, make_slot
from tests.registrations.door.tapping import make_pass


def breaks_on_words(request: HttpRequest) -> HttpResponse:
    return HttpResponse(int(request.GET["naam"]))


def breaks(request: HttpRequest, token: str) -> HttpResponse:
    """As a bug would: the token is in the path, in the message and in the exception's cause."""
    try:
        reverse("registrations:mine", args=[token, token])
    except Exception as error:
        raise RuntimeError(f"{request.get_full_path()} broke on {token}") from error
    return HttpResponse()


urlpatterns = [
    path("breekt/", breaks_on_words),
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


def test_cut_secrets_cuts_what_a_provider_sends_back():
    line = (
        "GET /admin/account/organisatie/terug/?code=a.b-c_d&state=xyz&iss=https%3A%2F%2Fx HTTP/1.1"
    )

    assert cut_secrets(line) == line.replace("a.b-c_d", "[cut]").replace("xyz", "[cut]")


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


MADE = re.compile(r"\d{4}-\d{4}-\d{4}")


@pytest.mark.django_db
@pytest.mark.urls("tests.eventsite.test_logs")
def test_number_on_an_error_page_is_in_the_log_and_in_the_headers(log):
    event = make_event(starts_at=timezone.now() + timedelta(days=14))
    token = token_of(make_registration(event, at=timezone.now()))
    client = Client(raise_request_exception=False)
    answers = [
        client.get("/nergens/"),
        client.get(f"/aanmelding/{token}/breekt/"),
        Client(enforce_csrf_checks=True).post("/admin/account/login/"),
        client.get("/", headers={"host": "elders.example"}),
        client.get("/en/nergens/"),
    ]

    assert [answer.status_code for answer in answers] == [404, 500, 403, 400, 404]
    numbers = [answer["X-Request-ID"] for answer in answers]
    assert len(set(numbers)) == len(numbers)
    for answer, number in zip(answers, numbers, strict=True):
        assert MADE.fullmatch(number)
        assert f'<b translate="no">{number}</b>' in answer.content.decode()
        assert f" {number} django." in log.getvalue()
    assert "Noem dan dit nummer" in answers[0].content.decode()


@pytest.mark.django_db
def test_no_visitor_chooses_the_number_of_a_request(client, settings):
    settings.PROXIES = 1

    number = client.get("/nergens/", headers={"X-Request-ID": "0f" * 16})["X-Request-ID"]

    assert MADE.fullmatch(number)


@pytest.mark.django_db
def test_pages_that_are_kept_have_a_number_each(client, settings):
    settings.PAGE_CACHE_SECONDS = 60
    make_event(slug="avond", starts_at=timezone.now() + timedelta(days=14))

    first, again = client.get("/avond/"), client.get("/avond/")

    assert first.content == again.content
    assert first["X-Request-ID"] != again["X-Request-ID"]


def formatted(form: str) -> logging.Formatter:
    """As the configuration has it."""
    name = logs.config(form=form)["handlers"]["stderr"]["formatter"]
    made = logs.config(form=form)["formatters"][name]
    kind = {"eventsite.logs.JsonFormatter": JsonFormatter}.get(made["()"], CuttingFormatter)
    return kind(made.get("format"), style=made.get("style", "%"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.urls("tests.eventsite.test_logs")
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_whole_story_logs_no_name_address_or_secret(log, monkeypatch, form, settings):
    """Somebody signs up, errs, is mailed, cancels and is erased; staff log in; things break."""
    (handler,) = [h for h in logging.root.handlers if isinstance(h.formatter, CuttingFormatter)]
    monkeypatch.setattr(handler, "formatter", formatted(form))
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    event = make_event(slug="avond", starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a", 1)
    User.objects.create_user("zwaluw", "zwaluw@gemeente.example", "Kievit-77", is_staff=True)
    client = Client(raise_request_exception=False)
    person = {"first_name": "Quirijn", "last_name": "Xaverius", "organisation": "Buurtkiep"}
    typed = person | {"email": "quirijn@haarlem.example", "role": "inwoner", "round_1": "1a"}
    page = "/avond/aanmelden/"
    client.post(page, typed)  # without agreeing
    client.post(page, typed | {"agree": "on"})
    client.post(page, typed | {"agree": "on"}, headers={"Sec-Fetch-Site": "cross-site"})
    client.post("/avond/mijn-link/", {"email": "quirijn@haarlem.example"})
    call_command("work", once=True)
    registration = Registration.objects.latest("pk")
    token, door = token_of(registration), make_pass(event)
    secrets = [registration.secret, token, door.secret, passes.link_token(door)]
    for under in ("", "tafels/", "agenda.ics", "gegevens.json", "nergens/", "breekt/"):
        client.get(f"/aanmelding/{token}/{under}")
        client.post(f"/aanmelding/{token}/{under}", typed)
    client.post(f"/aanmelding/{token}/bevestigen/")
    client.get(f"/deur/pas/{passes.link_token(door)}/")
    client.get("/deur/avond/?q=Xaverius")
    client.post("/deur/avond/sync/", "Quirijn{", content_type="application/json")
    client.get("/nergens/quirijn@haarlem.example/")
    client.get("/", {"next": "quirijn%40haarlem.example"})
    client.post(page, b"--x\r\nQuirijn", content_type="multipart/form-data; boundary=x")
    client.get("/breekt/", {"naam": "Xaverius"})
    for password in ("Kievit-78", "Kievit-77"):
        client.post("/admin/account/login/", {"login": "zwaluw", "password": password})
    client.post(f"/aanmelding/{token}/annuleren/")
    client.post(f"/aanmelding/{token}/wissen/")
    call_command("work", once=True)

    written = log.getvalue()
    assert written.count("Traceback") >= 3
    private = ["Quirijn", "Xaverius", "quirijn@", "Buurtkiep", "Kievit", "zwaluw@", *secrets]
    assert [word for word in private if word.lower() in written.lower()] == []
    if form == "json":
        lines = [json.loads(line) for line in written.splitlines()]
        assert {"at", "level", "logger", "request", "process", "message"} <= set(lines[0])
        assert any(line["request"] != "-" for line in lines)


def test_refused_requests_leave_no_traceback(client, log):
    client.get("/", headers={"host": "elders.example"})

    assert "Invalid HTTP_HOST" in log.getvalue()
    assert "Traceback" not in log.getvalue()


def test_an_error_is_told_by_kind_and_place(log):
    try:
        try:
            int("Xaverius")
        except ValueError as error:
            raise ImproperlyConfigured("SITE_URL is missing") from error
    except ImproperlyConfigured:
        logging.getLogger("registrations").exception("it broke")

    written = log.getvalue()
    assert "Xaverius" not in written.replace('int("Xaverius")', "")  # which is our own line
    assert re.search(r"test_logs.py\", line \d+, in test_an_error", written)
    assert "\nValueError\n\nThe above exception was the direct cause" in written
    assert "ImproperlyConfigured: SITE_URL is missing" in written


def test_only_the_row_is_cut_from_an_error_of_the_database():
    told = "IntegrityError: no\nDETAIL:  Failing row (Noor,\n\nb@a.example)"
    after = "\n\nThe above exception was the direct cause of the following exception:\n\nmore"

    assert cut_secrets(told + after) == "IntegrityError: no\nDETAIL: [cut]" + after
    assert cut_secrets(told) == "IntegrityError: no\nDETAIL: [cut]"
