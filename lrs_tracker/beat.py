"""The clock of background work: any number of beats may run, one leads and another takes over."""

from typing import Any

import redis
from celery.beat import Scheduler
from django.conf import settings
from django.utils import timezone
from redis.exceptions import LockError, RedisError

from lrs_tracker.heartbeats import BEAT, note_heartbeat

LEASE_SECONDS = 30
LONGEST_SLEEP_SECONDS = 5.0


class LeaderScheduler(Scheduler):
    """Send what is due while holding a lease in Valkey; without it, wait to take over.

    The schedule is code and nothing is kept on disk, so tasks must be safe to run once more after a change of leader.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        client = redis.Redis.from_url(settings.REDIS_URL)
        self.lease = client.lock("lrs:beat-leader", timeout=LEASE_SECONDS, thread_local=False)
        super().__init__(*args, **options)

    def setup_schedule(self) -> None:
        """Take the schedule from the settings."""
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *args: Any, **options: Any) -> float:
        """Send what is due if this beat leads; return how long to sleep."""
        if not self._leads():
            return LONGEST_SLEEP_SECONDS
        note_heartbeat(BEAT, at=timezone.now())
        return min(super().tick(*args, **options), LONGEST_SLEEP_SECONDS)

    def close(self) -> None:
        """Let another beat lead at once."""
        if self.lease.local.token is not None:
            try:
                self.lease.release()
            except (LockError, RedisError):
                self.logger.warning("beat lease was already gone")
        super().close()

    def _leads(self) -> bool:
        if self.lease.local.token is not None:
            try:
                return self.lease.reacquire()
            except LockError:
                self.lease.local.token = None
        return self.lease.acquire(blocking=False)
