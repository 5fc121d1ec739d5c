"""Documents list who alone may see them, so that each one of them is told of by its own changes."""

import django.contrib.postgres.fields
from django.db import migrations, models

CREATE = """
-- Who alone may see what is restricted, or of a secret deal: its owner and team. 0 is nobody's key: the change log leaves
-- an empty list out. Null is everybody.
CREATE FUNCTION deals_readers(deal bigint, is_restricted boolean) RETURNS bigint[] LANGUAGE sql AS $$
    SELECT CASE WHEN is_restricted OR d.is_confidential THEN ARRAY(
        SELECT coalesce(d.owner_id, 0) UNION SELECT 0
        UNION SELECT m.user_id FROM deals_dealteammember m WHERE m.deal_id = d.id ORDER BY 1
    ) END
    FROM deals_deal d WHERE d.id = deal
$$;

-- The deal is locked before its team is read: what changes both at once waits.
CREATE FUNCTION deals_keep_document_readers(deals bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM deals_deal WHERE id = ANY (deals) ORDER BY id FOR NO KEY UPDATE;
    UPDATE deals_document d SET readers = deals_readers(d.deal_id, d.audience = 'team')
    WHERE d.deal_id = ANY (deals) AND d.readers IS DISTINCT FROM deals_readers(d.deal_id, d.audience = 'team');
END;
$$;
"""
DROP = """
DROP FUNCTION deals_keep_document_readers(bigint[]);
DROP FUNCTION deals_readers(bigint, boolean);
"""


class Migration(migrations.Migration):
    """Add `readers` and what keeps them."""

    dependencies = [("deals", "0006_tell")]
    operations = [
        migrations.AddField(
            model_name="document",
            name="readers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                editable=False,
                null=True,
                size=None,
                verbose_name="who alone may see it",
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
