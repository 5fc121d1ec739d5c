"""The building phases of a plant."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from plants.models import Plant, PlantPhase

_RULES = {"plants_plantphase_unique": (_("This plant has a phase of this number already."), "number")}


@transaction.atomic
def add_phase(*, plant: Plant, values: Mapping[str, Any], by: User) -> PlantPhase:
    """Add a phase. Raise DomainError for a number the plant has already."""
    require_permission(by, "plants.add_plantphase")
    phase = PlantPhase(plant=plant, **values)
    with constraints_in_words(PlantPhase, _RULES):
        phase.save()
    return phase


@transaction.atomic
def change_phase(
    *, phase: PlantPhase, values: Mapping[str, Any], expected_version: int | None = None, by: User
) -> PlantPhase:
    """Change a phase. Raise DomainError for a taken number, StaleVersionError for an older version."""
    require_permission(by, "plants.change_plantphase")
    phase = lock_row(phase, expected_version=expected_version)
    with constraints_in_words(PlantPhase, _RULES):
        return write_changes(phase, values)


@transaction.atomic
def remove_phase(*, phase: PlantPhase, by: User) -> None:
    """Remove a phase from its plant."""
    require_permission(by, "plants.delete_plantphase")
    phase.delete()
