"""Which months the licensees of agreements are expected to report, and which of them they have reported."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from plants.enums import MilestoneKind
from plants.models import Plant, PlantMilestone
from royalties.engine.calendar import last_day
from royalties.enums import Basis, ReportStatus
from royalties.models import Agreement, AgreementPlant, ProductionReport, RoyaltyTerm


class PlantMonth(NamedTuple):
    """A month of a plant; `plant` is None where the agreement covers no plant by name."""

    month: dt.date
    plant: Plant | None


@dataclass(frozen=True, slots=True)
class CoveredPlant:
    """A plant of an agreement; one with a milestone for its start of production makes nothing before it is reached."""

    plant: Plant
    has_sop: bool
    sop_actual_on: dt.date | None

    def is_making(self, month: dt.date) -> bool:
        """Tell whether the plant makes cells in a month."""
        return not self.has_sop or (self.sop_actual_on is not None and self.sop_actual_on <= last_day(month))


@dataclass(frozen=True, slots=True)
class Reporting:
    """When an agreement's terms on quantities are in force, the plants it covers, and what was accepted.

    A report is expected of each covered plant that makes cells, for each month on whose last day such a term is in
    force. A nil report is a report, and so is an estimate.
    """

    terms: Sequence[tuple[dt.date, dt.date | None]]
    plants: Sequence[CoveredPlant]
    accepted: frozenset[tuple[int, dt.date]]

    def expected(self, months: Iterable[dt.date]) -> list[PlantMonth]:
        """Return what is expected of months in force, given by their first days, in order."""
        charged = [month for month in months if self._is_charged(last_day(month))]
        if not self.plants:
            return [PlantMonth(month, None) for month in charged]
        return [
            PlantMonth(month, covered.plant) for month in charged for covered in self.plants if covered.is_making(month)
        ]

    def missing(self, expected: Iterable[PlantMonth]) -> list[PlantMonth]:
        """Return what is expected and not accepted."""
        months = {month for _plant, month in self.accepted}
        return [
            gap
            for gap in expected
            if (gap.month not in months if gap.plant is None else (gap.plant.pk, gap.month) not in self.accepted)
        ]

    def _is_charged(self, day: dt.date) -> bool:
        return any(start <= day and (end is None or day <= end) for start, end in self.terms)


def read_reporting(agreements: Iterable[Agreement], *, since: dt.date = dt.date.min) -> dict[int, Reporting]:
    """Return what is expected of agreements by key, with what was accepted for periods ending since a day."""
    keys = [agreement.pk for agreement in agreements]
    terms, plants, accepted = _terms(keys), _plants(keys), _accepted(keys, since)
    return {key: Reporting(terms[key], plants[key], frozenset(accepted[key])) for key in keys}


def _terms(keys: list[int]) -> defaultdict[int, list[tuple[dt.date, dt.date | None]]]:
    found = defaultdict(list)
    on_quantities = RoyaltyTerm.objects.filter(agreement__in=keys).exclude(basis=Basis.LUMP_SUM)
    for key, start, end in on_quantities.values_list("agreement_id", "effective_from", "effective_to"):
        found[key].append((start, end))
    return found


def _plants(keys: list[int]) -> defaultdict[int, list[CoveredPlant]]:
    sop = PlantMilestone.objects.filter(plant=OuterRef("plant"), kind=MilestoneKind.START_OF_PRODUCTION)
    rows = (
        AgreementPlant.objects.filter(agreement__in=keys)
        .annotate(has_sop=Exists(sop), sop_actual_on=sop.values("actual_on")[:1])
        .select_related("plant")
        .order_by("plant__name", "plant")
    )
    found = defaultdict(list)
    for row in rows:
        found[row.agreement_id].append(CoveredPlant(row.plant, row.has_sop, row.sop_actual_on))
    return found


def _accepted(keys: list[int], since: dt.date) -> defaultdict[int, set[tuple[int, dt.date]]]:
    found = defaultdict(set)
    lines = ProductionReport.objects.filter(
        agreement__in=keys, status=ReportStatus.ACCEPTED, filing__period_end__gte=since
    )
    for key, plant, month in lines.order_by().values_list("agreement_id", "plant_id", "month").distinct():
        found[key].add((plant, month))
    return found
