"""Choices of agreements, terms, reports, statements and receivables, and the legal moves of their states."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AgreementType(models.TextChoices):
    """What an agreement is about."""

    LICENCE = "licence", _("Licence")
    SERVICE = "service", _("Service")
    LICENCE_AND_SERVICE = "licence_and_service", _("Licence and service")


class AgreementStatus(models.TextChoices):
    """How far an agreement is."""

    DRAFT = "draft", _("Draft")
    IN_FORCE = "in_force", _("In force")
    EXPIRED = "expired", _("Expired")
    TERMINATED = "terminated", _("Terminated")


class FieldOfUse(models.TextChoices):
    """What the licensed cells are for."""

    EV = "ev", _("Passenger cars")
    COMMERCIAL = "commercial", _("Trucks and buses")
    STORAGE = "storage", _("Stationary storage")
    MARINE = "marine", _("Ships and aircraft")
    OTHER = "other", _("Other")


class ReportingPeriod(models.TextChoices):
    """How long a reporting period is; stored codes are those of the what-if interface."""

    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")
    HALF_YEAR = "half_year", _("Half-year")
    YEAR = "year", _("Year")


class FxRule(models.TextChoices):
    """Which rate converts net sales in another currency."""

    PERIOD_END = "period_end", _("Rate at the period's end")
    PERIOD_AVERAGE = "period_average", _("Average of the period")
    LAST_BUSINESS_DAY_BEFORE_DUE = "last_business_day_before_due", _("Last business day before payment is due")
    PAYMENT_DATE = "payment_date", _("Rate of the payment date")


class Rounding(models.TextChoices):
    """How a statement line is rounded to the currency's minor unit."""

    HALF_EVEN = "half_even", _("Half to even")
    HALF_UP = "half_up", _("Half up")


class CapWindow(models.TextChoices):
    """What a cap limits."""

    CONTRACT_YEAR = "contract_year", _("Each contract year")
    LIFETIME = "lifetime", _("The agreement's lifetime")


class DayCount(models.IntegerChoices):
    """Days of a year for interest."""

    ACTUAL_365 = 365, _("365 days")
    ACTUAL_360 = 360, _("360 days")


class DueFrom(models.TextChoices):
    """What the payment days are counted from."""

    PERIOD_END = "period_end", _("The period's end")
    INVOICE_DATE = "invoice_date", _("The invoice's date")


class Basis(models.TextChoices):
    """What a royalty is charged on."""

    ENERGY_PRODUCED = "energy_produced", _("Energy produced, kWh")
    ENERGY_SOLD = "energy_sold", _("Energy sold, kWh")
    UNITS = "units", _("Units")
    NET_SALES = "net_sales", _("Net sales")
    LUMP_SUM = "lump_sum", _("Lump sum")


class TierMode(models.TextChoices):
    """How tiers apply."""

    GRADUATED = "graduated", _("Graduated: each unit at its own tier's rate")
    VOLUME = "volume", _("Volume: all units at the rate of the tier reached")


class TierWindow(models.TextChoices):
    """Over what the quantity of tiers is counted."""

    PERIOD = "period", _("Reporting period")
    CONTRACT_YEAR = "contract_year", _("Contract year")
    LIFETIME = "lifetime", _("Lifetime")


class EscalatorKind(models.TextChoices):
    """How rates rise from contract year to contract year."""

    NONE = "none", _("None")
    PERCENT = "percent", _("Percent a year")
    INDEX = "index", _("Price index")


class FeeKind(models.TextChoices):
    """What a fee is paid for."""

    UPFRONT = "upfront", _("Upfront fee")
    MILESTONE = "milestone", _("Milestone fee")
    SERVICE = "service", _("Service fee")
    OTHER = "other", _("Other fee")


class FeeTrigger(models.TextChoices):
    """What makes a fee fall due."""

    EFFECTIVE_DATE = "effective_date", _("The effective date")
    DATE = "date", _("A date")
    MILESTONE = "milestone", _("A plant's milestone")


class ServiceUnit(models.TextChoices):
    """What a service is charged by."""

    PERSON_DAY = "person_day", _("Person-day")
    MONTH = "month", _("Month")
    LUMP_SUM = "lump_sum", _("Lump sum")


class ReportChannel(models.TextChoices):
    """How a report came in."""

    BROWSER = "browser", _("Entered here")
    FILE = "file", _("Uploaded file")
    LINK = "link", _("Licensee's link")
    API = "api", _("API")


class ReportStatus(models.TextChoices):
    """How far a report, and each of its lines, is."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    ACCEPTED = "accepted", _("Accepted")
    DISPUTED = "disputed", _("Sent back")
    SUPERSEDED = "superseded", _("Superseded")


# A line that counted stays known as superseded; one that never counted goes back to its sender.
REPORT_MOVES: dict[ReportStatus, frozenset[ReportStatus]] = {
    ReportStatus.DRAFT: frozenset({ReportStatus.SUBMITTED}),
    ReportStatus.SUBMITTED: frozenset({ReportStatus.ACCEPTED, ReportStatus.DISPUTED, ReportStatus.SUPERSEDED}),
    ReportStatus.DISPUTED: frozenset({ReportStatus.SUBMITTED, ReportStatus.SUPERSEDED}),
    ReportStatus.ACCEPTED: frozenset({ReportStatus.SUPERSEDED}),
    ReportStatus.SUPERSEDED: frozenset(),
}


class StatementStatus(models.TextChoices):
    """How far a statement is. What is issued never changes; its status goes on."""

    DRAFT = "draft", _("Draft")
    ISSUED = "issued", _("Issued")
    DISPUTED = "disputed", _("Disputed")
    SETTLED = "settled", _("Settled")


STATEMENT_MOVES: dict[StatementStatus, frozenset[StatementStatus]] = {
    StatementStatus.DRAFT: frozenset({StatementStatus.ISSUED}),
    StatementStatus.ISSUED: frozenset({StatementStatus.DISPUTED, StatementStatus.SETTLED}),
    StatementStatus.DISPUTED: frozenset({StatementStatus.ISSUED, StatementStatus.SETTLED}),
    StatementStatus.SETTLED: frozenset({StatementStatus.DISPUTED, StatementStatus.ISSUED}),
}


class LineKind(models.TextChoices):
    """What a line of a statement is; stored codes are those of the what-if interface."""

    ROYALTY = "royalty", _("Royalty")
    CAP = "cap", _("Cap")
    SHORTFALL = "shortfall", _("Minimum shortfall")
    FEE = "fee", _("Fee")
    RECOUPMENT = "recoupment", _("Recoupment of advance")
    REPAYMENT = "repayment", _("Repayment of advance")
    WITHHOLDING = "withholding", _("Withholding tax")


# What lessens the payable, in the order in which a statement takes it off; a tax that is grossed up does not.
DEDUCTIONS = (LineKind.RECOUPMENT, LineKind.REPAYMENT, LineKind.WITHHOLDING)


class InvoiceKind(models.TextChoices):
    """What an invoice claims."""

    STATEMENT = "statement", _("Royalty statement")
    INTEREST = "interest", _("Late interest")


class InvoiceStatus(models.TextChoices):
    """What someone decided about an invoice; paid or overdue follow from its payments and dates."""

    OPEN = "open", _("Open")
    DISPUTED = "disputed", _("Disputed")
    CANCELLED = "cancelled", _("Cancelled")


class InvoiceState(models.TextChoices):
    """How far an invoice is: its status, its payments and today's date together."""

    OPEN = "open", _("Open")
    PART_PAID = "part_paid", _("Part paid")
    OVERDUE = "overdue", _("Overdue")
    DISPUTED = "disputed", _("Disputed")
    PAID = "paid", _("Paid")
    CANCELLED = "cancelled", _("Cancelled")


class DunningLevel(models.IntegerChoices):
    """How far the reminders of an overdue invoice have gone."""

    NONE = 0, _("Not reminded")
    REMINDED = 1, _("Payment reminder")
    FIRST_NOTICE = 2, _("First notice")
    FINAL_NOTICE = 3, _("Final notice")


class PaymentSource(models.TextChoices):
    """How a payment became known."""

    MANUAL = "manual", _("Entered here")
    CSV = "csv", _("Bank file (CSV)")
    CAMT = "camt", _("Bank file (CAMT.053)")


class AllocationKind(models.TextChoices):
    """What settles a part of an invoice."""

    PAYMENT = "payment", _("Payment")
    CREDIT = "credit", _("Credit note")
    WITHHOLDING = "withholding", _("Tax withheld by the payer")
    BANK_FEE = "bank_fee", _("Bank fee")
    WRITE_OFF = "write_off", _("Written off")


class PlanBasis(models.TextChoices):
    """What a deal's part of the forecast is calculated from."""

    CONTRACT = "contract", _("Agreement in force")
    DRAFT = "draft", _("Draft agreement")
    TERM_SHEET = "term_sheet", _("Term sheet")
    ESTIMATE = "estimate", _("Estimate")
