"""Creating, changing and archiving plants."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.visible_text import refuse_unseen
from plants.models import Plant


@transaction.atomic
def create_plant(*, values: Mapping[str, Any], by: User) -> Plant:
    """Create a plant from its fields' values. Raise DomainError for an invisible name or one that exists."""
    require_permission(by, "plants.add_plant")
    refuse_unseen(values.get("name", ""), field="name")
    plant = Plant(**values)
    with constraints_in_words(Plant):
        plant.save()
    return plant


@transaction.atomic
def change_plant(*, plant: Plant, values: Mapping[str, Any], expected_version: int | None = None, by: User) -> Plant:
    """Change fields of a plant.

    Raise DomainError for an invisible or a taken name or half a position, StaleVersionError when it is no longer at
    `expected_version`, PermissionRefusedError without the right.
    """
    require_permission(by, "plants.change_plant")
    refuse_unseen(values.get("name", ""), field="name")
    plant = lock_row(plant, expected_version=expected_version)
    with constraints_in_words(Plant):
        return write_changes(plant, values)


def archive_plant(*, plant: Plant, by: User, at: dt.datetime) -> Plant:
    """Take a plant off the list; deals that name it keep it. Archiving twice keeps the first time."""
    return change_plant(plant=plant, values={"archived_at": plant.archived_at or at}, by=by)


def restore_plant(*, plant: Plant, by: User) -> Plant:
    """Put an archived plant back on the list."""
    return change_plant(plant=plant, values={"archived_at": None}, by=by)
