from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0006_dates_changed"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="bilingual",
            field=models.BooleanField(
                default=False,
                help_text="Everywhere beside the Dutch, there is room for the English.",
                verbose_name="also in English",
            ),
        ),
    ]
