"""Which files may be uploaded, and whether one is what its name says."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO

from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import DomainError

LONGEST_NAME = 200
_MOST_XML_BYTES = 1024 * 1024
_OPEN_XML = "application/vnd.openxmlformats-officedocument"
# Path separators, control characters, and the marks that reverse the order of letters.
_UNFIT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f/\\\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file: its content type, and the test that a file of it passes."""

    content_type: str
    is_genuine: Callable[[IO[bytes]], bool]


def _starts_with(*beginnings: bytes) -> Callable[[IO[bytes]], bool]:
    def test(file: IO[bytes]) -> bool:
        return file.read(16).startswith(beginnings)

    return test


def _is_text(file: IO[bytes]) -> bool:
    text = io.TextIOWrapper(file, encoding="utf-8-sig")
    try:
        return not any(re.search(r"[\x00-\x08\x0e-\x1f\x7f]", piece) for piece in iter(lambda: text.read(65536), ""))
    except UnicodeDecodeError:
        return False
    finally:
        text.detach()


def _is_open_xml(main_part: str) -> Callable[[IO[bytes]], bool]:
    """Return the test for an Office document: a ZIP whose main part is of the right type, without macros."""

    def test(file: IO[bytes]) -> bool:
        try:
            with zipfile.ZipFile(file) as archive:
                types = archive.getinfo("[Content_Types].xml")
                if types.file_size > _MOST_XML_BYTES:
                    return False
                listed = archive.read(types).decode("utf-8-sig")
        except (zipfile.BadZipFile, KeyError, UnicodeDecodeError, RuntimeError, NotImplementedError):
            return False
        return f"{main_part}.main+xml" in listed and "macroEnabled" not in listed and "vbaProject" not in listed

    return test


def _office(name: str, main_part: str) -> FileType:
    return FileType(f"{_OPEN_XML}.{name}", _is_open_xml(f"{_OPEN_XML}.{main_part}"))


FILE_TYPES = {
    "pdf": FileType("application/pdf", _starts_with(b"%PDF-")),
    "docx": _office("wordprocessingml.document", "wordprocessingml.document"),
    "xlsx": _office("spreadsheetml.sheet", "spreadsheetml.sheet"),
    "pptx": _office("presentationml.presentation", "presentationml.presentation"),
    "png": FileType("image/png", _starts_with(b"\x89PNG\r\n\x1a\n")),
    "jpg": FileType("image/jpeg", _starts_with(b"\xff\xd8\xff")),
    "jpeg": FileType("image/jpeg", _starts_with(b"\xff\xd8\xff")),
    "txt": FileType("text/plain; charset=utf-8", _is_text),
    "csv": FileType("text/csv; charset=utf-8", _is_text),
}


def check_file_name(name: str) -> str:
    """Return the name of an uploaded file. Raise DomainError for one that hides a path or its ending."""
    if _UNFIT_IN_NAMES.search(name) or name.strip(" .") in {"", ".."} or name.startswith("."):
        raise DomainError(_("The name of this file has characters that hide what it is. Rename it."), field="file")
    if len(name) > LONGEST_NAME:
        raise DomainError(_("The name of this file is longer than 200 characters. Rename it."), field="file")
    return name


def check_file_type(name: str, file: IO[bytes]) -> FileType:
    """Return the type of a file, by its ending and its content.

    Raise DomainError for an ending that is not allowed and for a file that is not what its ending says.
    """
    ending = PurePath(name).suffix.removeprefix(".").lower()
    if ending not in FILE_TYPES:
        message = _("A file of this kind cannot be kept here. Use one of: %(endings)s.")
        raise DomainError(message % {"endings": ", ".join(sorted(FILE_TYPES))}, field="file")
    file.seek(0)
    is_genuine = FILE_TYPES[ending].is_genuine(file)
    file.seek(0)
    if not is_genuine:
        message = _("This file is named .%(ending)s but is none: it may be damaged or misnamed.")
        raise DomainError(message % {"ending": ending}, field="file")
    return FILE_TYPES[ending]
