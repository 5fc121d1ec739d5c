"""What is left of invoices, credit notes and payments, and the statements that follow their settlement."""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal

from django.db import models

from royalties.enums import AllocationKind, InvoiceStatus, StatementStatus
from royalties.models import Agreement, Allocation, CreditNote, Invoice, Licensor, Payment, Statement


def outstanding_of(invoice: Invoice) -> Decimal:
    """Return what is still owed on an invoice."""
    return invoice.amount - _sum(Allocation.objects.filter(invoice=invoice), "amount")


def unallocated_of(payment: Payment) -> Decimal:
    """Return what is left of a payment, in its own currency."""
    return payment.amount - _sum(Allocation.objects.filter(payment=payment), "source_amount")


def unused_of(note: CreditNote) -> Decimal:
    """Return what is left of a credit note: neither set against an invoice nor repaid."""
    return note.amount - note.repaid_amount - _sum(Allocation.objects.filter(credit_note=note), "amount")


def lock_agreement(agreement_id: int) -> Agreement:
    """Return an agreement, locked.

    Locks are taken in the order agreement, licensor, payment, credit note, certificate, invoices by key,
    statement: whoever keeps to it never waits for someone who waits for them.
    """
    return (
        Agreement.objects.select_for_update(no_key=True, of=("self",)).select_related("licensor").get(pk=agreement_id)
    )


def lock_licensor(licensor_id: int) -> Licensor:
    """Return a licensor, locked while a paper takes its next number."""
    return Licensor.objects.select_for_update(no_key=True).get(pk=licensor_id)


def lock_payment(payment_id: int) -> Payment:
    """Return a payment, locked."""
    return Payment.objects.select_for_update(no_key=True).get(pk=payment_id)


def lock_credit_note(note_id: int) -> CreditNote:
    """Return a credit note, locked."""
    return CreditNote.objects.select_for_update(no_key=True, of=("self",)).select_related("licensor").get(pk=note_id)


def lock_invoices(ids: Collection[int]) -> dict[int, Invoice]:
    """Return invoices by key, locked in the order of their keys."""
    locked = Invoice.objects.select_for_update(no_key=True, of=("self",)).select_related("licensor", "agreement")
    return {invoice.pk: invoice for invoice in locked.filter(pk__in=ids).order_by("pk")}


def follow_invoice(invoice: Invoice) -> None:
    """Settle the invoice's statement when nothing is owed any more, or open it again.

    A cancelled invoice leaves its statement as it is: nobody paid it.
    """
    if invoice.statement_id is None or invoice.status == InvoiceStatus.CANCELLED:
        return
    latest = Allocation.objects.filter(invoice=invoice).aggregate(on=models.Max("on"))["on"]
    _follow(invoice.statement_id, settled_on=latest if outstanding_of(invoice) == 0 else None)


def follow_credit_note(note: CreditNote) -> None:
    """Settle the credit note's statement when all of it is used or repaid, or open it again."""
    if note.statement_id is None:
        return
    latest = Allocation.objects.filter(credit_note=note, kind=AllocationKind.CREDIT).aggregate(on=models.Max("on"))[
        "on"
    ]
    days = [day for day in (latest, note.repaid_on) if day is not None]
    _follow(note.statement_id, settled_on=max(days) if unused_of(note) == 0 else None)


def settle_statement(statement: Statement, *, on: dt.date) -> None:
    """Mark a statement as settled on a day."""
    _follow(statement.pk, settled_on=on)


def _follow(statement_id: int, *, settled_on: dt.date | None) -> None:
    """Set a statement's settlement; one whose dispute goes on stays disputed."""
    statement = Statement.objects.select_for_update(no_key=True, of=("self",)).get(pk=statement_id)
    if settled_on is not None:
        status = StatementStatus.SETTLED
    elif statement.status == StatementStatus.SETTLED:
        status = StatementStatus.ISSUED
    else:
        return
    if (statement.status, statement.settled_on) != (status, settled_on):
        Statement.objects.filter(pk=statement_id).update(status=status, settled_on=settled_on)


def _sum(rows: models.QuerySet, field: str) -> Decimal:
    return rows.aggregate(total=models.Sum(field))["total"] or Decimal(0)
