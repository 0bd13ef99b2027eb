from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0003_announced_start"),
        ("registrations", "0005_calendar_by_version"),
    ]

    operations = [
        migrations.AddField(
            model_name="registration",
            name="promise",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="registration",
            name="redirects",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
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
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(("redirects__lte", 3)), name="registration_few_redirects"
            ),
        ),
    ]
