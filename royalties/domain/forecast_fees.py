"""Fees whose milestone is still to be reached, on the day it is expected."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from plants.enums import MilestoneKind
from plants.models import PlantMilestone
from royalties.engine.agreement import Fee as EngineFee
from royalties.enums import FeeTrigger
from royalties.models import Fee


class ExpectedFee(NamedTuple):
    """A fee on the day its milestone is expected, and whether that is the start of production."""

    fee: EngineFee
    moves_with_sop: bool


def read_expected_fees(agreements: Collection[int], *, today: dt.date) -> dict[int, list[ExpectedFee]]:
    """Return the fees of agreements that wait for a milestone; one that is late is expected today."""
    open_milestones = PlantMilestone.objects.filter(
        plant=OuterRef("plant"), kind=OuterRef("milestone"), actual_on__isnull=True
    )
    days = open_milestones.annotate(day=Coalesce("forecast_on", "baseline_on"))
    rows = (
        Fee.objects.filter(agreement__in=agreements, trigger=FeeTrigger.MILESTONE)
        .annotate(expected_on=Subquery(days.values("day")[:1]))
        .filter(expected_on__isnull=False)
        .order_by("pk")
        .values_list("agreement_id", "pk", "milestone", "expected_on", "offset_days", "amount", "label")
    )
    found: dict[int, list[ExpectedFee]] = defaultdict(list)
    for agreement_id, pk, milestone, expected, offset_days, amount, label in rows:
        day = max(expected, today) + dt.timedelta(days=offset_days)
        is_sop = milestone == MilestoneKind.START_OF_PRODUCTION
        found[agreement_id].append(ExpectedFee(EngineFee(pk, day, amount, label), is_sop))
    return found
