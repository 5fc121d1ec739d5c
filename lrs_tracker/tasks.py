"""Tasks of the project itself."""

from celery import shared_task
from django.utils import timezone

from lrs_tracker.heartbeats import WORKER, note_heartbeat


@shared_task(name="lrs_tracker.note_worker")
def note_worker() -> None:
    """Record that a worker does what beat sends."""
    note_heartbeat(WORKER, at=timezone.now())
