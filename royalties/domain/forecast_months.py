"""One plan month by month: energy × rate = royalty, with shortfalls, fees, and what it counts for."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from royalties.domain.forecast_parameters import Horizon
from royalties.domain.forecast_results import DealMonths
from royalties.domain.forecast_tables import Step, Sums, cells_of, periods_of
from royalties.engine.exact import ZERO, minor_unit

if TYPE_CHECKING:
    from royalties.forecast.expected import ExpectedPeriod

_RATE = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class PlanMonth:
    """A month of a plan in its own currency; `counted` is in the reader's, None without a rate."""

    month: "ExpectedPeriod"
    counted: Decimal | None

    @property
    def rate_per_kwh(self) -> Decimal | None:
        """What the tiers charge on average for a kWh of this month, or None without production."""
        if not self.month.energy_kwh:
            return None
        return (self.month.royalty / self.month.energy_kwh).quantize(_RATE)


@dataclass(frozen=True, slots=True)
class PlanYear:
    """The months of a calendar year with their sums."""

    label: str
    months: list[PlanMonth]
    energy_kwh: Decimal
    royalty: Decimal
    shortfall: Decimal
    fees: Decimal
    total: Decimal
    counted: Decimal | None


@dataclass(frozen=True, slots=True)
class PlanTable:
    """A plan with its years, and what it counts for in the reader's currency over all of them."""

    deal: DealMonths
    years: list[PlanYear]
    counted: Sums | None


def plan_table(deal: DealMonths, *, horizon: Horizon, currency: str) -> PlanTable:
    """Return a plan month by month, grouped by calendar year."""
    cells: Sequence[Sums | None] = [None] * horizon.months
    if deal.rate is not None:
        cells = cells_of(deal, periods_of(horizon, Step.MONTH), minor_unit(currency))
    months = iter(
        [PlanMonth(month, None if cell is None else cell.total) for month, cell in zip(deal.months, cells, strict=True)]
    )
    years = []
    for period in periods_of(horizon, Step.YEAR):
        found = [next(months) for _month in range(period.months)]
        years.append(_year(period.label, found))
    total = Sums()
    for cell in cells:
        if cell is not None:
            total.add(cell)
    return PlanTable(deal, years, None if deal.rate is None else total)


def _year(label: str, months: list[PlanMonth]) -> PlanYear:
    planned = [each.month for each in months]
    counted = [each.counted for each in months if each.counted is not None]
    return PlanYear(
        label,
        months,
        energy_kwh=sum((month.energy_kwh for month in planned), ZERO),
        royalty=sum((month.royalty for month in planned), ZERO),
        shortfall=sum((month.shortfall for month in planned), ZERO),
        fees=sum((month.fees for month in planned), ZERO),
        total=sum((month.total for month in planned), ZERO),
        counted=sum(counted, ZERO) if counted else None,
    )
