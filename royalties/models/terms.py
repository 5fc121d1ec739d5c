"""Royalty terms with their tiers, price indices, fees and services."""

import datetime as dt
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from lrs_tracker.change_log import ChangeTrigger, bump_version
from lrs_tracker.constraints import not_blank, together, value_known
from lrs_tracker.dates import plausible_dates, validate_plausible_date
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import StaffQuerySet, Viewer
from plants.enums import Chemistry, MilestoneKind
from plants.models import Plant
from royalties.enums import (
    Basis,
    EscalatorKind,
    FeeKind,
    FeeTrigger,
    FieldOfUse,
    ServiceUnit,
    TierMode,
    TierWindow,
)
from royalties.models.agreements import MAX_AMOUNT, Agreement, AgreementPartQuerySet, Amendment

MAX_QUANTITY = Decimal("1e15")
_amount = [MinValueValidator(0), MaxValueValidator(MAX_AMOUNT)]


class PriceIndex(VersionedModel):
    """A published index that rates can follow, such as a producer price index."""

    name = models.CharField(_("name"), max_length=120)
    source = models.CharField(_("source"), max_length=200, help_text=_("Who publishes it, and where."))

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("price index")
        verbose_name_plural = _("price indices")
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="%(app_label)s_%(class)s_name_unique",
                violation_error_message=_("There is an index of this name already."),
            ),
            not_blank("name"),
        ]
        triggers = [bump_version(), ChangeTrigger("price-index")]

    def __str__(self) -> str:
        return self.name


class PriceIndexValue(VersionedModel):
    """The value of a price index for a calendar year."""

    index = models.ForeignKey(
        PriceIndex, verbose_name=_("index"), on_delete=models.CASCADE, related_name="values_by_year"
    )
    year = models.PositiveSmallIntegerField(_("year"), validators=[MinValueValidator(1950), MaxValueValidator(2099)])
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=4)

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name = _("value of a price index")
        verbose_name_plural = _("values of price indices")
        constraints = [
            models.UniqueConstraint(fields=["index", "year"], name="%(app_label)s_%(class)s_year_unique"),
            models.CheckConstraint(condition=models.Q(value__gt=0), name="%(app_label)s_%(class)s_positive"),
            models.CheckConstraint(
                condition=models.Q(year__range=(1950, 2099)), name="%(app_label)s_%(class)s_year_plausible"
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("price-index-value", parent=("price-index", "index_id"))]

    def __str__(self) -> str:
        return f"{self.year}: {self.value}"


class RoyaltyTerm(VersionedModel):
    """A royalty on one basis, in tiers, for a scope of plants, chemistries and fields (empty = all).

    An amendment ends a term the day before it applies and adds another in its place; `continues` makes
    that one count on where the other stopped.
    """

    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.CASCADE, related_name="terms"
    )
    label = models.CharField(_("label"), max_length=120)
    clause = models.CharField(_("clause"), max_length=20, blank=True)
    basis = models.CharField(_("basis"), max_length=16, choices=Basis, default=Basis.ENERGY_SOLD)
    mode = models.CharField(_("tiers"), max_length=12, choices=TierMode, default=TierMode.GRADUATED)
    window = models.CharField(_("counted over"), max_length=16, choices=TierWindow, default=TierWindow.CONTRACT_YEAR)
    effective_from = models.DateField(_("from"), validators=[validate_plausible_date])
    effective_to = models.DateField(_("to"), null=True, blank=True, validators=[validate_plausible_date])
    plants = models.ManyToManyField(
        Plant, verbose_name=_("plants"), through="RoyaltyTermPlant", related_name="royalty_terms", blank=True
    )
    chemistries = ArrayField(
        models.CharField(max_length=16, choices=Chemistry), verbose_name=_("chemistries"), default=list, blank=True
    )
    fields = ArrayField(
        models.CharField(max_length=12, choices=FieldOfUse), verbose_name=_("fields of use"), default=list, blank=True
    )
    is_creditable = models.BooleanField(_("counts towards the minimum"), default=True)
    continues = models.ForeignKey(
        "self",
        verbose_name=_("continues"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="continued_by",
    )
    escalator = models.CharField(_("escalator"), max_length=8, choices=EscalatorKind, default=EscalatorKind.NONE)
    escalator_percent = models.DecimalField(_("rise a year, %"), max_digits=7, decimal_places=4, null=True, blank=True)
    escalator_floor_percent = models.DecimalField(
        _("at least, % a year"), max_digits=7, decimal_places=4, null=True, blank=True
    )
    escalator_cap_percent = models.DecimalField(
        _("at most, % a year"), max_digits=7, decimal_places=4, null=True, blank=True
    )
    index = models.ForeignKey(
        PriceIndex, verbose_name=_("index"), null=True, blank=True, on_delete=models.PROTECT, related_name="terms"
    )
    index_base_year = models.PositiveSmallIntegerField(_("base year of the index"), null=True, blank=True)
    index_lag_years = models.PositiveSmallIntegerField(_("lag of the index, years"), default=1)
    introduced_by = models.ForeignKey(
        Amendment,
        verbose_name=_("introduced by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="terms_added",
    )
    ended_by = models.ForeignKey(
        Amendment,
        verbose_name=_("ended by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="terms_ended",
    )

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("royalty term")
        verbose_name_plural = _("royalty terms")
        constraints = [
            not_blank("label"),
            value_known("basis", Basis),
            value_known("mode", TierMode),
            value_known("window", TierWindow),
            value_known("escalator", EscalatorKind),
            models.CheckConstraint(
                condition=plausible_dates("effective_from", "effective_to"),
                name="%(app_label)s_%(class)s_dates_plausible",
            ),
            models.CheckConstraint(
                condition=models.Q(effective_to__isnull=True)
                | models.Q(effective_to__gte=models.F("effective_from") - dt.timedelta(days=1)),
                name="%(app_label)s_%(class)s_ends_after_start",
                violation_error_message=_("A term cannot end before it starts."),
            ),
            models.CheckConstraint(
                condition=~models.Q(escalator=EscalatorKind.PERCENT) | models.Q(escalator_percent__isnull=False),
                name="%(app_label)s_%(class)s_escalator_percent_given",
                violation_error_message=_("Give the escalator's percentage."),
            ),
            models.CheckConstraint(
                condition=~models.Q(escalator=EscalatorKind.INDEX)
                | models.Q(index__isnull=False, index_base_year__isnull=False),
                name="%(app_label)s_%(class)s_escalator_index_given",
                violation_error_message=_("Choose the index and its base year."),
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("royalty-term", parent=("agreement", "agreement_id"))]

    def __str__(self) -> str:
        return self.label


class TermPartQuerySet(models.QuerySet["RoyaltyTermPlant"]):
    """Rows that belong to a term: whoever sees its agreement sees them."""

    def visible_to(self, user: Viewer) -> "TermPartQuerySet":
        """Return the rows of the terms that `user` may see."""
        return self.filter(term__in=RoyaltyTerm.objects.visible_to(user))


class RoyaltyTermPlant(models.Model):
    """A plant in the scope of a term."""

    term = models.ForeignKey(RoyaltyTerm, verbose_name=_("term"), on_delete=models.CASCADE, related_name="term_plants")
    plant = models.ForeignKey(Plant, verbose_name=_("plant"), on_delete=models.PROTECT, related_name="+")

    objects = TermPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("plant of a term")
        verbose_name_plural = _("plants of terms")
        constraints = [models.UniqueConstraint(fields=["term", "plant"], name="%(app_label)s_%(class)s_unique")]
        triggers = [ChangeTrigger("royalty-term-plant", parent=("royalty-term", "term_id"))]

    def __str__(self) -> str:
        return f"{self.term_id}:{self.plant_id}"


class Tier(VersionedModel):
    """A step of a term: the rate up to a quantity; the last has no bound. A boundary unit is of the lower tier.

    The rate is an amount per unit of the basis in the agreement's currency, or a percentage of net sales.
    """

    term = models.ForeignKey(RoyaltyTerm, verbose_name=_("term"), on_delete=models.CASCADE, related_name="tiers")
    position = models.PositiveSmallIntegerField(_("position"))
    up_to = models.DecimalField(_("up to"), max_digits=20, decimal_places=3, null=True, blank=True)
    rate = models.DecimalField(_("rate"), max_digits=20, decimal_places=8, validators=[MinValueValidator(0)])

    objects = TermPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        constraints = [
            models.UniqueConstraint(
                fields=["term", "position"],
                name="%(app_label)s_%(class)s_position_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["term"],
                condition=models.Q(up_to__isnull=True),
                name="%(app_label)s_%(class)s_one_open",
                violation_error_message=_("Only the last tier has no bound."),
            ),
            models.CheckConstraint(
                condition=models.Q(rate__range=(0, MAX_AMOUNT)), name="%(app_label)s_%(class)s_rate_plausible"
            ),
            models.CheckConstraint(
                condition=models.Q(up_to__isnull=True) | models.Q(up_to__gt=0, up_to__lte=MAX_QUANTITY),
                name="%(app_label)s_%(class)s_bound_plausible",
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("tier", parent=("royalty-term", "term_id"))]

    def __str__(self) -> str:
        return f"{self.up_to or '∞'}: {self.rate}"


class Fee(VersionedModel):
    """A fixed amount that falls due once. `due_on` is the day it is known to fall due, if any.

    A fee on a milestone falls due `offset_days` after the plant's milestone was reached, and has no
    day before that. Instalments are fees of their own that name their place in the series.
    """

    agreement = models.ForeignKey(Agreement, verbose_name=_("agreement"), on_delete=models.CASCADE, related_name="fees")
    label = models.CharField(_("label"), max_length=120)
    clause = models.CharField(_("clause"), max_length=20, blank=True)
    kind = models.CharField(_("type"), max_length=12, choices=FeeKind, default=FeeKind.UPFRONT)
    trigger = models.CharField(_("falls due on"), max_length=16, choices=FeeTrigger, default=FeeTrigger.DATE)
    amount = models.DecimalField(_("amount"), max_digits=20, decimal_places=3, validators=_amount)
    due_on = models.DateField(_("date"), null=True, blank=True, validators=[validate_plausible_date])
    plant = models.ForeignKey(
        Plant, verbose_name=_("plant"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    milestone = models.CharField(_("milestone"), max_length=24, choices=MilestoneKind, blank=True)
    offset_days = models.SmallIntegerField(_("days after it"), default=0)
    instalment = models.PositiveSmallIntegerField(_("instalment"), null=True, blank=True)
    instalments = models.PositiveSmallIntegerField(_("of"), null=True, blank=True)
    introduced_by = models.ForeignKey(
        Amendment,
        verbose_name=_("introduced by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="fees_added",
    )

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("fee")
        verbose_name_plural = _("fees")
        constraints = [
            not_blank("label"),
            value_known("kind", FeeKind),
            value_known("trigger", FeeTrigger),
            value_known("milestone", MilestoneKind, blank=True),
            models.CheckConstraint(
                condition=models.Q(amount__range=(0, MAX_AMOUNT)), name="%(app_label)s_%(class)s_amount_plausible"
            ),
            models.CheckConstraint(
                condition=~models.Q(trigger=FeeTrigger.DATE) | models.Q(due_on__isnull=False),
                name="%(app_label)s_%(class)s_date_given",
                violation_error_message=_("Give the date."),
            ),
            models.CheckConstraint(
                condition=~models.Q(trigger=FeeTrigger.MILESTONE)
                | models.Q(plant__isnull=False) & ~models.Q(milestone=""),
                name="%(app_label)s_%(class)s_milestone_given",
                violation_error_message=_("Choose the plant and its milestone."),
            ),
            together("instalments", "instalment", "instalments"),
            models.CheckConstraint(
                condition=models.Q(instalment__isnull=True) | models.Q(instalment__range=(1, models.F("instalments"))),
                name="%(app_label)s_%(class)s_instalment_in_series",
            ),
            models.CheckConstraint(condition=plausible_dates("due_on"), name="%(app_label)s_%(class)s_date_plausible"),
        ]
        triggers = [bump_version(), ChangeTrigger("fee", parent=("agreement", "agreement_id"))]

    def __str__(self) -> str:
        return self.label


class ServiceTerm(VersionedModel):
    """A service that the licensor gives: its rate per unit, and how many units the other fees include."""

    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.CASCADE, related_name="services"
    )
    label = models.CharField(_("service"), max_length=120)
    clause = models.CharField(_("clause"), max_length=20, blank=True)
    unit = models.CharField(_("charged by"), max_length=12, choices=ServiceUnit, default=ServiceUnit.PERSON_DAY)
    rate = models.DecimalField(_("rate"), max_digits=20, decimal_places=3, validators=_amount)
    included_units = models.DecimalField(
        _("units included"), max_digits=12, decimal_places=2, default=Decimal(0), validators=[MinValueValidator(0)]
    )
    starts_on = models.DateField(_("from"), null=True, blank=True, validators=[validate_plausible_date])
    ends_on = models.DateField(_("to"), null=True, blank=True, validators=[validate_plausible_date])

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("service term")
        verbose_name_plural = _("service terms")
        constraints = [
            not_blank("label"),
            value_known("unit", ServiceUnit),
            models.CheckConstraint(
                condition=models.Q(rate__range=(0, MAX_AMOUNT), included_units__gte=0),
                name="%(app_label)s_%(class)s_amounts_plausible",
            ),
            models.CheckConstraint(
                condition=plausible_dates("starts_on", "ends_on"), name="%(app_label)s_%(class)s_dates_plausible"
            ),
            models.CheckConstraint(
                condition=models.Q(starts_on__isnull=True)
                | models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="%(app_label)s_%(class)s_ends_after_start",
                violation_error_message=_("The service cannot end before it starts."),
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("service-term", parent=("agreement", "agreement_id"))]

    def __str__(self) -> str:
        return self.label
