"""The columns of the list of statements, and of one statement's lines, as a file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from lrs_tracker.exports import Cell, Column
from money.domain.amounts import Money
from royalties.domain.explanations import basis_unit
from royalties.domain.line_differences import is_on_top, signed_amount
from royalties.models import Statement, StatementLine

COLUMNS = [
    Column[Statement](_("Agreement"), lambda statement: statement.agreement.code),
    Column[Statement](_("Title"), lambda statement: statement.agreement.title),
    Column[Statement](_("Licensee"), lambda statement: statement.agreement.licensee.name),
    Column[Statement](_("Number"), lambda statement: statement.number),
    Column[Statement](_("Period from"), lambda statement: statement.period_start),
    Column[Statement](_("Period to"), lambda statement: statement.period_end),
    Column[Statement](_("Status"), lambda statement: statement.get_status_display()),
    Column[Statement](_("Currency"), lambda statement: statement.currency),
    Column[Statement](_("Earned"), lambda statement: statement.earned),
    Column[Statement](_("Shortfall"), lambda statement: statement.shortfall),
    Column[Statement](_("Fees"), lambda statement: statement.fees),
    Column[Statement](_("Recouped"), lambda statement: statement.recouped),
    Column[Statement](_("Withheld"), lambda statement: statement.withheld),
    Column[Statement](_("Payable"), lambda statement: statement.payable),
    Column[Statement](_("Issued"), lambda statement: statement.issued_on),
    Column[Statement](_("Due"), lambda statement: statement.due_on),
    Column[Statement](_("Settled"), lambda statement: statement.settled_on),
]


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of a statement, or without one the row of its total: each says what it is of."""

    statement: Statement
    line: StatementLine | None = None


def line_rows(statement: Statement) -> Iterator[LineRow]:
    """Yield a row for each line of a statement, then the row of its total."""
    for line in statement.lines.order_by("position"):
        yield LineRow(statement, line)
    yield LineRow(statement)


def _of_line(value: Callable[[StatementLine], Cell]) -> Callable[[LineRow], Cell]:
    """Return what shows a line's value, and nothing in the row of the total."""
    return lambda row: None if row.line is None else value(row.line)


def _unit(line: StatementLine) -> str | None:
    return None if line.quantity is None else basis_unit(line.trace.get("basis", ""), line.statement.currency)


def _amount(row: LineRow) -> Decimal:
    """Return what a row adds to the payable, so that the lines add up to the total whoever pays the tax."""
    if row.line is None:
        return _rounded(row, row.statement.payable)
    return _rounded(row, Decimal(0) if is_on_top(row.line) else signed_amount(row.line))


def _tax_on_top(row: LineRow) -> Decimal | None:
    """Return the tax that the licensee pays beside what is payable."""
    if row.line is None:
        return _rounded(row, row.statement.withheld) if row.statement.is_grossed_up else None
    return _rounded(row, row.line.amount) if is_on_top(row.line) else None


def _rounded(row: LineRow, amount: Decimal) -> Decimal:
    return Money(amount, row.statement.currency).rounded().amount


LINE_COLUMNS = [
    Column[LineRow](_("Agreement"), lambda row: row.statement.agreement.code),
    Column[LineRow](_("Title"), lambda row: row.statement.agreement.title),
    Column[LineRow](_("Licensee"), lambda row: row.statement.agreement.licensee.name),
    Column[LineRow](_("Statement"), lambda row: row.statement.number),
    Column[LineRow](_("Status"), lambda row: row.statement.get_status_display()),
    Column[LineRow](_("Statement from"), lambda row: row.statement.period_start),
    Column[LineRow](_("Statement to"), lambda row: row.statement.period_end),
    Column[LineRow](_("Issued"), lambda row: row.statement.issued_on),
    Column[LineRow](_("Due"), lambda row: row.statement.due_on),
    Column[LineRow](_("Line"), _of_line(lambda line: line.position)),
    Column[LineRow](_("Type"), lambda row: _("Total") if row.line is None else row.line.get_kind_display()),
    Column[LineRow](_("Label"), lambda row: _("Payable") if row.line is None else row.line.label),
    Column[LineRow](_("Clause"), _of_line(lambda line: line.trace.get("clause", ""))),
    Column[LineRow](_("Period to"), _of_line(lambda line: line.period_end)),
    Column[LineRow](_("Adjustment"), _of_line(lambda line: line.is_adjustment)),
    Column[LineRow](_("Quantity"), _of_line(lambda line: line.quantity)),
    Column[LineRow](_("Unit"), _of_line(_unit)),
    Column[LineRow](_("Currency"), lambda row: row.statement.currency),
    Column[LineRow](_("Amount"), _amount),
    Column[LineRow](_("Tax paid on top"), _tax_on_top),
]
