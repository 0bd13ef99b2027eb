from __future__ import annotations

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make_way(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The address is the site's own from now on: hosts have their pages there."""
    event = apps.get_model("program", "Event")
    event.objects.filter(slug="gastheer").update(slug="de-gastheer")


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0004_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(make_way, migrations.RunPython.noop),
        migrations.AlterModelOptions(
            name="event",
            options={
                "ordering": ["starts_at"],
                "permissions": [("read_event", "Can read along with an event")],
                "verbose_name": "event",
                "verbose_name_plural": "events",
            },
        ),
        migrations.RemoveConstraint(
            model_name="event",
            name="event_slug_not_reserved",
        ),
        migrations.AddField(
            model_name="event",
            name="readers",
            field=models.ManyToManyField(
                blank=True,
                related_name="read_events",
                to=settings.AUTH_USER_MODEL,
                verbose_name="people who read along",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "slug__in",
                        (
                            "aanmelding",
                            "aanmelden",
                            "admin",
                            "deur",
                            "en",
                            "gastheer",
                            "healthz",
                            "nl",
                            "opgeslagen",
                            "postvak",
                            "privacy",
                            "static",
                            "taal",
                            "tafelsessie",
                            "toegankelijkheid",
                            "voorbeeld",
                        ),
                    ),
                    _negated=True,
                ),
                name="event_slug_not_reserved",
            ),
        ),
    ]
