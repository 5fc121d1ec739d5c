"""Months as files write them: 2026-03, 03/2026, Mar 2026, Mar-26, 202603, or any day of the month."""

import datetime as dt
import re
from decimal import Decimal

from django.utils.translation import gettext as _

from deals.domain.imports.problems import CellError, short
from deals.domain.imports.tables import Cell

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FORMS = (
    re.compile(r"(?P<year>\d{4})[-/. ]?(?P<month>\d{1,2})", re.ASCII),
    re.compile(r"(?P<month>\d{1,2})[-/. ](?P<year>\d{4})", re.ASCII),
    re.compile(r"(?P<year>\d{4})年(?P<month>\d{1,2})月", re.ASCII),
    re.compile(r"(?P<name>[A-Za-z]{3,9})\.?[-/. ]*(?P<year>\d{4})", re.ASCII),
    # A spreadsheet's own way of showing a month.
    re.compile(r"(?P<name>[A-Za-z]{3})[-/. ](?P<year>\d{2})", re.ASCII),
    re.compile(r"(?P<year>\d{4})[-/. ]*(?P<name>[A-Za-z]{3,9})", re.ASCII),
    re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.]\d{1,2}(?:[T ].*)?", re.ASCII),
)
_DAY = re.compile(r"(?P<one>\d{1,2})(?P<mark>[-/.])(?P<other>\d{1,2})(?P=mark)(?P<year>\d{4})(?: .*)?", re.ASCII)


def read_month(cell: Cell) -> dt.date:
    """Return the first day of the month in a cell. Raise CellError for what is none, or may be two.

    A day such as 03/04/2026 may be in March or April and is refused; 31.03.2026 and 03/31/2026 cannot.
    """
    if isinstance(cell, dt.datetime):
        cell = cell.date()
    if isinstance(cell, dt.date):
        return cell.replace(day=1)
    if isinstance(cell, Decimal) and cell == cell.to_integral_value():
        cell = int(cell)
    text = " ".join(str(cell).split())
    for form in _FORMS:
        if match := form.fullmatch(text):
            parts = match.groupdict()
            month = _number(parts.get("name") or "") or int(parts.get("month") or 0)
            if 1 <= month <= 12:
                year = int(parts["year"])
                return _first_of(year + 2000 if year < 100 else year, month, text)
    if match := _DAY.fullmatch(text):
        one, other = int(match["one"]), int(match["other"])
        months = {month for month, day in ((one, other), (other, one)) if 1 <= month <= 12 and 1 <= day <= 31}
        if len(months) == 1:
            return _first_of(int(match["year"]), months.pop(), text)
    raise CellError(_("“%(text)s” is not a month: write it as 2026-03.") % {"text": short(text)})


def _number(name: str) -> int:
    return _NAMES.index(name[:3].lower()) + 1 if name[:3].lower() in _NAMES else 0


def _first_of(year: int, month: int, text: str) -> dt.date:
    if not 1950 <= year <= 2099:
        raise CellError(_("“%(text)s” is not a plausible month.") % {"text": short(text)})
    return dt.date(year, month, 1)
