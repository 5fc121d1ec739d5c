"""Pages of a list by key: the next begins after the last row of this one, however far down that is."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import orjson
from django.core.signing import BadSignature, Signer
from django.db import models
from django.utils.translation import gettext as _
from rest_framework.request import Request

from lrs_tracker.api.exceptions import Invalid
from lrs_tracker.problem_details import FieldProblem

DEFAULT_LIMIT = 100
MOST = 500
_SIGNER = Signer(salt="api.pages", sep="~")


class _Json:
    """How the values of a cursor are written: letters as they are, where escapes would be up to three times as long."""

    def dumps(self, value: Any) -> bytes:
        """Return a value as JSON."""
        return orjson.dumps(value)

    def loads(self, text: bytes) -> Any:
        """Return the value of a JSON text."""
        return orjson.loads(text)


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: by a column that is never null, and then by key, both in one direction."""

    name: str
    column: str
    is_descending: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns to order by, the key last."""
        sign = "-" if self.is_descending else ""
        return (f"{sign}pk",) if self.column == "pk" else (f"{sign}{self.column}", f"{sign}pk")

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns whose values make the cursor."""
        return tuple(column.lstrip("-") for column in self.columns)

    def after(self, rows: models.QuerySet[Any], values: Sequence[Any]) -> models.QuerySet[Any]:
        """Return the rows behind the one with these values."""
        way = "lt" if self.is_descending else "gt"
        if len(values) == 1:
            return rows.filter(**{f"pk__{way}": values[0]})
        first, key = values
        behind = models.Q(**{f"{self.column}__{way}": first}) | models.Q(**{f"pk__{way}": key})
        # The first condition alone bounds the search in an index.
        return rows.filter(**{f"{self.column}__{way}e": first}).filter(behind)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a resource begins: the values of the row before it, in an order; opaque and signed outside."""

    resource: str
    order: str
    values: tuple[Any, ...]

    def __str__(self) -> str:
        return _SIGNER.sign_object(
            [self.resource, self.order, [_packed(value) for value in self.values]], serializer=_Json
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return a cursor that we gave out, which is as long as its values are. Raise Invalid for any other."""
        try:
            resource, order, values = _SIGNER.unsign_object(text, serializer=_Json)
            return cls(resource, order, tuple(_unpacked(value) for value in values))
        except (BadSignature, ValueError, TypeError) as error:
            message = _("This cursor is not one of ours.")
            raise Invalid([FieldProblem(field="cursor", code="cursor", message=message)]) from error


def read_limit(request: Request) -> int:
    """Return how many rows a page shall have. Raise Invalid for anything but 1 to 500."""
    given = request.query_params.get("limit")
    if given is None:
        return DEFAULT_LIMIT
    if given.isascii() and given.isdigit() and len(given) < 4 and 1 <= int(given) <= MOST:
        return int(given)
    message = _("Give a whole number from 1 to %(most)s.") % {"most": MOST}
    raise Invalid([FieldProblem(field="limit", code="invalid", message=message)])


def _packed(value: Any) -> Any:
    return {"at": value.isoformat()} if isinstance(value, dt.datetime | dt.date) else value


def _unpacked(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    text = value["at"]
    return dt.datetime.fromisoformat(text) if "T" in text else dt.date.fromisoformat(text)
