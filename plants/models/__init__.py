"""Models of the plants app."""

from plants.models.milestones import MilestoneForecast, PlantMilestone
from plants.models.plants import Plant, PlantFact, PlantPhase
from plants.models.ramps import RampScenario

__all__ = ["MilestoneForecast", "Plant", "PlantFact", "PlantMilestone", "PlantPhase", "RampScenario"]
