from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def mark_removed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Before an event ends only an organiser erases a guest; the worker does so afterwards."""
    guests = apps.get_model("registrations", "Guest").objects
    before = guests.filter(erased_at__lt=models.F("event__ends_at")).values("pk")
    guests.filter(pk__in=before).update(removed_at=models.F("erased_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0006_dates_changed"),
        ("registrations", "0010_digest"),
    ]

    operations = [
        migrations.AddField(
            model_name="guest",
            name="removed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name="guest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("removed_at__isnull", True), ("erased_at__isnull", False), _connector="OR"
                ),
                name="guest_removed_is_erased",
            ),
        ),
        migrations.RunPython(mark_removed, migrations.RunPython.noop),
    ]
