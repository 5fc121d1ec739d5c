"""Imports of files."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from deals.enums import ImportStatus
from lrs_tracker.visibility import Viewer


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    """Queries over imports."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the user's own imports; those who see every deal see every import."""
        if not (user.is_authenticated and user.is_active):
            return self.none()
        if user.has_perm("deals.undo_any_import"):
            return self
        return self.filter(created_by_id=user.pk)


class ImportBatch(models.Model):
    """One file on its way in: uploaded, mapped, checked, applied in one transaction, perhaps undone.

    `transaction_id` is the transaction that applied it, under which the change log holds all it did.
    """

    file = models.FileField(_("file"), upload_to="imports/", max_length=200, editable=False)
    file_name = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64, editable=False)
    mapping = models.JSONField(_("mapping"), default=dict, blank=True)
    status = models.CharField(_("status"), max_length=8, choices=ImportStatus, default=ImportStatus.UPLOADED)
    row_count = models.PositiveIntegerField(_("rows"), default=0)
    done_count = models.PositiveIntegerField(_("rows done"), default=0)
    result = models.JSONField(_("result"), default=dict, blank=True)
    transaction_id = models.BigIntegerField(_("transaction"), null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), null=True, on_delete=models.PROTECT, related_name="imports"
    )
    created_at = models.DateTimeField(_("uploaded"), db_default=Now(), editable=False)
    applied_at = models.DateTimeField(_("applied"), null=True, editable=False)
    undone_at = models.DateTimeField(_("undone"), null=True, editable=False)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("undone by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        permissions = [("undo_any_import", _("Can see and undo the imports of others"))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=ImportStatus.values), name="%(app_label)s_%(class)s_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(undone_at__isnull=True, undone_by__isnull=True)
                | models.Q(undone_at__isnull=False, undone_by__isnull=False),
                name="%(app_label)s_%(class)s_undone_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        """Return the import's page."""
        return reverse("deals:import_batch", args=[self.pk])
