"""Reads, writes and follows LRS Tracker over its REST API."""

from lrs_client.answers import Change, ChangesPage, ListPage, Object, Operation, Ref, Result
from lrs_client.client import Client
from lrs_client.errors import (
    BulkRefused,
    FieldProblem,
    GateUnmet,
    Gone,
    LrsError,
    Missing,
    NotFound,
    Refused,
    Stale,
    Throttled,
    Unavailable,
)

__all__ = [
    "BulkRefused",
    "Change",
    "ChangesPage",
    "Client",
    "FieldProblem",
    "GateUnmet",
    "Gone",
    "ListPage",
    "LrsError",
    "Missing",
    "NotFound",
    "Object",
    "Operation",
    "Ref",
    "Refused",
    "Result",
    "Stale",
    "Throttled",
    "Unavailable",
]
