"""Changing many deals at once, and taking it back."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from deals.models import Deal, Task
from lrs_tracker.problems import DomainError, PermissionRefusedError
from sync.enums import Operation
from sync.models import Change

# Fields that may be set for many deals at once. The stage is not one: only a move changes it.
BULK_FIELDS = ("owner", "region", "chemistry", "is_confidential", "expected_sop_on")
_COLUMNS = frozenset(f"{name}_id" if name == "owner" else name for name in BULK_FIELDS)
BULK_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class NewStep:
    """A next step to be added to every deal, for its owner to do."""

    title: str
    due_on: dt.date


@dataclass(frozen=True, slots=True)
class BulkChange:
    """What to do with the deals: values by field (see BULK_FIELDS), and a next step to add."""

    values: Mapping[str, Any] = field(default_factory=dict)
    step: NewStep | None = None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """How many deals were changed, and the transaction in the change log by which it can be undone."""

    deals: int
    transaction_id: int


@transaction.atomic
def bulk_edit(*, deals: "QuerySet[Deal]", change: BulkChange, by: User) -> BulkResult:
    """Apply a change to those of `deals` that exist for `by`; all of them or none.

    Raise PermissionRefusedError, or DomainError for nothing to do, too many deals, or deals that `by`
    would no longer see afterwards.
    """
    _refuse(change, by)
    visible = Deal.objects.visible_to(by).filter(pk__in=deals.order_by().values("pk"))
    ids = list(visible.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)[: BULK_LIMIT + 1])
    if not ids:
        raise DomainError(_("Select at least one deal."))
    if len(ids) > BULK_LIMIT:
        raise DomainError(_("At most %(count)s deals are changed at once. Narrow the list.") % {"count": BULK_LIMIT})
    if change.values:
        Deal.objects.filter(pk__in=ids).update(**change.values)
        _refuse_losing_sight(ids, by)
    if change.step is not None:
        _add_step(ids, change.step)
    return BulkResult(len(ids), _current_transaction())


@transaction.atomic
def undo_bulk_edit(*, transaction_id: int, by: User) -> int:
    """Put back what a bulk edit by `by` changed, and return how many deals that were.

    A value that someone has changed since stays, and so does a step that was worked on. Raise
    PermissionRefusedError, or DomainError when there is nothing to take back.
    """
    _require(by)
    own = Change.objects.filter(transaction_id=transaction_id, actor=by)
    edited = own.filter(resource="deal", operation=Operation.UPDATE)
    deals = Deal.objects.visible_to(by).filter(pk__in=edited.values("object_id"))
    touched: set[int] = set(deals.select_for_update(of=("self",)).values_list("pk", flat=True))
    _put_back(edited, touched)
    added = own.filter(resource="task", operation=Operation.INSERT).values("object_id")
    steps = Task.objects.visible_to(by).filter(pk__in=added, version=1)
    touched |= set(steps.values_list("deal_id", flat=True))
    steps.delete()
    if not touched:
        raise DomainError(_("There is nothing left to undo."))
    return len(touched)


def _refuse(change: BulkChange, by: User) -> None:
    unknown = set(change.values) - set(BULK_FIELDS)
    if unknown:
        raise ValueError(f"not a field of a bulk edit: {sorted(unknown)}")
    if not change.values and change.step is None:
        raise DomainError(_("Choose what to change."))
    _require(by)
    if change.step is not None and not by.has_perm("deals.add_task"):
        raise PermissionRefusedError(_("Your role cannot add next steps."))
    owner = change.values.get("owner")
    if owner is not None and not owner.is_active:
        raise DomainError(_("%(name)s is not active any more.") % {"name": owner}, field="owner")


def _require(by: User) -> None:
    if not by.has_perm("deals.change_deal"):
        raise PermissionRefusedError(_("Your role cannot change deals."))


def _refuse_losing_sight(ids: list[int], by: User) -> None:
    lost = len(ids) - Deal.objects.visible_to(by).filter(pk__in=ids).count()
    if lost:
        raise DomainError(
            ngettext(
                "You would no longer see %(count)s of these deals. Join its team first, or ask a manager.",
                "You would no longer see %(count)s of these deals. Join their teams first, or ask a manager.",
                lost,
            )
            % {"count": lost}
        )


def _add_step(ids: list[int], step: NewStep) -> None:
    owners = Deal.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "owner_id")
    Task.objects.bulk_create(
        Task(deal_id=deal_id, title=step.title, due_on=step.due_on, assignee_id=owner_id)
        for deal_id, owner_id in owners
    )


def _put_back(edited: "QuerySet[Change]", deal_ids: set[int]) -> None:
    """Set fields back to the old values that the log has, where they still have the new ones."""
    was: dict[tuple[str, Any, Any], list[int]] = defaultdict(list)
    for deal_id, fields in edited.filter(object_id__in=deal_ids).values_list("object_id", "fields"):
        for column in _COLUMNS & fields.keys():
            old, new = fields[column]
            was[column, old, new].append(deal_id)
    for (column, old, new), ids in was.items():
        Deal.objects.filter(pk__in=ids, **{column: new}).update(**{column: old})


def _current_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])
