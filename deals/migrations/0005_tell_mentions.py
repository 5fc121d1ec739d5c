"""Notes are told of when those whom they mention change."""

from django.db import migrations

# A table that Django makes by itself has no model that could declare its trigger.
CREATE = """
CREATE FUNCTION deals_tell_mentions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sync_tell('note', ARRAY[OLD.note_id, NEW.note_id]);
    RETURN NULL;
END;
$$;
CREATE TRIGGER tell_mentions AFTER INSERT OR UPDATE OR DELETE ON deals_note_mentions
FOR EACH ROW EXECUTE FUNCTION deals_tell_mentions();
"""
DROP = "DROP TRIGGER tell_mentions ON deals_note_mentions; DROP FUNCTION deals_tell_mentions()"


class Migration(migrations.Migration):
    """Create `deals_tell_mentions`."""

    dependencies = [("deals", "0004_due_gates_and_filings")]
    operations = [migrations.RunSQL(CREATE, DROP)]
