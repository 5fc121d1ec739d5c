"""The function of the change log tells what a row belonged to before it was moved."""

from django.db import migrations

NEW = """
CREATE OR REPLACE FUNCTION sync_log_change(
    op text, resource_name text, parent_name text, parent_column text, hidden text[], old_row jsonb, new_row jsonb
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    row_now jsonb := coalesce(new_row, old_row);
    diff jsonb;
BEGIN
    IF op = 'UPDATE' THEN
        SELECT jsonb_object_agg(n.key, jsonb_build_array(o.value, n.value)) INTO diff
        FROM jsonb_each(new_row) n JOIN jsonb_each(old_row) o ON o.key = n.key
        WHERE n.value IS DISTINCT FROM o.value AND n.key <> ALL (hidden);
        IF diff IS NULL THEN
            RETURN;
        END IF;
    ELSE
        SELECT coalesce(
            jsonb_object_agg(
                key, CASE op WHEN 'INSERT' THEN jsonb_build_array(NULL, value) ELSE jsonb_build_array(value, NULL) END
            ), '{}'
        ) INTO diff
        FROM jsonb_each(row_now) WHERE value NOT IN ('null', '""', '[]') AND key <> 'id' AND key <> ALL (hidden);
    END IF;

    INSERT INTO sync_change (
        transaction_id, written_after, resource, object_id, parent_resource, parent_id, operation,
        fields, actor_id, channel, request_id, at
    ) VALUES (
        pg_current_xact_id()::text::bigint,
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1,
        resource_name,
        (row_now ->> 'id')::bigint,
        CASE WHEN parent_name <> '' AND row_now ->> parent_column IS NOT NULL THEN parent_name ELSE '' END,
        CASE WHEN parent_name <> '' THEN (row_now ->> parent_column)::bigint END,
        lower(op),
        diff,
        nullif(current_setting('lrs.actor', true), '')::bigint,
        coalesce(nullif(current_setting('lrs.channel', true), ''), 'sql'),
        coalesce(current_setting('lrs.request_id', true), ''),
        clock_timestamp()
    );

    -- What a row does not belong to any more has changed too.
    IF op = 'UPDATE' AND parent_name <> '' AND old_row ->> parent_column <> coalesce(new_row ->> parent_column, '') THEN
        PERFORM sync_tell(parent_name, ARRAY[(old_row ->> parent_column)::bigint]);
    END IF;

    IF op = 'DELETE' THEN
        DELETE FROM sync_externalref WHERE resource = resource_name AND object_id = (old_row ->> 'id')::bigint;
    END IF;
END;
$$;
"""
OLD = """
CREATE OR REPLACE FUNCTION sync_log_change(
    op text, resource_name text, parent_name text, parent_column text, hidden text[], old_row jsonb, new_row jsonb
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    row_now jsonb := coalesce(new_row, old_row);
    diff jsonb;
BEGIN
    IF op = 'UPDATE' THEN
        SELECT jsonb_object_agg(n.key, jsonb_build_array(o.value, n.value)) INTO diff
        FROM jsonb_each(new_row) n JOIN jsonb_each(old_row) o ON o.key = n.key
        WHERE n.value IS DISTINCT FROM o.value AND n.key <> ALL (hidden);
        IF diff IS NULL THEN
            RETURN;
        END IF;
    ELSE
        SELECT coalesce(
            jsonb_object_agg(
                key, CASE op WHEN 'INSERT' THEN jsonb_build_array(NULL, value) ELSE jsonb_build_array(value, NULL) END
            ), '{}'
        ) INTO diff
        FROM jsonb_each(row_now) WHERE value NOT IN ('null', '""', '[]') AND key <> 'id' AND key <> ALL (hidden);
    END IF;

    INSERT INTO sync_change (
        transaction_id, written_after, resource, object_id, parent_resource, parent_id, operation,
        fields, actor_id, channel, request_id, at
    ) VALUES (
        pg_current_xact_id()::text::bigint,
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1,
        resource_name,
        (row_now ->> 'id')::bigint,
        CASE WHEN parent_name <> '' AND row_now ->> parent_column IS NOT NULL THEN parent_name ELSE '' END,
        CASE WHEN parent_name <> '' THEN (row_now ->> parent_column)::bigint END,
        lower(op),
        diff,
        nullif(current_setting('lrs.actor', true), '')::bigint,
        coalesce(nullif(current_setting('lrs.channel', true), ''), 'sql'),
        coalesce(current_setting('lrs.request_id', true), ''),
        clock_timestamp()
    );

    IF op = 'DELETE' THEN
        DELETE FROM sync_externalref WHERE resource = resource_name AND object_id = (old_row ->> 'id')::bigint;
    END IF;
END;
$$;
"""


class Migration(migrations.Migration):
    """Replace `sync_log_change`."""

    dependencies = [("sync", "0010_tell")]
    operations = [migrations.RunSQL(NEW, OLD)]
