from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def point_at_roles(apps: Any, schema_editor: Any) -> None:
    role, registration = (
        apps.get_model("program", "Role"),
        apps.get_model("registrations", "Registration"),
    )
    for key, event, code in role.objects.values_list("pk", "event", "code"):
        registration.objects.filter(event=event, role=code).update(role_row=key)


def name_roles(apps: Any, schema_editor: Any) -> None:
    role, registration = (
        apps.get_model("program", "Role"),
        apps.get_model("registrations", "Registration"),
    )
    for key, code in role.objects.values_list("pk", "code"):
        registration.objects.filter(role_row=key).update(role=code)


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0004_roles"),
        ("registrations", "0006_promises_and_replaced"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="registration",
            name="registration_erased_is_empty",
        ),
        migrations.RemoveConstraint(
            model_name="registration",
            name="registration_extra_at_the_door",
        ),
        migrations.AddField(
            model_name="registration",
            name="note",
            field=models.TextField(blank=True, default="", db_default="", verbose_name="note"),
        ),
        migrations.AddField(
            model_name="registration",
            name="phone",
            field=models.CharField(
                blank=True, default="", db_default="", max_length=40, verbose_name="phone number"
            ),
        ),
        migrations.AlterField(
            model_name="change",
            name="what",
            field=models.CharField(
                choices=[
                    ("signed_up", "signed up"),
                    ("confirmed", "confirmed"),
                    ("tables", "tables changed"),
                    ("waitlists", "waits for other tables"),
                    ("moved", "moved to another table"),
                    ("waiting", "joined the waiting list"),
                    ("promoted", "got a place from the waiting list"),
                    ("waiting_over", "waiting lists closed"),
                    ("cancelled", "cancelled"),
                    ("expired", "expired"),
                    ("replaced", "replaced by a new sign-up"),
                    ("listed", "seen or not on ‘Who is coming?’"),
                    ("erased", "erased"),
                    ("refused", "mail refused"),
                    ("programme", "programme loaded"),
                    ("edited", "programme edited"),
                    ("copied", "event copied"),
                    ("added", "signed up by an organiser"),
                    ("corrected", "name corrected"),
                    ("details", "details changed"),
                    ("extra", "got an extra place"),
                    ("imported", "brought in from a list"),
                    ("resent", "link mailed again"),
                    ("addressed", "e-mail address filled in"),
                    ("redirected", "mail asked for at another address"),
                    ("answered", "answers changed"),
                    ("unsubscribed", "wants mail to all, or not"),
                    ("bounced", "mail came back"),
                    ("guest", "guest added, changed or removed"),
                    ("reserved", "seats reserved or released"),
                    ("called_off", "called off"),
                    ("dropped", "table dropped out"),
                    ("rescheduled", "time or place changed"),
                    ("mailed", "mail sent to people"),
                    ("exported", "list exported"),
                    ("printed", "list printed"),
                    ("looked", "door list opened"),
                    ("checked_in", "came in"),
                    ("check_undone", "taken back: not in"),
                    ("walked_in", "came in without a sign-up"),
                    ("pass_made", "door pass made"),
                    ("pass_withdrawn", "door pass withdrawn"),
                ],
                max_length=20,
                verbose_name="what",
            ),
        ),
        migrations.AlterField(
            model_name="registration",
            name="origin",
            field=models.CharField(
                choices=[
                    ("site", "through the site"),
                    ("hand", "added by an organiser"),
                    ("door", "at the door"),
                    ("file", "from a list that an organiser brought in"),
                ],
                default="site",
                max_length=4,
                verbose_name="how they signed up",
            ),
        ),
        # Takes the place of ``role`` in the next migration: PostgreSQL changes no table in whose
        # rows something was just changed.
        migrations.AddField(
            model_name="registration",
            name="role_row",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="registrations",
                to="program.role",
                verbose_name="role",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at__isnull", True),
                    models.Q(
                        ("email", ""),
                        ("first_name", ""),
                        ("form_digest", None),
                        ("last_name", ""),
                        ("listed", False),
                        ("name_confirmed", ""),
                        ("note", ""),
                        ("organisation", ""),
                        ("phone", ""),
                        ("search_name", ""),
                        ("secret", ""),
                        ("sort_key", ""),
                        ("sort_name", ""),
                    ),
                    _connector="OR",
                ),
                name="registration_erased_is_empty",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("extra", False), ("status__in", ["confirmed", "cancelled"]), _connector="OR"
                ),
                name="registration_extra_comes",
            ),
        ),
        migrations.RunPython(point_at_roles, name_roles),
    ]
