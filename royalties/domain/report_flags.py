"""Remarks about a report: what each says, how much it matters, and what it is about."""

import datetime as dt
from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext_lazy

from royalties.domain.report_lines import ReportLine


class Severity(models.TextChoices):
    """How much a remark matters: a warning waits for someone to accept it."""

    WARNING = "warning", gettext_lazy("Warning")
    NOTE = "note", gettext_lazy("Note")


@dataclass(frozen=True, slots=True)
class Flag:
    """One remark. `key` names it with its numbers, so that other numbers make another remark."""

    code: str
    severity: Severity
    title: str
    text: str
    key: str
    plant_id: int | None = None
    month: dt.date | None = None

    def concerns(self, line: ReportLine) -> bool:
        """Tell whether the remark is about a line's plant and month."""
        return self.plant_id == line.plant_id and self.month == line.month

    def as_json(self) -> dict[str, str]:
        """Return the remark as it is kept with a line."""
        return {"code": self.code, "severity": self.severity.value, "title": self.title, "text": self.text}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, for the list beside a report: its remarks, or why there are none."""

    title: str
    note: str
    flags: list[Flag] = field(default_factory=list)
