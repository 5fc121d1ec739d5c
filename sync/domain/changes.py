"""Reading the change log without losing a change.

A transaction takes its number when it first writes and becomes visible when it commits, so numbers do not
become visible in order. A cursor is therefore a snapshot (`pg_current_snapshot()`): what it could not see
yet is new, whatever its number.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import DomainError

_SNAPSHOT = re.compile(r"(\d{1,18}):(\d{1,18}):((?:\d{1,18}(?:,\d{1,18}){0,400})?)", re.ASCII)

_SELECT_NEW = """
SELECT now.cursor, change.resource, change.object_id, change.parent_resource, change.parent_id,
       change.operation, change.fields
FROM (SELECT pg_current_snapshot()::text AS cursor) now
LEFT JOIN LATERAL (
    SELECT * FROM sync_change
    WHERE transaction_id >= %(oldest)s
      AND NOT pg_visible_in_snapshot(transaction_id::text::xid8, %(since)s::pg_snapshot)
    ORDER BY transaction_id, id
    LIMIT %(limit)s
) change ON true
"""


_HAS_NEW = """
SELECT EXISTS (
    SELECT FROM sync_change
    WHERE transaction_id >= %(oldest)s
      AND NOT pg_visible_in_snapshot(transaction_id::text::xid8, %(since)s::pg_snapshot)
)
"""


class CurrentCursor(models.Func):
    """The cursor of this instant, as an annotation: take it no later than what it is to continue is read."""

    template = "pg_current_snapshot()::text"
    output_field = models.TextField()


class CursorError(DomainError):
    """Refuse a cursor that we did not give out."""

    code = "cursor"


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the change log; `fields` maps each column to its old and new value."""

    resource: str
    object_id: int
    parent_resource: str
    parent_id: int | None
    operation: str
    fields: dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class NewChanges:
    """What became visible after a cursor, and the cursor to ask with next; `is_cut` says that there is more."""

    cursor: str
    changes: Sequence[Change]
    is_cut: bool


def has_changes_since(since: str) -> bool:
    """Return whether any change became visible after a cursor. Raise CursorError for a hostile one."""
    oldest, _end = parse_cursor(since)
    with connection.cursor() as cursor:
        cursor.execute(_HAS_NEW, {"oldest": oldest, "since": since})
        return bool(cursor.fetchone()[0])


def parse_cursor(text: str) -> tuple[int, int]:
    """Return the oldest transaction a cursor waits for, and the first that it knows nothing of.

    Raise CursorError for anything that PostgreSQL would not take as a snapshot.
    """
    found = _SNAPSHOT.fullmatch(text)
    if found is None:
        raise CursorError(_("This cursor is not one of ours."), field="since")
    oldest, end = int(found[1]), int(found[2])
    running = [int(number) for number in found[3].split(",") if number]
    if not 0 < oldest <= end or running != sorted(set(running)) or any(not oldest <= n < end for n in running):
        raise CursorError(_("This cursor is not one of ours."), field="since")
    return oldest, end


def changes_since(since: str, *, limit: int) -> NewChanges:
    """Return the changes that became visible after a cursor, in the order of their transactions, in one query.

    A cursor of another, later database (after a restore) counts as cut: its holder has to start anew.
    Raise CursorError for a hostile one.
    """
    oldest, end = parse_cursor(since)
    with connection.cursor() as cursor:
        cursor.execute(_SELECT_NEW, {"oldest": oldest, "since": since, "limit": limit + 1})
        rows = cursor.fetchall()
    now = rows[0][0]
    changes = [
        Change(resource, object_id, parent_resource, parent_id, operation, json.loads(fields))
        for _cursor, resource, object_id, parent_resource, parent_id, operation, fields in rows
        if resource is not None
    ]
    return NewChanges(cursor=now, changes=changes[:limit], is_cut=len(changes) > limit or end > parse_cursor(now)[1])
