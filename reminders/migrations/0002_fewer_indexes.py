"""Fewer indexes: built beside running scans, and dropped only when those that replace them are there."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("companies", "0001_initial"),
        ("deals", "0004_due_gates_and_filings"),
        ("reminders", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("contact__isnull", False)), fields=["contact"], name="reminders_by_contact"
            ),
        ),
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("escalates__isnull", False)), fields=["escalates"], name="reminders_by_escalates"
            ),
        ),
        AddIndexConcurrently(
            model_name="reminder",
            index=models.Index(
                condition=models.Q(("told_to__isnull", False)), fields=["told_to"], name="reminders_by_told_to"
            ),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="contact",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="companies.contact",
                verbose_name="contact",
            ),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="deal",
            field=models.ForeignKey(
                blank=True,
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
            name="escalates",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="escalations",
                to="reminders.reminder",
                verbose_name="escalates",
            ),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="recipient",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reminders",
                to=settings.AUTH_USER_MODEL,
                verbose_name="for",
            ),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="rule",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reminders",
                to="reminders.reminderrule",
                verbose_name="rule",
            ),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="told_to",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="told_reminders",
                to=settings.AUTH_USER_MODEL,
                verbose_name="told to",
            ),
        ),
    ]
