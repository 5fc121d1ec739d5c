"""A change as JSON tells it: the same for those who poll the feed and for those who are posted to."""

import datetime as dt
import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

import orjson
from django.db import models

from lrs_tracker.change_log import logged_models
from sync.domain.feed import FeedChange, StoredFields

_NOTHING = frozenset({type(None)})
_SIMPLE = frozenset({type(None), str, int, bool})


def change_json(change: FeedChange) -> dict[str, Any]:
    """Return a change with the names and kinds of values that the API has.

    Ids and exact numbers are strings; instants are UTC with “Z”.
    """
    kind = change.part or change.resource
    return {
        "sequence": f"{change.transaction}.{change.row}",
        "resource": change.resource,
        "id": str(change.object_id),
        "operation": change.operation,
        "part": change.part,
        "gained": change.is_gained,
        "fields": _fields(kind, change.fields),
        "actor": None if change.actor_id is None else str(change.actor_id),
        "channel": change.channel,
        "request_id": change.request_id,
        "at": _instant(change.at),
    }


def instant_json(at: dt.datetime) -> str:
    """Return an instant in UTC as ISO 8601 has it."""
    text = at.isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else instant_json(at.astimezone(dt.UTC))


def _fields(kind: str, fields: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]] | orjson.Fragment:
    if isinstance(fields, StoredFields) and _is_told_as_stored(kind, fields.text):
        return orjson.Fragment(fields.text)
    found = {}
    for column, values in fields.items():
        name, as_they_are, convert = _column(kind, column)
        found[name] = [value if type(value) in as_they_are else convert(value) for value in values]
    return found


def _is_told_as_stored(kind: str, text: str) -> bool:
    for column in _written_otherwise(kind):  # noqa: SIM110  # a generator for each change takes twice as long
        if column in text:
            return False
    return True


@functools.cache
def _written_otherwise(kind: str) -> Sequence[str]:
    """Return what is in the text of stored columns when the name or value of one of them is told in another way."""
    others = (models.ForeignKey, models.DecimalField, models.DateTimeField)
    model = logged_models().get(kind)
    columns = [str(one.column) for one in model._meta.concrete_fields if isinstance(one, others)] if model else []
    # References to be renamed may be of an earlier version, too.
    return ['_id": [', *(f'"{column}": [' for column in columns if not column.endswith("_id"))]


@functools.lru_cache(maxsize=4096)
def _column(kind: str, column: str) -> tuple[str, Collection[type], Callable[[Any], Any]]:
    """Return what a column of a kind of row is called, which values are JSON already, and what makes it of others."""
    try:
        field = next(one for one in logged_models()[kind]._meta.concrete_fields if one.column == column)
    except (KeyError, StopIteration):
        # Of an earlier version, which had it.
        if column.endswith("_id"):
            return column.removesuffix("_id"), _NOTHING, str
        return column, _SIMPLE, _plain
    if isinstance(field, models.ForeignKey):
        return field.name, _NOTHING, str
    if isinstance(field, models.DecimalField):
        return field.name, _NOTHING, _number
    return (
        (field.name, _NOTHING, _instant) if isinstance(field, models.DateTimeField) else (field.name, _SIMPLE, _plain)
    )


def _number(value: Any) -> str:
    return format(Decimal(value), "f")


def _instant(value: str) -> str:
    """Return an instant that PostgreSQL wrote, as text or JSON: nearly always in UTC, without the zeros at its end."""
    if value.endswith("+00"):
        value = value[:-3]
    elif value.endswith("+00:00"):
        value = value[:-6]
    else:
        return instant_json(dt.datetime.fromisoformat(value))
    day, second = value[:10], value[11:]
    whole, _point, fraction = second.partition(".")
    return f"{day}T{whole}.{fraction:0<6}Z" if fraction else f"{day}T{whole}Z"


def _plain(value: Any) -> Any:
    """Return a value that PostgreSQL has as JSON, whose numbers are what they are there."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return {name: _plain(one) for name, one in value.items()} if isinstance(value, dict) else value
