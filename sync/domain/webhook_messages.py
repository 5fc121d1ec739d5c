"""What is posted to webhooks, and its signature, as Standard Webhooks has them (standardwebhooks.com)."""

import base64
import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

import orjson
from standardwebhooks import Webhook

from sync.domain.feed import FeedChange
from sync.domain.feed_json import change_json, instant_json
from sync.enums import Operation
from sync.models import WebhookEndpoint

TEST_TYPE = "test.ping"
_SECRET_PREFIX = "whsec_"  # noqa: S105  # what every secret begins with
_SECRET_BYTES = 32
_PAST_TENSE: dict[str, str] = {Operation.INSERT: "created", Operation.UPDATE: "updated", Operation.DELETE: "deleted"}


def new_secret() -> str:
    """Return a fresh secret."""
    return _SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def type_of(change: FeedChange) -> str:
    """Return the type of the message that tells a change, such as “deal.updated”."""
    return f"{change.resource}.{_PAST_TENSE[change.operation]}"


def change_body(change: FeedChange) -> str:
    """Return the body of the message that tells a change."""
    # The cursor is where a receiver that missed something asks for a replay from.
    facts = change_json(change)
    return _body(type_of(change), facts["at"], {"cursor": str(change.position), **facts})


def ping_body(*, at: dt.datetime) -> str:
    """Return the body of a message that tells nothing."""
    return _body(TEST_TYPE, instant_json(at), {})


def signed_headers(endpoint: WebhookEndpoint, webhook_id: str, body: str, *, at: dt.datetime) -> dict[str, str]:
    """Return the headers of an attempt at an instant; during a rotation both secrets sign."""
    keys = [endpoint.secret]
    if endpoint.old_secret_until is not None and at < endpoint.old_secret_until:
        keys.append(endpoint.old_secret)
    return {
        "Content-Type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(webhook_id, at.astimezone(dt.UTC), body) for key in keys),
    }


def _body(type: str, at: str, facts: Mapping[str, Any]) -> str:
    return orjson.dumps({"type": type, "timestamp": at, "data": facts}).decode()
