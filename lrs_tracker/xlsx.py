"""Writing XLSX workbooks row by row. Import it where one is written: openpyxl brings numpy, 20 MB, with it."""

import tempfile
from collections.abc import Iterable
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from lrs_tracker.exports import CONTROL, FORMULA

XLSX_CELL_LENGTH = 32_767


def write_workbook(headings: list[str], rows: Iterable[list[Any]]) -> IO[bytes]:
    """Return a file with one sheet: the headings, which stay in sight, and the rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for number, heading in enumerate(headings, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = max(12, min(40, len(heading) + 4))
    sheet.append([_heading_cell(sheet, heading) for heading in headings])
    for row in rows:
        sheet.append([_text_cell(sheet, value) if isinstance(value, str) else value for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the response closes it
    book.save(file)
    file.seek(0)
    return file


def _text_cell(sheet: Any, text: str) -> Any:
    """Return a cell that is text whatever it looks like, and stays text when someone edits it."""
    text = _clean(text)[:XLSX_CELL_LENGTH]
    if text[:1] != "#" and not FORMULA.match(text):
        return text
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


def _clean(text: str) -> str:
    """Return a text without control characters and with the line breaks of XML, whichever library writes it."""
    return CONTROL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def _heading_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, _clean(text))
    cell.data_type = "s"
    cell.font = Font(bold=True)
    return cell
