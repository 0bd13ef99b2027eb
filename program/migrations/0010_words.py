from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0009_venues_alike"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="slot",
            options={
                "ordering": ["round__number", "session__theme__number", "session__code"],
                "verbose_name": "table",
                "verbose_name_plural": "tables",
            },
        ),
        migrations.AlterModelOptions(
            name="speaker",
            options={"ordering": ["name"], "verbose_name": "host", "verbose_name_plural": "hosts"},
        ),
        migrations.AlterModelOptions(
            name="tablesession",
            options={
                "ordering": ["theme__number", "code"],
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
            },
        ),
        migrations.AlterField(
            model_name="event",
            name="notice",
            field=models.TextField(
                blank=True,
                help_text="At sign-up and in the mail: photos are taken, for instance.",
                verbose_name="notice",
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="notice_en",
            field=models.TextField(blank=True, verbose_name="notice (English)"),
        ),
        migrations.AlterField(
            model_name="event",
            name="text",
            field=models.TextField(blank=True, verbose_name="text"),
        ),
        migrations.AlterField(
            model_name="event",
            name="text_en",
            field=models.TextField(blank=True, verbose_name="text (English)"),
        ),
        migrations.AlterField(
            model_name="hosting",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="hostings",
                to="program.tablesession",
                verbose_name="session",
            ),
        ),
        migrations.AlterField(
            model_name="hosting",
            name="speaker",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="hostings",
                to="program.speaker",
                verbose_name="host",
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="answer",
            field=models.TextField(verbose_name="answer"),
        ),
        migrations.AlterField(
            model_name="question",
            name="answer_en",
            field=models.TextField(blank=True, verbose_name="answer (English)"),
        ),
        migrations.AlterField(
            model_name="slot",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="slots",
                to="program.tablesession",
                verbose_name="session",
            ),
        ),
        migrations.AlterField(
            model_name="tablesession",
            name="speakers",
            field=models.ManyToManyField(
                related_name="sessions",
                through="program.Hosting",
                to="program.speaker",
                verbose_name="hosts",
            ),
        ),
        migrations.AlterField(
            model_name="tablesession",
            name="text",
            field=models.TextField(blank=True, verbose_name="text"),
        ),
        migrations.AlterField(
            model_name="tablesession",
            name="text_en",
            field=models.TextField(blank=True, verbose_name="text (English)"),
        ),
        migrations.AlterField(
            model_name="theme",
            name="text",
            field=models.TextField(blank=True, verbose_name="text"),
        ),
        migrations.AlterField(
            model_name="theme",
            name="text_en",
            field=models.TextField(blank=True, verbose_name="text (English)"),
        ),
    ]
