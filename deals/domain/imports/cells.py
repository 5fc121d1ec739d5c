"""Reading the cells of rows as the fields that the map names."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from deals.domain.imports.amounts import NumberReader, number_reader
from deals.domain.imports.dates import DateReader, date_reader, detect_dates
from deals.domain.imports.fields import FIELDS, FieldKind, ImportField
from deals.domain.imports.mapping import ImportMap, value_key
from deals.domain.imports.problems import HEADING_ROW, UNSTORABLE, CellError, MapInvalidError, short
from deals.domain.imports.remarks import Remarks
from deals.domain.imports.tables import CalculatedCell, Cell, Row, Table, overflow
from lrs_tracker.currencies import validate_currency
from lrs_tracker.visible_text import validate_visible

_LIST_MARKS = re.compile(r"[,;/|+&\n]")


@dataclass(slots=True)
class ParsedRow:
    """The values of a row by field name; `defaulted` are those that the row itself did not give."""

    number: int
    values: dict[str, Any]
    defaulted: set[str]


class RowReader:
    """Reads the rows of one file by one map."""

    def __init__(self, table: Table, import_map: ImportMap, remarks: Remarks) -> None:
        self.table = table
        self.map = import_map
        self.remarks = remarks
        self.places = column_places(table, import_map)
        self.headings = {name: table.headings[place] for name, place in self.places.items()}
        self.dates = self._date_reader()
        self.numbers = {
            name: number_reader(self._column(name), given=import_map.decimal)
            for name in self.places
            if FIELDS[name].kind == FieldKind.NUMBER
        }
        self._choices = {name: _choice_table(FIELDS[name]) for name in FIELDS if FIELDS[name].choices}
        self._defaults = self._read_defaults()

    def heading(self, name: str) -> str:
        """Return the heading of the column that fills a field; empty when none does."""
        return self.headings.get(name, "")

    def read_rows(self) -> list[ParsedRow]:
        """Read every row, remarking on each cell that cannot be used."""
        return [self._read_row(row) for row in self.table.rows]

    def _read_row(self, row: Row) -> ParsedRow:
        values: dict[str, Any] = {}
        if extra := overflow(row, len(self.table.headings)):
            message = _("The row has %(count)s more values than there are headings; a quotation mark may be missing.")
            self.remarks.error(row.number, "", message % {"count": extra})
        for name, place in self.places.items():
            cell = row.cells[place] if place < len(row.cells) else None
            if cell is None or cell == "":
                continue
            try:
                value = self._read_cell(name, cell, partial(self._warn, row.number, name))
            except CellError as error:
                self.remarks.error(row.number, self.heading(name), error)
                continue
            if value not in (None, "", []):
                values[name] = value
        defaulted = {name for name in self._defaults if name not in values}
        values.update({name: self._defaults[name] for name in defaulted})
        return ParsedRow(row.number, values, defaulted)

    def _warn(self, number: int, name: str, message: str) -> None:
        self.remarks.warning(number, self.heading(name), message)

    def _read_cell(self, name: str, cell: Cell, warn: Callable[[str], None]) -> Any:
        field = FIELDS[name]
        if isinstance(cell, CalculatedCell):
            if cell.result is None:
                raise CellError(_("A formula without a stored result. Save the workbook in Excel, or paste values."))
            warn(_("A formula; the result that was last calculated is used."))
            cell = cell.result
        if field.kind == FieldKind.DATE:
            return self.dates.read(cell)
        if field.kind == FieldKind.NUMBER:
            return self._read_number(field, cell, warn)
        text = clean_text(cell, field)
        if text.startswith("="):
            warn(_("The value begins with “=”; it is kept as text and not calculated."))
        text = self.map.values.get(name, {}).get(value_key(text), text)
        return self._read_text(field, text)

    def _read_text(self, field: ImportField, text: str) -> Any:
        if field.kind == FieldKind.CHOICE:
            return self._choice(field.name, text)
        if field.kind == FieldKind.CHOICES:
            return sorted({self._choice(field.name, part) for part in _LIST_MARKS.split(text) if part.strip()})
        if field.name in {"currency", "company_country"}:
            text = text.upper()
        try:
            if field.kind == FieldKind.TEXT:
                validate_visible(text)
            if field.name == "currency" and text:
                validate_currency(text)
            if field.name == "contact_email" and text:
                validate_email(text)
        except ValidationError as error:
            raise CellError(error.messages[0]) from None
        return text

    def _read_number(self, field: ImportField, cell: Cell, warn: Callable[[str], None]) -> Decimal | int | None:
        if field.name == "probability" and isinstance(cell, str):
            cell = cell.strip().removesuffix("%")
        reader = self.numbers.get(field.name, NumberReader(self.map.decimal or "."))
        number, is_rounded = reader.read(cell, places=field.places)
        if number is None:
            return None
        if number < 0:
            raise CellError(_("The number cannot be negative."))
        if number > field.maximum:
            raise CellError(_("The number is at most %(limit)s.") % {"limit": f"{field.maximum:,}"})
        if is_rounded and field.name == "probability":
            raise CellError(_("A probability is a whole number of percent."))
        if is_rounded:
            warn(_("Rounded to %(number)s.") % {"number": number})
        return int(number) if field.name == "probability" else number

    def _choice(self, name: str, text: str) -> str:
        found = self._choices[name].get(_letters(text))
        if found is None:
            allowed = ", ".join(str(label) for _value, label in FIELDS[name].choices)
            raise CellError(
                _("“%(text)s” is not one of: %(allowed)s.") % {"text": short(text), "allowed": allowed},
            )
        return found

    def _read_defaults(self) -> dict[str, Any]:
        defaults = {}
        for name, text in self.map.defaults.items():
            try:
                reader = self.dates if self.dates.formats else date_reader("YYYY-MM-DD")
                is_date = FIELDS[name].kind == FieldKind.DATE
                defaults[name] = reader.read(text) if is_date else self._read_cell(name, text, lambda _text: None)
            except CellError as error:
                raise MapInvalidError(str(error), field=f"defaults.{name}") from None
        return defaults

    def _date_reader(self) -> DateReader:
        if self.map.dates and self.map.dates.lower() != "auto":
            return date_reader(self.map.dates)
        names = [name for name in self.places if FIELDS[name].kind == FieldKind.DATE]
        reader = detect_dates(cell for name in names for cell in self._column(name))
        if len(reader.formats) == 1:
            message = _("Dates were read as %(format)s, which fits all values.") % {"format": reader.formats[0].pattern}
            self.remarks.info(HEADING_ROW, self.heading(names[0]), message)
        return reader

    def _column(self, name: str) -> list[Cell]:
        place = self.places[name]
        return [row.cells[place] for row in self.table.rows if place < len(row.cells)]


def column_places(table: Table, import_map: ImportMap) -> dict[str, int]:
    """Return the place of the column that fills each field.

    Raise MapInvalidError for a mapped heading that the file lacks or has twice.
    """
    places: dict[str, int] = {}
    for heading, name in import_map.columns.items():
        count = table.headings.count(heading)
        if count == 0:
            raise MapInvalidError(
                _("The file has no column “%(name)s”. It has: %(known)s.")
                % {"name": short(heading), "known": short(", ".join(filter(None, table.headings)), 400)},
                field="columns",
            )
        if count > 1:
            raise MapInvalidError(
                _("The file has %(count)s columns named “%(name)s”; give them different headings.")
                % {"count": count, "name": short(heading)},
                field="columns",
            )
        places[name] = table.headings.index(heading)
    return places


def clean_text(cell: Cell, field: ImportField) -> str:
    """Return a cell as text in normal form, on one line unless the field is long; raise CellError."""
    if isinstance(cell, Decimal) and cell == cell.to_integral_value():
        cell = int(cell)
    text = unicodedata.normalize("NFC", str(cell))
    if found := UNSTORABLE.search(text):
        code = ord(found.group())
        raise CellError(
            _("The value holds a NUL character, which cannot be stored.")
            if code == 0
            else _("The value holds the control character U+%(code)s, which cannot be stored.")
            % {"code": f"{code:04X}"}
        )
    text = text.strip() if field.kind == FieldKind.LONG_TEXT else " ".join(text.split())
    if len(text) > field.max_length:
        raise CellError(
            _("The value has %(count)s letters; at most %(limit)s fit.")
            % {"count": f"{len(text):,}", "limit": f"{field.max_length:,}"}
        )
    return text


def _choice_table(field: ImportField) -> dict[str, str]:
    return {_letters(str(text)): value for value, label in field.choices for text in (value, label)}


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
