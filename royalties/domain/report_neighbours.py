"""The other agreements of a deal that cover the same plants, each of which is reported a part of what they make."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from royalties.domain.report_lines import ENERGY, ZERO
from royalties.enums import AgreementStatus, ReportStatus
from royalties.models import Agreement, AgreementPlant, ProductionReport


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The codes of the other agreements over each plant, and the energy in kWh accepted under them by month."""

    codes: dict[int, list[str]]
    energy: dict[tuple[int, dt.date], dict[str, Decimal]]

    def energy_kwh(self, plant_id: int, month: dt.date, name: str) -> Decimal:
        """Return what they report of a plant and month, as produced or as sold."""
        return self.energy.get((plant_id, month), {}).get(name, ZERO)


def read_neighbours(agreement: Agreement, plants: Collection[int], months: Collection[dt.date]) -> Neighbours:
    """Return the neighbours of an agreement: those with the same licensee, who may read of them, in the same deal."""
    covered = (
        AgreementPlant.objects.filter(
            plant__in=plants, agreement__deal=agreement.deal_id, agreement__licensee=agreement.licensee_id
        )
        .exclude(agreement=agreement)
        .exclude(agreement__status=AgreementStatus.DRAFT)
        .select_related("agreement")
    )
    codes: dict[int, list[str]] = defaultdict(list)
    agreements = set()
    for row in covered.order_by("agreement", "pk"):
        codes[row.plant_id].append(row.agreement.code)
        agreements.add(row.agreement_id)
    if not agreements:
        return Neighbours({}, {})
    reports = ProductionReport.objects.filter(
        agreement__in=agreements, plant__in=plants, month__in=months, status=ReportStatus.ACCEPTED
    )
    rows = reports.order_by().values_list("plant_id", "month").annotate(*(Sum(name) for name in ENERGY))
    energy = {(plant_id, month): dict(zip(ENERGY, sums, strict=True)) for plant_id, month, *sums in rows}
    return Neighbours(dict(codes), energy)
