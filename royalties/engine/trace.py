"""Traces: what a line is made of, as JSON with strings for numbers, enough to recompute it (see `recomputation`).

Traces are built for the lines that someone looks at or issues, from the same inputs as the calculation.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from functools import cached_property

from royalties.engine.agreement import Agreement
from royalties.engine.codes import LineKind
from royalties.engine.comparison import ComparedReport, describe_reports
from royalties.engine.exact import EXACT, ZERO, minor_unit, money, plain
from royalties.engine.fx import Rates
from royalties.engine.lines import Lines
from royalties.engine.quantities import TermQuantity
from royalties.engine.royalty_trace import RoyaltyExplanation
from royalties.engine.statements import StatementLine
from royalties.engine.totals_trace import TotalsExplanation

type Trace = dict[str, object]


class Explanation:
    """Explains the lines of one calculation; `lines` is what `calculate` made of the other arguments."""

    def __init__(
        self,
        agreement: Agreement,
        quantities: Iterable[TermQuantity],
        lines: Lines,
        *,
        through: dt.date,
        rates: Rates,
    ) -> None:
        self.agreement = agreement
        self.lines = lines
        self._quantities = list(quantities)
        self._rates = rates
        self._periods = agreement.calendar.periods(through)
        self._position = {period.ends_on: position for position, period in enumerate(self._periods)}
        self._unit = minor_unit(agreement.rules.currency)

    def trace(self, line: StatementLine, compared: Sequence[ComparedReport] = ()) -> Trace:
        """Return the trace of a line of a statement of this calculation.

        `compared` names the report versions that an adjustment compares, or on which a first line rests.
        """
        with localcontext(EXACT):
            rules = self.agreement.rules
            key = line.key
            stated = ZERO if line.stated is None else line.stated.amount
            return {
                "kind": str(key.kind),
                "term": key.item,
                "period": self._period(key.period_end),
                **self._explain(line),
                "currency": rules.currency,
                "rounding": str(rules.rounding),
                "minor_unit": plain(self._unit),
                "to_date": self._money(stated + line.amount),
                "stated": self._money(stated),
                "amount": self._money(line.amount),
                "reports": describe_reports(compared),
            }

    def _period(self, period_end: dt.date) -> Trace:
        position = self._position.get(period_end)
        if position is None:
            return {"to": period_end.isoformat()}
        period = self._periods[position]
        return {
            "number": period.number,
            "contract_year": period.contract_year,
            "from": period.starts_on.isoformat(),
            "to": period.ends_on.isoformat(),
        }

    def _explain(self, line: StatementLine) -> Trace:
        position = self._position.get(line.key.period_end)
        kind, item = line.key.kind, line.key.item
        if position is None or (item is not None and line.key not in self.lines):
            # A back-dated amendment took the term, the fee or the whole period away.
            return {"removed": True, **self._gross_up(kind)}
        if item is None:
            return {str(kind): self._totals.explain(kind, position)}
        if kind == LineKind.ROYALTY:
            return self._royalties.explain(item, position)
        fee = next(fee for fee in self.agreement.fees if fee.id == item)
        return {"fee": {"label": fee.label, "on": fee.on.isoformat(), "amount": self._money(fee.amount)}}

    def _gross_up(self, kind: LineKind) -> Trace:
        """Return what tells a removed tax that was shown from one that was deducted."""
        is_shown = kind == LineKind.WITHHOLDING and self.agreement.rules.gross_up
        return {"withholding": {"gross_up": True}} if is_shown else {}

    @cached_property
    def _royalties(self) -> RoyaltyExplanation:
        return RoyaltyExplanation(self.agreement, self._quantities, self._periods, self._rates)

    @cached_property
    def _totals(self) -> TotalsExplanation:
        return TotalsExplanation(self.agreement, self.lines, self._periods)

    def _money(self, amount: Decimal) -> str:
        return money(amount, self._unit)
