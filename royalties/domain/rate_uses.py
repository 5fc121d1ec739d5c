"""What royalties convert: foreign net sales, and receivables in the currency that their licensor reports in."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef

from lrs_tracker.visibility import Viewer
from money.enums import RateKind
from royalties.domain.engine_input import read_agreements
from royalties.domain.periods import name_period
from royalties.domain.quantities import read_expected_quantities, read_quantities
from royalties.domain.receivable_rates import without_rate
from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.engine.calendar import Period
from royalties.engine.fx import rate_day
from royalties.engine.quantities import TermQuantity
from royalties.enums import AgreementStatus, AllocationKind, Basis, InvoiceStatus, ReportStatus
from royalties.models import Agreement, Allocation, Invoice, ProductionReport, RoyaltyTerm

type Sums = dict[tuple[dt.date, str], Decimal]


@dataclass(frozen=True, slots=True)
class Use:
    """What a rate converts: the net sales of a period, an invoice, or a payment of one.

    `amount` is in the currency that the rate is from. Sales that are only submitted, not accepted, stop no
    statement yet. A payment is held while its invoice lacks its own rate.
    """

    agreement: Agreement
    amount: Decimal
    period: Period | None = None
    is_accepted: bool = True
    invoice: Invoice | None = None
    is_payment: bool = False

    @property
    def name(self) -> str:
        """The period, or the invoice, in words."""
        if self.period is not None:
            return name_period(self.period.starts_on, self.period.ends_on)
        return "" if self.invoice is None else self.invoice.code

    @property
    def is_held(self) -> bool:
        """Whether it is a payment of an invoice that lacks its own rate."""
        return self.is_payment and self.invoice is not None and self.invoice.reporting_rate is None


class RateUse(NamedTuple):
    """A use with the pair, day and kind of the rate that it takes."""

    base: str
    quote: str
    on: dt.date
    kind: RateKind
    use: Use


def sales_uses(user: Viewer, *, today: dt.date) -> Iterator[RateUse]:
    """Yield the conversions of net sales, accepted or submitted, of the periods that have begun by a day."""
    agreements = {agreement.pk: agreement for agreement in _with_foreign_sales(user)}
    if not agreements:
        return
    engine_agreements = read_agreements(agreements)
    accepted, expected = read_quantities(engine_agreements), read_expected_quantities(engine_agreements)
    for pk, engine_agreement in engine_agreements.items():
        now = _foreign(engine_agreement, accepted.get(pk, ()))
        for (period_end, base), amount in {**now, **_foreign(engine_agreement, expected.get(pk, ()))}.items():
            period = engine_agreement.calendar.period_on(period_end)
            if period is not None and period.starts_on <= today:
                day, kind = rate_day(engine_agreement.rules, period)
                is_accepted = (period_end, base) in now
                use = Use(agreements[pk], amount, period=period, is_accepted=is_accepted)
                yield RateUse(base, engine_agreement.rules.currency, day, RateKind(kind), use)


def receivable_uses(user: Viewer) -> Iterator[RateUse]:
    """Yield the conversions of the invoices, and of their payments, that have not taken a rate."""
    for invoice in without_rate(user).select_related("agreement", "licensor"):
        use = Use(invoice.agreement, invoice.amount, invoice=invoice)
        yield RateUse(invoice.currency, invoice.reporting_currency, invoice.issued_on, RateKind.REFERENCE, use)
    paid = (
        Allocation.objects.visible_to(user)
        .filter(kind=AllocationKind.PAYMENT, fx_gain__isnull=True)
        .exclude(invoice__status=InvoiceStatus.CANCELLED)
        .exclude(payment__currency=F("invoice__reporting_currency"))
        .select_related("invoice__agreement", "invoice__licensor", "payment")
        .order_by("payment__received_on", "pk")
    )
    for allocation in paid:
        invoice, payment, amount = allocation.invoice, allocation.payment, allocation.source_amount
        if payment is not None and amount is not None:
            use = Use(invoice.agreement, amount, invoice=invoice, is_payment=True)
            yield RateUse(payment.currency, invoice.reporting_currency, payment.received_on, RateKind.REFERENCE, use)


def _with_foreign_sales(user: Viewer) -> Iterable[Agreement]:
    """Return the agreements that charge net sales and have some in another currency than their own."""
    charged = RoyaltyTerm.objects.filter(agreement=OuterRef("pk"), basis=Basis.NET_SALES)
    sold = (
        ProductionReport.objects.filter(
            agreement=OuterRef("pk"), status__in=[ReportStatus.ACCEPTED, ReportStatus.SUBMITTED]
        )
        .exclude(currency=OuterRef("currency"))
        .exclude(net_sales=0)
    )
    return (
        Agreement.objects.visible_to(user)
        .exclude(status=AgreementStatus.DRAFT)
        .filter(Exists(charged), Exists(sold))
        .order_by("deal_id", "number", "pk")
    )


def _foreign(agreement: EngineAgreement, quantities: Iterable[TermQuantity]) -> Sums:
    """Return the net sales in other currencies than the agreement's, by the end of their period and currency."""
    sums: defaultdict[tuple[dt.date, str], Decimal] = defaultdict(Decimal)
    for _term, period_end, currency, quantity in quantities:
        if currency and currency != agreement.rules.currency and quantity:
            sums[period_end, currency] += quantity
    return dict(sums)
