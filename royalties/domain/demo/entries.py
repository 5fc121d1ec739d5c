"""The entries of `agreements.json`. Every party, figure and clause there is made up."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("agreements.json")


@dataclass(frozen=True, slots=True)
class Restatement:
    """A month (counted from the first, 0) that was reported again: how much of it was, and how much later."""

    month: int
    percent: int
    reported_after_months: int


@dataclass(frozen=True, slots=True)
class Reports:
    """What a licensee reports each month: how much of its output it sells, and at what price in each currency.

    `sales` gives by currency the percent of the energy sold in it, its price a kWh, and the field of use.
    The last report may still wait for a decision.
    """

    chemistry: str
    field: str
    sold_percent: int
    sales: dict[str, tuple[int, str, str]] = dataclasses.field(default_factory=dict)
    restated: Restatement | None = None
    is_last_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One fictional agreement. What happened to a statement is told by its number."""

    company: str
    title: str
    type: str
    plant: str
    starts_months_ago: int
    signed_days_before: int
    years: int
    notice_days: int
    rules: dict[str, Any]
    clauses: dict[str, str]
    terms: tuple[dict[str, Any], ...]
    fees: tuple[dict[str, Any], ...] = ()
    services: tuple[dict[str, Any], ...] = ()
    minimums: dict[str, str] = dataclasses.field(default_factory=dict)
    caps: dict[str, str] = dataclasses.field(default_factory=dict)
    reports: Reports | None = None
    late_days: dict[str, int] = dataclasses.field(default_factory=dict)
    part_paid_percent: dict[str, int] = dataclasses.field(default_factory=dict)
    unallocated: dict[str, Any] | None = None
    disputed: dict[str, Any] | None = None
    is_draft: bool = False


def read_entries() -> list[Entry]:
    """Return the agreements in the order in which they are created."""
    return [_entry(row) for row in json.loads(_FILE.read_text())]


def _entry(row: dict[str, Any]) -> Entry:
    row = {"clauses": {}} | row
    if reports := row.get("reports"):
        restated = reports.get("restated")
        row["reports"] = Reports(**{**reports, "restated": Restatement(**restated) if restated else None})
    return Entry(**row)
