"""Background work of sync. Beat only says that time has passed: the database knows what there is to tell."""

import datetime as dt

from celery import shared_task
from django.utils import timezone

from sync.domain.idempotency import forget_answers as forget
from sync.domain.webhook_runs import forget_settled, run_webhooks

# Short, so that other work is not kept waiting behind it; it goes on where it stopped.
RUN_FOR = dt.timedelta(seconds=5)
KEEP_LOG_FOR = dt.timedelta(days=30)


@shared_task(name="sync.run_webhooks")
def run() -> None:
    """Tell webhooks what changed, for a while."""
    if run_webhooks(run_for=RUN_FOR):
        run.apply_async(expires=60)


@shared_task(name="sync.forget_deliveries")
def forget_deliveries() -> None:
    """Delete what the logs of webhooks have kept for long enough."""
    forget_settled(before=timezone.now() - KEEP_LOG_FOR)


@shared_task(name="sync.forget_answers")
def forget_answers() -> None:
    """Delete kept answers that are older than they are given again."""
    forget(at=timezone.now())
