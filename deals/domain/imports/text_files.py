"""Reading delimited text: CSV with commas, semicolons, tabs or bars."""

import csv
import io
from collections import Counter

from django.utils.translation import gettext as _

from deals.domain.imports.encodings import decode
from deals.domain.imports.problems import FileUnusableError, Problem, Severity
from deals.domain.imports.tables import MAX_COLUMNS, MAX_ROWS, Row, Table, is_blank, table_of

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LONGEST_VALUE = 131_072
_SAMPLE_ROWS = 50
_SAMPLE_LETTERS = 200_000


def read_text_file(content: bytes, *, encoding: str = "", delimiter: str = "") -> Table:
    """Read a delimited text file; raise FileUnusableError when it is none."""
    text, name, problems = decode(content, encoding)
    delimiter = delimiter or detect_delimiter(text)
    rows: list[Row] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if is_blank(tuple(cells)):
                continue
            rows.append(Row(number, tuple(cells)))
            if len(rows) > MAX_ROWS + 1:
                break
    except csv.Error:
        raise FileUnusableError(
            _("Row %(row)s holds a value of more than %(count)s letters; a quotation mark may be missing before it.")
            % {"row": number + 1, "count": f"{LONGEST_VALUE:,}"}
        ) from None
    width = len(rows[0].cells) if rows else 0
    problems += _swallowed_rows(rows) if width <= MAX_COLUMNS else []
    read_as = _("CSV, %(encoding)s, %(delimiter)s") % {"encoding": name, "delimiter": DELIMITERS[delimiter]}
    return table_of(rows, read_as=read_as, is_ragged_normal=False, problems=problems)


def detect_delimiter(text: str) -> str:
    """Return the delimiter that splits the first rows most evenly into the most columns."""
    sample = text[:_SAMPLE_LETTERS]
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = _widths(sample, delimiter)
        if not widths or widths[0] == 1:
            continue
        evenness = Counter(widths)[widths[0]] / len(widths)
        score = (round(evenness, 1), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _widths(sample: str, delimiter: str) -> list[int]:
    widths: list[int] = []
    try:
        for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if cells:
                widths.append(len(cells))
            if len(widths) == _SAMPLE_ROWS:
                break
    except csv.Error:
        return []
    return widths


def _swallowed_rows(rows: list[Row]) -> list[Problem]:
    """Report values over many lines: a quotation mark left open swallows the rows below it."""
    message = _("A value runs over %(count)s lines; check for a missing quotation mark.")
    return [
        Problem(row.number, "", Severity.WARNING, message % {"count": lines})
        for row in rows
        if (lines := max(str(cell).count("\n") for cell in row.cells) + 1) > 50
    ]
