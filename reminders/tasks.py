"""Background work on reminders. Beat only says that time has passed: the database knows what is due."""

import datetime as dt

from celery import shared_task
from django.utils import timezone

from lrs_tracker.heartbeats import note_heartbeat
from reminders.domain.retention import purge_old
from reminders.domain.sending import send_pending
from reminders.domain.ticks import HEARTBEAT, tick

# A sender ends well before it would be taken for dead; the next tick starts another if there is more.
SEND_FOR = dt.timedelta(minutes=4)


@shared_task(name="reminders.tick")
def run_tick() -> None:
    """Scan if anything can be new, tell what is due, and let what waits be sent."""
    now = timezone.now()
    work = tick(at=now)
    note_heartbeat(HEARTBEAT, at=now)
    for _sender in range(work.senders):
        send.apply_async(expires=60)


@shared_task(name="reminders.purge", soft_time_limit=5 * 60, time_limit=6 * 60)
def purge() -> None:
    """Delete what is older than it is kept."""
    purge_old(at=timezone.now())


@shared_task(name="reminders.send", soft_time_limit=5 * 60, time_limit=6 * 60)
def send() -> None:
    """Send the messages that wait."""
    send_pending(until=timezone.now() + SEND_FOR)
