"""Payments that are there already list who alone may see them; that one was deleted is told to nobody else any more."""

from django.db import migrations

# To fill a column in is no change to be told.
FILL = """
ALTER TABLE royalties_payment DISABLE TRIGGER USER;
UPDATE royalties_payment SET readers = royalties_payment_readers(id, payer_id)
WHERE readers IS DISTINCT FROM royalties_payment_readers(id, payer_id);
ALTER TABLE royalties_payment ENABLE TRIGGER USER;
UPDATE sync_change SET fields = fields || '{"readers": [[0], null]}'
WHERE resource = 'payment' AND operation = 'delete' AND NOT fields ? 'readers';
"""


class Migration(migrations.Migration):
    """Fill `readers`."""

    dependencies = [("royalties", "0012_keep_payment_readers"), ("sync", "0012_tell")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
