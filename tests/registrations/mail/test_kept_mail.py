"""Mail that is kept in files: starting the worker says so, and it does not stay."""

from __future__ import annotations

import os
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.utils import timezone

from eventsite.mailbox import MailboxBackend
from registrations.mail import outbox


@pytest.fixture(autouse=True)
def box(settings, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "eventsite.mailbox.MailboxBackend"
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    return tmp_path / "mailbox"


def keep(box: Path, *, days: float) -> Path:
    """A mail that was kept so many days ago."""
    before = set(box.glob("*"))
    MailboxBackend().send_messages([EmailMessage("Bevestig", "tekst", to=["a@b.example"])])
    (path,) = set(box.glob("*")) - before
    kept_at = (timezone.now() - timedelta(days=days)).timestamp()
    os.utime(path, (kept_at, kept_at))
    return path


def test_kept_mail_is_deleted_after_thirty_days(box):
    keep(box, days=30.1)
    young = keep(box, days=29.9)

    assert outbox.forget_old(timezone.now()) == 1
    assert list(box.iterdir()) == [young]


def test_half_written_mail_is_deleted_too(box):
    keep(box, days=31).rename(box / "tmpx1y2z3")

    assert outbox.forget_old(timezone.now()) == 1


def test_no_mailbox_is_no_trouble(box):
    assert outbox.forget_old(timezone.now()) == 0


def work() -> str:
    out = StringIO()
    call_command("work", once=True, stdout=out)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_worker_says_that_no_mail_goes_out(box):
    assert work() == (
        f"EMAIL_URL is not set: no mail goes out. It is kept in {box}, for 30 days.\n"
    )


@pytest.mark.django_db(transaction=True)
def test_worker_says_nothing_where_mail_goes_out_or_is_shown(settings):
    settings.LOCAL = True
    assert work() == ""

    settings.LOCAL = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert work() == ""


@pytest.mark.django_db(transaction=True)
def test_worker_deletes_old_mail_also_where_mail_goes_out_by_now(box, settings):
    keep(box, days=31)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    work()

    assert list(box.iterdir()) == []
