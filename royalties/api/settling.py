"""What finance does with invoices, credit notes and payments over the API."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from lrs_tracker.api.actions import ActionView
from lrs_tracker.api.writing import Choice, Day, Link, StrictSerializer, Text
from lrs_tracker.dates import validate_plausible_date
from lrs_tracker.problems import DomainError, StateError
from royalties.api.amounts import amount_in, plain_amount
from royalties.domain.allocations import Part, allocate_payment, deduct, remove_allocation, set_credit
from royalties.domain.credit_notes import repay_credit_note, take_back_repayment
from royalties.domain.dunning import next_level, record_dunning
from royalties.domain.exchange_gains import take_rates
from royalties.domain.interest import charge_interest
from royalties.domain.invoices import cancel_invoice, dispute_invoice, reopen_invoice
from royalties.enums import AllocationKind
from royalties.models import Allocation, CreditNote, Invoice, Payment

_MOST_PARTS = 200
_DEDUCTIONS = [
    (kind.value, kind.label) for kind in (AllocationKind.WITHHOLDING, AllocationKind.BANK_FEE, AllocationKind.WRITE_OFF)
]


def _day() -> Day:
    return Day(validators=[validate_plausible_date])


class DisputeInvoiceBody(StrictSerializer):
    """What the licensee disputes."""

    note = Text(max_length=4000)


class DisputeInvoiceView(ActionView):
    """Marking an invoice as disputed."""

    verb = "dispute"
    summary = "Mark an invoice as disputed: no reminder goes out until that ends"
    body = DisputeInvoiceBody

    def act(self, row: Invoice, values: dict[str, Any], expected: int | None) -> object:
        """Mark it."""
        return dispute_invoice(invoice=row, **values, expected_version=expected, by=self.by)


class ReopenBody(StrictSerializer):
    """How a dispute ended."""

    note = Text(max_length=4000, required=False, allow_blank=True)


class ReopenView(ActionView):
    """Ending a dispute."""

    verb = "reopen"
    summary = "End the dispute about an invoice"
    body = ReopenBody

    def act(self, row: Invoice, values: dict[str, Any], expected: int | None) -> object:
        """End it."""
        return reopen_invoice(invoice=row, **values, expected_version=expected, by=self.by)


class CancelBody(StrictSerializer):
    """Why an invoice is cancelled."""

    reason = Text(max_length=500)


class CancelView(ActionView):
    """Cancelling an invoice."""

    verb = "cancel"
    summary = "Cancel an invoice by a credit note over all of it"
    body = CancelBody

    def act(self, row: Invoice, values: dict[str, Any], expected: int | None) -> object:
        """Cancel it."""
        return cancel_invoice(invoice=row, **values, expected_version=expected, by=self.by, at=self.at)


class ChargeInterestBody(StrictSerializer):
    """Through which day interest is charged."""

    through = _day()


class ChargeInterestView(ActionView):
    """Charging late interest."""

    verb = "charge-interest"
    summary = "Charge the late interest on an invoice through a day"
    details = "The interest is an invoice of its own, with this one as `interest_on`."
    body = ChargeInterestBody

    def act(self, row: Invoice, values: dict[str, Any], expected: int | None) -> object:
        """Charge it."""
        return charge_interest(invoice=row, **values, expected_version=expected, by=self.by, at=self.at)


class RemindBody(StrictSerializer):
    """When a reminder was sent."""

    on = _day()


class RemindView(ActionView):
    """Noting that a reminder was sent."""

    verb = "remind"
    summary = "Note that the next reminder of an overdue invoice was sent"
    body = RemindBody

    def act(self, row: Invoice, values: dict[str, Any], expected: int | None) -> object:
        """Note it."""
        level = next_level(row)
        if level is None:
            raise StateError(_("The final notice of this invoice was sent."))
        return record_dunning(
            invoice=row, level=level, **values, expected_version=expected, by=self.by, today=self.today
        )


class DeductBody(StrictSerializer):
    """A part of an invoice that no money comes for."""

    kind = Choice(choices=_DEDUCTIONS)
    amount = amount_in("amount")
    on = _day()
    note = Text(max_length=500, required=False, allow_blank=True)


class DeductView(ActionView):
    """Settling a part of an invoice that no money comes for."""

    verb = "deduct"
    summary = "Settle a part of an invoice by withheld tax, a bank's fee or a small difference written off"
    body = DeductBody

    def act(self, row: Invoice, values: dict[str, Any], expected: int | None) -> object:
        """Settle it."""
        amount = plain_amount(values, "amount", row.currency)
        assert amount is not None  # noqa: S101  # required
        return deduct(
            invoice=row,
            kind=AllocationKind(values["kind"]),
            amount=amount,
            on=values["on"],
            note=values.get("note", ""),
            expected_version=expected,
            by=self.by,
        )


class TakeBackBody(StrictSerializer):
    """What is taken back."""

    allocation = Link(Allocation)


class TakeBackView(ActionView):
    """Taking an allocation back."""

    verb = "take-back"
    summary = "Take back what settles a part of an invoice"
    details = "The invoice owes it again; a payment or credit note has it again."
    body = TakeBackBody

    def act(self, row: Invoice, values: dict[str, Any], expected: int | None) -> object:
        """Take it back."""
        allocation = values["allocation"]
        if allocation.invoice_id != row.pk:
            raise DomainError(_("This settles another invoice."), field="allocation")
        return remove_allocation(allocation=allocation, expected_version=expected, by=self.by)


class TakeRatesView(ActionView):
    """Filling in rates that were missing."""

    verb = "take-rates"
    summary = "Fill in what was left empty for want of an exchange rate"

    def act(self, row: Invoice, values: dict[str, Any], expected: int | None) -> object:
        """Fill it in."""
        return take_rates(invoice=row, expected_version=expected, by=self.by)


class SetCreditBody(StrictSerializer):
    """An invoice that a credit note settles a part of."""

    invoice = Link(Invoice)
    amount = amount_in("amount")
    on = _day()


class SetCreditView(ActionView):
    """Setting a credit note against an invoice."""

    verb = "allocate"
    summary = "Set a part of a credit note against an invoice"
    body = SetCreditBody

    def act(self, row: CreditNote, values: dict[str, Any], expected: int | None) -> object:
        """Set it against the invoice."""
        amount = plain_amount(values, "amount", row.currency)
        assert amount is not None  # noqa: S101  # required
        return set_credit(
            credit_note=row,
            invoice=values["invoice"],
            amount=amount,
            on=values["on"],
            expected_version=expected,
            by=self.by,
        )


class RepayBody(StrictSerializer):
    """What of a credit note was paid back, and when."""

    amount = amount_in("amount")
    on = _day()


class RepayView(ActionView):
    """Paying a credit note back."""

    verb = "repay"
    summary = "Note that a credit note was paid back"
    body = RepayBody

    def act(self, row: CreditNote, values: dict[str, Any], expected: int | None) -> object:
        """Note it."""
        amount = plain_amount(values, "amount", row.currency)
        assert amount is not None  # noqa: S101  # required
        return repay_credit_note(credit_note=row, amount=amount, on=values["on"], expected_version=expected, by=self.by)


class TakeBackRepaymentView(ActionView):
    """Taking a repayment back."""

    verb = "take-back-repayment"
    summary = "Take back a repayment that was noted by mistake"

    def act(self, row: CreditNote, values: dict[str, Any], expected: int | None) -> object:
        """Take it back."""
        return take_back_repayment(credit_note=row, expected_version=expected, by=self.by)


class PartBody(StrictSerializer):
    """A part of an invoice that a payment settles."""

    invoice = Link(Invoice)
    amount = amount_in("amount", required=False, help_text="In the invoice's currency; all that is owed unless given.")
    source_amount = amount_in(
        "source_amount", required=False, help_text="What it takes from a payment in another currency."
    )


class AllocatePaymentBody(StrictSerializer):
    """The invoices that a payment settles."""

    parts = serializers.ListField(child=PartBody(), min_length=1, max_length=_MOST_PARTS)


class AllocatePaymentView(ActionView):
    """Setting a payment against invoices."""

    verb = "allocate"
    summary = "Set a payment against one or more invoices"
    details = "All or nothing. What is left stays the payer's credit."
    body = AllocatePaymentBody

    def act(self, row: Payment, values: dict[str, Any], expected: int | None) -> object:
        """Set it against them."""
        parts = [
            Part(
                part["invoice"].pk,
                plain_amount(part, "amount", part["invoice"].currency),
                plain_amount(part, "source_amount", row.currency),
            )
            for part in values["parts"]
        ]
        return allocate_payment(payment=row, parts=parts, expected_version=expected, by=self.by)
