"""A statement's lines as they stand on it, and the sums of its tiles: the same for the page and its files."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from lrs_tracker.formats import format_amount, format_energy, format_number
from royalties.domain.explanations import Explanation, basis_unit, explain
from royalties.domain.line_differences import is_on_top, signed_amount
from royalties.domain.periods import name_period
from royalties.enums import DEDUCTIONS, Basis, LineKind
from royalties.models import Statement, StatementLine

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line in words: what it is about, its period, quantity with unit, and amount with the sign of the statement."""

    line: StatementLine
    detail: str
    period: str
    quantity: str
    amount: Decimal
    is_on_top: bool
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Sums:
    """What the tiles show; they add up to what is payable, but for a tax that is paid on top."""

    earned: Decimal
    quantity: str
    adjustments: Decimal
    adjusted: str
    shortfall_and_fees: Decimal
    recouped: Decimal
    repaid: Decimal
    advance_left: Decimal | None
    withheld: Decimal


def shown_lines(lines: list[StatementLine]) -> list[ShownLine]:
    """Return lines in words, with what explains each."""
    return [_shown(line) for line in lines]


def sums_of(statement: Statement, lines: list[StatementLine]) -> Sums:
    """Return the sums of a statement's tiles from its lines."""
    earnings = {LineKind.ROYALTY, LineKind.CAP}
    adjusting = [line for line in lines if line.is_adjustment and line.kind not in DEDUCTIONS]
    own = [line for line in lines if not line.is_adjustment]
    return Sums(
        earned=_total(line for line in own if line.kind in earnings),
        quantity=_quantity_sold(own),
        adjustments=_total(adjusting),
        adjusted=", ".join(dict.fromkeys(period_of(line) for line in adjusting)),
        shortfall_and_fees=_total(line for line in own if line.kind in {LineKind.SHORTFALL, LineKind.FEE}),
        recouped=_total(line for line in lines if line.kind == LineKind.RECOUPMENT),
        repaid=_total(line for line in lines if line.kind == LineKind.REPAYMENT),
        advance_left=_advance_left(lines),
        withheld=statement.withheld if statement.is_grossed_up else _ZERO - statement.withheld,
    )


def period_of(line: StatementLine) -> str:
    """Return the name of a line's reporting period."""
    period = line.trace.get("period", {})
    starts_on = dt.date.fromisoformat(period["from"]) if "from" in period else line.period_end.replace(day=1)
    return name_period(starts_on, line.period_end)


def _shown(line: StatementLine) -> ShownLine:
    return ShownLine(
        line=line,
        detail=_detail(line),
        period=period_of(line),
        quantity=_quantity(line),
        amount=signed_amount(line),
        is_on_top=is_on_top(line),
        explanation=explain(line.trace),
    )


def _detail(line: StatementLine) -> str:
    """Return the clause, and for an adjustment the term that its label does not name."""
    clause = line.trace.get("clause", "")
    parts = [line.trace.get("label", "")] if line.is_adjustment else []
    parts += [_("clause %(clause)s") % {"clause": clause}] if clause else []
    return " · ".join(filter(None, parts))


def _quantity(line: StatementLine) -> str:
    basis = line.trace.get("basis")
    if line.quantity is None or basis in {None, Basis.LUMP_SUM}:
        return ""
    return f"{format_number(line.quantity, pattern='#,##0.###')} {basis_unit(basis, line.trace['currency'])}"


def _quantity_sold(lines: list[StatementLine]) -> str:
    """Return what royalties were earned on, “5.61 GWh sold”, or nothing where that is neither energy nor sales."""
    for basis, words in ((Basis.ENERGY_SOLD, _("%(energy)s sold")), (Basis.ENERGY_PRODUCED, _("%(energy)s produced"))):
        found = [line.quantity or _ZERO for line in lines if line.trace.get("basis") == basis]
        if found:
            return words % {"energy": " ".join(format_energy(sum(found, _ZERO)))}
    sales = [line for line in lines if line.trace.get("basis") == Basis.NET_SALES]
    if not sales:
        return ""
    total = sum((line.quantity or _ZERO for line in sales), _ZERO)
    return _("on sales of %(amount)s") % {"amount": format_amount(total, sales[0].trace["currency"])}


def _advance_left(lines: list[StatementLine]) -> Decimal | None:
    """Return what is left of the advance after the statement, or None where it recoups and repays nothing."""
    repaying = [line.trace["repayment"] for line in lines if "repayment" in line.trace]
    if repaying:
        advance, recouped, repaid = (Decimal(repaying[-1][name]) for name in ("advance", "recouped", "repaid"))
        return advance - recouped - repaid
    recouping = [line.trace["recoupment"] for line in lines if "recoupment" in line.trace]
    if not recouping:
        return None
    advance = Decimal(recouping[-1]["advance"])
    return advance - min(advance, max(_ZERO, Decimal(recouping[-1]["earned"])))


def _total(lines: Iterable[StatementLine]) -> Decimal:
    return sum((signed_amount(line) for line in lines), _ZERO)
