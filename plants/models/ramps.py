"""How a plant gets from start of production to nameplate."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.dates import plausible_dates, validate_plausible_date
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import StaffQuerySet
from plants.models.plants import Plant

_percent = [MinValueValidator(0), MaxValueValidator(100)]


class RampScenario(VersionedModel):
    """A version of the S-curve from SOP to nameplate: months, then utilisation and yield in percent."""

    plant = models.ForeignKey(Plant, verbose_name=_("plant"), on_delete=models.CASCADE, related_name="ramps")
    number = models.PositiveSmallIntegerField(_("scenario"), validators=[MinValueValidator(1)])
    label = models.CharField(_("label"), max_length=120, blank=True)
    sop_on = models.DateField(_("start of production"), validators=[validate_plausible_date])
    months_to_nameplate = models.PositiveSmallIntegerField(
        _("months to nameplate"), validators=[MinValueValidator(1), MaxValueValidator(240)]
    )
    utilisation_percent = models.DecimalField(
        _("utilisation, %"), max_digits=5, decimal_places=2, default=Decimal(90), validators=_percent
    )
    yield_percent = models.DecimalField(
        _("yield, %"), max_digits=5, decimal_places=2, default=Decimal(95), validators=_percent
    )

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("ramp scenario")
        verbose_name_plural = _("ramp scenarios")
        constraints = [
            models.UniqueConstraint(fields=["plant", "number"], name="%(app_label)s_%(class)s_unique"),
            models.CheckConstraint(
                condition=models.Q(months_to_nameplate__range=(1, 240)), name="%(app_label)s_%(class)s_months_plausible"
            ),
            models.CheckConstraint(
                condition=models.Q(utilisation_percent__range=(0, 100), yield_percent__range=(0, 100)),
                name="%(app_label)s_%(class)s_percents",
            ),
            models.CheckConstraint(condition=plausible_dates("sop_on"), name="%(app_label)s_%(class)s_date_plausible"),
        ]
        triggers = [bump_version(), ChangeTrigger("ramp-scenario", parent=("plant", "plant_id"))]

    def __str__(self) -> str:
        return self.label or f"{self.number}"
