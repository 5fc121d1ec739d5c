"""What the server answers, and what it is asked to do, as types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Self, TypedDict

from lrs_client.errors import Refused, refusal

type Object = dict[str, Any]
"""An object of a resource: its members as JSON has them, amounts and ids as strings."""


class Ref(TypedDict):
    """The id of an object in another system."""

    system: str
    external_id: str


class Operation(TypedDict):
    """One operation of a bulk: create (data), update (id, data), upsert (ref, data) or delete (id)."""

    op: Literal["create", "update", "upsert", "delete"]
    id: NotRequired[str]
    ref: NotRequired[Ref]
    version: NotRequired[int]
    data: NotRequired[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one operation of a bulk: its problem, or the object's id and version."""

    status: int
    id: str | None
    version: int | None
    problem: Refused | None

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Self:
        """Return the result that an answer tells of."""
        problem = refusal(value["status"], value["problem"]) if "problem" in value else None
        return cls(value["status"], value["id"], value["version"], problem)


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of a list; `next` is the cursor of the one behind it.

    `changes_cursor` is where to follow from after a full load, when a snapshot was asked for.
    """

    results: Sequence[Object]
    next: str | None
    changes_cursor: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One committed change of an object, or of a part of it.

    `resource` is the name that lists have, such as “deals”. `sequence` is (transaction, row), ascending. `fields` maps
    each changed column to its old and new value. `object` is the object as it was when the feed was read, None when it
    is gone. `gained` says that the reader came to see the object by this change and has yet to read what belongs to it.
    """

    sequence: tuple[int, int]
    resource: str
    id: str
    operation: Literal["insert", "update", "delete"]
    part: str
    gained: bool
    fields: Mapping[str, Sequence[Any]]
    actor: str | None
    channel: str
    request_id: str
    at: str
    object: Object | None

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Self:
        """Return the change that an answer tells of."""
        transaction, row = value["sequence"].split(".")
        known = {name: value[name] for name in _SAME_MEMBERS}
        return cls(
            sequence=(int(transaction), int(row)),
            resource=plural(value["resource"]),
            object=value.get("object"),
            **known,
        )


_SAME_MEMBERS = ("id", "operation", "part", "gained", "fields", "actor", "channel", "request_id", "at")


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """Changes in order, the cursor to go on from, and whether more are there already."""

    changes: Sequence[Change]
    next: str
    more: bool


def plural(singular: str) -> str:
    """Return the name of a resource in addresses, from the one in the feed: “company” becomes “companies”."""
    return f"{singular[:-1]}ies" if singular.endswith("y") else f"{singular}s"


def singular(plural: str) -> str:
    """Return the name of a resource in the feed, from the one in addresses."""
    return f"{plural[:-3]}y" if plural.endswith("ies") else plural.removesuffix("s")
