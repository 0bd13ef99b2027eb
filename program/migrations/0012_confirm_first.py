from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0011_house_style"),
    ]

    operations = [
        # With a default of the database: a process of the release before writes rows without it.
        migrations.AddField(
            model_name="event",
            name="confirm_first",
            field=models.BooleanField(
                default=False,
                db_default=False,
                help_text=(
                    "A sign-up holds nothing: those who confirm get a place and the tables that "
                    "are free. For when made-up sign-ups keep taking the places."
                ),
                verbose_name="a place only after confirming",
            ),
        ),
    ]
