"""Reading a file by what its name says it is."""

from pathlib import PurePath

from django.utils.translation import gettext as _

from deals.domain.imports.problems import FileUnusableError
from deals.domain.imports.tables import Table
from deals.domain.imports.text_files import read_text_file

MAX_FILE_BYTES = 25 * 1024 * 1024
TEXT_ENDINGS = (".csv", ".tsv", ".txt")
WORKBOOK_ENDINGS = (".xlsx", ".xlsm")


def check_file(*, name: str, size_bytes: int) -> None:
    """Raise FileUnusableError for a file that is not worth opening: too large, empty, of another kind."""
    if size_bytes > MAX_FILE_BYTES:
        raise FileUnusableError(
            _("The file has %(size)s MB; at most %(limit)s MB can be imported. Split it into several files.")
            % {"size": f"{size_bytes / 1024**2:,.0f}", "limit": MAX_FILE_BYTES // 1024**2}
        )
    if size_bytes == 0:
        raise FileUnusableError(_("The file is empty."))
    if _ending(name) not in TEXT_ENDINGS + WORKBOOK_ENDINGS:
        raise FileUnusableError(_("Choose a CSV or XLSX file."))


def read_table(
    *,
    content: bytes,
    name: str,
    encoding: str = "",
    delimiter: str = "",
    sheet: str = "",
    most_elements: int | None = None,
) -> Table:
    """Read a file as a table; raise FileUnusableError when it is not what its name says.

    `most_elements` is the limit of a workbook from people who send small ones.
    """
    check_file(name=name, size_bytes=len(content))
    if _ending(name) in WORKBOOK_ENDINGS:
        # openpyxl brings numpy with it, which most processes never need.
        from deals.domain.imports.workbooks import MAX_ELEMENTS, read_workbook

        return read_workbook(content, sheet=sheet, most_elements=most_elements or MAX_ELEMENTS)
    return read_text_file(content, encoding=encoding, delimiter=delimiter)


def _ending(name: str) -> str:
    return PurePath(name).suffix.lower()
