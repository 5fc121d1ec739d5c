"""Milestones: a baseline that is kept, forecasts that move and are remembered, the actual day."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from lrs_tracker.constraints import constraints_in_words
from lrs_tracker.edits import lock_row, require_permission, write_changes
from lrs_tracker.problems import DomainError
from plants.enums import MilestoneKind
from plants.models import MilestoneForecast, Plant, PlantMilestone

_BASELINE_KEPT = _("The baseline is set once and kept. Move the forecast instead.")
_TRIGGER_RULES = {"plants_plantmilestone_baseline_kept": (_BASELINE_KEPT, "baseline_on")}


@dataclass(frozen=True, slots=True)
class MilestoneDates:
    """The three dates of a milestone."""

    baseline_on: dt.date | None
    forecast_on: dt.date | None
    actual_on: dt.date | None


@transaction.atomic
def add_default_milestones(*, plant: Plant, by: User) -> list[PlantMilestone]:
    """Add those of the default milestones that the plant lacks, without dates, and return them."""
    require_permission(by, "plants.add_plantmilestone")
    Plant.objects.select_for_update().get(pk=plant.pk)
    known = set(plant.milestones.values_list("kind", flat=True))
    return PlantMilestone.objects.bulk_create(
        PlantMilestone(plant=plant, kind=kind) for kind in MilestoneKind.values if kind not in known
    )


@transaction.atomic
def set_baseline(
    *, milestone: PlantMilestone, baseline_on: dt.date, expected_version: int | None = None, by: User
) -> PlantMilestone:
    """Set the baseline date, once and for all.

    Raise DomainError when another one is set, StaleVersionError when the milestone is no longer at
    `expected_version`.
    """
    require_permission(by, "plants.change_plantmilestone")
    milestone = lock_row(milestone, expected_version=expected_version)
    if milestone.baseline_on is not None and milestone.baseline_on != baseline_on:
        raise DomainError(_BASELINE_KEPT, field="baseline_on", code="baseline-kept")
    with constraints_in_words(PlantMilestone, _TRIGGER_RULES):
        return write_changes(milestone, {"baseline_on": baseline_on})


@transaction.atomic
def move_forecast(
    *,
    milestone: PlantMilestone,
    forecast_on: dt.date | None,
    reason: str = "",
    expected_version: int | None = None,
    by: User,
    at: dt.datetime,
) -> PlantMilestone:
    """Move the forecast and remember the move: from when to when, by whom and why. None takes it back.

    Raise DomainError for a milestone that has been reached, StaleVersionError when it is no longer at
    `expected_version`.
    """
    require_permission(by, "plants.change_plantmilestone")
    milestone = lock_row(milestone, expected_version=expected_version)
    if milestone.actual_on is not None:
        raise DomainError(_("This milestone has been reached: it has no forecast any more."), field="forecast_on")
    previous_on = milestone.forecast_on
    if previous_on == forecast_on:
        return milestone
    with constraints_in_words(PlantMilestone):
        milestone = write_changes(milestone, {"forecast_on": forecast_on})
        MilestoneForecast.objects.create(
            milestone=milestone,
            previous_on=previous_on,
            forecast_on=forecast_on,
            reason=reason.strip(),
            by=by,
            at=at,
        )
    return milestone


@transaction.atomic
def reach_milestone(
    *,
    milestone: PlantMilestone,
    actual_on: dt.date | None,
    expected_version: int | None = None,
    by: User,
    today: dt.date,
) -> PlantMilestone:
    """Note the day on which the milestone was reached; None corrects a mistake and reopens it.

    Raise DomainError for a day in the future, StaleVersionError when it is no longer at `expected_version`.
    """
    require_permission(by, "plants.change_plantmilestone")
    milestone = lock_row(milestone, expected_version=expected_version)
    if actual_on is not None and actual_on > today:
        raise DomainError(_("An actual date cannot be in the future: move the forecast instead."), field="actual_on")
    with constraints_in_words(PlantMilestone):
        return write_changes(milestone, {"actual_on": actual_on})


@transaction.atomic
def change_milestone(
    *,
    milestone: PlantMilestone,
    dates: MilestoneDates,
    reason: str = "",
    note: str = "",
    expected_version: int | None = None,
    by: User,
    at: dt.datetime,
    today: dt.date,
) -> PlantMilestone:
    """Bring all dates and the note of a milestone to what a form says, each by its own rule.

    Raise DomainError for a reason without a move of the forecast, and as `set_baseline`, `move_forecast` and
    `reach_milestone` do, and then change nothing.
    """
    require_permission(by, "plants.change_plantmilestone")
    milestone = lock_row(milestone, expected_version=expected_version)
    if dates.baseline_on is None and milestone.baseline_on is not None:
        raise DomainError(_BASELINE_KEPT, field="baseline_on", code="baseline-kept")
    if dates.baseline_on is not None:
        milestone = set_baseline(milestone=milestone, baseline_on=dates.baseline_on, by=by)
    if dates.actual_on is None and milestone.actual_on is not None:
        milestone = reach_milestone(milestone=milestone, actual_on=None, by=by, today=today)
    if dates.forecast_on != milestone.forecast_on:
        milestone = move_forecast(milestone=milestone, forecast_on=dates.forecast_on, reason=reason, by=by, at=at)
    elif reason.strip():
        raise DomainError(_("A reason goes with a forecast that moves."), field="reason")
    if dates.actual_on != milestone.actual_on:
        milestone = reach_milestone(milestone=milestone, actual_on=dates.actual_on, by=by, today=today)
    return write_changes(milestone, {"note": note})


def set_dates(
    *,
    milestone: PlantMilestone,
    baseline_on: dt.date | None,
    forecast_on: dt.date | None,
    actual_on: dt.date | None,
    note: str,
    reason: str = "",
    expected_version: int | None = None,
    by: User,
    at: dt.datetime,
    today: dt.date,
) -> PlantMilestone:
    """Do what `change_milestone` does, for who holds each date apart."""
    return change_milestone(
        milestone=milestone,
        dates=MilestoneDates(baseline_on=baseline_on, forecast_on=forecast_on, actual_on=actual_on),
        reason=reason,
        note=note,
        expected_version=expected_version,
        by=by,
        at=at,
        today=today,
    )


@transaction.atomic
def add_dated_milestone(
    *, plant: Plant, kind: MilestoneKind, by: User, at: dt.datetime, today: dt.date, **dates: Any
) -> PlantMilestone:
    """Add one milestone with what `set_dates` takes. Raise as `add_milestone` and `set_dates` do."""
    milestone = add_milestone(plant=plant, kind=kind, by=by)
    known = {"baseline_on": None, "forecast_on": None, "actual_on": None, "note": ""}
    return set_dates(milestone=milestone, by=by, at=at, today=today, **{**known, **dates})


@transaction.atomic
def add_milestone(*, plant: Plant, kind: MilestoneKind, by: User) -> PlantMilestone:
    """Add one milestone without dates. Raise DomainError when the plant has it."""
    require_permission(by, "plants.add_plantmilestone")
    milestone = PlantMilestone(plant=plant, kind=kind)
    with constraints_in_words(
        PlantMilestone, {"plants_plantmilestone_unique": (_("This plant has this milestone already."), "kind")}
    ):
        milestone.save()
    return milestone
