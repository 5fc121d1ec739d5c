"""One attempt at posting a message to an endpoint: no database, so that many can run side by side."""

import datetime as dt
import time
from dataclasses import dataclass

from lrs_tracker.outgoing import OutgoingError, post
from sync.domain.webhook_messages import signed_headers
from sync.models import WebhookDelivery, WebhookEndpoint

_MOST_ANSWER_BYTES = 64 * 1024
_LONGEST_HEAD = 1024
_GONE = 410


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt: the status and the first KiB of the answer, or why there was none."""

    duration_ms: int
    status: int | None = None
    head: str = ""
    error: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing any more."""
        return self.status == _GONE

    def note_in(self, delivery: WebhookDelivery) -> None:
        """Write it down in the log."""
        delivery.response_status, delivery.response_head = self.status, self.head
        delivery.duration_ms, delivery.last_error = self.duration_ms, self.error


def post_once(endpoint: WebhookEndpoint, delivery: WebhookDelivery, *, at: dt.datetime) -> Attempt:
    """Post a message, signed as of an instant, and return what came of it."""
    headers = signed_headers(endpoint, delivery.webhook_id, delivery.body, at=at)
    started = time.monotonic()
    try:
        answer = post(endpoint.url, delivery.body.encode(), headers, most_bytes=_MOST_ANSWER_BYTES)
    except OutgoingError as error:
        return Attempt(_elapsed_ms(started), error=str(error))
    return Attempt(_elapsed_ms(started), answer.status, _head(answer.text))


def _elapsed_ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _head(text: str) -> str:
    # PostgreSQL takes no NUL.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode()[:_LONGEST_HEAD].decode(errors="ignore")
