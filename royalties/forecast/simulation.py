"""What deals may come to: percentiles of many drawn outcomes, contracted and weighted kept apart.

Money is binary floating point inside and `Decimal`, rounded to the currency's minor unit, in the result.
Percentiles of quarters and years are those of the draws' sums, not sums of the months' percentiles. P10 is
the amount that one outcome in ten stays below.
"""

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from royalties.engine.exact import minor_unit
from royalties.forecast.compilation import curve_of
from royalties.forecast.curves import AgreementCurve, Columns
from royalties.forecast.draws import BLOCK, Floats, Uncertainty, draw
from royalties.forecast.periods import CalendarPeriod, months_from, quarters_of, years_of
from royalties.forecast.plan import Plan

_PERCENTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class ForecastDeal:
    """A deal with its plan; `key` (its code) chooses its draws, `rate` converts it to the forecast's currency.

    Several agreements of one deal share its key, and so its fate. `probability`, from 0 to 1, is None when
    the deal is contracted. `labels` name further sums the deal is part of, such
    as its region or currency.
    """

    key: str
    plan: Plan
    probability: Decimal | None
    rate: Decimal = Decimal(1)
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean and percentiles of an amount."""

    mean: Decimal
    p10: Decimal
    p50: Decimal
    p90: Decimal


@dataclass(frozen=True, slots=True)
class PeriodEstimate:
    """What a period may bring: from contracts, from deals still to be won, and from both."""

    period: CalendarPeriod
    contracted: Estimate
    weighted: Estimate
    total: Estimate


@dataclass(frozen=True, slots=True)
class Simulation:
    """The result with what it was drawn from; `years_by_label` holds the years of each label's deals."""

    currency: str
    seed: int
    draws: int
    uncertainty: Uncertainty
    months: tuple[PeriodEstimate, ...]
    quarters: tuple[PeriodEstimate, ...]
    years: tuple[PeriodEstimate, ...]
    years_by_label: dict[str, tuple[PeriodEstimate, ...]]


def simulate(
    deals: Sequence[ForecastDeal],
    *,
    starts_on: dt.date,
    months: int,
    currency: str,
    seed: int,
    draws: int = 10_000,
    uncertainty: Uncertainty,
    threads: int = 2,
) -> Simulation:
    """Simulate `deals` over `months` from the month of `starts_on`; `draws` is a multiple of 1,000.

    The same seed gives the same result, whatever the number of threads. Memory is two numbers for each draw
    and month and two for each draw, calendar year and label, of 8 bytes each.
    """
    if draws < BLOCK or draws % BLOCK:
        raise ValueError(f"The number of draws is a multiple of {BLOCK}.")
    calendar = months_from(starts_on, months)
    years = years_of(calendar)
    sums = _Sums(deals, draws, months, np.cumsum([0, *(year.months for year in years[:-1])]))

    slip = uncertainty.most_slip_months
    curves = [curve_of(deal.plan, starts_on=starts_on, months=months, most_slip_months=slip) for deal in deals]

    def add_block(block: int) -> None:
        for deal, curve in zip(deals, curves, strict=True):
            sums.add(deal, curve, seed, block, uncertainty)

    # Freed at once; glibc then keeps memory for arrays of this size instead of asking for it again at each step.
    np.empty(16 * BLOCK * months)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(add_block, range(draws // BLOCK)))
    unit = minor_unit(currency)
    return Simulation(
        currency=currency,
        seed=seed,
        draws=draws,
        uncertainty=uncertainty,
        months=_estimates(calendar, sums.monthly, unit),
        quarters=_estimates(quarters := quarters_of(calendar), _joined(sums.monthly, quarters), unit),
        years=_estimates(years, _joined(sums.monthly, years), unit),
        years_by_label={label: _estimates(years, pair, unit) for label, pair in sorted(sums.by_label.items())},
    )


# Sums of contracted deals, then of deals still to be won.
type _Pair = tuple[Floats, Floats]


class _Sums:
    """The draws of all deals added up; blocks are rows of their own, so threads never meet."""

    def __init__(self, deals: Sequence[ForecastDeal], draws: int, months: int, year_starts: Columns) -> None:
        self.monthly: _Pair = (np.zeros((draws, months)), np.zeros((draws, months)))
        self.year_starts = year_starts
        self.by_label: dict[str, _Pair] = {
            label: (np.zeros((draws, len(year_starts))), np.zeros((draws, len(year_starts))))
            for label in {label for deal in deals for label in deal.labels}
        }

    def add(self, deal: ForecastDeal, curve: AgreementCurve, seed: int, block: int, uncertainty: Uncertainty) -> None:
        probability = None if deal.probability is None else float(deal.probability)
        drawn = draw(seed=seed, key=deal.key, block=block, probability=probability, uncertainty=uncertainty)
        if not len(drawn):
            return
        amounts = curve.amounts(drawn, rate=float(deal.rate))
        part = 0 if deal.probability is None else 1
        rows = slice(block * BLOCK, (block + 1) * BLOCK)
        self.monthly[part][rows][drawn.rows] += amounts
        if deal.labels:
            yearly = np.add.reduceat(amounts, self.year_starts, axis=1)
            for label in deal.labels:
                self.by_label[label][part][rows][drawn.rows] += yearly


def _joined(monthly: _Pair, periods: Sequence[CalendarPeriod]) -> _Pair:
    starts = np.cumsum([0, *(period.months for period in periods[:-1])])
    return np.add.reduceat(monthly[0], starts, axis=1), np.add.reduceat(monthly[1], starts, axis=1)


def _estimates(periods: Sequence[CalendarPeriod], pair: _Pair, unit: Decimal) -> tuple[PeriodEstimate, ...]:
    contracted, weighted = pair
    columns = (_columns(contracted, unit), _columns(weighted, unit), _columns(contracted + weighted, unit))
    return tuple(PeriodEstimate(*row) for row in zip(periods, *columns, strict=True))


def _columns(amounts: Floats, unit: Decimal) -> list[Estimate]:
    rows = np.vstack((amounts.mean(axis=0), np.quantile(amounts, _PERCENTILES, axis=0)))
    return [Estimate(*(Decimal(float(value)).quantize(unit) + 0 for value in column)) for column in rows.T]
