"""Mail to staff about their own account: a link to choose a password, and what changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registrations.mail import envelope
from registrations.mail.envelope import NotWanted, WrittenMail, link
from registrations.models import StoredMail
from registrations.models.mail import OVERTAKEN

ACCOUNT = StoredMail.Kind.ACCOUNT
KEPT = timedelta(days=30)


def password_link(
    user: User, *, at: datetime, language: str = settings.LANGUAGE_CODE
) -> StoredMail:
    """A mail, not saved, with the link by which to choose a password, the first one or another.

    It works once, and for PASSWORD_RESET_TIMEOUT seconds from when it leaves.
    """
    return envelope.new(ACCOUNT, user.email, at=at, language=language, about={"user": user.pk})


def store_notice(user: User, what: str | Promise, *, at: datetime) -> None:
    """Tell somebody what changed in their account: if it was not them, they should know.

    ``what`` is said in the language of the mail, not in that of the page where it happened.
    """
    if not user.email:
        return
    mail = envelope.new(ACCOUNT, user.email, at=at)
    with translation.override(mail.language):
        mail.about = {"user": user.pk, "what": str(what)}
    mail.save()


def write(mail: StoredMail) -> WrittenMail:
    """Raises NotWanted if the account is gone, or a link would open that of somebody else."""
    user = User.objects.filter(pk=mail.about.get("user")).first()
    if user is None:
        raise NotWanted(OVERTAKEN)
    name = user.get_full_name() or user.username
    if what := mail.about.get("what"):
        subject = _("Something has changed in your account for %(site)s")
        account = link("mfa_index")
        return envelope.write(
            mail, subject, "staff_notice", name=name, user=user, what=what, link=account
        )
    if not user.is_active or user.email != mail.to:
        raise NotWanted(OVERTAKEN)
    new = not user.has_usable_password()
    subject = _("Your account for %(site)s") if new else _("Choose a new password for %(site)s")
    key = user_pk_to_url_str(user), default_token_generator.make_token(user)
    return envelope.write(
        mail,
        subject,
        "staff_password",
        name=name,
        user=user,
        new=new,
        days=settings.PASSWORD_RESET_TIMEOUT // 86_400,
        link=link("account_reset_password_from_key", *key),
        again=link("account_reset_password"),
    )


def forget_old(at: datetime) -> int:
    """Delete what is known of account mails of over a month ago; returns how many."""
    deleted, _rows = StoredMail.objects.filter(kind=ACCOUNT, created_at__lt=at - KEPT).delete()
    return deleted
