"""Background work on CRMs. Beat only says that time has passed."""

from celery import shared_task
from django.utils import timezone

from crm.domain.runs import carry_out, due_connections, prune_runs, run_scheduled
from crm.domain.schemas import read_schema
from crm.enums import RunStatus
from crm.models import SyncRun

_RUN_SECONDS = 30 * 60


@shared_task(name="crm.tick")
def tick() -> None:
    """Start a run of each connection that is on, and forget old ones."""
    now = timezone.now()
    for pk in due_connections(at=now):
        sync.apply_async(kwargs={"connection_id": pk}, expires=300)
    prune_runs(at=now)


@shared_task(name="crm.sync", soft_time_limit=_RUN_SECONDS, time_limit=_RUN_SECONDS + 60)
def sync(*, connection_id: int) -> None:
    """Carry out a scheduled run, unless one is being carried out."""
    run_scheduled(connection_id=connection_id, clock=timezone.now)


@shared_task(name="crm.run", soft_time_limit=_RUN_SECONDS, time_limit=_RUN_SECONDS + 60)
def run(*, run_id: int) -> None:
    """Carry out a run that somebody asked for; one that is over, or whose connection is busy, is left alone."""
    wanted = SyncRun.objects.filter(pk=run_id, status__in=[RunStatus.WAITING, RunStatus.RUNNING]).first()
    if wanted is not None and not carry_out(wanted, clock=timezone.now):
        run.apply_async(kwargs={"run_id": run_id}, countdown=20)


@shared_task(name="crm.read_schema")
def read_fields_and_stages(*, connection_id: int) -> None:
    """Read what a CRM offers for the mapping."""
    read_schema(connection_id=connection_id, at=timezone.now())
