from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import program.models.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("program", "0005_readers"),
        ("registrations", "0008_role_of_event"),
    ]

    operations = [
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
                    ("host", "page of a host"),
                    ("colleague", "colleague"),
                ],
                max_length=20,
                verbose_name="what",
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
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="Host",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("email", models.CharField(max_length=254, verbose_name="e-mail address")),
                (
                    "language",
                    models.CharField(
                        choices=[("nl", "Dutch"), ("en", "English")],
                        default="nl",
                        max_length=2,
                        verbose_name="language",
                    ),
                ),
                ("secret", models.CharField(blank=True, editable=False, max_length=43)),
                ("created_at", models.DateTimeField(verbose_name="added at")),
                (
                    "invited_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="mailed at"),
                ),
                (
                    "email_refused_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="address refused at"),
                ),
                ("told", models.CharField(blank=True, editable=False, max_length=64)),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hosts",
                        to="program.event",
                    ),
                ),
                (
                    "speaker",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="hosts",
                        to="program.speaker",
                    ),
                ),
            ],
            options={
                "verbose_name": "host",
                "verbose_name_plural": "hosts",
                "ordering": ["name", "pk"],
            },
        ),
        migrations.AddField(
            model_name="storedmail",
            name="host",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mails",
                to="registrations.host",
            ),
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.CharField(max_length=254, verbose_name="e-mail address")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("organiser", "organiser"),
                            ("door", "door"),
                            ("reader", "reads along"),
                        ],
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
                ("secret", models.CharField(editable=False, max_length=43, unique=True)),
                ("invited_by", models.CharField(max_length=150, verbose_name="invited by")),
                ("created_at", models.DateTimeField(verbose_name="invited at")),
                ("expires_at", models.DateTimeField(verbose_name="works until")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="program.event",
                    ),
                ),
            ],
            options={
                "verbose_name": "invitation",
                "verbose_name_plural": "invitations",
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="storedmail",
            name="invitation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mails",
                to="registrations.invitation",
            ),
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("values", models.JSONField(default=dict)),
                ("proposed_at", models.DateTimeField(verbose_name="proposed at")),
                (
                    "decided_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="decided at"),
                ),
                ("accepted", models.BooleanField(default=False, verbose_name="accepted")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="proposals",
                        to="program.event",
                    ),
                ),
                (
                    "host",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="proposals",
                        to="registrations.host",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="proposals",
                        to="program.tablesession",
                    ),
                ),
            ],
            options={
                "verbose_name": "proposal",
                "verbose_name_plural": "proposals",
                "ordering": ["pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="host",
            constraint=models.UniqueConstraint(fields=("event", "id"), name="host_of_event"),
        ),
        migrations.AddConstraint(
            model_name="host",
            constraint=models.UniqueConstraint(
                condition=models.Q(("speaker__isnull", False)),
                fields=("event", "speaker"),
                name="host_once_a_speaker",
            ),
        ),
        migrations.AddConstraint(
            model_name="host",
            constraint=models.UniqueConstraint(
                condition=models.Q(("secret", ""), _negated=True),
                fields=("secret",),
                name="host_secret_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="host",
            constraint=models.CheckConstraint(
                condition=models.Q(("email", ""), _negated=True), name="host_has_an_address"
            ),
        ),
        migrations.AddConstraint(
            model_name="host",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("invited_at__isnull", True),
                    models.Q(("secret", ""), _negated=True),
                    _connector="OR",
                ),
                name="host_invited_by_a_link",
            ),
        ),
        migrations.AddConstraint(
            model_name="host",
            constraint=program.models.constraints.CompositeForeignKey(
                fields=["event", "speaker"],
                name="host_speaker_of_event",
                relation="speaker",
                to_fields=["event", "id"],
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                models.F("event"),
                django.db.models.functions.text.Lower("email"),
                name="invitation_once_an_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("email", ""), _negated=True), models.Q(("secret", ""), _negated=True)
                ),
                name="invitation_has_an_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("session__isnull", False)),
                fields=("host", "session"),
                name="proposal_once_a_session",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("session__isnull", True)),
                fields=("host",),
                name="proposal_once_a_host",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("accepted", False), ("decided_at__isnull", False), _connector="OR"
                ),
                name="proposal_accepted_is_decided",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=program.models.constraints.CompositeForeignKey(
                fields=["event", "host"],
                name="proposal_host_of_event",
                relation="host",
                to_fields=["event", "id"],
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=program.models.constraints.CompositeForeignKey(
                fields=["event", "session"],
                name="proposal_session_of_event",
                relation="session",
                to_fields=["event", "id"],
            ),
        ),
    ]
