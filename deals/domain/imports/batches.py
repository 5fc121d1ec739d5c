"""The way of a file through the pages: uploaded, mapped, checked, applied."""

import datetime as dt
import hashlib
from typing import Any

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from deals.domain.imports.checking import plan_import
from deals.domain.imports.mapping import ImportMap, parse_map
from deals.domain.imports.problems import FileUnusableError, short
from deals.domain.imports.reading import read_table
from deals.domain.imports.running import run_import, stored_report
from deals.domain.imports.surveys import suggest_map, survey_table
from deals.domain.imports.tables import Table
from deals.domain.imports.undoing import ChangedSinceError, undo_import
from deals.enums import ImportStatus
from deals.models import ImportBatch
from lrs_tracker.problems import DomainError, PermissionRefusedError

# A file is kept as long as it may be looked into again, and no longer.
KEPT_AFTER_APPLYING = dt.timedelta(days=7)
KEPT_WITHOUT_APPLYING = dt.timedelta(days=30)
# Checking or undoing more rows than this is left to a worker.
MOST_ROWS_DONE_AT_ONCE = 2_000
# What a batch says of itself while a worker has it.
_IN_HAND = ("is_checking", "is_undoing")
_OPEN = (ImportStatus.UPLOADED, ImportStatus.CHECKED, ImportStatus.FAILED)
_PROGRESS_SECONDS = 60


def upload_file(*, content: bytes, name: str, by: User) -> ImportBatch:
    """Keep an uploaded file with a first map to be completed; raise FileUnusableError when it is no table."""
    if not by.has_perm("deals.import_deal"):
        raise PermissionRefusedError(_("Your role cannot import deals."))
    table = read_table(content=content, name=name)
    batch = ImportBatch(
        file_name=short(name[-200:], 200),
        sha256=hashlib.sha256(content).hexdigest(),
        mapping=suggest_map(table, file_name=name),
        row_count=len(table.rows),
        result={"survey": survey_table(table)},
        created_by=by,
    )
    # The name on disk is ours: nothing of the uploaded one becomes part of a path.
    batch.file.save(f"{batch.sha256[:16]}.bin", ContentFile(content), save=False)
    batch.save()
    return batch


@transaction.atomic
def change_map(*, batch: ImportBatch, raw_map: dict[str, Any]) -> ImportBatch:
    """Give a batch that is not applied another map; what was checked before counts no more.

    Raise MapInvalidError for a wrong map, DomainError when the import is under way or done.
    """
    parse_map(raw_map)
    batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.status not in _OPEN:
        raise DomainError(_("This import is under way or done; its map cannot change any more."))
    batch.mapping = raw_map
    batch.status = ImportStatus.UPLOADED
    batch.result = {"survey": batch.result.get("survey", {})}
    batch.save()
    return batch


@transaction.atomic
def start_check(*, batch: ImportBatch) -> bool:
    """Mark a batch as being checked; return whether it is short enough to be checked at once.

    Raise DomainError when the import is under way or done.
    """
    batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.status not in _OPEN:
        raise DomainError(_("This import is under way or done."))
    batch.status = ImportStatus.UPLOADED
    batch.result = {"survey": batch.result.get("survey", {}), "is_checking": True}
    batch.save(update_fields=["status", "result"])
    note_progress(batch, 0)
    return batch.row_count <= MOST_ROWS_DONE_AT_ONCE


def check_batch(*, batch_id: int, at: dt.datetime, today: dt.date) -> None:
    """Check a batch without writing a deal, and keep what was found, or why it cannot be imported."""
    batch = ImportBatch.objects.select_related("created_by").get(pk=batch_id)
    if batch.status not in _OPEN:
        return
    survey = {"survey": batch.result.get("survey", {})}
    try:
        table, import_map = _table_of(batch)
        survey["survey"] = survey_table(table)
        plan = plan_import(table=table, import_map=import_map, by=batch.created_by, at=at, today=today)
        status, result = ImportStatus.CHECKED, survey | {"report": stored_report(plan)}
    except DomainError as error:
        status, result = ImportStatus.FAILED, survey | {"error": str(error)}
    # Only if nobody gave it another map meanwhile.
    same = ImportBatch.objects.filter(pk=batch_id, status__in=_OPEN, mapping=batch.mapping)
    same.update(status=status, result=result)


@transaction.atomic
def start_batch(*, batch: ImportBatch) -> ImportBatch:
    """Mark a checked batch as under way, once; raise DomainError when it was not checked or is under way."""
    batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    is_stuck = batch.status == ImportStatus.RUNNING and progress_of(batch) is None
    if batch.status != ImportStatus.CHECKED and not is_stuck:
        raise DomainError(_("Check the file first; an import runs once."))
    batch.status = ImportStatus.RUNNING
    batch.save(update_fields=["status"])
    note_progress(batch, 0)
    return batch


def apply_batch(*, batch_id: int, at: dt.datetime, today: dt.date) -> ImportBatch | None:
    """Apply a batch that was started, in one transaction; return None when someone else does, or did.

    The row is held until the end, so of two workers one finds it taken. When the import is refused
    or breaks, nothing of it is written and the batch says why.
    """
    try:
        return _apply(batch_id, at, today)
    except DomainError as error:
        _fail(batch_id, str(error))
        return None
    except Exception:
        _fail(batch_id, _("Something went wrong; nothing was imported."))
        raise


@transaction.atomic
def _apply(batch_id: int, at: dt.datetime, today: dt.date) -> ImportBatch | None:
    held = ImportBatch.objects.select_for_update(of=("self",), skip_locked=True)
    batch = held.select_related("created_by").filter(pk=batch_id, status=ImportStatus.RUNNING).first()
    if batch is None:
        return None
    table, import_map = _table_of(batch)
    run_import(
        batch=batch,
        table=table,
        import_map=import_map,
        by=batch.created_by,
        at=at,
        today=today,
        on_progress=lambda done: note_progress(batch, done),
    )
    return batch


@transaction.atomic
def start_undo(*, batch: ImportBatch) -> bool:
    """Mark an applied batch as being undone; return whether it is short enough to be undone at once."""
    batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.status != ImportStatus.APPLIED:
        raise DomainError(_("Only an applied import can be undone."))
    batch.result = {name: value for name, value in batch.result.items() if name != "error"} | {"is_undoing": True}
    batch.save(update_fields=["result"])
    note_progress(batch, 0)
    return batch.row_count <= MOST_ROWS_DONE_AT_ONCE


def undo_batch(*, batch_id: int, by: User, at: dt.datetime, leave_changed: bool) -> None:
    """Undo a batch, or keep in it why that is not possible."""
    batch = ImportBatch.objects.get(pk=batch_id)
    try:
        undo_import(batch=batch, by=by, at=at, leave_changed=leave_changed)
    except DomainError as error:
        refused = {"error": str(error), "has_changed_since": isinstance(error, ChangedSinceError)}
        still = {name: value for name, value in batch.result.items() if name != "is_undoing"}
        ImportBatch.objects.filter(pk=batch_id, status=ImportStatus.APPLIED).update(result=still | refused)


def _fail(batch_id: int, message: str) -> None:
    batch = ImportBatch.objects.get(pk=batch_id)
    ImportBatch.objects.filter(pk=batch_id, status=ImportStatus.RUNNING).update(
        status=ImportStatus.FAILED, result=batch.result | {"error": message}
    )


def release_batch(*, batch: ImportBatch) -> None:
    """Take back that a worker has the batch in hand: no worker could be asked."""
    batch = ImportBatch.objects.get(pk=batch.pk)
    if batch.status == ImportStatus.RUNNING:
        batch.status = ImportStatus.CHECKED
    batch.result = {name: value for name, value in batch.result.items() if name not in _IN_HAND}
    batch.save(update_fields=["status", "result"])
    cache.delete(f"import-progress:{batch.pk}")


def note_progress(batch: ImportBatch, done: int) -> None:
    """Tell how many rows are done, outside the transaction that does them."""
    cache.set(f"import-progress:{batch.pk}", done, timeout=_PROGRESS_SECONDS)


def progress_of(batch: ImportBatch) -> int | None:
    """Return how many rows are done; None when nobody has said so for a minute."""
    return cache.get(f"import-progress:{batch.pk}")


def is_busy(batch: ImportBatch) -> bool:
    """Return whether a worker has the batch in hand, or is about to."""
    in_hand = any(batch.result.get(name) for name in _IN_HAND)
    return bool(batch.status == ImportStatus.RUNNING or in_hand) and progress_of(batch) is not None


def purge_files(*, at: dt.datetime) -> int:
    """Delete the files of old imports; return how many. The imports themselves stay listed."""
    old = Q(applied_at__lt=at - KEPT_AFTER_APPLYING) | Q(created_at__lt=at - KEPT_WITHOUT_APPLYING)
    batches = list(ImportBatch.objects.filter(old).exclude(file="").exclude(status=ImportStatus.RUNNING))
    for batch in batches:
        batch.file.delete(save=False)
        batch.save(update_fields=["file"])
    return len(batches)


def _table_of(batch: ImportBatch) -> tuple[Table, ImportMap]:
    import_map = parse_map(batch.mapping)
    if not batch.file:
        raise FileUnusableError(_("The file of this import is not kept any more. Upload it again."))
    with batch.file.open("rb") as stream:
        content = stream.read()
    table = read_table(
        content=content,
        name=batch.file_name,
        encoding=import_map.encoding,
        delimiter=import_map.delimiter,
        sheet=import_map.sheet,
    )
    return table, import_map
