"""Taking back what an import did, from the change log rows of its transaction."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from companies.models import Company, Contact
from deals.enums import ImportStatus
from deals.models import Deal, ImportBatch, Pipeline, Stage
from lrs_tracker.change_log import ChangeTrigger, change_context
from lrs_tracker.problems import DomainError
from sync.enums import Operation
from sync.models import Change, ExternalRef

# What an import makes for its deals, in the order in which it can go again. A thing that something
# else uses by now stays.
_SURROUNDINGS: tuple[type[models.Model], ...] = (Contact, Company, User, Stage, Pipeline)
_LISTED_AT_MOST = 20


class ChangedSinceError(DomainError):
    """Refuse to undo an import whose deals were changed since; `codes` lists them."""

    code = "changed-since"

    def __init__(self, codes: list[str]) -> None:
        shown = ", ".join(codes[:_LISTED_AT_MOST]) + (" …" if len(codes) > _LISTED_AT_MOST else "")
        super().__init__(
            ngettext(
                "%(count)s deal was changed since: %(codes)s. It can be left as it is.",
                "%(count)s deals were changed since: %(codes)s. They can be left as they are.",
                len(codes),
            )
            % {"count": len(codes), "codes": shown}
        )
        self.codes = codes


@dataclass(slots=True)
class Undone:
    """What an undo did."""

    deleted: int = 0
    restored: int = 0
    left: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it as a batch keeps it."""
        return {"deleted": self.deleted, "restored": self.restored, "left": self.left, "kept": self.kept}


@transaction.atomic
def undo_import(*, batch: ImportBatch, by: User, at: dt.datetime, leave_changed: bool = False) -> Undone:
    """Delete what an import made and give back the former values of what it changed, in one step.

    Deals that anything else changed since are refused with ChangedSinceError, or left as they are
    when `leave_changed`. Companies, owners, stages and the pipeline that the import made go too, unless
    something else uses them. Raise DomainError for a batch that is not applied.
    """
    batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.status != ImportStatus.APPLIED or batch.transaction_id is None:
        raise DomainError(_("Only an applied import can be undone."))
    if batch.created_by_id != by.pk and not by.has_perm("deals.undo_any_import"):
        raise DomainError(_("Only a manager can undo the import of someone else."))
    changes = _changes_of(batch.transaction_id)
    touched = _deals_touched(changes)
    list(Deal.objects.filter(pk__in=touched).order_by("pk").select_for_update(of=("self",)).values_list("pk"))
    changed_since = _changed_since(touched, changes)
    codes = [Deal(pk=pk).code for pk in sorted(changed_since)]
    if codes and not leave_changed:
        raise ChangedSinceError(codes)
    with change_context(actor_id=by.pk, channel="import"):
        undone = _take_back(changes, leave=changed_since, ref_ids=batch.result.get("ref_ids", []))
    undone.left = codes
    batch.status, batch.undone_at, batch.undone_by = ImportStatus.UNDONE, at, by
    kept = {name: value for name, value in batch.result.items() if name not in {"is_undoing", "error"}}
    batch.result = kept | {"undone": undone.as_json()}
    batch.save()
    return undone


def deals_changed_since(batch: ImportBatch) -> list[str]:
    """Return the codes of the deals of an applied import that something else changed since."""
    if batch.transaction_id is None:
        return []
    changes = _changes_of(batch.transaction_id)
    return [Deal(pk=pk).code for pk in sorted(_changed_since(_deals_touched(changes), changes))]


@dataclass(slots=True)
class _Logged:
    pk: int
    transaction_id: int
    resource: str
    object_id: int
    parent: tuple[str, int | None]
    operation: str
    fields: dict[str, list[Any]]

    @property
    def deal_id(self) -> int | None:
        """The deal that the change is about or belongs to."""
        if self.resource == "deal":
            return self.object_id
        return self.parent[1] if self.parent[0] == "deal" else None


def _changes_of(transaction_id: int) -> list[_Logged]:
    rows = (
        Change.objects.filter(transaction_id=transaction_id)
        .annotate(text=Cast("fields", models.TextField()))
        .order_by("-pk")
        .values_list("pk", "resource", "object_id", "parent_resource", "parent_id", "operation", "text")
    )
    return [
        _Logged(
            pk,
            transaction_id,
            resource,
            object_id,
            (parent, parent_id),
            operation,
            # Decimals as they were written: a float would not keep all digits.
            json.loads(text, parse_float=Decimal) if operation == Operation.UPDATE else {},
        )
        for pk, resource, object_id, parent, parent_id, operation, text in rows.iterator(chunk_size=2000)
    ]


def _deals_touched(changes: Iterable[_Logged]) -> set[int]:
    return {change.deal_id for change in changes if change.deal_id is not None}


def _changed_since(deal_ids: set[int], changes: list[_Logged]) -> set[int]:
    """Return the deals with a later change of their own or of what belongs to them.

    The import held its deals from before its first change until its end, so what others logged after
    that first change came after it.
    """
    if not changes:
        return set()
    later = Change.objects.filter(pk__gt=changes[-1].pk).exclude(transaction_id=changes[-1].transaction_id)
    own = later.filter(resource="deal", object_id__in=deal_ids).values_list("object_id", flat=True)
    parts = later.filter(parent_resource="deal", parent_id__in=deal_ids).values_list("parent_id", flat=True)
    return {*own, *(deal_id for deal_id in parts if deal_id is not None)}


def _take_back(changes: list[_Logged], *, leave: set[int], ref_ids: list[int]) -> Undone:
    undone = Undone()
    mine = [change for change in changes if change.deal_id not in leave]
    inserted: dict[str, list[int]] = defaultdict(list)
    for change in mine:
        if change.operation == Operation.INSERT:
            inserted[change.resource].append(change.object_id)
    refs = ExternalRef.objects.filter(pk__in=ref_ids).exclude(object_id__in=leave)
    refs.delete()
    made_deals = set(inserted["deal"])
    undone.restored = _restore(mine)
    _delete_parts(inserted, made_deals)
    # The parts of a deal go with it.
    Deal.objects.filter(pk__in=made_deals).delete()
    undone.deleted = len(made_deals)
    for model in _SURROUNDINGS:
        undone.kept += _delete_unused(model, inserted[_resource_of(model)])
    return undone


def _restore(changes: list[_Logged]) -> int:
    """Give rows the values they had before; later changes come first, so the earliest value wins."""
    former: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    for change in changes:
        if change.operation == Operation.UPDATE:
            former[change.resource, change.object_id].update({name: pair[0] for name, pair in change.fields.items()})
    models_by_resource = _models_by_resource()
    for (resource, pk), columns in former.items():
        model = models_by_resource[resource]
        fields = {each.column: each for each in model._meta.concrete_fields}
        values = {fields[name].attname: fields[name].to_python(value) for name, value in columns.items()}
        model._base_manager.filter(pk=pk).update(**values)
    return sum(1 for resource, _pk in former if resource == "deal")


def _delete_parts(inserted: dict[str, list[int]], made_deals: set[int]) -> None:
    """Delete what was added to deals that were there before."""
    for resource in ("deal-contact", "note", "task", "transition"):
        model = _models_by_resource()[resource]
        model._base_manager.filter(pk__in=inserted[resource]).exclude(deal__in=made_deals).delete()


def _delete_unused(model: type[models.Model], ids: list[int]) -> list[str]:
    """Delete the rows that nothing refers to; return the names of the others."""
    used: set[int] = set()
    for relation in model._meta.related_objects:
        pointing = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": ids})
        used.update(pointing.values_list(relation.field.name, flat=True))
    kept = model._base_manager.filter(pk__in=used & set(ids)).order_by("pk")
    names = [str(each) for each in kept]
    model._base_manager.filter(pk__in=set(ids) - used).delete()
    return names


def _models_by_resource() -> dict[str, type[models.Model]]:
    return {
        trigger.resource: model
        for model in apps.get_models()
        for trigger in getattr(model._meta, "triggers", ())
        if isinstance(trigger, ChangeTrigger)
    }


def _resource_of(model: type[models.Model]) -> str:
    return next(name for name, each in _models_by_resource().items() if each is model)
