"""The outcomes of term sheets as the rows of tables: years and contract years down, versions across."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from royalties.domain.sandbox import Coverage, Outcome, Version
from royalties.forecast.periods import CalendarPeriod

_PARTS: tuple[tuple[str, str | Promise], ...] = (
    ("royalty", _("Royalty")),
    ("shortfall", _("Minimum shortfall")),
    ("fees", _("Fees")),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """An amount of a version, and its difference to the first version where both are in one currency."""

    amount: Decimal | None
    currency: str
    difference: Decimal | None


@dataclass(frozen=True, slots=True)
class YearRow:
    """A year: its totals, what they are made of (parts that are nought in every version left out), and its cash."""

    period: CalendarPeriod
    totals: Sequence[Cell]
    parts: Sequence[tuple[str | Promise, Sequence[Cell]]]
    cash: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """A contract year of the versions that have one; the others have None."""

    contract_year: int
    cells: Sequence[Coverage | None]


def year_rows(versions: Sequence[Version]) -> list[YearRow]:
    """Return a row for each year."""
    outcomes = [version.outcome for version in versions]
    longest = max((outcome.years for outcome in outcomes if outcome), key=len, default=())
    return [_year_row(place, year.period, versions) for place, year in enumerate(longest)]


def total_cells(versions: Sequence[Version]) -> list[Cell]:
    """Return the sum over the years of each version."""
    return _cells(versions, lambda outcome: outcome.total)


def value_cells(versions: Sequence[Version]) -> list[Cell]:
    """Return the present value of each version."""
    return _cells(versions, lambda outcome: outcome.present_value)


def bridge_rows(versions: Sequence[Version]) -> list[tuple[str | Promise, Sequence[Cell]]]:
    """Return how each version's sum becomes its cash, the cash last; steps that no version has left out."""
    steps: tuple[tuple[str | Promise, Callable[[Outcome], Decimal]], ...] = (
        (_("Royalty, shortfall and fees"), lambda outcome: outcome.bridge.charged),
        (_("Of months before, less what is stated later"), lambda outcome: outcome.bridge.elsewhere),
        (_("Advance"), lambda outcome: outcome.bridge.advance),
        (_("Advance recouped"), lambda outcome: -outcome.bridge.recouped),
        (_("Tax withheld"), lambda outcome: -outcome.bridge.withheld),
        (_("Cash in all"), lambda outcome: outcome.bridge.cash),
    )
    rows = [(label, _cells(versions, amount_of)) for label, amount_of in steps]
    return [(label, cells) for label, cells in rows if any(cell.amount for cell in cells)]


def coverage_rows(versions: Sequence[Version]) -> list[CoverageRow]:
    """Return a row for each contract year in which some version has a minimum."""
    by_version = [
        {one.contract_year: one for one in version.outcome.coverage if one.minimum} if version.outcome else {}
        for version in versions
    ]
    years = sorted({year for found in by_version for year in found})
    return [CoverageRow(year, [found.get(year) for found in by_version]) for year in years]


def _year_row(place: int, period: CalendarPeriod, versions: Sequence[Version]) -> YearRow:
    def cells_of(name: str) -> list[Cell]:
        return _cells(versions, lambda outcome: getattr(outcome.years[place], name))

    parts = [(label, cells_of(name)) for name, label in _PARTS]
    return YearRow(
        period=period,
        totals=cells_of("total"),
        parts=[(label, cells) for label, cells in parts if any(cell.amount for cell in cells)],
        cash=cells_of("cash"),
    )


def _cells(versions: Sequence[Version], amount_of: Callable[[Outcome], Decimal]) -> list[Cell]:
    amounts = [None if version.outcome is None else amount_of(version.outcome) for version in versions]
    cells = []
    for place, (version, amount) in enumerate(zip(versions, amounts, strict=True)):
        difference = None
        if place and amount is not None and amounts[0] is not None and version.currency == versions[0].currency:
            difference = amount - amounts[0]
        cells.append(Cell(amount, version.currency, difference))
    return cells
