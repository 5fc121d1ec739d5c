"""What a rule can remind of: a kind of subject, how its open ones are found, and how they are named."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

from django.db import models
from django.db.models import F, QuerySet

from lrs_tracker.problems import Text
from lrs_tracker.visibility import Viewer
from reminders.enums import SubjectKind

# An open subject: its key, its deal's (None for none), its date, and who is responsible (None for nobody).
type Row = tuple[int, int | None, dt.date, int | None]
type Sql = tuple[str, tuple[Any, ...]]
# Keys of subjects, and who asks for them.
type Asked = tuple[Viewer, Collection[int]]
# A statement asks the gate of so many viewers; each is a part of its own.
VIEWERS_AT_ONCE = 200
ROW_COLUMNS = ("subject_key", "deal_key", "due_key", "owner_key")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open subjects are asked for: those with one of some dates, or some by key; `today` is in UTC."""

    today: dt.date
    dates: Sequence[dt.date] | None = None
    ids: Collection[int] | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A subject in words: what it is, and the page on which it is dealt with."""

    what: str
    url: str


class Seen(Protocol):
    """The gate of a kind of subject."""

    def __call__(self, asked: Sequence[Asked]) -> list[set[int]]:
        """Return for each of some viewers which of the keys they ask for they may see."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of subject.

    `open_rows` gives the open ones as a statement of `Row`s. `seen` narrows keys to what viewers may see,
    `named` puts them into words, each in one query. `title` is the sentence of a rule that has none of its own;
    `due_label` says what its date is.
    """

    kind: SubjectKind
    title: Text
    due_label: Text
    open_rows: Callable[[Wanted], Sql]
    seen: Seen
    named: Callable[[Collection[int]], dict[int, Named]]


def stored(build: Callable[[dt.date], QuerySet[Any, Any]]) -> Callable[[Wanted], Sql]:
    """Return the `open_rows` of a queryset annotated with `ROW_COLUMNS`; `build` takes today's date."""

    def open_rows(wanted: Wanted) -> Sql:
        rows = build(wanted.today).order_by()
        if wanted.dates is not None:
            rows = rows.filter(due_key__in=wanted.dates)
        if wanted.ids is not None:
            rows = rows.filter(subject_key__in=wanted.ids)
        return rows.values_list(*ROW_COLUMNS).query.sql_with_params()

    return open_rows


def calculated(find: Callable[[Wanted], Collection[Row]]) -> Callable[[Wanted], Sql]:
    """Return the `open_rows` of a function that works the rows out in Python."""

    def open_rows(wanted: Wanted) -> Sql:
        # A calendar asks for years of days.
        dates = None if wanted.dates is None else frozenset(wanted.dates)
        found = [
            row
            for row in find(wanted)
            if (dates is None or row[2] in dates) and (wanted.ids is None or row[0] in wanted.ids)
        ]
        columns = tuple(list(column) for column in zip(*found, strict=True)) if found else ([], [], [], [])
        return "SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::bigint[])", columns

    return open_rows


def keyed(rows: QuerySet[Any], *, due: Any, owner: Any, deal: str = "deal_id") -> QuerySet[Any]:
    """Annotate a queryset with `ROW_COLUMNS`; `deal` is the path to the deal's key."""
    return rows.annotate(subject_key=F("pk"), deal_key=F(deal), due_key=due, owner_key=owner)


def date_of(instant: Any) -> models.Expression:
    """Return the date in UTC of an instant in a query."""
    return models.Func(instant, template="(%(expressions)s AT TIME ZONE 'UTC')::date", output_field=models.DateField())


def seen_in(model: type[models.Model]) -> Seen:
    """Return the gate of subjects that are rows of a model: one query for as many viewers as a statement may hold."""

    def seen(asked: Sequence[Asked]) -> list[set[int]]:
        found: list[set[int]] = [set() for _each in asked]
        for first in range(0, len(asked), VIEWERS_AT_ONCE):
            some = enumerate(asked[first : first + VIEWERS_AT_ONCE], first)
            rows = [_seen_by(model, viewer, ids, place) for place, (viewer, ids) in some if ids]
            for place, pk in rows[0].union(*rows[1:], all=True) if len(rows) > 1 else chain(*rows):
                found[place].add(pk)
        return found

    return seen


def _seen_by(model: type[models.Model], viewer: Viewer, ids: Collection[int], place: int) -> QuerySet[Any, Any]:
    rows: Any = model._default_manager.all()
    seen = rows.visible_to(viewer).filter(pk__in=ids).order_by()
    marked: QuerySet[Any, Any] = seen.values_list(models.Value(place), "pk")
    return marked
