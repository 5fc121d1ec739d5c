"""Doing a request once, however often it is sent.

The answer is stored in the transaction of its effect: a request that was cut off anywhere has either both or neither.
While one runs it holds an advisory lock on its key, so that a second one does not wait for it.
"""

import datetime as dt

from django.db import connection

from accounts.models import User
from lrs_tracker.advisory_locks import lock_number
from sync.models import IdempotentAnswer

KEPT = dt.timedelta(hours=24)


def lock_key(*, user: User, key: str) -> bool:
    """Hold a user's key until the transaction ends; return False when another transaction holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [lock_number(f"idempotency:{user.pk}:{key}")])
        return bool(cursor.fetchone()[0])


def kept_answer(*, user: User, key: str, at: dt.datetime) -> IdempotentAnswer | None:
    """Return the answer that was given to a user's key within the last day."""
    return IdempotentAnswer.objects.filter(user=user, key=key, created_at__gt=at - KEPT).first()


def keep_answer(
    *, user: User, key: str, request_digest: str, status: int, headers: dict[str, str], body: bytes, at: dt.datetime
) -> None:
    """Keep an answer for a day, in place of one that is older."""
    IdempotentAnswer.objects.update_or_create(
        user=user,
        key=key,
        defaults={
            "request_digest": request_digest,
            "status": status,
            "headers": headers,
            "body": body,
            "created_at": at,
        },
    )


def forget_answers(*, at: dt.datetime) -> int:
    """Delete the answers that are older than a day, and return how many there were."""
    return IdempotentAnswer.objects.filter(created_at__lte=at - KEPT).delete()[0]
