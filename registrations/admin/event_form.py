"""The form of an event, with the phones at its door in mind."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from program.admin.event_form import EventForm
from registrations.door import passes


class EventWithDoorForm(EventForm):
    def clean_slug(self) -> str:
        """A phone's log-in, and where it keeps what it has to send, go by the address."""
        slug = super().clean_slug()
        event = self.instance
        if event.pk and slug != event.slug and passes.in_use(event, at=timezone.now()):
            until = date_format(
                timezone.localtime(passes.takes_taps_until(event)), "DATETIME_FORMAT"
            )
            raise ValidationError(
                _(
                    "Phones at the door know the event by this address: under another one they "
                    "no longer work. First withdraw their passes, or wait until %(until)s."
                ),
                code="door_in_use",
                params={"until": until},
            )
        return slug
