"""Numbers in files, which write 1234.5 as 1,234.50 or 1.234,50."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from django.utils.translation import gettext as _

from deals.domain.imports.problems import CellError, short
from deals.domain.imports.tables import CalculatedCell, Cell

_SPACES = re.compile("[\\s\u00a0\u202f'’_]")
_PLAIN = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?[\d.,]*\d[.,]?", re.ASCII)
_MAX_DIGITS = 30


@dataclass(frozen=True, slots=True)
class NumberReader:
    """Reads the numbers of one column. `decimal` is its decimal mark; empty when no value tells."""

    decimal: str = ""

    def read(self, cell: Cell, *, places: int) -> tuple[Decimal | None, bool]:
        """Return the number in a cell, at most `places` after the point, and whether it had to be rounded.

        Raise CellError for what is no number, or may be two: “1,234” is 1234 or 1.234.
        """
        if isinstance(cell, CalculatedCell):
            cell = cell.result
        if cell is None or cell == "":
            return None, False
        if isinstance(cell, bool):
            raise CellError(_("“%(text)s” is not a number.") % {"text": cell})
        exact = Decimal(cell) if isinstance(cell, int | Decimal) else self._parse(str(cell))
        if abs(exact) >= Decimal(10) ** _MAX_DIGITS:
            raise CellError(_("The number is too large."))
        rounded = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=_MAX_DIGITS + places))
        return rounded, abs(rounded - exact) > Decimal("1e-7")

    def _parse(self, text: str) -> Decimal:
        compact = _compact(text)
        if not _NUMBER.fullmatch(compact) or len(compact) > _MAX_DIGITS + 10:
            raise CellError(_("“%(text)s” is not a number.") % {"text": short(text)})
        if _PLAIN.fullmatch(compact):
            return Decimal(compact)
        mark = decimal_mark(compact) or self.decimal
        if not mark:
            raise CellError(
                _("“%(text)s” can be read in two ways: say in the map whether “,” or “.” is the decimal mark.")
                % {"text": short(text)}
            )
        return _with_mark(compact, mark, text)


def decimal_mark(compact: str) -> str:
    """Return the decimal mark that a number proves, “.” or “,”; empty when it may be either."""
    last = max(compact.rfind("."), compact.rfind(","))
    if last < 0:
        return ""
    mark, other = compact[last], "," if compact[last] == "." else "."
    if other in compact:
        return mark
    if compact.count(mark) > 1:
        # Only a mark of thousands comes more than once.
        return other
    whole = compact[:last].lstrip("+-")
    is_group = len(compact) - last == 4 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    return "" if is_group else mark


def number_reader(cells: Iterable[Cell], *, given: str = "") -> NumberReader:
    """Return the reader of a column: with the mark given, or the one that its values prove unanimously."""
    if given:
        return NumberReader(given)
    texts = (_compact(cell) for cell in cells if isinstance(cell, str))
    proven = {mark for text in texts if _NUMBER.fullmatch(text) and (mark := decimal_mark(text))}
    return NumberReader(proven.pop() if len(proven) == 1 else "")


def _compact(text: str) -> str:
    """Return a number without its spaces, and with the hyphen for the minus sign that our own pages write."""
    return _SPACES.sub("", text).replace("\N{MINUS SIGN}", "-")


def _with_mark(compact: str, mark: str, text: str) -> Decimal:
    thousands = "," if mark == "." else "."
    whole, _mark, fraction = compact.partition(mark)
    groups = whole.lstrip("+-").split(thousands)
    is_grouped = len(groups) == 1 or (1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]))
    if not is_grouped or thousands in fraction or mark in fraction:
        raise CellError(_("“%(text)s” is not a number.") % {"text": short(text)})
    return Decimal(f"{whole.replace(thousands, '') or '0'}.{fraction or '0'}")
