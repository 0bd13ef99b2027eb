from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0002_programme_key"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="announced_start",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
