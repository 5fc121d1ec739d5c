"""What happened to the stage of a deal: transitions, waivers, ticked checklist items."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from deals.enums import MoveKind
from deals.models.deals import Deal, DealPartQuerySet
from deals.models.pipelines import Gate, Stage
from lrs_tracker.change_log import ChangeTrigger


class StageTransition(models.Model):
    """One move of a deal between stages. Never edited.

    `entered_at` is when the deal had entered `from_stage`; both are null for the first stage.
    """

    deal = models.ForeignKey(Deal, verbose_name=_("deal"), on_delete=models.CASCADE, related_name="transitions")
    from_stage = models.ForeignKey(Stage, verbose_name=_("from"), null=True, on_delete=models.PROTECT, related_name="+")
    to_stage = models.ForeignKey(Stage, verbose_name=_("to"), on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=8, choices=MoveKind)
    entered_at = models.DateTimeField(_("entered the stage before"), null=True)
    reason = models.CharField(_("reason"), max_length=1000, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("when"))

    objects = DealPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage transition")
        verbose_name_plural = _("stage transitions")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(from_stage__isnull=True, entered_at__isnull=True)
                | models.Q(from_stage__isnull=False, entered_at__isnull=False),
                name="%(app_label)s_%(class)s_from_whole",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind__in=[MoveKind.BACK, MoveKind.ASIDE, MoveKind.REOPEN]) | ~models.Q(reason=""),
                name="%(app_label)s_%(class)s_reason_given",
            ),
        ]
        # The last move of a deal, and what moved since a day.
        indexes = [
            models.Index(fields=["deal", "-at"], name="deals_transition_of_deal"),
            models.Index(fields=["-at"], name="deals_transition_recent"),
        ]
        triggers = [ChangeTrigger("transition", parent=("deal", "deal_id"))]

    def __str__(self) -> str:
        return f"{self.from_stage_id} → {self.to_stage_id}"


class Waiver(models.Model):
    """A named person let a deal pass an unmet gate, and why. Kept for ever."""

    transition = models.ForeignKey(
        StageTransition, verbose_name=_("transition"), on_delete=models.CASCADE, related_name="waivers"
    )
    deal = models.ForeignKey(Deal, verbose_name=_("deal"), on_delete=models.CASCADE, related_name="waivers")
    gate = models.ForeignKey(Gate, verbose_name=_("gate"), on_delete=models.PROTECT, related_name="waivers")
    label = models.CharField(_("what was waived"), max_length=200)
    reason = models.CharField(_("reason"), max_length=1000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("who"), on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("when"))

    objects = DealPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("waiver")
        verbose_name_plural = _("waivers")
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="%(app_label)s_%(class)s_reason_given"),
            models.UniqueConstraint(fields=["transition", "gate"], name="%(app_label)s_%(class)s_unique"),
        ]
        triggers = [ChangeTrigger("waiver", parent=("deal", "deal_id"))]

    def __str__(self) -> str:
        return self.label


class GateCheck(models.Model):
    """A checklist item of a gate, ticked for a deal by someone."""

    deal = models.ForeignKey(Deal, verbose_name=_("deal"), on_delete=models.CASCADE, related_name="gate_checks")
    gate = models.ForeignKey(Gate, verbose_name=_("gate"), on_delete=models.PROTECT, related_name="checks")
    note = models.CharField(_("note"), max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("who"), on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("when"), db_default=Now())

    objects = DealPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticked checklist item")
        verbose_name_plural = _("ticked checklist items")
        constraints = [models.UniqueConstraint(fields=["deal", "gate"], name="%(app_label)s_%(class)s_unique")]
        triggers = [ChangeTrigger("gate-check", parent=("deal", "deal_id"))]

    def __str__(self) -> str:
        return f"{self.deal_id}:{self.gate_id}"
