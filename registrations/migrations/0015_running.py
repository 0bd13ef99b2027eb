import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registrations", "0014_mailboxes")]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
            options={"ordering": ["-at"]},
        ),
        migrations.CreateModel(
            name="Restoration",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False),
                ),
                ("at", models.DateTimeField()),
                ("backup_made_at", models.DateTimeField()),
            ],
            options={"ordering": ["-at"]},
        ),
    ]
