"""The plants of a forecast, with the ramp that is planned for each."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from deals.models import DealPlant
from plants.models import Plant, PlantPhase, RampScenario
from royalties.engine.exact import ONE
from royalties.engine.terms import Key, Term
from royalties.forecast.output import PlantRamp
from royalties.models import AgreementPlant

# What a plant whose licensee has reported nothing yet is taken to make.
_USUAL_FIELD = "ev"


@dataclass(frozen=True, slots=True)
class PlannedPlant:
    """A plant with its nameplate in GWh a year and the latest version of its ramp; None is not known."""

    pk: int
    name: str
    chemistry: str
    nameplate_gwh: Decimal | None
    ramp: RampScenario | None

    @property
    def url(self) -> str:
        """The plant's page."""
        return reverse("plants:detail", args=[self.pk])

    @property
    def is_planned(self) -> bool:
        """Whether it is known what the plant is to make."""
        return self.ramp is not None and self.nameplate_gwh is not None


@dataclass(frozen=True, slots=True)
class PlantsByOwner:
    """The plants that agreements cover and that deals are about, by their keys."""

    of_agreement: Mapping[int, Sequence[PlannedPlant]]
    of_deal: Mapping[int, Sequence[PlannedPlant]]


def read_plants(*, agreements: Collection[int], deals: Collection[int]) -> PlantsByOwner:
    """Return the plants of agreements and deals, in four queries."""
    covered = list(
        AgreementPlant.objects.filter(agreement__in=agreements).order_by("pk").values_list("agreement_id", "plant_id")
    )
    linked = list(DealPlant.objects.filter(deal__in=deals).order_by("pk").values_list("deal_id", "plant_id"))
    ids = {plant for _owner, plant in [*covered, *linked]}
    ramps = {
        ramp.plant_id: ramp
        for ramp in RampScenario.objects.filter(plant__in=ids).order_by("plant", "-number").distinct("plant")
    }
    phases = PlantPhase.objects.filter(plant=OuterRef("pk")).order_by().values("plant")
    rows = (
        Plant.objects.filter(pk__in=ids)
        .annotate(gwh=Coalesce(F("nameplate_gwh"), Subquery(phases.annotate(sum=Sum("nameplate_gwh")).values("sum"))))
        .order_by("pk")
        .values_list("pk", "name", "chemistry", "gwh")
    )
    plants = {
        pk: PlannedPlant(pk, name, chemistry, nameplate_gwh, ramps.get(pk))
        for pk, name, chemistry, nameplate_gwh in rows
    }
    return PlantsByOwner(_grouped(covered, plants), _grouped(linked, plants))


def _grouped(pairs: Sequence[tuple[Any, Any]], plants: Mapping[int, PlannedPlant]) -> dict[int, list[PlannedPlant]]:
    found: dict[int, list[PlannedPlant]] = defaultdict(list)
    for owner, plant in pairs:
        found[owner].append(plants[plant])
    return found


def plant_ramp(
    plant: PlannedPlant,
    *,
    key: Key,
    terms: Sequence[Term],
    fields: Sequence[str],
    reported_as: Mapping[int, tuple[str, str]],
    part: Decimal = ONE,
) -> PlantRamp | None:
    """Return a part of a plant's ramp under `key`, as its production will be reported, or None when none is planned.

    It goes on under the chemistry and field of use last reported; else under the plant's own chemistry and the first
    field that the agreement covers.
    """
    if plant.ramp is None or plant.nameplate_gwh is None:
        return None
    chemistries = sorted(str(each) for term in terms for each in term.scope.chemistries)
    scoped = sorted(str(each) for term in terms for each in term.scope.fields)
    chemistry, field = reported_as.get(plant.pk) or (
        plant.chemistry or next(iter(chemistries), ""),
        next(iter([*fields, *scoped]), _USUAL_FIELD),
    )
    return PlantRamp(
        plant=key,
        chemistry=chemistry,
        field=field,
        sop_on=plant.ramp.sop_on,
        months_to_nameplate=plant.ramp.months_to_nameplate,
        nameplate_gwh=plant.nameplate_gwh * part,
        utilisation_percent=plant.ramp.utilisation_percent,
        yield_percent=plant.ramp.yield_percent,
    )


def standard_ramp(*, sop_on: dt.date, months_to_nameplate: int, output_gwh: Decimal) -> PlantRamp:
    """Return the ramp of a deal whose plants are not known: the S-curve to a full output."""
    return PlantRamp(
        plant="estimate",
        chemistry="",
        field="",
        sop_on=sop_on,
        months_to_nameplate=months_to_nameplate,
        nameplate_gwh=output_gwh,
        utilisation_percent=Decimal(100),
        yield_percent=Decimal(100),
    )
