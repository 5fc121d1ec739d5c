"""What a plan comes to if everything happens as planned, calculated by the engine.

Every statement is the engine's to the cent. The royalty of a reporting period is then placed in its months, as the
tiers charge their production; the last month of the period takes what rounding leaves. A shortfall is in the month in
which its period ends, a fee in that of its date.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from royalties.engine.agreement import Agreement
from royalties.engine.calculation import calculate
from royalties.engine.calendar import Period
from royalties.engine.codes import LineKind
from royalties.engine.exact import ZERO, minor_unit
from royalties.engine.fx import RateTable
from royalties.engine.lines import Lines
from royalties.engine.quantities import term_quantities
from royalties.forecast.compilation import curve_of
from royalties.forecast.draws import planned_outcome
from royalties.forecast.minimum_coverage import MinimumCoverage, minimum_coverage
from royalties.forecast.output import Assumptions, month_number
from royalties.forecast.periods import CalendarPeriod, months_from, quarters_of, years_of
from royalties.forecast.plan import Plan

# Amounts by the first day of a month.
type _ByMonth = defaultdict[dt.date, Decimal]


@dataclass(frozen=True, slots=True)
class ExpectedPeriod:
    """Energy and money of a month, quarter or year; `royalty` is after the cap."""

    period: CalendarPeriod
    energy_kwh: Decimal
    royalty: Decimal
    shortfall: Decimal
    fees: Decimal

    @property
    def total(self) -> Decimal:
        """Royalty, shortfall and fees."""
        return self.royalty + self.shortfall + self.fees


@dataclass(frozen=True, slots=True)
class ExpectedStatement:
    """The totals of the statement of a reporting period, and the day its payment is due."""

    period: Period
    due_on: dt.date
    earned: Decimal
    shortfall: Decimal
    fees: Decimal
    recouped: Decimal
    withheld: Decimal
    payable: Decimal


@dataclass(frozen=True, slots=True)
class Expected:
    """A plan's money over the months of a forecast, with what it takes for granted.

    `statements` are all from the effective date to the end of the period that the last month is in; `coverage` is that
    of the contract years that close in them.
    """

    currency: str
    assumptions: Assumptions
    months: tuple[ExpectedPeriod, ...]
    quarters: tuple[ExpectedPeriod, ...]
    years: tuple[ExpectedPeriod, ...]
    statements: tuple[ExpectedStatement, ...]
    coverage: tuple[MinimumCoverage, ...]


def expect(plan: Plan, *, starts_on: dt.date, months: int) -> Expected:
    """Calculate a plan over `months` from the month of `starts_on`."""
    calendar = months_from(starts_on, months)
    through = _closing_day(plan, calendar[-1].ends_on)
    agreement = plan.agreement_through(through)
    periods = agreement.calendar.periods(through)
    reports = plan.lines(through)
    quantities = term_quantities(agreement, reports, dt.date.max)
    lines = calculate(agreement, quantities, through=through, rates=RateTable([]))
    statements = _statements(agreement, lines, periods)
    royalties = _royalties_by_month(plan, statements, min(calendar[0].starts_on, plan.agreement.rules.effective_on))
    energy: _ByMonth = defaultdict(Decimal)
    shortfalls: _ByMonth = defaultdict(Decimal)
    fees: _ByMonth = defaultdict(Decimal)
    for report in reports:
        energy[report.month] += report.energy_produced_kwh
    for statement in statements:
        shortfalls[_month(statement.period.ends_on)] += statement.shortfall
    ends_on = plan.agreement.rules.ends_on or dt.date.max
    for fee in plan.agreement.fees:
        if fee.on <= ends_on:
            fees[_month(fee.on)] += fee.amount
    expected = [
        ExpectedPeriod(month, *(found[month.starts_on] for found in (energy, royalties, shortfalls, fees)))
        for month in calendar
    ]
    return Expected(
        currency=plan.agreement.rules.currency,
        assumptions=plan.assumptions,
        months=tuple(expected),
        quarters=_joined(expected, quarters_of(calendar)),
        years=_joined(expected, years_of(calendar)),
        statements=tuple(statements),
        coverage=tuple(minimum_coverage(agreement, lines, periods)),
    )


def _closing_day(plan: Plan, day: dt.date) -> dt.date:
    """Return the end of the reporting period of a day, or the day itself outside the agreement."""
    period = plan.agreement.calendar.period_on(day)
    return day if period is None else period.ends_on


def _statements(agreement: Agreement, lines: Lines, periods: Sequence[Period]) -> list[ExpectedStatement]:
    sums: dict[tuple[LineKind, dt.date], Decimal] = defaultdict(Decimal)
    for key, line in lines.items():
        sums[key.kind, key.period_end] += line.amount
    rules = agreement.rules
    statements = []
    for period in periods:
        end = period.ends_on
        earned = sums[LineKind.ROYALTY, end] + sums[LineKind.CAP, end]
        shortfall, fees = sums[LineKind.SHORTFALL, end], sums[LineKind.FEE, end]
        recouped = sums[LineKind.RECOUPMENT, end] + sums[LineKind.REPAYMENT, end]
        withheld = sums[LineKind.WITHHOLDING, end]
        statement = ExpectedStatement(
            period=period,
            due_on=end + dt.timedelta(days=rules.payment_days),
            earned=earned,
            shortfall=shortfall,
            fees=fees,
            recouped=recouped,
            withheld=withheld,
            payable=earned + shortfall + fees - recouped - (ZERO if rules.gross_up else withheld),
        )
        statements.append(statement)
    return statements


def _royalties_by_month(plan: Plan, statements: Sequence[ExpectedStatement], starts_on: dt.date) -> _ByMonth:
    """Place the royalty of each statement in the months of its period."""
    royalties: _ByMonth = defaultdict(Decimal)
    if not statements:
        return royalties
    unit = minor_unit(plan.agreement.rules.currency)
    months = month_number(statements[-1].period.ends_on) - month_number(starts_on) + 1
    shares = curve_of(plan, starts_on=starts_on, months=months).royalties(planned_outcome())[0]
    placed: dict[dt.date, list[tuple[dt.date, Decimal]]] = defaultdict(list)
    for month, share in zip(months_from(starts_on, months), shares, strict=True):
        if period := plan.agreement.calendar.period_on(month.ends_on):
            placed[period.ends_on].append((month.starts_on, Decimal(float(share)).quantize(unit)))
    left = ZERO
    for statement in statements:
        left += statement.earned
        # A period too short to hold the end of a month leaves what it earns to the next.
        if found := placed[statement.period.ends_on]:
            for first_day, amount in found:
                royalties[first_day] += amount
                left -= amount
            royalties[found[-1][0]] += left
            left = ZERO
    royalties[_month(statements[-1].period.ends_on)] += left
    return royalties


def _month(day: dt.date) -> dt.date:
    return day.replace(day=1)


def _joined(months: Sequence[ExpectedPeriod], periods: Sequence[CalendarPeriod]) -> tuple[ExpectedPeriod, ...]:
    """Return the sums of consecutive months over the periods that they make."""
    joined = []
    remaining = iter(months)
    for period in periods:
        parts = list(islice(remaining, period.months))
        joined.append(
            ExpectedPeriod(
                period,
                energy_kwh=sum((part.energy_kwh for part in parts), ZERO),
                royalty=sum((part.royalty for part in parts), ZERO),
                shortfall=sum((part.shortfall for part in parts), ZERO),
                fees=sum((part.fees for part in parts), ZERO),
            )
        )
    return tuple(joined)
