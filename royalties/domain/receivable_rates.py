"""Reporting-currency values of receivables at dated rates."""

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.db.models import QuerySet

from lrs_tracker.visibility import Viewer
from money.domain.amounts import Money
from money.domain.conversion import AppliedRate, rates_to
from royalties.enums import InvoiceStatus
from royalties.models import Invoice

_STORED = Decimal(1).scaleb(-10)


def reporting_values(*, currency: str, amount: Decimal, to: str, on: dt.date) -> dict[str, Any]:
    """Return the fields of an invoice that say its amount in the reporting currency.

    A missing rate leaves them empty: the invoice counts all the same and is listed by `without_rate`.
    """
    rate = rates_to(to, bases=[currency], on=on).get(currency)
    if rate is None:
        return {}
    return {
        "reporting_rate": rate.rate.quantize(_STORED, rounding=ROUND_HALF_EVEN),
        "reporting_rate_on": rate.on,
        "reporting_rate_source": rate.source,
        "reporting_amount": Money(amount * rate.rate, to).rounded().amount,
    }


def without_rate(user: Viewer) -> QuerySet[Invoice]:
    """Return the invoices that wait for the rate of their date, the oldest first."""
    waiting = Invoice.objects.visible_to(user).filter(reporting_amount__isnull=True)
    return waiting.exclude(status=InvoiceStatus.CANCELLED).order_by("issued_on", "pk")


def described(rate: AppliedRate) -> dict[str, str]:
    """Return a rate as a trace keeps it."""
    return {
        "from": rate.base,
        "to": rate.quote,
        "rate": f"{rate.rate.normalize():f}",
        "on": rate.on.isoformat(),
        "source": rate.source,
    }
