"""What is kept for how long: enough to answer “was she told, when, how?”, and no more.

Reminders themselves stay, with when they were told and to whom; so do the totals of messages.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from reminders.domain.links import LINK_AGE
from reminders.enums import MessageStatus
from reminders.models import Notification, Scan, UsedLink

# By which way, to which address, with which answer; what is still to be sent is not counted as old.
KEPT_MESSAGES = dt.timedelta(days=400)
KEPT_SCANS = dt.timedelta(days=90)
# A link that was used has expired before it is forgotten: it would work once more. The margin is for clocks that jump.
KEPT_LINKS = LINK_AGE + dt.timedelta(days=16)
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows were deleted."""

    messages: int
    scans: int
    links: int


def purge_old(*, at: dt.datetime) -> Purged:
    """Delete what is older than it is kept, a batch at a time; return how much.

    It may be stopped and run again at any point: each batch is whole.
    """
    settled = Notification.objects.exclude(status=MessageStatus.PENDING)
    return Purged(
        messages=_delete(settled.filter(created_at__lt=at - KEPT_MESSAGES).order_by("created_at")),
        scans=_delete(Scan.objects.filter(at__lt=at - KEPT_SCANS).order_by("at")),
        links=_delete(UsedLink.objects.filter(at__lt=at - KEPT_LINKS).order_by("at")),
    )


def _delete(old: QuerySet[Any]) -> int:
    count = 0
    while keys := list(old.values_list("pk", flat=True)[:BATCH]):
        # Asked again: a failed message may be sent again meanwhile.
        old.order_by().filter(pk__in=keys).delete()
        count += len(keys)
    return count
