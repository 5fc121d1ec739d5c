"""The Celery application: its settings are the CELERY_ ones of settings.py."""

import os
import warnings
from typing import Any

import structlog
from celery import Celery, Task, signals

from lrs_tracker.change_log import change_context

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lrs_tracker.settings")

# Who runs the worker is the operator's choice; in a container it often is root.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")


class RecordedTask(Task):
    """A task whose changes the change log attributes to the channel `task` and to the task's id."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task inside its change context."""
        with change_context(actor_id=None, channel="task", request_id=self.request.id or ""):
            return super().__call__(*args, **kwargs)


app = Celery("lrs_tracker", task_cls=RecordedTask)
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
