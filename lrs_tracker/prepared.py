"""Queries that are put together once and run many times, each time with other values.

Putting a query of a page together can take far longer than running it, and so can PostgreSQL's planning of it. Such a
query is built as a queryset with holes where the values differ, compiled once in a process, prepared once on each
connection, and run with the values of each request.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models.expressions import RawSQL
from django.db.models.sql import Query

from lrs_tracker.visibility import Viewer

VIEWER = "viewer"
_MOST_SHAPES = 512


class Hole(models.Expression):
    """Stands in a queryset for a value that is given when it runs."""

    def __init__(self, name: str, output_field: "models.Field[Any, Any] | None" = None) -> None:
        super().__init__(output_field=output_field or models.BigIntegerField())
        self.name = name

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        """Return a place for the value, and the hole itself as its parameter."""
        return f"%s::{self.output_field.db_type(connection)}", (self,)

    def fill(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return a value as the database takes it: always of one type, or it would be prepared for each of them."""
        # Lists have the smallest type that fits all in them: three statements at most, and no call for each id.
        return value if isinstance(value, list) else self.output_field.get_db_prep_value(value, connection)


def ids_in_hole(name: str) -> RawSQL:
    """Stand in a queryset for a list of ids; to be used with `__in` only."""
    return RawSQL("SELECT unnest(%s::bigint[])", (Hole(name, ArrayField(models.BigIntegerField())),))


class Prepared[Row]:
    """A queryset with holes, compiled; it runs as the queryset would."""

    def __init__(self, rows: models.QuerySet[Any, Row]) -> None:
        self._rows = rows
        self._compiler = rows.query.get_compiler(using=rows.db)
        try:
            sql, parameters = self._compiler.as_sql()
        except EmptyResultSet:
            self._sql = ""
            return
        self._sql, self._holes = _with_constants(sql, parameters, connections[rows.db])
        columns = [selected[0] for selected in self._compiler.select[: self._compiler.col_count]]
        self._converters = self._compiler.get_converters(columns)

    def run(self, **values: Any) -> list[Row]:
        """Return the rows for these values of the holes."""
        if not self._sql:
            return []
        connection = connections[self._rows.db]
        filled = [hole.fill(values[hole.name], connection) for hole in self._holes]
        with _cursor(connection) as cursor:
            cursor.execute(self._sql, filled)
            found = cursor.fetchall()
        if self._converters:
            found = self._converted(found, connection)
        query = cast("Query", _Answered(self._rows.query, self._compiler, found))
        rows: Any = self._rows.__class__(model=self._rows.model, query=query, using=self._rows.db)
        iterable: Any = self._rows._iterable_class
        return list(iterable(rows))

    def _converted(self, found: Sequence[Sequence[Any]], connection: BaseDatabaseWrapper) -> list[list[Any]]:
        rows = [list(row) for row in found]
        for at, (converters, expression) in self._converters.items():
            for row in rows:
                for convert in converters:
                    row[at] = convert(row[at], expression, connection)
        return rows


class PreparedForViewers[Row]:
    """Queries of what a viewer may see, compiled once for all viewers to whom the same conditions apply.

    `build` gets the viewer first, then what shapes the query. What it asks of the viewer is noted with the
    answers: its query serves every viewer who gives the same ones, with the own id in the hole `VIEWER`.
    """

    def __init__(self, build: Callable[..., models.QuerySet[Any, Row]]) -> None:
        self._build = build
        self._known: dict[tuple[Any, ...], list[tuple[_Asked, Prepared[Row]]]] = {}

    def run(self, viewer: Viewer, *shape: Any, **values: Any) -> list[Row]:
        """Return the rows that `viewer` may see, for these values of the holes."""
        return self._prepared(viewer, shape).run(**{VIEWER: viewer.pk}, **values)

    def _prepared(self, viewer: Viewer, shape: tuple[Any, ...]) -> Prepared[Row]:
        for asked, prepared in self._known.get(shape, ()):
            if asked.is_answered_alike_by(viewer):
                return prepared
        asked = _Asked(viewer)
        prepared = Prepared(self._build(asked, *shape))
        if len(self._known) >= _MOST_SHAPES:
            self._known.clear()
        self._known.setdefault(shape, []).append((asked.without_viewer(), prepared))
        return prepared


class _Asked:
    """Stands in for a viewer while a query is put together, and notes what the query depends on."""

    def __init__(self, viewer: Viewer) -> None:
        self.pk = Hole(VIEWER)
        self.is_active = viewer.is_active
        self.is_authenticated = viewer.is_authenticated
        self._viewer: Viewer | None = viewer
        self._answers: dict[str, bool] = {}

    def has_perm(self, perm: str) -> bool:
        """Ask the viewer, and note the answer."""
        if self._viewer is None:
            raise RuntimeError("The query is put together already.")
        self._answers[perm] = self._viewer.has_perm(perm)
        return self._answers[perm]

    def is_answered_alike_by(self, viewer: Viewer) -> bool:
        """Whether a viewer gives the same answers."""
        return (viewer.is_active, viewer.is_authenticated) == (self.is_active, self.is_authenticated) and all(
            viewer.has_perm(perm) == answer for perm, answer in self._answers.items()
        )

    def without_viewer(self) -> "_Asked":
        """Let go of the viewer, whose request ends."""
        self._viewer = None
        return self


class _Answered:
    """A query whose rows are there, and its compiler, for the iterables of querysets."""

    def __init__(self, query: Query, compiler: Any, found: Sequence[Any]) -> None:
        self._query = query
        self._found = found
        self.select = compiler.select
        self.klass_info = compiler.klass_info
        self.annotation_col_map = compiler.annotation_col_map

    def get_compiler(self, *_args: Any, **_kwargs: Any) -> "_Answered":
        """Return what asks the database, which has answered already."""
        return self

    def execute_sql(self, *_args: Any, **_kwargs: Any) -> Sequence[Any]:
        """Return the rows."""
        return self._found

    def results_iter(self, *_args: Any, tuple_expected: bool = False, **_kwargs: Any) -> Iterator[Any]:
        """Return the rows; their values have been converted."""
        return map(tuple, self._found) if tuple_expected else iter(self._found)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._query, name)


def _cursor(connection: Any) -> Any:
    """Return a cursor that passes values beside the text, but for the log of statements, which is to show them."""
    if connection.queries_logged:
        return connection.cursor()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        cursor = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]  # its stub has no arguments
    return connection.make_cursor(cursor)


def _with_constants(sql: str, parameters: Sequence[Any], connection: Any) -> tuple[str, list[Hole]]:
    """Write all parameters but holes into the text: PostgreSQL cannot tell the types of all that stand alone."""
    given, holes, text = iter(parameters), [], []
    for piece in re.split("(%s|%%)", sql):
        parameter = next(given) if piece == "%s" else None
        if isinstance(parameter, Hole):
            holes.append(parameter)
        elif piece == "%s":
            piece = connection.ops.compose_sql("%s", [parameter]).replace("%", "%%")
        text.append(piece)
    return "".join(text), holes
