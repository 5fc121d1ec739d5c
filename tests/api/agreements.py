"""One object of each resource below an agreement, for tests of the API."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from plants.enums import Chemistry
from royalties.models import Agreement, Allocation
from tests.royalties.factories import (
    AgreementFactory,
    CreditNoteFactory,
    FeeFactory,
    InvoiceFactory,
    IssuedStatementFactory,
    PaymentFactory,
    ProductionReportFactory,
    ReportFilingFactory,
    RoyaltyTermFactory,
)


def paid_invoice(agreement: Agreement) -> Any:
    """Return a payment of a part of an invoice of an agreement."""
    invoice = InvoiceFactory(statement=IssuedStatementFactory(agreement=agreement))
    payment = PaymentFactory(licensor=agreement.licensor, payer=agreement.licensee)
    Allocation.objects.create(
        invoice=invoice, payment=payment, on=payment.received_on, amount=Decimal(1000), source_amount=Decimal(1000)
    )
    return payment


# What makes an object of each resource that exists for those who see the deal of an agreement.
BELOW_AGREEMENT: dict[str, Callable[[Agreement], Any]] = {
    "agreements": lambda agreement: agreement,
    "royalty-terms": lambda agreement: RoyaltyTermFactory(agreement=agreement),
    "fees": lambda agreement: FeeFactory(agreement=agreement),
    "production-reports": lambda agreement: ProductionReportFactory(
        filing=ReportFilingFactory(agreement=agreement), chemistry=Chemistry.LFP
    ),
    "statements": lambda agreement: IssuedStatementFactory(agreement=agreement),
    "invoices": lambda agreement: InvoiceFactory(statement=IssuedStatementFactory(agreement=agreement)),
    "credit-notes": lambda agreement: CreditNoteFactory(agreement=agreement),
    "payments": paid_invoice,
}

# A change and the actions that somebody might try on an object of each.
WRITES: dict[str, tuple[dict[str, Any] | None, dict[str, dict[str, Any]]]] = {
    "agreements": (
        {"title": "X"},
        {"sign": {"signed_on": "2026-01-01"}, "terminate": {"ended_on": "2026-12-31"}, "expire": {}},
    ),
    "royalty-terms": ({"label": "X"}, {"end": {"amendment": "1"}}),
    "fees": ({"label": "X"}, {}),
    "production-reports": (
        {"units": "1"},
        {
            "submit": {},
            "accept": {},
            "accept-warnings": {"keys": ["x"]},
            "dispute": {"reason": "X"},
            "withdraw": {},
        },
    ),
    "statements": (None, {}),
    "invoices": (
        None,
        {
            "dispute": {"note": "X"},
            "reopen": {},
            "cancel": {"reason": "X"},
            "charge-interest": {"through": "2026-09-01"},
            "remind": {"on": "2026-09-01"},
            "deduct": {"kind": "bank_fee", "amount": {"amount": "1.00", "currency": "USD"}, "on": "2026-09-01"},
            "take-back": {"allocation": "1"},
            "take-rates": {},
        },
    ),
    "credit-notes": (
        None,
        {
            "allocate": {"invoice": "1", "amount": {"amount": "1.00", "currency": "USD"}, "on": "2026-09-01"},
            "repay": {"amount": {"amount": "1.00", "currency": "USD"}, "on": "2026-09-01"},
            "take-back-repayment": {},
        },
    ),
    "payments": ({"note": "X"}, {"allocate": {"parts": [{"invoice": "1"}]}}),
}


def fresh_agreement(**facts: Any) -> Agreement:
    """Return an agreement of a deal, licensor and licensee of its own."""
    agreement: Agreement = AgreementFactory(**facts)
    return agreement
