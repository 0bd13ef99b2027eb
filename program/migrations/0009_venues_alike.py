from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0008_bilingual_events"),
    ]

    operations = [
        # Two who say something else of the same venue each have their own.
        migrations.RemoveConstraint(model_name="venue", name="venue_once"),
    ]
