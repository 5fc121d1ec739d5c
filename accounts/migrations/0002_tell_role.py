"""Users are told of when their role changes, which their groups hold."""

from django.db import migrations

# A table that Django makes by itself has no model that could declare its trigger.
CREATE = """
CREATE FUNCTION accounts_tell_role() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sync_tell('user', ARRAY[OLD.user_id, NEW.user_id]);
    RETURN NULL;
END;
$$;
CREATE TRIGGER tell_role AFTER INSERT OR UPDATE OR DELETE ON accounts_user_groups
FOR EACH ROW EXECUTE FUNCTION accounts_tell_role();
"""
DROP = "DROP TRIGGER tell_role ON accounts_user_groups; DROP FUNCTION accounts_tell_role()"


class Migration(migrations.Migration):
    """Create `accounts_tell_role`."""

    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
