"""Foreign keys of tables that take very many rows at once, checked once per statement.

PostgreSQL checks a foreign key row by row, one query each: of a hundred thousand new rows that is seconds. Here one
query locks every row pointed to and counts them. Everything else is as PostgreSQL has it: the lock (`FOR KEY SHARE`),
the error (`foreign_key_violation`), and that what is pointed to is missed at the end of a transaction at the earliest,
so that Django may delete in any order. What differs, and why, is in docs/adr/0007-references-by-statement.md.
"""

from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# What is pointed to comes first, as it does in transactions that write both: none waits crosswise for these locks.
_CREATE = """
CREATE FUNCTION {name}_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_missed boolean;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        is_missed := EXISTS (SELECT FROM {table} WHERE {column} IS NOT NULL);
    ELSIF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        -- An older snapshot hides who has come to point here since.
        RAISE feature_not_supported USING MESSAGE = 'Rows of {parent} are deleted in READ COMMITTED only.';
    ELSE
        is_missed := EXISTS (SELECT FROM {table} WHERE {column} = OLD.{key})
            AND NOT EXISTS (SELECT FROM {parent} WHERE {key} = OLD.{key});
    END IF;
    IF is_missed THEN
        RAISE foreign_key_violation USING CONSTRAINT = '{name}', TABLE = '{table}', COLUMN = '{column}',
            MESSAGE = 'A row of {parent} is still pointed to by {column} of {table}.';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER {name}_kept AFTER DELETE OR UPDATE OF {key} ON {parent}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {name}_kept();
CREATE TRIGGER {name}_kept_whole AFTER TRUNCATE ON {parent} EXECUTE FUNCTION {name}_kept();

CREATE FUNCTION {name}_made() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted {type}[] := ARRAY(SELECT DISTINCT {column} FROM made WHERE {column} IS NOT NULL);
    locked bigint;
BEGIN
    PERFORM FROM {parent} WHERE {key} = ANY(wanted) FOR KEY SHARE;
    GET DIAGNOSTICS locked = ROW_COUNT;
    IF locked < cardinality(wanted) THEN
        RAISE foreign_key_violation USING CONSTRAINT = '{name}', TABLE = '{table}', COLUMN = '{column}',
            MESSAGE = 'What {column} of {table} points to is not in {parent}.';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER {name}_made AFTER INSERT ON {table} REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION {name}_made();

CREATE FUNCTION {name}_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM {parent} WHERE {key} = NEW.{column} FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING CONSTRAINT = '{name}', TABLE = '{table}', COLUMN = '{column}',
            MESSAGE = 'What {column} of {table} points to is not in {parent}.';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER {name}_moved AFTER UPDATE OF {column} ON {table} FOR EACH ROW
    WHEN (OLD.{column} IS DISTINCT FROM NEW.{column} AND NEW.{column} IS NOT NULL) EXECUTE FUNCTION {name}_moved();
"""
_REMOVE = "DROP FUNCTION IF EXISTS {name}_kept(), {name}_made(), {name}_moved() CASCADE;"


class ForeignKeyByStatement(models.BaseConstraint):
    """That a foreign key points to a row there is; its field says `db_constraint=False`, and leaves it to this.

    The table needs an index that begins with the field: deleting what it points to looks there. The triggers are on
    both tables, and declared where the one that points is.
    """

    def __init__(self, *, field: str, name: str) -> None:
        self.field = field
        super().__init__(name=name)

    def create_sql(self, model: Any, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """Return the statements that make functions and triggers, over again where a migration was broken off."""
        field = model._meta.get_field(self.field)
        names = {
            "name": self.name,
            "table": model._meta.db_table,
            "column": field.column,
            "type": field.db_type(schema_editor.connection) if schema_editor else "",
            "parent": field.target_field.model._meta.db_table,
            "key": field.target_field.column,
        }
        return self.remove_sql(model, schema_editor) + _CREATE.format(**names)

    def remove_sql(self, model: Any, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """Return the statement that drops the functions, and with them the triggers on both tables."""
        return _REMOVE.format(name=self.name)

    def constraint_sql(self, model: Any, schema_editor: BaseDatabaseSchemaEditor | None) -> str:
        """Leave it to the end of the migration that makes the table: triggers are no part of its statement."""
        if schema_editor:
            schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return ""

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = "default") -> None:
        """Leave it to the field, which looks for the row that it points to."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ForeignKeyByStatement):
            return NotImplemented
        return (self.name, self.field) == (other.name, other.field)

    def __hash__(self) -> int:
        return hash((self.name, self.field))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: field={self.field!r} name={self.name!r}>"

    def deconstruct(self) -> Any:
        """Return what a migration writes."""
        path, arguments, keywords = super().deconstruct()
        return path, arguments, {**keywords, "field": self.field}
