from uuid import uuid4

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def give_uuids(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    registrations = apps.get_model("registrations", "Registration").objects.filter(
        uuid__isnull=True
    )
    for registration in registrations.only("pk").iterator():
        registration.uuid = uuid4()
        registration.save(update_fields=["uuid"])


class Migration(migrations.Migration):
    dependencies = [("registrations", "0002_organising")]

    operations = [migrations.RunPython(give_uuids, migrations.RunPython.noop)]
