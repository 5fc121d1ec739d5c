"""Lists as files: CSV and XLSX, streamed, with typed cells that no spreadsheet takes for formulas.

A list's view offers its files at its own address, so that a file holds what the page shows:

    if (file_format := requested_format(request)) is not None:
        return export_response(companies, COLUMNS, name="companies", file_format=file_format, today=request.today)

and its page links to them with `components/export_menu.html`. `companies` is a queryset that passed
`visible_to`; it is read in chunks. COLUMNS is a sequence of `Column(_("Country"), attrgetter("country"))`.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import batched
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.http import content_disposition_header

EXPORT_PERMISSION = "deals.export_deal"
CHUNK_ROWS = 500
_XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# What a spreadsheet program may run when a cell begins with it (OWASP, “CSV injection”), in any width,
# whatever blanks, quotes or invisible marks come before it.
FORMULA = re.compile(r"[\t\r\n]|[\s\"'\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]")
# What XML 1.0 cannot hold, and no reader of a CSV wants.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

type Cell = str | int | Decimal | dt.date | dt.datetime | bool | Promise | None


class FileFormat(StrEnum):
    """The formats that lists can be taken away in."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Column[Row]:
    """A column of a file: its heading, and what a row shows in it."""

    label: str | Promise
    value: Callable[[Row], Cell]


def requested_format(request: HttpRequest) -> FileFormat | None:
    """Return the format that the address asks for with `?export=`, if any.

    Raise PermissionDenied when the user may not take lists away, Http404 for an unknown format.
    """
    wanted = request.GET.get("export")
    if wanted is None:
        return None
    if not request.user.has_perm(EXPORT_PERMISSION):
        raise PermissionDenied
    try:
        return FileFormat(wanted)
    except ValueError:
        raise Http404 from None


def export_response[Row](
    rows: Iterable[Row], columns: Sequence[Column[Row]], *, name: str, file_format: FileFormat, today: dt.date
) -> HttpResponseBase:
    """Return a download of `rows`, called `name-2026-11-24.csv`, in the active language and time zone."""
    if isinstance(rows, QuerySet):
        rows = rows.iterator(chunk_size=CHUNK_ROWS)
    headings = [str(column.label) for column in columns]
    file_name = f"{name}-{today.isoformat()}.{file_format}"
    if file_format == FileFormat.XLSX:
        from lrs_tracker.xlsx import write_workbook

        return FileResponse(
            write_workbook(headings, _read(rows, columns)),
            as_attachment=True,
            filename=file_name,
            content_type=_XLSX_TYPE,
        )
    response = StreamingHttpResponse(
        _csv_chunks(headings, _read_later(rows, columns)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = content_disposition_header(True, file_name)
    return response


def defuse(text: str) -> str:
    """Return a text that no spreadsheet program runs: one that could be a formula gets an apostrophe in front."""
    text = CONTROL.sub("", text)
    return f"'{text}" if FORMULA.match(text) else text


def _read[Row](rows: Iterable[Row], columns: Sequence[Column[Row]]) -> Iterator[list[Any]]:
    for row in rows:
        yield [_plain(column.value(row)) for column in columns]


def _read_later[Row](rows: Iterable[Row], columns: Sequence[Column[Row]]) -> Iterator[list[Any]]:
    """Read as `_read` does, when the middleware that set the reader's language and zone is long gone."""
    language, zone = translation.get_language(), timezone.get_current_timezone()
    for batch in batched(rows, CHUNK_ROWS):
        with translation.override(language), timezone.override(zone):
            cells = list(_read(batch, columns))
        yield from cells


def _plain(value: Cell) -> Any:
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, dt.datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return local.replace(microsecond=0, tzinfo=None)
    return value


def _csv_chunks(headings: list[str], rows: Iterable[list[Any]]) -> Iterator[str]:
    buffer = io.StringIO()
    # Every text is quoted: where lists are parted by semicolons, “a;=1” would else become two cells.
    writer = csv.writer(buffer, quoting=csv.QUOTE_STRINGS)
    buffer.write("\ufeff")  # the byte-order mark by which spreadsheet programs know UTF-8
    writer.writerow(map(defuse, headings))
    for batch in batched(rows, CHUNK_ROWS):
        writer.writerows(map(_csv_cell, row) for row in batch)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _csv_cell(value: Any) -> Any:
    if isinstance(value, str):
        return defuse(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:f}" if isinstance(value, Decimal) else value
