"""The list of plants with their start of production, and plants on the map."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from plants.domain.world import project
from plants.enums import MilestoneKind
from plants.models import Plant, PlantMilestone

# Two dots closer than this, in the map's units, are moved apart.
_APART = 21.0
_ROUNDS = 40


def with_start_of_production(plants: QuerySet[Plant]) -> QuerySet[Plant]:
    """Annotate `sop_on` (actual, else forecast, else baseline) and `sop_baseline_on`."""
    sop = PlantMilestone.objects.filter(plant=OuterRef("pk"), kind=MilestoneKind.START_OF_PRODUCTION)
    return plants.annotate(
        sop_on=Subquery(sop.values_list(Coalesce("actual_on", "forecast_on", "baseline_on"))[:1]),
        sop_baseline_on=Subquery(sop.values("baseline_on")[:1]),
    )


@dataclass(slots=True)
class Dot:
    """A plant on the map: its place, and where its numbered dot is drawn beside it."""

    number: int
    plant: Plant
    x: float
    y: float
    dot_x: float
    dot_y: float

    @property
    def is_moved(self) -> bool:
        """Whether the dot stands beside its place."""
        return math.hypot(self.dot_x - self.x, self.dot_y - self.y) > 1


def dots_of(plants: Iterable[Plant]) -> list[Dot]:
    """Return a dot for each plant with a position, numbered in the order given; none covers another."""
    dots: list[Dot] = []
    for plant in plants:
        if plant.latitude is not None and plant.longitude is not None:
            x, y = project(latitude=plant.latitude, longitude=plant.longitude)
            dots.append(Dot(len(dots) + 1, plant, x, y, x, y))
    for _round in range(_ROUNDS):
        if not _spread(dots):
            break
    return dots


def _spread(dots: list[Dot]) -> bool:
    moved = False
    for index, dot in enumerate(dots):
        for other in dots[:index]:
            across, down = dot.dot_x - other.dot_x, dot.dot_y - other.dot_y
            distance = math.hypot(across, down)
            if distance >= _APART:
                continue
            # Dots of the same place part in a direction that depends on their numbers alone.
            angle = math.atan2(down, across) if distance > 0.1 else dot.number * 2.4
            push = (_APART - distance) / 2 + 0.1
            dot.dot_x, dot.dot_y = dot.dot_x + push * math.cos(angle), dot.dot_y + push * math.sin(angle)
            other.dot_x, other.dot_y = other.dot_x - push * math.cos(angle), other.dot_y - push * math.sin(angle)
            moved = True
    return moved
