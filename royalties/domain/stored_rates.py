"""Stored exchange rates for the engine, and those that it misses."""

import datetime as dt
from collections.abc import Iterable

from money.models import FxRate
from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.engine.codes import RateKind
from royalties.engine.fx import MAX_AGE, PIVOT, AppliedRate, Rate, RateTable, rate_day
from royalties.engine.quantities import TermQuantity


class StoredRates:
    """The stored rates of some currencies around some days, read in one query.

    A rate at a period's end is one of that kind; where none was entered, the reference rate of that day is
    the rate at the period's end. An average is only ever one that was entered or worked out as such.
    """

    def __init__(self, *, currencies: Iterable[str], days: Iterable[dt.date]) -> None:
        codes = {*currencies, PIVOT}
        wanted = {day - dt.timedelta(days=back) for day in days for back in range(MAX_AGE.days + 1)}
        rows = (
            FxRate.objects.filter(base__in=codes, quote__in=codes, on__in=wanted) if wanted else FxRate.objects.none()
        )
        self._table = RateTable(
            Rate(row.base, row.quote, row.on, RateKind(row.kind), row.rate, row.source) for row in rows
        )

    def find(self, base: str, quote: str, on: dt.date, kind: RateKind) -> AppliedRate | None:
        """Return the rate of a date, or the latest of at most 7 days before, or None."""
        found = self._table.find(base, quote, on, kind)
        if found is None and kind == RateKind.PERIOD_END:
            return self._table.find(base, quote, on, RateKind.REFERENCE)
        return found


def rates_for(agreements: Iterable[tuple[EngineAgreement, Iterable[TermQuantity]]]) -> StoredRates:
    """Return the rates that foreign net sales among the quantities need; without any there is no query."""
    currencies: set[str] = set()
    days: set[dt.date] = set()
    for agreement, base, period_end in _conversions(agreements):
        period = agreement.calendar.period_on(period_end)
        if period is not None:
            currencies |= {base, agreement.rules.currency}
            days.add(rate_day(agreement.rules, period)[0])
    return StoredRates(currencies=currencies, days=days)


def missing_rates(
    agreements: Iterable[tuple[EngineAgreement, Iterable[TermQuantity]]], *, through: dt.date
) -> list[tuple[str, str, dt.date, RateKind]]:
    """Return the pairs, days and kinds for which net sales through a day have no rate, in order of days."""
    agreements = [(agreement, list(quantities)) for agreement, quantities in agreements]
    rates = rates_for(agreements)
    missing = set()
    for agreement, base, period_end in _conversions(agreements):
        period = agreement.calendar.period_on(period_end)
        if period is None or period.ends_on > through:
            continue
        day, kind = rate_day(agreement.rules, period)
        quote = agreement.rules.currency
        if rates.find(base, quote, day, kind) is None:
            missing.add((base, quote, day, kind))
    return sorted(missing, key=lambda gap: (gap[2], gap[0], gap[1], gap[3]))


def _conversions(
    agreements: Iterable[tuple[EngineAgreement, Iterable[TermQuantity]]],
) -> Iterable[tuple[EngineAgreement, str, dt.date]]:
    for agreement, quantities in agreements:
        for quantity in quantities:
            if quantity.currency not in ("", agreement.rules.currency) and quantity.quantity:
                yield agreement, quantity.currency, quantity.period_end
