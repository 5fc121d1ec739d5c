"""Exchange rates."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.currencies import validate_currency
from lrs_tracker.dates import plausible_dates, validate_plausible_date
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import StaffQuerySet
from money.enums import RateKind


class FxRate(VersionedModel):
    """One published rate: how many units of `quote` one unit of `base` buys on a date."""

    base = models.CharField(_("one unit of"), max_length=3, validators=[validate_currency])
    quote = models.CharField(_("buys units of"), max_length=3, validators=[validate_currency])
    on = models.DateField(_("date"), validators=[validate_plausible_date])
    kind = models.CharField(_("kind"), max_length=16, choices=RateKind, default=RateKind.REFERENCE)
    rate = models.DecimalField(_("rate"), max_digits=20, decimal_places=10)
    source = models.CharField(_("source"), max_length=80, help_text=_("Who published it, such as ECB."))

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints = [
            # Also serves the latest rate of a pair on or before a date.
            models.UniqueConstraint(
                fields=["base", "quote", "kind", "on"],
                name="%(app_label)s_%(class)s_unique",
                violation_error_message=_("There is a rate of this kind for the pair on this date already."),
            ),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="%(app_label)s_%(class)s_rate_positive"),
            models.CheckConstraint(
                condition=~models.Q(base=models.F("quote")), name="%(app_label)s_%(class)s_two_currencies"
            ),
            models.CheckConstraint(
                condition=models.Q(base__regex=r"^[A-Z]{3}$", quote__regex=r"^[A-Z]{3}$"),
                name="%(app_label)s_%(class)s_currency_codes",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=RateKind.values), name="%(app_label)s_%(class)s_kind_known"
            ),
            models.CheckConstraint(condition=plausible_dates("on"), name="%(app_label)s_%(class)s_date_plausible"),
        ]
        triggers = [bump_version(), ChangeTrigger("fx-rate")]

    def __str__(self) -> str:
        return f"1 {self.base} = {self.figure} {self.quote} ({self.on}, {self.source})"

    @property
    def figure(self) -> str:
        """The rate without trailing zeros: “1.1172”."""
        return f"{self.rate.normalize():f}"
