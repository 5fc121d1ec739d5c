"""The client: what can be done with each resource, and following what changes."""

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlsplit

import httpx

from lrs_client.answers import Change, ChangesPage, ListPage, Object, Operation, Result, singular
from lrs_client.connection import Connection, Params
from lrs_client.errors import BulkRefused, Refused, Unavailable

MOST_OPERATIONS = 1_000
# The server takes bodies of 5 MB.
MOST_BYTES = 4_500_000
LIST_LIMIT, CHANGES_LIMIT = 500, 1_000
# Between two looks at the feed when the server, busy with other waiting readers, answers at once.
_LOOK_SECONDS = 1.0

type Filter = str | int | bool | Sequence[str]


class Client:
    """LRS Tracker as the user of a token sees it. Resources have the names of their addresses, such as “deals”.

    Every method raises Refused, or one of its kinds, when the server refuses, and Unavailable when it gives no answer.
    An id that is empty, “.” or “..” is a ValueError: it has no address, and the server takes none such.
    Requests that are sent again: those that read, upserts, and those with an idempotency key, which each POST gets.
    """

    def __init__(self, base_url: str, token: str, *, timeout: float = 30) -> None:
        self._connection = Connection(base_url, token, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def iterate(self, resource: str, **filters: Filter) -> Iterator[Object]:
        """Yield the objects of a list, page by page; what is written meanwhile shifts none of them."""
        for page in self._pages(resource, filters):
            yield from page.results

    def pages(
        self, resource: str, *, snapshot: bool = False, cursor: str | None = None, limit: int = LIST_LIMIT
    ) -> Iterator[ListPage]:
        """Yield the pages of a whole list, behind a cursor if one is given.

        With `snapshot` the first one says where to follow from once all are read.
        """
        return self._pages(resource, {"limit": limit}, snapshot=snapshot, cursor=cursor)

    def get(self, resource: str, id: str, **choice: Filter) -> Object:
        """Return an object. `fields` and `include` choose what of it. Raise NotFound."""
        return self._read(f"{resource}/{_quoted(id)}", _params(choice))

    def get_by_ref(self, resource: str, system: str, external_id: str, **choice: Filter) -> Object:
        """Return the object that another system knows by this id. Raise NotFound."""
        return self._read(_ref_path(resource, system, external_id), _params(choice))

    def create(self, resource: str, data: Mapping[str, Any], *, key: str | None = None) -> Object:
        """Create an object, once for its key, however often it is sent."""
        return self._post(resource, data, key=key)

    def change(self, resource: str, id: str, data: Mapping[str, Any], *, version: int | None = None) -> Object:
        """Change members of an object; with `version` only if it is still at that one, or raise Stale.

        It is not sent again by itself: after Unavailable it may have had its effect.
        """
        path = f"{resource}/{_quoted(id)}"
        response = self._connection.send("PATCH", path, may_repeat=False, body=_json(data), headers=_if_match(version))
        return _object(response)

    def delete(self, resource: str, id: str, *, version: int | None = None) -> None:
        """Delete an object; with `version` only if it is still at that one, or raise Stale. It is not sent again."""
        self._connection.send("DELETE", f"{resource}/{_quoted(id)}", may_repeat=False, headers=_if_match(version))

    def upsert(self, resource: str, system: str, external_id: str, data: Mapping[str, Any]) -> Object:
        """Create the object that another system knows by this id, or change it."""
        path = _ref_path(resource, system, external_id)
        return _object(self._connection.send("PUT", path, may_repeat=True, body=_json(data)))

    def bulk(
        self, resource: str, operations: Iterable[Operation], *, atomic: bool = False, key: str | None = None
    ) -> list[Result]:
        """Do many operations, each with its own result, in order; requests hold up to 1,000 of them.

        With `atomic` it is all or nothing, in one request: raise BulkRefused for the one that was refused, ValueError
        when they are too many. With a `key` of your own the whole may be sent again, by another process too: the same
        operations then have one effect.
        """
        chunks = list(_chunks(operations))
        if atomic and len(chunks) > 1:
            raise ValueError(f"Only {MOST_OPERATIONS} operations, and 4.5 MB of them, can be all or nothing.")
        key = key or str(uuid.uuid4())
        results: list[Result] = []
        for number, chunk in enumerate(chunks):
            head = b'{"atomic":true,' if atomic else b'{"atomic":false,'
            body = head + b'"operations":[' + b",".join(chunk) + b"]}"
            try:
                answer = self._post_bytes(f"{resource}/bulk", body, key=f"{key}-{number}")
            except Refused as error:
                raise _of_one_operation(error) from None
            results += map(Result.parse, answer["results"])
        return results

    def move(
        self,
        deal: str,
        stage: str,
        *,
        note: str = "",
        resume_on: str | None = None,
        waive: Sequence[str] = (),
        waiver_reason: str = "",
        after: str | None = None,
        version: int | None = None,
        key: str | None = None,
    ) -> Object:
        """Move a deal to a stage, below the card `after` or on top, and return it as it is then.

        Raise GateUnmet, whose `missing` says what the gates of its stage ask for, or Stale when it is not at `version`.
        """
        body = {
            "stage": stage,
            "note": note,
            "resume_on": resume_on,
            "waive": list(waive),
            "waiver_reason": waiver_reason,
            "after": after,
        }
        return self._post(f"deals/{_quoted(deal)}/move", body, key=key, headers=_if_match(version))

    def export(self, resource: str, **filters: Filter) -> Iterator[Object]:
        """Yield every object of a resource in one streamed answer. Raise Unavailable when it is cut off."""
        with self._connection.stream(f"{resource}/export", [("format", "jsonl"), *_params(filters)]) as response:
            for line in response.iter_lines():
                yield json.loads(line)

    def changes(
        self, after: str | None = None, resources: Iterable[str] = (), *, wait: int = 25, limit: int = CHANGES_LIMIT
    ) -> ChangesPage:
        """Return the changes after a cursor, with each object as it is now; wait some seconds for one if there is none.

        Without `after` the feed begins with the oldest change that is kept. Raise Gone for a cursor before it.
        """
        params = [("limit", str(limit)), ("expand", "object"), ("wait", str(wait))]
        params += [("after", after)] if after is not None else []
        params += [("resource", singular(name)) for name in resources]
        answer = self._read("changes", params, wait=wait)
        return ChangesPage([Change.parse(one) for one in answer["changes"]], answer["next"], answer["more"])

    def follow(
        self, after: str | None = None, resources: Iterable[str] = (), *, wait: int = 25
    ) -> Iterator[ChangesPage]:
        """Yield pages of changes, each once and in order, as they happen; it ends only when you stop.

        Keep the `next` of a page together with what you made of it, and nothing is missed or seen twice. Pages without
        changes come too, with a newer cursor. Raise Gone when everything has to be loaded anew.
        """
        resources = list(resources)
        while True:
            started = time.monotonic()
            page = self.changes(after, resources, wait=wait)
            yield page
            after = page.next
            if not (page.changes or page.more):
                time.sleep(max(0.0, _LOOK_SECONDS - (time.monotonic() - started)))

    def _pages(
        self, resource: str, filters: Mapping[str, Filter], *, snapshot: bool = False, cursor: str | None = None
    ) -> Iterator[ListPage]:
        while True:
            place: dict[str, Filter] = {"cursor": cursor} if cursor else {"snapshot": True} if snapshot else {}
            answer = self._read(resource, _params({"limit": LIST_LIMIT, **filters, **place}))
            if not {"results", "next"} <= answer.keys():
                raise Unavailable(f"{resource} is no list; is this the address of LRS Tracker?")
            cursor = _cursor_in(answer["next"])
            yield ListPage(answer["results"], cursor, answer.get("changes_cursor"))
            if cursor is None:
                return

    def _read(self, path: str, params: Params, *, wait: float = 0) -> Object:
        return _object(self._connection.send("GET", path, may_repeat=True, params=params, wait=wait))

    def _post(
        self, path: str, data: Mapping[str, Any], *, key: str | None, headers: Mapping[str, str] | None = None
    ) -> Object:
        return self._post_bytes(path, _json(data), key=key or str(uuid.uuid4()), headers=headers)

    def _post_bytes(self, path: str, body: bytes, *, key: str, headers: Mapping[str, str] | None = None) -> Object:
        all_headers = {"Idempotency-Key": key, **(headers or {})}
        return _object(self._connection.send("POST", path, may_repeat=True, body=body, headers=all_headers))


def _object(response: httpx.Response) -> Object:
    try:
        value = json.loads(response.content)
    except ValueError as error:
        raise Unavailable("The answer is not JSON; is this the address of LRS Tracker?") from error
    if not isinstance(value, dict):
        raise Unavailable("The answer is not an object; is this the address of LRS Tracker?")
    return value


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _params(values: Mapping[str, Filter]) -> list[tuple[str, str]]:
    """Return parameters; a list is joined where the API has a list of names, given several times elsewhere."""
    found = []
    for name, value in values.items():
        if isinstance(value, bool):
            found.append((name, "true" if value else "false"))
        elif isinstance(value, str | int):
            found.append((name, str(value)))
        elif name in ("fields", "include"):
            found.append((name, ",".join(value)))
        else:
            found += [(name, one) for one in value]
    return found


def _cursor_in(address: str | None) -> str | None:
    """Return the cursor in the address of the next page, to whose host nothing is sent."""
    return None if address is None else parse_qs(urlsplit(address).query)["cursor"][0]


def _quoted(text: str) -> str:
    """Return a part of an address. Raise ValueError for what no address can have as one."""
    if text in ("", ".", ".."):
        raise ValueError(f"“{text}” cannot be an id: in an address it would stand for something else.")
    return quote(text, safe="")


def _ref_path(resource: str, system: str, external_id: str) -> str:
    return f"{resource}/by-ref/{_quoted(system)}/{_quoted(external_id)}"


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


def _chunks(operations: Iterable[Operation]) -> Iterator[list[bytes]]:
    """Yield operations as JSON, as many at once as a request may hold."""
    chunk: list[bytes] = []
    size = 0
    for operation in operations:
        line = _json(operation)
        if chunk and (len(chunk) == MOST_OPERATIONS or size + len(line) > MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(line)
        size += len(line) + 1
    if chunk:
        yield chunk


def _of_one_operation(error: Refused) -> Refused:
    """Return the refusal of the operation that an atomic bulk failed at, or the one of the whole request."""
    for number, result in enumerate(error.problem.get("results", ())):
        if "problem" in result:
            return BulkRefused(result["status"], result["problem"], error.request_id, number=number)
    return error
