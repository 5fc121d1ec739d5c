"""The function by which triggers tell that an object changed with a row that its answer shows."""

from django.db import migrations

CREATE = """
CREATE FUNCTION sync_tell(resource_name text, ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sync_change (
        transaction_id, written_after, resource, object_id, parent_resource, operation, fields,
        actor_id, channel, request_id, at
    )
    SELECT
        pg_current_xact_id()::text::bigint,
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1,
        resource_name,
        told.id,
        '',
        'update',
        '{}',
        nullif(current_setting('lrs.actor', true), '')::bigint,
        coalesce(nullif(current_setting('lrs.channel', true), ''), 'sql'),
        coalesce(current_setting('lrs.request_id', true), ''),
        clock_timestamp()
    FROM (SELECT DISTINCT unnest(ids) AS id) told
    WHERE told.id IS NOT NULL
        -- Who follows reads what it is after the transaction: one change of it is enough.
        AND NOT EXISTS (
            SELECT FROM sync_change known
            WHERE known.resource = resource_name AND known.object_id = told.id
                AND known.transaction_id = pg_current_xact_id()::text::bigint
        )
    ORDER BY told.id;
END;
$$;
"""
DROP = "DROP FUNCTION sync_tell(text, bigint[])"


class Migration(migrations.Migration):
    """Create `sync_tell`."""

    dependencies = [("sync", "0009_webhook_sight")]
    operations = [migrations.RunSQL(CREATE, DROP)]
