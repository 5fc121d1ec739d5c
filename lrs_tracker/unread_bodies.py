"""A connection outlives a refusal: what came with the request is read, or the client is told that it ends.

Granian closes a connection, and often does not say so, when the answer is ready before the body has come. A client that
keeps connections then loses its next request, which it may not send again where that could do something twice.
"""

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

# Granian waits for a slow body without end and lets no other thread read it, so one thread of a process may be caught
# by it and no more: the bodies of others are not read meanwhile.
_reading = threading.BoundedSemaphore(1)
_CHUNK_BYTES = 64 * 1024

type _Headers = list[tuple[str, str]]
type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class ReadBodies:
    """A WSGI application that reads what the one in it has left of a body, up to `most_bytes`, before it answers."""

    def __init__(self, application: Application, *, most_bytes: int) -> None:
        self.application = application
        self.most_bytes = most_bytes

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        body = environ["wsgi.input"] = _Body(environ)

        def start(status: str, headers: _Headers, *error: Any) -> Any:
            if not body.finish(self.most_bytes):
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, *error)

        return self.application(environ, start)


class _Body:
    """The body of a request, which knows how much of it was not read yet."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self._input = environ["wsgi.input"]
        announced = environ.get("CONTENT_LENGTH", "")
        self._left = int(announced) if announced.isascii() and announced.isdigit() else 0
        self._is_endless = "HTTP_TRANSFER_ENCODING" in environ
        # Such a client sends nothing unless somebody reads.
        self._is_asked_for = "HTTP_EXPECT" not in environ

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        return self._count(self._input.read() if size < 0 else self._input.read(size))

    def readline(self, size: int = -1) -> bytes:
        """Return the next line."""
        return self._count(self._input.readline(size) if size >= 0 else self._input.readline())

    def _count(self, found: bytes) -> bytes:
        self._is_asked_for = True
        # Nothing comes after nothing: the client has gone.
        self._left = self._left - len(found) if found else 0
        return found

    def finish(self, most_bytes: int) -> bool:
        """Read what is left, if that is little and nobody else is at it, and return whether everything was read."""
        is_finished = self._is_read(most_bytes)
        # Granian ends the connection when nobody holds an unread body any more, and a request may live on for long.
        self._input = io.BytesIO()
        return is_finished

    def _is_read(self, most_bytes: int) -> bool:
        if self._is_endless:
            return False
        if self._left <= 0:
            return True
        if self._left > most_bytes or not self._is_asked_for or not _reading.acquire(blocking=False):
            return False
        try:
            while self._left > 0:
                self.read(min(self._left, _CHUNK_BYTES))
        finally:
            _reading.release()
        return True
