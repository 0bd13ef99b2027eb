from django.db import migrations, models
from django.db.models import Q

RESERVED = (
    "aanmelding",
    "aanmelden",
    "admin",
    "deur",
    "en",
    "gastheer",
    "healthz",
    "metrics",
    "nl",
    "opgeslagen",
    "postvak",
    "privacy",
    "readyz",
    "static",
    "taal",
    "tafelsessie",
    "toegankelijkheid",
    "voorbeeld",
)


class Migration(migrations.Migration):
    dependencies = [("program", "0012_confirm_first")]

    operations = [
        migrations.RemoveConstraint(model_name="event", name="event_slug_not_reserved"),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=~Q(slug__in=RESERVED), name="event_slug_not_reserved"
            ),
        ),
    ]
