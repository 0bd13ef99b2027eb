from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class EventsiteConfig(AppConfig):
    name = "eventsite"


class StaffConfig(admin_apps.AdminConfig):
    """Django's admin with our own site as the one where models are registered."""

    default = False
    default_site = "eventsite.staff.StaffSite"
