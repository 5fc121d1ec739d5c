"""Which deliveries are posted next, held by one sender for a while, and what is written down about them afterwards."""

import datetime as dt
import json
import random
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import connection

from sync.domain.webhook_posting import Attempt
from sync.enums import DeliveryStatus
from sync.models import WebhookDelivery

# How many posts a sender has under way to one endpoint.
MOST_POSTS_EACH = 24
# A post takes ten seconds at most.
LEASE = dt.timedelta(seconds=20)
# One second, two, four … two hours, each a little off so that not all come back at once.
FIRST_RETRY = dt.timedelta(seconds=1)
LONGEST_RETRY = dt.timedelta(hours=2)
# An endpoint that has taken nothing for so long is sent one message at a time.
PATIENCE = dt.timedelta(seconds=5)

# The earliest of an object is looked up by its index, row by row. As NOT EXISTS it was joined with all that waits where
# PostgreSQL last counted in a quiet hour, when nothing did: fifty times slower, just as much has to be sent.
_LEASE = """
UPDATE sync_webhookdelivery SET leased_until = %(until)s, first_attempt_at = coalesce(first_attempt_at, %(at)s)
WHERE id IN (
    SELECT due.id FROM sync_webhookendpoint endpoint
    LEFT JOIN accounts_user owner ON owner.id = endpoint.owner_id
    CROSS JOIN LATERAL (
        SELECT delivery.id FROM sync_webhookdelivery delivery
        WHERE delivery.endpoint_id = endpoint.id AND delivery.status = 'pending'
          AND delivery.next_attempt_at <= %(at)s
          AND (delivery.leased_until IS NULL OR delivery.leased_until <= %(at)s)
          AND delivery.id = (
              SELECT min(earliest.id) FROM sync_webhookdelivery earliest
              WHERE earliest.endpoint_id = delivery.endpoint_id AND earliest.resource = delivery.resource
                AND earliest.object_id = delivery.object_id AND earliest.status = 'pending'
          )
        ORDER BY delivery.id
        LIMIT greatest(0,
            CASE WHEN endpoint.failing_since <= %(patient_until)s THEN 1 ELSE %(each)s END
            - coalesce((%(under_way)s::jsonb ->> endpoint.id::text)::int, 0)
        )
        FOR UPDATE OF delivery SKIP LOCKED
    ) due
    WHERE endpoint.disabled_at IS NULL AND (endpoint.owner_id IS NULL OR owner.is_active)
      AND (endpoint.resting_until IS NULL OR endpoint.resting_until <= %(at)s)
    LIMIT %(limit)s
)
RETURNING id
"""
# What somebody else settled or took over in the meantime is left alone.
_RECORD = """
UPDATE sync_webhookdelivery delivery SET
    status = result.status, attempts = delivery.attempts + 1, response_status = result.response_status,
    response_head = result.response_head, duration_ms = result.duration_ms, last_error = result.last_error,
    leased_until = NULL, next_attempt_at = result.next_attempt_at, settled_at = result.settled_at
FROM unnest(
    %s::bigint[], %s::timestamptz[], %s::text[], %s::smallint[], %s::text[], %s::int[], %s::text[], %s::timestamptz[],
    %s::timestamptz[]
) result(
    id, leased_until, status, response_status, response_head, duration_ms, last_error, next_attempt_at, settled_at
)
WHERE delivery.id = result.id AND delivery.leased_until = result.leased_until AND delivery.status = 'pending'
"""


def take_leases(*, limit: int, under_way: Mapping[int, int], at: dt.datetime) -> Sequence[WebhookDelivery]:
    """Return deliveries that are due, in order, with their endpoints; `under_way` counts the posts to each already.

    Of each endpoint and object it is only the earliest that waits.
    """
    values: dict[str, Any] = {
        "at": at,
        "until": at + LEASE,
        "patient_until": at - PATIENCE,
        "each": MOST_POSTS_EACH,
        "under_way": json.dumps(under_way),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LEASE, values)
        ids = [pk for (pk,) in cursor.fetchall()]
    if not ids:
        return []
    return list(WebhookDelivery.objects.filter(pk__in=ids).select_related("endpoint__owner").order_by("pk"))


def record(results: Collection[tuple[WebhookDelivery, Attempt]], *, at: dt.datetime) -> None:
    """Write down what came of attempts, and when those that failed are tried again."""
    rows = [
        (
            delivery.pk,
            delivery.leased_until,
            (DeliveryStatus.DELIVERED if attempt.is_taken else DeliveryStatus.PENDING).value,
            attempt.status,
            attempt.head,
            attempt.duration_ms,
            attempt.error,
            delivery.next_attempt_at if attempt.is_taken else at + retry_delay(delivery.attempts + 1),
            at if attempt.is_taken else None,
        )
        for delivery, attempt in results
    ]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, [list(column) for column in zip(*rows, strict=True)])


def skip(deliveries: Collection[WebhookDelivery], *, why: str, at: dt.datetime) -> None:
    """Settle deliveries that are not to be posted any more."""
    WebhookDelivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]).update(
        status=DeliveryStatus.SKIPPED, settled_at=at, leased_until=None, last_error=why
    )


def retry_delay(attempts: int) -> dt.timedelta:
    """Return how long to wait after an attempt: twice as long each time, up to two hours, give or take a fifth."""
    doublings = min(attempts - 1, 20)
    return min(FIRST_RETRY * 2**doublings, LONGEST_RETRY) * random.uniform(0.8, 1.2)  # noqa: S311  # only spreads the load
