"""What an agreement's licensee owes, beside one of its statements."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.functional import Promise

from lrs_tracker.visibility import Viewer
from royalties.domain.ageing import BUCKET_LABELS, Bucket, bucket_of
from royalties.models import Agreement, CreditNote, Invoice, Statement


@dataclass(slots=True)
class OwedPart:
    """What is owed in one bucket of age, and the invoices it is owed on."""

    label: str | Promise
    is_overdue: bool
    amount: Decimal = Decimal(0)
    invoices: list[Invoice] = field(default_factory=list)


def owed_on(agreement: Agreement, *, viewer: Viewer, today: dt.date) -> list[OwedPart]:
    """Return what is owed in the agreement's currency by age, the buckets that have something."""
    invoices = (
        Invoice.objects.visible_to(viewer)
        .filter(agreement=agreement, currency=agreement.currency)
        .with_balance()
        .filter(outstanding__gt=0)
        .select_related("licensor")
        .order_by("due_on", "pk")
    )
    parts: dict[Bucket, OwedPart] = {}
    for invoice in invoices:
        bucket = bucket_of(invoice.due_on, as_of=today)
        part = parts.setdefault(bucket, OwedPart(BUCKET_LABELS[bucket], bucket != Bucket.NOT_DUE))
        part.amount += invoice.outstanding
        part.invoices.append(invoice)
    return [parts[bucket] for bucket in sorted(parts)]


def paper_of(statement: Statement, *, viewer: Viewer) -> Invoice | CreditNote | None:
    """Return the invoice or credit note that a statement became, if any."""
    if statement.payable < 0:
        return CreditNote.objects.visible_to(viewer).filter(statement=statement).select_related("licensor").first()
    return Invoice.objects.visible_to(viewer).filter(statement=statement).select_related("licensor").first()
