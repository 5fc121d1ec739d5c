"""Runs of a connection, and what became of each record in them."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.enums import Outcome, Resource, RunCause, RunStatus, Way
from crm.models.connections import CrmConnection, PermittedQuerySet
from lrs_tracker.constraints import value_known


class SyncRun(models.Model):
    """One pass over what changed on both sides. A dry one says what it would do, and does nothing."""

    connection = models.ForeignKey(
        CrmConnection, verbose_name=_("connection"), on_delete=models.CASCADE, related_name="runs"
    )
    is_dry = models.BooleanField(_("dry run"), default=False)
    cause = models.CharField(_("started"), max_length=8, choices=RunCause)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    status = models.CharField(_("status"), max_length=8, choices=RunStatus, default=RunStatus.WAITING)
    problem = models.CharField(_("problem"), max_length=1000, blank=True)
    requested_at = models.DateTimeField(_("asked for"), db_default=Now())
    started_at = models.DateTimeField(_("started"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = PermittedQuerySet.as_manager()

    class Meta:
        verbose_name = _("sync run")
        verbose_name_plural = _("sync runs")
        constraints = [value_known("cause", RunCause), value_known("status", RunStatus)]
        # The history of a connection, newest first.
        indexes = [models.Index(fields=["connection", "-id"], name="crm_syncrun_history")]

    def __str__(self) -> str:
        return f"{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the run's log."""
        return reverse("crm:run", args=[self.pk])


class SyncRecord(models.Model):
    """What became of one record in a run.

    `fields` are `[our field, from, to]`; `conflicts` are `[our field, ours, theirs, whose was kept, by which rule]`;
    `note` says why something was held, skipped or failed.
    """

    run = models.ForeignKey(SyncRun, verbose_name=_("run"), on_delete=models.CASCADE, related_name="records")
    resource = models.CharField(_("of"), max_length=8, choices=Resource)
    object_id = models.BigIntegerField(_("object"), null=True)
    external_id = models.CharField(_("id there"), max_length=200, blank=True)
    label = models.CharField(_("record"), max_length=300, blank=True)
    way = models.CharField(_("direction"), max_length=3, choices=Way)
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome)
    fields = models.JSONField(_("fields"), default=list)
    conflicts = models.JSONField(_("conflicts"), default=list)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    at = models.DateTimeField(_("when"))

    objects = PermittedQuerySet.as_manager()

    class Meta:
        verbose_name = _("synced record")
        verbose_name_plural = _("synced records")
        constraints = [
            value_known("resource", Resource),
            value_known("way", Way),
            value_known("outcome", Outcome),
        ]
        # The log of a run, and how many records had which outcome.
        indexes = [models.Index(fields=["run", "outcome", "id"], name="crm_syncrecord_log")]

    def __str__(self) -> str:
        return f"{self.resource} {self.label}"
