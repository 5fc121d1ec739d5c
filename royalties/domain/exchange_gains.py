"""Gain and loss of exchange: what a payment was worth on its day against what its invoice was on its own."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.edits import refuse_stale, require_permission, write_changes
from lrs_tracker.problems import DomainError
from money.domain.amounts import Money
from money.domain.conversion import rates_to
from royalties.domain.receivable_rates import described, reporting_values
from royalties.domain.settlement import lock_invoices
from royalties.enums import AllocationKind
from royalties.models import Allocation, Invoice, Payment


def measure(*, payment: Payment, invoice: Invoice, amount: Decimal, source_amount: Decimal) -> dict[str, Any]:
    """Return the gain of an allocation in the reporting currency, and the rates behind it, as fields.

    The gain is the part taken from the payment at the rate of its day, less the part of the invoice at the
    rate of the invoice's, each unrounded; the difference is rounded once. It stays empty while a rate is
    missing.
    """
    to = invoice.reporting_currency
    paid = rates_to(to, bases=[payment.currency], on=payment.received_on).get(payment.currency)
    trace: dict[str, Any] = {}
    if payment.currency != invoice.currency:
        trace["conversion"] = {
            "from": payment.currency,
            "to": invoice.currency,
            "rate": f"{amount / source_amount:.10f}",
        }
    if invoice.reporting_rate is not None and invoice.reporting_rate_on is not None:
        trace["invoice"] = {
            "from": invoice.currency,
            "to": to,
            "rate": f"{invoice.reporting_rate.normalize():f}",
            "on": invoice.reporting_rate_on.isoformat(),
            "source": invoice.reporting_rate_source,
        }
    if paid is not None:
        trace["payment"] = described(paid)
    if paid is None or invoice.reporting_rate is None:
        return {"fx_gain": None, "trace": trace}
    gain = source_amount * paid.rate - amount * invoice.reporting_rate
    return {"fx_gain": Money(gain, to).rounded().amount, "trace": trace}


@transaction.atomic
def take_rates(*, invoice: Invoice, expected_version: int | None = None, by: User) -> Invoice:
    """Fill in what was left empty for want of a rate: the invoice's reporting amount, the gains of its payments.

    Raise DomainError while the rate of the invoice's date is still missing.
    """
    require_permission(by, "royalties.change_invoice")
    invoice = lock_invoices([invoice.pk])[invoice.pk]
    refuse_stale(invoice, expected_version)
    if invoice.reporting_amount is None:
        values = reporting_values(
            currency=invoice.currency, amount=invoice.amount, to=invoice.reporting_currency, on=invoice.issued_on
        )
        if not values:
            raise DomainError(
                _("There is still no rate from %(base)s to %(quote)s for %(date)s.")
                % {
                    "base": invoice.currency,
                    "quote": invoice.reporting_currency,
                    "date": invoice.issued_on.isoformat(),
                }
            )
        invoice = write_changes(invoice, values)
    waiting = Allocation.objects.filter(invoice=invoice, kind=AllocationKind.PAYMENT, fx_gain__isnull=True)
    for allocation in waiting.select_related("payment").order_by("pk"):
        assert allocation.payment is not None  # noqa: S101  # by constraint, as is the next
        assert allocation.source_amount is not None  # noqa: S101
        write_changes(
            allocation,
            measure(
                payment=allocation.payment,
                invoice=invoice,
                amount=allocation.amount,
                source_amount=allocation.source_amount,
            ),
        )
    return invoice
