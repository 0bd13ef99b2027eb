from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0010_words"),
        ("registrations", "0013_judged_taps"),
    ]

    operations = [
        migrations.AddField(
            model_name="storedmail",
            name="mailbox",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
        migrations.AddField(
            model_name="storedmail",
            name="domain",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=64
            ),
        ),
        migrations.AddIndex(
            model_name="storedmail",
            index=models.Index(
                fields=["mailbox", "sent_at"], condition=~Q(mailbox=""), name="mail_by_mailbox"
            ),
        ),
        migrations.AddIndex(
            model_name="storedmail",
            index=models.Index(
                fields=["domain", "sent_at"], condition=~Q(domain=""), name="mail_by_domain"
            ),
        ),
        migrations.AddConstraint(
            model_name="storedmail",
            constraint=models.CheckConstraint(
                condition=Q(mailbox="", domain="") | (~Q(mailbox="") & ~Q(domain="")),
                name="mail_counts_for_both",
            ),
        ),
    ]
