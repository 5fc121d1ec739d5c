"""Reports of licensees: filings, their lines by plant and month, private links and column mappings."""

import uuid
from decimal import Decimal
from pathlib import PurePath

import pgtrigger
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from lrs_tracker.change_log import ChangeTrigger, TellTrigger, bump_version
from lrs_tracker.constraints import currency_code, not_blank, together, value_known
from lrs_tracker.currencies import validate_currency
from lrs_tracker.dates import plausible_dates, validate_plausible_date
from lrs_tracker.problems import Text
from lrs_tracker.versioned import VersionedModel
from plants.enums import Chemistry
from plants.models import Plant
from royalties.enums import FieldOfUse, ReportChannel, ReportStatus
from royalties.models.agreements import Agreement, AgreementPartQuerySet


def stored_name(filing: "ReportFiling", file_name: str) -> str:
    """Return where a report's file is kept: never under the name that the sender chose."""
    return f"reports/{uuid.uuid4().hex}{PurePath(file_name).suffix.lower()[:10]}"


class ReportMapping(VersionedModel):
    """How the columns of a licensee's own file are read, saved for its next one."""

    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.CASCADE, related_name="report_mappings"
    )
    name = models.CharField(_("name"), max_length=120)
    columns = models.JSONField(_("columns"), default=dict)

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("column mapping of reports")
        verbose_name_plural = _("column mappings of reports")
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "name"],
                name="%(app_label)s_%(class)s_name_unique",
                violation_error_message=_("There is a mapping of this name already."),
            ),
            not_blank("name"),
        ]
        triggers = [bump_version(), ChangeTrigger("report-mapping", parent=("agreement", "agreement_id"))]

    def __str__(self) -> str:
        return self.name


class ReportLink(VersionedModel):
    """A private address where a licensee files one report without an account; only the token's hash is kept.

    It serves the period from `period_start` to `period_end` until it expires, is revoked, or its report
    is accepted; a report that was sent back opens it again.
    """

    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.CASCADE, related_name="report_links"
    )
    period_start = models.DateField(_("period from"), validators=[validate_plausible_date])
    period_end = models.DateField(_("period to"), validators=[validate_plausible_date])
    recipient = models.EmailField(_("sent to"), blank=True)
    token_hash = models.CharField(_("hash of the token"), max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    opened_at = models.DateTimeField(_("first opened"), null=True, blank=True, editable=False)
    used_at = models.DateTimeField(_("used"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("link for a report")
        verbose_name_plural = _("links for reports")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(("token_hash__regex", r"^[0-9a-f]{64}$")), name="%(app_label)s_%(class)s_hash"
            ),
            models.CheckConstraint(
                condition=models.Q(period_end__gte=models.F("period_start")),
                name="%(app_label)s_%(class)s_period_whole",
            ),
        ]
        triggers = [
            bump_version(),
            ChangeTrigger("report-link", parent=("agreement", "agreement_id"), hidden=("token_hash",)),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id}: {self.period_start} – {self.period_end}"


class ReportFiling(VersionedModel):
    """What a licensee sent at once for a period of an agreement: entered, uploaded or sent by link.

    Its lines are the `ProductionReport` rows. A filing that was sent back is mended and submitted again.
    `accepted_warnings` are the remarks of its checks that someone let pass: key, words, who and when of each.
    """

    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.PROTECT, related_name="filings"
    )
    period_start = models.DateField(_("period from"), validators=[validate_plausible_date])
    period_end = models.DateField(_("period to"), validators=[validate_plausible_date])
    status = models.CharField(
        _("status"), max_length=12, choices=ReportStatus, default=ReportStatus.DRAFT, editable=False
    )
    channel = models.CharField(_("came by"), max_length=8, choices=ReportChannel, editable=False)
    link = models.ForeignKey(
        ReportLink,
        verbose_name=_("link"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="filings",
        editable=False,
    )
    sender = models.CharField(_("sent by"), max_length=200, blank=True)
    note = models.TextField(_("note"), max_length=4000, blank=True)
    file = models.FileField(_("file"), upload_to=stored_name, max_length=200, blank=True, editable=False)
    file_name = models.CharField(_("file name"), max_length=200, blank=True, editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("entered by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    decision_note = models.TextField(_("reason"), max_length=4000, blank=True, editable=False)
    accepted_warnings = models.JSONField(_("accepted warnings"), default=list, blank=True, editable=False)

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("filing")
        verbose_name_plural = _("filings")
        permissions = [("accept_report", _("Can accept reports of licensees or send them back"))]
        constraints = [
            value_known("status", ReportStatus),
            value_known("channel", ReportChannel),
            together("decision", "decided_at", "decided_by"),
            models.CheckConstraint(
                condition=models.Q(period_end__gte=models.F("period_start")),
                name="%(app_label)s_%(class)s_period_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(status=ReportStatus.DRAFT) | models.Q(submitted_at__isnull=False),
                name="%(app_label)s_%(class)s_submission_dated",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=ReportStatus.ACCEPTED) | models.Q(decided_at__isnull=False),
                name="%(app_label)s_%(class)s_decision_dated",
            ),
        ]
        indexes = [
            # Filings waiting for a decision, and those of an agreement's period.
            models.Index(fields=["status", "submitted_at"], name="royalties_filing_waiting"),
            models.Index(fields=["agreement", "period_end"], name="royalties_filing_period"),
        ]
        triggers = [
            bump_version(),
            ChangeTrigger("filing", parent=("agreement", "agreement_id"), hidden=("file",)),
            TellTrigger(
                "tell_lines",
                {"production-report": "SELECT id FROM royalties_productionreport WHERE filing_id = NEW.id"},
                on=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "period_start",
                    "period_end",
                    "channel",
                    "sender",
                    "note",
                    "submitted_at",
                    "decided_at",
                    "decided_by",
                    "decision_note",
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_start} – {self.period_end}"

    def get_absolute_url(self) -> str:
        """Return the filing's page."""
        return reverse("royalties:filing", args=[self.pk])


def _energy(label: Text) -> models.DecimalField:
    return models.DecimalField(label, max_digits=18, decimal_places=3, default=Decimal(0))


def _sales(label: Text) -> models.DecimalField:
    return models.DecimalField(label, max_digits=20, decimal_places=3, default=Decimal(0))


class ProductionReport(VersionedModel):
    """One line of a filing: what a plant made and sold in a month, of one chemistry for one field of use.

    `number` is its version: the accepted line of the highest number counts, earlier ones are superseded.
    `month` is the first day of the month; energy is in kWh. Returns may be negative when `is_return`; an
    estimate stands in for a missing report until the real one arrives.
    """

    agreement = models.ForeignKey(
        Agreement, verbose_name=_("agreement"), on_delete=models.PROTECT, related_name="reports"
    )
    filing = models.ForeignKey(ReportFiling, verbose_name=_("filing"), on_delete=models.CASCADE, related_name="reports")
    plant = models.ForeignKey(Plant, verbose_name=_("plant"), on_delete=models.PROTECT, related_name="reports")
    month = models.DateField(_("month"))
    chemistry = models.CharField(_("chemistry"), max_length=16, choices=Chemistry)
    field = models.CharField(_("field of use"), max_length=12, choices=FieldOfUse)
    number = models.PositiveSmallIntegerField(_("version"), default=1, validators=[MinValueValidator(1)])
    status = models.CharField(
        _("status"), max_length=12, choices=ReportStatus, default=ReportStatus.DRAFT, editable=False
    )
    energy_produced_kwh = _energy(_("energy produced, kWh"))
    energy_sold_kwh = _energy(_("energy sold, kWh"))
    units = _energy(_("units"))
    gross_sales = _sales(_("gross sales"))
    deductions = _sales(_("deductions"))
    net_sales = _sales(_("net sales"))
    currency = models.CharField(_("currency"), max_length=3, validators=[validate_currency])
    is_nil = models.BooleanField(_("nothing made or sold"), default=False)
    is_return = models.BooleanField(_("contains returns"), default=False)
    is_estimate = models.BooleanField(_("estimate"), default=False)
    flags = models.JSONField(_("flags"), default=list, blank=True, editable=False)
    accepted_on = models.DateField(_("accepted"), null=True, blank=True, editable=False)

    objects = AgreementPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("production report")
        verbose_name_plural = _("production reports")
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "plant", "month", "chemistry", "field", "number"],
                name="%(app_label)s_%(class)s_version_unique",
            ),
            # Also serves the sums of an agreement's calculation.
            models.UniqueConstraint(
                fields=["agreement", "plant", "month", "chemistry", "field"],
                condition=models.Q(status=ReportStatus.ACCEPTED),
                name="%(app_label)s_%(class)s_one_accepted",
            ),
            value_known("status", ReportStatus),
            value_known("chemistry", Chemistry),
            value_known("field", FieldOfUse),
            currency_code(),
            models.CheckConstraint(condition=models.Q(month__day=1), name="%(app_label)s_%(class)s_month_first_day"),
            models.CheckConstraint(condition=plausible_dates("month"), name="%(app_label)s_%(class)s_month_plausible"),
            models.CheckConstraint(
                condition=models.Q(is_return=True)
                | models.Q(
                    energy_produced_kwh__gte=0,
                    energy_sold_kwh__gte=0,
                    units__gte=0,
                    gross_sales__gte=0,
                    net_sales__gte=0,
                ),
                name="%(app_label)s_%(class)s_negative_only_returns",
                violation_error_message=_("Negative figures are only for returns: tick “contains returns”."),
            ),
            models.CheckConstraint(
                condition=models.Q(is_nil=False)
                | models.Q(energy_produced_kwh=0, energy_sold_kwh=0, units=0, gross_sales=0, deductions=0, net_sales=0),
                name="%(app_label)s_%(class)s_nil_is_nothing",
                violation_error_message=_("A nil report has no figures."),
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status__in=[ReportStatus.ACCEPTED, ReportStatus.SUPERSEDED], accepted_on__isnull=False
                )
                | models.Q(status=ReportStatus.SUPERSEDED)
                | models.Q(
                    status__in=[ReportStatus.DRAFT, ReportStatus.SUBMITTED, ReportStatus.DISPUTED],
                    accepted_on__isnull=True,
                ),
                name="%(app_label)s_%(class)s_acceptance_dated",
            ),
        ]
        indexes = [
            # What the engine's sums read: the lines that count, by agreement and month.
            models.Index(
                fields=["agreement", "month"],
                name="royalties_report_counts",
                condition=models.Q(status=ReportStatus.ACCEPTED),
            ),
        ]
        triggers = [bump_version(), ChangeTrigger("production-report", parent=("agreement", "agreement_id"))]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} v{self.number}"
