"""The sync feed: every change once, in an order that all its readers share, and nothing that a reader may not know of.

A position is a transaction and a row. The feed stops before the oldest transaction that still runs, so what becomes
visible later always has a later position, however long it was held open.

A transaction that began early may change an object after one that began later, and has ended, changed it. So the
position of a change is not that of its own transaction alone but of the latest that had ended when it was written, if
that is later: each change of an object comes after those that it was made upon.
"""

import functools
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, Self

import orjson
from django.core.signing import BadSignature, Signer
from django.db import connection
from django.utils.translation import gettext_lazy as _

from lrs_tracker.change_log import logged_models
from lrs_tracker.prepared import Prepared
from lrs_tracker.problems import DomainError
from lrs_tracker.visibility import Viewer
from sync import registry
from sync.domain.changes import CursorError
from sync.domain.feed_knowledge import Known, Object, is_for_all_staff, may_know_of, open_to
from sync.enums import Operation
from sync.models import FeedState

SIGNER = Signer(salt="sync.feed", sep="~")
_LAST_ROW = 2**63 - 1
_EXACT = json.JSONDecoder(parse_float=Decimal)
# Numbers that a reader who does not know exact ones would round; it takes a tenth of the time for all the others.
_ROUNDED = re.compile(r"[\[:,] ?-?(?:\d+[.eE]|\d{16})")
# How many rows are read at once where the reader may know of none, and how often for one page.
_BATCH, _MOST_BATCHES = 2_000, 25

_SELECT = """
SELECT greatest(transaction_id, written_after), id, resource, object_id, parent_resource, parent_id, operation, fields,
       actor_id, channel, request_id, at::text
FROM sync_change
WHERE (greatest(transaction_id, written_after), id) > (%(transaction)s, %(row)s)
  AND greatest(transaction_id, written_after) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
  AND (resource = ANY(%(resources)s) OR resource = ANY(%(parts)s) AND parent_resource = ANY(%(resources)s))
ORDER BY greatest(transaction_id, written_after), id
LIMIT %(limit)s
"""
_NOW = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


class CursorGoneError(DomainError):
    """Refuse a cursor of which the changes after it are not kept any more: its holder has to load everything anew."""

    code = "cursor-gone"


class Position(NamedTuple):
    """A place in the feed: after this row of this transaction."""

    transaction: int
    row: int

    def __str__(self) -> str:
        """Return the cursor that stands for it."""
        return SIGNER.sign(f"{self.transaction}.{self.row}")

    @classmethod
    def parse(cls, cursor: str) -> Self:
        """Return the position of a cursor that we gave out. Raise CursorError for any other."""
        try:
            # A cursor of a follower says in addition for whom it is.
            transaction, row, *_sight = SIGNER.unsign(cursor).split(".")
            return cls(int(transaction), int(row))
        except (BadSignature, ValueError) as error:
            raise CursorError(_("This cursor is not one of ours."), field="after") from error


class StoredFields(Mapping[str, Sequence[Any]]):
    """Changed columns as the change log has them; their `text` is read when somebody asks for one."""

    __slots__ = ("_read", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._read: dict[str, Sequence[Any]] | None = None

    def __getitem__(self, column: str) -> Sequence[Any]:
        return self._columns()[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns())

    def __len__(self) -> int:
        return len(self._columns())

    def _columns(self) -> dict[str, Sequence[Any]]:
        if self._read is None:
            # Numbers are as they are stored: a float would round amounts and rates.
            decode = _EXACT.decode if _ROUNDED.search(self.text) else orjson.loads
            self._read = decode(self.text)
        return self._read


class FeedChange(NamedTuple):
    """A change as a reader may know it, after which the position of a reader is `position`.

    `resource` and `object_id` name an object of the API; where a row of its own belongs to it, such as a team member to
    a deal, `part` names the row's kind and the operation is an update; `row_operation` is what happened to the row
    itself. `is_gained` says that the reader came to see the object by this change, and has yet to read what belongs to
    it. `at` is an instant as PostgreSQL writes it: to make one of each takes a tenth of the time of a page.
    """

    transaction: int
    row: int
    resource: str
    object_id: int
    part: str
    operation: str
    fields: Mapping[str, Sequence[Any]]
    actor_id: int | None
    channel: str
    request_id: str
    at: str
    row_operation: str
    is_gained: bool = False

    @property
    def position(self) -> Position:
        """Its place in the feed."""
        return Position(self.transaction, self.row)


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Changes in order, where to go on, and whether more is there already."""

    changes: Sequence[FeedChange]
    next: Position
    more: bool


# The columns of `_SELECT`.
type _Row = tuple[int, int, str, int, str, int | None, str, str, int | None, str, str, str]


def current_position() -> Position:
    """Return the end of the feed: everything committed after now is behind it. Take it before what it goes with."""
    with connection.cursor() as cursor:
        cursor.execute(_NOW)
        return Position(cursor.fetchone()[0] - 1, _LAST_ROW)


def first_position() -> Position:
    """Return the beginning of what is kept."""
    state = next(iter(_feed_state().run()), None)
    return Position(*state) if state else Position(0, 0)


@functools.cache
def _feed_state() -> Prepared[tuple[int, int]]:
    return Prepared(FeedState.objects.values_list("pruned_transaction", "pruned_row")[:1])


def read_feed(*, user: Viewer, after: Position, resources: Collection[str] = (), limit: int) -> FeedPage:
    """Return the changes after a position that `user` may know of, of some resources or of all.

    Raise CursorGoneError when changes after it were pruned, or it is of another database.
    """
    settled = current_position()
    wanted = registry.synced(resources)
    found: list[FeedChange] = []
    position, size = after, limit + 1
    for _batch in range(_MOST_BATCHES):
        rows = _rows_after(position, wanted, size)
        found += _readable(user, rows)
        is_end = len(rows) < size
        if is_end or len(found) > limit:
            break
        # What the reader may not know of is passed over: a page with less on it, and more behind it, would count it.
        position, size = Position(*rows[-1][:2]), max(size, _BATCH)
    # Only now: what was pruned while they were read would be missing without a word.
    _refuse_outside(after, settled)
    if len(found) > limit:
        return FeedPage(found[:limit], found[limit - 1].position, more=True)
    if not is_end:
        return FeedPage(found, position, more=True)
    # What was settled before they were asked for has been looked through.
    last = found[-1].position if found else after
    return FeedPage(found, max(after, settled, last), more=False)


def _rows_after(position: Position, wanted: Sequence[registry.Synced], limit: int) -> list[_Row]:
    values: dict[str, int | list[str]] = {
        "transaction": position.transaction,
        "row": position.row,
        "resources": [known.name for known in wanted],
        "parts": [part for known in wanted for part in known.parts],
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SELECT, values)
        return cursor.fetchall()


def refuse_gone(after: Position) -> Position:
    """Return the end of the feed. Raise CursorGoneError for a position before what is kept, or after the end."""
    settled = current_position()
    _refuse_outside(after, settled)
    return settled


def _refuse_outside(after: Position, settled: Position) -> None:
    if after < first_position() or after.transaction > settled.transaction:
        raise CursorGoneError(
            _("Changes after this cursor are not kept any more. Load everything anew, with “snapshot=true”."),
            field="after",
        )


def _readable(user: Viewer, rows: Sequence[_Row]) -> list[FeedChange]:
    """Return rows as changes of API objects, without those that the reader may not know of."""
    changes = [_change(*row) for row in rows]
    objects = {(change.resource, change.object_id) for change in changes}
    deleted = {change.resource for change in changes if change.row_operation == Operation.DELETE}
    states = Known(user, objects, surely_there=open_to(user) - deleted)
    hidden = _hidden_links(user, changes)
    guarded = {known.name for known in registry.synced() if known.secrecy is not None or known.readers is not None}
    found = []
    for change in changes:
        readers: Sequence[Any] = ()
        if hidden:
            change = change._replace(fields=_without(hidden, change.part or change.resource, change.fields))
        if change.resource in guarded:
            change, readers = _taken_apart(change)
        key = (change.resource, change.object_id)
        if key in states.visible:
            if change.resource not in guarded:
                found.append(change)
            elif _is_gained(change, user) or _is_left_out(user, change, readers[::-1]):
                found.append(change._replace(is_gained=True))
            elif change.fields or not readers or change.operation != Operation.UPDATE:
                found.append(change)
        elif key in states.known_before or _is_lost(change, user) or _is_left_out(user, change, readers):
            if change.operation == Operation.DELETE:
                found.append(change._replace(fields={}))
            elif change.part and change.row_operation == Operation.DELETE and key in states.known_before:
                # What belonged to an object goes with it.
                continue
            elif key not in states.known_before:
                found.append(
                    change._replace(part="", operation=Operation.DELETE.value, fields={}, actor_id=None, request_id="")
                )
            else:
                found.append(change)
    return found


def _taken_apart(change: FeedChange) -> tuple[FeedChange, Sequence[Any]]:
    """Return a change without the column of the readers, and what changed there: nothing, or who they were and are."""
    guard = registry.synced_resource(change.resource).readers
    if guard is None or change.part or guard.column not in change.fields:
        return change, ()
    others = {column: values for column, values in change.fields.items() if column != guard.column}
    return change._replace(fields=others), change.fields[guard.column]


def _is_left_out(user: Viewer, change: FeedChange, readers: Sequence[Any]) -> bool:
    """Whether a user was among the readers of an object before they changed, and is not after."""
    known = registry.synced_resource(change.resource)
    if not readers or known.readers is None or change.operation != Operation.UPDATE:
        return False
    before, after = (listed is None or user.pk in listed for listed in readers)
    return before and not after and user.has_perm(known.sees_all) and not user.has_perm(known.readers.sees_all)


@functools.cache
def _links(kind: str) -> Mapping[str, str]:
    """Return the resource that each column of a kind of row points to, of those that are not everybody's to see."""
    model = logged_models().get(kind)
    guarded = {known.model: known.name for known in registry.synced() if not is_for_all_staff(known)}
    fields = model._meta.concrete_fields if model is not None else ()
    return {str(field.column): guarded[field.related_model] for field in fields if field.related_model in guarded}


def _hidden_links(user: Viewer, changes: Sequence[FeedChange]) -> set[Object]:
    """Return what changes point to and the reader may not see, such as the payment that settles an invoice they see."""
    links = {kind: _links(kind) for kind in {change.part or change.resource for change in changes}}
    if not any(links.values()):
        return set()
    named = {
        (name, pk)
        for change in changes
        for column, name in links[change.part or change.resource].items()
        for pk in change.fields.get(column, ())
        if pk is not None
    }
    return named - may_know_of(user, named) if named else set()


def _without(hidden: set[Object], kind: str, fields: Mapping[str, Sequence[Any]]) -> Mapping[str, Sequence[Any]]:
    """Return changed columns without the ids of what is hidden."""
    links = _links(kind)
    return {
        column: [None if (links[column], value) in hidden else value for value in values] if column in links else values
        for column, values in fields.items()
    }


def _change(
    transaction: int,
    row: int,
    resource: str,
    object_id: int,
    parent_resource: str,
    parent_id: int | None,
    operation: str,
    fields: str,
    actor_id: int | None,
    channel: str,
    request_id: str,
    at: str,
) -> FeedChange:
    part, told = "", operation
    if not registry.is_synced(resource):
        part, told = resource, Operation.UPDATE.value
        resource, object_id = parent_resource, object_id if parent_id is None else parent_id
    return FeedChange(
        transaction,
        row,
        resource,
        object_id,
        part,
        told,
        StoredFields(fields),
        actor_id,
        channel,
        request_id,
        at,
        operation,
    )


def _is_gained(change: FeedChange, user: Viewer) -> bool:
    """Whether the secrecy, owner or members of an object changed in the reader's favour."""
    secrecy = registry.synced_resource(change.resource).secrecy
    if secrecy is None:
        return False
    if change.part == secrecy.member_part:
        return change.row_operation == Operation.INSERT and _new(change, secrecy.member) == user.pk
    if change.operation != Operation.UPDATE:
        return False
    return _new(change, secrecy.flag) is False or _new(change, secrecy.owner) == user.pk


def _is_lost(change: FeedChange, user: Viewer) -> bool:
    """Whether they changed so that the reader, who saw the object until then, does not any more."""
    secrecy = registry.synced_resource(change.resource).secrecy
    if secrecy is None:
        return False
    if change.part == secrecy.member_part:
        return change.row_operation == Operation.DELETE and _old(change, secrecy.member) == user.pk
    if change.operation != Operation.UPDATE:
        return False
    return _new(change, secrecy.flag) is True or _old(change, secrecy.owner) == user.pk


def _old(change: FeedChange, name: str) -> Any:
    return change.fields[name][0] if name in change.fields else None


def _new(change: FeedChange, name: str) -> Any:
    return change.fields[name][1] if name in change.fields else None
