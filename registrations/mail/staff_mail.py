"""Mail to staff about their own account: a link to choose a password, and what changed.

A page that is asked for a new password only notes that down, one row, the same for every address.
The worker looks later whose account it is, so that nobody learns who works here.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from registrations.mail.mails import send_after_for
from registrations.models import StoredMail

ACCOUNT = StoredMail.Kind.ACCOUNT
KEPT = timedelta(days=30)


def ask_password(email: str, *, language: str, at: datetime) -> None:
    """Note down that somebody asked for a new password for ``email``."""
    _unwritten(email, language, at).save()


def answer_asked(at: datetime) -> int:
    """Store the mails that were asked for, as far as there is an account; returns how many."""
    answered = 0
    for asked in StoredMail.objects.asked_by_staff():
        with transaction.atomic():
            # Who pressed the button twice meant one mail.
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
    with translation.override(language):
        subject = _("Your account for %(site)s") if new else _("Choose a new password for %(site)s")
        key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
        context = {
            "new": new,
            "link": settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=key),
            "again": settings.SITE_URL + reverse("account_reset_password"),
            "days": settings.PASSWORD_RESET_TIMEOUT // 86_400,
        }
        _store(user, "password", subject, context, language, at, after)


def store_notice(user: User, what: str | Promise, *, at: datetime) -> None:
    """Tell somebody what changed in their account: if it was not them, they should know.

    ``what`` is said in the language of the mail, not in that of the page where it happened.
    """
    if not user.email:
        return
    with translation.override(settings.LANGUAGE_CODE):
        context = {"what": what, "link": settings.SITE_URL + reverse("mfa_index")}
        subject = _("Something changed in your account for %(site)s")
        _store(user, "notice", subject, context, settings.LANGUAGE_CODE, at)


def forget_old(at: datetime) -> int:
    """Delete what is known of account mails of over a month ago; returns how many."""
    deleted, _rows = StoredMail.objects.filter(kind=ACCOUNT, created_at__lt=at - KEPT).delete()
    return deleted


def _store(
    user: User,
    name: str,
    subject: str,
    context: dict[str, Any],
    language: str,
    at: datetime,
    after: datetime | None = None,
) -> None:
    """Write one mail, in the active language, to go out at once or ``after``."""
    mail = _unwritten(user.email, language, at)
    mail.send_after = after or at
    mail.subject = subject % {"site": settings.ORGANISATION_NAME}
    context = {
        "user": user,
        "site": settings.ORGANISATION_NAME,
        "language": language,
        "subject": mail.subject,
        "privacy_link": settings.SITE_URL + reverse("privacy"),
        **context,
    }
    text = render_to_string(f"registrations/mail/staff_{name}.txt", context)
    mail.text = re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
    mail.html = render_to_string(f"registrations/mail/staff_{name}.html", context).strip() + "\n"
    mail.save()


def _unwritten(email: str, language: str, at: datetime) -> StoredMail:
    return StoredMail(
        kind=ACCOUNT,
        to=email,
        language=language,
        message_id=f"<{uuid4().hex}@{settings.MAIL_DOMAIN}>",
        created_at=at,
        send_after=at,
    )
