from typing import Any

from django.apps import AppConfig
from django.apps import apps as all_apps
from django.apps.registry import Apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from registrations.organising.groups import make_groups


class RegistrationsConfig(AppConfig):
    name = "registrations"
    verbose_name = _("Registrations")

    def ready(self) -> None:
        # After the app for accounts, which makes the permissions of each model then.
        post_migrate.connect(_make_groups, sender=self)


def _make_groups(*, using: str, apps: Apps = all_apps, **_others: Any) -> None:
    if "auth" in apps.app_configs:
        make_groups(
            apps.get_model("auth", "Group").objects.using(using),
            apps.get_model("auth", "Permission").objects.using(using),
        )
