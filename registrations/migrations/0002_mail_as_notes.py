from __future__ import annotations

from typing import Any

from django.db import migrations, models


def refuse_unsent(apps: Any, schema_editor: Any) -> None:
    """The words of a mail that waits would be lost."""
    mails = apps.get_model("registrations", "StoredMail").objects
    if mails.filter(sent_at=None, failed_at=None).exists():
        raise RuntimeError("Mail still waits: let the worker of the release before send it.")


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0002_programme_key"),
        ("registrations", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(refuse_unsent, migrations.RunPython.noop),
        migrations.RemoveConstraint(
            model_name="storedmail",
            name="mail_done_is_empty",
        ),
        migrations.RemoveField(
            model_name="storedmail",
            name="calendar",
        ),
        migrations.RemoveField(
            model_name="storedmail",
            name="calendar_method",
        ),
        migrations.RemoveField(
            model_name="storedmail",
            name="html",
        ),
        migrations.RemoveField(
            model_name="storedmail",
            name="reply_to",
        ),
        migrations.RemoveField(
            model_name="storedmail",
            name="subject",
        ),
        migrations.RemoveField(
            model_name="storedmail",
            name="text",
        ),
        migrations.RemoveField(
            model_name="storedmail",
            name="unsubscribe",
        ),
        migrations.AddField(
            model_name="storedmail",
            name="about",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="storedmail",
            name="asked",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="registration",
            index=models.Index(fields=["event", "version"], name="registration_by_version"),
        ),
        migrations.AddIndex(
            model_name="registration",
            index=models.Index(
                condition=models.Q(("form_digest__isnull", False)),
                fields=["form_digest"],
                name="registration_by_form",
            ),
        ),
        migrations.AddIndex(
            model_name="storedmail",
            index=models.Index(
                condition=models.Q(("asked", True)), fields=["id"], name="mail_asked"
            ),
        ),
        migrations.AddConstraint(
            model_name="storedmail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("failed_at", None), ("sent_at", None)),
                    models.Q(("about", {}), ("asked", False)),
                    _connector="OR",
                ),
                name="mail_done_is_empty",
            ),
        ),
    ]
