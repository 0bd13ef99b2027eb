"""Mail to staff about their own account: a link to choose a password, and what changed.

A page that is asked for a new password only notes that down, one row, the same for every address.
The worker looks up the account later, so that nobody learns who works here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registrations.mail import envelope
from registrations.mail.envelope import link
from registrations.mail.mails import send_after_for
from registrations.models import StoredMail

ACCOUNT = StoredMail.Kind.ACCOUNT
KEPT = timedelta(days=30)


def ask_password(email: str, *, language: str, at: datetime) -> None:
    """Note down that somebody asked for a new password for ``email``."""
    envelope.new(ACCOUNT, email, at=at, language=language).save()


def answer_asked(at: datetime) -> int:
    """Store the mails that were asked for, as far as there is an account; returns how many."""
    answered = 0
    for asked in StoredMail.objects.asked_by_staff():
        with transaction.atomic():
            # Somebody who pressed the button twice meant one mail.
            same = StoredMail.objects.asked_by_staff().filter(to__iexact=asked.to)
            gone, _rows = same.delete()
            users = User.objects.filter(email__iexact=asked.to, is_active=True) if gone else ()
            for user in users:
                # A few an hour; more wait, so that no stranger can fill an inbox.
                after = send_after_for(user.email, at, (ACCOUNT,))
                store_password_link(user, language=asked.language, at=at, after=after)
                answered += 1
    return answered


def store_password_link(
    user: User,
    *,
    at: datetime,
    language: str = settings.LANGUAGE_CODE,
    after: datetime | None = None,
) -> None:
    """The link with which to choose a password, the first one or another.

    It works once, and for PASSWORD_RESET_TIMEOUT seconds.
    """
    new = not user.has_usable_password()
    subject = _("Your account for %(site)s") if new else _("Choose a new password for %(site)s")
    days = settings.PASSWORD_RESET_TIMEOUT // 86_400
    key = user_pk_to_url_str(user), default_token_generator.make_token(user)
    with translation.override(language):
        links = {
            "link": link("account_reset_password_from_key", *key),
            "again": link("account_reset_password"),
        }
    mail = envelope.new(ACCOUNT, user.email, at=at, language=language, send_after=after or at)
    _store(mail, "staff_password", subject, user, new=new, days=days, **links)


def store_notice(user: User, what: str | Promise, *, at: datetime) -> None:
    """Tell somebody what changed in their account: if it was not them, they should know.

    ``what`` is said in the language of the mail, not in that of the page where it happened.
    """
    if not user.email:
        return
    mail = envelope.new(ACCOUNT, user.email, at=at)
    with translation.override(mail.language):
        account = link("mfa_index")
    subject = _("Something changed in your account for %(site)s")
    _store(mail, "staff_notice", subject, user, what=what, link=account)


def forget_old(at: datetime) -> int:
    """Delete what is known of account mails of over a month ago; returns how many."""
    deleted, _rows = StoredMail.objects.filter(kind=ACCOUNT, created_at__lt=at - KEPT).delete()
    return deleted


def _store(
    mail: StoredMail, template: str, subject: str | Promise, user: User, **context: Any
) -> None:
    name = user.get_full_name() or user.username
    envelope.write(mail, subject, template, name=name, user=user, **context)
    mail.save()
