"""What an import has to say about a file: problems by row and column, and refusing a file as a whole."""

import re
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import DomainError

HEADING_ROW = 1
# NUL, other control characters and halves of surrogate pairs: the database stores none of them.
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Severity(models.TextChoices):
    """How much a problem matters: an error or an open suggestion keeps its row out."""

    ERROR = "error", _("Error")
    SUGGESTION = "suggestion", _("To confirm")
    WARNING = "warning", _("Warning")
    INFO = "info", _("Note")


@dataclass(frozen=True, slots=True)
class Problem:
    """One remark about a row (as a spreadsheet numbers it: the headings are row 1) and a column."""

    row: int
    column: str
    severity: Severity
    message: str

    def as_json(self) -> dict[str, object]:
        """Return the remark as it is printed and stored."""
        return {"row": self.row, "column": self.column, "severity": self.severity.value, "message": self.message}


class FileUnusableError(DomainError):
    """Refuse a file that cannot be read as the table it claims to be."""

    code = "file-unusable"


class MapInvalidError(DomainError):
    """Refuse a map that is wrong in itself or does not fit the file; `field` is its key."""

    code = "map-invalid"


class CellError(Exception):
    """Refuse the value of one cell, in words."""

    def __init__(self, message: object) -> None:
        super().__init__(str(message))


def short(value: object, length: int = 60) -> str:
    """Return a value as it can stand in a message: storable, on one line and not long."""
    text = " ".join(UNSTORABLE.sub("�", str(value)).split())
    return text if len(text) <= length else f"{text[: length - 1]}…"
