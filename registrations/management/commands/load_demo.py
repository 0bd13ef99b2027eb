from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from program.people import PeopleInTheWay
from registrations import demo


class Command(BaseCommand):
    help = "Load the demo event and its accounts. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        self.load(os.environ.get("DEMO_PASSWORD", ""), at=timezone.now())

    def load(self, password: str, *, at: datetime) -> None:
        try:
            event = demo.load_event(at=at).event
        except PeopleInTheWay as error:
            # Somebody tried things out in the admin: their event is worth more than ours.
            self.stderr.write(_("The demo event stays as it is:"))
            for problem in error.problems:
                self.stderr.write(f"  {problem.message}")
        else:
            words = {"event": event, "day": date_format(event.day, "l j F Y")}
            self.stdout.write(_("‘%(event)s’ is on %(day)s.") % words)
        for account in demo.make_accounts(password):
            words = {"name": account.name, "password": account.password}
            message = (
                _("Account %(name)s, password %(password)s")
                if account.password
                else _("Account %(name)s, with the password it had. DEMO_PASSWORD sets another.")
            )
            self.stdout.write(message % words)
