"""Writing down what becomes of each record in a run."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from crm.connectors.base import RemoteRecord
from crm.domain.merging import Conflict
from crm.domain.pairs import save_state
from crm.enums import ConflictRule, Outcome, Resource, RunCause, Way
from crm.models import RecordState, SyncRecord, SyncRun

# How the CRMs call what we call a name; a person's is in two words.
_NAMES = ("name", "dealname", "Name")
_WORDS = ("firstname", "lastname", "FirstName", "LastName")
_LONGEST_VALUE, _LONGEST_NOTE = 200, 1000


@dataclass(slots=True)
class Item:
    """A record in a run: ours, theirs or a pair, with what is stored of it on each side."""

    resource: Resource
    object_id: int | None
    external_id: str
    row: Any = None
    record: RemoteRecord | None = None
    state: RecordState | None = None

    @property
    def label(self) -> str:
        """What people call the record."""
        if self.row is not None:
            if self.resource == Resource.DEAL:
                return f"{self.row.code} {self.row.title}".strip()[:300]
            return str(self.row)[:300]
        if self.record is None:
            return ""
        known = self.record.values
        names = [known[name] for name in _NAMES if known.get(name)]
        words = [known[name] for name in _WORDS if known.get(name)]
        return (names[0] if names else " ".join(words) or self.external_id)[:300]


class Journal:
    """The log of one run. What keeps a record back is told once, not in every scheduled run anew."""

    def __init__(self, run: SyncRun, rule: ConflictRule, clock: Callable[[], dt.datetime]) -> None:
        self.run = run
        self.rule = rule
        self.clock = clock
        self.count = 0

    def note(
        self,
        item: Item,
        way: Way,
        outcome: Outcome,
        *,
        before: Mapping[str, str] | None = None,
        after: Mapping[str, str] | None = None,
        conflicts: Iterable[Conflict] = (),
        note: str = "",
    ) -> None:
        """Write what became of a record: the fields with their values before and after."""
        self.count += 1
        SyncRecord.objects.create(
            run=self.run,
            resource=item.resource,
            object_id=item.object_id,
            external_id=item.external_id,
            label=item.label,
            way=way,
            outcome=outcome,
            fields=[
                [name, _short((before or {}).get(name, "")), _short(value)] for name, value in (after or {}).items()
            ],
            conflicts=[
                [conflict.name, _short(conflict.ours), _short(conflict.theirs), conflict.kept, self.rule]
                for conflict in conflicts
            ],
            note=note[:_LONGEST_NOTE],
            at=self.clock(),
        )

    def keep_back(self, item: Item, way: Way, outcome: Outcome, why: str, *, retry: bool = True) -> None:
        """Write why a record was held, skipped or refused, and whether the next run tries it again."""
        why = why[:_LONGEST_NOTE]
        state = self.state_of(item)
        if self.tells_again or state.problem != why:
            self.note(item, way, outcome, note=why)
        if not self.run.is_dry and (state.problem, state.needs_retry) != (why, retry):
            state.problem, state.needs_retry = why, retry
            self.save(state)

    @property
    def tells_again(self) -> bool:
        """Whether this run was asked for by someone who wants to read everything."""
        return self.run.is_dry or self.run.cause != RunCause.SCHEDULE

    def state_of(self, item: Item) -> RecordState:
        """Return what is known of a record, nothing yet for a new one."""
        if item.state is None:
            item.state = RecordState(
                connection_id=self.run.connection_id,
                resource=item.resource,
                object_id=item.object_id,
                external_id=item.external_id,
            )
        return item.state

    def save(self, state: RecordState) -> None:
        """Save what is known of a record."""
        state.updated_at = self.clock()
        save_state(state)


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else f"{value[: _LONGEST_VALUE - 1]}…"
