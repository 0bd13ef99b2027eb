from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("registrations", "0004_code_tries"),
    ]

    operations = [
        migrations.RemoveField(model_name="registration", name="calendar_sequence"),
    ]
