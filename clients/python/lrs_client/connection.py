"""One kept connection to the server, over which requests are sent again where that cannot do a thing twice."""

import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from lrs_client.errors import KIND_PREFIX, Refused, Throttled, Unavailable, refusal

_ATTEMPTS = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0  # seconds
_LONGEST_RETRY_AFTER = 120.0
_RANDOM = random.SystemRandom()

type Params = Sequence[tuple[str, str]]


class Connection:
    """Sends requests with a token. Times are seconds."""

    def __init__(self, base_url: str, token: str, *, timeout: float) -> None:
        self._timeout = timeout
        self._http = httpx.Client(
            base_url=f"{base_url.rstrip('/')}/api/v1/", headers={"Authorization": f"Bearer {token}"}, timeout=timeout
        )

    def close(self) -> None:
        """End the connection."""
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        may_repeat: bool,
        params: Params = (),
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        wait: float = 0,
    ) -> httpx.Response:
        """Return a good answer. Raise Refused or Unavailable.

        What never reached the server, or was turned away because there were too many, is always sent again; what got
        lost on the way or failed there only when it `may_repeat`.
        """
        request_headers = {**(headers or {}), **({} if body is None else {"Content-Type": "application/json"})}
        for attempt in range(_ATTEMPTS):
            is_last = attempt == _ATTEMPTS - 1
            try:
                response = self._http.request(
                    method,
                    path,
                    params=list(params),
                    content=body,
                    headers=request_headers,
                    timeout=httpx.Timeout(self._timeout, read=self._timeout + wait),
                )
                if response.is_success:
                    return response
                error = _error_of(response)
            except httpx.RequestError as lost:
                was_sent = not isinstance(lost, httpx.ConnectError | httpx.ConnectTimeout)
                if is_last or (was_sent and not may_repeat):
                    raise Unavailable(f"{method} {path}: {lost or type(lost).__name__}") from lost
                time.sleep(_pause(attempt))
                continue
            if is_last or not _is_passing(error, may_repeat=may_repeat):
                raise error
            time.sleep(_pause(attempt, error))
        raise AssertionError("the last attempt returns or raises")

    @contextmanager
    def stream(self, path: str, params: Params) -> Iterator[httpx.Response]:
        """Yield an answer whose body is yet to be read. Raise Refused, or Unavailable when it is cut off."""
        try:
            with self._http.stream("GET", path, params=list(params)) as response:
                if not response.is_success:
                    response.read()
                    raise _error_of(response)
                yield response
        except httpx.RequestError as lost:
            raise Unavailable(f"GET {path}: {lost or type(lost).__name__}") from lost


def problem_of(response: httpx.Response) -> Mapping[str, Any]:
    """Return the problem details of an answer; something like them when a proxy answered in the server's place."""
    try:
        problem = json.loads(response.content)
    except ValueError:
        problem = None
    if isinstance(problem, dict) and str(problem.get("type", "")).startswith(KIND_PREFIX):
        return problem
    moved = response.headers.get("Location")
    return {"detail": f"What is asked for is at {moved}" if moved else response.reason_phrase}


def _error_of(response: httpx.Response) -> Refused | Unavailable:
    request_id = response.headers.get("X-Request-ID", "")
    if response.status_code >= 500:
        return Unavailable(f"The server answered {response.status_code} (request {request_id}).")
    return refusal(response.status_code, problem_of(response), request_id, retry_after=_retry_after(response))


def _retry_after(response: httpx.Response) -> float:
    given = response.headers.get("Retry-After", "")
    return float(given) if given.isascii() and given.isdigit() else 0


def _is_passing(error: Refused | Unavailable, *, may_repeat: bool) -> bool:
    """Whether sending the same again may succeed, and does nothing twice."""
    if isinstance(error, Throttled):
        return error.retry_after <= _LONGEST_RETRY_AFTER
    # “in-progress”: the first request with this key is still being worked on.
    return may_repeat and (isinstance(error, Unavailable) or error.kind == "in-progress")


def _pause(attempt: int, error: Refused | Unavailable | None = None) -> float:
    if isinstance(error, Throttled) and error.retry_after:
        return error.retry_after + _RANDOM.uniform(0, 1)
    return _RANDOM.uniform(_FIRST_PAUSE / 2, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt))
