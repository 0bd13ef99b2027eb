from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("registrations", "0003_list_indexes"),
    ]

    operations = [
        migrations.RemoveField(model_name="registration", name="calendar_sequence"),
    ]
