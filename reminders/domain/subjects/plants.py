"""Milestones of the plants of open deals: due, or slipped."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from deals.enums import CLOSED_TYPES
from plants.enums import MilestoneKind
from plants.models import MilestoneForecast, PlantMilestone
from reminders.domain.subjects.base import Named, Subject, date_of, keyed, seen_in, stored
from reminders.enums import SubjectKind


def _due(today: dt.date) -> QuerySet[Any]:
    milestones = PlantMilestone.objects.filter(actual_on__isnull=True)
    due = Coalesce("forecast_on", "baseline_on")
    return _of_open_deals(milestones, "plant__deal_plants__deal", due).filter(due_key__isnull=False)


def _slipped(today: dt.date) -> QuerySet[Any]:
    later = MilestoneForecast.objects.filter(milestone=OuterRef("milestone"), pk__gt=OuterRef("pk"))
    moves = MilestoneForecast.objects.filter(
        ~Exists(later), milestone__actual_on__isnull=True, forecast_on__gt=F("previous_on")
    )
    return _of_open_deals(moves, "milestone__plant__deal_plants__deal", date_of(F("at")))


def _of_open_deals(rows: QuerySet[Any], deal: str, due: Any) -> QuerySet[Any]:
    """Return a row for each open deal of the plant, the confidential ones last: the first that fits is kept."""
    linked = rows.filter(**{f"{deal}__isnull": False}).exclude(**{f"{deal}__stage__type__in": CLOSED_TYPES})
    return keyed(linked, deal=f"{deal}_id", due=due, owner=F(f"{deal}__owner_id"))


def _milestone_names(ids: Collection[int]) -> dict[int, Named]:
    rows = PlantMilestone.objects.filter(pk__in=ids).order_by().values_list("pk", "kind", "plant_id", "plant__name")
    return {pk: _named(kind, plant, name) for pk, kind, plant, name in rows}


def _move_names(ids: Collection[int]) -> dict[int, Named]:
    rows = MilestoneForecast.objects.filter(pk__in=ids).order_by()
    found = rows.values_list("pk", "milestone__kind", "milestone__plant_id", "milestone__plant__name")
    return {pk: _named(kind, plant, name) for pk, kind, plant, name in found}


def _named(kind: str, plant_id: int, plant: str) -> Named:
    return Named(f"{MilestoneKind(kind).label}, {plant}", f"{reverse('plants:detail', args=[plant_id])}#milestones")


SUBJECTS = (
    Subject(
        SubjectKind.MILESTONE_DUE,
        _("{what}: due {when}"),
        _("due"),
        stored(_due),
        seen_in(PlantMilestone),
        _milestone_names,
    ),
    Subject(
        SubjectKind.MILESTONE_SLIPPED,
        _("{what}: forecast moved to a later date"),
        _("moved"),
        stored(_slipped),
        seen_in(MilestoneForecast),
        _move_names,
    ),
)
