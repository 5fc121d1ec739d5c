"""Term sheets side by side on the same ramps: money by year, minimum coverage, present value, cumulative cash.

Money is counted from the month of the day of valuation, as in the forecast, and cash from that day: what a statement
makes payable, received when it is due (period end + payment days); an advance is received on the effective date. Only
periods that end within the months compared count, so a version that reports yearly may have less of the last year in
its cash than one that reports monthly; `CashBridge` says what parts the two sums.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from royalties.engine.agreement import Agreement
from royalties.engine.exact import ZERO, minor_unit
from royalties.forecast.expected import Expected, ExpectedPeriod, ExpectedStatement, expect
from royalties.forecast.minimum_coverage import MinimumCoverage
from royalties.forecast.net_present_value import Cash, cumulated, net_present_value
from royalties.forecast.output import Assumptions, PlantRamp
from royalties.forecast.plan import Plan


@dataclass(frozen=True, slots=True)
class TermSheet:
    """A version of the terms under negotiation."""

    name: str
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class CashBridge:
    """How the sum of all months becomes the cash: `charged` + `elsewhere` + `advance` − `recouped` − `withheld`.

    `elsewhere` is what the statements that are paid charge for months before those compared, less what is charged in
    these months by statements that are not counted.
    """

    charged: Decimal
    elsewhere: Decimal
    advance: Decimal
    recouped: Decimal
    withheld: Decimal

    @property
    def cash(self) -> Decimal:
        """All cash received."""
        return self.charged + self.elsewhere + self.advance - self.recouped - self.withheld


@dataclass(frozen=True, slots=True)
class ComparedTermSheet:
    """What a version comes to, in its own currency; `cumulative_cash` has an entry for each day with cash."""

    name: str
    currency: str
    years: tuple[ExpectedPeriod, ...]
    coverage: tuple[MinimumCoverage, ...]
    cumulative_cash: tuple[Cash, ...]
    bridge: CashBridge
    present_value: Decimal


@dataclass(frozen=True, slots=True)
class Comparison:
    """Versions side by side, with what they were valued and planned by."""

    annual_percent: Decimal
    valued_on: dt.date
    assumptions: Assumptions
    versions: tuple[ComparedTermSheet, ...]


def compare(
    term_sheets: Sequence[TermSheet],
    *,
    ramps: Sequence[PlantRamp],
    assumptions: Assumptions,
    annual_percent: Decimal,
    valued_on: dt.date,
    months: int,
) -> Comparison:
    """Compare term sheets over so many months, the first being that of `valued_on`.

    Raise MissingAssumption for a term that charges something no assumption leads to.
    """
    versions = []
    for sheet in term_sheets:
        expected = expect(Plan(sheet.agreement, tuple(ramps), assumptions), starts_on=valued_on, months=months)
        versions.append(_compared(sheet, expected, annual_percent, valued_on))
    return Comparison(annual_percent, valued_on, assumptions, tuple(versions))


def _compared(sheet: TermSheet, expected: Expected, annual_percent: Decimal, valued_on: dt.date) -> ComparedTermSheet:
    paid = _paid(expected, since=valued_on)
    cash = _cash(sheet.agreement, paid, since=valued_on)
    value = net_present_value(cash, annual_percent=annual_percent, on=valued_on)
    return ComparedTermSheet(
        name=sheet.name,
        currency=expected.currency,
        years=expected.years,
        coverage=expected.coverage,
        cumulative_cash=tuple(cumulated(cash)),
        bridge=_bridge(sheet.agreement, expected, paid, since=valued_on),
        present_value=value.quantize(minor_unit(expected.currency)),
    )


def _paid(expected: Expected, *, since: dt.date) -> list[ExpectedStatement]:
    """Return the statements of periods that end within the expected months and are due on a day or later."""
    last = expected.months[-1].period.ends_on
    return [found for found in expected.statements if found.period.ends_on <= last and found.due_on >= since]


def _advance(agreement: Agreement, *, since: dt.date) -> Decimal:
    return agreement.rules.advance if agreement.rules.effective_on >= since else ZERO


def _cash(agreement: Agreement, paid: Sequence[ExpectedStatement], *, since: dt.date) -> list[Cash]:
    cash = [Cash(agreement.rules.effective_on, _advance(agreement, since=since))]
    cash += [Cash(found.due_on, found.payable) for found in paid]
    return [flow for flow in cash if flow.amount]


def _bridge(
    agreement: Agreement, expected: Expected, paid: Sequence[ExpectedStatement], *, since: dt.date
) -> CashBridge:
    charged = sum((year.total for year in expected.years), ZERO)
    stated = sum((found.earned + found.shortfall + found.fees for found in paid), ZERO)
    withheld = ZERO if agreement.rules.gross_up else sum((found.withheld for found in paid), ZERO)
    return CashBridge(
        charged=charged,
        elsewhere=stated - charged,
        advance=_advance(agreement, since=since),
        recouped=sum((found.recouped for found in paid), ZERO),
        withheld=withheld,
    )
