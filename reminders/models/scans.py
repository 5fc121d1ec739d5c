"""What scans did, for the operations page, and where the next one begins."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lrs_tracker.visibility import StaffQuerySet


class ScanState(models.Model):
    """The one row that says how far scans have come.

    Nothing new can be due while `scanned_through` is not reached and no change is younger than `cursor`, a
    snapshot of the database (`sync.domain.changes`).
    """

    cursor = models.TextField(_("cursor"), blank=True)
    scanned_through = models.DateField(_("scanned through"), null=True)
    scanned_at = models.DateTimeField(_("last scan"), null=True)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("state of scans")
        verbose_name_plural = _("states of scans")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="%(app_label)s_%(class)s_only_one")]

    def __str__(self) -> str:
        return str(self.scanned_at or "")


class Scan(models.Model):
    """A scan: what it saw, what it made, and what it skipped, by reason. An idle tick leaves none."""

    at = models.DateTimeField(_("as of"))
    took_ms = models.PositiveIntegerField(_("took, ms"))
    seen = models.PositiveIntegerField(_("seen"))
    created = models.PositiveIntegerField(_("created"))
    held = models.PositiveIntegerField(_("held"), default=0)
    skipped = models.JSONField(_("skipped, by reason"), default=dict)
    errors = models.JSONField(_("rules that failed"), default=dict)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("scan")
        verbose_name_plural = _("scans")
        # The latest scans.
        indexes = [models.Index(fields=["-at"], name="reminders_scan_latest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
