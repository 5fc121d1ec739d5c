"""Tasks and notes."""

import datetime as dt
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from deals.enums import NoteKind
from deals.models.deals import Deal, DealPartQuerySet
from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.dates import plausible_dates, validate_plausible_date
from lrs_tracker.versioned import VersionedModel


class TaskQuerySet(DealPartQuerySet):
    """Queries over tasks."""

    def pending(self) -> Self:
        """Return the tasks that are not done."""
        return self.filter(done_at__isnull=True)

    def next_steps(self) -> Self:
        """Return each deal's earliest task that is not done."""
        return self.pending().order_by("deal", "due_on", "pk").distinct("deal")


class Task(VersionedModel):
    """A next step of a deal, with a date. The earliest one not done is the deal's next step."""

    deal = models.ForeignKey(Deal, verbose_name=_("deal"), on_delete=models.CASCADE, related_name="tasks")
    title = models.CharField(_("what"), max_length=200)
    due_on = models.DateField(_("due"), validators=[validate_plausible_date])
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="tasks",
    )
    done_at = models.DateTimeField(_("done"), null=True, blank=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("done by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            models.CheckConstraint(condition=~models.Q(title=""), name="%(app_label)s_%(class)s_title_not_blank"),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True, done_by__isnull=True)
                | models.Q(done_at__isnull=False, done_by__isnull=False),
                name="%(app_label)s_%(class)s_done_whole",
            ),
            models.CheckConstraint(condition=plausible_dates("due_on"), name="%(app_label)s_%(class)s_date_plausible"),
        ]
        indexes = [
            # The next step of deals.
            models.Index(
                fields=["deal", "due_on", "id"], name="deals_task_next", condition=models.Q(done_at__isnull=True)
            ),
            # What someone has to do, in order of dates.
            models.Index(
                fields=["assignee", "due_on"], name="deals_task_mine", condition=models.Q(done_at__isnull=True)
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("task", parent=("deal", "deal_id"))]

    def __str__(self) -> str:
        return self.title

    def is_late(self, today: dt.date) -> bool:
        """Return whether the task is not done and its date has passed."""
        return self.done_at is None and self.due_on < today


class Note(VersionedModel):
    """What was said or decided, in Markdown; a meeting, call or mail has the day it happened."""

    deal = models.ForeignKey(Deal, verbose_name=_("deal"), on_delete=models.CASCADE, related_name="notes")
    kind = models.CharField(_("kind"), max_length=8, choices=NoteKind, default=NoteKind.NOTE)
    body = models.TextField(_("text"), max_length=20_000)
    happened_on = models.DateField(_("happened on"), null=True, blank=True, validators=[validate_plausible_date])
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), null=True, on_delete=models.PROTECT, related_name="notes"
    )
    mentions = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("mentions"), related_name="mentioned_in", blank=True, editable=False
    )

    objects = DealPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        constraints = [
            models.CheckConstraint(condition=~models.Q(body=""), name="%(app_label)s_%(class)s_body_not_blank"),
            models.CheckConstraint(
                condition=models.Q(kind__in=NoteKind.values), name="%(app_label)s_%(class)s_kind_known"
            ),
            models.CheckConstraint(
                condition=plausible_dates("happened_on"), name="%(app_label)s_%(class)s_date_plausible"
            ),
        ]
        # The notes of a deal, newest first.
        indexes = [models.Index(fields=["deal", "-created_at"], name="deals_note_of_deal")]
        triggers = [bump_version(), ChangeTrigger("note", parent=("deal", "deal_id"))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
