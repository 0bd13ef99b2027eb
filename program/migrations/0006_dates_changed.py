from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0005_readers"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="dates_changed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
