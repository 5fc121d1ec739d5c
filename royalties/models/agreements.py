"""Agreements, their amendments, minimums, caps and the plants they cover."""

from decimal import Decimal
from typing import Any, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from deals.models import Deal, Document
from deals.models.deals import deal_code
from lrs_tracker.change_log import ChangeTrigger, TellTrigger, bump_version
from lrs_tracker.constraints import currency_code, not_blank, value_known
from lrs_tracker.currencies import validate_currency
from lrs_tracker.dates import plausible_dates, validate_plausible_date
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import Viewer
from plants.models import Plant
from royalties.enums import (
    AgreementStatus,
    AgreementType,
    CapWindow,
    DayCount,
    DueFrom,
    FieldOfUse,
    FxRule,
    ReportingPeriod,
    Rounding,
)
from royalties.models.parties import Licensor

MAX_AMOUNT = Decimal("1e15")
# Rules of an agreement that can name the clause they come from.
RULES_WITH_CLAUSE = (
    "minimum",
    "cap",
    "advance",
    "withholding",
    "fx",
    "rounding",
    "interest",
    "payment",
    "reporting",
    "audit",
    "term",
)
_percent = [MinValueValidator(0), MaxValueValidator(100)]
_amount = [MinValueValidator(0), MaxValueValidator(MAX_AMOUNT)]


class AgreementQuerySet(models.QuerySet["Agreement"]):
    """Queries over agreements."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the agreements of the deals that exist for `user`."""
        if not (user.is_authenticated and user.is_active and user.has_perm("royalties.view_agreement")):
            return self.none()
        if user.has_perm("deals.see_confidential_deal"):
            return self
        return self.filter(deal__in=Deal.objects.visible_to(user))


class AgreementPartQuerySet(models.QuerySet[Any]):
    """Rows that belong to an agreement: whoever sees its deal sees them."""

    def visible_to(self, user: Viewer) -> Self:
        """Return the rows of the agreements that `user` may see."""
        if not (user.is_authenticated and user.is_active and user.has_perm("royalties.view_agreement")):
            return self.none()
        if user.has_perm("deals.see_confidential_deal"):
            return self
        return self.filter(agreement__deal__in=Deal.objects.visible_to(user))


# Payments of its licensee, and what settled its invoices; nothing is secret about them unless a deal is.
_KEEP_READERS = """
    IF TG_OP = 'UPDATE' AND (OLD.deal_id, OLD.licensee_id) = (NEW.deal_id, NEW.licensee_id) THEN
        RETURN NULL;
    END IF;
    PERFORM 1 FROM deals_deal WHERE id IN (OLD.deal_id, NEW.deal_id) ORDER BY id FOR SHARE;
    IF EXISTS (SELECT FROM deals_deal WHERE id IN (OLD.deal_id, NEW.deal_id) AND is_confidential) THEN
        PERFORM royalties_keep_payment_readers(ARRAY(
            SELECT id FROM royalties_payment WHERE payer_id IN (OLD.licensee_id, NEW.licensee_id)
            UNION
            SELECT l.payment_id FROM royalties_invoice i JOIN royalties_allocation l ON l.invoice_id = i.id
            WHERE i.agreement_id = NEW.id AND l.payment_id IS NOT NULL
        ));
    END IF;
    RETURN NULL;
"""


class Agreement(VersionedModel):
    """A contract of a deal: its parties, dates and the rules of calculation (`design/ROYALTIES`).

    Amounts are in `currency`; percentages are 0 to 100. `contract_year_start` is `MM-DD`, empty for the
    effective date's anniversary. `clauses` names the clause of each rule, see `RULES_WITH_CLAUSE`.
    """

    deal = models.ForeignKey(Deal, verbose_name=_("deal"), on_delete=models.PROTECT, related_name="agreements")
    number = models.PositiveSmallIntegerField(_("number"), editable=False, validators=[MinValueValidator(1)])
    title = models.CharField(_("title"), max_length=200)
    type = models.CharField(_("type"), max_length=20, choices=AgreementType, default=AgreementType.LICENCE)
    status = models.CharField(
        _("status"), max_length=12, choices=AgreementStatus, default=AgreementStatus.DRAFT, editable=False
    )
    licensor = models.ForeignKey(
        Licensor, verbose_name=_("licensor"), on_delete=models.PROTECT, related_name="agreements"
    )
    licensee = models.ForeignKey(Company, verbose_name=_("licensee"), on_delete=models.PROTECT, related_name="licences")
    plants = models.ManyToManyField(
        Plant, verbose_name=_("plants covered"), through="AgreementPlant", related_name="agreements", blank=True
    )
    fields_of_use = ArrayField(
        models.CharField(max_length=12, choices=FieldOfUse),
        verbose_name=_("fields of use covered"),
        default=list,
        blank=True,
    )
    document = models.ForeignKey(
        Document, verbose_name=_("signed text"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    signed_on = models.DateField(_("signed"), null=True, blank=True, validators=[validate_plausible_date])
    effective_on = models.DateField(_("effective"), null=True, blank=True, validators=[validate_plausible_date])
    expires_on = models.DateField(_("last day"), null=True, blank=True, validators=[validate_plausible_date])
    notice_on = models.DateField(_("notice by"), null=True, blank=True, validators=[validate_plausible_date])
    ended_on = models.DateField(_("ended"), null=True, blank=True, validators=[validate_plausible_date])

    currency = models.CharField(_("currency"), max_length=3, validators=[validate_currency])
    contract_year_start = models.CharField(
        _("contract year starts"),
        max_length=5,
        blank=True,
        help_text=_("Month and day such as 01-01; empty: the anniversary of the effective date."),
        validators=[RegexValidator(r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$", _("Use month and day such as 04-01."))],
    )
    reporting_period = models.CharField(
        _("reporting period"), max_length=12, choices=ReportingPeriod, default=ReportingPeriod.QUARTER
    )
    report_days = models.PositiveSmallIntegerField(
        _("reports due, days after the period"), default=30, validators=[MaxValueValidator(365)]
    )
    payment_days = models.PositiveSmallIntegerField(
        _("payment due, days"), default=45, validators=[MaxValueValidator(365)]
    )
    due_from = models.CharField(_("days counted from"), max_length=12, choices=DueFrom, default=DueFrom.PERIOD_END)
    prorate_minimum = models.BooleanField(_("pro-rate the minimum of a short contract year by days"), default=False)
    cap_window = models.CharField(
        _("cap applies to"), max_length=16, choices=CapWindow, default=CapWindow.CONTRACT_YEAR
    )
    advance = models.DecimalField(_("advance"), max_digits=20, decimal_places=3, default=Decimal(0), validators=_amount)
    is_advance_recoupable = models.BooleanField(_("the advance is recouped from royalties"), default=True)
    is_advance_repayable = models.BooleanField(_("what is not recouped at the end is repaid"), default=False)
    withholding_percent = models.DecimalField(
        _("withholding tax, %"), max_digits=5, decimal_places=2, default=Decimal(0), validators=_percent
    )
    is_grossed_up = models.BooleanField(_("the licensee pays the tax on top"), default=False)
    fx_rule = models.CharField(_("conversion of sales"), max_length=32, choices=FxRule, default=FxRule.PERIOD_END)
    rounding = models.CharField(_("rounding"), max_length=12, choices=Rounding, default=Rounding.HALF_EVEN)
    interest_percent = models.DecimalField(
        _("late interest, % a year"), max_digits=5, decimal_places=2, default=Decimal(0), validators=_percent
    )
    interest_days = models.PositiveSmallIntegerField(_("interest year"), choices=DayCount, default=DayCount.ACTUAL_365)
    grace_days = models.PositiveSmallIntegerField(_("days of grace"), default=0, validators=[MaxValueValidator(365)])
    audit_notice_days = models.PositiveSmallIntegerField(_("audit notice, days"), null=True, blank=True)
    audit_years = models.PositiveSmallIntegerField(_("books open for, years"), null=True, blank=True)
    audit_tolerance_percent = models.DecimalField(
        _("licensee pays the audit above, %"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=_percent,
    )
    clauses = models.JSONField(_("clauses"), default=dict, blank=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        permissions = [("sign_agreement", _("Can put agreements and amendments into force"))]
        constraints = [
            models.UniqueConstraint(fields=["deal", "number"], name="%(app_label)s_%(class)s_number_unique"),
            not_blank("title"),
            currency_code(),
            value_known("type", AgreementType),
            value_known("status", AgreementStatus),
            value_known("reporting_period", ReportingPeriod),
            value_known("due_from", DueFrom),
            value_known("cap_window", CapWindow),
            value_known("fx_rule", FxRule),
            value_known("rounding", Rounding),
            models.CheckConstraint(
                condition=models.Q(interest_days__in=DayCount.values),
                name="%(app_label)s_%(class)s_interest_days_known",
            ),
            models.CheckConstraint(
                condition=plausible_dates("signed_on", "effective_on", "expires_on", "notice_on", "ended_on"),
                name="%(app_label)s_%(class)s_dates_plausible",
            ),
            models.CheckConstraint(
                condition=models.Q(status=AgreementStatus.DRAFT)
                | models.Q(effective_on__isnull=False, signed_on__isnull=False),
                name="%(app_label)s_%(class)s_in_force_dated",
                violation_error_message=_("An agreement in force has a signature and an effective date."),
            ),
            models.CheckConstraint(
                condition=models.Q(effective_on__isnull=True)
                | models.Q(expires_on__isnull=True)
                | models.Q(expires_on__gte=models.F("effective_on")),
                name="%(app_label)s_%(class)s_ends_after_start",
                violation_error_message=_("The last day cannot come before the effective date."),
            ),
            models.CheckConstraint(
                condition=models.Q(effective_on__isnull=True)
                | models.Q(ended_on__isnull=True)
                | models.Q(ended_on__gte=models.F("effective_on")),
                name="%(app_label)s_%(class)s_ended_after_start",
                violation_error_message=_("An agreement cannot end before its effective date."),
            ),
            models.CheckConstraint(
                condition=models.Q(notice_on__isnull=True)
                | models.Q(expires_on__isnull=True)
                | models.Q(notice_on__lte=models.F("expires_on")),
                name="%(app_label)s_%(class)s_notice_before_end",
                violation_error_message=_("Notice must be given before the last day."),
            ),
            models.CheckConstraint(
                condition=models.Q(advance__range=(0, MAX_AMOUNT)), name="%(app_label)s_%(class)s_advance_plausible"
            ),
            models.CheckConstraint(
                condition=models.Q(withholding_percent__range=(0, 100), interest_percent__range=(0, 100)),
                name="%(app_label)s_%(class)s_percents",
            ),
            models.CheckConstraint(
                condition=models.Q(is_grossed_up=False) | models.Q(withholding_percent__lt=100),
                name="%(app_label)s_%(class)s_gross_up_possible",
                violation_error_message=_("A tax of 100 % cannot be grossed up."),
            ),
        ]
        triggers = [
            bump_version(),
            ChangeTrigger("agreement", parent=("deal", "deal_id")),
            TellTrigger(
                "tell_parts",
                {
                    "royalty-term": "SELECT id FROM royalties_royaltyterm WHERE agreement_id = NEW.id",
                    "fee": "SELECT id FROM royalties_fee WHERE agreement_id = NEW.id",
                    "statement": "SELECT id FROM royalties_statement WHERE agreement_id = NEW.id",
                    "invoice": "SELECT id FROM royalties_invoice WHERE agreement_id = NEW.id",
                    "credit-note": "SELECT id FROM royalties_creditnote WHERE agreement_id = NEW.id",
                },
                on=pgtrigger.Update,
                condition=pgtrigger.AnyChange("currency", "deal", "licensee"),
            ),
            pgtrigger.Trigger(
                name="keep_readers",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_KEEP_READERS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        """Return the agreement's page."""
        return reverse("royalties:agreement", args=[self.pk])

    @property
    def code(self) -> str:
        """The name people use for the agreement: its deal's code and its number there, such as LRS-0008/2."""
        return f"{deal_code(self.deal_id)}/{self.number}"

    @property
    def last_day(self) -> Any:
        """The day on which the agreement ended or is to end, if known."""
        return self.ended_on or self.expires_on


class AgreementPlant(models.Model):
    """A plant that an agreement covers."""

    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.CASCADE, related_name="agreement_plants"
    )
    plant = models.ForeignKey(Plant, verbose_name=_("plant"), on_delete=models.PROTECT, related_name="agreement_plants")

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("plant of an agreement")
        verbose_name_plural = _("plants of agreements")
        constraints = [
            models.UniqueConstraint(fields=["agreement", "plant"], name="%(app_label)s_%(class)s_unique"),
        ]
        triggers = [ChangeTrigger("agreement-plant", parent=("agreement", "agreement_id"))]

    def __str__(self) -> str:
        return f"{self.agreement_id}:{self.plant_id}"


class Amendment(VersionedModel):
    """A signed change of an agreement that supersedes terms, minimums, caps, the tax or dates from a day on.

    It may be dated back: what was stated before is then corrected by the next statement.
    """

    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.CASCADE, related_name="amendments"
    )
    number = models.PositiveSmallIntegerField(_("number"), editable=False, validators=[MinValueValidator(1)])
    title = models.CharField(_("title"), max_length=200)
    signed_on = models.DateField(_("signed"), validators=[validate_plausible_date])
    effective_on = models.DateField(_("applies from"), validators=[validate_plausible_date])
    withholding_percent = models.DecimalField(
        _("withholding tax from then on, %"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=_percent,
        help_text=_("Empty: this amendment leaves the rate as it is."),
    )
    summary = models.TextField(_("what it changes"), max_length=4000, blank=True)
    document = models.ForeignKey(
        Document, verbose_name=_("signed text"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("amendment")
        verbose_name_plural = _("amendments")
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="%(app_label)s_%(class)s_number_unique"),
            not_blank("title"),
            models.CheckConstraint(
                condition=plausible_dates("signed_on", "effective_on"), name="%(app_label)s_%(class)s_dates_plausible"
            ),
            models.CheckConstraint(
                condition=models.Q(withholding_percent__isnull=True) | models.Q(withholding_percent__range=(0, 100)),
                name="%(app_label)s_%(class)s_percents",
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("amendment", parent=("agreement", "agreement_id"))]

    def __str__(self) -> str:
        return self.title


class _ContractYearAmount(VersionedModel):
    """An amount that holds from a contract year on, until a later year is named."""

    contract_year = models.PositiveSmallIntegerField(_("from contract year"), validators=[MinValueValidator(1)])
    amount = models.DecimalField(_("amount"), max_digits=20, decimal_places=3, validators=_amount)
    amendment = models.ForeignKey(
        Amendment, verbose_name=_("by amendment"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.contract_year}: {self.amount}"


def _year_rules() -> list[models.BaseConstraint]:
    return [
        models.UniqueConstraint(
            fields=["agreement", "contract_year"],
            name="%(app_label)s_%(class)s_year_unique",
            violation_error_message=_("There is an amount for this contract year already."),
        ),
        models.CheckConstraint(condition=models.Q(contract_year__gte=1), name="%(app_label)s_%(class)s_from_year_1"),
        models.CheckConstraint(
            condition=models.Q(amount__range=(0, MAX_AMOUNT)), name="%(app_label)s_%(class)s_amount_plausible"
        ),
    ]


class Minimum(_ContractYearAmount):
    """The least royalty of a contract year and those after it."""

    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.CASCADE, related_name="minimums"
    )

    class Meta:
        verbose_name = _("minimum")
        verbose_name_plural = _("minimums")
        constraints = _year_rules()
        triggers = [bump_version(), ChangeTrigger("minimum", parent=("agreement", "agreement_id"))]


class Cap(_ContractYearAmount):
    """The most royalty of a contract year and those after it, or of the lifetime (`Agreement.cap_window`)."""

    agreement = models.ForeignKey(Agreement, verbose_name=_("agreement"), on_delete=models.CASCADE, related_name="caps")

    class Meta:
        verbose_name = _("cap")
        verbose_name_plural = _("caps")
        constraints = _year_rules()
        triggers = [bump_version(), ChangeTrigger("cap", parent=("agreement", "agreement_id"))]
