"""Quantities: which report lines count, and their sums per term and reporting period."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from royalties.engine.agreement import Agreement
from royalties.engine.calendar import last_day
from royalties.engine.codes import Basis
from royalties.engine.exact import EXACT, ZERO
from royalties.engine.terms import Key, Term


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What a version of a report says of one plant, month (its first day), chemistry and field of use.

    A nil line is a line with every figure zero. A later version replaces only the lines it contains.
    """

    plant: Key
    month: dt.date
    chemistry: Key
    field: Key
    version: int
    accepted_on: dt.date
    energy_produced_kwh: Decimal = ZERO
    energy_sold_kwh: Decimal = ZERO
    units: Decimal = ZERO
    net_sales: Decimal = ZERO
    currency: str = ""

    def figure(self, basis: Basis) -> Decimal:
        """Return the quantity that a basis charges."""
        match basis:
            case Basis.ENERGY_PRODUCED:
                return self.energy_produced_kwh
            case Basis.ENERGY_SOLD:
                return self.energy_sold_kwh
            case Basis.UNITS:
                return self.units
            case Basis.NET_SALES:
                return self.net_sales
            case Basis.LUMP_SUM:
                return ZERO


class TermQuantity(NamedTuple):
    """A term's quantity of a reporting period; net sales once per currency, other bases with an empty one.

    A period never straddles contract years, and rates are constant within a period, so nothing finer is needed.
    """

    term: Key
    period_end: dt.date
    currency: str
    quantity: Decimal


class Cell(NamedTuple):
    """A term's reporting period."""

    term: Key
    period_end: dt.date


def counted(lines: Iterable[ReportLine], through: dt.date) -> list[ReportLine]:
    """Return, of each plant, month, chemistry and field, the highest version accepted up to a day."""
    highest: dict[tuple[Key, dt.date, Key, Key], ReportLine] = {}
    for line in lines:
        if line.accepted_on <= through:
            key = (line.plant, line.month, line.chemistry, line.field)
            known = highest.get(key)
            if known is None or known.version < line.version:
                highest[key] = line
    return list(highest.values())


def lines_by_cell(agreement: Agreement, lines: Iterable[ReportLine]) -> dict[Cell, list[ReportLine]]:
    """Sort report lines to the terms and periods in force on their month's last day.

    A line may count for several terms of different bases; one that no term covers counts for none. Lines of months
    outside the agreement are left out here, and refused where they enter.
    """
    period_ends: dict[dt.date, dt.date | None] = {}
    covering: dict[tuple[dt.date, Key, Key, Key], list[Term]] = {}
    cells: dict[Cell, list[ReportLine]] = {}
    for line in lines:
        if line.month not in period_ends:
            period = agreement.calendar.period_of_month(line.month)
            period_ends[line.month] = None if period is None else period.ends_on
        period_end = period_ends[line.month]
        if period_end is None:
            continue
        key = (line.month, line.plant, line.chemistry, line.field)
        if key not in covering:
            covering[key] = _covering(agreement.terms, line)
        for term in covering[key]:
            cells.setdefault(Cell(term.id, period_end), []).append(line)
    return cells


def cell_quantities(term: Term, period_end: dt.date, lines: Sequence[ReportLine]) -> list[TermQuantity]:
    """Return the sums of the lines that count for a term and period, one per currency for net sales."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        currency = line.currency if term.basis == Basis.NET_SALES else ""
        sums[currency] = EXACT.add(sums.get(currency, ZERO), line.figure(term.basis))
    return [TermQuantity(term.id, period_end, currency, quantity) for currency, quantity in sums.items()]


def term_quantities(agreement: Agreement, lines: Iterable[ReportLine], through: dt.date) -> list[TermQuantity]:
    """Return the quantities of every term and period from the reports accepted up to a day."""
    terms: Mapping[Key, Term] = {term.id: term for term in agreement.terms}
    quantities: list[TermQuantity] = []
    for (term, period_end), found in lines_by_cell(agreement, counted(lines, through)).items():
        quantities += cell_quantities(terms[term], period_end, found)
    return quantities


def _covering(terms: Iterable[Term], line: ReportLine) -> list[Term]:
    day = last_day(line.month)
    return [
        term
        for term in terms
        if term.basis != Basis.LUMP_SUM
        and term.in_force_on(day)
        and term.scope.covers(line.plant, line.chemistry, line.field)
    ]
