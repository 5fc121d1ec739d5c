"""Milestones on a time axis: where each date lies, in percent of the axis."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plants.models import PlantMilestone

_FEW_YEARS = 10
_MANY_YEARS = 25


@dataclass(frozen=True, slots=True)
class Tick:
    """A year on the axis and where it begins."""

    year: int
    x: str


@dataclass(frozen=True, slots=True)
class Axis:
    """Whole years from `first` up to, not including, `until`; `today_x` is empty when today is outside."""

    first: dt.date
    until: dt.date
    ticks: list[Tick]
    today_x: str

    def x(self, day: dt.date) -> str:
        """Return where a day lies, as an SVG percentage."""
        return _percent(day, self.first, self.until)


@dataclass(frozen=True, slots=True)
class Mark:
    """A milestone on the axis: its baseline and expected places, empty without a date."""

    milestone: PlantMilestone
    baseline_x: str
    expected_x: str
    is_reached: bool
    is_overdue: bool

    @property
    def slip(self) -> str:
        """“late”, “ahead”, or nothing."""
        days = self.milestone.slip_days or 0
        return "late" if days > 0 else "ahead" if days < 0 else ""


def axis_of(milestones: Iterable[PlantMilestone], *, today: dt.date) -> Axis:
    """Return the axis that holds every date of the milestones, and today when it is near."""
    days = [day for one in milestones for day in (one.baseline_on, one.forecast_on, one.actual_on) if day is not None]
    days = days or [today]
    first = dt.date(min(days).year, 1, 1)
    until = dt.date(max(days).year + 1, 1, 1)
    years = until.year - first.year
    step = 1 if years <= _FEW_YEARS else 2 if years <= _MANY_YEARS else 10
    ticks = [Tick(year, _percent(dt.date(year, 1, 1), first, until)) for year in range(first.year, until.year, step)]
    return Axis(first, until, ticks, _percent(today, first, until) if first <= today < until else "")


def marks_of(milestones: Sequence[PlantMilestone], axis: Axis, *, today: dt.date) -> list[Mark]:
    """Return the milestones that have a date, placed on an axis."""
    return [
        Mark(
            milestone=one,
            baseline_x=axis.x(one.baseline_on) if one.baseline_on else "",
            expected_x=axis.x(one.expected_on),
            is_reached=one.actual_on is not None,
            is_overdue=one.actual_on is None and one.expected_on < today,
        )
        for one in milestones
        if one.expected_on is not None
    ]


def _percent(day: dt.date, first: dt.date, until: dt.date) -> str:
    return f"{100 * (day - first).days / (until - first).days:.2f}%"
