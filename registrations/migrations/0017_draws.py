import django.db.models.deletion
from django.db import migrations, models

import program.models.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0014_draws"),
        ("registrations", "0016_words_of_undoing"),
    ]

    operations = [
        migrations.CreateModel(
            name="Abstention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "verbose_name": "rather no table",
                "verbose_name_plural": "rather no table",
            },
        ),
        migrations.CreateModel(
            name="Draw",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file", models.JSONField()),
                ("slots", models.JSONField()),
            ],
            options={
                "verbose_name": "draw",
                "verbose_name_plural": "draws",
            },
        ),
        migrations.RemoveConstraint(
            model_name="registration",
            name="registration_erased_is_empty",
        ),
        migrations.AddField(
            model_name="waitlistentry",
            name="ranked",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("ranked", False), ("since__isnull", False), _connector="OR"),
                name="waitlist_ranked_counts",
            ),
        ),
        migrations.AddField(
            model_name="registration",
            name="draw_number",
            field=models.PositiveIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="registration",
            name="lot",
            field=models.PositiveIntegerField(
                blank=True, editable=False, null=True, verbose_name="lot"
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
                    ("ranked", "ranked tables for the draw"),
                    ("drawn", "drawn"),
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
                    ("check_undone", "undone: not in"),
                    ("walked_in", "came in without a sign-up"),
                    ("pass_made", "door pass made"),
                    ("pass_withdrawn", "door pass withdrawn"),
                    ("taps_judged", "taps from a door device accepted or refused"),
                    ("device_undone", "everything from a door device undone"),
                    ("host", "page of a host"),
                    ("colleague", "colleague"),
                ],
                max_length=20,
                verbose_name="what",
            ),
        ),
        migrations.AlterField(
            model_name="seat",
            name="how",
            field=models.CharField(
                choices=[
                    ("chosen", "chosen"),
                    ("moved_up", "moved up from the waiting list"),
                    ("swapped", "swapped"),
                    ("promoted", "with a place from the event's waiting list"),
                    ("given", "given by an organiser"),
                    ("drawn", "drawn"),
                ],
                default="chosen",
                max_length=10,
                verbose_name="how",
            ),
        ),
        migrations.AlterField(
            model_name="storedmail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirm", "confirm your sign-up"),
                    ("registered", "you are registered"),
                    ("already", "you are registered already"),
                    ("link", "your link"),
                    ("tables", "your tables changed"),
                    ("waiting", "you are on the waiting list"),
                    ("ranked", "your choices are in"),
                    ("drawn", "what the draw gave you"),
                    ("promoted", "there is a place for you"),
                    ("moved", "you have another table"),
                    ("waiting_over", "the waiting list is over"),
                    ("cancelled", "you are cancelled"),
                    ("holds", "many unconfirmed places"),
                    ("added", "an organiser signed you up"),
                    ("corrected", "your name was corrected"),
                    ("dropped", "your table drops out"),
                    ("called_off", "the event is called off"),
                    ("rescheduled", "news of time, place or going on"),
                    ("host", "your page as a host"),
                    ("host_news", "news for hosts"),
                    ("mailing", "message of the organiser"),
                    ("account", "staff account"),
                    ("digest", "what happened lately"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.UniqueConstraint(
                fields=("event", "draw_number"), name="registration_draw_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.UniqueConstraint(
                fields=("event", "lot"), name="registration_lot_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lot__isnull", True),
                    models.Q(("draw_number__isnull", False), ("lot__gte", 1)),
                    _connector="OR",
                ),
                name="registration_lot_of_a_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="registration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at__isnull", True),
                    models.Q(
                        ("draw_number", None),
                        ("email", ""),
                        ("first_name", ""),
                        ("form_digest", None),
                        ("last_name", ""),
                        ("listed", False),
                        ("lot", None),
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
        migrations.AddField(
            model_name="abstention",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="abstentions",
                to="program.event",
            ),
        ),
        migrations.AddField(
            model_name="abstention",
            name="registration",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="abstentions",
                to="registrations.registration",
            ),
        ),
        migrations.AddField(
            model_name="abstention",
            name="round",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="program.round"
            ),
        ),
        migrations.AddField(
            model_name="draw",
            name="event",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="draw", to="program.event"
            ),
        ),
        migrations.AddConstraint(
            model_name="abstention",
            constraint=models.UniqueConstraint(
                fields=("registration", "round"), name="abstention_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="abstention",
            constraint=program.models.constraints.CompositeForeignKey(
                fields=["event", "registration"],
                name="abstention_registration_of_event",
                relation="registration",
                to_fields=["event", "id"],
            ),
        ),
        migrations.AddConstraint(
            model_name="abstention",
            constraint=program.models.constraints.CompositeForeignKey(
                fields=["event", "round"],
                name="abstention_round_of_event",
                relation="round",
                to_fields=["event", "id"],
            ),
        ),
    ]
