"""Reading XLSX workbooks, within limits: a small ZIP can hold gigabytes."""

import datetime as dt
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import openpyxl
from django.utils.translation import gettext as _

from deals.domain.imports.problems import HEADING_ROW, FileUnusableError, Problem, Severity
from deals.domain.imports.tables import MAX_COLUMNS, MAX_ROWS, CalculatedCell, Cell, Row, Table, is_blank, table_of

MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_SHARED_TEXT_BYTES = 40 * 1024 * 1024
MAX_MEMBERS = 2000
# A row and each of its cells and values is an element; openpyxl walks all of a sheet before it gives the first.
MAX_ELEMENTS = 10_000_000
# Excel leaves gaps between rows freely; a sheet is not read beyond this row, blank or not.
_LAST_ROW = MAX_ROWS * 2
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_FORMULA = re.compile(rb"<f[ >/]")


def read_workbook(content: bytes, *, sheet: str = "", most_elements: int = MAX_ELEMENTS) -> Table:
    """Read a sheet of an XLSX workbook (the first with content); raise FileUnusableError when it is none.

    Who expects small files lowers `most_elements`, about two for each cell: reading 100,000 takes about a second.
    """
    if content.startswith(_OLD_OFFICE):
        raise FileUnusableError(
            _("This is an old or password-protected Excel file. Save it as XLSX without a password.")
        )
    has_formulas = _inspect(content, most_elements)
    try:
        with warnings.catch_warnings():
            # openpyxl warns of extensions and styles that it drops; only the values matter here.
            warnings.simplefilter("ignore")
            return _read_sheet(content, sheet, has_formulas)
    except FileUnusableError:
        raise
    except Exception:  # openpyxl raises errors of any type for a damaged workbook
        raise FileUnusableError(_("The workbook is damaged and cannot be read.")) from None


def _inspect(content: bytes, most_elements: int) -> bool:
    """Refuse what is no workbook or too large unpacked; return whether a sheet holds formulas."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if "xl/workbook.xml" not in archive.namelist():
                raise FileUnusableError(_("This ZIP file is not an XLSX workbook."))
            if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
                raise FileUnusableError(_("The workbook is too large when unpacked."))
            shared = sum(member.file_size for member in members if member.filename.endswith("sharedStrings.xml"))
            if shared > MAX_SHARED_TEXT_BYTES:
                raise FileUnusableError(_("The workbook holds too much text."))
            # Every member is scanned: a sheet may bear any name, and there may be one after the first formula.
            scanned = [_scan(archive, member) for member in members]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, zlib.error):
        raise FileUnusableError(_("This is not an XLSX workbook, or it is damaged.")) from None
    if sum(elements for _has_formulas, elements in scanned) > most_elements:
        raise FileUnusableError(_("The workbook holds too many cells. Leave only the rows that count."))
    return any(has_formulas for has_formulas, _elements in scanned)


def _scan(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> tuple[bool, int]:
    """Refuse document types, which can blow up in a parser; return whether a sheet holds formulas, and its elements."""
    is_sheet = member.filename.startswith("xl/worksheets/")
    is_picture = member.filename.startswith("xl/media/")
    found, elements, tail = False, 0, b""
    with archive.open(member) as stream:
        while chunk := stream.read(1 << 20):
            if not is_picture and (b"<!DOCTYPE" in tail + chunk or b"<!ENTITY" in tail + chunk):
                raise FileUnusableError(_("The workbook contains a document type definition, which is not read."))
            found = found or (is_sheet and _FORMULA.search(tail + chunk) is not None)
            elements += chunk.count(b"<") - chunk.count(b"</")
            tail = chunk[-12:]
    return found, elements


def _read_sheet(content: bytes, sheet: str, has_formulas: bool) -> Table:
    values = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    names = [worksheet.title for worksheet in values.worksheets]
    if sheet and sheet not in names:
        raise FileUnusableError(
            _("There is no sheet “%(name)s”. The workbook has: %(names)s.")
            % {"name": sheet[:40], "names": ", ".join(names)}
        )
    chosen = sheet or next((name for name in names if any(_rows_of(values[name], last_row=20))), names[0])
    if has_formulas:
        formulas = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        rows = list(_with_formulas(_rows_of(values[chosen]), _rows_of(formulas[chosen])))
    else:
        rows = list(_rows_of(values[chosen]))
    problems = []
    if len(names) > 1 and not sheet:
        message = _("The workbook has %(count)s sheets; “%(name)s” was read.") % {"count": len(names), "name": chosen}
        problems.append(Problem(HEADING_ROW, "", Severity.WARNING, message))
    read_as = _("XLSX, sheet “%(name)s”") % {"name": chosen}
    return table_of(rows, read_as=read_as, is_ragged_normal=True, problems=problems)


def _rows_of(worksheet: Any, last_row: int = _LAST_ROW) -> Iterator[Row]:
    # The size that the file states may be wrong.
    worksheet.reset_dimensions()
    found = 0
    cells_of_rows = worksheet.iter_rows(max_row=last_row, max_col=MAX_COLUMNS + 1, values_only=True)
    for number, cells in enumerate(cells_of_rows, start=1):
        if is_blank(cells):
            continue
        yield Row(number, tuple(_cell(value) for value in cells))
        found += 1
        if found > MAX_ROWS + 1:
            return


def _with_formulas(values: Iterator[Row], formulas: Iterator[Row]) -> Iterator[Row]:
    """Mark the cells that are formulas; a row of formulas without stored results is blank in `values`."""
    results = {row.number: row.cells for row in values}
    for row in formulas:
        calculated = results.get(row.number, (None,) * len(row.cells))
        yield Row(
            row.number,
            tuple(
                CalculatedCell(result) if isinstance(cell, str) and cell.startswith("=") and cell != result else result
                for cell, result in zip(row.cells, calculated, strict=True)
            ),
        )


def _cell(value: Any) -> Cell:
    if isinstance(value, float):
        return Decimal(repr(value)) if value == value and abs(value) != float("inf") else str(value)
    if value is None or isinstance(value, str | int | bool | dt.datetime | dt.date | dt.time):
        return value
    # Array and data-table formulas come as objects of openpyxl, durations as timedelta.
    return "=" if type(value).__name__.endswith("Formula") else str(value)
