"""Ramp scenarios: each change is a new version, and none is edited."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import require_permission
from plants.models import Plant, PlantPhase, RampScenario


@transaction.atomic
def add_ramp(*, plant: Plant, values: Mapping[str, Any], by: User) -> RampScenario:
    """Add a version of the plant's ramp, numbered after the last one."""
    require_permission(by, "plants.add_rampscenario")
    Plant.objects.select_for_update().get(pk=plant.pk)
    last: int = plant.ramps.aggregate(last=Max("number"))["last"] or 0
    ramp = RampScenario(plant=plant, number=last + 1, **values)
    with constraints_in_words(RampScenario):
        ramp.save()
    return ramp


def nameplate_of(plant: Plant, phases: Sequence[PlantPhase]) -> Decimal | None:
    """Return the plant's nameplate in GWh a year, or the sum of its phases, or None when neither is known."""
    if plant.nameplate_gwh is not None:
        return plant.nameplate_gwh
    return sum((phase.nameplate_gwh for phase in phases), Decimal(0)) if phases else None
