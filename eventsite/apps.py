from importlib import import_module

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps as admin_apps


class EventsiteConfig(AppConfig):
    name = "eventsite"

    def ready(self) -> None:
        # They listen to what Django and allauth tell, or are asked by Django.
        import_module("eventsite.browsers")
        import_module("eventsite.checks")
        import_module("eventsite.security_log")
        if settings.METRICS_TOKEN:
            # Models are there by now, and not when this module is read.
            from eventsite import metrics

            metrics.watch_locks()


class StaffConfig(admin_apps.AdminConfig):
    """Django's admin with our own site as the one where models are registered."""

    default = False
    default_site = "eventsite.staff.StaffSite"
