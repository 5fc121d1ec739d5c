"""A run: as long as there is something to tell, changes become deliveries and deliveries are posted.

Runs are started every second and end at once when there is nothing to do, after one query. A second one helps where
much waits.
"""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass

import structlog
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from sync.domain.webhook_fan_out import MOST_WAITING, fan_out
from sync.domain.webhook_sending import Sender
from sync.models import WebhookDelivery, WebhookEndpoint

log = structlog.get_logger(__name__)

MOST_RUNS = 2
# So much work is worth a second run.
MUCH = 100
# How often a run looks for new changes, and shows that it lives.
LOOK_EVERY = dt.timedelta(milliseconds=200)
_LIVES_SECONDS = 5

_WORK = """
SELECT endpoint.id,
       EXISTS (
           SELECT FROM sync_change change
           WHERE (greatest(change.transaction_id, change.written_after), change.id)
                 > (endpoint.position_transaction, endpoint.position_row)
             AND greatest(change.transaction_id, change.written_after)
                 < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
       ),
       waiting.count,
       waiting.due > 0 AND (endpoint.resting_until IS NULL OR endpoint.resting_until <= %(at)s)
FROM sync_webhookendpoint endpoint
LEFT JOIN accounts_user owner ON owner.id = endpoint.owner_id
CROSS JOIN LATERAL (
    SELECT count(*) AS count,
           count(*) FILTER (
               WHERE next_attempt_at <= %(at)s AND (leased_until IS NULL OR leased_until <= %(at)s)
           ) AS due
    FROM (
        SELECT next_attempt_at, leased_until FROM sync_webhookdelivery
        WHERE endpoint_id = endpoint.id AND status = 'pending' ORDER BY id LIMIT %(most)s
    ) delivery
) waiting
WHERE endpoint.disabled_at IS NULL AND (endpoint.owner_id IS NULL OR owner.is_active)
"""


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to do: endpoints with changes and room for them, how many messages wait, whether any is due."""

    to_fan_out: Collection[int]
    waiting: int
    is_due: bool

    def __bool__(self) -> bool:
        return bool(self.to_fan_out) or self.is_due


def read_work(*, at: dt.datetime) -> Work:
    """Return what there is to do at an instant, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_WORK, {"at": at, "most": MOST_WAITING})
        rows = cursor.fetchall()
    return Work(
        to_fan_out=[pk for pk, has_changes, waiting, _due in rows if has_changes and waiting < MOST_WAITING],
        waiting=sum(waiting for _pk, _has_changes, waiting, _due in rows),
        is_due=any(is_due for *_rest, is_due in rows),
    )


def run_webhooks(*, run_for: dt.timedelta, clock: Callable[[], dt.datetime] = timezone.now) -> bool:
    """Tell what there is to tell until nothing is left or time is up; return whether it goes on at once.

    No more than two processes do so at a time.
    """
    work = read_work(at=clock())
    if not work:
        return False
    place = _take_place(work)
    if place is None:
        return False
    try:
        return _run(work, clock() + run_for, place, clock)
    finally:
        cache.delete(place)


def _run(work: Work, until: dt.datetime, place: str, clock: Callable[[], dt.datetime]) -> bool:
    to_fan_out, looked_at = set(work.to_fan_out), clock()
    broken: set[int] = set()
    with Sender(clock) as sender:
        while (now := clock()) < until:
            if now - looked_at >= LOOK_EVERY:
                cache.touch(place, _LIVES_SECONDS)
                to_fan_out, looked_at = set(read_work(at=now).to_fan_out) - broken, now
            broken |= _fan_out(to_fan_out, now)
            started = sender.send_due()
            is_busy = sender.gather()
            to_fan_out = set()
            if not (started or is_busy):
                to_fan_out = set(read_work(at=clock()).to_fan_out) - broken
                if not to_fan_out:
                    return False
    return True


def _fan_out(keys: Collection[int], at: dt.datetime) -> set[int]:
    """Fan out for endpoints and return those with which it failed: a fault of ours keeps no other waiting."""
    broken = set()
    for endpoint in WebhookEndpoint.objects.filter(pk__in=keys).select_related("owner") if keys else ():
        try:
            fan_out(endpoint=endpoint, at=at)
        except Exception:
            log.exception("changes could not be fanned out", webhook=endpoint.pk)
            broken.add(endpoint.pk)
    return broken


def _take_place(work: Work) -> str | None:
    """Return the place of a run among those there may be, if one is free; a run that was killed leaves it soon."""
    places = MOST_RUNS if work.waiting >= MUCH else 1
    for number in range(places):
        place = f"webhooks:run:{number}"
        if cache.add(place, True, _LIVES_SECONDS):
            return place
    return None


def forget_settled(*, before: dt.datetime) -> int:
    """Delete the deliveries settled before an instant and return how many there were."""
    count, _by_model = WebhookDelivery.objects.filter(settled_at__lt=before).delete()
    return count
