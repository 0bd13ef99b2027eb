from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from registrations.groups import make_groups


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Django makes permissions when all migrations are done: too late for the groups.
    for label in ("program", "registrations"):
        config = apps.get_app_config(label)
        config.models_module = migrations
        create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
        config.models_module = None
    make_groups(
        apps.get_model("auth", "Group").objects.all(),
        apps.get_model("auth", "Permission").objects.all(),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("registrations", "0004_uuid_required"),
        ("program", "0002_organising"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
