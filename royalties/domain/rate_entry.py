"""Entering the rates that royalties need, and what that sets free."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from lrs_tracker.edits import require_permission
from lrs_tracker.problems import DomainError
from money.domain.averages import PeriodAverage, average_of, published_pair
from money.domain.plausibility import require_plausible
from money.domain.rates import add_rate
from money.enums import RateKind
from money.models import FxRate
from royalties.domain.exchange_gains import take_rates
from royalties.domain.needed_rates import NeededRate, RateKey, blocked_agreements, needed_rates
from royalties.models import Invoice


@dataclass(frozen=True, slots=True)
class Entered:
    """A new rate, how many agreements' statements it sets free, and how many invoices took their rate."""

    rate: FxRate
    statements: int
    invoices: int


@transaction.atomic
def enter_rate(
    *,
    key: RateKey,
    rate: Decimal,
    source: str,
    is_inverse: bool = False,
    is_confirmed: bool = False,
    by: User,
    today: dt.date,
) -> Entered:
    """Keep a needed rate, or its inverse as it is published the other way round.

    Raise UnlikelyRateError for a rate far from the known ones, unless it is confirmed, and DomainError when
    its day has not come or someone else entered it.
    """
    require_permission(by, "money.add_fxrate")
    base, quote = (key.quote, key.base) if is_inverse else (key.base, key.quote)
    if key.on > today:
        raise DomainError(_("This day has not come: its rate is not known yet."))
    if not is_confirmed:
        require_plausible(base=base, quote=quote, on=key.on, rate=rate)
    return _keep(key, base=base, quote=quote, rate=rate, source=source, by=by, today=today)


@transaction.atomic
def enter_average(*, needed: NeededRate, by: User, today: dt.date) -> Entered:
    """Keep the average of the reference rates of the period that waits for it.

    Raise DomainError when periods of different length wait, and TooFewRatesError when days are missing.
    """
    require_permission(by, "money.add_fxrate")
    average = period_average(needed)
    if needed.key.on >= today:
        raise DomainError(_("The period is not over: its average is not known yet."))
    return _keep(
        needed.key,
        base=average.base,
        quote=average.quote,
        rate=average.rate,
        source=average.source,
        by=by,
        today=today,
    )


def period_average(needed: NeededRate) -> PeriodAverage:
    """Return the average of the period that waits for a rate, as its pair is published.

    Raise DomainError for a rate that is none of an average, or that periods of different length wait for: one
    rate of a pair and day serves them all, so someone has to say which it is.
    """
    if needed.key.kind != RateKind.PERIOD_AVERAGE or len(needed.periods) != 1:
        raise DomainError(_("Periods of different length wait for this average. Enter the rate that they agreed on."))
    base, quote = published_pair(needed.key.base, needed.key.quote)
    return average_of(base, quote, *needed.periods[0])


def fill_receivables(*, invoices: Iterable[Invoice], by: User) -> int:
    """Let invoices, and what was paid on them, take the rates of their dates; return how many could."""
    require_permission(by, "royalties.change_invoice")
    filled = 0
    for invoice in invoices:
        try:
            take_rates(invoice=invoice, by=by)
        except DomainError:
            # The rate of the invoice's own date is still missing.
            continue
        filled += 1
    return filled


def waiting_invoices(rates: Iterable[NeededRate]) -> list[Invoice]:
    """Return the invoices for which a rate is known that they have not taken, each once."""
    return list({invoice.pk: invoice for needed in rates for invoice in needed.waiting_invoices}.values())


def _keep(key: RateKey, *, base: str, quote: str, rate: Decimal, source: str, by: User, today: dt.date) -> Entered:
    if FxRate.objects.filter(base=quote, quote=base, on=key.on, kind=key.kind).exists():
        raise DomainError(_("Someone entered this rate, the other way round, in the meantime."))
    blocked = blocked_agreements(needed_rates(by, today=today))
    values = {"base": base, "quote": quote, "on": key.on, "kind": key.kind, "rate": rate, "source": source}
    stored = add_rate(values=values, by=by)
    rates = needed_rates(by, today=today)
    invoices = waiting_invoices(rates)
    filled = fill_receivables(invoices=invoices, by=by) if invoices else 0
    return Entered(stored, len(blocked - blocked_agreements(rates)), filled)
