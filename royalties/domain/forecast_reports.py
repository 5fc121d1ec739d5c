"""What licensees reported so far, as a plan continues it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from royalties.domain.calculation import report_line
from royalties.domain.stored_rates import StoredRates
from royalties.engine.agreement import Agreement as EngineAgreement
from royalties.engine.codes import Basis
from royalties.engine.exact import EXACT, ZERO
from royalties.engine.fx import rate_day
from royalties.engine.quantities import ReportLine
from royalties.enums import ReportStatus
from royalties.models import ProductionReport

OBSERVED_MONTHS = 12

type _Figure = Callable[[ReportLine], Decimal]


class LeftOutSales(NamedTuple):
    """Net sales of a month that no stored rate converts, and so count for nothing."""

    currency: str
    month: dt.date


@dataclass(frozen=True, slots=True)
class Reported:
    """The accepted lines of an agreement, net sales in its currency, and those that could not be converted."""

    lines: tuple[ReportLine, ...] = ()
    left_out: tuple[LeftOutSales, ...] = ()

    @property
    def reported_as(self) -> dict[int, tuple[str, str]]:
        """The chemistry and field of use of each plant's largest line of its latest month."""
        latest = {}
        for line in sorted(self.lines, key=lambda line: (line.month, line.energy_produced_kwh)):
            latest[int(line.plant)] = (str(line.chemistry), str(line.field))
        return latest

    @property
    def price_per_kwh(self) -> Decimal | None:
        """The net price of the latest year reported, or None without sales."""
        return _ratio(self._latest_year(), lambda line: line.net_sales, lambda line: line.energy_sold_kwh)

    @property
    def kwh_per_unit(self) -> Decimal | None:
        """The energy of a unit in the latest year reported, or None without units."""
        return _ratio(self._latest_year(), lambda line: line.energy_sold_kwh, lambda line: line.units)

    def _latest_year(self) -> list[ReportLine]:
        months = sorted({line.month for line in self.lines})[-OBSERVED_MONTHS:]
        return [line for line in self.lines if months and line.month >= months[0]]


def _ratio(lines: Sequence[ReportLine], above: _Figure, below: _Figure) -> Decimal | None:
    total, base = sum(map(above, lines), ZERO), sum(map(below, lines), ZERO)
    return (total / base).quantize(Decimal("0.0001")) if total > 0 and base > 0 else None


def read_reported(agreements: Mapping[int, EngineAgreement]) -> dict[int, Reported]:
    """Return the accepted reports of agreements by key, in one query and one more for rates where sales need them."""
    rows = ProductionReport.objects.filter(agreement__in=agreements, status=ReportStatus.ACCEPTED).order_by("pk")
    lines: dict[int, list[ReportLine]] = defaultdict(list)
    for row in rows:
        lines[row.agreement_id].append(report_line(row))
    days, currencies = set(), set()
    for pk, found in lines.items():
        for line in found:
            if day := _conversion_day(agreements[pk], line):
                days.add(day)
                currencies |= {line.currency, agreements[pk].rules.currency}
    rates = StoredRates(currencies=currencies, days=days)
    return {pk: _converted(agreements[pk], found, rates) for pk, found in lines.items()}


def _conversion_day(agreement: EngineAgreement, line: ReportLine) -> dt.date | None:
    """Return the day whose rate converts the sales of a line, or None when none has to."""
    if line.currency == agreement.rules.currency or not line.net_sales:
        return None
    if all(term.basis != Basis.NET_SALES for term in agreement.terms):
        return None
    period = agreement.calendar.period_of_month(line.month)
    return None if period is None else rate_day(agreement.rules, period)[0]


def _converted(agreement: EngineAgreement, lines: Sequence[ReportLine], rates: StoredRates) -> Reported:
    converted, left_out = [], set()
    currency = agreement.rules.currency
    for line in lines:
        sales = line.net_sales
        if line.currency != currency:
            found = None
            period = agreement.calendar.period_of_month(line.month)
            if period is not None and _conversion_day(agreement, line):
                found = rates.find(line.currency, currency, *rate_day(agreement.rules, period))
                if found is None:
                    left_out.add(LeftOutSales(line.currency, line.month))
            sales = found.convert(sales) if found else ZERO
        converted.append(replace(line, net_sales=EXACT.plus(sales), currency=currency))
    return Reported(tuple(converted), tuple(sorted(left_out)))
