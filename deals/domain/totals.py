"""What the deals of each stage add up to, in the viewer's currency."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import models
from django.db.models.functions import Coalesce

from deals.models import Deal
from money.domain.conversion import AppliedRate, latest_rates

_WEIGHTED = models.ExpressionWrapper(
    models.F("annual_royalty") * Coalesce("probability_percent", "stage__probability_percent"),
    output_field=models.DecimalField(),
)


@dataclass(slots=True)
class Totals:
    """Count, capacity and weighted annual royalty of some deals.

    `apart` counts, by currency, the royalties for which there is no rate: they are in no sum.
    """

    currency: str
    deals: int = 0
    capacity_gwh: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    apart: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Totals") -> None:
        """Add the totals of other deals, in the same currency."""
        self.deals += other.deals
        self.capacity_gwh += other.capacity_gwh
        self.weighted += other.weighted
        for base, count in other.apart.items():
            self.set_apart(base, count)

    def set_apart(self, base: str, count: int) -> None:
        """Count royalties that no sum contains, for want of a rate."""
        self.apart[base] = self.apart.get(base, 0) + count


@dataclass(frozen=True, slots=True)
class StageTotals:
    """The totals of each stage by its key, and the rates used to convert them."""

    by_stage: dict[int, Totals]
    rates: tuple[AppliedRate, ...]

    def of(self, stage_ids: Iterable[int], currency: str) -> Totals:
        """Return the sum over some stages."""
        total = Totals(currency)
        for stage_id in stage_ids:
            if found := self.by_stage.get(stage_id):
                total.add(found)
        return total


def stage_totals(deals: models.QuerySet[Deal], *, currency: str, today: dt.date) -> StageTotals:
    """Return the totals of `deals` by stage, in `currency`: one query for the sums, one for the rates."""
    rows = list(
        deals.order_by()
        .values_list("stage_id", "currency")
        .annotate(
            deals=models.Count("pk"),
            royalties=models.Count("annual_royalty"),
            capacity=models.Sum("capacity_gwh"),
            weighted=models.Sum(_WEIGHTED),
        )
    )
    rates = latest_rates(currency, bases={row[1] for row in rows if row[1]}, on=today)
    by_stage: dict[int, Totals] = {}
    for stage_id, base, count, royalties, capacity, weighted in rows:
        total = by_stage.setdefault(stage_id, Totals(currency))
        total.deals += count
        total.capacity_gwh += capacity or 0
        if rate := rates.get(base):
            total.weighted += (weighted or 0) * rate.rate / 100
        elif royalties:
            total.set_apart(base, royalties)
    return StageTotals(by_stage, tuple(rate for rate in rates.values() if rate.base != currency))
