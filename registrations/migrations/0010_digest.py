from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0008_bilingual_events"),
        ("registrations", "0009_hosts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="storedmail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirm", "confirm your sign-up"),
                    ("registered", "you are registered"),
                    ("already", "you are registered already"),
                    ("link", "your link"),
                    ("tables", "your tables changed"),
                    ("waiting", "you are on the waiting list"),
                    ("promoted", "there is a place for you"),
                    ("moved", "you have another table"),
                    ("waiting_over", "the waiting list is over"),
                    ("cancelled", "you are cancelled"),
                    ("holds", "many unconfirmed places"),
                    ("added", "an organiser signed you up"),
                    ("corrected", "your name was corrected"),
                    ("dropped", "your table drops out"),
                    ("called_off", "the event is called off"),
                    ("rescheduled", "news of time, place or going on"),
                    ("mailing", "message of the organiser"),
                    ("account", "staff account"),
                    ("digest", "what happened lately"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="Digest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "often",
                    models.CharField(
                        choices=[("daily", "every day"), ("weekly", "every week")], max_length=10
                    ),
                ),
                ("language", models.CharField(default="nl", max_length=2)),
                ("told_until", models.DateTimeField()),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="digests",
                        to="program.event",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="digests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("event", "user"), name="digest_once")
                ],
            },
        ),
    ]
