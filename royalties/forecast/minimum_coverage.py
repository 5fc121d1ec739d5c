"""How far royalties cover the minimum of each contract year."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from royalties.engine.agreement import Agreement
from royalties.engine.calculation import minimum_of, uncredited_after_cap
from royalties.engine.calendar import Period
from royalties.engine.codes import LineKind
from royalties.engine.exact import ZERO
from royalties.engine.lines import Lines

_SHARE = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class MinimumCoverage:
    """What a whole contract year earned that counts towards its minimum, after the cap, and what it falls short."""

    contract_year: int
    starts_on: dt.date
    ends_on: dt.date
    minimum: Decimal
    credited: Decimal
    shortfall: Decimal

    @property
    def share(self) -> Decimal | None:
        """How often the minimum is earned, to four places: 1 is just covered, None without a minimum."""
        return (self.credited / self.minimum).quantize(_SHARE) if self.minimum else None


def minimum_coverage(agreement: Agreement, lines: Lines, periods: Sequence[Period]) -> list[MinimumCoverage]:
    """Return the coverage of the contract years that close within `periods`, from the lines of these periods."""
    creditable = {term.id for term in agreement.terms if term.creditable}
    year_of = {period.ends_on: period.contract_year for period in periods}
    sums: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for (kind, item, period_end), line in lines.items():
        name = "uncredited" if kind == LineKind.ROYALTY and item not in creditable else kind.value
        sums[year_of[period_end]][name] += line.amount
    coverage = []
    for period in periods:
        if period.closes_year:
            year = agreement.calendar.contract_year(period.contract_year)
            found = sums[year.number]
            uncredited, cut = found["uncredited"], -found[LineKind.CAP]
            credited = found[LineKind.ROYALTY] + uncredited - cut - uncredited_after_cap(uncredited, cut)
            minimum = minimum_of(agreement.rules, agreement.calendar, year.number)
            shortfall = found[LineKind.SHORTFALL]
            coverage.append(
                MinimumCoverage(year.number, year.starts_on, year.ends_on, minimum, credited + ZERO, shortfall)
            )
    return coverage
