"""Queries that are put together once and run many times, each time with other values.

Putting a query of a page together can take far longer than running it. Such a query is built as a queryset with
holes where the values differ, compiled once in a process, and run with the values of each request.
"""

import copy
from collections.abc import Callable
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
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

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Return a place for the value, and the hole itself as its parameter."""
        return "%s", (self,)


def ids_in_hole(name: str) -> RawSQL:
    """Stand in a queryset for a list of ids; to be used with `__in` only."""
    return RawSQL("SELECT unnest(%s::bigint[])", (Hole(name),))


class Prepared[Row]:
    """A queryset with holes, compiled; it runs as the queryset would."""

    def __init__(self, rows: models.QuerySet[Any, Row]) -> None:
        self._rows = rows
        self._compiler = rows.query.get_compiler(using=rows.db)
        try:
            self._sql, self._parameters = self._compiler.as_sql()
        except EmptyResultSet:
            self._sql, self._parameters = "", ()

    def run(self, **values: Any) -> list[Row]:
        """Return the rows for these values of the holes."""
        if not self._sql:
            return []
        filled = tuple(values[hole.name] if isinstance(hole, Hole) else hole for hole in self._parameters)
        # The compiler is shared by all threads, the connection belongs to this one.
        compiler = copy.copy(self._compiler)
        compiler.connection = connections[self._rows.db]
        compiler.as_sql = lambda *_args, **_kwargs: (self._sql, filled)
        query = cast("Query", _Compiled(self._rows.query, compiler))
        rows: Any = self._rows.__class__(model=self._rows.model, query=query, using=self._rows.db)
        iterable: Any = self._rows._iterable_class
        return list(iterable(rows))


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


class _Compiled:
    """A query whose compiler is given, for the iterables of querysets."""

    def __init__(self, query: Query, compiler: Any) -> None:
        self._query = query
        self._compiler = compiler

    def get_compiler(self, *_args: Any, **_kwargs: Any) -> Any:
        """Return the compiler that has compiled already."""
        return self._compiler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._query, name)
