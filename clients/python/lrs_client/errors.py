"""What the server refuses, and what keeps it from answering, as exceptions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KIND_PREFIX = "urn:lrs-tracker:problem:"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one value of a request; `field` is None when no single one is to blame."""

    field: str | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What a gate asks for before a deal may leave its stage."""

    key: str
    label: str
    why: str
    link: str


class LrsError(Exception):
    """The base of everything that this package raises about an answer, or the lack of one."""


class Unavailable(LrsError):
    """No answer came, or only failures of the server, also after trying again.

    A write that may not be repeated could have had its effect.
    """


class Refused(LrsError):
    """The server refused a request: problem details as RFC 9457 has them.

    `kind` is the last part of the problem's type, such as “invalid”; `problem` is all of it; `request_id` finds the
    request in the server's log.
    """

    def __init__(self, status: int, problem: Mapping[str, Any], request_id: str = "") -> None:
        self.status = status
        self.problem = problem
        self.kind = str(problem.get("type", "")).removeprefix(KIND_PREFIX)
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        self.errors = [FieldProblem(one["field"], one["code"], one["message"]) for one in problem.get("errors", ())]
        self.missing = [
            Missing(one["key"], one["label"], one["why"], one["link"]) for one in problem.get("missing", ())
        ]
        self.request_id = request_id
        fields = "; ".join(f"{one.field}: {one.message}" if one.field else one.message for one in self.errors)
        what = f"{status} {self.kind}".rstrip()
        super().__init__(f"{what}: {self.detail}{f' ({fields})' if fields else ''}")


class NotFound(Refused):
    """There is nothing, or nothing that the token's user may see."""


class Stale(Refused):
    """Somebody changed the object since the version that a write was made against."""


class GateUnmet(Refused):
    """A deal may not leave its stage yet; `missing` says why."""


class Gone(Refused):
    """The changes after a cursor are not kept any more, or its holder has other rights now: load everything anew."""


class Throttled(Refused):
    """Too many requests, also after waiting; `retry_after` is in seconds."""

    def __init__(
        self, status: int, problem: Mapping[str, Any], request_id: str = "", *, retry_after: float = 0
    ) -> None:
        super().__init__(status, problem, request_id)
        self.retry_after = retry_after


class BulkRefused(Refused):
    """One operation of an atomic bulk was refused, and nothing was done; `number` is its place, from 0."""

    def __init__(self, status: int, problem: Mapping[str, Any], request_id: str = "", *, number: int = 0) -> None:
        super().__init__(status, problem, request_id)
        self.number = number


def refusal(status: int, problem: Mapping[str, Any], request_id: str = "", *, retry_after: float = 0) -> Refused:
    """Return the exception for a refusal."""
    if status == 429:
        return Throttled(status, problem, request_id, retry_after=retry_after)
    if status == 409 and str(problem.get("type", "")).endswith(":gate-unmet"):
        return GateUnmet(status, problem, request_id)
    kinds: Mapping[int, type[Refused]] = {404: NotFound, 410: Gone, 412: Stale}
    return kinds.get(status, Refused)(status, problem, request_id)


def names_any(error: Refused, fields: Sequence[str]) -> bool:
    """Return whether a refusal is about one of these values of the request."""
    return any(one.field in fields for one in error.errors)
