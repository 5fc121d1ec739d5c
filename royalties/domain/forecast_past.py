"""Actual against forecast: what ramps and terms said of the past year beside what its reports have earned.

What is earned and what falls short of minimums is compared; fees do not depend on production. Only months for which
every producing plant was reported are compared, and the others are counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from royalties.domain.forecast_plans import PlannedDeal
from royalties.domain.forecast_results import PastMonths
from royalties.engine.exact import EXACT, ZERO, minor_unit
from royalties.forecast.periods import CalendarPeriod

if TYPE_CHECKING:
    from royalties.forecast.expected import ExpectedPeriod


@dataclass(slots=True)
class Charged:
    """What royalties earned and what minimums fell short, in the words of statements and the reader's currency."""

    earned: Decimal = ZERO
    shortfall: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Both together."""
        return self.earned + self.shortfall

    def add(self, other: "Charged") -> None:
        """Add those of another month."""
        self.earned += other.earned
        self.shortfall += other.shortfall


@dataclass(slots=True)
class Compared:
    """What ramps and terms said and what reports made of it, over so many months of agreements."""

    said: Charged = field(default_factory=Charged)
    actual: Charged = field(default_factory=Charged)
    count: int = 0

    @property
    def difference(self) -> Decimal:
        """What was earned and fell short beyond what was said, together."""
        return self.actual.total - self.said.total

    @property
    def percent(self) -> Decimal | None:
        """The difference in percent of what was said, or None where nothing was."""
        return (self.difference / self.said.total * 100).quantize(Decimal("0.1")) if self.said.total else None

    def add(self, said: Charged, actual: Charged) -> None:
        """Add a month of an agreement."""
        self.said.add(said)
        self.actual.add(actual)
        self.count += 1


@dataclass(frozen=True, slots=True)
class AgreementMonth:
    """A past month of an agreement; nothing is compared where reports of it are missing."""

    period: CalendarPeriod
    said: Charged
    actual: Charged
    missing: int


@dataclass(frozen=True, slots=True)
class PastAgreement:
    """An agreement's past year."""

    planned: PlannedDeal
    compared: Compared
    months: list[AgreementMonth]

    @property
    def incomplete(self) -> list[CalendarPeriod]:
        """The months that lack reports and are not compared."""
        return [month.period for month in self.months if month.missing]


@dataclass(frozen=True, slots=True)
class PastMonth:
    """A past month of all agreements; `missing` counts the plants without a report."""

    period: CalendarPeriod
    compared: Compared
    missing: int


@dataclass(frozen=True, slots=True)
class Past:
    """The past year by agreement and by month; agreements without a rate to the currency are left out."""

    agreements: list[PastAgreement]
    months: list[PastMonth]
    total: Compared

    @property
    def missing(self) -> int:
        """How many reports of a plant and month are missing."""
        return sum(month.missing for month in self.months)


def compare_past(past: Sequence[PastMonths], *, currency: str) -> Past:
    """Compare the past of agreements in a currency; the sum over agreements is that over months, to the cent."""
    unit = minor_unit(currency)
    converted = [each for each in past if each.rate is not None]
    periods = [month.period for month in converted[0].said] if converted else []
    months = [PastMonth(period, Compared(), _missing(converted, number)) for number, period in enumerate(periods)]
    total = Compared()
    agreements = []
    for each in converted:
        row = PastAgreement(each.planned, Compared(), [])
        for number, (said, actual) in enumerate(zip(each.said, each.reported, strict=True)):
            month = AgreementMonth(
                said.period,
                _charged(said, each.rate or ZERO, unit),
                _charged(actual, each.rate or ZERO, unit),
                each.missing[number],
            )
            row.months.append(month)
            if not month.missing:
                for compared in (row.compared, months[number].compared, total):
                    compared.add(month.said, month.actual)
        agreements.append(row)
    return Past(agreements, months, total)


def _charged(month: "ExpectedPeriod", rate: Decimal, unit: Decimal) -> Charged:
    return Charged(*(EXACT.multiply(amount, rate).quantize(unit) for amount in (month.royalty, month.shortfall)))


def _missing(past: Iterable[PastMonths], number: int) -> int:
    return sum(each.missing[number] for each in past)
