"""Models of the sync app."""

from sync.models.changes import Change
from sync.models.feed import FeedState
from sync.models.idempotency import IdempotentAnswer
from sync.models.refs import ExternalRef
from sync.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = ["Change", "ExternalRef", "FeedState", "IdempotentAnswer", "WebhookDelivery", "WebhookEndpoint"]
