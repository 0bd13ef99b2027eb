from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0010_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="HouseStyle",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_site", models.BooleanField(default=False, editable=False)),
                (
                    "name",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="name at the top of the page"
                    ),
                ),
                (
                    "field",
                    models.CharField(
                        blank=True, default="", max_length=7, verbose_name="band at the top"
                    ),
                ),
                (
                    "on_field",
                    models.CharField(
                        blank=True, default="", max_length=7, verbose_name="text on the band"
                    ),
                ),
                (
                    "brand",
                    models.CharField(
                        blank=True, default="", max_length=7, verbose_name="links and buttons"
                    ),
                ),
                (
                    "on_brand",
                    models.CharField(
                        blank=True, default="", max_length=7, verbose_name="text on buttons"
                    ),
                ),
                (
                    "field_dark",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=7,
                        verbose_name="band at the top, on a dark page",
                    ),
                ),
                (
                    "brand_dark",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=7,
                        verbose_name="links and buttons, on a dark page",
                    ),
                ),
                (
                    "logo_has_name",
                    models.BooleanField(default=False, verbose_name="the name is in the logo"),
                ),
                (
                    "logo_on_white",
                    models.BooleanField(default=True, verbose_name="the logo needs a white ground"),
                ),
            ],
            options={
                "verbose_name": "house style",
                "verbose_name_plural": "house styles",
            },
        ),
        migrations.AddField(
            model_name="event",
            name="house_style",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="event",
                verbose_name="house style",
                to="program.housestyle",
            ),
        ),
        migrations.CreateModel(
            name="StyleImage",
            fields=[
                ("key", models.CharField(max_length=32, primary_key=True, serialize=False)),
                (
                    "mime_type",
                    models.CharField(
                        choices=[
                            ("image/png", "image/png"),
                            ("image/jpeg", "image/jpeg"),
                            ("image/webp", "image/webp"),
                        ],
                        max_length=10,
                    ),
                ),
                ("width", models.PositiveSmallIntegerField()),
                ("height", models.PositiveSmallIntegerField()),
                ("content", models.BinaryField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("mime_type__in", ["image/png", "image/jpeg", "image/webp"])
                        ),
                        name="style_image_is_no_program",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="housestyle",
            name="icon",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="program.styleimage",
                verbose_name="icon",
            ),
        ),
        migrations.AddField(
            model_name="housestyle",
            name="logo",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="program.styleimage",
                verbose_name="logo",
            ),
        ),
        migrations.AddConstraint(
            model_name="housestyle",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_site", True)),
                fields=("is_site",),
                name="one_style_of_the_site",
            ),
        ),
        migrations.AddConstraint(
            model_name="housestyle",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("field", ""),
                    models.Q(
                        ("field__startswith", "#"),
                        django.db.models.lookups.Exact(
                            django.db.models.functions.text.Length("field"), 7
                        ),
                    ),
                    _connector="OR",
                ),
                name="style_field_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="housestyle",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("on_field", ""),
                    models.Q(
                        ("on_field__startswith", "#"),
                        django.db.models.lookups.Exact(
                            django.db.models.functions.text.Length("on_field"), 7
                        ),
                    ),
                    _connector="OR",
                ),
                name="style_on_field_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="housestyle",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("brand", ""),
                    models.Q(
                        ("brand__startswith", "#"),
                        django.db.models.lookups.Exact(
                            django.db.models.functions.text.Length("brand"), 7
                        ),
                    ),
                    _connector="OR",
                ),
                name="style_brand_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="housestyle",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("on_brand", ""),
                    models.Q(
                        ("on_brand__startswith", "#"),
                        django.db.models.lookups.Exact(
                            django.db.models.functions.text.Length("on_brand"), 7
                        ),
                    ),
                    _connector="OR",
                ),
                name="style_on_brand_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="housestyle",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("field_dark", ""),
                    models.Q(
                        ("field_dark__startswith", "#"),
                        django.db.models.lookups.Exact(
                            django.db.models.functions.text.Length("field_dark"), 7
                        ),
                    ),
                    _connector="OR",
                ),
                name="style_field_dark_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="housestyle",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("brand_dark", ""),
                    models.Q(
                        ("brand_dark__startswith", "#"),
                        django.db.models.lookups.Exact(
                            django.db.models.functions.text.Length("brand_dark"), 7
                        ),
                    ),
                    _connector="OR",
                ),
                name="style_brand_dark_whole",
            ),
        ),
    ]
