from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q

# Of the event itself and its venue, and of each kind of row that belongs to it.
ENGLISH = {
    "Event": (
        *("title_en", "lead_en", "text_en", "notice_en", "needs_question_en"),
        *("video_title_en", "called_off_why_en", "venue__getting_there_en"),
    ),
    "AgendaItem": ("title_en",),
    "Theme": ("title_en",),
    "TableSession": ("title_en", "text_en"),
    "Speaker": ("organisation_en", "function_en"),
    "Slot": ("location_en",),
    "Question": ("question_en", "answer_en"),
    "SignupQuestion": ("question_en", "options_en"),
}


def bilingual_events(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Events that have English already go on being asked for it."""
    events = apps.get_model("program", "Event").objects
    for name, fields in ENGLISH.items():
        english = Q()
        for field in fields:
            english |= ~Q(**{field: ""})
        rows = apps.get_model("program", name).objects.filter(english)
        keys = rows.values_list("pk" if name == "Event" else "event_id", flat=True)
        events.filter(pk__in=list(keys)).update(bilingual=True)


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0007_bilingual"),
    ]

    operations = [
        migrations.RunPython(bilingual_events, migrations.RunPython.noop),
    ]
