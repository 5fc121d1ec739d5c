"""The Celery application: its settings are the CELERY_ ones of settings.py."""

import os
import warnings
from typing import Any

import structlog
from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lrs_tracker.settings")

# Who runs the worker is the operator's choice; in a container it often is root.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = Celery("lrs_tracker")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def keep_own_logging(**_details: Any) -> None:
    """Keep the logging of settings.py: that somebody listens is what stops Celery from setting up its own."""


@signals.task_prerun.connect
def bind_task_to_logs(*, task_id: str, task: Any, **_details: Any) -> None:
    """Put the task's name and id into each log line that it causes."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)
