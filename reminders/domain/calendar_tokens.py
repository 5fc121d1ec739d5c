"""Private addresses of calendars: made, found, revoked.

The token is 32 random bytes and only its SHA-256 is kept, so that neither the database nor a backup opens anything.
"""

import datetime as dt
import hashlib
import secrets

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from lrs_tracker.problems import PermissionRefusedError
from reminders.models import CalendarFeed

_TOKEN_BYTES = 32
_TOKEN_LENGTH = len(secrets.token_urlsafe(_TOKEN_BYTES))
# When a feed was last asked for is worth one write a minute, not one a request.
_FETCH_RESOLUTION = dt.timedelta(minutes=1)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def create_feed(*, user: User) -> tuple[CalendarFeed, str]:
    """Create a feed and return it with its token, which cannot be read again."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    return CalendarFeed.objects.create(user=user, digest=_digest(token)), token


def find_feed(token: str) -> CalendarFeed | None:
    """Return the feed of a token, with its user; None for one that is unknown or revoked, or of an inactive user.

    The lookup is by digest, so its time says nothing about the token; the comparison is constant-time all the same.
    """
    if len(token) != _TOKEN_LENGTH or not token.isascii():
        return None
    wanted = _digest(token)
    feeds = CalendarFeed.objects.filter(revoked_at__isnull=True, user__is_active=True)
    feed = feeds.select_related("user").filter(digest=wanted).first()
    return feed if feed is not None and secrets.compare_digest(feed.digest, wanted) else None


def note_fetched(*, feed: CalendarFeed, at: dt.datetime) -> None:
    """Remember when a feed was asked for, to the minute."""
    if feed.last_fetched_at is None or at - feed.last_fetched_at >= _FETCH_RESOLUTION:
        is_older = Q(last_fetched_at__isnull=True) | Q(last_fetched_at__lt=at)
        CalendarFeed.objects.filter(is_older, pk=feed.pk).update(last_fetched_at=at)


def revoke_feed(*, feed: CalendarFeed, by: User, at: dt.datetime) -> CalendarFeed:
    """Make the address of a feed useless from now on; revoking twice keeps the first time.

    Raise PermissionRefusedError for another user's feed.
    """
    if feed.user_id != by.pk:
        raise PermissionRefusedError(_("Only its owner can revoke a calendar."))
    if feed.revoked_at is None:
        feed.revoked_at = at
        feed.save(update_fields=["revoked_at"])
    return feed
