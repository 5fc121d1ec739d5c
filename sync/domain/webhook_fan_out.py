"""From the feed to deliveries: one cursor per endpoint, moved in the transaction that writes what it passed.

Whoever dies between the two leaves both undone, and of two who read the same changes only the first may write.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from sync.domain.feed import CursorGoneError, FeedChange, Position, read_feed
from sync.domain.sight import sight_of
from sync.domain.webhook_disabling import give_up
from sync.domain.webhook_messages import change_body, type_of
from sync.domain.webhook_owners import viewer_of
from sync.enums import DisabledReason
from sync.models import WebhookDelivery, WebhookEndpoint

# So many changes are read at once, and so many deliveries may wait: what lies behind them is kept by the feed.
PAGE = 500
MOST_WAITING = 2000


def fan_out(*, endpoint: WebhookEndpoint, at: dt.datetime) -> bool:
    """Write the deliveries of the next changes for an endpoint; return whether there are more.

    An endpoint whose changes are not kept any more is disabled, and so is one whose owner sees with other rights than
    before: what its receiver has come to see, or may not see any more, is told by no change.
    """
    viewer = viewer_of(endpoint)
    sight = sight_of(viewer)
    if endpoint.sight not in ("", sight):
        give_up(endpoint=endpoint, reason=DisabledReason.OTHER_SIGHT, at=at)
        return False
    position = Position(endpoint.position_transaction, endpoint.position_row)
    try:
        page = read_feed(user=viewer, after=position, resources=endpoint.resources, limit=PAGE)
    except CursorGoneError:
        give_up(endpoint=endpoint, reason=DisabledReason.CURSOR_GONE, at=at)
        return False
    if page.next != position:
        _write(endpoint, position, page.next, page.changes, sight, at)
    return page.more


@transaction.atomic
def _write(
    endpoint: WebhookEndpoint,
    before: Position,
    after: Position,
    changes: Sequence[FeedChange],
    sight: str,
    at: dt.datetime,
) -> None:
    unmoved = WebhookEndpoint.objects.filter(
        pk=endpoint.pk,
        disabled_at__isnull=True,
        position_transaction=before.transaction,
        position_row=before.row,
        # What was read is what it wants and may see now.
        version=endpoint.version,
    )
    if unmoved.update(position_transaction=after.transaction, position_row=after.row, sight=sight):
        WebhookDelivery.objects.bulk_create(_delivery(endpoint, change, at) for change in changes)


def _delivery(endpoint: WebhookEndpoint, change: FeedChange, at: dt.datetime) -> WebhookDelivery:
    return WebhookDelivery(
        endpoint=endpoint,
        type=type_of(change),
        resource=change.resource,
        object_id=change.object_id,
        transaction_id=change.transaction,
        row_id=change.row,
        body=change_body(change),
        next_attempt_at=at,
    )
