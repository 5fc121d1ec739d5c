"""How reminders are doing: what waits, what failed, and when each part last lived; for operators and monitoring."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Sum
from redis.exceptions import RedisError

from accounts.models import User
from lrs_tracker.edits import require_permission
from lrs_tracker.heartbeats import BEAT, WORKER, last_heartbeat
from lrs_tracker.queues import queue_depths
from reminders.domain.sending import resend
from reminders.domain.ticks import HEARTBEAT
from reminders.enums import Channel, MessageStatus
from reminders.models import MessageTotal, Notification, ReminderRule, Scan

_PARTS = (HEARTBEAT, BEAT, WORKER)

# Each part names one status, as the condition of a partial index does: what is settled is never read.
_UNSETTLED = """
SELECT count(*) FILTER (WHERE leased_until IS NULL OR leased_until <= %(at)s),
       count(*) FILTER (WHERE leased_until > %(at)s),
       (SELECT count(*) FROM reminders_notification WHERE status = 'failed'),
       min(next_attempt_at) FILTER (WHERE next_attempt_at <= %(at)s)
FROM reminders_notification WHERE status = 'pending'
"""
_UNTOLD = """
SELECT count(*), count(*) FILTER (WHERE send_at <= %(at)s),
       (SELECT count(*) FROM reminders_reminder WHERE status = 'held')
FROM reminders_reminder WHERE status = 'waiting'
"""


@dataclass(frozen=True, slots=True)
class MessageCounts:
    """Messages that are not settled; `oldest_due_at` is when the one that waits longest should have gone."""

    waiting: int
    being_sent: int
    failed: int
    oldest_due_at: dt.datetime | None

    def lag_seconds(self, at: dt.datetime) -> float:
        """Return for how long the message that waits longest is due."""
        return 0.0 if self.oldest_due_at is None else (at - self.oldest_due_at).total_seconds()


@dataclass(frozen=True, slots=True)
class ReminderCounts:
    """Reminders that nobody was told yet: all that wait, those of them that are due, and those that are held."""

    waiting: int
    due: int
    held: int


@dataclass(frozen=True, slots=True)
class Broker:
    """What Valkey knows: tasks in each queue, and when each part last lived; both None when it does not answer."""

    queues: Mapping[str, int] | None
    lived_at: Mapping[str, dt.datetime | None] | None


@dataclass(frozen=True, slots=True)
class FailedRule:
    """A rule that a scan could not ask, and the kind of error; `name` is empty for one that is gone."""

    pk: int
    name: str
    error: str


@dataclass(frozen=True, slots=True)
class ScanShown:
    """A scan with the rules that failed in it."""

    scan: Scan
    failed: Sequence[FailedRule]


def count_messages(*, at: dt.datetime) -> MessageCounts:
    """Count the messages that are not settled at an instant, in one query over the indexes of just these."""
    with connection.cursor() as cursor:
        cursor.execute(_UNSETTLED, {"at": at})
        return MessageCounts(*cursor.fetchone())


def total_messages() -> dict[tuple[Channel, MessageStatus], int]:
    """Return how many messages were ever sent, failed, or were not needed any more, by way; in one query.

    One that failed and was sent again counts as both.
    """
    totals = MessageTotal.objects.order_by().values_list("channel", "outcome").annotate(Sum("count"))
    return {(Channel(channel), MessageStatus(outcome)): count for channel, outcome, count in totals}


def count_reminders(*, at: dt.datetime) -> ReminderCounts:
    """Count the reminders that nobody was told yet, in one query over the indexes of just these."""
    with connection.cursor() as cursor:
        cursor.execute(_UNTOLD, {"at": at})
        return ReminderCounts(*cursor.fetchone())


def read_broker() -> Broker:
    """Ask Valkey, which may be out of reach."""
    try:
        return Broker(queue_depths(), {part: last_heartbeat(part) for part in _PARTS})
    except RedisError:
        return Broker(None, None)


def latest_scans(count: int) -> list[ScanShown]:
    """Return the latest scans with the names of the rules that failed, in two queries."""
    scans = list(Scan.objects.order_by("-at", "-pk")[:count])
    ids = {int(pk) for scan in scans for pk in scan.errors}
    names = dict(ReminderRule.objects.filter(pk__in=ids).values_list("pk", "name"))
    return [
        ScanShown(scan, [FailedRule(int(pk), names.get(int(pk), ""), error) for pk, error in scan.errors.items()])
        for scan in scans
    ]


def resend_message(*, message: Notification, by: User, at: dt.datetime) -> None:
    """Send a failed message again, from its first attempt on."""
    require_permission(by, "reminders.change_notification")
    resend(message=message, at=at)


@transaction.atomic
def resend_failed(*, by: User, at: dt.datetime) -> int:
    """Send every failed message again and return how many there are."""
    require_permission(by, "reminders.change_notification")
    failed = Notification.objects.visible_to(by).filter(status=MessageStatus.FAILED)
    return failed.update(status=MessageStatus.PENDING, attempts=0, next_attempt_at=at, leased_until=None)
