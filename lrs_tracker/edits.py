"""Changing a stored row: locked, against the version that the writer saw, and only what differs."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from lrs_tracker.problems import PermissionRefusedError, StaleVersionError
from lrs_tracker.versioned import VersionedModel
from lrs_tracker.visibility import Viewer


def require_permission(by: Viewer, permission: str) -> None:
    """Raise PermissionRefusedError unless the person's role has a permission."""
    if not by.has_perm(permission):
        raise PermissionRefusedError(_("Your role does not allow this."))


def lock_row[Row: VersionedModel](row: Row, *, expected_version: int | None = None) -> Row:
    """Return a fresh, locked copy of a row; call it inside a transaction.

    Raise StaleVersionError when it is no longer at `expected_version`.
    """
    locked: Row = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    refuse_stale(locked, expected_version)
    return locked


def refuse_stale(locked: VersionedModel, expected_version: int | None) -> None:
    """Raise StaleVersionError when a locked row is no longer at `expected_version`, where one is expected."""
    if expected_version is not None and locked.version != expected_version:
        raise StaleVersionError(_("Someone changed this in the meantime. Save again to compare both versions."))


def write_changes[Row: VersionedModel](row: Row, values: Mapping[str, Any]) -> Row:
    """Save those of `values` that differ from the row, if any, and return it with its new version."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    if not changed:
        return row
    for name in changed:
        setattr(row, name, values[name])
    # The trigger raises the version; the expressions make Django read both back.
    row.version = models.F("version")
    row.updated_at = Now()
    row.save(update_fields=[*changed, "version", "updated_at"])
    return row
