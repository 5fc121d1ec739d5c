"""What the lines of a statement are called."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from lrs_tracker.formats import format_percent
from royalties.domain.calculation import Calculation
from royalties.domain.periods import name_period
from royalties.engine.codes import CapWindow, LineKind, TierWindow
from royalties.engine.comparison import ComparedReport
from royalties.engine.quantities import Cell
from royalties.engine.statements import StatementLine
from royalties.engine.withholding import withholding_percent_on
from royalties.models import Amendment

_LONGEST = 200


class TermName(NamedTuple):
    """What a term is called, and the number of the amendment that added it since the last statement, if one did."""

    label: str
    clause: str
    basis: str
    window: str
    added_by: int | None


class LineNamer:
    """Names the lines of one statement; an adjustment says what it corrects, and why."""

    def __init__(
        self,
        terms: Mapping[Any, TermName],
        calculation: Calculation,
        amendments: Iterable[Amendment],
        compared: Mapping[Cell, Sequence[ComparedReport]],
    ) -> None:
        self._terms = terms
        self._rules = calculation.agreement.rules
        self._names = {period.ends_on: name_period(period.starts_on, period.ends_on) for period in calculation.periods}
        self._amendments = amendments
        self._compared = compared

    def label(self, line: StatementLine, trace: Mapping[str, Any], *, is_adjustment: bool) -> str:
        """Return the label of a line."""
        label = self._adjustment(line, trace) if is_adjustment else self._first(line, trace)
        return label[:_LONGEST]

    def _first(self, line: StatementLine, trace: Mapping[str, Any]) -> str:
        year = trace["period"].get("contract_year")
        match line.key.kind:
            case LineKind.ROYALTY:
                return self._terms[line.key.item].label
            case LineKind.CAP:
                if self._rules.cap_window == CapWindow.LIFETIME:
                    return _("Cap of the agreement's lifetime")
                return _("Cap of contract year %(year)s") % {"year": year}
            case LineKind.SHORTFALL:
                return _("Shortfall to the minimum of contract year %(year)s") % {"year": year}
            case LineKind.FEE:
                return str(trace["fee"]["label"]) if "fee" in trace else _("Fee")
            case LineKind.RECOUPMENT:
                return _("Recoupment of advance")
            case LineKind.REPAYMENT:
                return _("Repayment of the advance not recouped")
            case LineKind.WITHHOLDING:
                rate = format_percent(withholding_percent_on(self._rules, line.key.period_end))
                if self._rules.gross_up:
                    return _("Withholding tax %(rate)s, paid on top by the licensee") % {"rate": rate}
                return _("Withholding tax %(rate)s") % {"rate": rate}

    def _adjustment(self, line: StatementLine, trace: Mapping[str, Any]) -> str:
        period = self._period_name(line.key.period_end)
        if line.key.kind != LineKind.ROYALTY:
            return _("Correction of %(period)s: %(what)s") % {"period": period, "what": self._first(line, trace)}
        cell = Cell(line.key.item or "", line.key.period_end)
        versions = _versions(self._compared.get(cell, ()))
        if versions:
            return _("Restatement of %(period)s, report %(versions)s") % {"period": period, "versions": versions}
        if line.stated is None and (number := self._terms[line.key.item].added_by):
            return _by_amendment(period, number)
        if line.stated is None:
            return _("Late report of %(period)s") % {"period": period}
        if restated := self._restated_before(line):
            return _("Recalculation of %(period)s after the restatement of %(restated)s") % {
                "period": period,
                "restated": restated,
            }
        for amendment in self._amendments:
            if amendment.effective_on <= line.key.period_end:
                return _by_amendment(period, amendment.number)
        return _("Correction of %(period)s") % {"period": period}

    def _restated_before(self, line: StatementLine) -> str:
        """Return the earliest period whose reports changed and whose quantity the line's tiers follow."""
        term = self._terms.get(line.key.item)
        if term is None or term.window == TierWindow.PERIOD:
            return ""
        changed = sorted(
            cell.period_end
            for cell, pairs in self._compared.items()
            if cell.term == line.key.item and cell.period_end < line.key.period_end and _versions(pairs)
        )
        return self._period_name(changed[0]) if changed else ""

    def _period_name(self, period_end: dt.date) -> str:
        # A period that a change of the agreement took away is named by its last month.
        return self._names.get(period_end) or name_period(period_end.replace(day=1), period_end)


def _by_amendment(period: str, number: int) -> str:
    return _("Correction of %(period)s by amendment %(number)s") % {"period": period, "number": number}


def _versions(compared: Iterable[ComparedReport]) -> str:
    """Return “v1 → v2” for each pair of versions; a report that is the first of its kind has none."""
    pairs = {(pair.before.version, pair.after.version) for pair in compared if pair.before is not None}
    return ", ".join(f"v{before} → v{after}" for before, after in sorted(pairs))
