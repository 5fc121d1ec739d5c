"""What a tick does: scan when something can be new, tell what is due, and say how many senders have work."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection

from lrs_tracker.heartbeats import REMINDERS
from reminders.domain.default_rules import create_default_rules
from reminders.domain.scan import is_scan_needed, scan
from reminders.domain.sending import BATCH
from reminders.domain.telling import tell_due
from reminders.models import ScanState

HEARTBEAT = REMINDERS
# Changes wait so long at most, so that a busy desk is not scanned all the time.
SCAN_EVERY = dt.timedelta(minutes=5)
# Ticks come a little early or late.
_TOLERANCE = dt.timedelta(seconds=30)
MOST_SENDERS = 4

_WORK = """
SELECT EXISTS (SELECT FROM reminders_reminder WHERE status = 'waiting' AND send_at <= %(at)s),
       (SELECT count(*) FROM (
           SELECT FROM reminders_notification
           WHERE status = 'pending' AND next_attempt_at <= %(at)s AND (leased_until IS NULL OR leased_until <= %(at)s)
           LIMIT %(most)s
       ) message),
       state.cursor, state.scanned_through, state.scanned_at
FROM (SELECT) one LEFT JOIN reminders_scanstate state ON true
"""


@dataclass(frozen=True, slots=True)
class Work:
    """What waits at an instant; of messages, as many as there are senders for."""

    is_due: bool
    messages: int
    scans: ScanState

    @property
    def senders(self) -> int:
        """How many senders have something to do."""
        return -(-self.messages // BATCH)


def tick(*, at: dt.datetime) -> Work:
    """Do what is due at an instant and return what is left for senders.

    While nothing is due, it takes two queries.
    """
    work = read_work(at)
    if work.scans.scanned_at is None:
        create_default_rules(today=at.date())
    if _is_time_to_scan(work.scans, at):
        scan(at=at)
        work = read_work(at)
    if work.is_due and tell_due(at=at):
        work = read_work(at)
    return work


def read_work(at: dt.datetime) -> Work:
    """Return what waits at an instant, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_WORK, {"at": at, "most": MOST_SENDERS * BATCH})
        is_due, messages, position, scanned_through, scanned_at = cursor.fetchone()
    scans = ScanState(cursor=position or "", scanned_through=scanned_through, scanned_at=scanned_at)
    return Work(is_due, messages, scans)


def _is_time_to_scan(scans: ScanState, at: dt.datetime) -> bool:
    if scans.scanned_at is not None and abs(at - scans.scanned_at) < SCAN_EVERY - _TOLERANCE:
        return False
    return is_scan_needed(scans, at=at)
