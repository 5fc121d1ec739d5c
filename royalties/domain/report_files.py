"""Reports in files: what a column says, and the lines that a file's rows add up to.

A file is taken whole or not at all. Rows of the same plant, month, chemistry and field add up, so that
parting or reordering rows changes nothing.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import PurePath

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from deals.domain.imports.problems import HEADING_ROW, FileUnusableError, Problem, Severity
from deals.domain.imports.reading import read_table
from deals.domain.imports.tables import Table
from lrs_tracker.file_types import check_file_name, check_file_type
from lrs_tracker.problems import DomainError
from royalties.domain.report_file_rows import FileMap, RowReader
from royalties.domain.report_lines import FIGURES, ReportLine, keep_unsaid, merge_lines
from royalties.domain.report_scope import LinesRefusedError, ReportScope, check_lines
from royalties.models import ReportFiling

MAX_MEGABYTES = 5
MAX_ROWS = 5000
# Fifty columns of cells for as many rows; a stranger with a link must not keep the server busy for minutes.
_MOST_ELEMENTS = MAX_ROWS * 100
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx")
_PLACES = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class FileReading:
    """What a file says by a map: lines that may be saved, and a remark for each row that is odd or wrong."""

    lines: list[ReportLine]
    problems: list[Problem]
    rows: int

    @property
    def is_usable(self) -> bool:
        """Whether the lines may be saved."""
        return bool(self.lines) and not any(problem.severity == Severity.ERROR for problem in self.problems)


def open_table(*, content: bytes, name: str) -> Table:
    """Return a file's table. Raise FileUnusableError or DomainError for what is no report, too large or a trap."""
    check_file_name(name)
    if PurePath(name).suffix.lower() not in ENDINGS:
        raise FileUnusableError(_("Choose a CSV or XLSX file."), field="file")
    if len(content) > MAX_MEGABYTES * 1024 * 1024:
        raise FileUnusableError(_("This file is larger than %(limit)s MB.") % {"limit": MAX_MEGABYTES}, field="file")
    if PurePath(name).suffix.lower() == ".xlsx" and content[:2] == b"PK":
        check_file_type(name, ContentFile(content))
    table = read_table(content=content, name=name, most_elements=_MOST_ELEMENTS)
    if len(table.rows) > MAX_ROWS:
        raise FileUnusableError(
            _("The file has %(count)s rows; a report has at most %(most)s.")
            % {"count": f"{len(table.rows):,}", "most": f"{MAX_ROWS:,}"},
            field="file",
        )
    return table


@transaction.atomic
def keep_file(*, filing: ReportFiling, content: bytes, name: str) -> ReportFiling:
    """Keep the file that a report came in, in place of the one before; the caller has read it and locked the filing."""
    former = filing.file.name
    filing.file_name = name
    filing.sha256 = hashlib.sha256(content).hexdigest()
    filing.file.save(name, ContentFile(content), save=False)
    filing.save(update_fields=["file", "file_name", "sha256"])
    filing.refresh_from_db()
    if former:
        storage = filing.file.storage
        transaction.on_commit(lambda: storage.delete(former))
    return filing


def read_lines(
    table: Table, file_map: FileMap, scope: ReportScope, *, today: dt.date, former: Iterable[ReportLine] = ()
) -> FileReading:
    """Return the lines of a file by a map, with a remark for every row that cannot be taken as it stands.

    A figure for which the file has no column stays as it is in the `former` line of the same key.
    """
    reader = RowReader(table, file_map, scope)
    lines: list[ReportLine] = []
    rows: list[int] = []
    for row in table.rows:
        if (line := reader.read(row)) is not None:
            lines.append(line)
            rows.append(row.number)
    problems = [*table.problems, *reader.problems]
    try:
        check_lines(scope, lines, today=today)
        known = {line.key: line for line in former}
        merged = [keep_unsaid(_rounded(line), known.get(line.key), reader.numbers) for line in merge_lines(lines)]
    except LinesRefusedError as error:
        problems += [
            Problem(rows[each.place], reader.heading(each.name), Severity.ERROR, each.message)
            for each in error.problems
        ]
        merged = []
    except DomainError as error:
        problems.append(Problem(HEADING_ROW, reader.heading("currency"), Severity.ERROR, str(error)))
        merged = []
    if not lines and not any(problem.severity == Severity.ERROR for problem in problems):
        message = _("No row of the file has a figure.")
        if not reader.numbers:
            message = _(
                "No column is known to have figures. Say what the columns mean, or use the template's headings."
            )
        problems.append(Problem(HEADING_ROW, "", Severity.ERROR, message))
    return FileReading(merged, sorted(problems, key=lambda each: each.row), len(table.rows))


def _rounded(line: ReportLine) -> ReportLine:
    return replace(line, **{name: getattr(line, name).quantize(_PLACES) for name in FIGURES})
