"""Dates in files: a format given as “DD-MM-YYYY”, or found out from all values of the file."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from deals.domain.imports.problems import CellError, MapInvalidError, short
from deals.domain.imports.tables import CalculatedCell, Cell
from lrs_tracker.dates import validate_plausible_date

# Formats that are tried when none is given. Two-digit years are never assumed.
DETECTED_FORMATS = (
    "YYYY-MM-DD",
    "YYYY/MM/DD",
    "YYYY.MM.DD",
    "YYYYMMDD",
    "DD-MM-YYYY",
    "MM-DD-YYYY",
    "DD/MM/YYYY",
    "MM/DD/YYYY",
    "DD.MM.YYYY",
    "DD MMM YYYY",
    "DD-MMM-YYYY",
    "MMM DD, YYYY",
    "YYYY年MM月DD日",
)
EXCEL_SERIAL = "excel"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TOKENS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short_year>\d{2})",
    "MMM": r"(?P<month_name>[A-Za-z]{3,9})\.?",
    "MM": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
}
_TOKEN = re.compile("YYYY|YY|MMM|MM|DD|M|D")
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AP]M)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_EXCEL_DAY_0 = dt.date(1899, 12, 30)


@dataclass(frozen=True)
class DateFormat:
    """A format of the tokens YYYY, YY, MMM, MM, DD; a time of day after it is passed over."""

    pattern: str

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        tokens = _TOKEN.findall(self.pattern)
        kinds = sorted(token[0] for token in tokens)
        if kinds != ["D", "M", "Y"]:
            raise MapInvalidError(
                _("“%(format)s” is not a date format: write it like DD-MM-YYYY.") % {"format": short(self.pattern)},
                field="dates",
            )
        regex, end = "", 0
        for match in _TOKEN.finditer(self.pattern):
            token = match.group()
            regex += re.escape(self.pattern[end : match.start()])
            # Without separators only fixed widths tell the parts apart.
            part = _TOKENS.get(token) or _TOKENS[token * 2]
            regex += part.replace("{1,2}", "{2}") if self.pattern in {"YYYYMMDD", "DDMMYYYY", "MMDDYYYY"} else part
            end = match.end()
        return re.compile(regex + re.escape(self.pattern[end:]) + _TIME, re.ASCII | re.IGNORECASE)

    def check(self) -> None:
        """Raise MapInvalidError unless the pattern names one day, month and year."""
        _compiled = self._regex

    def parse(self, text: str) -> dt.date | None:
        """Return the date that the text is in this format; None when it is none."""
        match = self._regex.fullmatch(text)
        if match is None:
            return None
        parts = match.groupdict()
        try:
            return dt.date(_year(parts), _month(parts), int(parts["day"]))
        except ValueError:
            return None

    def fits(self, text: str) -> bool:
        """Return whether the text is written in this format, even if there is no such day."""
        return self._regex.fullmatch(text) is not None


def _year(parts: dict[str, str | None]) -> int:
    if parts.get("year"):
        return int(parts["year"] or 0)
    short_year = int(parts["short_year"] or 0)
    return short_year + (2000 if short_year < 70 else 1900)


def _month(parts: dict[str, str | None]) -> int:
    if name := parts.get("month_name"):
        return _MONTHS.index(name[:3].lower()) + 1
    return int(parts["month"] or 0)


@dataclass(frozen=True)
class DateReader:
    """Reads the date cells of one file. Several formats mean that its values do not tell which it is."""

    formats: tuple[DateFormat, ...]
    is_excel_serial: bool = False

    @property
    def is_ambiguous(self) -> bool:
        """Whether the values fit several formats."""
        return len(self.formats) > 1

    def read(self, cell: Cell) -> dt.date | None:
        """Return the date in a cell; None when it is empty. Raise CellError in words."""
        if isinstance(cell, CalculatedCell):
            cell = cell.result
        found = self._read(cell)
        if found is not None:
            try:
                validate_plausible_date(found)
            except ValidationError as error:
                raise CellError(error.messages[0]) from None
        return found

    def _read(self, cell: Cell) -> dt.date | None:
        match cell:
            case None | "":
                return None
            case dt.datetime():
                return cell.date()
            case dt.date():
                return cell
        text = str(cell).strip()
        if self.is_excel_serial and re.fullmatch(r"\d{1,6}(\.\d+)?", text, re.ASCII):
            return _EXCEL_DAY_0 + dt.timedelta(days=int(text.split(".")[0]))
        return self._read_text(text)

    def _read_text(self, text: str) -> dt.date:
        found = {each.pattern: day for each in self.formats if (day := each.parse(text)) is not None}
        days = sorted(set(found.values()))
        if len(days) > 1:
            raise CellError(
                _("“%(text)s” can be %(first)s or %(second)s: give the date format, such as %(format)s.")
                % {
                    "text": short(text),
                    "first": days[0].isoformat(),
                    "second": days[1].isoformat(),
                    "format": next(iter(found)),
                }
            )
        if days:
            return days[0]
        if any(each.fits(text) for each in self.formats):
            raise CellError(_("“%(text)s” is not a day of the calendar.") % {"text": short(text)})
        patterns = ", ".join(each.pattern for each in self.formats)
        if not patterns:
            raise CellError(_("“%(text)s” is not a date in a known format: give the format.") % {"text": short(text)})
        raise CellError(
            _("“%(text)s” is not a date written as %(format)s.") % {"text": short(text), "format": patterns}
        )


def date_reader(pattern: str) -> DateReader:
    """Return the reader for a format given by hand; raise MapInvalidError when it is none."""
    if pattern.lower() == EXCEL_SERIAL:
        return DateReader((), is_excel_serial=True)
    given = DateFormat("YYYY-MM-DD" if pattern.upper() == "ISO" else pattern)
    given.check()
    return DateReader((given,))


def detect_dates(cells: Iterable[Cell]) -> DateReader:
    """Return the reader that fits all date cells of a file.

    Values that no format can read do not count. When one format reads all others, it is that one
    (or those, if several do and differ on some value); else every format that reads any is kept,
    and the values on which they differ are refused one by one.
    """
    texts = {cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()}
    candidates = [DateFormat(pattern) for pattern in DETECTED_FORMATS]
    readings = {each: {text: day for text in texts if (day := each.parse(text))} for each in candidates}
    readable = {text for days in readings.values() for text in days}
    using = [each for each in candidates if readings[each]]
    complete = [each for each in using if len(readings[each]) == len(readable)] or using
    agreed = {text: {readings[each][text] for each in complete if text in readings[each]} for text in readable}
    if len(complete) > 1 and all(len(days) == 1 for days in agreed.values()) and _is_complete(complete, readings):
        complete = complete[:1]
    return DateReader(tuple(complete))


def _is_complete(formats: list[DateFormat], readings: dict[DateFormat, dict[str, dt.date]]) -> bool:
    return len({len(readings[each]) for each in formats}) == 1
