import django.core.validators
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0013_reserved_slugs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="draw_seed",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="drawn_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="drawn at"
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="wishes_a_round",
            field=models.PositiveSmallIntegerField(
                db_default=5,
                default=5,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(10),
                ],
                verbose_name="tables to rank in each round",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="wishes_close_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="ranking closes at"),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("wishes_close_at__isnull", True),
                    (
                        "wishes_close_at__lt",
                        django.db.models.functions.comparison.Coalesce(
                            "waiting_closes_at", "changes_close_at", "starts_at"
                        ),
                    ),
                    _connector="OR",
                ),
                name="event_draw_before_waiting_closes",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("wishes_close_at__isnull", True),
                    models.Q(("draw_seed", ""), _negated=True),
                    _connector="OR",
                ),
                name="event_draw_has_a_seed",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("wishes_a_round__gte", 1), ("wishes_a_round__lte", 10)),
                name="event_some_wishes",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("drawn_at__isnull", True),
                    models.Q(
                        ("drawn_at__gte", models.F("wishes_close_at")),
                        ("wishes_close_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="event_drawn_after_ranking",
            ),
        ),
    ]
