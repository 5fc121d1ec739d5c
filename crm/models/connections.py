"""Connections to CRMs, and which of their fields and stages stand for ours."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.enums import ConflictRule, CrmKind, Direction, Resource
from deals.models import Stage
from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.constraints import currency_code, not_blank, value_known
from lrs_tracker.currencies import validate_currency
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import Viewer


class PermittedQuerySet(models.QuerySet[Any]):
    """Rows for those whose role may view them: administrators."""

    def visible_to(self, user: Viewer) -> Self:
        """Return all rows for a user with the permission to view them, none for anyone else."""
        permission = f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"
        may_view = user.is_authenticated and user.is_active and user.has_perm(permission)
        return self if may_view else self.none()


class CrmConnection(VersionedModel):
    """An account of a CRM that companies, contacts and deals are kept in step with; at most one of each kind.

    `acting_user` makes the changes here, and only what that user sees goes there. Amounts of the CRM are in
    `currency` unless a field of its own says otherwise. `sealed_secret` is HubSpot's token, Salesforce's consumer
    secret or, with a `username`, the private key of its JWT; see `lrs_tracker.sealed`.
    """

    kind = models.CharField(_("CRM"), max_length=12, choices=CrmKind, editable=False)
    name = models.CharField(_("name"), max_length=80)
    domain = models.CharField(_("My Domain"), max_length=80, blank=True)
    username = models.CharField(_("user name"), max_length=120, blank=True)
    consumer_key = models.CharField(_("consumer key"), max_length=300, blank=True)
    sealed_secret = models.TextField(_("secret"), editable=False)
    acting_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("acts as"), on_delete=models.PROTECT, related_name="crm_connections"
    )
    company_direction = models.CharField(_("companies"), max_length=4, choices=Direction, default=Direction.BOTH)
    contact_direction = models.CharField(_("contacts"), max_length=4, choices=Direction, default=Direction.BOTH)
    deal_direction = models.CharField(_("deals"), max_length=4, choices=Direction, default=Direction.BOTH)
    conflict_rule = models.CharField(
        _("when both sides changed a field"), max_length=8, choices=ConflictRule, default=ConflictRule.NEWEST
    )
    carries_archiving = models.BooleanField(
        _("archive on both sides"),
        default=False,
        help_text=_("A company or contact archived on one side is archived on the other. Deals stay."),
    )
    currency = models.CharField(
        _("currency of its amounts"), max_length=3, default="USD", validators=[validate_currency]
    )
    is_enabled = models.BooleanField(_("on"), default=False)

    objects = PermittedQuerySet.as_manager()

    class Meta:
        verbose_name = _("CRM connection")
        verbose_name_plural = _("CRM connections")
        constraints = [
            not_blank("name"),
            not_blank("sealed_secret"),
            value_known("kind", CrmKind),
            value_known("company_direction", Direction),
            value_known("contact_direction", Direction),
            value_known("deal_direction", Direction),
            value_known("conflict_rule", ConflictRule),
            currency_code(),
            # An external id names its system alone, so two accounts of one kind could not be told apart.
            models.UniqueConstraint(
                fields=["kind"],
                name="%(app_label)s_%(class)s_kind_unique",
                violation_error_message=_("This CRM is connected already."),
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("crm-connection", hidden=("sealed_secret",))]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the connection's page."""
        return reverse("crm:connection", args=[self.pk])

    def direction_of(self, resource: Resource) -> Direction:
        """Return which way changes of a resource go."""
        return Direction(getattr(self, f"{resource}_direction"))


class FieldMapping(models.Model):
    """A field of the CRM that stands for one of ours; two with a space between stand for its words."""

    connection = models.ForeignKey(CrmConnection, on_delete=models.CASCADE, related_name="field_mappings")
    resource = models.CharField(_("of"), max_length=8, choices=Resource)
    our_field = models.CharField(_("our field"), max_length=40)
    their_field = models.CharField(_("their field"), max_length=200)

    objects = PermittedQuerySet.as_manager()

    class Meta:
        verbose_name = _("field mapping")
        verbose_name_plural = _("field mappings")
        constraints = [
            value_known("resource", Resource),
            not_blank("our_field"),
            not_blank("their_field"),
            models.UniqueConstraint(
                fields=["connection", "resource", "our_field"], name="%(app_label)s_%(class)s_ours_unique"
            ),
            models.UniqueConstraint(
                fields=["connection", "resource", "their_field"],
                name="%(app_label)s_%(class)s_theirs_unique",
                violation_error_message=_("One of their fields stands for two of ours."),
            ),
        ]
        triggers = [ChangeTrigger("crm-field", parent=("crm-connection", "connection_id"))]

    def __str__(self) -> str:
        return f"{self.our_field} ↔ {self.their_field}"


class StageMapping(models.Model):
    """The stage of the CRM that stands for one of ours. Several of ours may share one of theirs."""

    connection = models.ForeignKey(CrmConnection, on_delete=models.CASCADE, related_name="stage_mappings")
    stage = models.ForeignKey(Stage, verbose_name=_("stage"), on_delete=models.CASCADE, related_name="+")
    their_stage = models.CharField(_("their stage"), max_length=200)

    objects = PermittedQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage mapping")
        verbose_name_plural = _("stage mappings")
        constraints = [
            not_blank("their_stage"),
            models.UniqueConstraint(fields=["connection", "stage"], name="%(app_label)s_%(class)s_stage_unique"),
        ]
        triggers = [ChangeTrigger("crm-stage", parent=("crm-connection", "connection_id"))]

    def __str__(self) -> str:
        return f"{self.stage_id} ↔ {self.their_stage}"
