"""Documents that are there already list who alone may see them; what was deleted is told to nobody else any more."""

from django.db import migrations

# To fill a column in is no change to be told.
FILL = """
ALTER TABLE deals_document DISABLE TRIGGER USER;
UPDATE deals_document SET readers = deals_readers(deal_id, audience = 'team')
WHERE readers IS DISTINCT FROM deals_readers(deal_id, audience = 'team');
ALTER TABLE deals_document ENABLE TRIGGER USER;
UPDATE sync_change SET fields = fields || '{"readers": [[0], null]}'
WHERE resource = 'document' AND operation = 'delete' AND fields -> 'audience' ->> 0 = 'team' AND NOT fields ? 'readers';
"""


class Migration(migrations.Migration):
    """Fill `readers`."""

    dependencies = [("deals", "0008_keep_document_readers"), ("sync", "0012_tell")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
