"""The arithmetic of cap, shortfall, recoupment, repayment and withholding lines, for their traces.

All of it follows from the lines of the calculation: what a period adds is the figure to date less that of the
period before, both of which are shown.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import accumulate

from royalties.engine.agreement import Agreement, year_amount
from royalties.engine.calculation import (
    is_repayment_due,
    minimum_of,
    recouped_of,
    repaid_of,
    uncredited_after_cap,
    year_cap,
)
from royalties.engine.calendar import Period
from royalties.engine.codes import CapWindow, LineKind
from royalties.engine.exact import ZERO, minor_unit, money, plain
from royalties.engine.lines import LineKey, Lines
from royalties.engine.withholding import BaseByRate, bases_to_date, withheld_to_date, withholding_percent_on


class TotalsExplanation:
    """Explains the lines that are not of one term or fee."""

    def __init__(self, agreement: Agreement, lines: Lines, periods: Sequence[Period]) -> None:
        self._agreement = agreement
        self._periods = periods
        self._unit = minor_unit(agreement.rules.currency)
        self._position = {period.ends_on: position for position, period in enumerate(periods)}
        uncredited = {term.id for term in agreement.terms if not term.creditable}
        royalties = [key for key in lines if key.kind == LineKind.ROYALTY]
        self._earned = self._amounts(lines, royalties)
        self._uncredited = self._amounts(lines, (key for key in royalties if key.item in uncredited))
        self._cuts = [-amount for amount in self._amounts_of(lines, LineKind.CAP)]
        shortfalls, fees, recouped, repaid = (
            self._amounts_of(lines, kind)
            for kind in (LineKind.SHORTFALL, LineKind.FEE, LineKind.RECOUPMENT, LineKind.REPAYMENT)
        )
        after_cap = [earned - cut for earned, cut in zip(self._earned, self._cuts, strict=True)]
        columns = zip(after_cap, shortfalls, fees, recouped, repaid, strict=True)
        base = [a + b + c - d - e for a, b, c, d, e in columns]
        # Figures to date before the first period and after each one.
        self._earned_to_date = [ZERO, *accumulate(after_cap)]
        self._base_to_date = [ZERO, *accumulate(base)]
        self._base_by_rate = [{}, *bases_to_date(agreement.rules, periods, base)]

    def explain(self, kind: LineKind, position: int) -> dict[str, object]:
        """Return the arithmetic of a kind's line in the period at a position."""
        explanations = {
            LineKind.CAP: self._cap,
            LineKind.SHORTFALL: self._shortfall,
            LineKind.RECOUPMENT: self._recoupment,
            LineKind.REPAYMENT: self._repayment,
            LineKind.WITHHOLDING: self._withholding,
        }
        return explanations[kind](position)

    def _cap(self, position: int) -> dict[str, object]:
        rules = self._agreement.rules
        year = self._periods[position].contract_year
        if rules.cap_window == CapWindow.CONTRACT_YEAR:
            cap, first = year_cap(rules, year), self._positions_of(year)[0]
        else:
            cap, first = rules.caps[0].amount if rules.caps else None, 0
        before = sum(self._earned[first:position], ZERO)
        earned = before + self._earned[position]
        cut_before, cut = (ZERO if cap is None else max(ZERO, total - cap) for total in (before, earned))
        return {
            "window": str(rules.cap_window),
            "cap": None if cap is None else self._money(cap),
            "earned_before": self._money(before),
            "earned": self._money(earned),
            "cut_before": self._money(cut_before),
            "cut": self._money(cut),
        }

    def _shortfall(self, position: int) -> dict[str, object]:
        rules, calendar = self._agreement.rules, self._agreement.calendar
        year = calendar.contract_year(self._periods[position].contract_year)
        positions = self._positions_of(year.number)
        earned, uncredited, cut = (
            sum((amounts[at] for at in positions), ZERO) for amounts in (self._earned, self._uncredited, self._cuts)
        )
        cap = year_cap(rules, year.number)
        is_prorated = rules.prorate_minimum and year.days != year.full_days
        return {
            "agreed_minimum": self._money(year_amount(rules.minimums, year.number) or ZERO),
            "prorated": {"days": year.days, "of": year.full_days} if is_prorated else None,
            "minimum": self._money(minimum_of(rules, calendar, year.number)),
            "earned": self._money(earned),
            "not_creditable": self._money(uncredited),
            "cut": self._money(cut),
            "credited": self._money(earned - cut - uncredited_after_cap(uncredited, cut)),
            "cap": None if cap is None else self._money(cap),
        }

    def _recoupment(self, position: int) -> dict[str, object]:
        rules = self._agreement.rules
        before, earned = self._earned_to_date[position : position + 2]
        recouped_before, recouped = (self._recouped(total) for total in (before, earned))
        return {
            "advance": self._money(rules.advance if rules.advance_recoupable else ZERO),
            "earned_before": self._money(before),
            "earned": self._money(earned),
            "recouped_before": self._money(recouped_before),
            "recouped": self._money(recouped),
        }

    def _repayment(self, position: int) -> dict[str, object]:
        rules = self._agreement.rules
        recouped = self._recouped(self._earned_to_date[position + 1])
        is_due = is_repayment_due(rules, self._periods[position])
        return {
            "is_due": is_due,
            "advance": self._money(rules.advance),
            "recouped": self._money(recouped),
            "repaid": self._money(repaid_of(rules, recouped) if is_due else ZERO),
        }

    def _recouped(self, earned: Decimal) -> Decimal:
        rules = self._agreement.rules
        return recouped_of(rules, earned) if rules.advance_recoupable else ZERO

    def _withholding(self, position: int) -> dict[str, object]:
        rules = self._agreement.rules
        before, base = self._base_to_date[position : position + 2]
        rates = self._base_by_rate[position : position + 2]
        withheld = [withheld_to_date(rules, bases) for bases in rates]
        return {
            "percent": plain(withholding_percent_on(rules, self._periods[position].ends_on)),
            **self._shares(*rates),
            "gross_up": rules.gross_up,
            "base_before": self._money(before),
            "base": self._money(base),
            "withheld_before": self._money(withheld[0]),
            "withheld": self._money(withheld[1]),
        }

    def _shares(self, before: BaseByRate, after: BaseByRate) -> dict[str, object]:
        """Return what is taxed at each rate, where more than one has been in force."""
        if len(after) < 2:
            return {}
        shares = [
            {
                "percent": plain(percent),
                "base_before": self._money(before.get(percent, ZERO)),
                "base": self._money(base),
            }
            for percent, base in after.items()
        ]
        return {"by_rate": shares}

    def _positions_of(self, contract_year: int) -> list[int]:
        return [at for at, period in enumerate(self._periods) if period.contract_year == contract_year]

    def _amounts_of(self, lines: Lines, kind: LineKind) -> list[Decimal]:
        return self._amounts(lines, (key for key in lines if key.kind == kind))

    def _amounts(self, lines: Lines, keys: Iterable[LineKey]) -> list[Decimal]:
        amounts = [ZERO] * len(self._periods)
        for key in keys:
            amounts[self._position[key.period_end]] += lines[key].amount
        return amounts

    def _money(self, amount: Decimal) -> str:
        return money(amount, self._unit)
