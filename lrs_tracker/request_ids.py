"""One id per request, from the proxy or made here: in every log line, in the response, in the change log."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
# A stranger may send the header, so it must be harmless wherever it is shown.
ACCEPTABLE = re.compile(r"[A-Za-z0-9._:-]{8,64}", re.ASCII)
QUIET_PATHS = (settings.STATIC_URL, "/healthz", "/readyz")

log = structlog.get_logger(__name__)


class RequestIdMiddleware:
    """Set `request.request_id`, return it with the response, and log each request once under it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request under its id."""
        started = time.perf_counter()
        request_id = choose_request_id(request.headers.get(HEADER, ""))
        request.request_id = request_id  # type: ignore[attr-defined]  # HttpRequest has no such field of its own
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response.headers[HEADER] = request_id
        if not request.path.startswith(QUIET_PATHS):
            # The query is left out: people search for names in it, and links may carry secrets.
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            log.info("request", method=request.method, path=request.path, status=response.status_code, ms=milliseconds)
        return response


def choose_request_id(offered: str) -> str:
    """Return the offered id when it is acceptable, else a new one."""
    return offered if ACCEPTABLE.fullmatch(offered) else uuid.uuid4().hex
