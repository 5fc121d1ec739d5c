"""Invoices and credit notes: made from statements, disputed, cancelled; never changed."""

import datetime as dt
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.clock import today_for
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError, StateError
from royalties.domain.receivable_rates import reporting_values
from royalties.domain.settlement import (
    lock_agreement,
    lock_licensor,
    outstanding_of,
    settle_statement,
)
from royalties.enums import AllocationKind, InvoiceStatus, StatementStatus
from royalties.models import Agreement, Allocation, CreditNote, Invoice, Licensor, Statement


@transaction.atomic
def invoice_statement(*, statement: Statement, by: User, at: dt.datetime) -> Invoice | CreditNote | None:
    """Claim the payable of an issued statement, or credit a negative one; one of zero is settled at once.

    Invoices and credit notes each take the licensor's next number, without gaps. Raise DomainError for a
    draft and for a statement that was invoiced before.
    """
    require_permission(by, "royalties.add_invoice")
    if statement.status == StatementStatus.DRAFT or statement.issued_on is None or statement.due_on is None:
        raise StateError(_("Only an issued statement is invoiced."))
    agreement = lock_agreement(statement.agreement_id)
    lock_licensor(agreement.licensor_id)
    if Invoice.objects.filter(statement=statement).exists() or CreditNote.objects.filter(statement=statement).exists():
        raise StateError(_("This statement was invoiced already."), code="invoiced")
    if statement.payable > 0:
        return add_invoice(
            agreement,
            statement=statement,
            issued_on=statement.issued_on,
            due_on=statement.due_on,
            currency=statement.currency,
            amount=statement.payable,
        )
    if statement.payable < 0:
        return _add_credit_note(
            agreement,
            statement=statement,
            issued_on=statement.issued_on,
            currency=statement.currency,
            amount=-statement.payable,
            reason=str(_("Statement %(number)s") % {"number": statement.number}),
        )
    settle_statement(statement, on=statement.issued_on)
    return None


def add_invoice(agreement: Agreement, **facts: Any) -> Invoice:
    """Store an invoice under the licensor's next number; the caller holds the licensor's lock."""
    licensor = agreement.licensor
    reporting = reporting_values(
        currency=facts["currency"], amount=facts["amount"], to=licensor.reporting_currency, on=facts["issued_on"]
    )
    return Invoice.objects.create(
        agreement=agreement,
        licensor=licensor,
        number=_next_number(Invoice, licensor),
        reporting_currency=licensor.reporting_currency,
        **facts,
        **reporting,
    )


@transaction.atomic
def cancel_invoice(
    *, invoice: Invoice, reason: str, expected_version: int | None = None, by: User, at: dt.datetime
) -> CreditNote:
    """Cancel an invoice by a credit note over all of it, and return that.

    Raise DomainError without a reason, for a cancelled invoice, and for one that something settles or that
    interest was charged on: that is taken back first.
    """
    require_permission(by, "royalties.add_creditnote")
    require_permission(by, "royalties.change_invoice")
    if not reason.strip():
        raise DomainError(_("Say why the invoice is cancelled."), field="reason")
    agreement = lock_agreement(invoice.agreement_id)
    lock_licensor(agreement.licensor_id)
    invoice = lock_row(invoice, expected_version=expected_version)
    if invoice.status == InvoiceStatus.CANCELLED:
        raise StateError(_("This invoice is cancelled already."))
    if outstanding_of(invoice) != invoice.amount:
        raise StateError(_("Something settles a part of this invoice. Take that back first."))
    if invoice.interest.exclude(status=InvoiceStatus.CANCELLED).exists():
        raise StateError(_("Interest was charged on this invoice. Cancel that invoice first."))
    today = max(today_for(by, at=at), invoice.issued_on)
    note = _add_credit_note(
        agreement,
        cancels=invoice,
        issued_on=today,
        currency=invoice.currency,
        amount=invoice.amount,
        reason=reason.strip(),
    )
    write_changes(invoice, {"status": InvoiceStatus.CANCELLED})
    Allocation.objects.create(
        invoice=invoice,
        kind=AllocationKind.CREDIT,
        credit_note=note,
        on=today,
        amount=invoice.amount,
        note=reason.strip(),
        by=by,
    )
    return note


@transaction.atomic
def dispute_invoice(*, invoice: Invoice, note: str, expected_version: int | None = None, by: User) -> Invoice:
    """Mark an open invoice as disputed: it is not dunned until that ends. Interest goes on.

    Raise DomainError without a note of what is disputed.
    """
    require_permission(by, "royalties.change_invoice")
    if not note.strip():
        raise DomainError(_("Say what the licensee disputes."), field="note")
    return _set_status(invoice, InvoiceStatus.OPEN, InvoiceStatus.DISPUTED, expected_version, note.strip())


@transaction.atomic
def reopen_invoice(*, invoice: Invoice, note: str = "", expected_version: int | None = None, by: User) -> Invoice:
    """End the dispute about an invoice."""
    require_permission(by, "royalties.change_invoice")
    return _set_status(invoice, InvoiceStatus.DISPUTED, InvoiceStatus.OPEN, expected_version, note.strip())


def _set_status(
    invoice: Invoice, before: InvoiceStatus, after: InvoiceStatus, expected_version: int | None, note: str
) -> Invoice:
    invoice = lock_row(invoice, expected_version=expected_version)
    if invoice.status != before:
        raise StateError(
            _("This invoice is %(status)s.") % {"status": InvoiceStatus(invoice.status).label.lower()}, code="state"
        )
    return write_changes(invoice, {"status": after} | ({"note": note} if note else {}))


def _add_credit_note(agreement: Agreement, **facts: Any) -> CreditNote:
    return CreditNote.objects.create(
        agreement=agreement,
        licensor=agreement.licensor,
        number=_next_number(CreditNote, agreement.licensor),
        **facts,
    )


def _next_number(paper: type[Invoice] | type[CreditNote], licensor: Licensor) -> int:
    highest = paper.objects.filter(licensor=licensor).aggregate(highest=models.Max("number"))["highest"]
    return (highest or 0) + 1
