"""Exchange rates for net sales: which one counts, and looking it up."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import DomainError
from royalties.engine.agreement import Agreement, AgreementRules
from royalties.engine.calendar import Period
from royalties.engine.codes import FxRule, RateKind
from royalties.engine.exact import EXACT, ONE
from royalties.engine.quantities import TermQuantity

# The currency through which two others are compared, since central banks quote against it.
PIVOT = "EUR"
MAX_AGE = dt.timedelta(days=7)
_SATURDAY = 5
_KIND_NAMES = {
    RateKind.REFERENCE: _("reference rate"),
    RateKind.PERIOD_END: _("period-end rate"),
    RateKind.PERIOD_AVERAGE: _("period average rate"),
}


@dataclass(frozen=True, slots=True)
class Rate:
    """A published rate: how many units of `quote` one unit of `base` buys."""

    base: str
    quote: str
    on: dt.date
    kind: RateKind
    rate: Decimal
    source: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """A published rate as it is applied: multiplied, or divided by where it is quoted the other way round."""

    rate: Rate
    is_inverse: bool = False


@dataclass(frozen=True, slots=True)
class AppliedRate:
    """The way from one currency to another: one leg, or two through EUR."""

    base: str
    quote: str
    legs: tuple[Leg, ...]

    def convert(self, amount: Decimal) -> Decimal:
        """Return an amount in the other currency; multiplies before it divides, so that it stays exact if it can."""
        divisor = ONE
        for leg in self.legs:
            if leg.is_inverse:
                divisor = EXACT.multiply(divisor, leg.rate.rate)
            else:
                amount = EXACT.multiply(amount, leg.rate.rate)
        return amount if divisor == ONE else EXACT.divide(amount, divisor)


class MissingRate(DomainError):
    """Refuse a conversion for which no rate is known; the message names pair, date and kind."""

    code = "missing-rate"

    def __init__(self, base: str, quote: str, on: dt.date, kind: RateKind) -> None:
        super().__init__(
            _("There is no %(kind)s from %(base)s to %(quote)s for %(date)s or the %(days)s days before.")
            % {"kind": _KIND_NAMES[kind], "base": base, "quote": quote, "date": on.isoformat(), "days": MAX_AGE.days}
        )
        self.base, self.quote, self.on, self.kind = base, quote, on, kind


class Rates(Protocol):
    """Where the calculation looks rates up; the application answers from its stored rates."""

    def find(self, base: str, quote: str, on: dt.date, kind: RateKind) -> AppliedRate | None:
        """Return the rate of a date, or the latest of at most 7 days before, or None."""


class RateTable:
    """Rates held in memory."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._rates: dict[tuple[str, str, RateKind], list[Rate]] = {}
        for rate in sorted(rates, key=lambda rate: rate.on):
            self._rates.setdefault((rate.base, rate.quote, rate.kind), []).append(rate)

    def find(self, base: str, quote: str, on: dt.date, kind: RateKind) -> AppliedRate | None:
        """Return the direct rate, else the inverse of one, else the cross rate through EUR."""
        leg = self._leg(base, quote, on, kind)
        if leg is not None:
            return AppliedRate(base, quote, (leg,))
        if PIVOT in (base, quote):
            return None
        first = self._leg(base, PIVOT, on, kind)
        second = self._leg(PIVOT, quote, on, kind)
        return None if first is None or second is None else AppliedRate(base, quote, (first, second))

    def _leg(self, base: str, quote: str, on: dt.date, kind: RateKind) -> Leg | None:
        if rate := self._latest(base, quote, on, kind):
            return Leg(rate)
        rate = self._latest(quote, base, on, kind)
        return None if rate is None else Leg(rate, is_inverse=True)

    def _latest(self, base: str, quote: str, on: dt.date, kind: RateKind) -> Rate | None:
        known = self._rates.get((base, quote, kind), [])
        position = bisect_right(known, on, key=lambda rate: rate.on)
        if position == 0 or known[position - 1].on < on - MAX_AGE:
            return None
        return known[position - 1]


def rate_day(rules: AgreementRules, period: Period) -> tuple[dt.date, RateKind]:
    """Return the day and kind of the rate that converts net sales of a reporting period.

    Payment is due `payment_days` after the period's end. A calculation that is to be the same whenever it is
    repeated cannot know when payment will arrive, so the payment date is the due date; a difference on arrival is
    an exchange gain or loss of the payment. The last business day before is a weekday; on a holiday the rate of at
    most 7 days before stands in.
    """
    match rules.fx_rule:
        case FxRule.PERIOD_END:
            return period.ends_on, RateKind.PERIOD_END
        case FxRule.PERIOD_AVERAGE:
            return period.ends_on, RateKind.PERIOD_AVERAGE
    due_on = period.ends_on + dt.timedelta(days=rules.payment_days)
    if rules.fx_rule == FxRule.PAYMENT_DATE:
        return due_on, RateKind.REFERENCE
    day = due_on - dt.timedelta(days=1)
    return day - dt.timedelta(days=max(0, day.weekday() - _SATURDAY + 1)), RateKind.REFERENCE


def find_rate(rules: AgreementRules, rates: Rates, currency: str, period: Period) -> AppliedRate:
    """Return the rate that converts a currency's net sales of a period, or raise MissingRate."""
    day, kind = rate_day(rules, period)
    found = rates.find(currency, rules.currency, day, kind)
    if found is None:
        raise MissingRate(currency, rules.currency, day, kind)
    return found


def missing_rates(
    agreement: Agreement, quantities: Iterable[TermQuantity], rates: Rates
) -> list[tuple[dt.date, MissingRate]]:
    """Return, with the end of the period that needs it, each rate without which `calculate` would stop."""
    rules = agreement.rules
    needed = sorted(
        {
            (period_end, currency)
            for _term, period_end, currency, quantity in quantities
            if quantity and currency not in {"", rules.currency}
        }
    )
    missing = []
    for period_end, currency in needed:
        period = agreement.calendar.period_on(period_end)
        if period is not None:
            try:
                find_rate(rules, rates, currency, period)
            except MissingRate as error:
                missing.append((period_end, error))
    return missing
