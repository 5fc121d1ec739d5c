"""The lines of a report as plain values: what they say, how parts add up, and which figures an agreement needs."""

import datetime as dt
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from lrs_tracker.problems import DomainError
from royalties.enums import Basis, ReportStatus
from royalties.models import ProductionReport, ReportFiling

ZERO = Decimal(0)
ENERGY = ("energy_produced_kwh", "energy_sold_kwh")
SALES = ("gross_sales", "deductions", "net_sales")
FIGURES = (*ENERGY, "units", *SALES)
_BY_BASIS: Mapping[str, tuple[str, ...]] = {
    Basis.ENERGY_PRODUCED: ENERGY,
    Basis.ENERGY_SOLD: ENERGY,
    Basis.UNITS: ("units",),
    Basis.NET_SALES: SALES,
    Basis.LUMP_SUM: (),
}


class LineKey(NamedTuple):
    """What a line is about; one version of it counts."""

    plant_id: int
    month: dt.date
    chemistry: str
    field: str


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What a plant made and sold in a month, of one chemistry for one field of use; see `ProductionReport`."""

    plant_id: int
    month: dt.date
    chemistry: str
    field: str
    energy_produced_kwh: Decimal = ZERO
    energy_sold_kwh: Decimal = ZERO
    units: Decimal = ZERO
    gross_sales: Decimal = ZERO
    deductions: Decimal = ZERO
    net_sales: Decimal = ZERO
    currency: str = ""
    is_nil: bool = False
    is_return: bool = False
    is_estimate: bool = False

    @property
    def key(self) -> LineKey:
        """What the line is about."""
        return LineKey(self.plant_id, self.month, self.chemistry, self.field)

    @property
    def has_sales(self) -> bool:
        """Whether the line says any amount of money."""
        return any(getattr(self, name) for name in SALES)

    @property
    def has_figures(self) -> bool:
        """Whether any figure of the line is other than nought."""
        return any(getattr(self, name) for name in FIGURES)


_NAMES = tuple(field.name for field in fields(ReportLine))


def line_of(report: ProductionReport) -> ReportLine:
    """Return a stored line as plain values."""
    return ReportLine(**{name: getattr(report, name) for name in _NAMES})


def live_lines(filing: ReportFiling) -> list[ProductionReport]:
    """Return the stored lines of a filing that no later one has replaced, in order."""
    rows = filing.reports.select_related("plant").exclude(status=ReportStatus.SUPERSEDED)
    return list(rows.order_by("month", "plant__name", "chemistry", "field", "pk"))


def merge_lines(lines: Iterable[ReportLine]) -> list[ReportLine]:
    """Add up the lines of the same plant, month, chemistry and field, and put them in order.

    Raise DomainError when the parts of a line are in different currencies.
    """
    merged: dict[LineKey, ReportLine] = {}
    for line in lines:
        known = merged.get(line.key)
        merged[line.key] = line if known is None else _add(known, line)
    return [merged[key] for key in sorted(merged)]


def _add(one: ReportLine, other: ReportLine) -> ReportLine:
    if one.has_sales and other.has_sales and one.currency != other.currency:
        raise DomainError(
            _("Amounts in %(one)s and %(other)s cannot be added: report all of a line in one.")
            % {"one": one.currency, "other": other.currency}
        )
    return replace(
        one,
        **{name: getattr(one, name) + getattr(other, name) for name in FIGURES},
        currency=other.currency if other.has_sales else one.currency,
        is_nil=one.is_nil and other.is_nil,
        is_return=one.is_return or other.is_return,
        is_estimate=one.is_estimate or other.is_estimate,
    )


def keep_unsaid(line: ReportLine, former: ReportLine | None, said: Container[str]) -> ReportLine:
    """Return a line with the figures of its former version that it says nothing about; a nil line says all.

    Sales belong together with their currency: where one is said, the others are.
    """
    if former is None or line.is_nil:
        return line
    kept = [name for name in FIGURES if name not in SALES and name not in said]
    if not any(name in said for name in SALES):
        kept += [*SALES, "currency"]
    return replace(line, **{name: getattr(former, name) for name in kept})


def without_figures(line: ReportLine) -> ReportLine:
    """Return a line with all of its figures nought."""
    nothing: dict[str, Any] = dict.fromkeys(FIGURES, ZERO)
    return replace(line, **nothing)


def total_by_currency(rows: Iterable[ProductionReport], name: str) -> dict[str, Decimal]:
    """Return the total of a figure: of sales one for each currency, as amounts of two are not added; else one of ""."""
    sums: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        sums[row.currency if name in SALES else ""] += getattr(row, name)
    totals = dict(sorted(sums.items()))
    return {currency: total for currency, total in totals.items() if total} or dict([*totals.items()][:1])


def needed_figures(bases: Iterable[str]) -> tuple[str, ...]:
    """Return the figures that terms of these bases are calculated on; those of energy when there are no terms."""
    needed = {name for basis in bases for name in _BY_BASIS[basis]} or set(ENERGY)
    return tuple(name for name in FIGURES if name in needed)
