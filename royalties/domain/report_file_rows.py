"""Rows of a file as lines of a report, by what its columns say."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from deals.domain.imports.amounts import NumberReader, number_reader
from deals.domain.imports.problems import CellError, Problem, Severity, short
from deals.domain.imports.tables import CalculatedCell, Cell, Row, Table
from lrs_tracker.exports import defuse
from lrs_tracker.problems import DomainError
from plants.enums import Chemistry
from royalties.domain.report_lines import ENERGY, FIGURES, ReportLine
from royalties.domain.report_months import read_month
from royalties.domain.report_scope import ReportScope
from royalties.enums import FieldOfUse

UNITS = {"kWh": Decimal(1), "MWh": Decimal(1000), "GWh": Decimal(1_000_000)}
KEY_COLUMNS = ("plant", "month", "chemistry", "field")
COLUMNS = (*KEY_COLUMNS, *FIGURES, "currency", "is_return", "is_nil")
_YES = frozenset({"1", "x", "y", "yes", "true", "ja", "oui", "是", "はい", "예"})


@dataclass(frozen=True, slots=True)
class FileMap:
    """What the columns of a file say: heading to name; `given` is what all rows have in common."""

    columns: Mapping[str, str]
    unit: str = "kWh"
    decimal: str = ""
    given: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the map as it is stored for the next file."""
        return {
            "columns": dict(self.columns),
            "unit": self.unit,
            "decimal": self.decimal,
            "given": dict(self.given),
        }


class RowReader:
    """Reads rows as lines, remarking on each cell that cannot be used."""

    def __init__(self, table: Table, file_map: FileMap, scope: ReportScope) -> None:
        self.map = file_map
        self.scope = scope
        self.problems: list[Problem] = []
        self.places = _places(table, file_map)
        self.headings = {name: table.headings[place] for name, place in self.places.items()}
        self.numbers = {
            name: number_reader(
                [row.cells[place] for row in table.rows if place < len(row.cells)], given=file_map.decimal
            )
            for name, place in self.places.items()
            if name in FIGURES
        }
        self.choices = _choices(scope)

    def heading(self, name: str) -> str:
        """Return the heading of the column that says something; empty when none does."""
        return self.headings.get(name, "")

    def read(self, row: Row) -> ReportLine | None:
        """Return a row as a line; None when it says nothing or something in it is wrong."""
        before = sum(problem.severity == Severity.ERROR for problem in self.problems)
        figures = {name: self._cell(row, name, self._number(name)) for name in self.numbers}
        given: dict[str, Any] = {name: figure for name, figure in figures.items() if figure is not None}
        is_nil = bool(self._cell(row, "is_nil", _is_yes))
        key: dict[str, Any] = {}
        if given or is_nil:
            key = {name: self._key(row, name) for name in KEY_COLUMNS}
        currency = self._cell(row, "currency", _code) or self.map.given.get("currency", "")
        is_return = bool(self._cell(row, "is_return", _is_yes))
        has_errors = sum(problem.severity == Severity.ERROR for problem in self.problems) > before
        if not key or has_errors or None in key.values():
            return None
        if "net_sales" not in given and "gross_sales" in given:
            given["net_sales"] = given["gross_sales"] - given.get("deductions", Decimal(0))
        return ReportLine(
            plant_id=key["plant"],
            month=key["month"],
            chemistry=key["chemistry"],
            field=key["field"],
            **given,
            currency=currency or self.scope.agreement.currency,
            is_nil=not any(given.values()),
            is_return=is_return,
        )

    def _key(self, row: Row, name: str) -> Any:
        read: Callable[[Cell], Any] = read_month if name == "month" else lambda cell: self._choice(name, cell)
        errors = len(self.problems)
        found = self._cell(row, name, read)
        if found is not None or len(self.problems) > errors:
            return found
        if text := self.map.given.get(name):
            return dt.date.fromisoformat(text) if name == "month" else int(text) if name == "plant" else text
        message = _("The row does not say its %(part)s.") % {"part": _part(name)}
        self.problems.append(Problem(row.number, self.heading(name), Severity.ERROR, message))
        return None

    def _choice(self, name: str, cell: Cell) -> Any:
        text = short(cell, 300)
        found = self.choices[name].get(_letters(text))
        if found is None:
            known = {"plant": self.scope.plants.values(), "chemistry": Chemistry.labels, "field": FieldOfUse.labels}
            raise CellError(
                _("“%(text)s” is not one of: %(known)s.")
                % {"text": short(text), "known": ", ".join(map(str, known[name]))}
            )
        return found

    def _number(self, name: str) -> Callable[[Cell], Decimal | None]:
        reader: NumberReader = self.numbers[name]
        factor = UNITS[self.map.unit] if name in ENERGY else Decimal(1)

        def read(cell: Cell) -> Decimal | None:
            number, _is_rounded = reader.read(cell, places=9)
            return None if number is None else number * factor

        return read

    def _cell[Value](self, row: Row, name: str, read: Callable[[Cell], Value]) -> Value | None:
        place = self.places.get(name)
        cell = row.cells[place] if place is not None and place < len(row.cells) else None
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            return None
        try:
            if isinstance(cell, CalculatedCell):
                cell = self._result(row, name, cell)
            return read(cell.strip() if isinstance(cell, str) else cell)
        except CellError as error:
            self.problems.append(Problem(row.number, self.heading(name), Severity.ERROR, str(error)))
            return None

    def _result(self, row: Row, name: str, cell: CalculatedCell) -> Cell:
        if cell.result is None:
            raise CellError(_("A formula without a stored result. Save the workbook in Excel, or paste values."))
        message = _("A formula; the result that was last calculated is used.")
        self.problems.append(Problem(row.number, self.heading(name), Severity.WARNING, message))
        return cell.result


def _places(table: Table, file_map: FileMap) -> dict[str, int]:
    places: dict[str, int] = {}
    for heading, name in file_map.columns.items():
        if name not in COLUMNS or table.headings.count(heading) != 1:
            raise DomainError(
                _("The file has no column “%(heading)s”, or several of that name.") % {"heading": short(heading)},
                field="columns",
            )
        if name in places:
            raise DomainError(
                _("Two columns say the same: “%(one)s” and “%(other)s”.")
                % {"one": short(table.headings[places[name]]), "other": short(heading)},
                field="columns",
            )
        places[name] = table.headings.index(heading)
    return places


def _choices(scope: ReportScope) -> dict[str, dict[str, Any]]:
    """Return what the texts of each key column stand for; a plant's name also as our own files write it."""
    plants: dict[str, list[int]] = defaultdict(list)
    for pk, plant in scope.plants.items():
        for text in {_letters(plant.name), _letters(defuse(plant.name))}:
            plants[text].append(pk)
    return {
        "plant": {text: pks[0] for text, pks in plants.items() if len(pks) == 1},
        "chemistry": {_letters(str(text)): value for value, label in Chemistry.choices for text in (value, label)},
        "field": {_letters(str(text)): value for value, label in FieldOfUse.choices for text in (value, label)},
    }


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())


def _code(cell: Cell) -> str:
    return short(cell, 10).upper()


def _is_yes(cell: Cell) -> bool:
    return cell is True or str(cell).strip().casefold() in _YES


def _part(name: str) -> str:
    return {"plant": _("plant"), "month": _("month"), "chemistry": _("chemistry"), "field": _("field of use")}[name]
