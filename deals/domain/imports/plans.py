"""What an import is going to do, before it does it."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from accounts.models import User
from companies.models import Company, Contact
from deals.domain.imports.problems import Problem
from deals.models import Deal, Pipeline, Stage


@dataclass(slots=True)
class Extras:
    """What a row adds to its deal beside the deal's own fields."""

    next_step: tuple[str, dt.date] | None = None
    note: str = ""
    contact: tuple[Contact, str] | None = None
    external_id: str = ""

    def __bool__(self) -> bool:
        return bool(self.next_step or self.note or self.contact or self.external_id)


@dataclass(slots=True)
class NewDeal:
    """A deal to be made of a row; its company, stage and owner may be unsaved too."""

    row: int
    deal: Deal
    extras: Extras


@dataclass(slots=True)
class ChangedDeal:
    """A deal that a row changes: new values by attribute, a stage to move to, things to add."""

    row: int
    deal: Deal
    changes: dict[str, Any]
    move_to: Stage | None
    move_reason: str
    resume_on: dt.date | None
    extras: Extras


@dataclass(slots=True)
class Plan:
    """The outcome of checking a file: every row is in exactly one of the four counts."""

    pipeline: Pipeline
    row_count: int = 0
    new_deals: list[NewDeal] = field(default_factory=list)
    changed_deals: list[ChangedDeal] = field(default_factory=list)
    unchanged_count: int = 0
    rejected_count: int = 0
    problems: list[Problem] = field(default_factory=list)
    suggestions: dict[int, list[str]] = field(default_factory=dict)
    read_as: str = ""
    new_stages: list[Stage] = field(default_factory=list)
    new_companies: list[Company] = field(default_factory=list)
    new_owners: list[User] = field(default_factory=list)
    new_contacts: list[Contact] = field(default_factory=list)

    @property
    def taken(self) -> list[NewDeal | ChangedDeal]:
        """The rows that come in."""
        return [*self.new_deals, *self.changed_deals]

    def report(self) -> dict[str, Any]:
        """Return the counts and problems, as the command prints them and the page shows them."""
        return {
            "rows": self.row_count,
            "created": len(self.new_deals),
            "updated": len(self.changed_deals),
            "unchanged": self.unchanged_count,
            "rejected": self.rejected_count,
            "problems": [problem.as_json() for problem in self.problems],
        }
