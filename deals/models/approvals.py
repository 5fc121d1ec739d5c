"""Approvals by regulators."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from deals.enums import DECIDED_STATUSES, ApprovalStatus
from deals.models.deals import Deal, DealPartQuerySet
from deals.models.documents import Document
from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.countries import validate_country
from lrs_tracker.dates import plausible_dates, validate_plausible_date
from lrs_tracker.versioned import VersionedModel


class Approval(VersionedModel):
    """A regulator's decision that a deal needs."""

    deal = models.ForeignKey(Deal, verbose_name=_("deal"), on_delete=models.CASCADE, related_name="approvals")
    regime = models.CharField(_("regime"), max_length=120, help_text=_("Such as “Technology export”."))
    authority = models.CharField(_("authority"), max_length=120, blank=True)
    jurisdiction = models.CharField(_("jurisdiction"), max_length=2, blank=True, validators=[validate_country])
    status = models.CharField(_("status"), max_length=24, choices=ApprovalStatus, default=ApprovalStatus.TO_FILE)
    file_by_on = models.DateField(_("to be filed by"), null=True, blank=True, validators=[validate_plausible_date])
    filed_on = models.DateField(_("filed"), null=True, blank=True, validators=[validate_plausible_date])
    decision_due_on = models.DateField(_("decision due"), null=True, blank=True, validators=[validate_plausible_date])
    decided_on = models.DateField(_("decided"), null=True, blank=True, validators=[validate_plausible_date])
    expires_on = models.DateField(_("expires"), null=True, blank=True, validators=[validate_plausible_date])
    conditions = models.TextField(_("conditions"), max_length=4000, blank=True)
    document = models.ForeignKey(
        Document, verbose_name=_("document"), null=True, blank=True, on_delete=models.SET_NULL, related_name="approvals"
    )

    objects = DealPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.CheckConstraint(condition=~models.Q(regime=""), name="%(app_label)s_%(class)s_regime_not_blank"),
            models.CheckConstraint(
                condition=models.Q(status__in=ApprovalStatus.values), name="%(app_label)s_%(class)s_status_known"
            ),
            models.CheckConstraint(
                condition=models.Q(filed_on__isnull=True)
                | models.Q(decided_on__isnull=True)
                | models.Q(decided_on__gte=models.F("filed_on")),
                name="%(app_label)s_%(class)s_decided_after_filed",
                violation_error_message=_("A decision cannot come before the filing."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=sorted(DECIDED_STATUSES)) | models.Q(decided_on__isnull=False),
                name="%(app_label)s_%(class)s_decision_dated",
                violation_error_message=_("Give the date of the decision."),
            ),
            models.CheckConstraint(
                condition=plausible_dates("file_by_on", "filed_on", "decision_due_on", "decided_on", "expires_on"),
                name="%(app_label)s_%(class)s_dates_plausible",
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("approval", parent=("deal", "deal_id"))]

    def __str__(self) -> str:
        return self.regime
