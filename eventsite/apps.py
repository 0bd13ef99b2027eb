from django.apps import AppConfig


class EventsiteConfig(AppConfig):
    name = "eventsite"
