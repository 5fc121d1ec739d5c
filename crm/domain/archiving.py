"""Carrying it from one side to the other that a company or contact is archived."""

from collections.abc import Callable, Mapping
from itertools import batched
from typing import TYPE_CHECKING, Any

from django.db import transaction

from companies.domain.companies import archive_company
from companies.domain.contacts import archive_contact
from crm.domain import pairs
from crm.domain.incoming import in_words
from crm.domain.journal import Item
from crm.enums import SENDS_OUT, Outcome, Resource, Way
from crm.models import RecordState
from lrs_tracker.problems import DomainError

if TYPE_CHECKING:
    from crm.domain.passes import Pass

_ARCHIVE: Mapping[Resource, Callable[..., Any]] = {
    Resource.COMPANY: lambda row, **given: archive_company(company=row, **given),
    Resource.CONTACT: lambda row, **given: archive_contact(contact=row, **given),
}


def archive_here(passing: "Pass", archived: Mapping[str, int]) -> None:
    """Archive our objects whose records were archived there."""
    rows = pairs.rows_of(passing.resource, archived.values(), user=passing.run.by)
    for external_id, pk in archived.items():
        row = rows.get(pk)
        if row is None or row.archived_at is not None:
            continue
        item = Item(passing.resource, pk, external_id, row=row)
        try:
            with transaction.atomic():
                _ARCHIVE[passing.resource](row, by=passing.run.by, at=passing.run.clock())
                if passing.run.is_dry:
                    transaction.set_rollback(True)
        except DomainError as error:
            passing.journal.keep_back(item, Way.IN, Outcome.HELD, in_words(error))
            continue
        passing.journal.note(item, Way.IN, Outcome.ARCHIVED)


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
        gone = [state for state in chunk if _is_archived(rows.get(state.object_id or 0))]
        if not gone:
            continue
        if not run.is_dry:
            run.connector.archive(passing.resource, [state.external_id for state in gone])
        for state in gone:
            item = Item(
                passing.resource, state.object_id, state.external_id, rows.get(state.object_id or 0), state=state
            )
            passing.journal.note(item, Way.OUT, Outcome.ARCHIVED)
            if not run.is_dry:
                state.is_gone_there = True
                passing.journal.save(state)


def _is_archived(row: Any) -> bool:
    # Companies and contacts are seen by everyone: one that is not there was deleted.
    return row is None or row.archived_at is not None
