"""What deals come to together if each goes as planned: contracted in full, others weighted by their probability."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from royalties.engine.exact import ONE, ZERO, minor_unit
from royalties.forecast.expected import Expected, ExpectedPeriod, expect
from royalties.forecast.periods import CalendarPeriod, months_from, quarters_of, years_of
from royalties.forecast.simulation import ForecastDeal


@dataclass(frozen=True, slots=True)
class PortfolioPeriod:
    """The planned money of a period: from contracts, and from deals still to be won times their probability."""

    period: CalendarPeriod
    contracted: Decimal
    weighted: Decimal

    @property
    def total(self) -> Decimal:
        """Both."""
        return self.contracted + self.weighted


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The deals together, in one currency, and each with its own plan; `years_by_label` is by labels of deals."""

    currency: str
    months: tuple[PortfolioPeriod, ...]
    quarters: tuple[PortfolioPeriod, ...]
    years: tuple[PortfolioPeriod, ...]
    years_by_label: dict[str, tuple[PortfolioPeriod, ...]]
    plans: tuple[tuple[ForecastDeal, Expected], ...]


def expect_portfolio(deals: Sequence[ForecastDeal], *, starts_on: dt.date, months: int, currency: str) -> Portfolio:
    """Add up the plans of `deals` over `months` from the month of `starts_on`, at each deal's rate."""
    calendar = months_from(starts_on, months)
    plans = tuple((deal, expect(deal.plan, starts_on=starts_on, months=months)) for deal in deals)
    unit = minor_unit(currency)
    years = years_of(calendar)
    labelled: dict[str, list[tuple[ForecastDeal, Expected]]] = defaultdict(list)
    for each in plans:
        for label in each[0].labels:
            labelled[label].append(each)
    return Portfolio(
        currency=currency,
        months=_sums(plans, calendar, attrgetter("months"), unit),
        quarters=_sums(plans, quarters_of(calendar), attrgetter("quarters"), unit),
        years=_sums(plans, years, attrgetter("years"), unit),
        years_by_label={
            label: _sums(found, years, attrgetter("years"), unit) for label, found in sorted(labelled.items())
        },
        plans=plans,
    )


def _sums(
    plans: Iterable[tuple[ForecastDeal, Expected]],
    periods: Sequence[CalendarPeriod],
    of_plan: Callable[[Expected], Sequence[ExpectedPeriod]],
    unit: Decimal,
) -> tuple[PortfolioPeriod, ...]:
    contracted, weighted = [ZERO] * len(periods), [ZERO] * len(periods)
    for deal, expected in plans:
        sums = contracted if deal.probability is None else weighted
        share = deal.rate * (ONE if deal.probability is None else deal.probability)
        for position, planned in enumerate(of_plan(expected)):
            sums[position] += planned.total * share
    return tuple(
        PortfolioPeriod(period, certain.quantize(unit), likely.quantize(unit))
        for period, certain, likely in zip(periods, contracted, weighted, strict=True)
    )
