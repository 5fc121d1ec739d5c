"""A forecast added up: by month, quarter or year, and by deal, region or currency, to the same cent.

Every sum is over the same cells: a deal's month, weighted, converted and rounded once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from companies.enums import Region
from lrs_tracker.problems import Text
from royalties.domain.forecast_parameters import Horizon
from royalties.domain.forecast_results import DealMonths, Forecast
from royalties.engine.exact import EXACT, ONE, ZERO, minor_unit
from royalties.forecast.periods import CalendarPeriod, months_from, quarters_of, years_of

if TYPE_CHECKING:
    from royalties.forecast.simulation import Estimate, PeriodEstimate, Simulation


class Step(StrEnum):
    """How long the periods of a chart or table are."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Group(StrEnum):
    """What the rows of the table are."""

    PERIOD = "period"
    DEAL = "deal"
    REGION = "region"
    CURRENCY = "currency"


@dataclass(slots=True)
class Sums:
    """Money of a period or group: from contracts, and from deals still to be won, times their probability."""

    contracted: Decimal = ZERO
    weighted: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Both."""
        return self.contracted + self.weighted

    def add(self, other: "Sums") -> None:
        """Add other money."""
        self.contracted += other.contracted
        self.weighted += other.weighted


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A period of the forecast with what is expected, and the percentiles of the simulation."""

    period: CalendarPeriod
    sums: Sums
    estimate: "Estimate | None"


@dataclass(slots=True)
class GroupRow:
    """A group of deals: its money in each period and in all; `deal` where the group is one plan."""

    key: str
    label: Text
    periods: list[Sums]
    deals: int = 0
    deal: DealMonths | None = None
    sums: Sums = field(default_factory=Sums)


@dataclass(frozen=True, slots=True)
class ForecastTables:
    """A forecast as tables; `apart` are the deals without a rate, in no sum."""

    periods: list[CalendarPeriod]
    by_period: list[PeriodRow]
    rows: list[GroupRow]
    total: Sums
    apart: list[DealMonths]


def periods_of(horizon: Horizon, step: Step) -> list[CalendarPeriod]:
    """Return the periods of a horizon."""
    months = months_from(horizon.starts_on, horizon.months)
    match step:
        case Step.MONTH:
            return months
        case Step.QUARTER:
            return quarters_of(months)
        case Step.YEAR:
            return years_of(months)


def tables_of(forecast: Forecast, *, currency: str, horizon: Horizon, step: Step, group: Group) -> ForecastTables:
    """Return what a forecast adds up to in a currency; deals without a rate stand apart."""
    periods = periods_of(horizon, step)
    unit = minor_unit(currency)
    rows: dict[str, GroupRow] = {}
    by_period = [Sums() for _period in periods]
    key_of = _KEYS[group]
    counted = [deal for deal in forecast.deals if deal.rate is not None]
    for deal in counted:
        key, label = key_of(deal)
        row = rows.setdefault(key, GroupRow(key, label, [Sums() for _period in periods]))
        row.deals += 1
        row.deal = deal if group == Group.DEAL else None
        for position, cell in enumerate(cells_of(deal, periods, unit)):
            row.periods[position].add(cell)
            row.sums.add(cell)
            by_period[position].add(cell)
    total = Sums()
    for sums in by_period:
        total.add(sums)
    estimates = _estimates(forecast.simulation, step)
    return ForecastTables(
        periods=periods,
        by_period=[
            PeriodRow(period, sums, estimates.get(period.label))
            for period, sums in zip(periods, by_period, strict=True)
        ],
        rows=sorted(rows.values(), key=lambda row: (-row.sums.total, row.key)),
        total=total,
        apart=[deal for deal in forecast.deals if deal.rate is None],
    )


def cells_of(deal: DealMonths, periods: Sequence[CalendarPeriod], unit: Decimal) -> list[Sums]:
    """Return a deal's money in each period in the reader's currency, each of its months rounded."""
    share = EXACT.multiply(deal.rate or ZERO, deal.planned.probability if deal.planned.probability is not None else ONE)
    amounts = iter([EXACT.multiply(month.total, share).quantize(unit) for month in deal.months])
    cells = []
    for period in periods:
        amount = sum((next(amounts) for _month in range(period.months)), ZERO)
        cells.append(Sums(amount) if deal.planned.probability is None else Sums(ZERO, amount))
    return cells


def _estimates(simulation: "Simulation | None", step: Step) -> "dict[str, Estimate]":
    if simulation is None:
        return {}
    found: dict[Step, Sequence[PeriodEstimate]] = {
        Step.MONTH: simulation.months,
        Step.QUARTER: simulation.quarters,
        Step.YEAR: simulation.years,
    }
    return {each.period.label: each.total for each in found[step]}


def _deal_key(deal: DealMonths) -> tuple[str, Text]:
    return deal.planned.code, str(deal.planned.deal.company)


def _region_key(deal: DealMonths) -> tuple[str, Text]:
    region = deal.planned.deal.region
    return region, Region(region).label if region else _("No region")


def _currency_key(deal: DealMonths) -> tuple[str, Text]:
    return deal.planned.currency, deal.planned.currency


_KEYS: dict[Group, Callable[[DealMonths], tuple[str, Text]]] = {
    Group.PERIOD: _deal_key,
    Group.DEAL: _deal_key,
    Group.REGION: _region_key,
    Group.CURRENCY: _currency_key,
}
