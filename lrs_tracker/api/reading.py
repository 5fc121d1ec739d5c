"""How objects are read: each member names its columns, so that rows become JSON without an instance in between."""

import datetime as dt
import functools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

# How many different choices of members are remembered.
_MOST_PARTS = 200

type Schema = dict[str, Any]
type Source = str | models.expressions.Combinable

TEXT: Schema = {"type": "string"}
ID: Schema = {"type": "string", "examples": ["42"]}
# What else follows a resource in an address is a word, such as “bulk”, and no id.
ID_IN_PATH: Schema = {**ID, "pattern": "^[0-9]{1,19}$"}
DECIMAL: Schema = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["12.5"]}
CURRENCY: Schema = {"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["USD"]}
MONEY: Schema = {
    "type": "object",
    "properties": {"amount": DECIMAL, "currency": CURRENCY},
    "required": ["amount", "currency"],
    "additionalProperties": False,
}
DATE: Schema = {"type": "string", "format": "date"}
INSTANT: Schema = {"type": "string", "format": "date-time"}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object: the columns it is read from, how they become JSON (None: as they are), its schema."""

    sources: tuple[Source, ...]
    schema: Schema
    convert: Callable[..., Any] | None = None


def or_null(schema: Schema) -> Schema:
    """Return a schema that allows null as well."""
    if isinstance(schema.get("type"), str):
        found = {**schema, "type": [schema["type"], "null"]}
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
        return found
    return {"oneOf": [schema, {"type": "null"}]}


def key(source: Source = "pk") -> Member:
    """Return the id of a row."""
    return Member((source,), ID, str)


def link(source: str) -> Member:
    """Return the id of a row that a column may point to."""
    return Member((source,), or_null(ID), _text_or_none)


def seen(name: str, rows: models.QuerySet[Any]) -> models.Case:
    """Return the id that a relation holds, as far as it is that of one of some rows; for `visible` to annotate."""
    return models.Case(models.When(**{f"{name}__in": rows}, then=models.F(f"{name}_id")))


def text(source: Source) -> Member:
    """Return a text."""
    return Member((source,), TEXT)


def flag(source: Source) -> Member:
    """Return a truth value."""
    return Member((source,), {"type": "boolean"})


def integer(source: Source, *, nullable: bool = False) -> Member:
    """Return a whole number."""
    schema = {"type": "integer"}
    return Member((source,), or_null(schema) if nullable else schema)


def number(source: Source) -> Member:
    """Return an exact number, as a string, or null."""
    return Member((source,), or_null(DECIMAL), _plain)


def money(amount: Source, currency: Source) -> Member:
    """Return an amount with its currency, or null without an amount."""
    return Member((amount, currency), or_null(MONEY), _money)


def date(source: Source) -> Member:
    """Return a date, or null."""
    return Member((source,), or_null(DATE))


def instant(source: Source) -> Member:
    """Return an instant in UTC, or null."""
    return Member((source,), or_null(INSTANT), _utc)


def choice(source: Source, choices: type[models.TextChoices], *, blank: bool = False) -> Member:
    """Return one of some words."""
    return Member((source,), {"type": "string", "enum": [*choices.values, *([""] if blank else [])]})


def choices(source: Source, known: type[models.TextChoices]) -> Member:
    """Return several of some words."""
    return Member((source,), {"type": "array", "items": {"type": "string", "enum": list(known.values)}})


def ids(rows: models.QuerySet[Any], *, of: str, column: str) -> Member:
    """Return the ids in `column` of the rows whose column `of` points to the object, in their order."""
    found = ArraySubquery(rows.filter(**{of: OuterRef("pk")}).order_by(column).values(column))
    return Member((found,), {"type": "array", "items": ID}, _texts)


class _ExactDecoder(json.JSONDecoder):
    """Reads the numbers of PostgreSQL as they are: a float would round amounts and rates."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, parse_float=Decimal)


class _ExactObject(JSONObject):
    output_field = models.JSONField(decoder=_ExactDecoder)


def objects(rows: models.QuerySet[Any], *, of: str, members: Mapping[str, Member], order: str = "pk") -> Member:
    """Return small objects made of the rows whose column `of` points to the object."""
    columns = {f"{name}__{place}": source for name, one in members.items() for place, source in enumerate(one.sources)}
    found = ArraySubquery(rows.filter(**{of: OuterRef("pk")}).order_by(order).values(json=_ExactObject(**columns)))

    def convert(values: Sequence[Mapping[str, Any]]) -> list[Schema]:
        return [
            {
                name: _converted(one, [value[f"{name}__{place}"] for place in range(len(one.sources))])
                for name, one in members.items()
            }
            for value in values
        ]

    return Member((found,), {"type": "array", "items": object_schema(members)}, convert)


def _converted(member: Member, values: Sequence[Any]) -> Any:
    return values[0] if member.convert is None else member.convert(*values)


def object_schema(members: Mapping[str, Member]) -> Schema:
    """Return the schema of an object with all of some members."""
    return {
        "type": "object",
        "properties": {name: one.schema for name, one in members.items()},
        "required": list(members),
        "additionalProperties": False,
    }


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads objects with some members from the rows of a model."""

    members: Mapping[str, Member]
    _columns: list[Source] = field(init=False, repr=False)
    _parts: dict[frozenset[str], "Reader"] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_columns", [source for one in self.members.values() for source in one.sources])

    def only(self, names: Iterable[str]) -> "Reader":
        """Return the reader of some of the members: the same one for the same names."""
        wanted = frozenset(names)
        if wanted not in self._parts:
            if len(self._parts) >= _MOST_PARTS:
                self._parts.clear()
            self._parts[wanted] = Reader({name: one for name, one in self.members.items() if name in wanted})
        return self._parts[wanted]

    def read(self, rows: models.QuerySet[Any], extra: Sequence[Source] = ()) -> tuple[list[dict[str, Any]], list[Any]]:
        """Return an object for each row, and for each the values of `extra` columns, in one query."""
        return self.convert(list(self.columns(rows, extra)))

    def columns(self, rows: models.QuerySet[Any], extra: Sequence[Source] = ()) -> models.QuerySet[Any]:
        """Return the query of what `convert` makes objects of."""
        aliases: dict[str, Any] = {}
        names = []
        for place, source in enumerate([*self._columns, *extra]):
            if isinstance(source, str):
                names.append(source)
            else:
                aliases[f"_column{place}"] = source
                names.append(f"_column{place}")
        return rows.annotate(**aliases).values_list(*names)

    def convert(self, found: Sequence[Sequence[Any]]) -> tuple[list[dict[str, Any]], list[Any]]:
        """Return an object for each row of such a query, and for each the values of what was extra."""
        if not found:
            return [], []
        columns = list(zip(*found, strict=True))
        place = 0
        converted: list[Iterable[Any]] = []
        for member in self.members.values():
            width = len(member.sources)
            mine = columns[place : place + width]
            converted.append(mine[0] if member.convert is None else map(member.convert, *mine))
            place += width
        keys = tuple(self.members)
        objects = [dict(zip(keys, values, strict=True)) for values in zip(*converted, strict=True)]
        return objects, list(zip(*columns[place:], strict=True)) or [()] * len(found)


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _texts(values: Sequence[Any]) -> list[str]:
    return [str(value) for value in values]


def _plain(value: Decimal | int | None) -> str | None:
    return None if value is None else format(Decimal(value), "f")


def _money(amount: Decimal | None, currency: str) -> dict[str, str | None] | None:
    return None if amount is None else {"amount": _in_decimals_of(currency, amount), "currency": currency}


def _in_decimals_of(currency: str, amount: Decimal) -> str:
    """Return an amount with the decimals of its currency; further ones only where they are not zero."""
    whole, _point, part = format(Decimal(amount), "f").partition(".")
    places = _places(currency)
    part = part[:places].ljust(places, "0") + part[places:].rstrip("0")
    return f"{whole}.{part}" if part else whole


@functools.cache
def _places(currency: str) -> int:
    return get_currency_precision(currency)


def _utc(value: dt.datetime | str | None) -> str | None:
    """Return an instant as text; what PostgreSQL put into JSON is text already."""
    if value is None:
        return None
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"
