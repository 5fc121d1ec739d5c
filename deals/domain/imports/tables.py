"""A file as a table of cells, whatever its format."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from deals.domain.imports.problems import HEADING_ROW, FileUnusableError, Problem, Severity, short

MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_HEADING_LENGTH = 200

type Cell = str | int | Decimal | bool | dt.datetime | dt.date | dt.time | CalculatedCell | None


@dataclass(frozen=True, slots=True)
class CalculatedCell:
    """A formula of a workbook, with the result that was stored when it was last calculated."""

    result: Cell


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not blank, under its number in a spreadsheet."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(slots=True)
class Table:
    """The headings and rows of a file, how it was read, and what was strange about it."""

    headings: list[str]
    rows: list[Row]
    read_as: str
    problems: list[Problem] = field(default_factory=list)


def table_of(rows: list[Row], *, read_as: str, is_ragged_normal: bool, problems: list[Problem]) -> Table:
    """Split rows into headings and the rest; raise FileUnusableError when there is nothing to import."""
    if not rows:
        raise FileUnusableError(_("The file is empty."))
    first, *others = rows
    headings = [_heading(cell) for cell in first.cells]
    while headings and not headings[-1]:
        headings.pop()
    if len(headings) > MAX_COLUMNS:
        raise FileUnusableError(_("The file has more than %(count)s columns.") % {"count": MAX_COLUMNS})
    if not others:
        raise FileUnusableError(_("The file has headings, but no rows below them."))
    if len(others) > MAX_ROWS:
        raise FileUnusableError(
            _("The file has more than %(count)s rows. Split it into several files.") % {"count": f"{MAX_ROWS:,}"}
        )
    table = Table(headings, others, read_as, problems)
    _report_headings(table)
    if not is_ragged_normal:
        _report_short_rows(table)
    return table


def _heading(cell: Cell) -> str:
    if isinstance(cell, CalculatedCell):
        cell = cell.result
    return "" if cell is None else short(cell, MAX_HEADING_LENGTH)


def is_blank(cells: tuple[Cell, ...]) -> bool:
    """Return whether a row holds nothing at all."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)


def overflow(row: Row, width: int) -> int:
    """Return how many values a row has beyond the last heading."""
    return 0 if is_blank(row.cells[width:]) else len(row.cells) - width


def _report_headings(table: Table) -> None:
    seen: set[str] = set()
    for place, heading in enumerate(table.headings, start=1):
        if not heading:
            message = _("Column %(place)s has no heading and is left out.") % {"place": place}
        elif heading in seen:
            message = _("Several columns have this heading; none of them can be mapped.")
        else:
            seen.add(heading)
            continue
        table.problems.append(Problem(HEADING_ROW, heading, Severity.WARNING, message))


def _report_short_rows(table: Table) -> None:
    width = len(table.headings)
    for row in table.rows:
        if len(row.cells) < width:
            message = _("The row has %(count)s values under %(width)s headings; the missing ones count as empty.")
            table.problems.append(
                Problem(row.number, "", Severity.WARNING, message % {"count": len(row.cells), "width": width})
            )
