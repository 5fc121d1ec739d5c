"""What settles what: payments, deductions and credit notes set against invoices, and taken back."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.edits import refuse_stale, require_permission
from lrs_tracker.formats import format_amount
from lrs_tracker.problems import DomainError, StateError
from money.domain.amounts import Money
from money.domain.conversion import rates_to
from royalties.domain.exchange_gains import measure
from royalties.domain.payments import check_amount
from royalties.domain.settlement import (
    follow_credit_note,
    follow_invoice,
    lock_credit_note,
    lock_invoices,
    lock_payment,
    outstanding_of,
    unallocated_of,
    unused_of,
)
from royalties.enums import AllocationKind, InvoiceStatus
from royalties.models import Allocation, CreditNote, Invoice, Payment

# The largest part of an invoice that may be written off as a small difference, in percent; more is credited.
WRITE_OFF_PERCENT = Decimal(1)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an invoice that a payment settles.

    `amount` is in the invoice's currency, None for all that is owed and the payment has left;
    `source_amount` is what it takes from the payment where that has another currency, None for the amount
    at the rate of the payment's date.
    """

    invoice_id: int
    amount: Decimal | None = None
    source_amount: Decimal | None = None


@transaction.atomic
def allocate_payment(
    *, payment: Payment, parts: Sequence[Part], expected_version: int | None = None, by: User
) -> list[Allocation]:
    """Set a payment against one or more invoices of its licensor; what is left stays the payer's credit.

    Raise DomainError for more than is owed or than the payment has left, for an invoice that is cancelled,
    and for another currency without a rate.
    """
    require_permission(by, "royalties.add_allocation")
    payment = lock_payment(payment.pk)
    refuse_stale(payment, expected_version)
    if payment.is_ignored:
        raise StateError(_("This payment is marked as not about royalties."))
    invoices = _visible_invoices([part.invoice_id for part in parts], by)
    return [_allocate(payment, invoices[part.invoice_id], part, by) for part in parts]


@transaction.atomic
def deduct(
    *,
    invoice: Invoice,
    kind: AllocationKind,
    amount: Decimal,
    on: dt.date,
    payment: Payment | None = None,
    note: str = "",
    expected_version: int | None = None,
    by: User,
) -> Allocation:
    """Settle a part of an invoice that no money comes for: withheld tax, a bank's fee, a difference written off.

    `payment` is the one it was deducted from. Raise DomainError for more than is owed, for a write-off
    without a reason or of more than WRITE_OFF_PERCENT of the invoice in all.
    """
    require_permission(by, "royalties.add_allocation")
    if kind not in {AllocationKind.WITHHOLDING, AllocationKind.BANK_FEE, AllocationKind.WRITE_OFF}:
        raise ValueError(kind)
    invoice = _visible_invoices([invoice.pk], by)[invoice.pk]
    refuse_stale(invoice, expected_version)
    _check_owed(invoice, amount)
    if kind == AllocationKind.WRITE_OFF:
        _check_write_off(invoice, amount, note)
    if on < invoice.issued_on:
        raise DomainError(_("The invoice is of a later day than this."), field="on")
    allocation = Allocation.objects.create(
        invoice=invoice, kind=kind, payment=payment, on=on, amount=amount, note=note.strip(), by=by
    )
    follow_invoice(invoice)
    return allocation


@transaction.atomic
def set_credit(
    *,
    credit_note: CreditNote,
    invoice: Invoice,
    amount: Decimal,
    on: dt.date,
    expected_version: int | None = None,
    by: User,
) -> Allocation:
    """Set a part of a credit note against an invoice of the same licensee, licensor and currency."""
    require_permission(by, "royalties.add_allocation")
    credit_note = lock_credit_note(credit_note.pk)
    refuse_stale(credit_note, expected_version)
    invoice = _visible_invoices([invoice.pk], by)[invoice.pk]
    if not CreditNote.objects.visible_to(by).filter(pk=credit_note.pk).exists():
        raise DomainError(_("There is no such credit note."))
    if (credit_note.licensor_id, credit_note.currency) != (invoice.licensor_id, invoice.currency):
        raise DomainError(_("This credit note is of another currency or licensor."), field="invoice")
    if credit_note.agreement.licensee_id != invoice.agreement.licensee_id:
        raise DomainError(_("This credit note is another licensee's."), field="invoice")
    _check_owed(invoice, amount)
    left = unused_of(credit_note)
    if amount > left:
        message = _("Only %(left)s of this credit note are left.")
        raise DomainError(message % {"left": format_amount(left, credit_note.currency)}, field="amount")
    allocation = Allocation.objects.create(
        invoice=invoice,
        kind=AllocationKind.CREDIT,
        credit_note=credit_note,
        on=max(on, credit_note.issued_on),
        amount=amount,
        by=by,
    )
    follow_credit_note(credit_note)
    follow_invoice(invoice)
    return allocation


@transaction.atomic
def remove_allocation(*, allocation: Allocation, expected_version: int | None = None, by: User) -> Invoice:
    """Take an allocation back: the invoice owes again, the payment or credit note has it again.

    `expected_version` is the invoice's.     Raise DomainError for the credit note that cancels its invoice.
    """
    require_permission(by, "royalties.delete_allocation")
    if allocation.payment_id is not None:
        lock_payment(allocation.payment_id)
    note = lock_credit_note(allocation.credit_note_id) if allocation.credit_note_id is not None else None
    invoice = lock_invoices([allocation.invoice_id])[allocation.invoice_id]
    refuse_stale(invoice, expected_version)
    if note is not None and note.cancels_id == invoice.pk:
        raise StateError(_("This credit note cancels its invoice: that cannot be taken back."))
    removed, _details = Allocation.objects.filter(pk=allocation.pk).delete()
    if not removed:
        raise StateError(_("This was taken back already."), code="gone")
    if note is not None:
        follow_credit_note(note)
    follow_invoice(invoice)
    return invoice


def _allocate(payment: Payment, invoice: Invoice, part: Part, by: User) -> Allocation:
    if payment.licensor_id != invoice.licensor_id:
        raise DomainError(_("This payment went to another licensor than the invoice is from."))
    left = unallocated_of(payment)
    if left <= 0:
        raise StateError(_("Nothing of this payment is left."))
    amount, source_amount = _amounts(payment, invoice, part, left)
    _check_owed(invoice, amount)
    check_amount(source_amount, payment.currency, field="source_amount")
    if source_amount > left:
        message = _("Only %(left)s of this payment are left.")
        raise DomainError(message % {"left": format_amount(left, payment.currency)}, field="amount")
    allocation = Allocation.objects.create(
        invoice=invoice,
        kind=AllocationKind.PAYMENT,
        payment=payment,
        on=payment.received_on,
        amount=amount,
        source_amount=source_amount,
        by=by,
        **measure(payment=payment, invoice=invoice, amount=amount, source_amount=source_amount),
    )
    follow_invoice(invoice)
    return allocation


def _amounts(payment: Payment, invoice: Invoice, part: Part, left: Decimal) -> tuple[Decimal, Decimal]:
    """Return what a part settles of the invoice and what it takes from the payment, each in its currency."""
    owed = outstanding_of(invoice)
    if payment.currency == invoice.currency:
        amount = part.amount if part.amount is not None else min(owed, left)
        if part.source_amount not in (None, amount):
            raise DomainError(_("Invoice and payment are in one currency: both amounts are the same."))
        return amount, amount
    if part.amount is not None and part.source_amount is not None:
        return part.amount, part.source_amount
    rate = rates_to(invoice.currency, bases=[payment.currency], on=payment.received_on).get(payment.currency)
    if rate is None:
        raise DomainError(
            _(
                "The invoice is in %(quote)s, the payment in %(base)s, and no rate is known for %(date)s. Enter the "
                "rate, or say how much of the payment this takes."
            )
            % {"base": payment.currency, "quote": invoice.currency, "date": payment.received_on.isoformat()},
            field="source_amount",
            code="missing-rate",
        )
    if part.amount is None and part.source_amount is None:
        whole = Money(left * rate.rate, invoice.currency).rounded().amount
        if whole <= owed:
            return whole, left
    amount = part.amount if part.amount is not None else owed
    if part.source_amount is not None:
        return Money(part.source_amount * rate.rate, invoice.currency).rounded().amount, part.source_amount
    return amount, Money(amount / rate.rate, payment.currency).rounded().amount


def _visible_invoices(ids: Sequence[int], by: User) -> dict[int, Invoice]:
    """Return invoices that `by` may see and that still stand, locked."""
    if len(set(ids)) != Invoice.objects.visible_to(by).filter(pk__in=ids).count():
        raise DomainError(_("There is no such invoice."), field="invoice")
    if len(set(ids)) != len(ids):
        raise DomainError(_("Each invoice is named once."), field="invoice")
    return lock_invoices(ids)


def _check_owed(invoice: Invoice, amount: Decimal) -> None:
    if invoice.status == InvoiceStatus.CANCELLED:
        raise StateError(_("Invoice %(invoice)s is cancelled.") % {"invoice": invoice.code}, field="invoice")
    check_amount(amount, invoice.currency)
    owed = outstanding_of(invoice)
    if amount > owed:
        raise DomainError(
            _("Invoice %(invoice)s owes %(owed)s, not more. The rest of a payment stays the payer's credit.")
            % {"invoice": invoice.code, "owed": format_amount(owed, invoice.currency)},
            field="amount",
            code="more-than-owed",
        )


def _check_write_off(invoice: Invoice, amount: Decimal, note: str) -> None:
    if not note.strip():
        raise DomainError(_("Say why the difference is written off."), field="note")
    written = Allocation.objects.filter(invoice=invoice, kind=AllocationKind.WRITE_OFF)
    total = amount + sum((row.amount for row in written), Decimal(0))
    most = invoice.amount * WRITE_OFF_PERCENT / 100
    if total > most:
        raise DomainError(
            _("At most %(most)s of this invoice can be written off. Cancel it by a credit note instead.")
            % {"most": format_amount(most, invoice.currency)},
            field="amount",
        )
