"""The plants of a deal with the ramps that its term sheets are tried on."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Prefetch

from deals.models import Deal
from lrs_tracker.visibility import Viewer
from plants.domain.ramps import nameplate_of
from plants.models import Plant, PlantPhase, RampScenario
from royalties.forecast.output import PlantRamp


@dataclass(frozen=True, slots=True)
class SandboxPlant:
    """A plant of the deal, its nameplate in GWh a year, its ramps (newest first) and the one that is used."""

    plant: Plant
    nameplate_gwh: Decimal | None
    ramps: Sequence[RampScenario]
    ramp: RampScenario | None

    @property
    def is_planned(self) -> bool:
        """Whether it is known what the plant is to make."""
        return self.ramp is not None and self.nameplate_gwh is not None

    def planned(
        self, *, chemistry: str, field: str, utilisation: Decimal | None, good_share: Decimal | None
    ) -> PlantRamp | None:
        """Return the ramp as a plan has it; percentages that are given take the place of the scenario's own."""
        if self.ramp is None or self.nameplate_gwh is None:
            return None
        return PlantRamp(
            plant=str(self.plant.pk),
            chemistry=self.plant.chemistry or chemistry,
            field=field,
            sop_on=self.ramp.sop_on,
            months_to_nameplate=self.ramp.months_to_nameplate,
            nameplate_gwh=self.nameplate_gwh,
            utilisation_percent=self.ramp.utilisation_percent if utilisation is None else utilisation,
            yield_percent=self.ramp.yield_percent if good_share is None else good_share,
        )


def read_plants(deal: Deal, *, viewer: Viewer) -> list[SandboxPlant]:
    """Return the plants of a deal, each with its newest ramp, in three queries."""
    rows = (
        Plant.objects.visible_to(viewer)
        .filter(deal_plants__deal=deal)
        .order_by("name", "pk")
        .prefetch_related(
            Prefetch("ramps", RampScenario.objects.order_by("-number")),
            Prefetch("phases", PlantPhase.objects.order_by("number")),
        )
    )
    found = []
    for plant in rows:
        ramps = list(plant.ramps.all())
        found.append(SandboxPlant(plant, nameplate_of(plant, list(plant.phases.all())), ramps, next(iter(ramps), None)))
    return found


def with_chosen_ramps(plants: Sequence[SandboxPlant], chosen: Mapping[int, int]) -> list[SandboxPlant]:
    """Return the plants with the ramps chosen by plant and number; a number that no ramp has changes nothing."""
    return [
        replace(one, ramp=next((ramp for ramp in one.ramps if ramp.number == chosen.get(one.plant.pk)), one.ramp))
        for one in plants
    ]


def earliest_sop(plants: Sequence[SandboxPlant]) -> SandboxPlant | None:
    """Return the planned plant that starts production first."""
    planned = [one for one in plants if one.is_planned]
    return min(planned, key=lambda one: (_sop(one), one.plant.pk), default=None)


def sop_of(plants: Sequence[SandboxPlant]) -> dt.date | None:
    """Return the earliest start of production that is planned."""
    first = earliest_sop(plants)
    return None if first is None else _sop(first)


def _sop(one: SandboxPlant) -> dt.date:
    return one.ramp.sop_on if one.ramp is not None else dt.date.max
