"""Late interest: simple, day by day on what is outstanding.

A part of an invoice that is settled by the end of the days of grace bears none; what is outstanding after them
bears it from the day after the due date. The day on which money arrives still counts, the due date does not:
an invoice paid N days late bears N days. Nothing is compounded, and interest invoices bear no interest.
What was charged before is taken off the interest to date, so that spans add up to the whole to the cent.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.clock import today_for
from lrs_tracker.edits import refuse_stale, require_permission
from lrs_tracker.problems import DomainError, StateError
from money.domain.amounts import Money
from royalties.domain.business_days import next_business_day
from royalties.domain.invoices import add_invoice
from royalties.domain.settlement import lock_agreement, lock_invoices, lock_licensor
from royalties.enums import InvoiceKind, InvoiceStatus
from royalties.models import Allocation, Invoice

_SHOWN = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Terms:
    """What interest is calculated by: percent a year, days of a year, days of grace."""

    percent: Decimal
    year_days: int
    grace_days: int


@dataclass(frozen=True, slots=True)
class Step:
    """Days of one balance: after `start` through `end`."""

    start: dt.date
    end: dt.date
    balance: Decimal

    @property
    def days(self) -> int:
        """How many days the balance was outstanding."""
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True)
class Accrual:
    """Interest to date: the steps, and the whole, exact."""

    terms: Terms
    through: dt.date
    steps: tuple[Step, ...]

    @property
    def exact(self) -> Fraction:
        """The interest without rounding."""
        return sum((self.interest_of(step) for step in self.steps), Fraction(0))

    def interest_of(self, step: Step) -> Fraction:
        """Return the interest of one step without rounding."""
        return Fraction(step.balance) * step.days * Fraction(self.terms.percent) / (100 * self.terms.year_days)

    def rounded(self, currency: str) -> Decimal:
        """Return the interest in the currency's minor unit."""
        return Money(_decimal(self.exact), currency).rounded().amount


@dataclass(frozen=True, slots=True)
class InterestPreview:
    """What an invoice owes of interest through a day, and what of it was charged."""

    accrual: Accrual
    total: Decimal
    charged: Decimal
    charged_through: dt.date | None

    @property
    def open(self) -> Decimal:
        """What is not charged yet; below zero when a payment was dated back after interest was charged."""
        return self.total - self.charged


def accrue(
    *, amount: Decimal, due_on: dt.date, settled: Iterable[tuple[dt.date, Decimal]], terms: Terms, through: dt.date
) -> Accrual:
    """Return the interest on an amount through a day; `settled` is what was settled, and when."""
    grace_end = due_on + dt.timedelta(days=terms.grace_days)
    if through <= grace_end or terms.percent == 0:
        return Accrual(terms, through, ())
    payments = sorted(settled)
    balance = amount - sum((part for on, part in payments if on <= grace_end), Decimal(0))
    steps, start = [], due_on
    for on, part in [payment for payment in payments if grace_end < payment[0] < through]:
        if on > start:
            steps.append(Step(start, on, balance))
            start = on
        balance -= part
    steps.append(Step(start, through, balance))
    return Accrual(terms, through, tuple(step for step in steps if step.balance > 0))


def preview_interest(invoice: Invoice, *, through: dt.date) -> InterestPreview:
    """Return an invoice's interest through a day, by its agreement's terms. Load its agreement with it."""
    settled = Allocation.objects.filter(invoice=invoice).values_list("on", "amount")
    accrual = accrue(
        amount=invoice.amount,
        due_on=invoice.due_on,
        settled=settled if bears_interest(invoice) else [(invoice.issued_on, invoice.amount)],
        terms=Terms(invoice.agreement.interest_percent, invoice.agreement.interest_days, invoice.agreement.grace_days),
        through=through,
    )
    charged = invoice.interest.exclude(status=InvoiceStatus.CANCELLED).aggregate(
        total=models.Sum("amount"), through=models.Max("interest_through")
    )
    return InterestPreview(
        accrual, accrual.rounded(invoice.currency), charged["total"] or Decimal(0), charged["through"]
    )


def bears_interest(invoice: Invoice) -> bool:
    """Tell whether an invoice bears interest when it is late: not when it is cancelled, or of interest itself."""
    return invoice.kind == InvoiceKind.STATEMENT and invoice.status != InvoiceStatus.CANCELLED


@transaction.atomic
def charge_interest(
    *, invoice: Invoice, through: dt.date, expected_version: int | None = None, by: User, at: dt.datetime
) -> Invoice:
    """Invoice the late interest through a day that was not charged yet.

    It is due after the agreement's payment days, from its own date. Raise DomainError for a day that is to
    come or was charged, and when there is nothing to charge.
    """
    require_permission(by, "royalties.add_invoice")
    agreement = lock_agreement(invoice.agreement_id)
    lock_licensor(agreement.licensor_id)
    invoice = lock_invoices([invoice.pk])[invoice.pk]
    refuse_stale(invoice, expected_version)
    today = today_for(by, at=at)
    if not bears_interest(invoice):
        raise StateError(_("This invoice bears no interest."))
    if through > today:
        raise DomainError(_("Interest is charged through today at the latest."), field="through")
    preview = preview_interest(invoice, through=through)
    if preview.charged_through is not None and through <= preview.charged_through:
        raise StateError(
            _("Interest through %(day)s is charged already.") % {"day": preview.charged_through.isoformat()},
            field="through",
            code="charged",
        )
    if preview.open <= 0:
        raise DomainError(_("There is no interest to charge through this day."), field="through")
    return add_invoice(
        agreement,
        kind=InvoiceKind.INTEREST,
        interest_on=invoice,
        interest_through=through,
        interest_trace=described_interest(preview),
        issued_on=today,
        due_on=next_business_day(today + dt.timedelta(days=agreement.payment_days), country=agreement.licensor.country),
        currency=invoice.currency,
        amount=preview.open,
    )


def described_interest(preview: InterestPreview) -> dict[str, Any]:
    """Return how interest came about, as an interest invoice keeps it."""
    accrual = preview.accrual
    return {
        "terms": {name: str(value) for name, value in asdict(accrual.terms).items()},
        "through": accrual.through.isoformat(),
        "steps": [
            {
                "after": step.start.isoformat(),
                "through": step.end.isoformat(),
                "days": step.days,
                "balance": str(step.balance),
                "interest": str(_decimal(accrual.interest_of(step)).quantize(_SHOWN)),
            }
            for step in accrual.steps
        ],
        "total": str(preview.total),
        "charged_before": str(preview.charged),
    }


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
