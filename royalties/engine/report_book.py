"""The report lines of an agreement as they arrive, and what statements were made of."""

import datetime as dt
from collections.abc import Iterable

from royalties.engine.agreement import Agreement
from royalties.engine.codes import TierWindow
from royalties.engine.comparison import ComparedReport, compare_reports
from royalties.engine.quantities import (
    Cell,
    ReportLine,
    TermQuantity,
    cell_quantities,
    counted,
    lines_by_cell,
)
from royalties.engine.terms import Key, Term


class ReportBook:
    """Which report lines count for each term and period on a day, and which did at the last statement.

    Days may only go forward; a day costs no more than the lines of the cells in which something arrived.
    """

    def __init__(self, agreement: Agreement, lines: Iterable[ReportLine]) -> None:
        self._calendar = agreement.calendar
        self._terms = {term.id: term for term in agreement.terms}
        self._lines = lines_by_cell(agreement, lines)
        arrivals = [(line.accepted_on, cell) for cell, found in self._lines.items() for line in found]
        # The latest first, to be taken from the end.
        self._arrivals = sorted(arrivals, key=lambda arrival: arrival[0], reverse=True)
        self._counted: dict[Cell, list[ReportLine]] = {}
        self._quantities: dict[Cell, list[TermQuantity]] = {}
        self._stated: dict[Cell, list[ReportLine]] = {}
        self._compared: dict[Cell, list[ComparedReport]] = {}

    def move_to(self, day: dt.date, through: dt.date) -> list[TermQuantity]:
        """Return the quantities of the periods that end up to `through` from what is accepted up to a day."""
        changed: dict[Cell, None] = {}
        while self._arrivals and self._arrivals[-1][0] <= day:
            changed[self._arrivals.pop()[1]] = None
        for cell in changed:
            self._counted[cell] = counted(self._lines[cell], day)
            self._quantities[cell] = cell_quantities(self._terms[cell.term], cell.period_end, self._counted[cell])
        included = [cell for cell in self._counted if cell.period_end <= through]
        self._compared = {
            cell: compare_reports(self._stated.get(cell, ()), self._counted[cell])
            for cell in included
            if self._stated.get(cell) is not self._counted[cell]
        }
        self._stated |= {cell: self._counted[cell] for cell in included}
        return [quantity for cell in included for quantity in self._quantities[cell]]

    def compared_for(self, term_id: Key, period_end: dt.date) -> list[ComparedReport]:
        """Return what a royalty line compares: new versions in its window up to its period, its own term's and those
        of the terms that it continues.
        """
        window = self._terms[term_id].window
        terms: set[Key] = set()
        term: Term | None = self._terms[term_id]
        while term is not None:
            terms.add(term.id)
            term = None if term.continues is None else self._terms[term.continues]
        return self._pairs(
            cell
            for cell in self._compared
            if cell.term in terms and cell.period_end <= period_end and self._is_same(window, cell, period_end)
        )

    def corrections_through(self, period_end: dt.date) -> list[ComparedReport]:
        """Return the new versions in periods up to one of reports that were stated before."""
        pairs = self._pairs(cell for cell in self._compared if cell.period_end <= period_end)
        return [pair for pair in pairs if pair.before is not None]

    def _is_same(self, window: TierWindow, cell: Cell, period_end: dt.date) -> bool:
        match window:
            case TierWindow.PERIOD:
                return cell.period_end == period_end
            case TierWindow.CONTRACT_YEAR:
                return self._year(cell.period_end) == self._year(period_end)
            case TierWindow.LIFETIME:
                return True

    def _year(self, period_end: dt.date) -> int:
        period = self._calendar.period_on(period_end)
        return 0 if period is None else period.contract_year

    def _pairs(self, cells: Iterable[Cell]) -> list[ComparedReport]:
        """Return the pairs of cells, each report once although it may count for several terms."""
        pairs = {
            pair.after: pair
            for cell in sorted(cells, key=lambda cell: cell.period_end)
            for pair in self._compared[cell]
        }
        return list(pairs.values())
