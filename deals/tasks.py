"""Background work on deals."""

from celery import shared_task
from django.utils import timezone

from accounts.models import User
from deals.domain.imports.batches import apply_batch, check_batch, purge_files, undo_batch


@shared_task(name="deals.check_import")
def check_import(*, batch_id: int) -> None:
    """Check an import of many rows."""
    now = timezone.now()
    check_batch(batch_id=batch_id, at=now, today=now.date())


@shared_task(name="deals.apply_import")
def apply_import(*, batch_id: int) -> None:
    """Apply an import that was started; done by someone else already, it is left alone."""
    now = timezone.now()
    apply_batch(batch_id=batch_id, at=now, today=now.date())


@shared_task(name="deals.undo_import")
def undo_import(*, batch_id: int, by_id: int, leave_changed: bool) -> None:
    """Undo an import of many rows; undone already, it is left alone."""
    undo_batch(batch_id=batch_id, by=User.objects.get(pk=by_id), at=timezone.now(), leave_changed=leave_changed)


@shared_task(name="deals.purge_import_files")
def purge_import_files() -> None:
    """Delete the files of old imports."""
    purge_files(at=timezone.now())
