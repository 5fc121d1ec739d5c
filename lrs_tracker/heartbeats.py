"""When the worker, beat and the reminders' tick last showed that they live, kept in Valkey for /readyz."""

from datetime import datetime

from django.core.cache import cache

WORKER = "worker"
BEAT = "beat"
REMINDERS = "reminders"


def note_heartbeat(part: str, *, at: datetime) -> None:
    """Record that a part of LRS Tracker lives."""
    cache.set(f"heartbeat:{part}", at, timeout=None)


def last_heartbeat(part: str) -> datetime | None:
    """Return when a part was last known to live."""
    return cache.get(f"heartbeat:{part}")
