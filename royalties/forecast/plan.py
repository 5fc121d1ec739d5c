"""The plan of a deal: an agreement, the ramps of its plants, and what is taken for granted."""

import datetime as dt
from dataclasses import dataclass, field, replace
from decimal import Decimal

from royalties.engine.agreement import Agreement
from royalties.engine.escalation import Index
from royalties.engine.exact import ONE, PERCENT
from royalties.engine.quantities import ReportLine, counted
from royalties.engine.terms import Key, Term
from royalties.forecast.output import Assumptions, PlantRamp, check_assumptions, planned_lines


@dataclass(frozen=True, slots=True)
class Plan:
    """An agreement with what its plants are planned to make and what was already reported.

    Net sales in `reported` are in the agreement's currency. `sop_fees` are the fees that move with SOP.
    Raise MissingAssumption for a term that charges something no assumption leads to.
    """

    agreement: Agreement
    ramps: tuple[PlantRamp, ...]
    assumptions: Assumptions = field(default_factory=Assumptions)
    reported: tuple[ReportLine, ...] = ()
    sop_fees: frozenset[Key] = frozenset()

    def __post_init__(self) -> None:
        check_assumptions(self.agreement.terms, self.assumptions)

    def lines(self, through: dt.date) -> list[ReportLine]:
        """Return the reports that count and, for other months up to a day, those that are planned."""
        planned = planned_lines(
            self.ramps,
            assumptions=self.assumptions,
            currency=self.agreement.rules.currency,
            reported=self.reported,
            through=through,
        )
        return [*self.counted_lines(), *planned]

    def counted_lines(self) -> list[ReportLine]:
        """Return the highest accepted version of each reported line."""
        return counted(self.reported, dt.date.max)

    def agreement_through(self, day: dt.date) -> Agreement:
        """Return the agreement with price indexes continued, by the assumed rise, to a day's year."""
        terms = tuple(_with_index(term, day.year, self.assumptions.index_percent) for term in self.agreement.terms)
        return replace(self.agreement, terms=terms)


def _with_index(term: Term, year: int, percent: Decimal) -> Term:
    index = term.escalator
    if not isinstance(index, Index) or not index.values:
        return term
    values = dict(index.values)
    for later in range(max(values) + 1, year + 1):
        values[later] = values[later - 1] * (ONE + percent * PERCENT)
    return replace(term, escalator=replace(index, values=values))
