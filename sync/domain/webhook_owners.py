"""Whose eyes an endpoint sees with, and who is told when it fails."""

from collections.abc import Sequence

from accounts.enums import Role
from accounts.models import User
from lrs_tracker.visibility import Viewer
from sync.models import WebhookEndpoint


def viewer_of(endpoint: WebhookEndpoint) -> Viewer:
    """Return who an endpoint is told as: its owner, or for the organisation's own one who may see everything."""
    # No row has this key, so that nothing counts as this viewer's own.
    return endpoint.owner or User(pk=0, is_superuser=True)


def people_to_tell(endpoint: WebhookEndpoint) -> Sequence[User]:
    """Return its owner, or the administrators."""
    if endpoint.owner is not None:
        return [endpoint.owner]
    return list(User.objects.filter(groups__name=Role.ADMINISTRATOR, is_active=True).order_by("pk"))
