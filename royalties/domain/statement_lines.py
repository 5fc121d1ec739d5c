"""The lines of a statement from a calculation: what it adds to what was stated, named and explained."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Max

from plants.models import Plant
from royalties.domain.calculation import Calculation, calculate_to_date, compared_reports, stated_lines
from royalties.domain.line_differences import signed_amount
from royalties.domain.line_labels import LineNamer, TermName
from royalties.engine.codes import LineKind
from royalties.engine.comparison import ComparedReport
from royalties.engine.exact import plain
from royalties.engine.lines import LineAmount, Lines
from royalties.engine.quantities import Cell
from royalties.engine.statements import Statement as EngineStatement
from royalties.engine.statements import StatementLine as EngineLine
from royalties.engine.statements import difference
from royalties.engine.tiers import brackets_of
from royalties.enums import DEDUCTIONS, StatementStatus
from royalties.models import Agreement, ReportFiling, RoyaltyTerm, Statement, StatementLine

# Quantities are stored, and so compared, to the watt-hour or a thousandth.
_THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class NewLines:
    """What the next statement of an agreement says: its unsaved lines and their totals."""

    calculation: Calculation
    totals: EngineStatement
    lines: list[StatementLine]


def next_lines(agreement: Agreement, *, through: dt.date, counting: ReportFiling | None = None) -> NewLines:
    """Return what a statement through a period says on the reports accepted so far; nothing is written.

    With a filing, as if it were accepted. Raise MissingRate and MissingIndexError.
    """
    calculation = calculate_to_date(agreement, through=through, counting=counting)
    return lines_of(agreement, calculation, counting=counting)


def lines_of(agreement: Agreement, calculation: Calculation, *, counting: ReportFiling | None = None) -> NewLines:
    """Return what a calculation adds to everything stated."""
    totals = difference(
        _as_stored(calculation.lines), stated_lines(agreement), gross_up=calculation.agreement.rules.gross_up
    )
    last = _issued(agreement).aggregate(period_end=Max("period_end"), at=Max("issued_at"))
    compared = _compared(agreement, calculation, totals.lines, stated_at=last["at"], counting=counting)
    names = _term_names(totals.lines, stated_at=last["at"])
    plants = _plant_names(compared)
    namer = LineNamer(names, calculation, list(agreement.amendments.order_by("-number")), compared)
    explanation = calculation.explain()
    lines = []
    for line in totals.lines:
        is_adjustment = line.is_adjustment or (
            last["period_end"] is not None and line.key.period_end <= last["period_end"]
        )
        found = compared.get(Cell(line.key.item, line.key.period_end), []) if line.key.item is not None else []
        trace = explanation.trace(line, found)
        lines.append(
            StatementLine(
                kind=line.key.kind,
                term_id=line.key.item if line.key.kind == LineKind.ROYALTY else None,
                fee_id=line.key.item if line.key.kind == LineKind.FEE else None,
                period_end=line.key.period_end,
                is_adjustment=is_adjustment,
                label=namer.label(line, trace, is_adjustment=is_adjustment),
                quantity=line.quantity,
                amount=line.amount,
                trace=trace | _additions(calculation, line, trace, names, plants),
            )
        )
    lines.sort(key=_place)
    for position, stored in enumerate(lines, start=1):
        stored.position = position
    return NewLines(calculation, totals, lines)


def describe_lines(lines: Iterable[StatementLine]) -> list[dict[str, Any]]:
    """Return lines as JSON with their amounts as they stand on the statement, to be kept for a comparison."""
    return [
        {
            "kind": str(line.kind),
            "term": line.term_id,
            "fee": line.fee_id,
            "period_end": line.period_end.isoformat(),
            "label": line.label,
            "quantity": None if line.quantity is None else plain(line.quantity),
            "amount": plain(signed_amount(line)),
        }
        for line in lines
    ]


def _place(line: StatementLine) -> tuple[int, bool, dt.date]:
    """Return where a line stands: what is charged, its corrections, the advance, then tax; each in order of time."""
    deduction = next((place for place, kind in enumerate(DEDUCTIONS, start=1) if line.kind == kind), 0)
    return deduction, line.is_adjustment, line.period_end


def _issued(agreement: Agreement) -> Any:
    return Statement.objects.filter(agreement=agreement).exclude(status=StatementStatus.DRAFT)


def _as_stored(lines: Lines) -> Lines:
    """Round quantities as the database keeps them, so that what was stated equals what is calculated again."""
    return {
        key: line if line.quantity is None else LineAmount(line.quantity.quantize(_THOUSANDTH), line.amount)
        for key, line in lines.items()
    }


def _compared(
    agreement: Agreement,
    calculation: Calculation,
    lines: Sequence[EngineLine],
    *,
    stated_at: dt.datetime | None,
    counting: ReportFiling | None,
) -> dict[Cell, list[ComparedReport]]:
    """Return the reports behind royalty lines: all of them for a first line, else those that changed since."""
    found: dict[Cell, list[ComparedReport]] = {}
    royalties = [line for line in lines if line.key.kind == LineKind.ROYALTY]
    for is_first in (True, False):
        chosen = {line.key.period_end for line in royalties if (line.stated is None) == is_first}
        cells = compared_reports(
            agreement,
            calculation.agreement,
            periods=[period for period in calculation.periods if period.ends_on in chosen],
            stated_at=None if is_first else stated_at,
            counting=counting,
        )
        for line in royalties:
            if (line.stated is None) == is_first and line.key.item is not None:
                cell = Cell(line.key.item, line.key.period_end)
                found[cell] = cells.get(cell, [])
    return found


def _term_names(lines: Iterable[EngineLine], *, stated_at: dt.datetime | None) -> dict[Any, TermName]:
    ids = {line.key.item for line in lines if line.key.kind == LineKind.ROYALTY and line.key.item is not None}
    rows = RoyaltyTerm.objects.filter(pk__in=ids).values_list(
        "pk", "label", "clause", "basis", "window", "introduced_by__number", "introduced_by__created_at"
    )
    return {
        pk: TermName(label, clause, basis, window, number if stated_at and added_at and added_at > stated_at else None)
        for pk, label, clause, basis, window, number, added_at in rows
    }


def _plant_names(compared: Mapping[Cell, Iterable[ComparedReport]]) -> dict[Any, str]:
    ids = {pair.after.plant for pairs in compared.values() for pair in pairs}
    return dict(Plant.objects.filter(pk__in=ids).values_list("pk", "name"))


def _additions(
    calculation: Calculation,
    line: EngineLine,
    trace: Mapping[str, Any],
    names: Mapping[Any, TermName],
    plants: Mapping[Any, str],
) -> dict[str, Any]:
    """Return what a reader needs beside the arithmetic: names, and the tiers that the quantity does not reach."""
    reports = [{**report, "plant_name": plants.get(report["plant"], "")} for report in trace["reports"]]
    if line.key.kind != LineKind.ROYALTY:
        return {"reports": reports}
    additions: dict[str, Any] = {"reports": reports, "label": names[line.key.item].label}
    for term in calculation.agreement.terms:
        if term.id == line.key.item:
            additions["brackets"] = [
                {"from": plain(bracket.lower), "to": None if bracket.upper is None else plain(bracket.upper)}
                for bracket in brackets_of(term.tiers, term.basis)
            ]
    return additions
