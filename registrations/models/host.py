"""Hosts as people: where to mail them, what opens their page, and what they propose.

What everybody reads of a host is in the programme (``Speaker``). Nothing here ever goes there, nor
into a file or a feed of the programme.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from program.models import Event, Speaker, TableSession
from program.models.constraints import same_event


class HostQuerySet(models.QuerySet["Host"]):
    def reachable(self) -> HostQuerySet:
        """Those who host something and whose address works, as far as we know."""
        return self.exclude(speaker=None).filter(email_refused_at=None)


class Host(models.Model):
    """Somebody who hosts tables and has an address. Whoever erases it deletes the row."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="hosts")
    # Empty once they left the programme. A host who comes back is recognised by name.
    speaker = models.ForeignKey(
        Speaker, on_delete=models.SET_NULL, null=True, blank=True, related_name="hosts"
    )
    name = models.CharField(_("name"), max_length=200)
    email = models.CharField(_("e-mail address"), max_length=254)
    language = models.CharField(
        _("language"), max_length=2, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    # What their link is made of; empty until it is mailed, and once it is withdrawn.
    secret = models.CharField(max_length=43, blank=True, editable=False)
    created_at = models.DateTimeField(_("added at"))
    invited_at = models.DateTimeField(_("mailed at"), null=True, blank=True)
    email_refused_at = models.DateTimeField(_("address refused at"), null=True, blank=True)
    # A hash of the time, the place and the tables that they were last mailed.
    told = models.CharField(max_length=64, blank=True, editable=False)

    objects = HostQuerySet.as_manager()

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "id"], name="host_of_event"),
            models.UniqueConstraint(
                fields=["event", "speaker"],
                condition=Q(speaker__isnull=False),
                name="host_once_a_speaker",
            ),
            models.UniqueConstraint(
                fields=["secret"], condition=~Q(secret=""), name="host_secret_once"
            ),
            models.CheckConstraint(condition=~Q(email=""), name="host_has_an_address"),
            models.CheckConstraint(
                condition=Q(invited_at__isnull=True) | ~Q(secret=""), name="host_invited_by_a_link"
            ),
            same_event("speaker", name="host_speaker_of_event"),
        ]

    def __str__(self) -> str:
        return self.name


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def open(self) -> ProposalQuerySet:
        """Those that an organiser has yet to accept or decline."""
        return self.filter(decided_at=None)


class Proposal(models.Model):
    """What a host would like the programme to say: of one session or, without one, of themselves.

    ``values`` are columns of that row, as proposed. Only an organiser's yes puts them there.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="proposals")
    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="proposals")
    session = models.ForeignKey(
        TableSession, on_delete=models.CASCADE, null=True, blank=True, related_name="proposals"
    )
    values = models.JSONField(default=dict)
    proposed_at = models.DateTimeField(_("proposed at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    accepted = models.BooleanField(_("accepted"), default=False)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["host", "session"],
                condition=Q(session__isnull=False),
                name="proposal_once_a_session",
            ),
            models.UniqueConstraint(
                fields=["host"], condition=Q(session__isnull=True), name="proposal_once_a_host"
            ),
            models.CheckConstraint(
                condition=Q(accepted=False) | Q(decided_at__isnull=False),
                name="proposal_accepted_is_decided",
            ),
            same_event("host", name="proposal_host_of_event"),
            same_event("session", name="proposal_session_of_event"),
        ]

    def __str__(self) -> str:
        return f"{self.host} · {self.proposed_at:%Y-%m-%d %H:%M}"
