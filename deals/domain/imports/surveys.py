"""A first look at a file: what its columns hold, and what they probably mean."""

from collections import Counter
from pathlib import PurePath
from typing import Any

from django.utils.text import slugify

from deals.domain.imports.cells import clean_text
from deals.domain.imports.dates import detect_dates
from deals.domain.imports.fields import FIELDS, FieldKind, ImportField
from deals.domain.imports.problems import CellError, short
from deals.domain.imports.tables import CalculatedCell, Cell, Table

_MOST_VALUES = 100
_PREVIEW_ROWS = 5
_ANY_TEXT = ImportField("", "", max_length=10**9)


def survey_table(table: Table) -> dict[str, Any]:
    """Return what the page shows of a file: headings, first rows, and the values of columns with few."""
    return {
        "read_as": table.read_as,
        "row_count": len(table.rows),
        "columns": [_survey_column(table, place) for place, heading in enumerate(table.headings)],
        "preview": [
            [row.number, [_shown(cell) for cell in row.cells[: len(table.headings)]]]
            for row in table.rows[:_PREVIEW_ROWS]
        ],
    }


def suggest_map(table: Table, *, file_name: str) -> dict[str, Any]:
    """Return a first map: columns by their headings, dates as the values show; to be confirmed by a person."""
    columns: dict[str, str] = {}
    for heading in table.headings:
        field = _field_of(heading)
        if field and field not in columns.values() and table.headings.count(heading) == 1:
            columns[heading] = field
    stem = PurePath(file_name).stem
    return {
        "system": slugify(stem)[:40].strip("-") or "file",
        "pipeline": " ".join(stem.replace("_", " ").replace("-", " ").split())[:80].capitalize(),
        "dates": _suggest_dates(table, columns),
        "columns": columns,
        "values": {},
        "defaults": {},
        "create": [],
    }


def _survey_column(table: Table, place: int) -> dict[str, Any]:
    texts = [_shown(row.cells[place]) for row in table.rows if place < len(row.cells)]
    filled = [text for text in texts if text]
    counts = Counter(filled)
    return {
        "heading": table.headings[place],
        "filled": len(filled),
        "distinct": len(counts),
        "samples": [short(text, 40) for text in list(counts)[:3]],
        "values": counts.most_common() if len(counts) <= _MOST_VALUES else [],
    }


def _shown(cell: Cell) -> str:
    if isinstance(cell, CalculatedCell):
        cell = cell.result
    if cell is None:
        return ""
    try:
        return short(clean_text(cell, _ANY_TEXT), 80)
    except CellError:
        return "�"


def _field_of(heading: str) -> str:
    letters = "".join(letter for letter in heading.casefold() if letter.isalnum())
    for field in FIELDS.values():
        names = (field.name, str(field.label), *field.synonyms)
        if letters in {"".join(letter for letter in name.casefold() if letter.isalnum()) for name in names}:
            return field.name
    return ""


def _suggest_dates(table: Table, columns: dict[str, str]) -> str:
    places = [table.headings.index(each) for each, name in columns.items() if FIELDS[name].kind == FieldKind.DATE]
    cells = (row.cells[place] for place in places for row in table.rows if place < len(row.cells))
    formats = detect_dates(cells).formats
    return formats[0].pattern if len(formats) == 1 else ""
