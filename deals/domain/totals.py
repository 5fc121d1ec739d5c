"""What the deals of each stage add up to, in the viewer's currency."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models.functions import Coalesce

from deals.models import Deal
from money.domain.conversion import AppliedRate, latest_rates

_WEIGHTED = models.ExpressionWrapper(
    models.F("annual_royalty") * Coalesce("probability_percent", "stage__probability_percent"),
    output_field=models.DecimalField(),
)


@dataclass(frozen=True, slots=True)
class Totals:
    """Count, capacity and weighted annual royalty of some deals; equal totals look the same.

    `apart` counts, by currency, the royalties for which there is no rate: they are in no sum.
    """

    currency: str
    deals: int = 0
    capacity_gwh: Decimal = Decimal(0)
    weighted: Decimal = Decimal(0)
    apart: tuple[tuple[str, int], ...] = ()

    def __add__(self, other: "Totals") -> "Totals":
        """Return the totals of both, in the same currency."""
        return Totals(
            self.currency,
            self.deals + other.deals,
            self.capacity_gwh + other.capacity_gwh,
            self.weighted + other.weighted,
            tuple(sorted((Counter(dict(self.apart)) + Counter(dict(other.apart))).items())),
        )


@dataclass(frozen=True, slots=True)
class StageTotals:
    """The totals of each stage by its key, and the rates used to convert them."""

    by_stage: dict[int, Totals]
    rates: tuple[AppliedRate, ...]

    def of(self, stage_ids: Iterable[int], currency: str) -> Totals:
        """Return the sum over some stages."""
        found = (self.by_stage[pk] for pk in stage_ids if pk in self.by_stage)
        return sum(found, start=Totals(currency))


def stage_totals(deals: models.QuerySet[Deal], *, currency: str, today: dt.date) -> StageTotals:
    """Return the totals of `deals` by stage, in `currency`: one query for the sums, one for the rates."""
    return totals_of(list(sums_by_stage(deals)), currency=currency, today=today)


def sums_by_stage(deals: models.QuerySet[Deal]) -> models.QuerySet[Deal, tuple[Any, ...]]:
    """Return what deals add up to by stage and currency: rows for `totals_of`."""
    return (
        deals.order_by()
        .values_list("stage_id", "currency")
        .annotate(
            deals=models.Count("pk"),
            royalties=models.Count("annual_royalty"),
            capacity=models.Sum("capacity_gwh"),
            weighted=models.Sum(_WEIGHTED),
        )
    )


def totals_of(rows: Sequence[tuple[Any, ...]], *, currency: str, today: dt.date) -> StageTotals:
    """Return the totals that rows of `sums_by_stage` make, in `currency`: one query, for the rates."""
    rates = latest_rates(currency, bases={row[1] for row in rows if row[1]}, on=today)
    by_stage: dict[int, Totals] = {}
    for stage_id, base, count, royalties, capacity, weighted in rows:
        rate = rates.get(base)
        part = Totals(
            currency,
            count,
            capacity or Decimal(0),
            (weighted or 0) * rate.rate / 100 if rate else Decimal(0),
            ((base, royalties),) if royalties and not rate else (),
        )
        by_stage[stage_id] = by_stage.get(stage_id, Totals(currency)) + part
    return StageTotals(by_stage, tuple(rate for rate in rates.values() if rate.base != currency))
