"""Milestones of plants and every move of their forecasts."""

import datetime as dt

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.dates import plausible_dates, validate_plausible_date
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import StaffQuerySet
from plants.enums import MilestoneKind
from plants.models.plants import Plant


class PlantMilestone(VersionedModel):
    """A dated step of a plant: a baseline that never changes, a forecast that moves, the actual day."""

    plant = models.ForeignKey(Plant, verbose_name=_("plant"), on_delete=models.CASCADE, related_name="milestones")
    kind = models.CharField(_("milestone"), max_length=24, choices=MilestoneKind)
    baseline_on = models.DateField(_("baseline"), null=True, blank=True, validators=[validate_plausible_date])
    forecast_on = models.DateField(_("forecast"), null=True, blank=True, validators=[validate_plausible_date])
    actual_on = models.DateField(_("actual"), null=True, blank=True, validators=[validate_plausible_date])
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("plant milestone")
        verbose_name_plural = _("plant milestones")
        constraints = [
            models.UniqueConstraint(fields=["plant", "kind"], name="%(app_label)s_%(class)s_unique"),
            models.CheckConstraint(
                condition=models.Q(kind__in=MilestoneKind.values), name="%(app_label)s_%(class)s_kind_known"
            ),
            models.CheckConstraint(
                condition=plausible_dates("baseline_on", "forecast_on", "actual_on"),
                name="%(app_label)s_%(class)s_dates_plausible",
            ),
        ]
        # What is due next, over all plants.
        indexes = [
            models.Index(
                fields=["forecast_on"], name="plants_milestone_due", condition=models.Q(actual_on__isnull=True)
            )
        ]
        triggers = [
            bump_version(),
            ChangeTrigger("plant-milestone", parent=("plant", "plant_id")),
            pgtrigger.Trigger(
                name="keep_baseline",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("baseline_on"),
                condition=pgtrigger.Q(
                    old__baseline_on__isnull=False, old__baseline_on__df=pgtrigger.F("new__baseline_on")
                ),
                func="""
                    RAISE EXCEPTION USING ERRCODE = 'check_violation',
                        CONSTRAINT = 'plants_plantmilestone_baseline_kept',
                        MESSAGE = 'A baseline date is set once and kept.';
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()

    @property
    def expected_on(self) -> dt.date | None:
        """The best date known: actual, else forecast, else baseline."""
        return self.actual_on or self.forecast_on or self.baseline_on

    @property
    def slip_days(self) -> int | None:
        """Days that the milestone is behind its baseline; negative when ahead."""
        if self.baseline_on is None or self.expected_on is None:
            return None
        return (self.expected_on - self.baseline_on).days


class MilestoneForecast(models.Model):
    """One move of a milestone's forecast: from when to when, by whom and why. Never edited."""

    milestone = models.ForeignKey(
        PlantMilestone, verbose_name=_("milestone"), on_delete=models.CASCADE, related_name="forecasts"
    )
    previous_on = models.DateField(_("before"), null=True, blank=True)
    forecast_on = models.DateField(_("forecast"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("when"), db_default=Now())

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("forecast move")
        verbose_name_plural = _("forecast moves")
        constraints = [
            models.CheckConstraint(
                condition=plausible_dates("previous_on", "forecast_on"), name="%(app_label)s_%(class)s_dates_plausible"
            )
        ]

    def __str__(self) -> str:
        return f"{self.previous_on} → {self.forecast_on}"

    @property
    def slip_days(self) -> int | None:
        """Days by which this move shifted the forecast."""
        if self.previous_on is None or self.forecast_on is None:
            return None
        return (self.forecast_on - self.previous_on).days
