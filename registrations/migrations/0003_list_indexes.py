from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0002_programme_key"),
        ("registrations", "0002_mail_as_notes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="registration",
            index=models.Index(fields=["event", "status"], name="registration_by_status"),
        ),
        migrations.AddIndex(
            model_name="registration",
            index=models.Index(fields=["event", "sort_key"], name="registration_in_order"),
        ),
        migrations.AddIndex(
            model_name="registration",
            index=models.Index(
                condition=models.Q(("listed", True)),
                fields=["event", "status", "sort_key"],
                name="registration_listed",
            ),
        ),
        migrations.AddIndex(
            model_name="waitlistentry",
            index=models.Index(
                condition=models.Q(("since__isnull", False)),
                fields=["event", "slot"],
                name="waitlist_by_table",
            ),
        ),
        # Last, so that there is an index at any moment.
        migrations.RemoveIndex(model_name="registration", name="registration_by_name"),
    ]
