"""The mailbox of a demo: what is sent can be read there, and in production nobody can."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils import timezone
from time_machine import travel

from eventsite.mailbox import MailboxBackend

pytestmark = pytest.mark.django_db
LINK = "https://site.example/aanmelding/abc.def/"


@pytest.fixture
def box(settings, tmp_path: Path) -> Path:
    settings.LOCAL = True
    settings.EMAIL_BACKEND = "eventsite.mailbox.MailboxBackend"
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    return tmp_path / "mailbox"


def send(subject: str = "Bevestig je aanmelding", language: str = "nl", **attachment: str) -> None:
    message = EmailMultiAlternatives(
        subject,
        f"Dag Gülşen,\n\n{LINK}",
        to=["gulsen@example.org"],
        reply_to=["info@example.org"],
        headers={"Content-Language": language},
    )
    message.attach_alternative(
        f'<div style="display: none; color: red">Alleen voor de lijst</div>'
        f'<h1 style="color:red">Dag</h1><p><a href="{LINK}">Bevestig</a><script>x()</script></p>',
        "text/html",
    )
    if attachment:
        message.attach(**attachment)
    message.connection = MailboxBackend()
    message.send()


def only_key(box: Path) -> str:
    (path,) = box.iterdir()
    return path.stem


def test_mailbox_is_empty_at_first(box, client):
    assert client.get("/postvak/").status_code == 200


def test_mailbox_lists_the_newest_first(box, client):
    send("De eerste")
    with travel(timezone.now() + timedelta(seconds=1)):
        send("De tweede")
    page = client.get("/postvak/").content.decode()

    assert page.index("De tweede") < page.index("De eerste")
    assert "gulsen@example.org" in page


def test_message_shows_its_text_with_links_and_its_headers(box, client):
    send()
    page = client.get(f"/postvak/{only_key(box)}/").content.decode()

    assert "Dag Gülşen," in page
    assert f'href="{LINK}"' in page
    assert "<dd>info@example.org</dd>" in page


def test_message_shows_its_html_without_styles_or_scripts(box, client):
    send()
    page = client.get(f"/postvak/{only_key(box)}/").content.decode()

    assert page.count(f'href="{LINK}"') == 2
    assert "style=" not in page
    assert "x()" not in page
    assert "Alleen voor de lijst" not in page


def test_attachment_can_be_downloaded(box, client):
    send(filename="agenda.ics", content="BEGIN:VCALENDAR", mimetype="text/calendar")
    key = only_key(box)
    response = client.get(f"/postvak/{key}/1/")

    assert f'href="/postvak/{key}/1/">agenda.ics</a>' in client.get(f"/postvak/{key}/").text
    assert response.content == b"BEGIN:VCALENDAR"
    assert response["Content-Type"] == "text/calendar"
    assert response["Content-Disposition"] == 'attachment; filename="agenda.ics"'
    assert client.get(f"/postvak/{key}/2/").status_code == 404
    assert client.get(f"/postvak/{key}/0/").status_code == 404


def test_mail_is_read_out_in_its_own_language(box, client):
    send("Confirm your sign-up", language="en")
    link = f'href="/postvak/{only_key(box)}/"'

    assert re.search(rf'{link}\s+lang="en"', client.get("/postvak/").text)
    assert '<h1 lang="en">' in client.get(f"/postvak/{only_key(box)}/").text


def test_mailbox_offers_no_translation_of_itself(box, client):
    assert "hreflang" not in client.get("/postvak/").text


def test_mail_is_printed_in_a_demo(box, capsys):
    send()

    assert LINK in capsys.readouterr().out


def test_mail_is_not_printed_in_production(box, settings, capsys):
    settings.LOCAL = False
    send()

    assert capsys.readouterr().out == ""
    assert len(list(box.iterdir())) == 1


def test_kept_mail_can_be_read_by_its_owner_only(box):
    send()
    (path,) = box.iterdir()

    assert path.stat().st_mode & 0o777 == 0o600
    assert box.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("key", ["", "none/", "20261231000000000000-aabbccdd/"])
def test_mailbox_does_not_exist_in_production(box, client, settings, key):
    send()
    settings.LOCAL = False

    assert client.get(f"/postvak/{key}").status_code == 404
    assert client.get(f"/postvak/{only_key(box)}/").status_code == 404
    assert client.get(f"/postvak/{only_key(box)}/1/").status_code == 404


def test_mailbox_does_not_exist_where_mail_really_goes_out(box, client, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    assert client.get("/postvak/").status_code == 404


def test_message_that_is_not_there_is_not_found(box, client):
    send()

    assert client.get("/postvak/20261231000000000000-aabbccdd/").status_code == 404
    assert client.get("/postvak/secret/").status_code == 404


def test_site_without_mail_server_keeps_its_mail(box):
    assert isinstance(get_connection(), MailboxBackend)
