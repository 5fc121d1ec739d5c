"""Webhooks as a resource."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from accounts.models import User
from lrs_tracker.api.actions import ActionView
from lrs_tracker.api.reading import TEXT, Member, instant, link, text
from lrs_tracker.api.resources import Resource, register, versioned
from lrs_tracker.api.writing import DistinctList, Flag, Instant, StrictSerializer, Text, Writer
from lrs_tracker.domain_functions import DomainFunctions
from sync.domain.feed import Position
from sync.domain.webhook_endpoints import (
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
    enable_endpoint,
    replay_from,
    rotate_secret,
)
from sync.models import WebhookEndpoint


class _Facts(Writer):
    resources = DistinctList(child=Text(max_length=40), required=False, max_length=60)


class WebhookCreator(_Facts):
    """A new webhook; it is told what changes from now on."""

    for_everyone = Flag(required=False, help_text="Of the organisation: told everything, for administrators only.")

    class Meta:
        model = WebhookEndpoint
        fields = ["name", "url", "resources", "for_everyone"]


class WebhookChanger(_Facts):
    """Where a webhook is and what it is told of."""

    class Meta:
        model = WebhookEndpoint
        fields = ["name", "url", "resources"]


def _change(
    *, endpoint: WebhookEndpoint, values: Mapping[str, Any], expected_version: int | None, by: User, at: dt.datetime
) -> WebhookEndpoint:
    """Change what is given, and leave the rest as it is."""
    facts = {name: values.get(name, getattr(endpoint, name)) for name in ("name", "url", "resources")}
    return change_endpoint(endpoint=endpoint, expected_version=expected_version, by=by, at=at, **facts)


class Rotate(ActionView):
    """A new secret, shown in the answer."""

    verb = "rotate_secret_of"
    summary = "Give a webhook a new secret"
    details = "The answer has the new `secret`, this once. The one before signs too for a day."
    shows_once = True

    def act(self, row: Any, values: dict[str, Any], expected: int | None) -> object:
        """Rotate it."""
        return rotate_secret(endpoint=row, expected_version=expected, by=self.by, at=self.at)


class Disable(ActionView):
    """Stop sending."""

    verb = "disable"
    summary = "Stop sending to a webhook"

    def act(self, row: Any, values: dict[str, Any], expected: int | None) -> object:
        """Disable it."""
        return disable_endpoint(endpoint=row, expected_version=expected, by=self.by, at=self.at)


class EnableBody(StrictSerializer):
    """Whether what it missed is left out."""

    skips_missed = Flag(required=False)


class Enable(ActionView):
    """Send again."""

    verb = "enable"
    summary = "Send to a webhook again"
    details = "First what it missed, or with `skips_missed` only what changes from now on."
    body = EnableBody
    also_refuses = (410,)

    def act(self, row: Any, values: dict[str, Any], expected: int | None) -> object:
        """Enable it."""
        return enable_endpoint(endpoint=row, expected_version=expected, by=self.by, at=self.at, **values)


class ReplayBody(StrictSerializer):
    """From where on everything is told again."""

    after = Text(max_length=200, required=False, help_text="The `cursor` of a message.")
    since = Instant(required=False)


class Replay(ActionView):
    """Tell everything again from somewhere on."""

    verb = "replay"
    summary = "Tell a webhook everything again, from a cursor or an instant on"
    body = ReplayBody
    also_refuses = (410,)

    def act(self, row: Any, values: dict[str, Any], expected: int | None) -> object:
        """Replay."""
        after = Position.parse(values["after"]) if "after" in values else None
        return replay_from(
            endpoint=row, after=after, since=values.get("since"), expected_version=expected, by=self.by, at=self.at
        )


@register
class Webhooks(Resource):
    """Addresses of other systems that are told each change."""

    name = "webhooks"
    singular = "webhook"
    title = "Webhooks"
    description = (
        "An address that is told each change that its owner may know of (docs/webhooks.md). Its `secret` is answered "
        "when it is created or rotated, and never again."
    )
    model = WebhookEndpoint
    members = versioned(
        {
            "name": text("name"),
            "url": text("url"),
            "owner": link("owner_id"),
            "resources": Member(("resources",), {"type": "array", "items": TEXT}),
            "failing_since": instant("failing_since"),
            "disabled_at": instant("disabled_at"),
            "disabled_reason": text("disabled_reason"),
        }
    )
    orders = {"name": "name"}
    creator = WebhookCreator
    changer = WebhookChanger
    domain = DomainFunctions(create=create_endpoint, change=_change, delete=delete_endpoint)
    actions = {"rotate-secret": Rotate, "disable": Disable, "enable": Enable, "replay": Replay}
    shown_once = ("secret",)
    # A secret that many answers at once would hold is not for one of them.
    bulk_operations = []
