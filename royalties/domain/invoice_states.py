"""How far invoices are: what follows from their payments and dates, and from what people decided."""

import datetime as dt
from decimal import Decimal
from typing import cast

from django.db.models import Case, CharField, F, Q, Value, When

from royalties.enums import InvoiceState, InvoiceStatus
from royalties.models import Invoice
from royalties.models.receivables import InvoiceQuerySet


def with_state(invoices: InvoiceQuerySet, *, today: dt.date, as_of: dt.date | None = None) -> InvoiceQuerySet:
    """Add `settled`, `outstanding` and `state` to invoices, today or as they were at the end of a day."""
    if as_of is not None:
        invoices, today = invoices.filter(issued_on__lte=as_of), as_of
    return cast(
        InvoiceQuerySet,
        invoices.with_balance(as_of=as_of).annotate(
            state=Case(
                When(status=InvoiceStatus.CANCELLED, then=Value(InvoiceState.CANCELLED)),
                When(outstanding=0, then=Value(InvoiceState.PAID)),
                When(status=InvoiceStatus.DISPUTED, then=Value(InvoiceState.DISPUTED)),
                When(due_on__lt=today, then=Value(InvoiceState.OVERDUE)),
                When(Q(outstanding__lt=F("amount")), then=Value(InvoiceState.PART_PAID)),
                default=Value(InvoiceState.OPEN),
                output_field=CharField(),
            )
        ),
    )


def days_overdue(invoice: Invoice, *, outstanding: Decimal, today: dt.date) -> int:
    """Return for how many days an invoice has been overdue: none when it is settled, cancelled or not due."""
    if outstanding <= 0 or invoice.status == InvoiceStatus.CANCELLED:
        return 0
    return max(0, (today - invoice.due_on).days)
