import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registrations", "0003_give_uuids")]

    operations = [
        migrations.AlterField(
            model_name="registration",
            name="uuid",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
    ]
