"""What a person can do with an endpoint: add, change, switch off and on, replay, try and remove it."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.outgoing import ForbiddenAddressError, OutgoingError, check_url
from lrs_tracker.problems import DomainError, PermissionRefusedError
from sync import registry
from sync.domain.feed import CursorGoneError, Position, current_position, refuse_gone
from sync.domain.feed_knowledge import may_know_of
from sync.domain.sight import sight_of
from sync.domain.webhook_messages import TEST_TYPE, new_secret, ping_body
from sync.domain.webhook_owners import viewer_of
from sync.domain.webhook_posting import post_once
from sync.enums import DeliveryStatus, DisabledReason
from sync.models import WebhookDelivery, WebhookEndpoint

# For how long the secret before a rotation signs too.
ROTATION = dt.timedelta(hours=24)
_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_FIRST_SINCE = "SELECT min(greatest(transaction_id, written_after)) FROM sync_change WHERE at >= %s"
_LAST_ROW = 2**63 - 1


@transaction.atomic
def create_endpoint(
    *, name: str, url: str, resources: Collection[str] = (), for_everyone: bool = False, by: User
) -> WebhookEndpoint:
    """Add an endpoint that is told what changes from now on; its `secret` is to be shown this once.

    Raise DomainError for an address that nothing may be posted to, or a resource that there is not;
    PermissionRefusedError for one of the organisation without the right to it.
    """
    if for_everyone:
        require_permission(by, "sync.add_webhookendpoint")
    position = current_position()
    return WebhookEndpoint.objects.create(
        name=name.strip(),
        url=_checked_url(url),
        resources=_checked_resources(resources),
        owner=None if for_everyone else by,
        secret=new_secret(),
        position_transaction=position.transaction,
        position_row=position.row,
        sight="" if for_everyone else sight_of(by),
    )


@transaction.atomic
def change_endpoint(
    *,
    endpoint: WebhookEndpoint,
    name: str,
    url: str,
    resources: Collection[str] = (),
    expected_version: int | None = None,
    by: User,
    at: dt.datetime,
) -> WebhookEndpoint:
    """Change where an endpoint is and what it is told of. Raise as `create_endpoint`, and StaleVersionError."""
    endpoint = _lock(endpoint, by, "change", expected_version=expected_version)
    values: dict[str, Any] = {
        "name": name.strip(),
        "url": _checked_url(url),
        "resources": _checked_resources(resources),
    }
    if values["url"] != endpoint.url:
        # Another address has not failed yet.
        values |= {"failing_since": None, "resting_until": None}
        _waiting(endpoint).update(next_attempt_at=at)
    return write_changes(endpoint, values)


@transaction.atomic
def rotate_secret(
    *, endpoint: WebhookEndpoint, expected_version: int | None = None, by: User, at: dt.datetime
) -> WebhookEndpoint:
    """Give an endpoint a new `secret`, to be shown this once; the one before signs too for a day."""
    endpoint = _lock(endpoint, by, "change", expected_version=expected_version)
    return write_changes(
        endpoint, {"secret": new_secret(), "old_secret": endpoint.secret, "old_secret_until": at + ROTATION}
    )


@transaction.atomic
def disable_endpoint(
    *, endpoint: WebhookEndpoint, expected_version: int | None = None, by: User, at: dt.datetime
) -> WebhookEndpoint:
    """Stop sending to an endpoint; what waits, and where it goes on, are kept."""
    endpoint = _lock(endpoint, by, "change", expected_version=expected_version)
    if endpoint.disabled_at is not None:
        return endpoint
    return write_changes(endpoint, {"disabled_at": at, "disabled_reason": DisabledReason.BY_HAND})


@transaction.atomic
def enable_endpoint(
    *,
    endpoint: WebhookEndpoint,
    skips_missed: bool = False,
    expected_version: int | None = None,
    by: User,
    at: dt.datetime,
) -> WebhookEndpoint:
    """Send to an endpoint again: first what it missed, or with `skips_missed` only what changes from now on.

    Raise CursorGoneError when what it missed is not kept any more, or its owner sees with other rights than before.
    """
    endpoint = _lock(endpoint, by, "change", expected_version=expected_version)
    waiting = _waiting(endpoint)
    sight = sight_of(viewer_of(endpoint))
    if skips_missed:
        _skip(waiting, at=at)
        _set_position(endpoint, current_position())
    else:
        _refuse_gone(_position(endpoint))
        if endpoint.sight not in ("", sight):
            raise CursorGoneError(_("You may not see the same as before. Load everything anew, then go on from now."))
        # Their three days begin anew.
        waiting.update(attempts=0, first_attempt_at=None, next_attempt_at=at)
    values = {
        "disabled_at": None,
        "disabled_reason": "",
        "failing_since": None,
        "resting_until": None,
        "sight": sight,
    }
    return write_changes(endpoint, values)


@transaction.atomic
def replay_from(
    *,
    endpoint: WebhookEndpoint,
    after: Position | None = None,
    since: dt.datetime | None = None,
    expected_version: int | None = None,
    by: User,
    at: dt.datetime,
) -> WebhookEndpoint:
    """Tell an endpoint everything again that changed after a position of the feed, or since an instant.

    Each is a new message. What waits and would be told twice is skipped. Raise CursorGoneError for a position of which
    the changes are not kept any more, DomainError without either, with both or for a time to come.
    """
    endpoint = _lock(endpoint, by, "change", expected_version=expected_version)
    if after is not None and since is not None:
        raise DomainError(_("Give a time or a cursor, not both."), field="since")
    position = after if after is not None else _position_at(since, at=at)
    _refuse_gone(position, field="after" if after is not None else "since")
    waiting = _waiting(endpoint).filter(transaction_id__gte=position.transaction)
    _skip(waiting.exclude(transaction_id=position.transaction, row_id__lte=position.row), at=at)
    _set_position(endpoint, position)
    return endpoint


@transaction.atomic
def delete_endpoint(*, endpoint: WebhookEndpoint, expected_version: int | None = None, by: User) -> None:
    """Remove an endpoint with its log."""
    _lock(endpoint, by, "delete", expected_version=expected_version).delete()


@transaction.atomic
def redeliver(*, delivery: WebhookDelivery, by: User, at: dt.datetime) -> WebhookDelivery:
    """Send a message once more, with the same `webhook-id`; one that waits is sent at once.

    Raise DomainError for a test, and while its endpoint is disabled.
    """
    endpoint = _lock(delivery.endpoint, by, "change")
    if delivery.object_id is None:
        raise DomainError(_("A test is not sent again. Send a new one."))
    if endpoint.disabled_at is not None:
        raise DomainError(_("Enable the webhook first."))
    delivery = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
    delivery.status, delivery.settled_at = DeliveryStatus.PENDING, None
    delivery.attempts, delivery.first_attempt_at, delivery.next_attempt_at = 0, None, at
    delivery.save(update_fields=["status", "settled_at", "attempts", "first_attempt_at", "next_attempt_at"])
    return delivery


def send_test(*, endpoint: WebhookEndpoint, by: User, at: dt.datetime) -> WebhookDelivery:
    """Send an endpoint a message of type “test.ping” now, and return what became of it; it is not tried again.

    It takes ten seconds at most; call it outside a transaction.
    """
    _refuse_stranger(endpoint, by, "change")
    delivery = WebhookDelivery(endpoint=endpoint, type=TEST_TYPE, body=ping_body(at=at), next_attempt_at=at, attempts=1)
    attempt = post_once(endpoint, delivery, at=at)
    delivery.status = DeliveryStatus.DELIVERED if attempt.is_taken else DeliveryStatus.FAILED
    delivery.first_attempt_at = delivery.settled_at = at
    attempt.note_in(delivery)
    delivery.save()
    return delivery


def may_read_body(*, delivery: WebhookDelivery, by: User) -> bool:
    """Return whether a person may read what a message of an endpoint of theirs says: its object may be secret since."""
    if delivery.object_id is None or delivery.tells_end:
        return True
    about = (delivery.resource, delivery.object_id)
    return about in may_know_of(by, {about})


def position_at(since: dt.datetime) -> Position:
    """Return the position from which on everything is told that changed at or after an instant."""
    end = current_position()
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_SINCE, [since])
        (first,) = cursor.fetchone()
    return end if first is None else min(end, Position(first - 1, _LAST_ROW))


def resource_names() -> Sequence[str]:
    """Return the names of the resources that an endpoint can be told of."""
    return [known.name for known in registry.synced()]


def _position_at(since: dt.datetime | None, *, at: dt.datetime) -> Position:
    if since is None:
        raise DomainError(_("Say from which cursor or time on."), field="since", code="required")
    if since > at:
        raise DomainError(_("Choose a time in the past."), field="since")
    return position_at(since)


def _waiting(endpoint: WebhookEndpoint) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(endpoint=endpoint, status=DeliveryStatus.PENDING)


def _skip(waiting: QuerySet[WebhookDelivery], *, at: dt.datetime) -> None:
    waiting.update(status=DeliveryStatus.SKIPPED, settled_at=at, leased_until=None)


def _position(endpoint: WebhookEndpoint) -> Position:
    return Position(endpoint.position_transaction, endpoint.position_row)


def _set_position(endpoint: WebhookEndpoint, position: Position) -> None:
    endpoint.position_transaction, endpoint.position_row = position
    endpoint.save(update_fields=["position_transaction", "position_row"])


def _refuse_gone(position: Position, *, field: str | None = None) -> None:
    try:
        refuse_gone(position)
    except CursorGoneError as error:
        text = _("The changes from there on are not kept any more. Load everything anew, then go on from now.")
        raise CursorGoneError(text, field=field) from error


def _lock(endpoint: WebhookEndpoint, by: User, verb: str, *, expected_version: int | None = None) -> WebhookEndpoint:
    _refuse_stranger(endpoint, by, verb)
    return lock_row(endpoint, expected_version=expected_version)


def _refuse_stranger(endpoint: WebhookEndpoint, by: User, verb: str) -> None:
    if endpoint.owner_id is None:
        require_permission(by, f"sync.{verb}_webhookendpoint")
    elif endpoint.owner_id != by.pk:
        raise PermissionRefusedError(_("Only its owner can do this with a webhook."))


def _checked_url(url: str) -> str:
    url = url.strip()
    try:
        parts = check_url(url)
    except OutgoingError as error:
        raise DomainError(str(error), field="url") from error
    if parts.scheme != "https" and parts.hostname not in _OWN_MACHINE:
        raise ForbiddenAddressError(_("The address must start with https://."), field="url")
    return url


def _checked_resources(resources: Collection[str]) -> list[str]:
    known = resource_names()
    if unknown := [name for name in resources if name not in known]:
        message = _("There is no resource “%(name)s”. Choose among: %(known)s.")
        raise DomainError(message % {"name": unknown[0], "known": ", ".join(known)}, field="resources")
    return [name for name in known if name in resources]
