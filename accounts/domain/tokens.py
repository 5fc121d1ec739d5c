"""Creating, checking and revoking API tokens."""

import datetime as dt
import hashlib
import secrets
from functools import cache

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.backends import keep_permissions, with_permissions
from accounts.enums import TokenScope
from accounts.models import ApiToken, User
from lrs_tracker.prepared import Hole, Prepared
from lrs_tracker.problems import DomainError, PermissionRefusedError

_PREFIX = "lrs_"
# A last-used time is worth one write a minute, not one a request.
_USE_RESOLUTION = dt.timedelta(minutes=1)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def create_token(
    *, user: User, name: str, scope: TokenScope, expires_at: dt.datetime | None, at: dt.datetime
) -> tuple[ApiToken, str]:
    """Create a token and return it with its key, which cannot be read again.

    Raise DomainError for an expiry in the past.
    """
    if expires_at is not None and expires_at <= at:
        raise DomainError(_("Choose an expiry in the future."), field="expires_at")
    key = _PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name, scope=scope, expires_at=expires_at, prefix=key[:12], digest=_digest(key)
    )
    return token, key


@cache
def _usable() -> Prepared[ApiToken]:
    usable = ApiToken.objects.usable_at(Hole("at", models.DateTimeField())).select_related("user")
    return Prepared(with_permissions(usable.filter(digest=Hole("digest", models.CharField())), user="user_id"))


def find_token(*, key: str, at: dt.datetime) -> ApiToken | None:
    """Return the usable token with this key, its user and their permissions, noting its use; or None."""
    token = next(iter(_usable().run(digest=_digest(key), at=at)), None)
    if token is not None:
        keep_permissions(token.user, token)
    if token and (token.last_used_at is None or at - token.last_used_at >= _USE_RESOLUTION):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return token


def revoke_token(*, token: ApiToken, by: User, at: dt.datetime) -> ApiToken:
    """Make a token useless from now on; revoking twice keeps the first time.

    Raise PermissionRefusedError for another user's token.
    """
    if token.user_id != by.pk:
        raise PermissionRefusedError(_("Only its owner can revoke a token."))
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
    return token
