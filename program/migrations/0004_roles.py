from __future__ import annotations

from typing import Any

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

# As ``program.models.roles`` had them when this was written.
DEFAULTS = (
    ("bestuurder", "bestuurder", "executive"),
    ("raadslid", "raadslid", "council member"),
    ("wethouder", "wethouder", "alderman"),
    ("ambtenaar", "ambtenaar", "civil servant"),
    ("student", "student", "student"),
    ("initiatiefnemer", "initiatiefnemer", "initiator"),
    ("inwoner", "inwoner", "resident"),
    ("anders", "anders", "something else"),
)


def give_every_event_its_roles(apps: Any, schema_editor: Any) -> None:
    event, role = apps.get_model("program", "Event"), apps.get_model("program", "Role")
    role.objects.bulk_create(
        role(event_id=key, code=code, label=label, label_en=label_en, position=position)
        for key in event.objects.values_list("pk", flat=True)
        for position, (code, label, label_en) in enumerate(DEFAULTS, start=1)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0003_announced_start"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="role_question",
            field=models.CharField(
                blank=True,
                db_default="Je bent",
                default="Je bent",
                help_text="What people come as, with the answers below it. Empty: not asked.",
                max_length=100,
                verbose_name="question about roles",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="role_question_en",
            field=models.CharField(
                blank=True,
                db_default="You are",
                default="You are",
                max_length=100,
                verbose_name="question about roles (English)",
            ),
        ),
        migrations.CreateModel(
            name="Role",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(blank=True, max_length=20, verbose_name="code")),
                ("label", models.CharField(max_length=60, verbose_name="role")),
                (
                    "label_en",
                    models.CharField(blank=True, max_length=60, verbose_name="role (English)"),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0,
                        validators=[django.core.validators.MaxValueValidator(32767)],
                        verbose_name="order",
                    ),
                ),
                (
                    "retired_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="not asked any more since"
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="roles",
                        to="program.event",
                        verbose_name="event",
                    ),
                ),
            ],
            options={
                "verbose_name": "role",
                "verbose_name_plural": "roles",
                "ordering": ["position", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("event", "code"), name="role_code_once"),
                    models.UniqueConstraint(fields=("event", "label"), name="role_label_once"),
                    models.UniqueConstraint(fields=("event", "id"), name="role_of_event"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True),
                            models.Q(("label", ""), _negated=True),
                        ),
                        name="role_is_called",
                    ),
                ],
            },
        ),
        migrations.RunPython(give_every_event_its_roles, migrations.RunPython.noop),
    ]
