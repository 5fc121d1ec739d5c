"""Forgetting old changes: those that follow the feed from before them are told to load everything anew."""

import datetime as dt

from django.db import connection, transaction

from sync.models import FeedState

_BATCH = 10_000

# What still runs may be older than what it is pruned with, and must never be behind the mark.
_DELETE = """
WITH old AS (
    SELECT greatest(transaction_id, written_after) AS transaction, id FROM sync_change
    WHERE at < %s AND greatest(transaction_id, written_after) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    ORDER BY greatest(transaction_id, written_after), id LIMIT %s
), gone AS (
    DELETE FROM sync_change USING old WHERE sync_change.id = old.id RETURNING old.transaction, old.id
)
SELECT transaction, id, (SELECT count(*) FROM gone) FROM gone ORDER BY transaction DESC, id DESC LIMIT 1
"""


def prune_changes(*, before: dt.datetime) -> int:
    """Delete the changes made before an instant, in batches, and return how many there were.

    Timelines and the audit trail lose them too.
    """
    total = 0
    while count := _prune_batch(before):
        total += count
    return total


@transaction.atomic
def _prune_batch(before: dt.datetime) -> int:
    FeedState.objects.get_or_create(pk=1)
    state = FeedState.objects.select_for_update().get(pk=1)
    with connection.cursor() as cursor:
        cursor.execute(_DELETE, [before, _BATCH])
        row = cursor.fetchone()
    if row is None:
        return 0
    last = (row[0], row[1])
    if last > (state.pruned_transaction, state.pruned_row):
        state.pruned_transaction, state.pruned_row = last
        state.save()
    return int(row[2])
