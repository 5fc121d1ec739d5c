"""Inserting and updating many rows in one statement whose length does not grow with them."""

import functools
import re
from collections.abc import Collection, Sequence
from itertools import batched, repeat
from operator import is_
from typing import Any

from django.db import connections, models
from django.db.models.expressions import DatabaseDefault
from psycopg.adapt import PyFormat, Transformer

_BATCH = 1_000


def insert_many(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model, and set what the database returns of them, as `bulk_create` does.

    That passes columns as arrays, for which reading and planning take a fraction of the time, unless the table has a
    column of arrays: then each value of each row gets a place of its own. Here such columns go as text, and what is the
    same in all rows goes once. A default of the database is used for all rows or for none.
    """
    if not rows:
        return
    meta = rows[0]._meta
    for row in rows:
        # What they refer to may have got its key only after they were made.
        row._prepare_related_fields_for_save(operation_name="insert_many")  # type: ignore[attr-defined]  # not in its stubs
    connection: Any = connections["default"]
    with connection.cursor() as cursor:
        for batch in batched(rows, _BATCH):
            columns = [_Column(field, batch, connection) for field in meta.concrete_fields if not field.primary_key]
            given = [column for column in columns if column.is_given]
            selected = ", ".join(column.selected for column in given)
            returned = ", ".join(_quoted(connection, field.column) for field in meta.db_returning_fields)
            cursor.execute(
                f"INSERT INTO {_quoted(connection, meta.db_table)} ({_names(given)}) "  # noqa: S608  # names of ours
                f"SELECT {selected} FROM {_table_of(given, len(batch))} RETURNING {returned}",
                _values_of(given),
            )
            for row, values in zip(batch, cursor.fetchall(), strict=True):
                for field, value in zip(meta.db_returning_fields, values, strict=True):
                    setattr(row, field.attname, value)
                row._state.adding = False
                row._state.db = connection.alias


def update_many(rows: Sequence[models.Model], names: Collection[str]) -> None:
    """Write some fields of rows of one model, each its own values, as `bulk_update` does."""
    if not rows:
        return
    meta = rows[0]._meta
    connection: Any = connections["default"]
    table = _quoted(connection, meta.db_table)
    with connection.cursor() as cursor:
        for batch in batched(rows, _BATCH):
            key, *columns = given = [
                _Column(meta.get_field(name), batch, connection) for name in (meta.pk.name, *names)
            ]
            new = ", ".join(f"{column.name} = {column.selected}" for column in columns)
            cursor.execute(
                f"UPDATE {table} SET {new} FROM {_table_of(given, len(batch))} "  # noqa: S608  # names of ours
                f"WHERE {table}.{key.name} = {key.selected}",
                _values_of(given),
            )


class _Column:
    """A column of some rows: its name, its values as the database takes them, and how they are passed and read.

    `is_shared` says that all rows have the very same value, which is passed once.
    """

    def __init__(self, field: Any, rows: Sequence[models.Model], connection: Any) -> None:
        values = [field.pre_save(row, add=True) for row in rows]
        defaults = sum(isinstance(value, DatabaseDefault) for value in values)
        if defaults not in (0, len(rows)):
            raise ValueError(f"Give “{field.name}” of all rows or of none.")
        self.is_given = not defaults
        self.is_shared = all(map(is_, values, repeat(values[0])))
        self.name = _quoted(connection, field.column)
        # Without the length that it may have: too much is to be refused, not cut off.
        kind = re.sub(r"\([\d, ]+\)", "", field.db_type(connection))
        is_array = kind.endswith("[]")
        self.kind = "text" if is_array else kind
        self.selected = f"{'shared' if self.is_shared else 'given'}.{self.name}::{kind}"
        if self.is_given:
            several = values[:1] if self.is_shared else values
            made = [field.get_db_prep_save(value, connection) for value in several]
            self.values = _as_text(made, connection) if is_array else made


def _table_of(columns: Sequence[_Column], count: int) -> str:
    """Return the columns as tables of a query: `given` with as many rows, and `shared` with one."""
    given = [column for column in columns if not column.is_shared]
    shared = [column for column in columns if column.is_shared]
    places = ", ".join(f"%s::{column.kind}[]" for column in given)
    table = f"unnest({places}) AS given({_names(given)})" if given else f"generate_series(1, {count})"
    if shared:
        places = ", ".join(f"%s::{column.kind}" for column in shared)
        table += f", (VALUES ({places})) AS shared({_names(shared)})"
    return table


def _values_of(columns: Sequence[_Column]) -> list[Any]:
    """Return the values of the places of `_table_of`, in their order."""
    given = [column.values for column in columns if not column.is_shared]
    return given + [column.values[0] for column in columns if column.is_shared]


def _names(columns: Sequence[_Column]) -> str:
    return ", ".join(column.name for column in columns)


def _as_text(arrays: Sequence[list[Any] | None], connection: Any) -> list[str | None]:
    transformer = Transformer(connection.connection)

    @functools.cache
    def text_of(array: tuple[Any, ...]) -> str:
        return bytes(transformer.get_dumper([*array], PyFormat.TEXT).dump([*array]) or b"").decode()

    return [None if array is None else text_of(tuple(array)) for array in arrays]


def _quoted(connection: Any, name: Any) -> str:
    return str(connection.ops.quote_name(name))
