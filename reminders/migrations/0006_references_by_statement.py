"""Check what a scan fills once per statement: the triggers come first, and each step holds its locks for a moment only.

Any step may be done over again; at no time is a foreign key without its check.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from lrs_tracker.references import ForeignKeyByStatement


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("deals", "0004_due_gates_and_filings"),
        ("reminders", "0005_count_messages_so_far"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="reminder",
            constraint=ForeignKeyByStatement(field="rule", name="reminders_reminder_rule_exists"),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=ForeignKeyByStatement(field="deal", name="reminders_reminder_deal_exists"),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=ForeignKeyByStatement(field="recipient", name="reminders_reminder_recipient_exists"),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="rule",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reminders",
                to="reminders.reminderrule",
                verbose_name="rule",
            ),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="deal",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reminders",
                to="deals.deal",
                verbose_name="deal",
            ),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="recipient",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reminders",
                to=settings.AUTH_USER_MODEL,
                verbose_name="for",
            ),
        ),
    ]
