"""Carrying it from one side to the other that a company or contact is archived."""

from collections.abc import Callable, Mapping
from itertools import batched
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from companies.domain.companies import archive_company, restore_company
from companies.domain.contacts import archive_contact, restore_contact
from crm.connectors.base import WriteResult
from crm.domain import pairs
from crm.domain.incoming import in_words
from crm.domain.journal import Item
from crm.enums import SENDS_OUT, Outcome, Resource, Way
from crm.models import RecordState
from lrs_tracker.problems import DomainError

if TYPE_CHECKING:
    from crm.domain.passes import Pass

_RESTORE: Mapping[Resource, Callable[..., Any]] = {
    Resource.COMPANY: lambda row, **given: restore_company(company=row, **given),
    Resource.CONTACT: lambda row, **given: restore_contact(contact=row, **given),
}
_ARCHIVE: Mapping[Resource, Callable[..., Any]] = {
    Resource.COMPANY: lambda row, **given: archive_company(company=row, **given),
    Resource.CONTACT: lambda row, **given: archive_contact(contact=row, **given),
}


def newly_archived(passing: "Pass", found: Mapping[str, int]) -> dict[str, int]:
    """Return those of our objects whose records were not known to be archived there: recycle bins tell of old ones.

    One that was put back here since would otherwise be archived again.
    """
    known = RecordState.objects.filter(connection=passing.run.connection, resource=passing.resource)
    old = set(known.filter(external_id__in=found, is_gone_there=True).values_list("external_id", flat=True))
    doubled = pairs.doubled_ids(passing.resource, list(found.values()), system=passing.run.system)
    return {external_id: pk for external_id, pk in found.items() if external_id not in old and pk not in doubled}


def archive_here(passing: "Pass", archived: Mapping[str, int]) -> None:
    """Archive our objects whose records were archived there."""
    rows = pairs.rows_of(passing.resource, archived.values(), user=passing.run.by)
    known = RecordState.objects.filter(connection=passing.run.connection, resource=passing.resource)
    states = {state.external_id: state for state in known.filter(external_id__in=archived)}
    for external_id, pk in archived.items():
        row = rows.get(pk)
        if row is None:
            continue
        item = Item(passing.resource, pk, external_id, row=row, state=states.get(external_id))
        if row.archived_at is not None:
            _note_gone(passing, item)
            continue
        try:
            with transaction.atomic():
                _ARCHIVE[passing.resource](row, by=passing.run.by, at=passing.run.clock())
                if passing.run.is_dry:
                    transaction.set_rollback(True)
        except DomainError as error:
            passing.journal.keep_back(item, Way.IN, Outcome.HELD, in_words(error))
            continue
        passing.journal.note(item, Way.IN, Outcome.ARCHIVED)
        _note_gone(passing, item)


def restore_here(passing: "Pass", item: Item) -> bool:
    """Put an object back whose record was put back there; return whether it is in use now."""
    try:
        with transaction.atomic():
            _RESTORE[passing.resource](item.row, by=passing.run.by)
            if passing.run.is_dry:
                transaction.set_rollback(True)
    except DomainError as error:
        passing.journal.keep_back(item, Way.IN, Outcome.HELD, in_words(error))
        return False
    passing.journal.note(item, Way.IN, Outcome.CHANGED, note=_("It was put back there, and so it is here."))
    item.row = pairs.rows_of(passing.resource, [item.row.pk], user=passing.run.by)[item.row.pk]
    return True


def archive_there(passing: "Pass") -> None:
    """Archive records whose objects were archived or deleted here."""
    if passing.direction not in SENDS_OUT:
        return
    run = passing.run
    known = RecordState.objects.filter(
        connection=run.connection, resource=passing.resource, is_gone_there=False, object_id__isnull=False
    ).exclude(external_id="")
    for chunk in batched(known.order_by("pk").iterator(chunk_size=500), run.connector.batch_size):
        rows = pairs.rows_of(passing.resource, [state.object_id for state in chunk if state.object_id], user=run.by)
        gone = _only_own(passing, [state for state in chunk if _is_archived(rows.get(state.object_id or 0))], rows)
        if not gone:
            continue
        ids = [state.external_id for state in gone]
        results = [WriteResult(one) for one in ids] if run.is_dry else run.connector.archive(passing.resource, ids)
        for state, result in zip(gone, results, strict=True):
            item = Item(
                passing.resource, state.object_id, state.external_id, rows.get(state.object_id or 0), state=state
            )
            if result.problem:
                passing.journal.keep_back(item, Way.OUT, Outcome.FAILED, result.problem)
                continue
            passing.journal.note(item, Way.OUT, Outcome.ARCHIVED)
            _note_gone(passing, item)


def _only_own(passing: "Pass", states: list[RecordState], rows: Mapping[int, Any]) -> list[RecordState]:
    """Return the states of objects that are deleted, or have the record, and no other, still."""
    ids = {state.object_id: state.external_id for state in states if state.object_id in rows}
    holders = pairs.our_ids(passing.resource, list(ids.values()), system=passing.run.system)
    doubled = pairs.doubled_ids(passing.resource, list(rows), system=passing.run.system)
    return [
        state
        for state in states
        if state.object_id not in rows
        or (holders.get(state.external_id) == state.object_id and state.object_id not in doubled)
    ]


def _note_gone(passing: "Pass", item: Item) -> None:
    if not passing.run.is_dry:
        state = passing.journal.state_of(item)
        state.is_gone_there, state.needs_retry, state.problem = True, False, ""
        passing.journal.save(state)


def _is_archived(row: Any) -> bool:
    # Companies and contacts are seen by everyone: one that is not there was deleted.
    return row is None or row.archived_at is not None
