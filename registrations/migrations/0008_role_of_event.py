from __future__ import annotations

from django.db import migrations

import program.models.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("registrations", "0007_people"),
    ]

    operations = [
        migrations.RemoveField(model_name="registration", name="role"),
        migrations.RenameField(model_name="registration", old_name="role_row", new_name="role"),
        migrations.AddConstraint(
            model_name="registration",
            constraint=program.models.constraints.CompositeForeignKey(
                fields=["event", "role"],
                name="registration_role_of_event",
                relation="role",
                to_fields=["event", "id"],
            ),
        ),
    ]
