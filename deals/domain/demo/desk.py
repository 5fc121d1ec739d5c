"""The fictional deals of the demonstration desk, read from `desk.json`.

Every company, person, place and figure there is made up. Days count from the day on which the data is
loaded (negative: before it), so that the desk always looks like an ordinary Tuesday.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companies.enums import Region
from deals.enums import Scope
from plants.enums import Chemistry

_FILE = Path(__file__).with_name("desk.json")


@dataclass(frozen=True, slots=True)
class Site:
    """A fictional plant: place, nameplate in GWh a year, days to SOP and the slip of its forecast."""

    name: str
    locality: str
    country: str
    latitude: str
    longitude: str
    nameplate_gwh: str
    sop_days: int
    slip_days: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One fictional deal.

    `stage` is its position on the path, or the name of a stage beside it, reached after `left_from`
    stages of the path; `gates_met` counts the gates of its stage that are met; `royalty` is a currency and
    an amount a year; `waived` is the label of a gate that was waived.
    """

    company: str
    country: str
    title: str
    stage: int | str
    days_in_stage: int
    owner: str
    region: Region
    chemistry: Chemistry
    capacity_gwh: str | None = None
    royalty: tuple[str, str] | None = None
    contacts: tuple[dict[str, Any], ...] = ()
    tasks: tuple[dict[str, Any], ...] = ()
    notes: tuple[dict[str, Any], ...] = ()
    approvals: tuple[dict[str, Any], ...] = ()
    site: Site | None = None
    concept: str = ""
    gates_met: int = 0
    team: tuple[str, ...] = ()
    scope: tuple[Scope, ...] = tuple(Scope)
    probability: int | None = None
    is_confidential: bool = False
    left_from: int = 0
    reason: str = ""
    resume_days: int | None = None
    waived: str = ""
    nda_days_left: int = 400
    refs: tuple[tuple[str, str], ...] = ()


def read_entries() -> list[Entry]:
    """Return the deals of the desk."""
    return [
        Entry(**{**entry, "site": Site(**entry["site"]) if entry.get("site") else None})
        for entry in json.loads(_FILE.read_text(encoding="utf-8"))
    ]
