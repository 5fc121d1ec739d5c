"""Saved views: named filters of the board or the table, one's own or shared, pinned in the sidebar."""

import uuid
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from deals.models import SavedView
from lrs_tracker.problems import PermissionRefusedError

_STAMP = "pinned-views"
_KEEP_SECONDS = 300
_FOR_EVER = None


@transaction.atomic
def save_view(*, view: SavedView, by: User) -> SavedView:
    """Store a new or changed view. Raise PermissionRefusedError for another's, or without the permission."""
    verb = "change" if view.pk else "add"
    if view.owner_id != by.pk or not by.has_perm(f"deals.{verb}_savedview"):
        raise PermissionRefusedError(_("Only its owner can change a view."))
    view.save()
    transaction.on_commit(_forget_pinned)
    return view


@transaction.atomic
def delete_view(*, view: SavedView, by: User) -> None:
    """Delete a view. Raise PermissionRefusedError for another's, or without the permission."""
    if view.owner_id != by.pk or not by.has_perm("deals.delete_savedview"):
        raise PermissionRefusedError(_("Only its owner can delete a view."))
    view.delete()
    transaction.on_commit(_forget_pinned)


def pinned_views(user: User) -> list[dict[str, str]]:
    """Return the name and address of each pinned view that a user sees: their own and shared ones.

    Every page shows them, so they are kept in the cache until someone saves or deletes a view.
    """
    key = f"{_STAMP}:{user.pk}"
    kept: dict[str, Any] = cache.get_many([_STAMP, key])
    stamp = kept.get(_STAMP)
    if stamp is not None and key in kept and kept[key][0] == stamp:
        return kept[key][1]
    views = SavedView.objects.visible_to(user).filter(is_pinned=True).order_by("name", "pk")
    found = [{"name": view.name, "url": view.get_absolute_url()} for view in views]
    stamp = stamp or _forget_pinned()
    cache.set(key, (stamp, found), _KEEP_SECONDS)
    return found


def _forget_pinned() -> str:
    """Make everyone's pinned views be read anew, and return the stamp that they then carry."""
    stamp = uuid.uuid4().hex
    cache.set(_STAMP, stamp, _FOR_EVER)
    return stamp
