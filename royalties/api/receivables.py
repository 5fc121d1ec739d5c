"""Invoices, credit notes and payments as resources."""

from collections.abc import Mapping
from typing import Any, cast

from django.db import models, transaction
from django.http import QueryDict
from django.utils import timezone
from rest_framework.request import Request

from accounts.models import User
from lrs_tracker.api.reading import (
    TEXT,
    Member,
    choice,
    date,
    flag,
    integer,
    key,
    link,
    money,
    number,
    objects,
    seen,
    text,
)
from lrs_tracker.api.resources import Include, Resource, register, versioned
from lrs_tracker.api.writing import Flag, Money, Writer
from lrs_tracker.clock import today_for
from lrs_tracker.domain_functions import DomainFunctions
from royalties.api.filters import CreditNotesFilter, InvoicesFilter, PaymentsFilter
from royalties.api.settling import (
    AllocatePaymentView,
    CancelView,
    ChargeInterestView,
    DeductView,
    DisputeInvoiceView,
    RemindView,
    ReopenView,
    RepayView,
    SetCreditView,
    TakeBackRepaymentView,
    TakeBackView,
    TakeRatesView,
)
from royalties.domain.invoice_states import with_state
from royalties.domain.payments import add_payment, change_payment, ignore_payment
from royalties.enums import AllocationKind, InvoiceKind, InvoiceState, InvoiceStatus, PaymentSource
from royalties.models import Allocation, CreditNote, Invoice, Payment

_OF_AGREEMENT = {
    "agreement": key("agreement_id"),
    "deal": key("agreement__deal_id"),
    "licensee": key("agreement__licensee_id"),
}
_OF_LICENSOR = {"licensor": key("licensor_id"), "licensor_name": text("licensor__name")}
_ALLOCATION = {
    "id": key(),
    "kind": choice("kind", AllocationKind),
    "on": date("on"),
    "amount": money("amount", "invoice__currency"),
    "source_amount": money("source_amount", "payment__currency"),
    "fx_gain": money("fx_gain", "invoice__reporting_currency"),
    "note": text("note"),
}


def _allocations_seen_by(user: User | None) -> Member:
    """Return what settles an invoice; of payments and credit notes that do not exist for the user, there is no id."""
    rows = Allocation.objects.all()
    payment, credit_note = "payment_id", "credit_note_id"
    if user is not None and not user.has_perm("deals.see_confidential_deal"):
        rows = rows.annotate(
            seen_payment=seen("payment", Payment.objects.visible_to(user)),
            seen_credit_note=seen("credit_note", CreditNote.objects.visible_to(user)),
        )
        payment, credit_note = "seen_payment", "seen_credit_note"
    members = {**_ALLOCATION, "payment": link(payment), "credit_note": link(credit_note)}
    return objects(rows, of="invoice_id", members=members)


_ALLOCATIONS = _allocations_seen_by(None)
_PARENTS = {
    "agreement": Include("agreement", "agreements"),
    "deal": Include("deal", "deals"),
    "licensee": Include("licensee", "companies"),
}


def _code(of: str) -> Member:
    """Return the number of a paper as it stands on it."""

    def convert(prefix: str, number_: int) -> str:
        return f"{prefix}-{of}{number_:04d}"

    return Member(("licensor__invoice_prefix", "number"), {**TEXT, "examples": [convert("INV", 42)]}, convert)


@register
class Invoices(Resource):
    """Claims of money."""

    name = "invoices"
    singular = "invoice"
    title = "Invoices"
    description = (
        "A claim of money: a statement's payable, or late interest. It is made by issuing the statement, or by "
        "charging interest, and what it says never changes: it is cancelled by a credit note instead. `state` is how "
        "far it is today; `status` what somebody decided."
    )
    model = Invoice
    members = versioned(
        {
            "code": _code(""),
            "number": integer("number"),
            **_OF_LICENSOR,
            **_OF_AGREEMENT,
            "kind": choice("kind", InvoiceKind),
            "statement": link("statement_id"),
            "interest_on": link("interest_on_id"),
            "interest_through": date("interest_through"),
            "issued_on": date("issued_on"),
            "due_on": date("due_on"),
            "amount": money("amount", "currency"),
            "settled": money("settled", "currency"),
            "outstanding": money("outstanding", "currency"),
            "status": choice("status", InvoiceStatus),
            "state": choice("state", InvoiceState),
            "dunning_level": integer("dunning_level"),
            "dunned_on": date("dunned_on"),
            "reporting_amount": money("reporting_amount", "reporting_currency"),
            "reporting_rate": number("reporting_rate"),
            "reporting_rate_on": date("reporting_rate_on"),
            "reporting_rate_source": text("reporting_rate_source"),
            "note": text("note"),
            # `visible` reads them as far as the caller may see what they are of.
            "allocations": Member(("seen_allocations",), _ALLOCATIONS.schema, _ALLOCATIONS.convert),
        }
    )
    filters = InvoicesFilter
    orders = {"issued_on": "issued_on", "due_on": "due_on"}
    includes = {**_PARENTS, "statement": Include("statement", "statements")}
    actions = {
        "dispute": DisputeInvoiceView,
        "reopen": ReopenView,
        "cancel": CancelView,
        "charge-interest": ChargeInterestView,
        "remind": RemindView,
        "deduct": DeductView,
        "take-back": TakeBackView,
        "take-rates": TakeRatesView,
    }

    # Whether one is overdue depends on the user's day.
    is_for_viewers = False

    def visible(self, user: User) -> models.QuerySet[Any]:
        """Return the invoices that exist for a user, with what is owed and their state on the user's day."""
        rows = Invoice.objects.visible_to(user).annotate(seen_allocations=_allocations_seen_by(user).sources[0])
        return with_state(rows, today=today_for(user, at=timezone.now())).order_by()

    def filter_set(self, request: Request, rows: models.QuerySet[Any], params: QueryDict) -> Any:
        """Return the filters of the page on the caller's day."""
        day = today_for(cast(User, request.user), at=timezone.now())
        return InvoicesFilter(params, queryset=rows, request=request, day=day)


@register
class CreditNotes(Resource):
    """Money owed to licensees."""

    name = "credit-notes"
    singular = "credit-note"
    title = "Credit notes"
    description = (
        "Money owed to the licensee: a negative statement, or the cancellation of an invoice. It is made by issuing "
        "the statement or cancelling the invoice, and what it says never changes."
    )
    model = CreditNote
    members = versioned(
        {
            "code": _code("CN-"),
            "number": integer("number"),
            **_OF_LICENSOR,
            **_OF_AGREEMENT,
            "statement": link("statement_id"),
            "cancels": link("cancels_id"),
            "issued_on": date("issued_on"),
            "amount": money("amount", "currency"),
            "left": money("left", "currency"),
            "repaid_amount": money("repaid_amount", "currency"),
            "repaid_on": date("repaid_on"),
            "reason": text("reason"),
        }
    )
    filters = CreditNotesFilter
    orders = {"issued_on": "issued_on"}
    includes = {
        **_PARENTS,
        "statement": Include("statement", "statements"),
        "cancels": Include("cancels", "invoices"),
    }
    actions = {"allocate": SetCreditView, "repay": RepayView, "take-back-repayment": TakeBackRepaymentView}

    def visible(self, user: User) -> models.QuerySet[Any]:
        """Return the credit notes that exist for a user, with what is left of each."""
        return CreditNote.objects.visible_to(user).with_left().order_by()


class PaymentWriter(Writer):
    """A payment as the bank statement says it."""

    amount = Money(amount="amount", currency="currency", decimal_places=3)

    class Meta:
        model = Payment
        fields = ["licensor", "payer", "payer_name", "received_on", "amount", "reference", "bank_reference", "note"]


class PaymentChanger(PaymentWriter):
    """Facts of a payment, and whether it is about royalties."""

    is_ignored = Flag(required=False)

    class Meta:
        model = Payment
        fields = [*PaymentWriter.Meta.fields, "is_ignored"]


@transaction.atomic
def _change_payment(
    *, payment: Payment, values: Mapping[str, Any], expected_version: int | None = None, by: User, today: Any
) -> Payment:
    facts = dict(values)
    is_ignored = facts.pop("is_ignored", None)
    if facts:
        payment = change_payment(payment=payment, values=facts, expected_version=expected_version, by=by, today=today)
        expected_version = None
    if is_ignored is not None:
        payment = ignore_payment(payment=payment, is_ignored=is_ignored, expected_version=expected_version, by=by)
    return payment


@register
class Payments(Resource):
    """Money that arrived."""

    name = "payments"
    singular = "payment"
    title = "Payments"
    description = (
        "Money that arrived. What no invoice has taken yet is `left`. Give the bank's reference, and no booking is "
        "entered twice. A payment of which something is allocated keeps its money, day and account: 409."
    )
    model = Payment
    members = versioned(
        {
            **_OF_LICENSOR,
            "payer": link("payer_id"),
            "payer_name": text("payer_name"),
            "received_on": date("received_on"),
            "amount": money("amount", "currency"),
            "left": money("left", "currency"),
            "reference": text("reference"),
            "bank_reference": text("bank_reference"),
            "source": choice("source", PaymentSource),
            "is_ignored": flag("is_ignored"),
            "note": text("note"),
            "allocations": objects(
                Allocation.objects.all(),
                of="payment_id",
                members={**_ALLOCATION, "invoice": key("invoice_id")},
            ),
        }
    )
    filters = PaymentsFilter
    orders = {"received_on": "received_on"}
    includes = {"payer": Include("payer", "companies")}
    creator = PaymentWriter
    changer = PaymentChanger
    domain = DomainFunctions(create=add_payment, change=_change_payment)
    actions = {"allocate": AllocatePaymentView}

    def visible(self, user: User) -> models.QuerySet[Any]:
        """Return the payments that exist for a user, with what is left of each."""
        return Payment.objects.visible_to(user).with_left().order_by()
